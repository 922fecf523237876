-- SPDX-License-Identifier: MIT
--
-- The writing of results.csv: a second pass over the input, each row with what
-- the records say of it.  Used by results.lua alone.

local csv = require("diffgentor.csv")
local earlier = require("diffgentor.earlier")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local log = require("diffgentor.log")
local path = require("diffgentor.path")
local previous = require("diffgentor.previous")
local records = require("diffgentor.records")

local results_file = {}

local OWN = #previous.COLUMNS
local BUFFER_BYTES = 256 * 1024

-- A pass over the input: of a pipe what was kept of it, else the reader opened
-- before the first row was sent.
local function second_pass(results, use)
  local reader = results.readers[use]
  if reader then return reader.next end
  return results.options.source:again()
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
  local pass, err = second_pass(results, "columns")
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
  local record, fresh = self.records:get(position)
  local first = self.column_count
  local holds = record and record[1] == records.digest(row.names, row.cells)
  if record and not holds then
    if fresh then self.moved = self.moved + 1 end
    if record[1] ~= earlier.CHANGED then record = nil end
  end
  local own = holds and table.move(record, 2, OWN + 1, 1, {}) or default_cells(self, position)
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

-- The lines of the earlier file behind where a pipe was left, if it is that
-- pipe: what was paid for is not forgotten because a run was stopped.
local function tail_of(results)
  local source, past = results.options.source, results.previous
  if not source.stream or source.ended or not past then return nil end
  if not past:same_columns(source.columns) then return nil end
  for _, name in ipairs(past:extra_names()) do
    results:note_extra(name)
  end
  return past
end

-- The state of one writing, and the pass over the input.
local function prepare(results)
  local columns, err = input_columns(results)
  if not columns then return nil, err end
  local tail = tail_of(results)
  local header, place = layout(columns, results.extra)
  local pass
  pass, err = second_pass(results, "rows")
  if not pass then return nil, err end
  local self = {
    options = results.options, records = results.records, header = header, place = place,
    column_count = #columns, column_at = {}, moved = 0, tail = tail, position = 0,
    counts = { done = 0, failed = 0, skipped = 0, pending = 0 },
  }
  for i, name in ipairs(columns) do
    self.column_at[name] = i
  end
  return self, pass
end

-- What a pass broken at the place where the first one broke means: nothing new.
local function known_fault(self, err)
  return not err or self.position >= self.options.source.position
end

local function put_line(self, handle, line, status)
  self.counts[status] = (self.counts[status] or 0) + 1
  self.position = self.position + 1
  return handle:write(csv.encode(line))
end

-- true; nil, message if it cannot be written.
local function write_tail(self, handle)
  local past, kept = self.tail, 0
  local ok, message = true, nil
  local cells = past and past:line()
  while ok and cells do
    local names, input = past:input_of(cells)
    local line, record = line_of(self, { names = names, cells = input }), past:record(cells)
    table.move(record.cells, 1, OWN, self.column_count + 1, line)
    for _, pair in ipairs(record.extra) do
      line[self.place[pair[1]]] = pair[2]
    end
    ok, message = put_line(self, handle, line, record.status)
    kept, cells = kept + 1, past:line()
  end
  if kept > 0 then
    log.info(("%d rows behind where the input was left stay as the earlier run had them")
      :format(kept))
  end
  return ok, message
end

-- All rows that can be read; what broke the pass is self.broken.
local function write_rows(self, handle, pass)
  local ok, message = handle:write(csv.encode(self.header))
  while ok do
    local names, cells = pass()
    if not names then
      self.broken = cells
      ok, message = write_tail(self, handle)
      break
    end
    local row = { names = names, cells = cells }
    local line = line_of(self, row)
    ok, message = put_line(self, handle, line, add_own(self, line, self.position, row))
  end
  if ok then return true end
  return nil, errors.new("file", "write", "%s: cannot write: %s", self.options.path, message)
end

local function warn_changed(self)
  local read = self.options.source.position
  if self.position < read then
    log.warn(("the input has %d rows now and had %d: it was changed during the run"):format(
      self.position, read))
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
  local ok, err = write_rows(self, handle, pass)
  local closed, late = handle:close()
  if not ok then return nil, err end
  if not closed then
    return nil, errors.new("file", "write", "%s: cannot write: %s", self.options.path, late)
  end
  warn_changed(self)
  return true
end

-- Whether the file holds all that was put.
local function complete(self)
  return not self.broken and self.moved == 0 and self.position >= self.options.source.position
end

--- Writes the file; gives how many rows have which status, what broke the pass
--- over the input if anything did, and whether all records are in the file.
---@param results diffgentor.Results
---@return table<string, integer>?, table? err, boolean? complete
function results_file.write(results)
  local name = results.options.path
  local self, pass = prepare(results)
  if not self then return nil, pass end
  local temp, err = file.temp(path.parent(name), path.name(name))
  if not temp then return nil, err end
  local ok
  ok, err = fill(self, temp, pass)
  if ok then ok, err = file.place(temp, path.parent(name), path.name(name)) end
  if not ok then
    file.remove(temp)
    return nil, err
  end
  if known_fault(self, self.broken) then return self.counts, nil, complete(self) end
  return self.counts, self.broken, false
end

return results_file
