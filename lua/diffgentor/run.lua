-- SPDX-License-Identifier: MIT
--
-- A run of a workflow: opens what it needs, sends every row through it with
-- `max_global_workers` at once, and writes results.csv.  No row, whatever
-- happens in it, ends the run.
--
--     local code, err = run(workflow, settings)
--
-- Codes: 0 all rows done, 1 some failed, 3 stopped with rows pending, 128 +
-- signal; nil, err: it could not begin, nothing was sent (of kind "stopped": it
-- was told to stop while it read the input).

local download = require("diffgentor.download")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local routes = require("diffgentor.routes")
local log = require("diffgentor.log")
local opening = require("diffgentor.opening")
local path = require("diffgentor.path")
local report = require("diffgentor.report")
local results = require("diffgentor.results")
local resume = require("diffgentor.resume")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local EXIT_DONE, EXIT_FAILED, EXIT_STOPPED, EXIT_SIGNAL = 0, 1, 3, 128
local MOST_SHOWN = 20 -- failed rows named on the terminal; all are in results.csv
local TICK_SECONDS = 0.25
local PIPE_SECONDS = 0.02 -- between two looks at a pipe that has nothing

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
  if trace.outcome and trace.outcome.ok then return false end
  if err.kind == "stopped" then return true end
  return self.halted and (not trace.outcome or trace.outcome.attempts == 0)
end

local function close_row(self, row, record)
  self.under_way[row] = nil
  local ok, err = self.results:put(row, record)
  if not ok then halt(self, err) end
  event_of(row, record)
  self.report:row(record.status, {
    code = record.error and (record.error.code ~= "" and record.error.code or record.error.kind),
    attempts = record.outcome and record.outcome.attempts,
  })
end

-- A row that was not sent: what is finished stays finished.
local function row_unsent(self, row, trace, record)
  local before = trace.before
  if not before or before.status ~= "done" then return close_row(self, row, record) end
  self.under_way[row] = nil
  local ok, err = self.results:keep(row, before)
  if not ok then halt(self, err) end
  if record.status == "skipped" then self.report:row("skipped") end
end

local function row_failed(self, row, trace, err)
  look_around(self, err, trace)
  local pending = is_pending(self, err, trace)
  local record = {
    status = pending and "pending" or "failed", error = err, message = failure.text(err, trace),
    outcome = trace.outcome, files = trace.files, reply = trace.reply,
    model = self.settings.model_name, made = trace.made,
  }
  if pending then return row_unsent(self, row, trace, record) end
  show_failure(self, row, record)
  close_row(self, row, record)
end

-- Told before a picture is in place: whose it is, if the program is killed then.
local function note_placing(self, row, trace)
  return function(placed, name)
    local files = { name, table.unpack(placed) }
    if (trace.made or "") ~= "" then table.insert(files, trace.made) end
    self.results:put(row, { status = "pending", files = files, outcome = trace.outcome })
  end
end

local function run_row(self, row, before, made)
  local workflow = self.workflow
  local trace = { before = before, made = made, redo = not self.settings.resume }
  trace.placing = note_placing(self, row, trace)
  workflow.traces[row], self.under_way[row] = trace, trace
  local ok, status = xpcall(workflow.row, failure.of, workflow, row)
  if not ok then return row_failed(self, row, trace, status) end
  if status == "skipped" then return row_unsent(self, row, trace, { status = "skipped" }) end
  close_row(self, row, {
    status = "done", files = trace.files,
    outcome = trace.outcome, reply = trace.reply, model = self.settings.model_name,
  })
end

------------------------------------------------------------------ all rows

local function keep_before(self, row, before)
  if not before or before.status ~= "done" and before.status ~= "failed" then return end
  local ok, err = self.results:keep(row, before)
  if not ok then halt(self, err) end
end

-- One row, or what saves sending it.
local function take_row(self, job)
  local row, before = job.row, job.before
  local decision = resume.decide(self.workflow, self.settings, row, before)
  if decision == "send" then return run_row(self, row, before, job.made) end
  keep_before(self, row, before)
  if decision == "reuse" then
    self.report:row("reused")
  elseif not self.workflow.source.total then
    self.report:row("skipped")
  end
end

local function next_job(self)
  local row, err = self.workflow.source:next()
  if not row then return nil, err end
  local before, made = self.results:before(row)
  return { row = row, before = before, made = made }
end

local function jobs(self)
  return function()
    if self.halted then return nil end
    local ok, job, err = xpcall(next_job, failure.of, self)
    if ok then return job, err end
    halt(self, job)
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

