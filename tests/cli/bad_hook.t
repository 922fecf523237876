A hook that goes wrong: its row fails with a message that says where, the others go on, and the exit code is 1

  $ . "$TESTDIR/setup.sh"
  $ cp "$DATA/cat.png" . && table data.csv image_url,instruction,lang 'cat.png,Add a hat,en' 'cat.png,Add a tie,de'
  $ serve --picture fixed
  $ edit() { rm -rf output; "$DIFFGENTOR" edit --input data.csv --quiet --num_processes 1 --no_preflight "$@" >out 2>err; echo "$?: $(sed -n 's/,.*pending//;1p' out)$(columns output/results.csv status error_code error | steady | sed -E -e '/^done/d' -e 's/0x[0-9a-f]+/0xN/' -e 's/000000\.[^.]*\.part/PART/' -e 's/^/; /')"; grep ^error err; true; }
  $ hook() { printf '%s\n' "$@" >hook.lua; edit --hook hook.lua; }
  $ first() { hook "local M = {} function M:$1(row, one, two) if row.index == 0 then $2 end $3 end return M"; }

Errors of each hook

  $ for name in images prompt request reply name result; do first $name "error('in $name')"; done
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: in images
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: in prompt
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: in request
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: in reply; the picture is kept as ./output/.diffgentor/PART
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: in name
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: in result
  $ hook 'return { keep = function(_, row) if row.index == 0 then error("in keep") end return true end }'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: in keep
  $ hook 'return { done = function() error("in done") end }'
  1: 2 done, 0 failed
  error: hook done: hook.lua:1: in done
  $ hook 'return { done = function() return nil, "unused" end }'
  0: 2 done, 0 failed
  $ first prompt 'local x = row.nothing.more'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: attempt to index a nil value (field 'nothing')
  $ first prompt 'return row.instruction .. row.colour'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: attempt to concatenate a nil value (field 'colour')
  $ first prompt 'return row.instruction:upcase()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: attempt to call a nil value (method 'upcase')
  $ first prompt 'return self.super:nothing(row)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: attempt to call a nil value (method 'nothing')
  $ first prompt 'return self.super:prompt()'
  1: 1 done, 1 failed; failed | lua_error | hook prompt: attempt to index a nil value (local 'row')
  $ first prompt 'return self:prompt(row)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: stack overflow

Errors that are not text

  $ first prompt 'error()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a nil value)
  $ first prompt 'error({ code = 7 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a table value)
  $ first prompt 'error(true)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a boolean value)
  $ first prompt 'error(print)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a function value)
  $ first prompt 'error(setmetatable({}, { __tostring = function() return "a table that says so" end }))'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: a table that says so
  $ first prompt 'error(setmetatable({}, { __tostring = function() error("twice") end }))'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a table value)
  $ first prompt 'error(setmetatable({}, { __tostring = function() return 7 end }))'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: 7
  $ first prompt 'error(setmetatable({}, { __index = function() error("asked") end }))'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a table value)
  $ first prompt 'error("two\nlines")'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: two
  $ first prompt 'error(require("diffgentor.error").new("input", "mine", "an error of this kind"))'
  1: 1 done, 1 failed; failed | mine | an error of this kind
  $ first prompt 'error(require("diffgentor.error").new("mine", "mine", "no such kind"))'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'new' (unknown kind 'mine')
  $ first prompt 'return nil, "behind nil"'
  1: 1 done, 1 failed; failed | lua_error | behind nil
  $ first prompt 'return nil, { code = 7 }'
  1: 1 done, 1 failed; failed | lua_error | (error object is a table value)
  $ first images 'return nil, "no pictures today"'
  1: 1 done, 1 failed; failed | lua_error | no pictures today
  $ first name 'return nil, "no name today"'
  1: 1 done, 1 failed; failed | lua_error | no name today
  $ first reply 'return nil, "not this one"'
  1: 1 done, 1 failed; answered | lua_error | not this one; the picture is kept as ./output/.diffgentor/PART
  $ first prompt 'assert(false)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: assertion failed!
  $ first prompt 'assert(nil, { code = 7 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: (error object is a table value)

