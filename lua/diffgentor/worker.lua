-- SPDX-License-Identifier: MIT
--
-- The worker: claims rows from the ledger, takes each through the workflow, and
-- notes what became of it.  No row, whatever happens in it, ends the run.
--
--     local w = worker.new(prepared, { ledger = ledger, link = link, desk = desk,
--       limits = limits, places = 16 })
--     task.run(function() return w:work() end, { engine = engine })
--     w.halted                  why it stopped before its rows were done, or nil

local books = require("diffgentor.books")
local columns_of = require("diffgentor.ledger_columns")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local guard = require("diffgentor.guard")
local log = require("diffgentor.log")
local path = require("diffgentor.path")
local preflight = require("diffgentor.preflight")
local row_end = require("diffgentor.row_end")
local row_object = require("diffgentor.row")
local service = require("diffgentor.service")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local worker = {}

-- Of the board: nobody has asked the endpoints yet, somebody does, they would serve.
local PREFLIGHT = { open = 0, asking = 1, over = 2 }

-- Rows claimed ahead of their places, and how many times all places must be left for that.
local AHEAD_LEAST, AHEAD_MOST, LEFT_FACTOR = 8, 64, 4

local NAP_SECONDS = 0.25 -- at most between two looks for rows that are being imported

---@class diffgentor.Worker
---@field halted table? an error: nothing more is claimed
---@field ends diffgentor.RowEnd
local Worker = {}
Worker.__index = Worker

--- `with`: its ledger; the link to the importer; the desk and the limits of the run;
--- places, rows under way at once at most, and share, a function that says how many now;
--- board, where several workers share the run.
---@param prepared diffgentor.Prepared
---@param with table
---@return diffgentor.Worker
function worker.new(prepared, with)
  return setmetatable({
    workflow = prepared.workflow, settings = prepared.settings, report = prepared.report,
    shared = prepared.shared, ledger = with.ledger, link = with.link, desk = with.desk,
    limits = with.limits, places = with.places, share = with.share, board = with.board,
    ends = row_end.new(prepared, with.ledger, with.desk),
    books = books.new(with.ledger, prepared.settings.prices),
    names_of = columns_of(with.ledger), active = 0, claimed = {},
    under_way = {}, -- row -> trace of what has begun and not ended
  }, Worker)
end

--- Ends the run in order: what is under way finishes.
---@param err table
function Worker:halt(err)
  if self.halted then return end
  self.halted = err
  self.desk:halt(err)
  task.stop()
  task.recall()
end

local function close_row(self, row, trace, record)
  self.under_way[row] = nil
  task.rouse() -- money may be free again
  local stop = self.ends:close(row, trace, record)
  if stop then self:halt(stop) end
end

------------------------------------------------------------------ one row that failed

-- Faults of the ledger, without which nothing can be sent.
local LEDGER_CODES = { full = true, gone = true, corrupt = true, ledger = true }

-- A row that no key is left for: others would serve it as it is.
local function is_keyless(self, trace)
  local outcome = trace.outcome
  return outcome and outcome.verdict == "failover" and not self.workflow.pool:alive()
end

-- A fault that every further row would meet as well, and pay for.
local function look_around(self, err, trace)
  if err.kind == "file" then
    if LEDGER_CODES[err.code] or self.ledger:is_full() then self:halt(err) end
    local ok, fault = self.workflow.output:probe()
    if not ok then self:halt(fault) end
  end
  if is_keyless(self, trace) then self:halt(service.keyless(self.workflow.pool)) end
end

-- Errors after which an answer that could not be read may well do: nothing is wrong
-- with it.
local MENDABLE = { script = true, file = true, network = true, timeout = true, stopped = true }

