-- SPDX-License-Identifier: MIT
--
-- A run of several worker processes: has them started, hears what they say, has those
-- that die reaped and replaced, and ends the run.  It opens no ledger and no engine,
-- which do not live across a fork: what it needs of the ledger the importer does.
--
--     local c = crew.new(prepared, link)
--     local what, number = c:step({})          "start", 1: to be forked
--     what, number = c:step({ started = 1, line = fd })
--     what, number = c:step(...)               "reap", 1: it has hung up
--     what, number = c:step({ reaped = 1, signal = 9 })
--                                              "kill", 1: it hangs; then it is reaped
--     local nothing, code, err = c:step(...)   nil: the run is over, as of run.lua

local board = require("diffgentor.native.board")
local desk = require("diffgentor.desk")
local ending = require("diffgentor.ending")
local errors = require("diffgentor.error")
local json = require("diffgentor.json")
local layers = require("diffgentor.layers")
local limits = require("diffgentor.limits")
local log = require("diffgentor.log")
local native = require("diffgentor.native.ledger")
local peer = require("diffgentor.peer")
local service = require("diffgentor.service")
local stopping = require("diffgentor.stopping")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local crew = {}

local TICK_SECONDS = 0.25
local MOST_DEATHS = 5 -- of workers, without a row that ended between
local MOST_CRASHES = 2 -- of workers at one row
local MOST_GLANCE = 1 -- seconds between two looks that count: this process may have been stopped
local ABORT_SECONDS = 5 -- for what hangs once the run is to be aborted
local EXIT_REFUSED = 2
local REFUSING = { input = true, config = true } -- faults that are told before anything is sent
local OUTSIDE = { [9] = true, [15] = true } -- SIGKILL, SIGTERM: no fault of the worker's

---@class diffgentor.Member
---@field line table? to its process, while that lives
---@field over boolean it has nothing left to do
---@field active integer rows it was given room for, under --max_cost
---@field since number? when that began which it is at
---@field busy number seconds that it was seen at that
---@field hung boolean? it is killed for that

---@class diffgentor.Crew
---@field prepared diffgentor.Prepared
---@field board table
---@field number integer of the run in the ledger
local Crew = {}
Crew.__index = Crew

--- How many worker processes a run has.
---@param settings table
---@return integer
function crew.size(settings)
  return math.min(settings.num_processes, settings.max_global_workers)
end

---@param prepared diffgentor.Prepared
---@param link diffgentor.ImportLink
---@return diffgentor.Crew
function crew.new(prepared, link)
  local self = setmetatable({
    prepared = prepared, workflow = prepared.workflow, settings = prepared.settings, link = link,
    members = {}, crashes = {}, deaths = 0, told = stopping.new(), tick_at = 0,
  }, Crew)
  for i = 1, crew.size(self.settings) do
    self.members[i] = { over = false, active = 0, busy = 0 }
  end
  prepared.report:expect(self.workflow.source.total)
  return self
end

--- Rows under way at once of one worker: 5 places over 2 are 3 and 2.
---@param i integer
---@return integer
function Crew:places_of(i)
  local places, count = self.settings.max_global_workers, #self.members
  return places // count + (i <= places % count and 1 or 0)
end

------------------------------------------------------------------ what workers say

-- No worker takes a further row.
function Crew:end_rows()
  self.ended = true
  if self.board:swap("halted", 0, 1) then sys.wake() end
end

function Crew:halt(err)
  self.desk:halt(err)
  self:end_rows()
end

local function active(self)
  local sum = 0
  for _, member in ipairs(self.members) do
    sum = sum + member.active
  end
  return sum
end

local function give_room(self, member, places)
  local room, stop = self.limits:room(places, active(self))
  if stop then self:halt(stop) end
  member.active = member.active + room
  member.line:send(json.encode({ room = room }))
end

local function row_ended(self, member, note)
  if self.settings.max_cost then member.active = member.active - 1 end
  if note.status ~= "pending" then self.deaths = 0 end
  local stop = self.desk:row(note)
  if stop then self:halt(stop) end
end

local function rebuilt(e) return errors.new(e.kind, e.code, "%s", e.message) end

local function member_over(self, member, message)
  member.over = true
  if message.unwritten then
    if not self.unwritten then log.error(message.unwritten) end
    self.unwritten, self.behind, self.gone = true, true, self.gone or message.gone
  end
  if not message.fault then return end
  local err = rebuilt(message.fault)
  self.fault = self.fault or err
  self.unopened = self.unopened or message.unopened
  local refusal = message.unopened or REFUSING[err.kind]
  if refusal then self:end_rows() elseif err.kind ~= "stopped" then self:halt(err) end
