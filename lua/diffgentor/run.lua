-- SPDX-License-Identifier: MIT
--
-- A run of a workflow: the ledger says what is to be done, the worker does it,
-- the importer at the other end of the link writes the results.
--
--     local code, err = run(prepared, link)
--
-- Codes: 0 all rows done, 1 some failed, 3 stopped with rows pending or not read, 128 +
-- signal; nil, err: it could not begin, nothing was sent (of kind "stopped": it
-- was told to stop before).

local cost = require("diffgentor.cost")
local download = require("diffgentor.download")
local engine = require("diffgentor.engine")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local log = require("diffgentor.log")
local native = require("diffgentor.native.ledger")
local opening = require("diffgentor.opening")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")
local value = require("diffgentor.value")
local worker = require("diffgentor.worker")

local EXIT_DONE, EXIT_FAILED, EXIT_REFUSED, EXIT_STOPPED, EXIT_SIGNAL = 0, 1, 2, 3, 128
local TICK_SECONDS = 0.25
local REFUSING = { input = true, config = true } -- faults that are told before anything is sent

-- Kept free for what is in flight when the disk fills up: a picture and a note a
-- request, within reason.
local RESERVE_BYTES, RESERVE_MOST = 4 * 1024 * 1024, 64 * 1024 * 1024

------------------------------------------------------------------ opening

local function connect(self)
  local workflow, settings = self.workflow, self.settings
  local err
  workflow.downloads, err = download.new({
    folder = workflow.output.temporary, cache = settings.image_cache_dir,
    max_bytes = settings.max_image_bytes, timeout = settings.timeout,
    max_retries = settings.api_max_retries, retry_delay = settings.retry_delay,
    allow_private = settings.allow_private_urls, trusted = workflow.pool,
  })
  workflow.loading = { downloads = workflow.downloads, max_bytes = settings.max_image_bytes }
  return workflow.downloads, err
end

local function open_ledger(self)
  local settings = self.settings
  return native.open({
    folder = settings.output_dir, shared = self.prepared.shared, owner = 1,
    durable = settings.durable, kept_only = settings.command == "reprocess",
    spool = self.workflow.output.temporary,
    reserve = math.min(settings.max_global_workers * RESERVE_BYTES, RESERVE_MOST),
  })
end

local function open(self)
  local err
  self.run, err = self.link:open()
  if not self.run then return nil, err end
  self.ledger, err = open_ledger(self)
  if not self.ledger then return nil, err end
  self.ledger:join(self.run)
  self.before = self.link.before
  local ok
  ok, err = connect(self)
  if ok then ok, err = opening.setup(self.workflow, self.settings) end
  if not ok then return nil, err end
  self.worker = worker.new(self.prepared, self.ledger, self.link, self.before)
  return true
end

------------------------------------------------------------------ sending

local function tick(self, in_flight)
  self.worker:tick()
  self.prepared.report:tick(in_flight)
  if sys.stop_count() == 0 or self.told then return end
  self.told = true
  local what = in_flight == 0 and "nothing is in flight"
    or value.counted(in_flight, "request") .. " in flight may finish; once more ends them"
  log.info("stopping: " .. what)
end

-- Showing how far it is never ends the run.
local function guarded_tick(self, in_flight)
  if self.mute then return end
  local ok, err = xpcall(tick, failure.of, self, in_flight)
  if ok then return end
  self.mute = true
  log.error("no further progress is shown: " .. err.message)
end

local function send_all(self)
  local client <close> = assert(engine.new({
    ledger = self.ledger, durable = self.settings.durable,
  }))
  local function work() return self.worker:work() end
  local function on_tick(in_flight) guarded_tick(self, in_flight) end
  local options = { on_tick, every = TICK_SECONDS, engine = client }
  local returned, ok, fault = xpcall(task.run, failure.of, work, options)
  if not returned then
    self.fault = ok
    self.worker:fail_open(ok)
  elseif not ok then
    self.fault = fault
  end
end

------------------------------------------------------------------ the end

local function exit_code(self, counts)
  if sys.stop_count() > 0 then return EXIT_SIGNAL + (sys.stop_signal() or 2) end
  if not counts or self.unwritten or self.link.fault then return EXIT_STOPPED end
  local pending = counts.pending > 0 and self.settings.command ~= "reprocess"
  if pending or self.waiting > 0 then return EXIT_STOPPED end
  local failed = self.prepared.report.counts.failed > 0
  return (self.fault or failed) and EXIT_FAILED or EXIT_DONE
end

local function say_done(self, counts, code)
  local summary = { code = code }
  for status, count in pairs(counts or {}) do
    summary[status] = count
  end
  local ok, err = xpcall(self.workflow.done, failure.of, self.workflow, summary)
  if ok then return code end
  log.error("hook done: " .. err.message)
  return code == EXIT_DONE and EXIT_FAILED or code
end

-- What could not be committed is told: those rows are done twice.
local function commit_rest(self)
  local ok, err = self.ledger:commit()
  if ok then return end
  self.unwritten, self.behind, self.gone = true, true, err.code == "gone"
  local halted = self.worker.halted
  local told = halted and halted.message:find(err.message, 1, true)
  local why = told and "" or ": " .. err.message
  log.error(("the ledger could not be written%s; the last rows may be sent again by the next run")
    :format(why))
