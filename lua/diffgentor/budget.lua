-- SPDX-License-Identifier: MIT
--
-- How many rows may be claimed under --max_cost.  Room is kept for the worst of
-- what is on its way: each row in flight, and each new one, may be billed once
-- an attempt at the dearest price seen so far.  Attempts that were possibly
-- billed, and answers whose cost is unknown, count at that price too.
--
--     local b = budget.new({ max = 5000000000, retries = 0, spent = counts.cost_nano })
--     local rows, why = b:allows(in_flight)      3; or 0, "spent"; or 0, "blind"
--     b:paid(nano)                               one was answered; nil: cost unknown
--     b:billed(1)                                one was possibly billed
--     b:text()                                   why it stops
--
-- The limit holds unless a row costs more than any before it: no later price can
-- be known.  Until the first is known one row goes at a time, and with `unproven`
-- until the first of this run is: earlier ones may have asked for less.

local cost = require("diffgentor.cost")
local value = require("diffgentor.value")

local budget = {}
budget.__index = budget

local MOST_ROWS = 1 << 31 -- an answer of allows: any number of rows
local MOST_UNSEEN = 3 -- attempts possibly billed before any price is known

---@class diffgentor.Budget
---@field max integer nanodollars, like all money here
---@field retries integer of one row
---@field spent integer as far as known
---@field dearest integer attempt so far, 0: none is priced
---@field doubtful integer attempts possibly billed
---@field unpriced integer answers whose cost is unknown
---@field unseen integer attempts possibly billed while nothing is priced, since `new`
---@field blind boolean an answer came without a cost, since `new`
---@field unproven boolean `dearest` is what others paid

--- `spent`, `dearest`, `billed` and `unpriced` are those of the ledger so far.
---@param o { max: integer, retries: integer, spent?: integer, dearest?: integer,
---  billed?: integer, unpriced?: integer, unproven?: boolean }
---@return diffgentor.Budget
function budget.new(o)
  return setmetatable({
    max = o.max, retries = o.retries, spent = o.spent or 0, dearest = o.dearest or 0,
    doubtful = o.billed or 0, unpriced = o.unpriced or 0, unseen = 0, blind = false,
    unproven = o.unproven or false,
  }, budget)
end

--- One attempt was answered.
---@param nano integer? what it cost, nil: unknown
function budget:paid(nano)
  if nano then
    self.spent, self.dearest = self.spent + nano, math.max(self.dearest, nano)
    self.unproven = false
  else
    self.unpriced, self.blind = self.unpriced + 1, true
  end
end

--- Attempts ended without an answer and were possibly billed.
---@param count integer
function budget:billed(count)
  self.doubtful = self.doubtful + count
  if self.dearest == 0 then self.unseen = self.unseen + count end
end

-- Floats: an integer would wrap around.
local function counted(self)
  return self.spent + (self.doubtful + self.unpriced) * (self.dearest + 0.0)
end

local function row_cost(self) return self.dearest * (self.retries + 1.0) end

-- What was given out before this run is no sign: it may have had no prices.
local function is_blind(self)
  return self.dearest == 0 and (self.blind or self.unseen >= MOST_UNSEEN)
end

local function room(self, in_flight)
  if is_blind(self) then return 0 end
  local left = self.max - counted(self)
  if self.dearest == 0 then return left > 0 and in_flight == 0 and 1 or 0 end
  local rows = math.floor(math.min(left / row_cost(self), self.unproven and 1 or MOST_ROWS))
  return math.max(0, rows - in_flight)
end

--- How many more rows may be claimed now.  With 0 rows and none in flight the
--- run must stop, and the second result says why.
---@param in_flight integer rows claimed and not ended
---@return integer rows
---@return "spent"|"blind"|nil why
function budget:allows(in_flight)
  local rows = room(self, in_flight)
  if rows > 0 or in_flight > 0 then return rows end
  return 0, is_blind(self) and "blind" or "spent"
end

local function money(nano) return "$" .. cost.round_text(nano) end

local function attempts(count, text)
  if count == 0 then return nil end
  return value.counted(count, "attempt") .. text
end

local function blind_text(self)
  local seen = self.blind and "no answer so far has a known cost (it tells no usage, or its model "
    .. "has no price)" or attempts(self.doubtful, " may have been billed, and no cost is known yet")
  return ("the limit of $%s cannot be kept: %s"):format(cost.text(self.max), seen)
end

--- Why the run stops, as one sentence without its full stop.
---@return string
function budget:text()
  if is_blind(self) then return blind_text(self) end
  local parts = { money(self.spent) .. " is spent" }
  table.insert(parts, attempts(self.doubtful, " may have been billed"))
  table.insert(parts, attempts(self.unpriced, " brought an answer of unknown cost"))
  if #parts > 1 then
    parts[#parts] = ("%s, counted as %s each"):format(parts[#parts], money(self.dearest))
  end
  local worst = math.tointeger(row_cost(self)) or self.max
  local row = worst > 0 and (", which may cost %s"):format(money(worst)) or ""
  return ("the limit of $%s leaves no room for a further row%s: %s"):format(cost.text(self.max),
    row, table.concat(parts, ", "))
end

return budget
