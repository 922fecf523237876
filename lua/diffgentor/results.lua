-- SPDX-License-Identifier: MIT
--
-- results.csv: what became of every row, in the order of the input.  Outcomes
-- are kept on disk as they come; at the end a second pass over the input writes
-- the file, which appears whole or not at all.  What cannot be written stays
-- among the outcomes, and the next run takes it up.
--
--     local results = assert(results.open({ ... }))
--     assert(results:begin())                    the next row is sent
--     local before = results:before(row)         what an earlier run says, if it still holds
--     results:put(row, { status = "done", files = { "000000.png" }, outcome = outcome })
--     local counts = assert(results:write())     { done = 1, failed = 0, ... }

local earlier = require("diffgentor.earlier")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local log = require("diffgentor.log")
local path = require("diffgentor.path")
local previous = require("diffgentor.previous")
local records = require("diffgentor.records")
local results_file = require("diffgentor.results_file")
local row_object = require("diffgentor.row")
local sys = require("diffgentor.sys")

local results = {}

local OWN = #previous.COLUMNS
local MOST_EXTRA = 4096

---@class diffgentor.ResultsOptions
---@field source diffgentor.Source
---@field path string of results.csv
---@field folder string of the pictures
---@field temporary string folder for files in the making
---@field check (fun(found: table): true?, table?)? judges what earlier runs say
---@field filter (fun(position: integer): boolean)? rows it refuses are skipped

---@class diffgentor.Results
local Results = {}
Results.__index = Results

local function check_place(name)
  local ok, err = file.relative_ok(path.name(name))
  if not ok then return nil, errors.new("config", "bad_name", "--output_csv: %s", err.message) end
  local folder = path.parent(name)
  ok, err = file.mkdirs(folder)
  if not ok then return nil, err end
  local temp, fault = file.temp(folder, path.name(name))
  if not temp then return nil, fault end
  file.remove(temp)
  return true
end

-- Files in the making that a killed run has left; the spool of a pipe is ours.
local function stale_parts(options)
  local spool = options.source.spool and path.name(options.source.spool.path)
  local list = file.list and file.list(options.temporary) or {}
  local stale = {}
  for _, name in ipairs(list) do
    if name:find("%.part$") and name ~= spool then stale[name] = true end
  end
  return stale
end

-- A picture that was paid for and not put into place is the user's.
function Results:spare(message)
  for kept in message:gmatch("kept as (.-%.part)") do
    self.stale[path.name(kept)] = nil
  end
end

-- Takes up what a run has left that did not come to its end.
function Results:fold()
  if not file.kind(self.journal) then return true end
  self.stale, self.folded = stale_parts(self.options), 0
  local ok, err = self.records:fold(self.journal, function(flat)
    self.folded = self.folded + 1
    self:spare(flat[5] or "")
    for i = OWN + 2, #flat, 2 do
      self:note_extra(flat[i])
    end
  end)
  if not ok then return nil, err end
  log.info(("%d outcomes of a run that was cut off are taken up"):format(self.folded))
  return true
end

-- Readers for the second pass, opened while the input is there; the columns of
-- JSON Lines may need one more.  A pipe is compared as it comes.
function Results:survey()
  local source = self.options.source
  if source.stream then return true end
  local err
  for _, use in ipairs(source.format == "jsonl" and { "rows", "columns" } or { "rows" }) do
    self.readers[use], err = earlier.reader(source)
    if not self.readers[use] then return nil, err end
  end
  if self.records.count == 0 and not self.previous then return true end
  local reader
  reader, err = earlier.reader(source)
  if not reader then return nil, err end
  local found
  found, err = self.earlier:compare(reader, function(position, digest, record)
    if self.stale then self:spare(record.cells[4]) end
    return self:store(position, digest, record.cells, record.extra)
  end)
  reader.close()
  if found and self.options.check then return self.options.check(found) end
  return found and true, err
end

local function open(self)
  local options = self.options
  local ok, err = check_place(options.path)
  if not ok then return nil, err end
  self.previous, err = previous.open(options.path)
  if err then return nil, err end
  self.journal = earlier.journal(options.temporary, options.path)
  self.records, err = records.open(options.temporary, "outcomes")
  if not self.records then return nil, err end
  self.earlier = earlier.new(self.previous, self.records, options.folder)
  ok, err = self:fold()
  if not ok then return nil, err end
  return self:survey()
end

---@param options diffgentor.ResultsOptions
---@return diffgentor.Results?, table? err
function results.open(options)
  local self = setmetatable({ options = options, extra = {}, extra_seen = {}, readers = {} },
    Results)
  local ok, err = open(self)
  if ok then return self end
  self:close()
  return nil, err
