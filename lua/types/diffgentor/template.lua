-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.template
local M = {}

--- Fills `{{column}}`; raises what is wrong with the template or the row. Also `dg.template`.
---@param text string
---@param row table
---@return string
function M.render(text, row) end

--- Reads it once, to render it often.
---@param text string
---@return diffgentor.Template|nil, diffgentor.Error?
function M.compile(text) end

---@class diffgentor.Template
local Template = {}

--- The text with the row's values.
---@param row table
---@return string|nil, diffgentor.Error?
function Template:render(row) end

--- The columns that it names, each once.
---@return string[]
function Template:names() end

return M
