-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.engine
local M = {}

--- An engine of its own; `ca_file` names another CA bundle.
---@param options? table
---@return diffgentor.Engine|nil, any
function M.new(options) end

---@class diffgentor.Engine
local Engine = {}

--- Starts a request: `pool` and `path`, or `url`; `form` or `body`; `sink`: `reply` (pictures
--- of an answer become files), `file` or `text`; `directory`, `stem`, `headers`, `method`,
--- `timeout`, `max_retries`, ...
---@param request table
---@return integer|nil, any
function Engine:submit(request) end

--- The next that has ended, and its outcome; nil when the time is over or nothing is under way.
---@param seconds? number
---@return integer?, table?
function Engine:wait(seconds) end

--- A timer, as a request.
---@param seconds number
---@return integer
function Engine:sleep(seconds) end

--- Ends when those files and folders are on disk.
---@param paths string[]
---@return integer|nil, any
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