end

local function heed(self, member, message)
  if message.row then
    row_ended(self, member, message.row)
  elseif message.say then
    log[message.say](message.text)
  elseif message.ask then
    give_room(self, member, message.ask)
  elseif message.unused then
    member.active = member.active - message.unused
  elseif message.halt then
    self:halt(rebuilt(message.halt))
  elseif message.over then
    member_over(self, member, message)
  end
end

-- All that a worker has said; false: it has hung up.
local function hear(self, member)
  while true do
    local text, why = member.line:receive(0)
    if not text then return why ~= "ended" end
    heed(self, member, json.decode(text))
  end
end

------------------------------------------------------------------ deaths

local SETUP = 1 -- in layers.HOOKS

-- What a worker that was killed for it was at, as a sentence.
local function hang_text(self, hook)
  local name = layers.HOOKS[hook]
  local what = name and name .. " hook did not return" or "hook or picture work did not end"
  local most = self.settings.hang_timeout
  return ("%s within %g second%s; --hang_timeout allows more"):format(what, most,
    most == 1 and "" or "s")
end

-- The row that hung, if it still did when its worker was killed, and for long enough.
local function hung_row(self, member, position, hook, since)
  if since ~= member.since or member.busy < self.settings.hang_timeout then return nil end
  local text = hang_text(self, hook)
  if position then
    return { position = position, code = "hung", message = "its " .. text, keeps = true }
  end
  if hook == SETUP then self:halt(errors.new("script", "hung", "the %s", text)) end
end

-- The row whose script ran in a worker that crashed, when that is not the first time,
-- or that hung.
local function culprit(self, i, event, member)
  local position, hook, since = self.board:under_way(i - 1)
  if member.hung then return hung_row(self, member, position, hook, since) end
  if not position or OUTSIDE[event.signal] then return nil end
  self.crashes[position] = (self.crashes[position] or 0) + 1
  if self.crashes[position] < MOST_CRASHES then return nil end
  return { position = position, code = "worker_crashed",
    message = ("its hook or picture work was under way in %d workers that crashed"):format(
      MOST_CRASHES) }
end

local function cause(event, member)
  if member.hung then return ("hung for %.1f seconds and was killed"):format(member.busy) end
  if event.signal then return ("was ended by signal %d"):format(event.signal) end
  return ("ended with code %d"):format(event.code)
end

-- Its rows are anybody's again; what it was sending is possibly billed.
local function bury(self, i, event, member)
  local row = culprit(self, i, event, member)
  self.workflow.pool:bury(i - 1)
  self.board:swap("preflight", 1, 0)
  local lost, kept = self.link:release(i, row)
  log.warn(("worker %d %s; %s"):format(i, cause(event, member), lost and lost > 0
    and value.counted(lost, "request") .. " of its may have been billed, its rows are pending again"
    or "its rows are pending again"))
  if row then
    row_ended(self, { active = 0 }, { status = "failed", code = row.code, message = row.message,
      kept = kept, shown = ("row %d: %s"):format(row.position + 1, row.message) })
  end
  self.deaths, self.died = self.deaths + 1, true
  if self.deaths < MOST_DEATHS then return end
  self:halt(errors.new("stopped", "workers", "%d workers have died and no row has ended between",
    self.deaths))
end

local function reaped(self, event)
  local i = event.reaped
  local member = self.members[i]
  local died = not member.over
  if died then hear(self, member) end -- what it said at last
  member.line:close()
  self.members[i] = { over = member.over, active = 0, busy = 0 }
  if died and not member.over then bury(self, i, event, member) end
  self.board:idle(i - 1)
end

------------------------------------------------------------------ watching

-- What was taken up before is still done.
local function import_broke(self)
  if self.import_broken then return end
  self.import_broken = true
  self.fault = self.fault or self.link.fault
  if not self.link.sums and sys.stop_count() == 0 then self:halt(self.link.fault) end
  self.prepared.shared:end_import()
  sys.wake()
end

-- Requests of all workers on the wire.
local function flight_of(self)
  local flight = 0
  for _, endpoint in ipairs(self.workflow.pool:stats()) do
    flight = flight + endpoint.in_flight
  end
  return flight
end

