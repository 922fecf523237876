-- SPDX-License-Identifier: MIT
--
-- One input row as scripts see it: row.NAME is the cell of column NAME,
-- row.index, row.position and row.line say which row it is, and an assignment
-- makes a further column of results.csv without touching the cells.
--
--     row:step("judge", fn)     what fn returns, kept in the ledger: a resumed run has it
--     row:cell("step")          the cell of a column that is called as a member is

local errors = require("diffgentor.error")
local json = require("diffgentor.json")

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
local METHODS = {}

--- Names of steps that are the program's own begin so.
row.RESERVED = "diffgentor:"

function Row.__index(self, key)
  local state = rawget(self, STATE)
  if FIELDS[key] then return state[key] end
  if METHODS[key] then return METHODS[key] end
  local extra = state.extra
  if extra and extra[key] ~= nil then return extra[key] end
  local at = state.at[key]
  return at and (state.cells[at] or "")
end

local function as_cell(key, value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" or kind == "boolean" then return tostring(value) end
  error(("row.%s: a cell is text, a number or a boolean, not a %s"):format(key, kind), 3)
end

function Row.__newindex(self, key, value)
  if type(key) ~= "string" or key == "" then error("a column's name is text", 2) end
  if FIELDS[key] or METHODS[key] then error(("row.%s cannot be set"):format(key), 2) end
  local state = rawget(self, STATE)
  local cell = as_cell(key, value == nil and "" or value)
  if not state.extra then
    state.extra, state.order = {}, {}
  end
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

METHODS.cell = row.cell

--- Whether a value is a row.
---@param item any
---@return boolean
function row.is(item) return getmetatable(item) == Row end

------------------------------------------------------------------ what the ledger has of it

--- Gives the row its place in the ledger, and the trace of its way.
---@param self diffgentor.Row
---@param books diffgentor.Books
---@param trace diffgentor.Trace
function row.attach(self, books, trace)
  local state = rawget(self, STATE)
  state.books, state.trace, state.steps = books, trace, {}
end

--- nil outside a run.
---@param self diffgentor.Row
---@return diffgentor.Books?
function row.books(self) return rawget(self, STATE).books end

--- The text of a step that was kept, in this run or in one before.
---@param self diffgentor.Row
---@param name string
---@return string?
function row.kept_step(self, name)
  local state = rawget(self, STATE)
  local text = state.steps[name]
  if text == nil and state.trace.attempted then
    text = state.books:step(state.position, name)
    state.trace.stepped = state.trace.stepped or text ~= nil
  end
  return text
end

---@param self diffgentor.Row
---@param name string
---@param text string
---@param files string names in the spool that it needs, a line each
function row.keep_step(self, name, text, files)
  local state = rawget(self, STATE)
  state.steps[name], state.trace.stepped = text, true
  state.books:keep(state.position, name, text, files)
end

-- Beside what the row's last request costs.
local function add_cost(trace, nano, attempts)
  trace.asked = (trace.asked or 0) + attempts
  if nano then trace.spent = (trace.spent or 0) + nano end
end

--- The row's last answer will not be its last: its cost is noted now.
---@param self diffgentor.Row
---@param trace diffgentor.Trace
function row.charge_last(self, trace)
  local nano = rawget(self, STATE).books:charge(trace, trace.model or "")
  if not trace.answer then add_cost(trace, nano, trace.outcome.attempts) end
end

--- Notes what a request of the row cost that was none for its pictures.
---@param self diffgentor.Row
---@param told table as of Books:charge
function row.charge_aside(self, told)
  local state = rawget(self, STATE)
  add_cost(state.trace, state.books:charge(told, ""), told.outcome.attempts)
end

local function bad_step(fmt, ...) return errors.new("script", "bad_step", fmt, ...) end

--- Calls `fn` and keeps what it returns, a JSON value; where that is kept already, by
--- this run or by one before, `fn` is not called.  What it raises fails the row.
---@param name string
---@param fn fun(): any
---@return any
function METHODS.step(self, name, fn)
  if not row.is(self) then error("row:step: call it with a colon, row:step(name, fn)", 2) end
  if type(name) ~= "string" or name == "" or name:find("%z") then
    error("row:step: a step's name is text", 2)
  end
  if name:sub(1, #row.RESERVED) == row.RESERVED then
    error(("row:step: names that begin with %s are the program's own"):format(row.RESERVED), 2)
  end
  if type(fn) ~= "function" then error("row:step: a function expected behind the name", 2) end
  local kept = row.books(self) and row.kept_step(self, name)
  if kept then return json.decode(kept)[1] end
  local value = fn()
  local ok, text = pcall(json.encode, json.array({ value }))
  if not ok then error(bad_step("step '%s': %s", name, text), 0) end
  if row.books(self) then row.keep_step(self, name, text, "") end
  return json.decode(text)[1]
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
  for i, name in ipairs(state.order or {}) do
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
