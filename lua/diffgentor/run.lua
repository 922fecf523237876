-- SPDX-License-Identifier: MIT
--
-- A run of a workflow: opens what it needs, sends every row through it with
-- `max_global_workers` at once, and writes results.csv.  No row, whatever
-- happens in it, ends the run.
--
--     local code, err = run(workflow, settings)
--
-- Codes: 0 all rows done, 1 some failed, 3 stopped with rows pending, 128 +
-- signal; nil, err: it could not begin, nothing was sent.

local download = require("diffgentor.download")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local json = require("diffgentor.json")
local routes = require("diffgentor.routes")
local log = require("diffgentor.log")
local opening = require("diffgentor.opening")
local report = require("diffgentor.report")
local results = require("diffgentor.results")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local EXIT_DONE, EXIT_FAILED, EXIT_STOPPED, EXIT_SIGNAL = 0, 1, 3, 128
local MOST_SHOWN = 20 -- failed rows named on the terminal; all are in results.csv
local TICK_SECONDS = 0.25

------------------------------------------------------------------ one row's end

local function event_of(row, record)
  local outcome = record.outcome
  local fields = {
    row = row.position, index = row.index, line = row.line, status = record.status,
    files = record.files and json.array(record.files), attempts = outcome and outcome.attempts,
    request_id = outcome and outcome.request_id, endpoint = outcome and outcome.endpoint,
    code = record.error and record.error.code, message = record.message,
    latency_ms = outcome and math.floor(outcome.latency * 1000 + 0.5),
    traceback = record.error and record.error.traceback,
  }
  log.event("row", json.encode(fields):sub(2, -2))
end

local function show_failure(self, row, record)
  self.shown = self.shown + 1
  if self.shown <= MOST_SHOWN or self.settings.verbose then
    log.warn(("%s: %s"):format(row, record.message))
    if record.error.traceback then log.debug(record.error.traceback) end
  elseif self.shown == MOST_SHOWN + 1 then
    log.warn("further failed rows are named in results.csv only")
  end
end

-- Ends the run in order: what is under way finishes.
local function halt(self, err)
  if self.halted then return end
  self.halted = err
  log.error(err.message)
  task.stop()
end

-- A fault that every further row would meet as well, and pay for.
local function look_around(self, err, trace)
  if err.kind == "file" then
    local ok, fault = self.workflow.output:probe()
    if not ok then halt(self, fault) end
  end
  if trace.outcome and trace.outcome.verdict == "failover" and not self.workflow.routes:alive() then
    halt(self, errors.new("api", "no_key_left", "the server has refused every key; the last "
      .. "answer: %s", err.message))
  end
end

-- Not failed but never answered: it is to be sent by the next run.
local function is_pending(self, err, trace)
  if err.kind == "stopped" then return true end
  return self.halted and (not trace.outcome or trace.outcome.attempts == 0)
end

local function close_row(self, row, record)
  local ok, err = self.results:put(row, record)
  if not ok then halt(self, err) end
  event_of(row, record)
  self.report:row(record.status, {
    code = record.error and (record.error.code ~= "" and record.error.code or record.error.kind),
    attempts = record.outcome and record.outcome.attempts,
  })
end

local function row_failed(self, row, trace, err)
  look_around(self, err, trace)
  local pending = is_pending(self, err, trace)
  local record = {
    status = pending and "pending" or "failed", error = err, message = failure.text(err, trace),
    outcome = trace.outcome, files = trace.files, reply = trace.reply,
    model = self.settings.model_name,
  }
  if not pending then show_failure(self, row, record) end
  close_row(self, row, record)
end

local function run_row(self, row)
  local workflow, trace = self.workflow, {}
  workflow.traces[row] = trace
  local ok, status = xpcall(workflow.row, failure.of, workflow, row)
  if not ok then return row_failed(self, row, trace, status) end
  close_row(self, row, {
    status = status == "skipped" and "skipped" or "done", files = trace.files,
    outcome = trace.outcome, reply = trace.reply, model = self.settings.model_name,
  })
end

------------------------------------------------------------------ all rows

local function keep_before(self, row, before)
  local ok, err = self.results:keep(row, before)
  if not ok then halt(self, err) end
  if before.status == "done" then pcall(self.workflow.claim, self.workflow, row) end
