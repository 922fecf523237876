Hook files in the sandbox: what they do not reach, with the message each attempt gives, and what still works

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" . && table data.csv image_url,instruction,lang 'cat.png,Add a hat,en'
  $ serve --picture fixed
  $ edit() { rm -rf output; "$DIFFGENTOR" edit --input data.csv --quiet --sandbox --hook hook.lua --num_processes 1 --no_preflight "$@" >out 2>err; echo "$?: $(sed -n 's/,.*pending//;1p' out)$(columns output/results.csv status error 2>/dev/null | steady | sed -E -e '/^done/d' -e 's/0x[0-9a-f]+/0xN/' -e 's/^/; /')"; grep ^error err; true; }
  $ hook() { echo "local M = {} function M:prompt(row) $1 end return M" >hook.lua; shift; edit "$@"; }
  $ is() { echo "local M = {} function M:result(row) local function value(self, row) $1 end row.value = tostring(value(self, row)) end return M" >hook.lua; edit >all; columns output/results.csv value 2>/dev/null | sed -E 's/0x[0-9a-f]+/0xN/' | grep . || cat all; }

Libraries and globals that are not there

  $ hook 'return os.getenv("OPENAI_API_KEY")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'os')
  $ hook 'os.execute("touch made")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'os')
  $ hook 'os.exit(0)'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'os')
  $ hook 'return io.open("data.csv"):read("a")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'io')
  $ hook 'print(io.popen("id"))'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'io')
  $ hook 'return debug.getinfo(1)'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'debug')
  $ hook 'return debug.getregistry()'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'debug')
  $ hook 'return dofile("data.csv")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (global 'dofile')
  $ hook 'return loadfile("data.csv")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (global 'loadfile')
  $ hook 'return loadstring("return 1")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (global 'loadstring')
  $ hook 'return package.loadlib("libc.so.6", "system")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'package')
  $ hook 'return package.loaded.os'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'package')
  $ hook 'collectgarbage("stop")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (global 'collectgarbage')
  $ hook 'return arg[0]'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (global 'arg')
  $ hook 'return warn("@on")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (global 'warn')
  $ ls made
  ls: cannot access 'made': No such file or directory
  [2]

Nor where a file loads

  $ for text in 'os.exit(0)' 'io.open("made", "w")' 'require("os")' 'require("waits")' 'while true do end'; do echo "$text return {}" >hook.lua; edit --max_instructions 1000000; done
  2: 
  error: hook.lua:1: attempt to index a nil value (global 'os')
  2: 
  error: hook.lua:1: attempt to index a nil value (global 'io')
  2: 
  error: hook.lua:1: --sandbox: the module 'os' is not for hooks in the sandbox; there are diffgentor.base64, diffgentor.error, diffgentor.hash, diffgentor.json, diffgentor.log, diffgentor.ratelimit, diffgentor.task, diffgentor.template
  2: 
  error: hook.lua:1: --sandbox: the module 'waits' is not for hooks in the sandbox; there are diffgentor.base64, diffgentor.error, diffgentor.hash, diffgentor.json, diffgentor.log, diffgentor.ratelimit, diffgentor.task, diffgentor.template
  2: 
  error: hook.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  $ echo 'return {}' >waits.lua; echo 'require("waits") return {}' >hook.lua; edit
  2: 
  error: hook.lua:1: --sandbox: the module 'waits' is not for hooks in the sandbox; there are diffgentor.base64, diffgentor.error, diffgentor.hash, diffgentor.json, diffgentor.log, diffgentor.ratelimit, diffgentor.task, diffgentor.template
  $ printf '\033LuaT' >hook.lua; edit
  2: 
  error: hook.lua: is no Lua text

Modules

  $ for name in os io debug package _G waits diffgentor diffgentor.file diffgentor.http diffgentor.pool diffgentor.engine diffgentor.ledger diffgentor.sys diffgentor.guard diffgentor.native.pool lfs; do hook "return require('$name')" | sed 's/; there are.*//'; done
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'os' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'io' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'debug' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'package' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module '_G' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'waits' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.file' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.http' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.pool' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.engine' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.ledger' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.sys' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.guard' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'diffgentor.native.pool' is not for hooks in the sandbox
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: the module 'lfs' is not for hooks in the sandbox
  $ hook 'require(7)'
  1: 0 done, 1 failed; failed | hook.lua:1: --sandbox: the module '7' is not for hooks in the sandbox; there are diffgentor.base64, diffgentor.error, diffgentor.hash, diffgentor.json, diffgentor.log, diffgentor.ratelimit, diffgentor.task, diffgentor.template

Code

  $ hook 'return load(string.dump(function() end))()'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value
  $ hook 'return load(string.dump(function() end), "x", "b")'
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: load takes text only
  $ hook 'return load(string.dump(function() end), "x", "bt")'
  1: 0 done, 1 failed; failed | hook prompt: --sandbox: load takes text only
  $ hook 'return load("return os.time()")()'
  1: 0 done, 1 failed; failed | [string "return os.time()"]:PORT: attempt to index a nil value (global 'os')
  $ hook 'return load("return io", "x", "t", {})().open'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value
  $ is 'return load("return _G == ...")(_G)'
  true
  $ is 'return load("return 6 * 7")()'
  42

