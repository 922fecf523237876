-- SPDX-License-Identifier: MIT
--
-- The results.csv of an earlier run, line by line, and what a line says about the
-- row at the same place, if that row is still the same.  Used by earlier.lua.

local csv = require("diffgentor.csv")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local path = require("diffgentor.path")

local previous = {}

--- The columns a run adds, in their order.
previous.COLUMNS = {
  "output_image", "status", "error_code", "error", "attempts", "latency_ms", "request_id",
  "model", "input_tokens", "output_tokens", "total_tokens",
}

--- How they are named beside columns of the same name: with "dg_" before.
---@param taken table<string, any> the input's columns are its keys
---@return string[]
function previous.own_names(taken)
  local names = {}
  for i, name in ipairs(previous.COLUMNS) do
    while taken[name] do
      name = "dg_" .. name
    end
    names[i] = name
  end
  return names
end

local function block_at(header, first)
  local taken = {}
  for i = 1, first - 1 do
    taken[header[i]] = true
  end
  for k, name in ipairs(previous.own_names(taken)) do
    if header[first + k - 1] ~= name then return false end
  end
  return true
end

-- Where our columns begin; the last place, as the input may be results itself.
local function own_block(header)
  for first = #header - #previous.COLUMNS + 1, 1, -1 do
    if block_at(header, first) then return first end
  end
end

---@class diffgentor.Previous
---@field own integer place of the first of our columns
local Previous = {}
Previous.__index = Previous

local function not_ours(name, why)
  return nil, errors.new("config", "not_results", "%s: is no results file of this program (%s); "
    .. "it is not overwritten: name another one with --output_csv, or move it away", name, why)
end

-- A file that cannot be read to its end would pass for one that ends there.
local function survey(name)
  local found, err = csv.survey(name, "csv")
  if found then return true end
  return nil, errors.new(err.kind, err.code, "%s; these are the results of an earlier run: repair "
    .. "the file, or move it away to send every row again", err.message)
end

--- Opens it; nil if there is none, nil, err if the file is something else.
---@param name string
---@return diffgentor.Previous?, table? err
function previous.open(name)
  local kind = file.kind(name)
  if not kind then return nil end
  if kind ~= "file" then return not_ours(name, "not a regular file") end
  local reader, err = csv.open(name)
  if not reader then return nil, err end
  local header, line_or_fault = reader:next()
  local own = header and own_block(header)
  local ok
  if own then
    ok, err = survey(name)
    if ok then return setmetatable({ reader = reader, header = header, own = own }, Previous) end
  end
  reader:close()
  if err then return nil, err end
  if header then return not_ours(name, "its columns are others") end
  if not line_or_fault then return nil end -- empty: nothing is lost
  return not_ours(name, line_or_fault.message)
end

-- Where the cells of `names` stand in a line, and which of the input's columns
-- they do not name; the rows of a CSV file share one list of names.
function Previous:plan(names)
  if self.names == names then return self.places, self.others end
  local place, places, others = {}, {}, {}
  for i = 1, self.own - 1 do
    place[self.header[i]] = i
  end
  for i, name in ipairs(names) do
    places[i] = place[name] or 0
    place[name] = nil
  end
  for _, at in pairs(place) do
    table.insert(others, at)
  end
  self.names, self.places, self.others = names, places, others
  return places, others
end

--- The next line's cells; nil at the end.
---@return string[]?, table? err
function Previous:line()
  if not self.reader then return nil end
  local cells, err = self.reader:next()
  if cells then return cells end
  self:close()
  return nil, type(err) == "table" and err or nil
end

--- The input's part of a line against a row: every cell, by its column.
---@param line string[]
---@param names string[]
---@param cells string[]
---@return boolean
function Previous:holds(line, names, cells)
  if #line ~= #self.header then return false end
  local places, others = self:plan(names)
  for i, at in ipairs(places) do
    if line[at] ~= (cells[i] or "") then return false end
  end
  for _, at in ipairs(others) do
    if line[at] ~= "" then return false end
  end
  return true
end

local function whole(folder, name)
  if (file.size_beneath(folder, name) or 0) == 0 then return false end
  local info = image.file(path.join(folder, name))
  return info ~= nil and info.kind ~= "unknown"
end

--- Whether all pictures of an output_image cell are there.  A name may hold a
--- bar itself; several names are joined by bars.
---@param folder string
---@param names string
---@return boolean
function previous.whole(folder, names)
  if names == "" then return false end
  if whole(folder, names) then return true end
  for name in (names .. "|"):gmatch("(.-)|") do
    if not whole(folder, name) then return false end
  end
  return true
end

--- The record of a line.
---@param line string[]
---@return { status: string, cells: string[], extra: string[][] }
function Previous:record(line)
  local record = { cells = {}, extra = {} }
  for k in ipairs(previous.COLUMNS) do
    record.cells[k] = line[self.own + k - 1] or ""
  end
  for i = self.own + #previous.COLUMNS, #self.header do
    if line[i] and line[i] ~= "" then
      table.insert(record.extra, { self.header[i], line[i] })
    end
  end
  record.status = record.cells[2]
  return record
end

--- The input's part of a line: names and cells.
---@param line string[]
---@return string[] names, string[] cells
function Previous:input_of(line)
  self.input_names = self.input_names or table.move(self.header, 1, self.own - 1, 1, {})
  return self.input_names, table.move(line, 1, self.own - 1, 1, {})
end

--- Whether the input has just the columns that it had.
---@param columns string[]
---@return boolean
function Previous:same_columns(columns)
  local seen = {}
  for i = 1, self.own - 1 do
    seen[self.header[i]] = true
  end
  for _, name in ipairs(columns) do
    if not seen[name] then return false end
  end
  return #columns == self.own - 1
end

--- Names of the columns that hooks had set.
---@return string[]
function Previous:extra_names()
  return table.move(self.header, self.own + #previous.COLUMNS, #self.header, 1, {})
end

function Previous:close()
  if self.reader then self.reader:close() end
  self.reader = nil
end

return previous
