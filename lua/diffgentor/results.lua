-- SPDX-License-Identifier: MIT
--
-- results.csv: what became of every row, in the order of the input.  Outcomes
-- are kept on disk as they come; at the end a second pass over the input writes
-- the file, which appears whole or not at all.
--
--     local results = assert(results.open({ ... }))
--     local before = results:before(row)         what an earlier run says, if it still holds
--     results:put(row, { status = "done", files = { "000000.png" }, outcome = outcome })
--     local counts = assert(results:write())     { done = 1, failed = 0, ... }

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
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
---@field resume boolean? reuse what an earlier run has done
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

---@param options diffgentor.ResultsOptions
---@return diffgentor.Results?, table? err
function results.open(options)
  local self = setmetatable({ options = options, extra = {}, extra_seen = {} }, Results)
  local ok, err = check_place(options.path)
  if not ok then return nil, err end
  self.previous, err = previous.open(options.path, options.folder)
  if err then return nil, err end
  if self.previous and not options.resume then
    self.previous:close()
    self.previous = nil
  end
  self.records, err = records.open(options.temporary)
  if not self.records then return nil, err end
  return self
end

--- What an earlier run says of a row; to be asked for every row in order.
--- `whole`: it is done and all its pictures are there.
---@param row diffgentor.Row
---@return { status: string, whole: boolean, cells: string[], extra: string[][] }?
function Results:before(row)
  return self.previous and self.previous:match(row)
end

--- Rows of the earlier run that are not what they were.
function Results:changed() return self.previous and self.previous.changed or 0 end

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

function Results:store(row, cells, extra)
  local names, have = row_object.raw(row)
  local flat = table.move(cells, 1, OWN, 2, { results_file.digest(names, have) })
  for _, pair in ipairs(extra) do
    self:note_extra(pair[1])
    table.insert(flat, pair[1])
    table.insert(flat, pair[2])
  end
  return self.records:put(row.position, flat)
end

--- Keeps what became of a row.
---@param row diffgentor.Row
---@param record { status: string, files: string[]?, error: table?, message: string?,
---  outcome: table?, reply: table?, model: string? }
---@return true?, table? err
function Results:put(row, record)
  local extra = row_object.extra(row)
  for _, pair in ipairs(extra) do
    pair[2] = clean_extra(pair[2])
  end
  return self:store(row, own_cells(record), extra)
end

--- Keeps what an earlier run says of a row.
---@param row diffgentor.Row
---@param record table of `before`
---@return true?, table? err
function Results:keep(row, record) return self:store(row, record.cells, record.extra) end

--- Writes results.csv; gives how many rows have which status.
---@return table<string, integer>?, table? err
function Results:write()
  if self.previous then self.previous:close() end
  return results_file.write(self)
end

--- Removes what was kept for the file.
function Results:close()
  if self.previous then self.previous:close() end
  self.records:discard()
end

return results