Ways around

  $ is 'return getmetatable("")'
  nil
  $ hook 'getmetatable("").__index = { find = print }'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value
  $ hook 'string.find = nil return ("x"):find("x")'
  1: 0 done, 1 failed; failed | prompt(row) gives text, not a number
  $ is 'string.rep = nil return ("x"):rep(3)'
  xxx
  $ is 'return getmetatable(row)'
  nil
  $ is 'return getmetatable(self)'
  nil
  $ is 'return rawget(_G, "os")'
  nil
  $ is 'return select(2, pcall(error)) == nil and _G.os == nil and _ENV.io == nil'
  true
  $ is 'local seen = {} for name in pairs(_G) do seen[#seen + 1] = name end table.sort(seen) return table.concat(seen, " ")'
  _G _VERSION assert coroutine error getmetatable ipairs load math next pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8 xpcall
  $ is 'return self.settings.endpoints'
  nil
  $ is 'return self.settings.api_key'
  nil
  $ is 'return self.pool'
  nil
  $ is 'return self.source or self.output or self.backend or self.traces or self.downloads'
  nil
  $ is 'return self.super.pool or self.super.settings or self.super.source or self.super.extend'
  nil
  $ is 'return self.load or self.run or self.extend or self.instance'
  nil
  $ is 'return rawget(self, "super").settings'
  1: 0 done, 1 failed; answered | hook.lua:1: --sandbox: rawget is not for the program's own objects
  $ hook 'self.super.hook.prompt(row)'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to index a nil value (field 'hook')
  $ is 'for name, item in pairs(self.settings) do if type(item) == "table" or tostring(item):find("sk-", 1, true) then return name end end'
  1: 0 done, 1 failed; answered | hook.lua:1: bad argument #1 to 'tostring' (value expected)
  $ is 'self.settings.model_name = "mine" return self.settings.model_name'
  gpt-image-1
  $ is 'return require("diffgentor.task").engine'
  nil
  $ is 'return require("diffgentor.ratelimit").native'
  nil
  $ is 'local list = {} for name in pairs(require("diffgentor.task")) do list[#list + 1] = name end table.sort(list) return table.concat(list, " ")'
  each pause sleep spawn stop stopping wait
  $ hook 'return require("diffgentor.task").send({ url = "file:///etc/passwd", sink = "text" }).text'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (field 'send')
  $ hook 'require("diffgentor.log").file("made")'
  1: 0 done, 1 failed; failed | hook.lua:1: attempt to call a nil value (field 'file')
  $ is 'return xpcall(error, function(err) return err end, "x")'
  false
  $ is 'local ok, err = pcall(row.step, row, "a", print) return err'
  nil
  $ hook 'while true do pcall(function() end) end' --max_instructions 1000000
  1: 0 done, 1 failed; failed | hook.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more

Pictures lead to their own files

  $ echo 'return { reply = function(_, row, reply) reply.pictures[1].path, reply.pictures[1].size = "data.csv", 99; row.read = tostring(reply.pictures[1]:bytes()):sub(1, 9) end }' >hook.lua; edit; ls data.csv; columns output/results.csv read | cut -c2-4
  0: 1 done, 0 failed
  data.csv
  x89
  $ echo 'return { request = function(_, row, request) request.images[1].path = "/etc/passwd" end }' >hook.lua; edit; field images | tail -1
  0: 1 done, 0 failed
  $ echo 'return { request = function(_, row, request) request.images[1] = { path = "/etc/passwd", kind = "png" } end }' >hook.lua; edit
  1: 0 done, 1 failed; failed | '--sandbox: request(row, request) takes the pictures it has, no others
  $ echo 'return { reply = function(_, row, reply) local mine, n = reply.pictures, 0; reply.pictures = nil; setmetatable(reply, { __index = function(_, name) if name ~= "pictures" then return nil end; n = n + 1; return n < 3 and mine or { { path = "data.csv", size = 9, extension = "png" } } end }) end }' >hook.lua; edit; ls data.csv
  0: 1 done, 0 failed
  data.csv
  $ echo 'return { request = function(_, row, request) local mine = request.images; request.images = setmetatable({}, { __len = function() return 1 end, __index = function(_, k) return k == 1 and mine[1] or nil end }) end }' >hook.lua; edit
  0: 1 done, 0 failed
  $ echo 'return { result = function(_, row) row.key = tostring((next(row))) end }' >hook.lua; edit
  1: 0 done, 1 failed; answered | hook.lua:1: --sandbox: next is not for the program's own objects

What works

  $ is 'return ("Add"):upper() .. #row.instruction .. math.max(1, 2) .. table.concat({ 1, 2 }) .. utf8.char(233)'
  ADD9212\xc3\xa9 (esc)
  $ is 'return require("diffgentor.json").encode({ a = { 1, 2 } })'
  {"a":[1,2]}
  $ is 'return require("diffgentor.template").render("{{lang | upper}}", row)'
  EN
  $ is 'return require("diffgentor.hash").sha256("abc"):sub(1, 8) .. require("diffgentor.base64").encode("abc")'
  ba7816bfYWJj
  $ is 'return self.settings.model_name .. " " .. row.index .. row.position .. row.line .. row:cell("lang")'
  gpt-image-1 002en
  $ is 'return row:step("a", function() return { n = 7 } end).n'
  7
  $ is 'return require("diffgentor.task").sleep(0)'
  true
  $ is 'return self.super:prompt(row)'
  Add a hat
  $ is 'self.kept = 7 return self.kept'
  7
  $ is 'return setmetatable({}, { __index = function() return 7 end }).x'
  7
  $ echo 'return { setup = function(self) self.word = "set" end, prompt = function(self, row) return self.super:prompt(row) .. self.word end, name = function(_, row) return row.lang end, reply = function(_, row, reply) row.go = reply.go end }' >hook.lua; edit; columns output/results.csv output_image go
  0: 1 done, 0 failed
  en.png | 1
