-- SPDX-License-Identifier: MIT
--
-- The end of a run, whoever sent its rows: results.csv, what is said beside the
-- summary, and the exit code.
--
--     local code = ending(run)
--
-- Of the run: prepared, workflow, settings, link, desk, books (counts and run_over of
-- the ledger), number, before (counts at its beginning); fault, why its work broke off;
-- unwritten, behind, gone: what the ledger could not be told; died: a worker has.
--
-- Codes: 0 all rows done, 1 some failed, 3 stopped with rows pending or not read, 128 +
-- signal.

local cost = require("diffgentor.cost")
local failure = require("diffgentor.failure")
local guard = require("diffgentor.guard")
local log = require("diffgentor.log")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local EXIT_DONE, EXIT_FAILED, EXIT_STOPPED, EXIT_SIGNAL = 0, 1, 3, 128

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
  local ok, err = guard.xpcall(self.workflow.hook.done, failure.of, summary)
  if ok then return code end
  log.error("hook done: " .. err.message)
  return code == EXIT_DONE and EXIT_FAILED or code
end

local function write_results(self)
  local counts, err = self.link:finish()
  local settings = self.settings
  if counts then
    self.prepared.report.written = settings.output_csv
    return counts
  end
  self.unwritten = true
  if self.gone then return (self.books:counts()) end -- that was told
  local aborted = sys.stop_count() >= 2
  if not aborted then log.error(("results.csv could not be written: %s"):format(err.message)) end
  log.info(("%s`diffgentor results %s` writes it from the ledger"):format(
    aborted and "results.csv is not written; " or "", settings.output_dir))
  return (self.books:counts())
end

-- What is told beside the counts.
local function say_more(self, counts)
  if counts.pending > 0 and self.settings.command ~= "reprocess" then
    local halted = self.desk.halted
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
    failed = earlier("failed", self.desk.kept), -- shown as failed, but not so in the ledger
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
  self.waiting = counts.answered - self.desk.kept
  local left = self.waiting
  if self.settings.command ~= "reprocess" then
    if not sums or self.link.fault then
      counts.pending = counts.pending + unread(self, counts)
      sums = sums_of(self, counts)
    end
    report:found(sums)
    if self.died then -- a row whose end it told, and did not get to note, was ended again
      report.counts.done = math.max(0, counts.done - report.counts.reused)
    end
    local known = self.behind and rest(self)
    counts.pending = known or counts.pending
    left = known or left + counts.pending
  end
  report:add("pending", left - report.counts.pending)
  report.attempts = counts.attempts - self.before.attempts -- those of workers that died, too
  local spent = counts.cost - self.before.cost
  if spent > 0 then report.cost = spent_text(self, spent) end
end

-- Why the work broke off, if that was not told yet.
local function tell_fault(self)
  local fault, halted = self.fault, self.desk.halted
  if fault.traceback then log.debug(fault.traceback) end
  if fault.code == "importer" and not halted then
    log.error(fault.message)
  elseif fault.kind ~= "stopped" and fault ~= halted then
    log.error(fault.message .. "; the rows before are done with")
  end
end

---@param self table the run
---@return integer exit code
return function(self)
  if self.fault then tell_fault(self) end
  local counts = write_results(self)
  if counts then
    settle(self, counts)
    say_more(self, counts)
  end
  local code = say_done(self, counts, exit_code(self, counts))
  self.books:run_over(self.number, code)
  return code
end