local function state_of(self, err, trace)
  local outcome = trace.outcome
  if trace.answer and not outcome then -- it was not even looked at
    return err.code == "spool_lost" and "failed" or "answered"
  end
  if outcome and outcome.ok then
    local worth = trace.reply or MENDABLE[err.kind] or err.passing
      or trace.pictures and #trace.pictures > 0
    return worth and "answered" or "failed"
  end
  if err.kind == "stopped" then return "pending" end
  local unsent = not outcome or outcome.attempts == 0
  if self.halted and unsent or is_keyless(self, trace) then return "pending" end
  if self.halted and err.kind == "file" then return "pending" end
  return "failed"
end

-- Nothing more is noted of such a row: what the ledger is still to be told stands,
-- and the fault that halts the run is told already.
local function leave_row(self, row)
  self.under_way[row] = nil
  log.debug(("%s: its answer is in the spool, and the ledger does not have it yet"):format(row))
end

local function row_failed(self, row, trace, err)
  look_around(self, err, trace)
  if trace.outcome and trace.outcome.unrecorded then return leave_row(self, row) end
  local status = state_of(self, err, trace)
  close_row(self, row, trace, {
    status = status, error = err, files = trace.files,
    code = err.code ~= "" and err.code or err.kind, message = failure.text(err, trace),
  })
end

------------------------------------------------------------------ one row

-- A picture's new name is on disk before the ledger calls the row done.
local function make_durable(self, files)
  local top, folders = self.settings.output_dir, { [self.settings.output_dir] = true }
  for _, name in ipairs(files) do
    local folder = path.parent(name)
    while folder ~= "." do
      folders[path.join(top, folder)] = true
      folder = path.parent(folder)
    end
  end
  local list = {}
  for folder in pairs(folders) do
    table.insert(list, folder)
  end
  local outcome = task.sync(list)
  if not outcome.ok then error(outcome.error, 0) end
end

local function whole_row(self, row, trace)
  local status = self.workflow:row(row)
  if status == "done" and self.settings.durable then make_durable(self, trace.files) end
  return status
end

local function run_row(self, row, trace)
  self.workflow.traces[row], self.under_way[row] = trace, trace
  local ok, status = xpcall(whole_row, failure.of, self, row, trace)
  guard.leave()
  if not ok then return row_failed(self, row, trace, failure.of(status)) end
  close_row(self, row, trace, { status = status, files = trace.files })
end

-- What ended a row's task from outside, as a hook that yields, ends this row alone.
local function row_broke(self, job, raised)
  local err, trace = failure.of(raised), self.under_way[job.row]
  if trace then row_failed(self, job.row, trace, err) else self:halt(err) end
  self.active = self.active - 1
end

------------------------------------------------------------------ claiming

local function own_of(outputs)
  local own = {}
  for _, output in ipairs(outputs) do
    own[output.name] = true
  end
  return own
end

local function job_of(self, claimed)
  local row = self.workflow.source:row_of(claimed, self.names_of)
  local trace = { own = own_of(claimed.outputs), redo = self.settings.overwrite,
    answer = claimed.answer, position = claimed.position, attempted = claimed.attempts > 0 }
  row_object.attach(row, self.books, trace)
  return { row = row, trace = trace, position = claimed.position }
end

-- A claim is a transaction: while there is more than enough for all workers, one serves
-- the places that will be free next, too.  Not where money is laid aside for each, nor where
-- the number of places changes (a row that is claimed begins in the next that is free).
local function claim_ahead(self)
  local ahead = math.max(AHEAD_LEAST, math.min(self.places, AHEAD_MOST))
  local enough = LEFT_FACTOR * (self.settings.max_global_workers + ahead)
  if self.settings.max_cost or self.share then return 0 end
  return self.ledger:plenty(enough) and ahead or 0
end