Wrong types

  $ first images 'return 7'
  1: 1 done, 1 failed; failed | bad_images | images(row) gives a text or a list, not a number
  $ first images 'return {}'
  1: 1 done, 1 failed; failed | no_image | the row has no image
  $ first images 'return { 7 }'
  1: 1 done, 1 failed; failed | bad_images | images(row) gives a list of texts, not of a number
  $ first images 'return { { path = "cat.png" } }'
  1: 1 done, 1 failed; failed | bad_images | images(row) gives a list of texts, not of a table
  $ first images 'return true'
  1: 1 done, 1 failed; failed | bad_images | images(row) gives a text or a list, not a boolean
  $ first prompt 'return 7'
  1: 1 done, 1 failed; failed | bad_prompt | prompt(row) gives text, not a number
  $ first prompt 'return {}'
  1: 1 done, 1 failed; failed | bad_prompt | prompt(row) gives text, not a table
  $ first prompt 'return " "'
  1: 1 done, 1 failed; failed | empty_instruction | empty instruction
  $ first request 'return 7'
  1: 1 done, 1 failed; failed | bad_request | request(row, request) gives the request, not a number
  $ first request 'return {}'
  1: 1 done, 1 failed; failed | bad_request | request(row, request) gives the request, not a table
  $ first request 'one.images = "cat.png"'
  1: 1 done, 1 failed; failed | bad_request | request.images is a list of pictures, as self:load gives it
  $ first request 'one.prompt = 7'
  0: 2 done, 0 failed
  $ first request 'one.model = {}'
  1: 1 done, 1 failed; failed | bad_request | request.model is a text, not a table
  $ first request 'one.n = "many"'
  1: 1 done, 1 failed; failed | invalid_type | http://HOST/v1: Invalid type for 'n': expected an integer, but got a string instead. (HTTP 400, request req_ID)
  $ first request 'one.quality = {}'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: request.quality: a field is text, a number or a boolean, not a table
  $ first reply 'return true'
  1: 1 done, 1 failed; answered | bad_reply | reply(row, reply) gives the reply or a request, not a boolean; the picture is kept as ./output/.diffgentor/PART
  $ first reply 'return {}'
  1: 1 done, 1 failed; answered | bad_reply | reply(row, reply) gives the reply or a request, not a table; the picture is kept as ./output/.diffgentor/PART
  $ first reply 'return { pictures = "cat.png" }'
  1: 1 done, 1 failed; answered | bad_reply | reply.pictures is a list of at least one picture; the picture is kept as ./output/.diffgentor/PART
  $ first reply 'return { pictures = { 7 } }'
  1: 1 done, 1 failed; answered | bad_reply | reply.pictures is a list of at least one picture; the picture is kept as ./output/.diffgentor/PART
  $ first reply 'one.pictures = {}'
  1: 1 done, 1 failed; answered | bad_reply | reply.pictures is a list of at least one picture; the picture is kept as ./output/.diffgentor/PART
  $ first name 'return 7'
  1: 1 done, 1 failed; failed | bad_name | name(row) gives text, not a number
  $ first name 'return "../x"'
  1: 1 done, 1 failed; failed | bad_name | the name "../x" has a part "." or ".."; use a relative name inside the output folder
  $ first name 'if one then return {} end return "x"'
  1: 1 done, 1 failed; answered | bad_name | name(row) gives text, not a table
  $ first result 'row.note = {}'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row.note: a cell is text, a number or a boolean, not a table
  $ first result 'row.note = print'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row.note: a cell is text, a number or a boolean, not a function
  $ first result 'row.index = 7'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row.index cannot be set
  $ first result 'row.step = 7'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row.step cannot be set
  $ first result 'row[7] = "x"'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: a column's name is text
  $ first result 'row[""] = "x"'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: a column's name is text