local function tick(self)
  if sys.now() < self.tick_at then return end
  self.tick_at = sys.now() + TICK_SECONDS
  self.link:turn()
  if self.link.sums and not self.link.fault then self.prepared.report:found(self.link.sums) end
  self.prepared.report:tick(flight_of(self))
  local stop = self.limits:overdue()
    or service.outage(self.workflow.pool, self.settings.max_outage)
  if stop then self:halt(stop) end
  if self.link.fault then import_broke(self) end
end

-- Whether it has been at one thing for too long; its own time counts, as far as this
-- process was there to see it.
local function hangs(self, i, member, passed, most)
  local _, _, since = self.board:under_way(i - 1)
  local same = since ~= nil and since == member.since
  member.since, member.busy = since, same and member.busy + passed or 0
  return same and member.busy >= most
end

-- A worker that is to be killed.
local function stuck(self)
  local now = sys.now()
  local passed = math.min(now - (self.glanced_at or now), MOST_GLANCE)
  if self.glanced_at and passed < TICK_SECONDS then return nil end
  self.glanced_at = now
  local most = self.settings.hang_timeout
  if sys.stop_count() >= 2 then most = math.min(most, ABORT_SECONDS) end
  local first
  for i, member in ipairs(self.members) do
    if member.line and hangs(self, i, member, passed, most) then first = first or i end
  end
  if first then self.members[first].hung = true end
  return first
end

-- A place whose worker is to be started; none once the run is to end.
local function vacancy(self)
  if sys.stop_count() > 0 or self.ended then return nil end
  for i, member in ipairs(self.members) do
    if not member.line and not member.over then return i end
  end
end

local function lines_of(self)
  local lines, owners = { self.link.line }, { false }
  for i, member in ipairs(self.members) do
    if member.line then
      table.insert(lines, member.line)
      owners[#lines] = i
    end
  end
  return lines, owners
end

local function watch(self)
  while true do
    tick(self)
    if sys.stop_count() > 0 then self.told(flight_of(self)) end
    local free = vacancy(self)
    if free then return "start", free end
    local hung = stuck(self)
    if hung then return "kill", hung end
    local lines, owners = lines_of(self)
    if #lines == 1 then return nil end
    peer.wait(lines, TICK_SECONDS)
    self.link:turn()
    for place = 2, #lines do
      local member = self.members[owners[place]]
      if not hear(self, member) then return "reap", owners[place] end
    end
  end
end

------------------------------------------------------------------ beginning and end

-- The ledger as the importer has it; should that be gone, as it is found when no
-- further process will be forked.
local function books_of(self)
  local folder, shared = self.settings.output_dir, self.prepared.shared
  local function own(what, ...)
    local ledger <close> = native.open({ folder = folder, shared = shared })
    if ledger then return ledger[what](ledger, ...) end
  end
  local books = {}
  function books.counts() return self.link:counts() or own("counts") end
  function books.run_over(_, number, code)
    if not self.link:run_over(number, code) then own("run_over", number, code) end
  end
  return books
end

local function open(self)
  local err
  self.number, err = self.link:open()
  if not self.number then return nil, err end
  self.before = self.link.before
  self.limits = limits.new(self.settings, self.before)
  self.desk = desk.new(self.prepared, self.limits)
  self.books = books_of(self)
  self.board, err = board.new({ "halted", "preflight" })
  return self.board ~= nil, err
end

-- Nothing was sent: the ledger is to know that this run has ended, too.
local function refused(self, err)
  self.books:run_over(self.number, EXIT_REFUSED)
  return nil, nil, err
end

local function finish(self)
  local fault = self.fault
  local counts = fault and self.books:counts()
  local unsent = counts and counts.attempts == self.before.attempts
  local refusal = fault and (self.unopened or REFUSING[fault.kind])
  if refusal and unsent then return refused(self, fault) end
  return nil, ending(self)
end

--- Goes on until something is to be done, which `event` then tells of.
---@param event { started: integer?, line: integer?, reaped: integer?, signal: integer?,
---  code: integer? } of what was wanted last
---@return "start"|"reap"|"kill"|nil what, integer? number or exit code, table? err
function Crew:step(event)
  if event.started then
    if event.line < 0 then
      self.members[event.started].over = true -- it could not be started
    else
      self.members[event.started].line = peer.on(event.line)
    end
  elseif event.reaped then
    reaped(self, event)
  else
    local ok, err = open(self)
    if not ok then return nil, nil, err end
  end
  local what, number = watch(self)
  if what then return what, number end
  return finish(self)
end

return crew
