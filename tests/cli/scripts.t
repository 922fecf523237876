Scripts: what they find in arg, how they are found, hooks in layers, rows that take several requests

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" .
  $ table data.csv lang,instruction,image_url "en,Add a hat,cat.png" "de,Einen Hut dazu,cat.png" "en,Remove the hat,cat.png"
  $ first() { sed -n 1p; }
  $ edit() { "$DIFFGENTOR" edit --input data.csv --quiet "$@"; }
  $ serve --picture fixed

A program finds everything in arg, and what it returns is its exit code

  $ cat >program.lua <<'END'
  > print(arg[0], #arg, ..., arg[3])
  > return 7
  > END
  $ diffgentor script program.lua --input -- x
  program.lua\t3\t--input\tx (esc)
  [7]
  $ echo 'print(arg[0], ...)' | diffgentor script - a b
  -\ta\tb (esc)
  $ printf '#!/usr/bin/env -S diffgentor script\nprint("run", ...)\n' >run; chmod +x run; PATH=$(dirname "$DIFFGENTOR"):$PATH ./run --x
  run\t--x (esc)
  $ echo 'local dg = require("diffgentor"); dg.sleep(0.01); dg.each(3, {}, print)' | diffgentor script - 2>&1 | head -1
  error: stdin:1: bad argument #1 to 'each' (a function or an object with next() expected, got number)

A workflow takes the flags, and finds in arg what follows --, from its first line on

  $ cat >workflow.lua <<'END'
  > local edit = require("diffgentor.edit"):extend()
  > local suffix = arg[1] or "none"
  > edit.flags = { { name = "mood", help = "mood", kind = "choice", choices = { "calm", "wild" } } }
  > edit.api = 1
  > function edit:prompt(row) return row.instruction .. " " .. suffix .. " " .. (self.settings.mood or "-") end
  > return edit -- the workflow
  > END
  $ diffgentor script workflow.lua --input data.csv --dry_run --mood wild -- at night | grep prompt
    prompt = Add a hat at wild
    prompt = Einen Hut dazu at wild
    prompt = Remove the hat at wild
  $ diffgentor script workflow.lua --input data.csv --mood mad
  error: --mood: 'mad' is not calm or wild
  see 'diffgentor edit --help'
  [2]
  $ echo 'return { keep = function(_, row) return row.lang == "de" end }' | diffgentor script - --input data.csv --output_dir short --quiet | head -1
  1 done, 0 failed, 2 skipped

Modules are found beside the script, not in the working folder, and where LUA_PATH says

  $ mkdir beside; echo 'return { word = "beside" }' >beside/words.lua; echo 'return { word = "here" }' >words.lua
  $ echo 'print(require("words").word)' | tee beside/uses.lua >uses_not.lua
  $ diffgentor script beside/uses.lua
  beside
  $ echo 'print(require("words").word)' | diffgentor script - 2>&1 | sed -n 1p
  error: stdin:1: module 'words' not found:
  $ echo 'print(require("words").word)' | LUA_PATH='?.lua;;' diffgentor script -
  here

Hook files: each goes before the ones before it, self.super is what it stands before

  $ cat >one.lua <<'END'
  > local M = {}
  > function M:prompt(row) return "1(" .. self.super:prompt(row) .. ")" end
  > function M:name(row) return "n" .. row.index end
  > function M:greet() return "hello" end
  > return M
  > END
  $ cat >two.lua <<'END'
  > local M = {}
  > function M:prompt(row)
  >   if row.index == 1 then return nil end
  >   return "2(" .. self.super:prompt(row) .. ") " .. self:greet() .. " " .. self:name(row)
  > end
  > return M
  > END
  $ edit --dry_run --hook one.lua --hook two.lua | grep prompt
    prompt = 2(1(Add a hat)) hello n0
    prompt = 1(Einen Hut dazu)
    prompt = 2(1(Remove the hat)) hello n2
  $ diffgentor script workflow.lua --input data.csv --dry_run --hook one.lua | grep -c 'prompt = 1(.* none -)'
  3

Filters and templates without a script

  $ edit --dry_run --where 'lang == "en" and #instruction < 12' | grep -e prompt -e rows
    prompt = Add a hat
  rows: 1 would be sent, 0 would fail, 2 skipped, 0 done already
  $ edit --dry_run --prompt_template '{{ instruction | upper }} [{{lang}}]{{"{{"}}' --filter_rows 0 | grep prompt
    prompt = ADD A HAT [en]{{
  $ printf '%s\n' 'In {{lang}}: {{instruction}}' >template.txt; edit --dry_run --prompt_template @template.txt --filter_rows 1 | grep prompt
    prompt = In de: Einen Hut dazu
  $ table code.csv instruction,image_url '{{lang}},cat.png'; diffgentor edit --input code.csv --dry_run --prompt_template '<{{instruction}}>' | grep prompt
    prompt = <{{lang}}>

A filter is judged anew at every run, and changes no finished row

  $ edit --output_dir filtered --where 'lang == "en"' | head -1
  2 done, 0 failed, 1 skipped
  $ edit --output_dir filtered | head -1
  1 done, 0 failed, 2 reused from earlier runs
  $ edit --output_dir filtered --where 'lang == "de"' | head -1
  0 done, 0 failed, 3 reused from earlier runs

Finished steps and goes are not repeated when the row is taken up again

  $ cat >steps.lua <<'END'
  > local M = {}
  > local function count(name) local f = io.open("counts", "a"); f:write(name, "\n"); f:close() end
  > function M:reply(row, reply)
  >   local wish = row:step("wish " .. reply.go, function() count("step"); return { text = "brighter", n = reply.go } end)
  >   if reply.go == 3 then
  >     if not os.getenv("WELL") then error("not well") end
  >     return reply
  >   end
  >   reply.request.prompt = reply.request.prompt .. ", " .. wish.text
  >   return reply.request
  > end
  > function M:result(row, reply) row.wish = row:step("wish 3", error).n end
  > return M
  > END
  $ before=$(sent); edit --output_dir steps --hook steps.lua --filter_rows 0 2>/dev/null | head -1; echo $(($(sent) - before)) sent, $(grep -c . counts) steps
  0 done, 1 failed, 2 skipped
  3 sent, 3 steps
  $ WELL=1 edit --output_dir steps --hook steps.lua --filter_rows 0 | head -1; echo $(($(sent) - before)) sent, $(grep -c . counts) steps
  1 done, 0 failed, 2 skipped
  3 sent, 3 steps
  $ columns steps/results.csv attempts wish | first; ls -A steps; sql steps 'SELECT count(*) FROM steps'
  3 | 3
  000000.png
  ledger.sqlite3
  results.csv
  0

Nor when the process is killed in the third request: two goes are in the ledger, the third is told

  $ rm counts; before=$(sent); serve --picture fixed --fault 3:hang
  $ "$DIFFGENTOR" edit --input data.csv --output_dir killed --hook steps.lua --filter_rows 0 >out 2>err & run=$!
  $ wait_for_requests 3; kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ WELL=1 edit --output_dir killed --hook steps.lua --filter_rows 0 | head -1; echo $(($(sent) - before)); grep -c . counts
  warning: 1 request of a run that was cut off may have been billed without an answer; those rows are pending again (column possibly_billed)
  1 done, 0 failed, 2 skipped
  4
  3
  $ columns killed/results.csv attempts possibly_billed wish | first; ls -A killed
  4 | 1 | 3
  000000.png
  ledger.sqlite3
  results.csv

A request aside that fails, fails its row; the answer that was paid for is kept

  $ cat >aside.lua <<'END'
  > local M = {}
  > function M:reply(row, reply)
  >   local answer = assert(self.pool:send({ row = row, path = os.getenv("WHERE"), sink = "text", body = { messages = {} } }))
  >   row.said = answer.data.choices[1].message.content
  > end
  > return M
  > END
  $ WHERE=/nothing edit --output_dir aside --hook aside.lua --filter_rows 0 2>/dev/null | head -1; columns aside/results.csv status attempts error_code | first
  0 done, 1 failed, 2 skipped
  answered | 2 | invalid_request_error
  $ WHERE=/chat/completions edit --output_dir aside --hook aside.lua --filter_rows 0 | head -1; columns aside/results.csv status attempts said | first
  1 done, 0 failed, 2 skipped
  done | 3 | no: the colours could be stronger

A hook that waits holds up no other row: this one waits for the last of them

  $ cat >waits.lua <<'END'
  > local task = require("diffgentor.task")
  > local M, ended = {}, false
  > function M:prompt(row)
  >   while row.index == 0 and not ended do task.sleep(0.001) end
  > end
  > function M:result(row) ended = ended or row.index == 2 end
  > return M
  > END
  $ edit --output_dir waits --hook waits.lua --num_processes 1 --max_global_workers 2 | head -1
  3 done, 0 failed

What runs outside tasks, setup and done, may send and not sleep, whatever the number of processes

  $ cat >outside.lua <<'END'
  > local dg = require("diffgentor")
  > local M = {}
  > local function try(self)
  >   local answer = assert(self.pool:send({ path = "/models", sink = "text" }))
  >   print(answer.status, answer.data.object, (select(2, pcall(dg.sleep, 0)):gsub("\n.*", "")))
  > end
  > M.setup, M.done = try, try
  > return M
  > END
  $ edit --output_dir outside --hook outside.lua --num_processes 1 --filter_rows 0 | head -3
  200\tlist\ttask.sleep outside a task: call it inside task.run (esc)
  200\tlist\ttask.sleep outside a task: call it inside task.run (esc)
  1 done, 0 failed, 2 skipped
  $ edit --output_dir outside2 --hook outside.lua --num_processes 2 --filter_rows 0 | grep -v -e attempt -e results | sort -u
  1 done, 0 failed, 2 skipped
  200\tlist\ttask.sleep outside a task: call it inside task.run (esc)
