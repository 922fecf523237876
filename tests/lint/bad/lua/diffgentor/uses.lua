local co = coroutine.create(print) -- coroutine.wrap in a comment is fine
os.exit(os.getenv("HOME") and 0)
local cjson = require "cjson"
return { co, cjson }
