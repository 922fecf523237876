-- SPDX-License-Identifier: MIT
--
-- A stage for specs of the bundled workflow: task.send and the pool have
-- stand-ins, and the first word of a prompt ("refuse!") says how the API behaves.

local csv = require("diffgentor.csv")
local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local log = require("diffgentor.log")
local openai = require("diffgentor.backends.openai")
local pool = require("diffgentor.native.pool")
local report = require("diffgentor.report")
local support = require("support")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

---@class Stage
---@field folder string of this test
---@field sent table[] requests, in their order
---@field said string[] lines of the log
---@field forms table<table, table> a form's request
---@field busy { now: integer, most: integer } requests in flight
local stage = {}

local real = {
  send = task.send, form = openai.form, stop_count = sys.stop_count,
  stop_signal = sys.stop_signal, write = sys.write, pool = pool.new,
}

function stage.put(name, bytes)
  return support.put(stage.folder .. "/" .. name, bytes or support.png)
end

local function api_error(status, code)
  local err = errors.new("api", code, "the server says %s", code)
  err.status, err.request_id = status, "req_e"
  return { ok = false, error = err, verdict = "fatal", status = status, attempts = 2 }
end

local function picture_of(request, bytes)
  local path = support.put(assert(file.temp(request.directory, request.stem)), bytes)
  local picture = assert(image.file(path))
  picture.path = path
  return picture
end

-- By a word in the prompt.
local ANSWERS = {
  refuse = function() return api_error(400, "moderation_blocked") end,
  stopped = function()
    return { ok = false, error = errors.new("stopped", "stopped", "cut off"), verdict = "fatal" }
  end,
  lost = function()
    local outcome = api_error(0, "timeout")
    outcome.possibly_billed = true
    return outcome
  end,
  empty = function() return { ok = true, status = 200, text = '{"data":[]}' } end,
  full = function()
    local outcome = api_error(0, "write")
    outcome.error = errors.new("file", "write", "no space")
    return outcome
  end,
  key = function(request)
    local outcome = api_error(401, "invalid_api_key")
    outcome.verdict = "failover"
    request.pool.dead = true
    return outcome
  end,
}

local function good(request, count)
  local outcome = { ok = true, status = 200, pictures = {} }
  local data = {}
  for k = 1, count do
    outcome.pictures[k] = picture_of(request, support.png)
    data[k] = ('{"b64_json":%d,"revised_prompt":"better"}'):format(k - 1)
  end
  outcome.text = ('{"data":[%s],"usage":{"total_tokens":30}}'):format(table.concat(data, ","))
  return outcome
end

local function fake_send(request)
  stage.sent[#stage.sent + 1] = request
  stage.busy.now = stage.busy.now + 1
  stage.busy.most = math.max(stage.busy.most, stage.busy.now)
  task.sleep(0.002)
  stage.busy.now = stage.busy.now - 1
  local prompt = stage.forms[request.form].prompt
  local word = prompt:match("^(%l+)!")
  local answer = ANSWERS[word] and ANSWERS[word](request)
    or good(request, word == "two" and 2 or 1)
  local outcome = {
    verdict = "ok", status = 0, attempts = 1, latency = 0.5, waited = 0, possibly_billed = false,
    endpoint = "", request_id = "req_1", content_type = "", url = "", text = "", pictures = {},
  }
  for key, value in pairs(answer) do outcome[key] = value end
  return outcome
end

-- A form that remembers its request.
local function fake_form(request, field)
  local form = assert(real.form(request, field))
  stage.forms[form] = request
  return form
end

local function fake_pool(list)
  local made = { dead = false }
  function made.stats() return { { keys_alive = made.dead and 0 or #list } } end
  return made
end

--- Settings as the command line would make them, but for `changes`.
function stage.settings(changes)
  local s = {
    command = "edit", backend = "openai", model_name = "gpt-image-1",
    input = stage.folder .. "/d.csv", output_dir = stage.folder .. "/out",
    instruction_key = "instruction", resume = true, timeout = 5, api_max_retries = 1,
    retry_delay = 0.1, max_global_workers = 4, num_processes = 1, params = {},
    image_field = "auto", max_image_bytes = 1000000, warnings = {},
    endpoints = { { base = "http://127.0.0.1:1/v1", keys = { "sk-edit" }, field = "auto" } },
  }
  for key, value in pairs(changes or {}) do s[key] = value end
  s.output_csv = s.output_csv or s.output_dir .. "/results.csv"
  s.report = report.new({ quiet = true })
  return s
end

--- Runs the input `text`: exit code, rows of results.csv by column, the report's counts.
function stage.run(text, changes, workflow)
  if text then stage.put("d.csv", text) end
  local s = stage.settings(changes)
  local code, err = edit.run(workflow or edit, s)
  local list = {}
  local reader = file.kind(s.output_csv) and csv.open(s.output_csv)
  local header = reader and reader:next()
  for cells in function() return reader and reader:next() end do
    local row = {}
    for i, name in ipairs(header) do row[name] = cells[i] end
    list[#list + 1] = row
  end
  return code, err or list, s.report.counts
end

function stage.set()
  stage.folder, stage.sent, stage.said, stage.forms = support.folder(), {}, {}, {}
  stage.busy = { now = 0, most = 0 }
  stage.put("a.png")
  stage.put("b.png")
  task.send, openai.form, pool.new = fake_send, fake_form, fake_pool
  for _, name in ipairs({ "warn", "error", "info" }) do
    real[name] = log[name]
    log[name] = function(text) stage.said[#stage.said + 1] = name .. ": " .. text end
  end
end

function stage.strike()
  task.send, openai.form, pool.new = real.send, real.form, real.pool
  sys.stop_count, sys.stop_signal, sys.write = real.stop_count, real.stop_signal, real.write
  for _, name in ipairs({ "warn", "error", "info" }) do log[name] = real[name] end
  support.sweep()
end

--- The cells of one column.
function stage.column(list, name)
  local cells = {}
  for i, row in ipairs(list) do cells[i] = row[name] end
  return cells
end

return stage
