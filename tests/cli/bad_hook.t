A hook that goes wrong: its row fails with a message that says where, the others go on, and the exit code is 1

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" . && table data.csv image_url,instruction,lang 'cat.png,Add a hat,en' 'cat.png,Add a tie,de'
  $ serve --picture fixed
  $ edit() { rm -rf output; "$DIFFGENTOR" edit --input data.csv --quiet "$@" >out 2>err; set -- $?; sed -n '1s/, [0-9.]* USD//p' out; grep -e ^error -e '^warning: hook' err; columns output/results.csv status error_code error | grep -v '^done' | sed -E 's/0x[0-9a-f]+/0xN/'; return $1; }
  $ hook() { printf '%s\n' "$@" >hook.lua; edit --hook hook.lua; }
  $ first() { hook "local M = {} function M:$1(row, one, two) if row.index == 0 then $2 end $3 end return M"; }

Errors of each hook

  $ for name in images prompt request reply name result; do first $name "error('in $name')"; echo; done
  $ hook 'return { keep = function(_, row) if row.index == 0 then error("in keep") end return true end }'
  $ hook 'return { done = function() error("in done") end }'
  $ hook 'return { done = function() return nil, "unused" end }'
  $ first prompt 'local x = row.nothing.more'
  $ first prompt 'return row.instruction .. row.colour'
  $ first prompt 'return row.instruction:upcase()'
  $ first prompt 'return self.super:nothing(row)'
  $ first prompt 'return self.super:prompt()'
  $ first prompt 'return self:prompt(row)'

Errors that are not text

  $ first prompt 'error()'
  $ first prompt 'error({ code = 7 })'
  $ first prompt 'error(true)'
  $ first prompt 'error(print)'
  $ first prompt 'error(setmetatable({}, { __tostring = function() return "a table that says so" end }))'
  $ first prompt 'error(setmetatable({}, { __tostring = function() error("twice") end }))'
  $ first prompt 'error(setmetatable({}, { __tostring = function() return 7 end }))'
  $ first prompt 'error(setmetatable({}, { __index = function() error("asked") end }))'
  $ first prompt 'error("two\nlines")'
  $ first prompt 'error(require("diffgentor.error").new("input", "mine", "an error of this kind"))'
  $ first prompt 'error(require("diffgentor.error").new("mine", "mine", "no such kind"))'
  $ first prompt 'return nil, "behind nil"'
  $ first prompt 'return nil, { code = 7 }'
  $ first images 'return nil, "no pictures today"'
  $ first name 'return nil, "no name today"'
  $ first reply 'return nil, "not this one"'
  $ first prompt 'assert(false)'
  $ first prompt 'assert(nil, { code = 7 })'

Wrong types

  $ first images 'return 7'
  $ first images 'return {}'
  $ first images 'return { 7 }'
  $ first images 'return { { path = "cat.png" } }'
  $ first images 'return true'
  $ first prompt 'return 7'
  $ first prompt 'return {}'
  $ first prompt 'return " "'
  $ first request 'return 7'
  $ first request 'return {}'
  $ first request 'one.images = "cat.png"'
  $ first request 'one.prompt = 7'
  $ first request 'one.model = {}'
  $ first request 'one.n = "many"'
  $ first request 'one.quality = {}'
  $ first reply 'return true'
  $ first reply 'return {}'
  $ first reply 'return { pictures = "cat.png" }'
  $ first reply 'return { pictures = { 7 } }'
  $ first reply 'one.pictures = {}'
  $ first name 'return 7'
  $ first name 'return "../x"'
  $ first name 'if one then return {} end return "x"'
  $ first result 'row.note = {}'
  $ first result 'row.note = print'
  $ first result 'row.index = 7'
  $ first result 'row.step = 7'
  $ first result 'row[7] = "x"'
  $ first result 'row[""] = "x"'

Steps and goes

  $ first reply 'one.request.prompt = "again" return one.request'
  $ first result 'row:step("a", function() return print end)'
  $ first result 'row:step("a", function() return { [{}] = 1 } end)'
  $ first result 'local t = {} t[1] = t row:step("a", function() return t end)'
  $ first result 'row:step("a", function() return 0/0 end)'
  $ first result 'row:step(7, print)'
  $ first result 'row:step("", print)'
  $ first result 'row:step("a")'
  $ first result 'row.step("a", print)'
  $ first result 'row:step("diffgentor:go 1", print)'
  $ first result 'row:step("a", function() error("inside") end)'

