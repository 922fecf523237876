-- SPDX-License-Identifier: MIT
--
-- Says once, after a request to stop, what that means.
--
--     local told = stopping.new()
--     told(in_flight)             often

local log = require("diffgentor.log")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local stopping = {}

---@return fun(in_flight: integer)
function stopping.new()
  local told = false
  return function(in_flight)
    if told or sys.stop_count() == 0 then return end
    told = true
    local what = in_flight == 0 and "nothing is in flight"
      or value.counted(in_flight, "request") .. " in flight may finish; once more ends them"
    log.info("stopping: " .. what)
  end
end

return stopping
