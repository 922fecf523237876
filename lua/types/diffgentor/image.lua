-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.image
local M = {}

--- `kind` (`png`, `jpeg`, `webp`, `gif`, ..., `unknown`), `width`, `height` (0: not known),
--- `extension`, `type`, `size`.
---@param path string
---@return table|nil, diffgentor.Error?
function M.file(path) end

--- The same of the first bytes.
---@param bytes string
---@return table
function M.sniff(bytes) end

--- Whether the file has its end.
---@param path string
---@return boolean
function M.whole(path) end

return M