Steps and goes

  $ first reply 'one.request.prompt = "again" return one.request'
  1: 1 done, 1 failed; answered | too_many_goes | reply(row, reply) asked for more than 16 goes; the picture is kept as ./output/.diffgentor/PART
  $ first result 'row:step("a", function() return print end)'
  1: 1 done, 1 failed; answered | bad_step | step 'a': a function cannot become JSON
  $ first result 'row:step("a", function() return { [{}] = 1 } end)'
  1: 1 done, 1 failed; answered | bad_step | step 'a': a table with table keys beside others cannot become JSON
  $ first result 'local t = {} t[1] = t row:step("a", function() return t end)'
  1: 1 done, 1 failed; answered | bad_step | step 'a': nested more than 128 levels, or a table that holds itself
  $ first result 'row:step("a", function() return 0/0 end)'
  1: 1 done, 1 failed; answered | bad_step | step 'a': NaN and infinity cannot become JSON
  $ first result 'row:step(7, print)'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row:step: a step's name is text
  $ first result 'row:step("", print)'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row:step: a step's name is text
  $ first result 'row:step("a")'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row:step: a function expected behind the name
  $ first result 'row.step("a", print)'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row:step: call it with a colon, row:step(name, fn)
  $ first result 'row:step("diffgentor:go 1", print)'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: row:step: names that begin with diffgentor: are the program's own
  $ first result 'row:step("a", function() error("inside") end)'
  1: 1 done, 1 failed; answered | lua_error | hook.lua:1: inside

Waiting where Lua cannot

  $ wait='require("diffgentor.task").sleep(0)'
  $ first prompt "table.sort({ 3, 1, 2 }, function(a, b) $wait return a < b end)"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: task.sleep cannot wait here: Lua waits neither in a comparison of table.sort, a function of string.gsub, a __gc or a __tostring, nor while require loads a module
  $ first prompt "return (('x'):gsub('x', function() $wait end))"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: task.sleep cannot wait here: Lua waits neither in a comparison of table.sort, a function of string.gsub, a __gc or a __tostring, nor while require loads a module
  $ first prompt "return tostring(setmetatable({}, { __tostring = function() $wait return 'x' end }))"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: task.sleep cannot wait here: Lua waits neither in a comparison of table.sort, a function of string.gsub, a __gc or a __tostring, nor while require loads a module
  $ echo "$wait return {}" >waits.lua; first prompt 'require("waits")'
  1: 1 done, 1 failed; failed | lua_error | ./waits.lua:1: task.sleep cannot wait here: Lua waits neither in a comparison of table.sort, a function of string.gsub, a __gc or a __tostring, nor while require loads a module
  $ first prompt "coroutine.wrap(function() $wait end)()"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: hook.lua:1: task.sleep in a coroutine of your own: its yield would end there, not here; use task.spawn instead of coroutine.wrap or coroutine.create
  $ first prompt "local ok, err = coroutine.resume(coroutine.create(function() $wait end)) error(err, 0)"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: task.sleep in a coroutine of your own: its yield would end there, not here; use task.spawn instead of coroutine.wrap or coroutine.create
  $ first prompt "load(function() $wait end)()"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: attempt to call a nil value
  $ first prompt 'coroutine.yield()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: a task yielded by coroutine.yield; use task.sleep, task.wait or task.send
  $ first prompt 'coroutine.yield("x", 7)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: a task yielded by coroutine.yield; use task.sleep, task.wait or task.send
  $ first prompt "coroutine.wrap(function() self.pool:send({ path = '/x' }) end)()"
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: task.send in a coroutine of your own: its yield would end there, not here; use task.spawn instead of coroutine.wrap or coroutine.create
  $ first prompt 'require("diffgentor.task").run(print)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: task.run inside a task: call the function itself
  $ first prompt 'require("diffgentor.task").spawn(7)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'spawn' (function expected, got number)
  $ first prompt 'require("diffgentor.task").spawn(function() error("beside") end)'
  1: 2 done, 0 failed
  error: hook.lua:1: beside; the rows before are done with
  $ first prompt 'require("diffgentor.task").wait(7)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'wait' (task expected, got number)
  $ first prompt 'require("diffgentor.task").sleep("long")'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'sleep' (number expected, got string)
  $ first prompt 'coroutine.close(coroutine.running())'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: cannot close a running coroutine

