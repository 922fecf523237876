-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.engine
local M = {}

--- An engine of its own; `ca_file` names a CA bundle; `http2`: over TLS, where servers speak it;
--- `in_flight`: requests at once that it is to have buffers for.
---@param options? table
---@return diffgentor.Engine|nil, diffgentor.Error?
function M.new(options) end

---@class diffgentor.Engine
local Engine = {}

--- Starts a request; its id, or nil and why it is refused.
---@param request diffgentor.Request
---@return integer|nil, diffgentor.Error?
function Engine:submit(request) end

--- The next that has ended, and its outcome; nil when the time (without one: none) is over, at
--- a request to stop, or when nothing is under way. It blocks: in a task all others stand still.
---@param seconds? number
---@return integer?, diffgentor.Outcome?
function Engine:wait(seconds) end

--- A timer, as a request.
---@param seconds number
---@return integer
function Engine:sleep(seconds) end

--- Ends when those files and folders are on disk.
---@param paths string[]
---@return integer|nil, diffgentor.Error?
function Engine:sync(paths) end

--- Aborts it; its outcome still comes.
---@param id integer
function Engine:cancel(id) end

--- Cancels what is not on the wire yet.
---@param id integer
---@return boolean
function Engine:recall(id) end

--- Submitted and not handed out.
---@return integer
function Engine:pending() end

--- On the wire.
---@return integer
function Engine:in_flight() end

--- Aborts all.
function Engine:close() end

return M
