What is wrong with a script or a hook file before anything is sent: the message, and exit code 2

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" . && table data.csv image_url,instruction,lang 'cat.png,Add a hat,en'
  $ serve --picture fixed
  $ edit() { "$DIFFGENTOR" edit --input data.csv --quiet "$@" >out 2>&1; echo "$?: $(grep -v -e '^ ' -e '^stack traceback' -e '^see .diff' out)"; }
  $ hook() { printf '%s\n' "$@" >hook.lua; edit --hook hook.lua; }
  $ program() { printf '%s\n' "$@" >program.lua; "$DIFFGENTOR" script program.lua >out 2>&1; echo "$?: $(grep -v -e '^ ' -e '^stack traceback' -e '^see .diff' out)"; }

No hook file

  $ edit --hook nowhere.lua
  2: error: nowhere.lua: cannot open: No such file or directory
  $ edit --hook .
  2: error: .: cannot read: Is a directory
  $ edit --hook
  2: error: option '--hook' requires an argument
  $ hook 'return {' '  prompt = function() return "x" end,'
  2: error: hook.lua:3: unexpected symbol near <eof>
  $ hook 'return { prompt = function() return 1 ++ 2 end }'
  2: error: hook.lua:1: unexpected symbol near '+'
  $ hook ''
  2: error: hook.lua: returns nothing; a hook file ends with 'return' and a table of its hooks
  $ hook 'return nil'
  2: error: hook.lua: returns nothing; a hook file ends with 'return' and a table of its hooks
  $ hook 'return 7'
  2: error: hook.lua: returns a number; a hook file ends with 'return' and a table of its hooks
  $ hook 'return "prompt"'
  2: error: hook.lua: returns a string; a hook file ends with 'return' and a table of its hooks
  $ hook 'return function() end'
  2: error: hook.lua: returns a function; a hook file ends with 'return' and a table of its hooks
  $ printf '\033LuaT' >hook.lua; edit --hook hook.lua
  2: error: hook.lua: is no Lua text
  $ echo 'io.open("dumped.lua", "wb"):write(string.dump(function() return {} end)):close()' | diffgentor script -; edit --hook dumped.lua
  2: error: dumped.lua: is no Lua text

No hooks

  $ hook 'return { prompt = "Add a hat" }'
  2: error: hook.lua: the hook 'prompt' is a string, not a function
  $ hook 'return { setup = true }'
  2: error: hook.lua: the hook 'setup' is a boolean, not a function
  $ hook 'return { promt = function() end }'
  2: error: hook.lua: there is no hook 'promt'; did you mean 'prompt'?
  $ hook 'return { resutl = function() end }'
  2: error: hook.lua: there is no hook 'resutl'; did you mean 'result'?
  $ hook 'return { function() end }'
  2: error: hook.lua: a hook's name is text, not a number
  $ hook 'return { [{}] = function() end }'
  2: error: hook.lua: a hook's name is text, not a table
  $ hook 'return { columns = "lang" }'
  2: error: hook.lua: 'columns' is a string, not a table
  $ hook 'return { flags = "style" }'
  2: error: hook.lua: 'flags' is a string, not a table
  $ hook 'return { api = "1" }'
  2: error: hook.lua: 'api' is a string, not a number
  $ hook 'return { api = 2 }'
  2: error: hook.lua: written for version 2 of the script API; this program has version 1
  $ hook 'return { api = 1.5 }'
  2: error: hook.lua: written for version 1.5 of the script API; this program has version 1

