-- SPDX-License-Identifier: MIT
--
-- The desk of a run: what became of a row is told here, is counted and shown, and
-- laid before the limits of the run.  There is one, however many workers there are.
--
--     local d = desk.new(prepared, limits)
--     local stop = d:row({ status = "done", attempts = 1 })      an error: the run is to end
--     d:halt(err)                                                said once
--
-- A note has: status, code, attempts; shown and traceback, what people read of a row
-- that failed; kept, its answer is to be taken up again; and what limits ask for:
-- message, transient, billed, answered, cost.

local log = require("diffgentor.log")

local desk = {}

local MOST_SHOWN = 20 -- failed rows named on the terminal; all are in results.csv

---@class diffgentor.Desk
---@field kept integer answers whose processing failed
---@field halted table? the error that ends the run
local Desk = {}
Desk.__index = Desk

---@param prepared diffgentor.Prepared
---@param limits diffgentor.Limits
---@return diffgentor.Desk
function desk.new(prepared, limits)
  return setmetatable({
    report = prepared.report, verbose = prepared.settings.verbose, limits = limits, shown = 0,
    kept = 0,
  }, Desk)
end

local function show_failure(self, note)
  self.shown = self.shown + 1
  if self.shown <= MOST_SHOWN or self.verbose then
    log.warn(note.shown)
    if note.traceback then log.debug(note.traceback) end
  elseif self.shown == MOST_SHOWN + 1 then
    log.warn("further failed rows are named in results.csv only")
  end
end

--- A row has ended.
---@param note table
---@return table? stop
function Desk:row(note)
  if note.kept then self.kept = self.kept + 1 end
  if note.shown then show_failure(self, note) end
  self.report:row(note.status, { code = note.code, attempts = note.attempts })
  return self.limits:ended(note)
end

--- The run is to end in order; the first reason is said and stays.
---@param err table
function Desk:halt(err)
  if self.halted then return end
  self.halted = err
  log.error(err.message)
end

return desk
