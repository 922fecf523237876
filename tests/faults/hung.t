Scripts that do not end: that row alone fails, whatever it does.

  $ . "$TESTDIR/../cli/setup.sh"
  $ cp "$DATA/cat.png" .
  $ { echo image_url,instruction; for i in $(seq 8); do echo "cat.png,Row $i"; done; } >data.csv
  $ serve --picture fixed
  $ edit() { "$DIFFGENTOR" edit --input data.csv --quiet "$@" 2>err; }

One C call that takes for ever: after --hang_timeout its worker is killed, the row is not sent

  $ cat >hung.lua <<'EOF'
  > local M = {}
  > function M:prompt(row)
  >   if row.instruction == "Row 3" then return ("a"):rep(60):find(("a-"):rep(60) .. "b") end
  > end
  > return M
  > EOF
  $ edit --hook hung.lua --output_dir hung --num_processes 2 --max_global_workers 4 --hang_timeout 1 | head -1
  7 done, 1 failed
  $ columns hung/results.csv instruction status error_code error | grep -v done
  Row 3 | failed | hung | its prompt hook did not return within 1 second; --hang_timeout allows more
  $ grep -c 'hung for [1-9].[0-9] seconds and was killed' err; test $(sent) -le 8 # the other row of that worker may have gone twice
  1

A finaliser that does not end, whichever hook it comes to

  $ cat >gc.lua <<'EOF'
  > local M = {}
  > function M:prompt(row)
  >   if row.instruction ~= "Row 3" then return end
  >   setmetatable({}, { __gc = function() while true do end end })
  >   collectgarbage()
  > end
  > return M
  > EOF
  $ edit --hook gc.lua --output_dir gc --num_processes 2 --max_global_workers 4 --hang_timeout 1 | head -1
  7 done, 1 failed
  $ columns gc/results.csv instruction status error_code | grep -v done
  Row 3 | failed | hung

An answer that was paid for, and a hook that hangs at it: it is kept for a better hook

  $ cat >result.lua <<'EOF'
  > local M = {}
  > function M:result(row)
  >   if row.instruction == "Row 3" then return ("a"):rep(60):find(("a-"):rep(60) .. "b") end
  > end
  > return M
  > EOF
  $ edit --hook result.lua --output_dir result --num_processes 2 --max_global_workers 4 --hang_timeout 1 | head -1
  7 done, 1 failed
  $ columns result/results.csv instruction status error | grep -v done
  Row 3 | answered | its result hook did not return within 1 second; --hang_timeout allows more
  $ before=$(sent); printf 'return { result = function() end }' >better.lua; diffgentor reprocess result --hook better.lua --quiet 2>&1 | head -1; test $(sent) = $before
  1 done, 0 failed

Endless loops, runaway memory: errors of that row, in one process too

  $ cat >loops.lua <<'EOF'
  > local function forever() while true do end end
  > local WAYS = {
  >   ["Row 1"] = function() while true do pcall(forever) end end,
  >   ["Row 2"] = function() xpcall(forever, forever) end,
  >   ["Row 3"] = function() table.sort({ 3, 1, 2 }, forever) end,
  >   ["Row 4"] = function() local c <close> = setmetatable({}, { __close = forever }) end,
  >   ["Row 5"] = function() coroutine.wrap(function() while true do pcall(forever) end end)() end,
  >   ["Row 6"] = function() local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end end,
  >   ["Row 7"] = function() return ("x"):rep(1 << 30) end,
  > }
  > local M = {}
  > function M:request(row)
  >   if WAYS[row.instruction] then WAYS[row.instruction]() end
  > end
  > return M
  > EOF
  $ for processes in 1 2; do
  >     edit --hook loops.lua --output_dir loops$processes --num_processes $processes --max_global_workers 3 --max_instructions 1000000 --max_memory 64 | head -1
  >     columns loops$processes/results.csv instruction status error_code error; done
  1 done, 7 failed
  Row 1 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 2 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 3 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 4 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 5 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 6 | failed | script_memory | more than 64 MiB of memory for scripts; --max_memory allows more
  Row 7 | failed | script_memory | more than 64 MiB of memory for scripts; --max_memory allows more
  Row 8 | done |  | 
  1 done, 7 failed
  Row 1 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 2 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 3 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 4 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 5 | failed | instruction_budget | loops.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  Row 6 | failed | script_memory | more than 64 MiB of memory for scripts; --max_memory allows more
  Row 7 | failed | script_memory | more than 64 MiB of memory for scripts; --max_memory allows more
  Row 8 | done |  | 

setup that hangs ends the run, at once

  $ cat >setup.lua <<'EOF'
  > return { setup = function() return ("a"):rep(60):find(("a-"):rep(60) .. "b") end }
  > EOF
  $ edit --hook setup.lua --output_dir setup --num_processes 2 --hang_timeout 1 | head -1
  0 done, 0 failed, 8 pending
  $ head -1 err
  error: the setup hook did not return within 1 second; --hang_timeout allows more

Ctrl-C ends an endless loop at the second time; no row is lost

  $ cat >loop.lua <<'EOF'
  > return { prompt = function() io.open("began", "w"):close(); while true do end end }
  > EOF
  $ began() { while alive && ! [ -f began ]; do :; done; rm began; }
  $ for processes in 1 2; do
  >     "$DIFFGENTOR" edit --input data.csv --hook loop.lua --output_dir loop$processes --num_processes $processes --max_instructions 1000000000000 >out 2>err & run=$!
  >     began; kill -INT $run; kill -TERM $run; wait $run; echo $?
  >     sql loop$processes 'SELECT count(*) FROM rows WHERE state <> 0'; done
  130
  0
  130
  0
  $ cat >program.lua <<'EOF'
  > io.open("began", "w"):close(); while true do pcall(function() while true do end end) end
  > EOF
  $ "$DIFFGENTOR" script program.lua >out 2>err & run=$!
  $ began; kill -INT $run; kill -TERM $run; wait $run
  [130]
  $ cat err
  program.lua:1: stopped
  $ "$DIFFGENTOR" edit --input data.csv --hook program.lua >out 2>err & run=$!
  $ began; kill -INT $run; kill -TERM $run; wait $run
  [130]

Nor does a worker last that nothing else reaches

  $ sed -i 's/while true do end end/return ("a"):rep(60):find(("a-"):rep(60) .. "b") end/' loop.lua
  $ "$DIFFGENTOR" edit --input data.csv --hook loop.lua --output_dir loop3 --num_processes 2 >out 2>err & run=$!
  $ began; kill -INT $run; kill -TERM $run; wait $run
  [130]
  $ sql loop3 'SELECT count(*) FROM rows WHERE state <> 0'
  0
