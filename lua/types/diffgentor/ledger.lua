-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.ledger
local M = {}

--- A view; close it, or declare it `<close>`.
---@param folder string
---@return diffgentor.LedgerView|nil, diffgentor.Error?
function M.open(folder) end

---@class diffgentor.LedgerView
local LedgerView = {}

--- All rows in order: `position`, `index`, `line`, `state`, `attempts`, `cells`, `outputs`.
---@return fun(): diffgentor.LedgerRow?
function LedgerView:rows() end

--- One row.
---@param position integer
---@return diffgentor.LedgerRow?
function LedgerView:row(position) end

--- Rows by state, and sums over all attempts: `attempts`, `possibly_billed`, `cost` (billionths
--- of a dollar), tokens.
---@return table|nil, diffgentor.Error?
function LedgerView:counts() end

--- The input's columns.
---@return string[]
function LedgerView:names() end

--- Gives the file back.
function LedgerView:close() end

return M
