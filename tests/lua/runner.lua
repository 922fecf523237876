-- SPDX-License-Identifier: MIT
--
-- busted inside our host.  It ends by os.exit, which would leave the C side no
-- end of its own (and the leak checker no sight of it): here that is an error
-- that carries the code.

local Exit = {}

-- For an eager collector (support.lua); scripts have no such thing.
debug.sethook = require("debug.whole").sethook -- luacheck: ignore 122

package.path = "tests/lua/?.lua;" .. package.path

os.exit = function(code) -- luacheck: ignore 122
  error(setmetatable({ code = (code == true or code == nil) and 0 or tonumber(code) or 1 }, Exit))
end

local ok, thrown = xpcall(function()
  require("busted.runner")({ standalone = false })
end, function(err)
  return getmetatable(err) == Exit and err or debug.traceback(err)
end)
if ok then return 0 end
if getmetatable(thrown) == Exit then return thrown.code end
io.stderr:write("spec: ", tostring(thrown), "\n")
return 1
