What is wrong with a script or a hook file before anything is sent: the message, and exit code 2

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" . && table data.csv image_url,instruction,lang 'cat.png,Add a hat,en'
  $ serve --picture fixed
  $ edit() { "$DIFFGENTOR" edit --input data.csv --quiet "$@" >out 2>&1; set -- $?; grep -v -e '^ ' -e '^stack traceback' out; return $1; }
  $ hook() { printf '%s\n' "$@" >hook.lua; edit --hook hook.lua; }
  $ program() { printf '%s\n' "$@" >program.lua; "$DIFFGENTOR" script program.lua >out 2>&1; set -- $?; grep -v -e '^ ' -e '^stack traceback' out; return $1; }

No hook file

  $ edit --hook nowhere.lua
  $ edit --hook .
  $ edit --hook
  $ hook 'return {' '  prompt = function() return "x" end,'
  $ hook 'return { prompt = function() return 1 ++ 2 end }'
  $ hook ''
  $ hook 'return nil'
  $ hook 'return 7'
  $ hook 'return "prompt"'
  $ hook 'return function() end'
  $ printf '\033LuaT' >hook.lua; edit --hook hook.lua
  $ echo 'io.open("dumped.lua", "wb"):write(string.dump(function() return {} end)):close()' | diffgentor script -; edit --hook dumped.lua

No hooks

  $ hook 'return { prompt = "Add a hat" }'
  $ hook 'return { setup = true }'
  $ hook 'return { promt = function() end }'
  $ hook 'return { resutl = function() end }'
  $ hook 'return { function() end }'
  $ hook 'return { [{}] = function() end }'
  $ hook 'return { columns = "lang" }'
  $ hook 'return { flags = "style" }'
  $ hook 'return { api = "1" }'
  $ hook 'return { api = 2 }'
  $ hook 'return { api = 1.5 }'

Flags of one's own

  $ flags() { hook "return { flags = { $1 } }"; }
  $ flags '"style"'
  $ flags '{ help = "style" }'
  $ flags '{ name = 7, help = "style" }'
  $ flags '{ name = "no-dashes", help = "style" }'
  $ flags '{ name = "style" }'
  $ flags '{ name = "style", help = 7 }'
  $ flags '{ name = "quality", help = "there is one" }'
  $ flags '{ name = "help", help = "there is one" }'
  $ flags '{ name = "hook", help = "there is one" }'
  $ flags '{ name = "style", help = "style" }, { name = "style", help = "again" }'
  $ flags '{ name = "style", help = "style", defualt = "x" }'
  $ flags '{ name = "style", help = "style", kind = "colour" }'
  $ flags '{ name = "style", help = "style", kind = 7 }'
  $ flags '{ name = "style", help = "style", kind = "choice" }'
  $ flags '{ name = "style", help = "style", kind = "choice", choices = {} }'
  $ flags '{ name = "style", help = "style", kind = "choice", choices = { 1, {} } }'
  $ flags '{ name = "style", help = "style", kind = "choice", choices = { "calm" }, default = "wild" }'
  $ flags '{ name = "count", help = "count", kind = "integer", default = "many" }'
  $ flags '{ name = "count", help = "count", kind = "integer", min = "1" }'
  $ flags '{ name = "style", help = "style", default = {} }'
  $ flags '{ name = "style", help = "style", repeatable = 1 }'
  $ flags 'style = { name = "style", help = "style" }'

Errors while it loads

  $ hook 'error("no good")'
  $ hook 'error("no good", 0)'
  $ hook 'error()'
  $ hook 'error({ code = 7 })'
  $ hook 'error(setmetatable({}, { __tostring = function() return "a table that says so" end }))'
  $ hook 'error(setmetatable({}, { __tostring = function() error("twice") end }))'
  $ hook 'local config = nil' 'return { model = config.model }'
  $ hook 'return nothing()'
  $ hook 'return require("no_such_module")'
  $ hook 'coroutine.yield()'
  $ hook 'require("diffgentor.task").sleep(1)'
  $ hook 'require("diffgentor.task").spawn(print)'
  $ hook 'return require("diffgentor.edit").run()'
  $ printf 'while true do end' >hook.lua; edit --hook hook.lua --max_instructions 1000000
  $ printf 'while true do pcall(function() while true do end end) end' >hook.lua; edit --hook hook.lua --max_instructions=1000000
  $ printf 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end' >hook.lua; edit --hook hook.lua --max_memory 64