Flags of one's own

  $ flags() { hook "return { flags = { $1 } }"; }
  $ flags '"style"'
  2: error: hook.lua: flag '#1': is a string, not a table
  $ flags '{ help = "style" }'
  2: error: hook.lua: flag '#1': its name is of letters, digits and _
  $ flags '{ name = 7, help = "style" }'
  2: error: hook.lua: flag '7': its name is of letters, digits and _
  $ flags '{ name = "no-dashes", help = "style" }'
  2: error: hook.lua: flag 'no-dashes': its name is of letters, digits and _
  $ flags '{ name = "style" }'
  2: error: hook.lua: flag 'style': has no help, a text
  $ flags '{ name = "style", help = 7 }'
  2: error: hook.lua: flag 'style': has no help, a text
  $ flags '{ name = "quality", help = "there is one" }'
  2: error: hook.lua: flag 'quality': there is such an option already
  $ flags '{ name = "help", help = "there is one" }'
  2: error: hook.lua: flag 'help': there is such an option already
  $ flags '{ name = "hook", help = "there is one" }'
  2: error: hook.lua: flag 'hook': there is such an option already
  $ flags '{ name = "style", help = "style" }, { name = "style", help = "again" }'
  2: error: hook.lua: flag 'style': there is such an option already
  $ flags '{ name = "style", help = "style", defualt = "x" }'
  2: error: hook.lua: flag 'style': unknown member 'defualt'
  $ flags '{ name = "style", help = "style", kind = "colour" }'
  2: error: hook.lua: flag 'style': kind is text, integer, number, choice or switch, not 'colour'
  $ flags '{ name = "style", help = "style", kind = 7 }'
  2: error: hook.lua: flag 'style': kind is text, integer, number, choice or switch, not '7'
  $ flags '{ name = "style", help = "style", kind = "choice" }'
  2: error: hook.lua: flag 'style': has no choices
  $ flags '{ name = "style", help = "style", kind = "choice", choices = {} }'
  2: error: hook.lua: flag 'style': has no choices
  $ flags '{ name = "style", help = "style", kind = "choice", choices = { 1, {} } }'
  2: error: hook.lua: flag 'style': a choice is a text, not a number
  $ flags '{ name = "style", help = "style", kind = "choice", choices = { "calm" }, default = "wild" }'
  2: error: hook.lua: flag 'style': its default is 'wild', not one of its choices
  $ flags '{ name = "count", help = "count", kind = "integer", default = "many" }'
  2: error: hook.lua: flag 'count': its default is 'many', not a whole number
  $ flags '{ name = "count", help = "count", kind = "integer", min = "1" }'
  2: error: hook.lua: flag 'count': min is a string, not a number
  $ flags '{ name = "style", help = "style", default = {} }'
  2: error: hook.lua: flag 'style': its default is a table, not a text
  $ flags '{ name = "style", help = "style", repeatable = 1 }'
  2: error: hook.lua: flag 'style': repeatable is a number, not a boolean
  $ flags 'style = { name = "style", help = "style" }'
  2: error: hook.lua: flag 'style': 'flags' is a list; the name stands in it: { name = ..., help = ... }

Errors while it loads

  $ hook 'error("no good")'
  2: error: hook.lua:1: no good
  $ hook 'error("no good", 0)'
  2: error: no good
  $ hook 'error()'
  2: error: hook.lua:1: (error object is a nil value)
  $ hook 'error({ code = 7 })'
  2: error: hook.lua:1: (error object is a table value)
  $ hook 'error(setmetatable({}, { __tostring = function() return "a table that says so" end }))'
  2: error: hook.lua:1: a table that says so
  $ hook 'error(setmetatable({}, { __tostring = function() error("twice") end }))'
  2: error: hook.lua:1: (error object is a table value)
  $ hook 'local config = nil' 'return { model = config.model }'
  2: error: hook.lua:2: attempt to index a nil value (local 'config')
  $ hook 'return nothing()'
  2: error: hook.lua:1: attempt to call a nil value (global 'nothing')
  $ hook 'return require("no_such_module")'
  2: error: hook.lua:1: module 'no_such_module' not found:
  $ hook 'coroutine.yield()'
  2: error: hook.lua:1: attempt to yield from outside a coroutine
  $ hook 'require("diffgentor.task").sleep(1)'
  2: error: hook.lua:1: task.sleep outside a task: call it inside task.run
  $ hook 'require("diffgentor.task").spawn(print)'
  2: error: hook.lua:1: task.spawn outside a task: call it inside task.run
  $ hook 'local code = require("diffgentor.edit").run()'
  2: error: hook.lua:1: edit.run: a table of settings expected
  $ printf 'while true do end' >hook.lua; edit --hook hook.lua --max_instructions 1000000
  2: error: hook.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  $ printf 'while true do pcall(function() while true do end end) end' >hook.lua; edit --hook hook.lua --max_instructions=1000000
  2: error: hook.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  $ printf 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end' >hook.lua; edit --hook hook.lua --max_memory 64
  2: error: more than 64 MiB of memory for scripts; --max_memory allows more