local function tick(self, in_flight)
  self.report:tick(in_flight)
  if sys.stop_count() == 0 or self.told then return end
  self.told = true
  log.info(("stopping: %d requests in flight may finish; once more ends them"):format(in_flight))
end

-- What ended a row's task from outside, as a hook that yields, ends this row alone.
local function row_broke(self, job, raised)
  local err, trace = failure.of(raised), self.under_way[job.row]
  if trace then row_failed(self, job.row, trace, err) else halt(self, err) end
end

-- Showing how far it is never ends the run.
local function guarded_tick(self, in_flight)
  if self.mute then return end
  local ok, err = xpcall(tick, failure.of, self, in_flight)
  if ok then return end
  self.mute = true
  log.error("no further progress is shown: " .. err.message)
end

-- What the end of the loop has cut off.
local function fail_open_rows(self, err)
  for row, trace in pairs(self.under_way) do
    self.under_way[row] = nil
    local ok, fault = xpcall(row_failed, failure.of, self, row, trace, err)
    if not ok then log.error(("%s: %s"):format(row, fault.message)) end
  end
end

-- Between two looks at a pipe that has nothing the others go on.
local function pause()
  if task.stopping() then return false end
  task.sleep(PIPE_SECONDS)
  return not task.stopping()
end

local function send_all(self)
  expect(self)
  local function one(job)
    take_row(self, job)
  end
  local function broke(job, raised)
    row_broke(self, job, raised)
  end
  local function all()
    local source, width = self.workflow.source, self.settings.max_global_workers
    if source.stream then source:while_waiting(pause) end
    return task.each(jobs(self), { width = width, on_error = broke }, one)
  end
  local function on_tick(in_flight)
    guarded_tick(self, in_flight)
  end
  local returned, ok, fault = xpcall(task.run, failure.of, all, { on_tick, every = TICK_SECONDS })
  if not returned then
    self.fault = ok
    fail_open_rows(self, ok)
  elseif not ok then
    self.fault = fault
  end
end

-- Whether there are rows that nobody has looked at.
local function cut_short(self)
  local source = self.workflow.source
  if source.ended then return false end
  return not source.total or source.position < source.total
end

local function exit_code(self, counts)
  if sys.stop_count() > 0 then return EXIT_SIGNAL + (sys.stop_signal() or 2) end
  if not counts or counts.pending > 0 or self.unwritten or cut_short(self) then
    return EXIT_STOPPED
  end
  return (self.fault or self.report.counts.failed > 0) and EXIT_FAILED or EXIT_DONE
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

local function write_results(self)
  local counts, err = self.results:write()
  if err then
    self.unwritten = true
    log.error(("results.csv %s: %s"):format(counts and "is not whole" or "could not be written",
      err.message))
  end
  local left = self.results:left()
  if left then
    log.error(("the outcomes are kept in %s; the next run with this --output_dir and --output_csv "
      .. "takes them up"):format(left))
  end
  if counts then self.report.written = self.settings.output_csv end
  return counts
end

local function finish(self)
  local changed = self.results:changed()
  if changed > 0 then
    log.info(("%d rows differ from those of the earlier results.csv"):format(changed))
  end
  self.workflow.output:unreserve()
  local counts = write_results(self)
  for _ = 1, counts and counts.pending - self.report.counts.pending or 0 do
    self.report:row("pending")
  end
  if counts and counts.pending > 0 then
    log.info(("%d rows are pending; the same command sends them"):format(counts.pending))
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
  ok, err = workflow.output:lock()
  if not ok then return nil, err end
  self.results, err = results.open({
    source = workflow.source, path = settings.output_csv, folder = settings.output_dir,
    temporary = workflow.output.temporary, filter = settings.filter,
    check = function(found) return resume.check(found, settings) end,
  })
  if not self.results then return nil, err end
  ok, err = workflow.output:reserve(workflow.source.total,
    file.size_beneath(path.parent(settings.input), path.name(settings.input)))
  if ok then ok, err = connect(self, settings) end
  if ok then ok, err = opening.setup(workflow, settings) end
  if not ok then return nil, err end
  return self.results:begin()
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
    under_way = {}, -- row -> trace of what has begun and not ended
    report = settings.report or report.new({ quiet = true }),
  }, { __close = close })
  local guard <close> = self
  self.workflow.traces = setmetatable({}, { __mode = "k" })
  local ok, err = open(guard, settings)
  if not ok then return nil, err end
  send_all(self)
  if self.fault then
    if self.workflow.source.position == 0 then return nil, self.fault end -- nothing was sent
    if self.fault.traceback then log.debug(self.fault.traceback) end
    if self.fault.kind ~= "stopped" then
      log.error(self.fault.message .. "; the rows before are done with")
    end
  end
  return finish(self)
end
