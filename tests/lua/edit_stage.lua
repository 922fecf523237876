-- SPDX-License-Identifier: MIT
--
-- A stage for specs of the bundled workflow: real runs against the rehearsal
-- servers of spec.c.  The first word of a prompt ("refuse!") says how the API
-- behaves: which server is asked, or what comes of it without one.

local csv = require("diffgentor.csv")
local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local native = require("diffgentor.native.ledger")
local openai = require("diffgentor.backends.openai")
local pool = require("diffgentor.native.pool")
local report = require("diffgentor.report")
local support = require("support")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

---@class Stage
---@field folder string of this test
---@field sent table[] edit requests, in their order
---@field said string[] lines of the log
---@field forms table<table, table> a form's request
---@field busy { now: integer, most: integer } requests in flight
---@field offline boolean pictures named by URL cannot be loaded
local stage = {}

local real = {
  send = task.send, form = openai.form, stop_count = sys.stop_count,
  stop_signal = sys.stop_signal, write = sys.write,
}

-- Servers by the word that has a request sent to them.
local SERVERS = {
  good = "DG_REHEARSAL", refuse = "DG_REHEARSAL_REFUSE", busy = "DG_REHEARSAL_BUSY",
  lost = "DG_REHEARSAL_LOST", empty = "DG_REHEARSAL_EMPTY", url = "DG_REHEARSAL_URL",
  key = "DG_REHEARSAL_KEY",
}

--- An endpoint at one of them.
---@param word string
---@param more table? its other fields
function stage.endpoint(word, more)
  local endpoint = { base = os.getenv(SERVERS[word]), keys = { "sk-edit" }, field = "auto" }
  for key, value in pairs(more or {}) do endpoint[key] = value end
  return endpoint
end

function stage.put(name, bytes)
  return support.put(stage.folder .. "/" .. name, bytes or support.png)
end

local function no_outcome(err)
  return {
    ok = false, error = err, verdict = "fatal", status = 0, attempts = 1, latency = 0.5, waited = 0,
    possibly_billed = false, endpoint = "", request_id = "", content_type = "", url = "", text = "",
    pictures = {},
  }
end

-- What no server can do.
local FAKES = {
  stopped = function() return errors.new("stopped", "stopped", "cut off") end,
  full = function() return errors.new("file", "write", "no space") end,
}

local pools

local function pool_of(word)
  if not SERVERS[word] or word == "good" then return nil end
  pools[word] = pools[word] or assert(pool.new({ stage.endpoint(word) }))
  return pools[word]
end

local function send_edit(request)
  local word = stage.forms[request.form].prompt:match("^(%l+)!")
  if FAKES[word] then return no_outcome(FAKES[word]()) end
  request.pool = pool_of(word) or request.pool
  return real.send(request)
end

local function watched_send(request)
  if not request.form then
    if not stage.offline then return real.send(request) end
    return no_outcome(errors.new("network", "connect", "nobody answers"))
  end
  stage.sent[#stage.sent + 1] = request
  stage.busy.now = stage.busy.now + 1
  stage.busy.most = math.max(stage.busy.most, stage.busy.now)
  local outcome = send_edit(request)
  stage.busy.now = stage.busy.now - 1
  return outcome
end

-- A form that remembers its request.
local function known_form(request)
  local form = assert(real.form(request))
  stage.forms[form] = request
  return form
end

--- Edit requests that a server has seen, by its own count.
---@param word string
---@return integer
function stage.asked(word)
  local url = os.getenv(SERVERS[word]) .. "/rehearsal/stats"
  local outcome = task.run(function() return real.send({ url = url }) end)
  return json.decode(outcome.text).requests
end

--- Settings as the command line would make them, but for `changes`.
function stage.settings(changes)
  local s = {
    command = "edit", backend = "openai", model_name = "gpt-image-1",
    input = stage.folder .. "/d.csv", output_dir = stage.folder .. "/out",
    instruction_key = "instruction", resume = true, retry_failed = true, timeout = 5,
    api_max_retries = 1, retry_delay = 0.001, max_global_workers = 4, num_processes = 1,
    params = {}, image_field = "auto", max_image_bytes = 1000000, max_same_errors = 0,
    warnings = {}, prices = require("diffgentor.prices"), endpoints = { stage.endpoint("good") },
  }
  for key, value in pairs(changes or {}) do s[key] = value end
  s.output_csv = s.output_csv or s.output_dir .. "/results.csv"
  s.report = report.new({ quiet = true })
  return s
end

--- Settings of a filter's text.
function stage.filtered(text, changes)
  local s = changes or {}
  s.filter, s.ranges = assert(require("diffgentor.filter").parse(text))
  return s
end

--- The rows of a table of results, by column.
function stage.results(name)
  local list = {}
  local reader = file.kind(name) and csv.open(name)
  local header = reader and reader:next()
  for cells in function() return reader and reader:next() end do
    local row = {}
    for i, column in ipairs(header) do row[column] = cells[i] end
    list[#list + 1] = row
  end
  if reader then reader:close() end
  return list
end

--- Runs the input `text`: exit code, rows of results.csv by column, the report's counts.
function stage.run(text, changes, workflow)
  if text then stage.put("d.csv", text) end
  local s = stage.settings(changes)
  local code, err = edit.run(workflow or edit, s)
  return code, err or stage.results(s.output_csv), s.report.counts
end

--- Runs it again: as run, and then the edit requests that were sent.
function stage.again(text, changes, workflow)
  stage.sent, stage.said = {}, {}
  local code, list, counts = stage.run(text, changes, workflow)
  return code, list, counts, #stage.sent
end

--- `diffgentor reprocess` of the output folder, by a script's workflow if one is given.
function stage.reprocess(workflow)
  local s = stage.settings({ command = "reprocess" })
  local bundled = edit.extend
  if workflow then edit.extend = function() return bundled(workflow) end end
  local code, err = require("diffgentor.reprocess")(s)
  edit.extend = bundled
  return code, err or stage.results(s.output_csv), s.report.counts
end

--- The ledger's counts, or what `look(ledger)` returns.
function stage.ledger(look)
  local ledger <close> = assert(native.open({ folder = stage.folder .. "/out" }))
  if look then return look(ledger) end
  return assert(ledger:counts())
end

--- Names of what lies in the folder of files in the making.
function stage.spool()
  return file.list(stage.folder .. "/out/.diffgentor") or {}
end

function stage.set()
  stage.folder, stage.sent, stage.said, stage.forms = support.folder(), {}, {}, {}
  stage.busy, stage.offline = { now = 0, most = 0 }, false
  pools = {}
  stage.put("a.png")
  stage.put("b.png")
  task.send, openai.form = watched_send, known_form
  for _, name in ipairs({ "warn", "error", "info" }) do
    real[name] = log[name]
    log[name] = function(text) stage.said[#stage.said + 1] = name .. ": " .. text end
  end
end

function stage.strike()
  task.send, openai.form = real.send, real.form
  sys.stop_count, sys.stop_signal, sys.write = real.stop_count, real.stop_signal, real.write
  for _, name in ipairs({ "warn", "error", "info" }) do log[name] = real[name] end
  support.sweep()
end

--- Whether a line with this in it was said.
function stage.has_said(part)
  for _, line in ipairs(stage.said) do
    if line:find(part, 1, true) then return true end
  end
  return false
end

--- The cells of one column.
function stage.column(list, name)
  local cells = {}
  for i, row in ipairs(list) do cells[i] = row[name] end
  return cells
end

return stage