Errors in setup

  $ setup() { hook "function f(self, settings) $1 end" 'return { setup = f }'; }
  $ setup 'error("no good")'
  $ setup 'return nil, "no key"'
  $ setup 'return nil, { code = 7 }'
  $ setup 'return nil, require("diffgentor.error").new("config", "no_key", "no key in %s", "KEY")'
  $ setup 'error(nil)'
  $ setup 'error({ code = 7 })'
  $ setup 'error(setmetatable({}, { __tostring = function() return "it says so" end }))'
  $ setup 'coroutine.yield()'
  $ setup 'local x = settings.nothing.more'
  $ sent

Flags that scripts are given by, and those that replace them

  $ echo 'return {}' >hook.lua; diffgentor edit --print_script --hook nowhere.lua
  $ edit --print_script --hook hook.lua | head -1
  $ edit --where 'lang =='
  $ edit --where 'lang = "en"'
  $ edit --where 'lnag == "en"'
  $ edit --where 'lang = 1; os.exit()'
  $ edit --where ''
  $ edit --prompt_template '{{ instruction'
  $ edit --prompt_template '{{ instruction | shout }}'
  $ edit --prompt_template '{{ instrction }}'
  $ edit --prompt_template @nowhere.txt
  $ edit --prompt_template '{{ }}'
  $ edit --max_instructions 0
  $ edit --max_memory much
  $ edit --sandbox --hook nowhere.lua

Backends

  $ backend() { mkdir -p lib/diffgentor/backends; printf '%s\n' "$1" >lib/diffgentor/backends/mine.lua; LUA_PATH='lib/?.lua;;' edit --backend mine; }
  $ edit --backend mine
  $ edit --backend ../mine
  $ edit --backend opnai
  $ backend 'return {'
  $ backend 'error("no good")'
  $ backend 'error({})'
  $ backend 'local x = nil; return x.y'
  $ backend ''
  $ backend 'return 7'
  $ backend 'return { read = print, body = print }'
  $ backend 'return { path = "/x", body = print }'
  $ backend 'return { path = "/x", read = print }'
  $ backend 'return { path = 7, read = print, body = print }'
  $ backend 'return { path = "/x", read = "reply", body = print }'
  $ backend 'return { path = "/x", read = print, form = {} }'
  $ sent

Scripts

  $ diffgentor script
  $ diffgentor script nowhere.lua
  $ diffgentor script --colour
  $ diffgentor script .
  $ diffgentor reprocess output --script nowhere.lua
  $ program 'print("x"'
  $ program 'error("no good")'
  $ program 'error({ code = 7 })'
  $ program 'error(nil)'
  $ program 'error(require("diffgentor.error").new("config", "mine", "an error of this kind"))'
  $ program 'error(setmetatable({}, { __tostring = function() return "it says so" end }))'
  $ program 'require("no_such_module")'
  $ program 'coroutine.yield(1)'
  $ program 'coroutine.wrap(function() require("diffgentor").sleep(0.01) end)()'
  $ program 'require("diffgentor").run(print)'
  $ program 'local engine = require("diffgentor.task").engine()' 'engine:close()' 'engine:submit({ url = "http://localhost:1" })'
  $ program 'return { promt = function() end, prompt = function() end }'
  $ echo 'return require("diffgentor.edit"):extend()' >workflow.lua; diffgentor script workflow.lua --input data.csv --colour red
  $ diffgentor script workflow.lua
  $ program 'local edit = require("diffgentor.edit"):extend()' 'edit.promt = print' 'return edit'
  $ program 'return 700'
  $ program 'require("diffgentor.http").get(os.getenv("OPENAI_API_BASE") .. "/rehearsal/stats")' 'error("after a request")'