Errors in setup

  $ setup() { hook "function f(self, settings) $1 end" 'return { setup = f }'; }
  $ setup 'error("no good")'
  2: error: hook.lua:1: no good
  $ setup 'return nil, "no key"'
  2: error: no key
  $ setup 'return nil, { code = 7 }'
  2: error: (error object is a table value)
  $ setup 'return nil, require("diffgentor.error").new("config", "no_key", "no key in %s", "KEY")'
  2: error: no key in KEY
  $ setup 'error(nil)'
  2: error: hook.lua:1: (error object is a nil value)
  $ setup 'error({ code = 7 })'
  2: error: hook.lua:1: (error object is a table value)
  $ setup 'error(setmetatable({}, { __tostring = function() return "it says so" end }))'
  2: error: hook.lua:1: it says so
  $ setup 'coroutine.yield()'
  2: error: hook.lua:1: attempt to yield from outside a coroutine
  $ setup 'local x = settings.nothing.more'
  2: error: hook.lua:1: attempt to index a nil value (field 'nothing')
  $ sent
  0
  [1]

Flags that scripts are given by, and those that replace them

  $ echo 'return {}' >hook.lua; diffgentor edit --print_script --hook nowhere.lua
  error: nowhere.lua: cannot open: No such file or directory
  [2]
  $ diffgentor edit --print_script --hook hook.lua | head -1
  #!/usr/bin/env -S diffgentor script
  $ edit --where 'lang =='
  2: error: --where: unexpected symbol near <eof>
  $ edit --where 'lang = "en"'
  2: error: --where: <eof> expected near '='
  $ edit --where 'lnag == "en"'
  2: error: --where: the input has no column 'lnag'; did you mean 'lang'?
  $ edit --where 'lang = 1; os.exit()'
  2: error: --where: <eof> expected near '='
  $ edit --where ''
  2: error: --where: is empty
  $ edit --prompt_template '{{ instruction'
  2: error: --prompt_template: template, character 1: {{ is not closed by }}
  $ edit --prompt_template '{{ instruction | shout }}'
  2: error: --prompt_template: template, character 1: unknown filter 'shout'
  $ edit --prompt_template '{{ instrction }}'
  2: error: data.csv:1: no column "instrction" (--prompt_template names it); there are "image_url", "instruction", "lang"; did you mean "instruction"?
  $ edit --prompt_template @nowhere.txt
  2: error: --prompt_template: nowhere.txt: cannot open: No such file or directory
  $ edit --prompt_template '{{ }}'
  2: error: --prompt_template: template, character 1: {{ }} names no column
  $ edit --max_instructions 0
  2: error: --max_instructions: '0' is not a whole number from 100000 to 1000000000000000
  $ edit --max_memory much
  2: error: --max_memory: 'much' is not a whole number from 16 to 1048576
  $ edit --sandbox --hook nowhere.lua
  2: error: nowhere.lua: cannot open: No such file or directory

