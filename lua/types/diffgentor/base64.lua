-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.base64
local M = {}

--- Text.
---@param bytes string
---@return string
function M.encode(bytes) end

--- Bytes; strict about what is no base64.
---@param text string
---@return string|nil, diffgentor.Error?
function M.decode(text) end

return M