end

--- From here on every outcome is kept on disk at once, also if the program is
--- killed.
---@return true?, table? err
function Results:begin()
  local ok, err = self.records:publish(self.journal)
  if not ok then return nil, err end
  local whole_view = not (self.options.source.stream and self.previous)
  for name in pairs(whole_view and self.stale or {}) do
    file.remove(path.join(self.options.temporary, name))
  end
  return true
end

--- What an earlier run says of a row; to be asked for every row in order.
---@param row diffgentor.Row
---@return diffgentor.Before?, string made
function Results:before(row) return self.earlier:before(row) end

--- Rows of the earlier run that are not what they were, of piped input.
function Results:changed() return self.earlier.changed end

------------------------------------------------------------------ one record

-- Text that did not come from the user: nothing that moves a cursor, no secret,
-- and no formula for a spreadsheet.
local function clean(text)
  text = sys.visible(sys.mask(text))
  if text:find("^[=+%-@\t\r]") then text = "'" .. text end
  return text
end

local function clean_extra(text)
  if tonumber(text) then return text end
  return clean(text)
end

local function number_text(number) return number and ("%d"):format(number) or "" end

local function own_cells(record)
  local outcome, reply, err = record.outcome, record.reply, record.error
  local usage = reply and reply.usage or {}
  local sent = outcome and outcome.attempts > 0
  return {
    table.concat(record.files or {}, "|"),
    record.status,
    err and clean(err.code ~= "" and err.code or err.kind) or "",
    err and clean(record.message or err.message) or "",
    number_text(outcome and outcome.attempts or 0),
    sent and number_text(math.floor(outcome.latency * 1000 + 0.5)) or "",
    outcome and clean(outcome.request_id) or "",
    sent and clean(reply and reply.model or record.model or "") or "",
    number_text(usage.input_tokens),
    number_text(usage.output_tokens),
    number_text(usage.total_tokens),
  }
end

function Results:note_extra(name)
  if self.extra_seen[name] then return end
  if #self.extra == MOST_EXTRA then
    error(("more than %d columns set by hooks"):format(MOST_EXTRA), 0)
  end
  self.extra_seen[name] = true
  table.insert(self.extra, name)
end

function Results:store(position, digest, cells, extra)
  local flat = table.move(cells, 1, OWN, 2, { digest })
  for _, pair in ipairs(extra) do
    self:note_extra(pair[1])
    table.insert(flat, pair[1])
    table.insert(flat, pair[2])
  end
  return self.records:put(position, flat)
end

--- Keeps what became of a row.
---@param row diffgentor.Row
---@param record { status: string, files: string[]?, error: table?, message: string?,
---  outcome: table?, reply: table?, model: string?, made: string? }
---@return true?, table? err
function Results:put(row, record)
  local extra = row_object.extra(row)
  for _, pair in ipairs(extra) do
    pair[2] = clean_extra(pair[2])
  end
  if record.status ~= "done" and (record.made or "") ~= "" then
    table.insert(extra, { earlier.MADE, record.made })
  end
  return self:store(row.position, records.digest(row_object.raw(row)), own_cells(record), extra)
end

--- Keeps what an earlier run says of a row.
---@param row diffgentor.Row
---@param record diffgentor.Before
---@return true?, table? err
function Results:keep(row, record)
  if record.stored then return true end
  local digest = records.digest(row_object.raw(row))
  return self:store(row.position, digest, record.cells, record.extra)
end

--- Writes results.csv; gives how many rows have which status.  With counts and
--- an error the file is there, but not all that is known is in it.
---@return table<string, integer>?, table? err
function Results:write()
  local ok, err = self.records:settle()
  if not ok then return nil, err end
  local counts, complete
  counts, err, complete = results_file.write(self)
  self.complete = counts ~= nil and complete
  return counts, err
end

--- Where the outcomes are that results.csv does not hold; nil if it holds all.
---@return string?
function Results:left()
  local store = self.records
  if self.complete or not store or not store.published then return nil end
  return (self.folded or store.fresh > 0) and self.journal or nil
end

--- Removes what was kept for the file, unless it is needed.
function Results:close()
  if self.earlier then self.earlier:close() elseif self.previous then self.previous:close() end
  for _, reader in pairs(self.readers) do
    reader.close()
  end
  if not self.records then return end
  if self:left() or not self.records.published then return self.records:close() end
  self.records:discard()
end

return results
