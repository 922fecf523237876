-- SPDX-License-Identifier: MIT
--
-- What the ledger of an output folder knows of an input's rows, for a dry run,
-- which looks and changes nothing.
--
--     local known = assert(known_rows.open(settings, keys))
--     assert(known:check(source))               a run would begin
--     local found = known:of(row)               nil: nothing, or of another row

local columns = require("diffgentor.columns")
local file = require("diffgentor.file")
local native = require("diffgentor.native.ledger")
local resume = require("diffgentor.resume")
local row_object = require("diffgentor.row")
local rows = require("diffgentor.rows")

local known_rows = {}

---@class diffgentor.KnownRows
local KnownRows = {}
KnownRows.__index = KnownRows

--- `keys`: the columns a picture hangs on, nil: all.
---@param settings table
---@param keys string[]?
---@return diffgentor.KnownRows?, table? err
function known_rows.open(settings, keys)
  local ledger, err = native.open({ folder = settings.output_dir })
  if not ledger then return nil, err end
  local counts
  counts, err = ledger:counts()
  if not counts then return nil, err end
  local names
  names, err = ledger:columns()
  if not names then return nil, err end
  return setmetatable({
    ledger = ledger, settings = settings, keys = keys, counts = counts, names = names,
    at = columns.places(names),
  }, KnownRows)
end

-- All columns of both, where no keys are named.
local function all_names(self, row)
  local list = table.move(self.names, 1, #self.names, 1, {})
  for _, name in ipairs((row_object.raw(row))) do
    if not self.at[name] then table.insert(list, name) end
  end
  return list
end

local function is_same(self, row, found)
  for _, name in ipairs(self.keys or all_names(self, row)) do
    local at = self.at[name]
    if (at and found.cells[at]) ~= row_object.cell(row, name) then return false end
  end
  return true
end

local function is_whole(self, outputs)
  for _, output in ipairs(outputs) do
    local size = file.size_beneath(self.settings.output_dir, output.name)
    if not size or size < output.size then return false end
  end
  return #outputs > 0
end

--- { state, done= (and its pictures are there), names= (of those), own= }.
---@param row diffgentor.Row
---@return table?
function KnownRows:of(row)
  local found = self.ledger:find(row.position)
  if not found then return nil end
  local same, own, names = is_same(self, row, found), {}, {}
  for i, output in ipairs(found.outputs) do
    own[output.name], names[i] = true, output.name
  end
  return {
    state = same and found.state or "pending", own = own, names = table.concat(names, "|"),
    done = same and found.state == "done" and is_whole(self, found.outputs),
  }
end

-- Finished rows that are others now, over all of the input.
local function compare(self, source)
  local again, err = rows.open({ input = source.path })
  if not again then return nil, err end
  local same = 0
  local row, fault = again:next()
  while row do
    local found = self.ledger:find(row.position)
    if found and found.state == "done" and is_same(self, row, found) then same = same + 1 end
    row, fault = again:next()
  end
  again:close()
  if fault then return nil, fault end
  return { finished = self.counts.done, changed = self.counts.done - same }
end

--- nil, err if a run would refuse to begin.
---@param source diffgentor.Source
---@return true?, table? err
function KnownRows:check(source)
  local ok, err = resume.check_afresh(self.counts.done, self.settings)
  if not ok or self.counts.done == 0 or not self.settings.resume or source.stream then
    return ok, err
  end
  local found
  found, err = compare(self, source)
  if not found then return nil, err end
  local note
  note, err = resume.check(found, self.settings, self.ledger:get("input"),
    file.absolute(self.settings.input))
  return note and true, err
end

--- The mean cost of an answered attempt, and of how many.
---@return integer? nano, integer finished
function KnownRows:mean_cost()
  local counts = self.counts
  if counts.priced == 0 then return nil, 0 end
  return counts.cost // counts.priced, counts.priced
end

function KnownRows:close() self.ledger:close() end

return known_rows