Backends

  $ backend() { mkdir -p lib/diffgentor/backends; printf '%s\n' "$1" >lib/diffgentor/backends/mine.lua; LUA_PATH='lib/?.lua;;' edit --backend mine; }
  $ edit --backend mine
  2: error: --backend: 'mine' is not openai or rehearsal, and there is no Lua module diffgentor.backends.mine on LUA_PATH
  $ edit --backend ../mine
  2: error: --backend: '../mine' is not openai or rehearsal, and there is no Lua module diffgentor.backends.../mine on LUA_PATH
  $ edit --backend opnai
  2: error: --backend: 'opnai' is not openai or rehearsal, and there is no Lua module diffgentor.backends.opnai on LUA_PATH; did you mean 'openai'?
  $ backend 'return {'
  2: error: --backend mine: lib/diffgentor/backends/mine.lua:2: unexpected symbol near <eof>
  $ backend 'error("no good")'
  2: error: --backend mine: lib/diffgentor/backends/mine.lua:1: no good
  $ backend 'error({})'
  2: error: --backend mine: (error object is a table value)
  $ backend 'local x = nil; return x.y'
  2: error: --backend mine: lib/diffgentor/backends/mine.lua:1: attempt to index a nil value (local 'x')
  $ backend ''
  2: error: --backend mine: its module returns nothing, not a table
  $ backend 'return 7'
  2: error: --backend mine: its module returns a number, not a table
  $ backend 'return { read = print, body = print }'
  2: error: --backend mine: its module has no 'path'
  $ backend 'return { path = "/x", body = print }'
  2: error: --backend mine: its module has no 'read'
  $ backend 'return { path = "/x", read = print }'
  2: error: --backend mine: its module has neither 'form' nor 'body'
  $ backend 'return { path = 7, read = print, body = print }'
  2: error: --backend mine: 'path' is a number, not a text or a function
  $ backend 'return { path = "/x", read = "reply", body = print }'
  2: error: --backend mine: 'read' is a string, not a function
  $ backend 'return { path = "/x", read = print, form = {} }'
  2: error: --backend mine: 'form' is a table, not a function
  $ sent
  0
  [1]

Scripts

  $ diffgentor script
  error: diffgentor script: FILE is missing: the script, or - for standard input
  see 'diffgentor script --help'
  [2]
  $ diffgentor script nowhere.lua
  error: nowhere.lua: cannot open: No such file or directory
  [2]
  $ diffgentor script --colour
  error: diffgentor script: unknown option '--colour'; the script comes first
  see 'diffgentor script --help'
  [2]
  $ diffgentor script .
  error: .: cannot read: Is a directory
  [2]
  $ diffgentor reprocess output --script nowhere.lua
  error: nowhere.lua: cannot open: No such file or directory
  [2]
  $ program 'print("x"'
  2: error: program.lua:2: ')' expected (to close '(' at line 1) near <eof>
  $ program 'error("no good")'
  2: error: program.lua:1: no good
  $ program 'error({ code = 7 })'
  2: error: (error object is a table value)
  $ program 'error(nil)'
  2: error: (error object is a nil value)
  $ program 'error(require("diffgentor.error").new("config", "mine", "an error of this kind"))'
  2: error: an error of this kind
  $ program 'error(setmetatable({}, { __tostring = function() return "it says so" end }))'
  2: error: it says so
  $ program 'require("no_such_module")'
  2: error: program.lua:1: module 'no_such_module' not found:
  $ program 'coroutine.yield(1)'
  2: error: program.lua:1: a task yielded by coroutine.yield; use task.sleep, task.wait or task.send
  $ program 'coroutine.wrap(function() require("diffgentor").sleep(0.01) end)()'
  2: error: program.lua:1: program.lua:1: task.sleep in a coroutine of your own: its yield would end there, not here; use task.spawn instead of coroutine.wrap or coroutine.create
  $ program 'require("diffgentor").run(print)'
  2: error: program.lua:1: task.run inside a task: call the function itself
  $ program 'local engine = require("diffgentor.task").engine()' 'engine:close()' 'engine:submit({ url = "http://localhost:1" })'
  2: error: program.lua:3: attempt to use a closed engine
  $ program 'return { promt = function() end, prompt = function() end }'
  2: error: program.lua: there is no hook 'promt'; did you mean 'prompt'?
  $ echo 'return require("diffgentor.edit"):extend()' >workflow.lua; diffgentor script workflow.lua --input data.csv --colour red
  error: unknown option '--colour'
  see 'diffgentor edit --help'
  [2]
  $ diffgentor script workflow.lua
  error: --input is required: the CSV or JSON Lines file with one edit a row (- reads standard input)
  see 'diffgentor edit --help'
  [2]
  $ program 'local edit = require("diffgentor.edit"):extend()' 'edit.promt = print' 'return edit'
  2: error: program.lua: there is no hook 'promt'; did you mean 'prompt'?
  $ program 'return 700'
  2: error: program.lua: returns 700; an exit code is from 0 to 255
  $ program 'require("diffgentor.http").get(os.getenv("OPENAI_API_BASE") .. "/rehearsal/stats")' 'error("after a request")'
  3: error: program.lua:2: after a request
