-- SPDX-License-Identifier: MIT
--
-- The results.csv of an earlier run, read beside the input: what it says about
-- the row at the same place, if that row is still the same.

local csv = require("diffgentor.csv")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local path = require("diffgentor.path")
local row_object = require("diffgentor.row")

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
---@field folder string of the pictures
---@field changed integer rows that are not what they were
local Previous = {}
Previous.__index = Previous

local function not_ours(name, why)
  return nil, errors.new("config", "not_results", "%s: is no results file of this program (%s); "
    .. "it is not overwritten: name another one with --output_csv, or move it away", name, why)
end

--- Opens it; nil if there is none, nil, err if the file is something else.
---@param name string
---@param folder string of the pictures
---@return diffgentor.Previous?, table? err
function previous.open(name, folder)
  local kind = file.kind(name)
  if not kind then return nil end
  if kind ~= "file" then return not_ours(name, "not a regular file") end
  local reader, err = csv.open(name)
  if not reader then return nil, err end
  local header, fault = reader:next()
  local own = header and own_block(header)
  if own then
    return setmetatable({
      reader = reader, header = header, own = own, folder = folder, changed = 0,
    }, Previous)
  end
  reader:close()
  if not header and not fault then return nil end -- empty: nothing is lost
  return not_ours(name, fault and fault.message or "its columns are others")
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

-- The input's part of a line against a row: every cell, by its column.
function Previous:same(cells, row)
  local names, have = row_object.raw(row)
  local places, others = self:plan(names)
  for i, at in ipairs(places) do
    if cells[at] ~= (have[i] or "") then return false end
  end
  for _, at in ipairs(others) do
    if cells[at] ~= "" then return false end
  end
  return true
end

local function whole(folder, name)
  if (file.size_beneath(folder, name) or 0) == 0 then return false end
  local info = image.file(path.join(folder, name))
  return info ~= nil and info.kind ~= "unknown"
end

-- A name may hold a bar itself; several names are joined by bars.
local function all_whole(folder, names)
  if names == "" then return false end
  if whole(folder, names) then return true end
  for name in (names .. "|"):gmatch("(.-)|") do
    if not whole(folder, name) then return false end
  end
  return true
end

local function record_of(self, cells)
  local record = { cells = {}, extra = {} }
  for k in ipairs(previous.COLUMNS) do
    record.cells[k] = cells[self.own + k - 1] or ""
  end
  for i = self.own + #previous.COLUMNS, #self.header do
    if cells[i] and cells[i] ~= "" then
      table.insert(record.extra, { self.header[i], cells[i] })
    end
  end
  record.status = record.cells[2]
  record.whole = record.status == "done" and all_whole(self.folder, record.cells[1])
  return record
end

--- What the earlier run says of a row; to be asked for every row in order.
--- `whole`: it is done and all its pictures are there.
---@param row diffgentor.Row
---@return { status: string, whole: boolean, cells: string[], extra: string[][] }?
function Previous:match(row)
  local cells = self.reader and self.reader:next()
  if not cells then
    self:close()
    return nil
  end
  if #cells == #self.header and self:same(cells, row) then return record_of(self, cells) end
  self.changed = self.changed + 1
  return nil
end

function Previous:close()
  if self.reader then self.reader:close() end
  self.reader = nil
end

return previous
