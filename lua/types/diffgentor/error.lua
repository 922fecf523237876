-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.error
local M = {}

--- An error to raise or to return behind nil. Kinds: `usage`, `config`, `input`, `file`,
--- `image`, `network`, `timeout`, `reply`, `api`, `script`, `stopped`.
---@param kind string
---@param code string
---@param format string
---@param ... any
---@return diffgentor.Error
function M.new(kind, code, format, ...) end

--- Whether it is one of these.
---@param value any
---@return boolean
function M.is(value) end

return M
