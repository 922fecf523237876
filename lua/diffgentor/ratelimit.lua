-- SPDX-License-Identifier: MIT
--
-- A sliding-window rate limiter: at most `limit` takes in any `window` seconds.  The
-- caller passes the time, or leaves it to the clock.
--
--     local limiter = ratelimit.new({ limit = 60 })              60 a minute
--     local wait = limiter:take()                                0: go; else ask again then
--     limiter:acquire()                                          waits, and has taken
--     ratelimit.new({ limit = 60, name = "example.com" })        one limit for all programs

local endpoints = require("diffgentor.endpoints")
local limits_folder = require("diffgentor.limits_folder")
local native = require("diffgentor.native.ratelimit")
local task = require("diffgentor.task")

local ratelimit = {}

local methods = native.methods

---@class diffgentor.RatelimitOptions
---@field limit integer takes in a window; 0: no limit
---@field window number? seconds, default 60
---@field name string? all limiters of this user on this machine that have it are one

--- A limiter; nil, err where one that is shared cannot be had.
---@type fun(options: diffgentor.RatelimitOptions): diffgentor.Ratelimit|nil, any
ratelimit.new = native.new

native.folder(limits_folder(endpoints.environment))

--- Waits until there is room, and takes it; also outside a task.  Where a second request
--- to stop comes meanwhile it returns nil, err and has taken nothing.
---@return true|nil ok, any err
function methods:acquire()
  local wait = self:take()
  while wait > 0 do
    if not task.pause(wait) then
      return nil, require("diffgentor.error").new("stopped", "stopped", "the wait was cut short")
    end
    wait = self:take()
  end
  return true
end

return ratelimit