end

-- One row, or what saves sending it.
local function take_row(self, job)
  local row, before, wanted = job.row, job.before, job.wanted
  if not wanted then
    if before and (before.status == "done" or before.status == "failed") then
      keep_before(self, row, before)
    end
    if not self.workflow.source.total then self.report:row("skipped") end
  elseif before and before.whole then
    keep_before(self, row, before)
    self.report:row("reused")
  else
    run_row(self, row)
  end
end

local function jobs(self)
  local source, filter = self.workflow.source, self.settings.filter
  return function()
    if self.halted then return nil end
    local row, err = source:next()
    if not row then return nil, err end
    return {
      row = row,
      before = self.results:before(row),
      wanted = not filter or filter(row.position),
    }
  end
end

-- The rows the filter leaves out are known beforehand, where all rows are.
local function expect(self)
  local total, filter = self.workflow.source.total, self.settings.filter
  self.report:expect(total)
  for position = 0, filter and total and total - 1 or -1 do
    if not filter(position) then self.report:row("skipped") end
  end
end

local function send_all(self)
  expect(self)
  local function one(job)
    local ok, err = xpcall(take_row, failure.of, self, job)
    if not ok then halt(self, err) end
  end
  local function all()
    return task.each(jobs(self), { width = self.settings.max_global_workers }, one)
  end
  local ok, fault = task.run(all, {
    function(in_flight) self.report:tick(in_flight) end, every = TICK_SECONDS,
  })
  if ok then return end
  self.fault = fault
  log.error(fault.message)
end

local function exit_code(self, counts)
  if sys.stop_count() > 0 then return EXIT_SIGNAL + (sys.stop_signal() or 2) end
  if self.halted or self.fault or not counts or counts.pending > 0 then return EXIT_STOPPED end
  return counts.failed > 0 and EXIT_FAILED or EXIT_DONE
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

local function finish(self)
  local changed = self.results:changed()
  if changed > 0 then
    log.info(("%d rows differ from those of the earlier results.csv"):format(changed))
  end
  local counts, err = self.results:write()
  if not counts then log.error("results.csv could not be written: " .. err.message) end
  for _ = 1, counts and counts.pending - self.report.counts.pending or 0 do
    self.report:row("pending")
  end
  return say_done(self, counts, exit_code(self, counts))
end

------------------------------------------------------------------ opening

local function connect(self, settings)
  local workflow = self.workflow
  local err
  workflow.routes, err = routes.new(settings.endpoints)
  if not workflow.routes then return nil, err end
  workflow.downloads, err = download.new({
    folder = workflow.output.temporary, cache = settings.image_cache_dir,
    max_bytes = settings.max_image_bytes, timeout = settings.timeout,
    max_retries = settings.api_max_retries, retry_delay = settings.retry_delay,
    allow_private = settings.allow_private_urls, trusted = workflow.routes.trusted,
  })
  workflow.loading = { downloads = workflow.downloads, max_bytes = settings.max_image_bytes }
  return workflow.downloads, err
end

local function open(self, settings)
  local workflow = self.workflow
  local ok, err = opening.open(workflow, settings)
  if not ok then return nil, err end
  self.results, err = results.open({
    source = workflow.source, path = settings.output_csv, folder = settings.output_dir,
    temporary = workflow.output.temporary, resume = settings.resume, filter = settings.filter,
  })
  if not self.results then return nil, err end
  ok, err = connect(self, settings)
  if not ok then return nil, err end
  return opening.setup(workflow, settings)
end

local function close(self)
  local workflow = self.workflow
  if self.results then self.results:close() end
  if workflow.source then workflow.source:discard() end
  if workflow.output then workflow.output:close() end
end

---@param workflow diffgentor.Edit
---@param settings table
---@return integer? exit code, table? err
return function(workflow, settings)
  local self = setmetatable({
    workflow = workflow:extend(), settings = settings, shown = 0,
    report = settings.report or report.new({ quiet = true }),
  }, { __close = close })
  local guard <close> = self
  self.workflow.traces = setmetatable({}, { __mode = "k" })
  local ok, err = open(guard, settings)
  if not ok then return nil, err end
  send_all(self)
  return finish(self)
end
