-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.json
local M = {}

--- The value; nil and an error where it is no JSON.
---@param text string
---@return any, any
function M.decode(text) end

--- The text, names in order; raises what cannot be JSON.
---@param value any
---@return string
function M.encode(value) end

--- Marks a table as an array, which an empty one does not show.
---@param list table
---@return table
function M.array(list) end

return M
