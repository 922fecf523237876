-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.Task
---@field done boolean
---@field err any
---@field results table?

---@class diffgentor.task
local M = {}

--- Calls `fn(item)` as a task for every item, at most `width` (16) at once; an item is pulled
--- when a place is free. The first error ends the pulling and is raised when the others have
--- finished; with `on_error(item, err)` that is called instead. `nil, err`: what the iterator
--- ended with.
---@param iterator function|table
---@param options { width: integer?, on_error: function? }
---@param fn function
---@return true|nil, diffgentor.Error?
function M.each(iterator, options, fn) end

--- Starts `fn(...)` beside the running task.
---@param fn function
---@param ... any
---@return diffgentor.Task
function M.spawn(fn, ...) end

--- Waits for a spawned task; gives what it returned, raises what it raised.
---@param handle diffgentor.Task
---@return any ...
function M.wait(handle) end

--- Sleeps; false if a second request to stop cut it short.
---@param seconds number
---@return boolean
function M.sleep(seconds) end

--- As `task.sleep`, outside tasks too.
---@param seconds number
---@return boolean
function M.pause(seconds) end

--- Runs `fn` as a task, and the loop until it and all it spawned have ended. A script runs
--- inside one already. Options: `[1]` is called with the number of requests in flight every
--- `every` (1) seconds; `engine` instead of one of its own.
---@param fn function
---@param options? { [1]: (fun(in_flight: integer))?, every: number?, engine: diffgentor.Engine? }
---@return any ...
function M.run(fn, options) end

--- Sends one request of `engine:submit` and gives its outcome, also where that is no success
--- (`ok`, `error`). `pool:send` and `http` are what you mostly want.
---@param request diffgentor.Request
---@return diffgentor.Outcome
function M.send(request) end

--- Ends the pulling of every `each`; what is under way finishes.
function M.stop() end

--- Whether `task.stop` was called or a request to stop (Ctrl-C) has come.
---@return boolean
function M.stopping() end

return M