-- Rows from the ledger for the places that are free: "some", "none" now, "poor"
-- (what is in flight may take all the money), or "over": none will come.
local function claim(self)
  local _, ended = self.shared:imported()
  local places = self.share and math.min(self.share(), self.places) or self.places
  local room, stop = self.limits:room(math.max(0, places - self.active), self.active)
  if stop then self:halt(stop) end
  if room >= 1 then room = room + claim_ahead(self) end
  if room < 1 then return "poor" end
  local rows, err = self.ledger:claim(room)
  if not rows then self:halt(err) end
  self.claimed = rows or {}
  self.limits:unused(room - #self.claimed)
  if #self.claimed > 0 then return "some" end
  return ended and "over" or "none"
end

local function may_go_on(self)
  if self.halted or task.stopping() then return false end
  local stop = self.limits:overdue() or service.outage(self.workflow.pool, self.settings.max_outage)
  if stop then self:halt(stop) end
  if not stop and self.ledger:is_full() then
    self:halt(errors.new("file", "full", "no space is left on the disk; make some and run the same "
      .. "command: what is in flight is still kept"))
  end
  return not self.halted
end

-- Where several workers share the run, one of them asks for all.
local function ask_first(self)
  local board, pool = self.board, self.workflow.pool
  if not board then return preflight.run(pool, self.settings) end
  if not board:swap("preflight", PREFLIGHT.open, PREFLIGHT.asking) then
    while board:get("preflight") == PREFLIGHT.asking and may_go_on(self) do
      task.nap(NAP_SECONDS)
    end
    return true
  end
  local ok, err = preflight.run(pool, self.settings)
  if ok then board:set("preflight", PREFLIGHT.over) end
  sys.wake()
  return ok, err
end

-- Whether anybody would serve the first row to be sent.
function Worker:admitted(claimed)
  if self.asked or claimed.answer then return true end
  self.asked = true
  local ok, err = ask_first(self)
  if not ok then table.insert(self.claimed, 1, claimed) end
  return ok, err
end

-- The next job; waits for the importer where rows are still to come, and for
-- money where what is in flight may take all of it.
function Worker:next()
  while may_go_on(self) do
    local claimed = table.remove(self.claimed, 1)
    if claimed then
      local ok, err = self:admitted(claimed)
      if not ok then return nil, err end
      self.active = self.active + 1
      return job_of(self, claimed)
    end
    local got = claim(self)
    if got == "over" then return nil end
    if got == "poor" or got == "none" and not self.link:turn() then
      if self.link.fault then return nil, self.link.fault end
      task.nap(NAP_SECONDS)
    end
  end
end

-- What was claimed and not begun is anybody's again.
local function give_back(self)
  for _, claimed in ipairs(self.claimed) do
    self.ledger:ended({ position = claimed.position,
      state = claimed.answer and "answered" or "pending" })
  end
  self.limits:unused(#self.claimed)
  self.claimed = {}
end

--- Takes all rows through the workflow, as a task.
---@return true?, table? err
function Worker:work()
  local function one(job)
    run_row(self, job.row, job.trace)
    self.active = self.active - 1
  end
  local function broke(job, raised)
    row_broke(self, job, raised)
  end
  local options = { width = self.places, on_error = broke }
  local ok, err = task.each(function() return self:next() end, options, one)
  give_back(self)
  return ok, err
end

--- What the end of the loop has cut off fails, with this as its error.
---@param err table
function Worker:fail_open(err)
  for row, trace in pairs(self.under_way) do
    self.under_way[row] = nil
    local asked = trace.model and not trace.outcome -- the ledger may know of an answer
    local ok, fault = true, nil
    if not asked then ok, fault = xpcall(row_failed, failure.of, self, row, trace, err) end
    if not ok then log.error(("%s: %s"):format(row, fault.message)) end
  end
  give_back(self)
end

--- Told often: notices time and a disk that is full.
function Worker:tick()
  self.link:turn()
  if self.link.sums and not self.link.fault then self.report:found(self.link.sums) end
  may_go_on(self)
  if sys.stop_count() == 0 and self.link.fault and not self.link.sums then
    self:halt(self.link.fault)
  end
end

return worker