Wrong arguments of modules

  $ first prompt 'local e = require("diffgentor.engine").new() e:close() e:submit({ url = "http://h/" })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: attempt to use a closed engine
  $ first prompt 'require("diffgentor.engine").new().submit({})'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'submit' (diffgentor.engine expected, got table)
  $ first prompt 'require("diffgentor.http").get("http://127.0.0.1:9/", { timeuot = 1 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: http: unknown option 'timeuot'
  $ first prompt 'require("diffgentor.http").get("http://127.0.0.1:9/", { timeout = "long" })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'submit' (option 'timeout': seconds from 0 to 1e12 expected, got string)
  $ first prompt 'require("diffgentor.http").get("http://127.0.0.1:9/", 7)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: http: the options are a table, not a number
  $ first prompt 'require("diffgentor.http").get()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: http: the URL is a text, not a nil
  $ first prompt 'require("diffgentor.http").post("http://127.0.0.1:9/", print)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'submit' (option 'body': string expected, got function)
  $ first prompt 'assert(require("diffgentor.http").get("nowhere"))'
  1: 1 done, 1 failed; failed | bad_url | "nowhere" is not a URL of the form http(s)://HOST/...
  $ first prompt 'require("diffgentor.ratelimit").new({ limit = -1 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'new' (option 'limit': whole number from 0 to 2147483647 expected, got -1)
  $ first prompt 'require("diffgentor.ratelimit").new({ limt = 1 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'new' (unknown option 'limt'; did you mean 'limit'?)
  $ first prompt 'require("diffgentor.ratelimit").new()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'new' (table expected, got no value)
  $ first prompt 'require("diffgentor.multipart").new():field("a")'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #2 to 'field' (string expected, got no value)
  $ first prompt 'require("diffgentor.multipart").new():field("a", {})'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #2 to 'field' (string expected, got table)
  $ first prompt 'require("diffgentor.multipart").new().field("a", "b")'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'field' (diffgentor.multipart expected, got string)
  $ first prompt 'assert(require("diffgentor.multipart").new():file("a", "nowhere.png"))'
  1: 1 done, 1 failed; failed | open | cannot open the picture nowhere.png: No such file or directory
  $ first prompt 'self.pool:send({ path = "/x", bdoy = "" })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'submit' (unknown option 'bdoy'; did you mean 'body'?)
  $ first prompt 'self.pool:send()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'send' (table expected, got nil)
  $ first prompt 'require("diffgentor.task").send({ url = 7 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: bad argument #1 to 'submit' (option 'url': string expected, got 7)
  $ first prompt 'return require("diffgentor.template").render("{{nothing}}", row)'
  1: 1 done, 1 failed; failed | template | template, character 1: the row has no column 'nothing'
  $ first prompt 'return require("diffgentor.json").encode({ print })'
  1: 1 done, 1 failed; failed | lua_error | hook prompt: a function cannot become JSON
  $ first prompt 'return require("diffgentor").nothing'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: diffgentor has no 'nothing'
  $ first prompt 'require("no_such_module")'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: module 'no_such_module' not found
  $ first prompt 'self:load({ 7 })'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: self:load: item 1 is no path, URL or picture but a number
  $ first prompt 'self:load("cat.png")'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: self:load: a list expected, got a string

Endless loops, runaway memory, recursion; filters

  $ echo 'return { prompt = function(_, row) while row.index == 0 do pcall(function() while true do end end) end end }' >hook.lua; edit --hook hook.lua --max_instructions 1000000
  1: 1 done, 1 failed; failed | instruction_budget | hook.lua:1: more than 1000000 instructions without waiting; --max_instructions allows more
  $ echo 'return { prompt = function(_, row) local t = {} while row.index == 0 do t[#t + 1] = ("x"):rep(1000) .. #t end end }' >hook.lua; edit --hook hook.lua --max_memory 64
  1: 1 done, 1 failed; failed | script_memory | more than 64 MiB of memory for scripts; --max_memory allows more
  $ first prompt 'local function f() return 1 + f() end f()'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: stack overflow
  $ first prompt 'return ("x"):rep(1 << 40)'
  1: 1 done, 1 failed; failed | lua_error | hook.lua:1: resulting string too large
  $ edit --where 'index == 1 or lang.width.height == 1'
  1: 1 done, 1 failed; failed | lua_error | '--where:1: attempt to index a nil value (field 'width')
  $ edit --where 'index == 1 or lang < 1'
  1: 1 done, 1 failed; failed | lua_error | '--where:1: attempt to compare string with number
  $ edit --where 'index == 1 or string.nothing(lang)'
  1: 1 done, 1 failed; failed | lua_error | '--where:1: attempt to call a nil value (field 'nothing')
