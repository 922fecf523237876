-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.Row
---@field index integer
---@field position integer from 0
---@field line integer
---@field [string] any a cell
local Row = {}

--- What `fn` returns, a JSON value, kept in the ledger until the row is done: a resumed run
--- does not call `fn` again.
---@param name string
---@param fn fun(): any
---@return any
function Row:step(name, fn) end

--- The cell of a column, whatever its name; nil: no such column.
---@param name string
---@return string?
function Row:cell(name) end
