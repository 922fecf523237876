-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.hash
local M = {}

--- 64 hexadecimal digits.
---@param bytes string
---@return string
function M.sha256(bytes) end

return M