end

local function write_results(self)
  local counts, err = self.link:finish()
  local settings = self.settings
  if counts then
    self.prepared.report.written = settings.output_csv
    return counts
  end
  self.unwritten = true
  if self.gone then return (self.ledger:counts()) end -- that was told
  local aborted = sys.stop_count() >= 2
  if not aborted then log.error(("results.csv could not be written: %s"):format(err.message)) end
  log.info(("%s`diffgentor results %s` writes it from the ledger"):format(
    aborted and "results.csv is not written; " or "", settings.output_dir))
  return (self.ledger:counts())
end

-- What is told beside the counts.
local function say_more(self, counts)
  if counts.pending > 0 and self.settings.command ~= "reprocess" then
    local halted = self.worker.halted
    local how = halted and halted.code == "max_cost" and " with a higher --max_cost" or ""
    local what = counts.pending == 1 and "it" or "them"
    if not self.gone then how = ("; the same command%s sends %s"):format(how, what) end
    log.info(("%s pending%s"):format(value.counted(counts.pending, "row"), how))
  end
  if counts.answered > 0 then
    log.info(("%s kept and not processed; the same command, or `diffgentor reprocess %s`, does "
      .. "that without a request"):format(value.counted(counts.answered, "answer"),
      self.settings.output_dir))
  end
  local billed = counts.possibly_billed - self.before.possibly_billed
  if billed > 0 then
    log.info(value.counted(billed, "attempt") .. " may have been billed without an answer")
  end
end

-- A rehearsal costs nothing, and tells what it would have cost.
local function spent_text(self, nano)
  local text = cost.round_text(nano) .. " USD"
  return self.settings.rehearsal and text .. " if it were real" or text
end

-- Rows of earlier runs as the ledger has them, where the import did not get to say.
local function sums_of(self, counts)
  local ended = self.prepared.report.counts
  local function earlier(status, more) return math.max(0, counts[status] - ended[status] + more) end
  return {
    reused = earlier("done", 0), skipped = earlier("skipped", 0),
    failed = earlier("failed", self.worker.ends.kept), -- shown as failed, but not so in the ledger
  }
end

-- Rows of the input that are not in the ledger yet.
local function unread(self, counts)
  local total = self.workflow.source.total
  local known = counts.pending + counts.answered + counts.done + counts.failed + counts.skipped
  return total and math.max(0, total - known) or 0
end

-- What the summary leaves of the input, where the ledger knows less than that.
local function rest(self)
  local c, total = self.prepared.report.counts, self.workflow.source.total
  return total and math.max(0, total - c.done - c.failed - c.skipped - c.reused)
end

-- Rows this run did not end are pending, whatever else they were; so are kept
-- answers that it did not come to.
local function settle(self, counts)
  local report, sums = self.prepared.report, self.link.sums
  counts.pending = counts.pending + counts.running + counts.sending
  self.waiting = counts.answered - self.worker.ends.kept
  local left = self.waiting
  if self.settings.command ~= "reprocess" then
    if not sums or self.link.fault then
      counts.pending = counts.pending + unread(self, counts)
      sums = sums_of(self, counts)
    end
    report:found(sums)
    local known = self.behind and rest(self)
    counts.pending = known or counts.pending
    left = known or left + counts.pending
  end
  report:add("pending", left - report.counts.pending)
  local spent = counts.cost - self.before.cost
  if spent > 0 then report.cost = spent_text(self, spent) end
end

local function finish(self)
  commit_rest(self)
  local counts = write_results(self)
  if counts then
    settle(self, counts)
    say_more(self, counts)
  end
  local code = say_done(self, counts, exit_code(self, counts))
  self.ledger:run_over(self.run, code)
  return code
end

-- Nothing was sent: the ledger is to know that this run has ended, too.
local function refused(self, err)
  if self.ledger then self.ledger:run_over(self.run, EXIT_REFUSED) end
  return nil, err
end

local function begun(self) return task.submitted() > self.submitted end

local function close(self)
  if self.ledger then self.ledger:close() end
  self.link:close()
end

---@param prepared diffgentor.Prepared
---@param link diffgentor.ImportLink
---@return integer? exit code, table? err
return function(prepared, link)
  local self <close> = setmetatable({
    prepared = prepared, workflow = prepared.workflow, settings = prepared.settings, link = link,
    submitted = task.submitted(), -- by whatever ran before in this program
  }, { __close = close })
  self.workflow.traces = setmetatable({}, { __mode = "k" })
  prepared.report:expect(self.workflow.source.total)
  local ok, err = open(self)
  if not ok then return refused(self, err) end
  send_all(self)
  if self.fault then
    local foreseen = errors.is(self.fault) and REFUSING[self.fault.kind]
    if not begun(self) and foreseen then
      return refused(self, self.fault)
    end
    if self.fault.traceback then log.debug(self.fault.traceback) end
    if self.fault.code == "importer" and not self.worker.halted then
      log.error(self.fault.message)
    elseif self.fault.kind ~= "stopped" and self.fault ~= self.worker.halted then
      log.error(self.fault.message .. "; the rows before are done with")
    end
  end
  return finish(self)
end
