-- SPDX-License-Identifier: MIT
--
-- The ledger of an output folder, to be read: also while a run is going on.
--
--     local ledger <close> = assert(require("diffgentor.ledger").open("output"))
--     ledger:counts().done, ledger:counts().cost          cost: billionths of a dollar
--     for row in ledger:rows() do print(row.position, row.state, row.cells.instruction) end

local native = require("diffgentor.native.ledger")

local ledger = {}

---@class diffgentor.LedgerView
local View = {}
View.__index = View

---@class diffgentor.LedgerRow
---@field position integer from 0
---@field index integer?
---@field line integer of the input
---@field state string "pending", "running", "sending", "answered", "done", "failed", "skipped"
---@field attempts integer
---@field cells table<string, string> by column
---@field outputs string[] files beneath the folder

--- Opens the ledger of an output folder.
---@param folder string
---@return diffgentor.LedgerView|nil view, any err
function ledger.open(folder)
  local books, err = native.open({ folder = folder })
  if not books then return nil, err end
  return setmetatable({ books = books, columns = books:columns() }, View)
end

local function as_row(self, found)
  local cells, outputs = {}, {}
  for place, text in pairs(found.cells) do
    cells[self.columns[place] or place] = text
  end
  for i, output in ipairs(found.outputs) do
    outputs[i] = output.name
  end
  return {
    position = found.position, index = found.index, line = found.line, state = found.state,
    attempts = found.attempts, cells = cells, outputs = outputs,
  }
end

--- One row, nil if there is none.
---@param position integer
---@return diffgentor.LedgerRow?
function View:row(position)
  local found = self.books:find(position)
  return found and as_row(self, found)
end

--- All rows in the order of the input.
---@return fun(): diffgentor.LedgerRow?
function View:rows()
  local position = -1
  return function()
    position = position + 1
    return self:row(position)
  end
end

--- Rows by state, and the sums over all attempts.
---@return table<string, integer>|nil counts, any err
function View:counts() return self.books:counts() end

--- The names of the input's columns.
---@return string[]
function View:names() return table.move(self.columns, 1, #self.columns, 1, {}) end

--- Gives the file back.
function View:close() self.books:close() end

View.__close = View.close

return ledger
