-- SPDX-License-Identifier: MIT
--
-- What ends a run before its rows do: a budget, errors, time.  Each stop is in
-- order: what is in flight finishes, the other rows stay pending.
--
--     local l = limits.new(settings, counts)
--     local room, stop = l:room(places, in_flight)    how many rows may be claimed
--     local stop = l:ended(record)                    a row has ended
--     local stop = l:overdue()                        the time is over

local budget = require("diffgentor.budget")
local errors = require("diffgentor.error")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local limits = {}

---@class diffgentor.Limits
---@field budget diffgentor.Budget? with --max_cost
local Limits = {}
Limits.__index = Limits

---@param settings table
---@param counts table<string, integer> of the ledger: cost, dearest, possibly_billed, unpriced
---@return diffgentor.Limits
function limits.new(settings, counts)
  local self = setmetatable({
    settings = settings, failed = 0, same = 0, code = nil, varied = false,
    until_when = settings.max_runtime and sys.now() + settings.max_runtime,
  }, Limits)
  if settings.max_cost then
    self.budget = budget.new({
      max = settings.max_cost, retries = settings.api_max_retries, spent = counts.cost,
      dearest = counts.dearest, billed = counts.possibly_billed, unpriced = counts.unpriced,
      unproven = true,
    })
  end
  return self
end

local function stop(code, fmt, ...) return errors.new("stopped", code, fmt, ...) end

--- At most `places`; 0 with an error: the run is to stop.
---@param places integer free
---@param in_flight integer rows under way
---@return integer room, table? stop
function Limits:room(places, in_flight)
  if not self.budget then return places end
  local rows, why = self.budget:allows(in_flight)
  if why then return 0, stop("max_cost", "--max_cost: %s", self.budget:text()) end
  return math.min(places, rows)
end

-- The first rows all fail alike: so would the others.
function Limits:note_code(record)
  if self.varied or record.status == "skipped" or record.status == "pending" then return nil end
  local code = record.status == "failed" and not record.transient and record.code
  self.code = self.code or code
  if not code or code ~= self.code then
    self.varied = true
    return nil
  end
  self.same = self.same + 1
  if self.same < self.settings.max_same_errors then return nil end
  return stop("max_same_errors", "the first %s all failed with %s, and the others would too; "
    .. "the last one: %s", value.counted(self.same, "row"), code, record.message)
end

--- Rows that there was room for, and that were not claimed.
function Limits.unused(_, _) end

--- What a row's end means for the run.
---@param record { status: string, code: string?, message: string?, transient: boolean?,
---  billed: integer?, answered: boolean?, cost: integer? }
---@return table? stop
function Limits:ended(record)
  if self.budget and record.answered then self.budget:paid(record.cost) end
  if self.budget and record.aside then self.budget:paid(record.aside) end
  if self.budget and (record.billed or 0) > 0 then self.budget:billed(record.billed) end
  local most_same = self.settings.max_same_errors
  local err = most_same and most_same > 0 and self:note_code(record)
  if record.status ~= "failed" then return err or nil end
  self.failed = self.failed + 1
  local most = self.settings.max_errors
  if not err and most and self.failed >= most then
    err = stop("max_errors", "--max_errors %d: as many rows have failed", most)
  end
  return err or nil
end

--- Whether the run has lasted as long as it may.
---@return table? stop
function Limits:overdue()
  if not self.until_when or sys.now() < self.until_when then return nil end
  return stop("max_runtime", "--max_runtime %g: the time is over", self.settings.max_runtime)
end

return limits
