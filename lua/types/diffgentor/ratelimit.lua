-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.ratelimit
local M = {}

--- A limiter; with a `name`, all of this user on this machine that have it are one. `limit =
--- 0`: no limit.
---@param options { limit: integer, window: number?, name: string? }
---@return diffgentor.Ratelimit|nil, diffgentor.Error?
function M.new(options) end

---@class diffgentor.Ratelimit
local Ratelimit = {}

--- 0 and taken, or the seconds to wait before asking again.
---@param now? number
---@return number
function Ratelimit:take(now) end

--- What `take` would say; takes nothing.
---@param now? number
---@return number
function Ratelimit:delay(now) end

--- Waits until there is room, and takes it.
---@return true|nil, diffgentor.Error?
function Ratelimit:acquire() end

return M