Waiting where Lua cannot

  $ wait='require("diffgentor.task").sleep(0)'
  $ first prompt "table.sort({ 3, 1, 2 }, function(a, b) $wait return a < b end)"
  $ first prompt "return (('x'):gsub('x', function() $wait end))"
  $ first prompt "return tostring(setmetatable({}, { __tostring = function() $wait return 'x' end }))"
  $ echo "$wait return {}" >waits.lua; first prompt 'require("waits")'
  $ first prompt "coroutine.wrap(function() $wait end)()"
  $ first prompt "local ok, err = coroutine.resume(coroutine.create(function() $wait end)) error(err, 0)"
  $ first prompt "load(function() $wait end)()"
  $ first prompt 'coroutine.yield()'
  $ first prompt 'coroutine.yield("x", 7)'
  $ first prompt "coroutine.wrap(function() self.pool:send({ path = '/x' }) end)()"
  $ first prompt 'require("diffgentor.task").run(print)'
  $ first prompt 'require("diffgentor.task").spawn(7)'
  $ first prompt 'require("diffgentor.task").spawn(function() error("beside") end)'
  $ first prompt 'require("diffgentor.task").wait(7)'
  $ first prompt 'require("diffgentor.task").sleep("long")'
  $ first prompt 'coroutine.close(coroutine.running())'

Wrong arguments of modules

  $ first prompt 'local e = require("diffgentor.engine").new() e:close() e:submit({ url = "http://h/" })'
  $ first prompt 'require("diffgentor.engine").new().submit({})'
  $ first prompt 'require("diffgentor.http").get("http://127.0.0.1:9/", { timeuot = 1 })'
  $ first prompt 'require("diffgentor.http").get("http://127.0.0.1:9/", { timeout = "long" })'
  $ first prompt 'require("diffgentor.http").get("http://127.0.0.1:9/", 7)'
  $ first prompt 'require("diffgentor.http").get()'
  $ first prompt 'require("diffgentor.http").post("http://127.0.0.1:9/", print)'
  $ first prompt 'assert(require("diffgentor.http").get("nowhere"))'
  $ first prompt 'require("diffgentor.ratelimit").new({ limit = -1 })'
  $ first prompt 'require("diffgentor.ratelimit").new({ limt = 1 })'
  $ first prompt 'require("diffgentor.ratelimit").new()'
  $ first prompt 'require("diffgentor.multipart").new():field("a")'
  $ first prompt 'require("diffgentor.multipart").new():field("a", {})'
  $ first prompt 'require("diffgentor.multipart").new().field("a", "b")'
  $ first prompt 'assert(require("diffgentor.multipart").new():file("a", "nowhere.png"))'
  $ first prompt 'self.pool:send({ path = "/x", bdoy = "" })'
  $ first prompt 'self.pool:send()'
  $ first prompt 'require("diffgentor.task").send({ url = 7 })'
  $ first prompt 'return require("diffgentor.template").render("{{nothing}}", row)'
  $ first prompt 'return require("diffgentor.json").encode({ print })'
  $ first prompt 'return require("diffgentor").nothing'
  $ first prompt 'require("no_such_module")'
  $ first prompt 'self:load({ 7 })'
  $ first prompt 'self:load("cat.png")'

Endless loops, runaway memory, recursion; filters

  $ echo 'return { prompt = function(_, row) while row.index == 0 do pcall(function() while true do end end) end end }' >hook.lua; edit --hook hook.lua --max_instructions 1000000
  $ echo 'return { prompt = function(_, row) local t = {} while row.index == 0 do t[#t + 1] = ("x"):rep(1000) .. #t end end }' >hook.lua; edit --hook hook.lua --max_memory 64
  $ first prompt 'local function f() return 1 + f() end f()'
  $ first prompt 'return ("x"):rep(1 << 40)'
  $ edit --where 'index == 1 or lang.width.height == 1'
  $ edit --where 'index == 1 or lang < 1'
  $ edit --where 'index == 1 or string.nothing(lang)'
