-- SPDX-License-Identifier: MIT
--
-- What earlier runs say about the rows of an input: results.csv, and before it
-- the records of a run that was killed or could not write its results.
--
--     local past = assert(earlier.open(previous, store, "out"))
--     past:compare(reader, keep)       all rows at once, before anything is sent
--     local before = past:before(row)  one row; to be asked for every row in order

local csv = require("diffgentor.csv")
local errors = require("diffgentor.error")
local path = require("diffgentor.path")
local previous = require("diffgentor.previous")
local records = require("diffgentor.records")
local row_object = require("diffgentor.row")

local earlier = {}

local OWN = #previous.COLUMNS
local STATUS, MODEL = 2, 8 -- places in previous.COLUMNS

--- Stands for the digest of a record that tells only what was made for another
--- row at its place.
earlier.CHANGED = "changed"

--- The column that names the pictures of a row that was done and is to be made anew.
earlier.MADE = "earlier_image"

---@class diffgentor.Before
---@field status "done"|"failed"|string
---@field whole boolean done, and all its pictures are there
---@field stored boolean it stands in the store already
---@field cells string[] as of previous.COLUMNS
---@field extra string[][] name and text of further columns

---@class diffgentor.Earlier
---@field changed integer rows that are not what they were, as far as compared
local Earlier = {}
Earlier.__index = Earlier

--- The file of the records of results.csv, in the folder for files in the making.
---@param temporary string
---@param results_path string
---@return string
function earlier.journal(temporary, results_path)
  return path.join(temporary, path.name(results_path):sub(1, 200) .. ".outcomes")
end

---@param past diffgentor.Previous?
---@param store diffgentor.Records?
---@param folder string of the pictures
---@return diffgentor.Earlier
function earlier.new(past, store, folder)
  return setmetatable({ previous = past, store = store, folder = folder, changed = 0 }, Earlier)
end

--- A reader of its own of a regular input, which nobody can take away.
---@param source diffgentor.Source
---@return { next: (fun(): string[]?, any), close: fun() }?, table? err
function earlier.reader(source)
  local open = source.format == "jsonl" and csv.jsonl or csv.open
  local reader, err = open(source.path)
  if not reader then return nil, err end
  local header
  local function next_csv()
    local fault
    if not header then header, fault = reader:next() end
    if not header then
      return nil, fault or errors.new("input", "empty", "%s: empty", source.label)
    end
    local cells
    cells, fault = reader:next()
    if cells then return header, cells end
    return nil, fault
  end
  local function next_jsonl()
    local names, cells = reader:next()
    return names, cells
  end
  return {
    next = source.format == "jsonl" and next_jsonl or next_csv,
    close = function() reader:close() end,
  }
end

local function lasting(status) return status == "done" or status == "failed" end

-- A record of the store as one of results.csv.
local function unpacked(flat)
  local record = { cells = table.move(flat, 2, OWN + 1, 1, {}), extra = {}, stored = true }
  for i = OWN + 2, #flat, 2 do
    table.insert(record.extra, { flat[i], flat[i + 1] })
  end
  record.status = record.cells[STATUS]
  return record
end

-- What holds of a row, and whether anything was said of this very row.
function Earlier:find(position, names, cells, line)
  local flat = self.store and self.store:get(position)
  local same = flat ~= nil and flat[1] == records.digest(names, cells)
  if same and lasting(flat[STATUS + 1]) then return unpacked(flat), true end
  if not line or not self.previous:holds(line, names, cells) then return nil, same end
  return self.previous:record(line), true
end

--- The names of all pictures that were made for a row, joined by bars.
---@param record diffgentor.Before
---@return string
function earlier.made(record)
  local names = record.cells[1]
  for _, pair in ipairs(record.extra) do
    if pair[1] == earlier.MADE and pair[2] ~= "" then
      names = names == "" and pair[2] or names .. "|" .. pair[2]
    end
  end
  return names
end

--- Those made for what stood at a place, whatever it was.
---@param position integer
---@return string
function Earlier:made(position)
  local flat = self.store and self.store:get(position)
  return flat and earlier.made(unpacked(flat)) or ""
end

--- What the earlier runs say of a row, and which pictures they made for what
--- stood at its place; to be asked for every row in order.
---@param row diffgentor.Row
---@return diffgentor.Before?, string made
function Earlier:before(row)
  local line, err
  if self.previous then line, err = self.previous:line() end
  if err then error(err, 0) end
  local names, cells = row_object.raw(row)
  local record, same = self:find(row.position, names, cells, line)
  if not same and line then self.changed = self.changed + 1 end
  if record then
    record.whole = record.status == "done" and previous.whole(self.folder, record.cells[1])
  end
  local made = self:made(row.position)
  if made == "" and line then made = earlier.made(self.previous:record(line)) end
  return record, made
end

local function was_done(self, position, line)
  local flat = self.store and self.store:get(position)
  if flat and flat[STATUS + 1] == "done" then return true end
  return line ~= nil and line[self.previous.own + STATUS - 1] == "done"
end

-- Nothing else of a row that is another one now.
local function keep_made(position, made, keep)
  if made == "" then return true end
  local cells = {}
  for i = 1, OWN do
    cells[i] = ""
  end
  return keep(position, earlier.CHANGED, { cells = cells, extra = { { earlier.MADE, made } } })
end

local function weigh(self, found, position, names, cells, line, keep)
  local record, same
  if names then record, same = self:find(position, names, cells, line) end
  if was_done(self, position, line) then
    found.finished = found.finished + 1
    if not same then found.changed = found.changed + 1 end
  end
  if not same and names and line and keep then
    return keep_made(position, earlier.made(self.previous:record(line)), keep)
  end
  if not record then return true end
  if record.status == "done" then
    local model = record.cells[MODEL]
    found.models[model] = (found.models[model] or 0) + 1
  end
  if not keep or record.stored then return true end
  if lasting(record.status) or earlier.made(record) ~= "" then
    return keep(position, records.digest(names, cells), record)
  end
  return true
end

--- Lays all that is known beside all rows of the input; what still holds and is
--- not in the store goes to `keep`.
---@param reader { next: fun(): string[]?, any }
---@param keep (fun(position: integer, digest: string, record: table): true?, table?)?
---@return { finished: integer, changed: integer, models: table<string, integer> }?, table? err
function Earlier:compare(reader, keep)
  local found = { finished = 0, changed = 0, models = {} }
  local old, position, more = self.store and self.store.count or 0, 0, true
  while more do
    local names, cells = reader.next()
    if not names and cells then return nil, cells end
    local line, err
    if self.previous then line, err = self.previous:line() end
    if err then return nil, err end
    more = names ~= nil or line ~= nil or position < old
    local ok
    ok, err = weigh(self, found, position, names, cells, line, keep)
    if not ok then return nil, err end
    position = position + 1
  end
  return found
end

function Earlier:close()
  if self.previous then self.previous:close() end
end

return earlier
