-- SPDX-License-Identifier: MIT
--
-- A row's end: noted in the ledger with what it cost, logged, counted, and laid
-- before the limits of the run.
--
--     local ends = row_end.new(prepared, ledger, desk)
--     local stop = ends:close(row, trace, { status = "done", files = { "000000.png" } })
--
-- A record is { status, files=, error=, code=, message= }; `stop` is an error: the
-- run is to end.

local books = require("diffgentor.books")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local row_object = require("diffgentor.row")
local sys = require("diffgentor.sys")

local row_end = {}

local MOST_EXTRA = 4096 -- columns set by hooks

---@class diffgentor.RowEnd
local RowEnd = {}
RowEnd.__index = RowEnd

---@param prepared diffgentor.Prepared
---@param ledger table
---@param desk diffgentor.Desk
---@return diffgentor.RowEnd
function row_end.new(prepared, ledger, desk)
  return setmetatable({
    settings = prepared.settings, ledger = ledger, desk = desk, extra = {}, extra_count = 0,
    books = books.new(ledger, prepared.settings.prices),
  }, RowEnd)
end

------------------------------------------------------------------ for people

local function event_of(self, row, trace, record)
  if not self.settings.log_file then return end
  local outcome = trace.outcome
  local fields = {
    row = row.position, index = row.index, line = row.line, status = record.status,
    files = record.files and json.array(record.files), attempts = outcome and outcome.attempts,
    request_id = outcome and outcome.request_id, endpoint = outcome and outcome.endpoint,
    code = record.code, message = record.message, cost_usd = record.cost and record.cost / 1e9,
    latency_ms = outcome and math.floor(outcome.latency * 1000 + 0.5),
    traceback = record.error and record.error.traceback,
  }
  log.event("row", json.encode(fields):sub(2, -2))
end

------------------------------------------------------------------ for the ledger

local plain = books.plain

-- Cells that hooks have set, without secrets; too many columns are a fault of the
-- script.
local function extra_of(self, row)
  local list = row_object.extra(row)
  for _, pair in ipairs(list) do
    pair[2] = sys.mask(pair[2])
    if not self.extra[pair[1]] then
      self.extra[pair[1]], self.extra_count = true, self.extra_count + 1
    end
  end
  if self.extra_count <= MOST_EXTRA then return list end
  return {}, errors.new("script", "too_many_columns", "more than %d columns set by hooks",
    MOST_EXTRA)
end

local function outputs_of(self, files)
  if not files then return nil end
  local list = {}
  for i, name in ipairs(files) do
    list[i] = { name = name, size = file.size_beneath(self.settings.output_dir, name) or 0 }
  end
  return list
end

local function note(self, row, trace, record)
  local err = record.error
  local extra, stop = extra_of(self, row)
  record.cost = self.books:charge(trace, self.settings.model_name)
  if trace.stepped and record.status == "done" then self.books:drop(row.position) end
  self.ledger:ended({
    position = row.position, state = record.status,
    attempt = trace.outcome and trace.outcome.attempt or nil,
    error_kind = err and err.kind, error_code = record.code and plain(record.code),
    error = record.message and plain(record.message),
    outputs = outputs_of(self, record.files), extra = extra,
  })
  return stop
end

------------------------------------------------------------------ for the run

-- An answer that is kept counts as failed: the row has no picture yet.
local function shown_status(record)
  return record.status == "answered" and "failed" or record.status
end

-- Of this run: an answer that was kept or is a step was an earlier one's.
local function attempts_of(trace)
  local outcome = trace.outcome
  local last = outcome and not trace.answer and not trace.from_step and outcome.attempts or 0
  local sum = last + (trace.asked or 0)
  return (outcome and not trace.answer or sum > 0) and sum or nil
end

local function tell_desk(self, row, trace, record)
  local outcome, failed = trace.outcome, record.error and record.status ~= "pending"
  return self.desk:row({
    status = shown_status(record), kept = record.status == "answered", code = record.code,
    attempts = attempts_of(trace),
    shown = failed and ("%s: %s"):format(row, record.message) or nil,
    traceback = failed and record.error.traceback or nil, message = record.message,
    transient = outcome ~= nil and outcome.verdict == "retry",
    billed = outcome and outcome.billed or 0,
    answered = outcome ~= nil and outcome.ok and not trace.answer, cost = record.cost,
    aside = trace.spent,
  })
end

---@param row diffgentor.Row
---@param trace diffgentor.Trace how far it came
---@param record table
---@return table? stop
function RowEnd:close(row, trace, record)
  local stop = note(self, row, trace, record)
  event_of(self, row, trace, record)
  return tell_desk(self, row, trace, record) or stop
end

return row_end
