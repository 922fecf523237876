-- SPDX-License-Identifier: MIT
--
-- `diffgentor status DIR`: how far a run is, from its ledger alone; also of one
-- that is going on, or was killed.

local cost = require("diffgentor.cost")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local native = require("diffgentor.native.ledger")
local path = require("diffgentor.path")
local pool_view = require("diffgentor.pool_view")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")
local value = require("diffgentor.value")

local STATES = { "done", "failed", "answered", "running", "sending", "pending", "skipped" }
local LATELY = 60 -- seconds over which the rate is taken
local WATCH_SECONDS = 1
local CLEAR = "\27[H\27[2J"

------------------------------------------------------------------ figures

-- Answers a second: of the last minute while a run goes on, else over all of it.
local function rate_of(view, now)
  if not view.run_started then return nil end
  local last = view.run_ended or view.last_ended or now
  local span = view.alive and math.min(LATELY, now - view.run_started) or last - view.run_started
  local answers = view.alive and view.ended_lately or view.ended_in_run
  if span <= 0 or answers == 0 then return nil end
  return answers / span
end

local function held(settings)
  return file.is_locked(path.join(path.join(settings.output_dir, ".diffgentor"), "lock"))
end

---@return table?, table? err
local function figures(settings, ledger)
  local counts, err = ledger:counts()
  local view
  if counts then view, err = ledger:view(LATELY) end
  if not view then return nil, err end
  local now = sys.time()
  view.alive = held(settings)
  local rate = rate_of(view, now)
  local left = counts.pending + counts.running + counts.sending
  return {
    rows = counts, total = tonumber(ledger:get("total")), input = ledger:get("input"),
    running = view.alive, run = view.run, run_code = view.run_code,
    run_started = view.run_started, run_ended = view.run_ended,
    rate = rate, eta = view.alive and rate and left / rate or nil,
    endpoints = view.endpoints, errors = view.codes, pool = pool_view.read(ledger:get("pool")),
  }
end

------------------------------------------------------------------ as text

local function seconds(span) return span and ("%.2f s"):format(span) or "-" end

local function state_lines(f)
  local lines = {}
  for _, state in ipairs(STATES) do
    if f.rows[state] > 0 or state == "done" or state == "pending" then
      table.insert(lines, ("  %-10s %9d"):format(state, f.rows[state]))
    end
  end
  return lines
end

local function run_line(f)
  if not f.run then return "no run yet" end
  if f.running then return ("run %d is going on"):format(f.run) end
  if f.run_code then return ("run %d ended with exit code %d"):format(f.run, f.run_code) end
  return ("run %d was cut off"):format(f.run)
end

local function pace_line(f)
  if not f.rate then return nil end
  local text = ("%.1f answers/s"):format(f.rate)
  return f.eta and text .. ", ETA " .. value.duration(f.eta) or text
end

local function money_lines(rows)
  local lines = {}
  local spent = rows.priced > 0 and cost.round_text(rows.cost) .. " USD" or "unknown"
  if rows.unpriced > 0 and rows.priced > 0 then
    spent = ("%s and %s of unknown cost"):format(spent,
      value.counted(rows.unpriced, "answer"))
  end
  table.insert(lines, ("attempts %d, possibly billed without an answer %d"):format(rows.attempts,
    rows.possibly_billed))
  table.insert(lines, ("tokens %d in, %d out; cost %s"):format(rows.input_tokens,
    rows.output_tokens, spent))
  return lines
end

local function endpoint_lines(f)
  local lines = { ("%8s %8s %8s %9s %9s %9s  %s"):format("attempts", "ok", "failed", "p50", "p90",
    "p99", "endpoint") }
  for _, e in ipairs(f.endpoints) do
    table.insert(lines, ("%8d %8d %8d %9s %9s %9s  %s"):format(e.attempts, e.ok, e.failed,
      seconds(e.p50), seconds(e.p90), seconds(e.p99), sys.visible(e.endpoint)))
  end
  return #lines > 1 and lines or {}
end

local function error_lines(f)
  local lines = {}
  for _, e in ipairs(f.errors) do
    table.insert(lines, ("%8d %s  %s"):format(e.count, sys.visible(e.code),
      sys.visible(e.endpoint)))
  end
  if #lines > 0 then table.insert(lines, 1, "errors:") end
  return lines
end

local function text_of(f)
  local lines = { run_line(f) }
  local function add(more) table.move(more, 1, #more, #lines + 1, lines) end
  add(state_lines(f))
  table.insert(lines, pace_line(f))
  add(money_lines(f.rows))
  add(endpoint_lines(f))
  add(pool_view.lines(f.pool, f.running, f.run_code ~= nil))
  add(error_lines(f))
  return table.concat(lines, "\n") .. "\n"
end

local function json_of(f)
  local rows = f.rows
  f.rows = {}
  for _, state in ipairs(STATES) do
    f.rows[state] = rows[state]
  end
  f.attempts, f.possibly_billed = rows.attempts, rows.possibly_billed
  f.tokens = { input = rows.input_tokens, output = rows.output_tokens, total = rows.total_tokens }
  f.cost_usd = rows.priced > 0 and rows.cost / 1e9 or json.null
  f.unpriced_answers = rows.unpriced
  f.endpoints, f.errors = json.array(f.endpoints), json.array(f.errors)
  f.pool = json.array(f.pool)
  return json.encode(f) .. "\n"
end

------------------------------------------------------------------ showing it

local function show(settings, ledger, clear)
  local f, err = figures(settings, ledger)
  if not f then return nil, err end
  local text = settings.json and json_of(f) or text_of(f)
  local ok
  ok, err = sys.write(clear and CLEAR .. text or text)
  return ok and f, err
end

local function watch(settings, ledger)
  local clear = sys.isatty(1) and not settings.json
  local f, err
  repeat
    f, err = show(settings, ledger, clear)
  until not f or not f.running or not task.sleep(WATCH_SECONDS) or sys.stop_count() > 0
  return f, err
end

---@param settings { output_dir: string, json: boolean, watch: boolean }
---@return integer? exit code, table? err
return function(settings)
  local ledger <close>, err = native.open({ folder = settings.output_dir })
  if not ledger then return nil, err end
  local f
  if settings.watch then
    f, err = task.run(function() return watch(settings, ledger) end)
  else
    f, err = show(settings, ledger, false)
  end
  return f and 0, err
end
