-- SPDX-License-Identifier: MIT
--
-- `diffgentor check`: the endpoints as edit reads them, and what each says of its
-- models to each key.  Nothing is edited, nothing is paid for.

local ask_models = require("diffgentor.ask_models")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local native = require("diffgentor.native.pool")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")
local text_table = require("diffgentor.text_table")
local value = require("diffgentor.value")

local EXIT_SERVED, EXIT_NOT, EXIT_SIGNAL = 0, 2, 128
local SOON_DAYS = 60 -- before a model's end that are told
local DAY = 86400
local TAIL, LONG_KEY = 4, 12 -- characters of a key that are shown, if it has so many

------------------------------------------------------------------ one answer

-- The model among those listed; nil, true: it is not there; nil, nil: no such list.
local function model_in(text, name)
  local answer = json.decode(text)
  local list = type(answer) == "table" and answer.data
  if type(list) ~= "table" then return nil, nil end
  for _, model in ipairs(list) do
    if type(model) == "table" and model.id == name then return model end
  end
  return nil, true
end

-- Days from today until a date, negative if it is over; nil if it is none.
local function days_until(date, now)
  local year, month, day = date:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then return nil end
  local at = os.time({ year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = 12 })
  return math.floor((at - now) / DAY + 0.5)
end

local function end_text(date, now)
  local days = date and days_until(date, now)
  if not days or days > SOON_DAYS then return "" end
  if days <= 0 then return (", which was shut down on %s"):format(date) end
  return (", which is shut down on %s, in %s"):format(date, value.counted(days, "day"))
end

-- Statuses of hosts that have no list of models and may serve all the same.
local LISTLESS = { [400] = true, [404] = true, [405] = true, [406] = true, [501] = true }

local function read_list(known, name, kind)
  local model, missing = model_in(known.text, name)
  if model then
    local date = type(model.shutdown_date) == "string" and model.shutdown_date or nil
    return { serves = true, knows = true, shutdown_date = date,
      says = ("knows %s%s"):format(value.shown(name), end_text(date, sys.time())) }
  end
  if not missing then return { serves = true, says = "answers, but not with a list of models" } end
  if kind == "azure" then -- it lists models, requests name deployments
    return { serves = true, says = "accepts the key; deployments are not listed" }
  end
  return { serves = false, knows = false, says = ("does not know %s"):format(value.shown(name)) }
end

-- What an answer says of a key.
local function judged(outcome, name, kind)
  local found
  if outcome.ok then
    found = read_list(outcome, name, kind)
  elseif LISTLESS[outcome.status] and outcome.error.code ~= "insufficient_quota" then
    found = { serves = true, says = ("has no list of models (%d)"):format(outcome.status) }
  else
    local busy = outcome.status == 429 and outcome.verdict ~= "failover"
    local cut = outcome.error.kind == "stopped" and "no answer in time"
    local why = outcome.error.message:gsub("^%S+: ", "", 1) -- the line names the host
    found = { serves = busy, says = cut or why, code = outcome.error.code }
  end
  found.status = outcome.status > 0 and outcome.status or nil
  found.latency = outcome.ok and outcome.latency or nil
  return found
end

------------------------------------------------------------------ all of them

-- The last characters of a key that is long enough not to be given away by them.
local function tail_of(key) return #key >= LONG_KEY and key:sub(-TAIL) or nil end

local function shape_of(endpoint, label)
  local shape = {
    endpoint = label, kind = endpoint.kind, api_version = endpoint.api_version,
    weight = endpoint.weight, limit = endpoint.limit, window = endpoint.window,
    image_field = endpoint.field, keys = json.array({}),
  }
  for k, key in ipairs(endpoint.keys) do
    shape.keys[k] = { position = k, tail = tail_of(key) }
  end
  return shape
end

local function figures(settings, pool)
  local f = { model = settings.model_name, serves = false, endpoints = json.array({}) }
  for i, seen in ipairs(pool:endpoints()) do
    f.endpoints[i] = shape_of(settings.endpoints[i], seen.label)
  end
  local list = task.run(function() return ask_models(pool, settings.timeout) end)
  for _, asked in ipairs(list) do
    local endpoint = f.endpoints[asked.endpoint]
    local found = judged(asked.outcome, settings.model_name, endpoint.kind)
    f.serves = f.serves or found.serves
    for name, item in pairs(found) do
      endpoint.keys[asked.key][name] = item
    end
  end
  return f
end

------------------------------------------------------------------ as text

local function limit_text(endpoint)
  if endpoint.limit == 0 then return "none" end
  if endpoint.window == 60 then return ("%d/min"):format(endpoint.limit) end
  return ("%d in %g s"):format(endpoint.limit, endpoint.window)
end

local function key_text(key)
  local tail = key.tail and (" (...%s)"):format(key.tail) or ""
  return key.position .. tail
end

local HEADER = { "endpoint", "kind", "weight", "limit", "key", "latency", "says" }

local function text_of(f)
  local rows = { HEADER }
  for _, endpoint in ipairs(f.endpoints) do
    for k, key in ipairs(endpoint.keys) do
      local first = k == 1
      table.insert(rows, {
        first and sys.visible(endpoint.endpoint) or "", first and endpoint.kind or "",
        first and tostring(endpoint.weight) or "", first and limit_text(endpoint) or "",
        key_text(key), key.latency and ("%.2f s"):format(key.latency) or "-",
        sys.visible(key.says),
      })
    end
  end
  return table.concat(text_table(rows), "\n") .. "\n"
end

---@param settings table of settings.check
---@return integer? exit code, table? err
return function(settings)
  local pool <close>, err = native.new(settings.endpoints)
  if not pool then return nil, err end
  local f = figures(settings, pool)
  if sys.stop_count() > 0 then return EXIT_SIGNAL + (sys.stop_signal() or 2) end
  local ok
  ok, err = sys.write(settings.json and json.encode(f) .. "\n" or text_of(f))
  if not ok then return nil, err end
  if f.serves then return EXIT_SERVED end
  log.error("no endpoint would serve " .. value.shown(settings.model_name))
  return EXIT_NOT
end
