-- SPDX-License-Identifier: MIT
--
-- The writing of results.csv: a second pass over the input, each row with what
-- the records say of it.  Used by results.lua alone.

local csv = require("diffgentor.csv")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local hash = require("diffgentor.hash")
local log = require("diffgentor.log")
local path = require("diffgentor.path")
local previous = require("diffgentor.previous")

local results_file = {}

local OWN = #previous.COLUMNS
local BUFFER_BYTES = 256 * 1024

local last_names, last_head -- all rows of a CSV file share their names

--- Tells a changed row from the one that was sent.
---@param names string[]
---@param cells string[]
---@return string
function results_file.digest(names, cells)
  if names ~= last_names then
    last_names, last_head = names, table.concat(names, "\0")
  end
  return hash.sha256(last_head .. "\0\0" .. table.concat(cells, "\0")):sub(1, 16)
end

-- The columns of JSON Lines are known when all of it was read.
local function input_columns(results)
  local source = results.options.source
  if source.format == "csv" or source.ended then return source.columns end
  local list = table.move(source.columns, 1, #source.columns, 1, {})
  local seen = {}
  for _, name in ipairs(list) do
    seen[name] = true
  end
  local pass, err = source:again()
  if not pass then return nil, err end
  for names in pass do
    for _, name in ipairs(names) do
      if not seen[name] then table.insert(list, name) end
      seen[name] = true
    end
  end
  return list
end

-- The header, and where each name set by a hook stands in it.
local function layout(columns, extra)
  local taken = {}
  for _, name in ipairs(columns) do
    taken[name] = true
  end
  local own = previous.own_names(taken)
  for _, name in ipairs(own) do
    taken[name] = true
  end
  local header = table.move(own, 1, OWN, #columns + 1, table.move(columns, 1, #columns, 1, {}))
  local place, at = {}, {}
  for _, name in ipairs(extra) do
    local final = name
    while taken[final] do
      final = "dg_" .. final
    end
    if not at[final] then
      table.insert(header, final)
      at[final] = #header
    end
    place[name] = at[final]
  end
  return header, place
end

-- What stands beside a row nothing is recorded of.
local function default_cells(self, position)
  local filter = self.options.filter
  local cells = {}
  for i = 1, OWN do
    cells[i] = ""
  end
  cells[2] = filter and not filter(position) and "skipped" or "pending"
  cells[5] = "0"
  return cells
end

-- Our cells of a row behind the input's; returns its status.
local function add_own(self, line, position, row)
  local record = self.records:get(position)
  local first = self.column_count
  if record and record[1] ~= results_file.digest(row.names, row.cells) then
    self.moved = self.moved + 1
    record = nil
  end
  local own = record and table.move(record, 2, OWN + 1, 1, {}) or default_cells(self, position)
  table.move(own, 1, OWN, first + 1, line)
  for i = OWN + 2, record and #record or 0, 2 do
    line[self.place[record[i]]] = record[i + 1]
  end
  return own[2]
end

local function line_of(self, row)
  local line = {}
  for i = 1, #self.header do
    line[i] = ""
  end
  for i, name in ipairs(row.names) do
    local at = self.column_at[name]
    if at then line[at] = row.cells[i] or "" end
  end
  return line
end

-- The state of one writing, and the pass over the input.
local function prepare(results)
  local columns, err = input_columns(results)
  if not columns then return nil, err end
  local header, place = layout(columns, results.extra)
  local pass
  pass, err = results.options.source:again()
  if not pass then return nil, err end
  local self = {
    options = results.options, records = results.records, header = header, place = place,
    column_count = #columns, column_at = {}, moved = 0,
  }
  for i, name in ipairs(columns) do
    self.column_at[name] = i
  end
  return self, pass
end

-- What a pass broken at the place where the first one broke means: nothing new.
local function known_fault(self, position, err)
  return not err or position >= self.options.source.position
end

local function write_rows(self, handle, pass)
  local counts, position = { done = 0, failed = 0, skipped = 0, pending = 0 }, 0
  local ok, message = handle:write(csv.encode(self.header))
  while ok do
    local names, cells = pass()
    if not names then
      if known_fault(self, position, cells) then return counts, position end
      return nil, cells
    end
    local row = { names = names, cells = cells }
    local line = line_of(self, row)
    local status = add_own(self, line, position, row)
    counts[status] = (counts[status] or 0) + 1
    position = position + 1
    ok, message = handle:write(csv.encode(line))
  end
  return nil, errors.new("file", "write", "%s: cannot write: %s", self.options.path, message)
end

local function warn_changed(self, position)
  local read = self.options.source.position
  if position < read then
    log.warn(("the input has %d rows now and had %d: it was changed during the run"):format(
      position, read))
  end
  if self.moved > 0 then
    log.warn(("the input was changed during the run: %d rows are not what was sent and are called "
      .. "pending"):format(self.moved))
  end
end

local function fill(self, name, pass)
  local handle, message = io.open(name, "wb")
  if not handle then return nil, errors.new("file", "open", "%s", message) end
  handle:setvbuf("full", BUFFER_BYTES)
  local counts, position = write_rows(self, handle, pass)
  local closed, late = handle:close()
  if not counts then return nil, position end
  if not closed then
    return nil, errors.new("file", "write", "%s: cannot write: %s", self.options.path, late)
  end
  warn_changed(self, position)
  return counts
end

--- Writes the file; gives how many rows have which status.
---@param results diffgentor.Results
---@return table<string, integer>?, table? err
function results_file.write(results)
  local name = results.options.path
  local self, pass = prepare(results)
  if not self then return nil, pass end
  local temp, err = file.temp(path.parent(name), path.name(name))
  if not temp then return nil, err end
  local counts, ok
  counts, err = fill(self, temp, pass)
  if counts then ok, err = file.place(temp, path.parent(name), path.name(name)) end
  if ok then return counts end
  file.remove(temp)
  return nil, err
end

return results_file
