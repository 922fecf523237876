-- SPDX-License-Identifier: MIT
--
-- Where runs of one user on one machine count the requests of endpoints that they
-- share: a folder in memory, whose files are gone after a reboot.
--
--     limits_folder({ XDG_RUNTIME_DIR = "/run/user/1000" })   "/run/user/1000/diffgentor"
--     limits_folder({})                                       "/dev/shm/diffgentor-1000"

local file = require("diffgentor.file")
local path = require("diffgentor.path")
local sys = require("diffgentor.sys")

---@param env table<string, string>
---@return string
return function(env)
  local own = env.XDG_RUNTIME_DIR
  if own and own:find("^/") and file.kind(own) == "directory" then
    return path.join(own, "diffgentor")
  end
  return ("/dev/shm/diffgentor-%d"):format(sys.uid())
end
