-- SPDX-License-Identifier: MIT
--
-- One input row as scripts see it: row.NAME is the cell of column NAME,
-- row.index, row.position and row.line say which row it is, and an assignment
-- makes a further column of results.csv without touching the cells.

local row = {}

local IMAGE_COLUMNS = { "image_url", "image", "input_images" }

-- A row's own data stands under a key that no column can have.
local STATE = {}

---@class diffgentor.Row
---@field position integer from 0, in the order of the input
---@field index integer the cell of the column `index`, else the position
---@field line integer of the input, from 1
---@field fault table? why this row cannot be used
local Row = { __name = "diffgentor.row" }

-- These are never cells; row.cell gives a column of that name.
local FIELDS = { position = true, index = true, line = true, fault = true }

function Row.__index(self, key)
  local state = rawget(self, STATE)
  if FIELDS[key] then return state[key] end
  local extra = state.extra[key]
  if extra ~= nil then return extra end
  return row.cell(self, key)
end

local function as_cell(key, value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" or kind == "boolean" then return tostring(value) end
  error(("row.%s: a cell is text, a number or a boolean, not a %s"):format(key, kind), 3)
end

function Row.__newindex(self, key, value)
  if type(key) ~= "string" or key == "" then error("a column's name is text", 2) end
  if FIELDS[key] then error(("row.%s cannot be set"):format(key), 2) end
  local state = rawget(self, STATE)
  local cell = as_cell(key, value == nil and "" or value)
  if state.extra[key] == nil then table.insert(state.order, key) end
  state.extra[key] = cell
end

function Row.__pairs(self)
  local state, i = rawget(self, STATE), 0
  return function()
    i = i + 1
    local name = state.names[i]
    if name then return name, self[name] end
  end
end

function Row.__tostring(self) return ("row %d (line %d)"):format(self.position, self.line) end

--- A row of `state`: names, at (name -> place), cells, position, index, line, fault.
---@param state table kept, not copied
---@return diffgentor.Row
function row.new(state)
  state.extra, state.order = {}, {}
  return setmetatable({ [STATE] = state }, Row)
end

--- The cell of a column as it stands in the input; nil if there is no such
--- column, "" if the row is too short.
---@param self diffgentor.Row
---@param name string
---@return string?
function row.cell(self, name)
  local state = rawget(self, STATE)
  local at = state.at[name]
  return at and (state.cells[at] or "")
end

--- What was read: the columns' names and the cells, in their order.
---@param self diffgentor.Row
---@return string[] names, string[] cells
function row.raw(self)
  local state = rawget(self, STATE)
  return state.names, state.cells
end

--- What was assigned: { { name, text }, ... } in the order of first assignment.
---@param self diffgentor.Row
---@return string[][]
function row.extra(self)
  local state, list = rawget(self, STATE), {}
  for i, name in ipairs(state.order) do
    list[i] = { name, state.extra[name] }
  end
  return list
end

--- The image column among `at`'s names: image_url, else image, else input_images.
---@param at table<string, any> the names are its keys
---@return string?
function row.image_name(at)
  for _, name in ipairs(IMAGE_COLUMNS) do
    if at[name] then return name end
  end
end

--- The row's own image column.
---@param self diffgentor.Row
---@return string?
function row.image_column(self) return row.image_name(rawget(self, STATE).at) end

row.IMAGE_COLUMNS = IMAGE_COLUMNS

return row
