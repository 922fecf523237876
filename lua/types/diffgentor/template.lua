-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.template
local M = {}

--- Fills `{{column}}`; raises what is wrong with the template or the row. Also `dg.template`.
---@param text string
---@param row table
---@return string
function M.render(text, row) end

--- Reads it once; `t:render(row)` gives text or nil and an error, `t:names()` its columns.
---@param text string
---@return diffgentor.Template|nil, any
function M.compile(text) end

return M
