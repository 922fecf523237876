-- SPDX-License-Identifier: MIT
--
-- Before the first row is sent: whether any key of any endpoint would be served.
-- Only a 401 counts as refused, since many proxies have no list of models; no
-- answer in time tells nothing, unless no connection could be made.
--
--     task.run(function() ok, err = preflight.run(pool, settings) end)

local ask_models = require("diffgentor.ask_models")
local errors = require("diffgentor.error")
local log = require("diffgentor.log")
local task = require("diffgentor.task")

local preflight = {}

local SECONDS = 2 -- at most, for all of it
local MOST_TOLD = 8 -- faults in one message
local REFUSED = 401

--- Codes of errors before a connection could be used.
preflight.UNREACHED = {
  resolve = true, connect = true, connect_timeout = true, tls = true, proxy = true,
  certificate = true,
}

local function reason(outcome)
  return ("%d %s"):format(outcome.status, outcome.error.code):gsub("%s+$", "")
end

-- The faults by kind, nil where something may be served.
local function faults_of(list, labels)
  local refused, unreached, served, seen = {}, {}, false, {}
  for _, asked in ipairs(list) do
    local outcome = asked.outcome
    if outcome.status == REFUSED then
      table.insert(refused, asked)
    elseif not outcome.ok and preflight.UNREACHED[outcome.error.code] then
      if not seen[asked.endpoint] then
        local why = outcome.error.message:gsub("^%S+: ", "", 1) -- the label names the host
        table.insert(unreached, ("%s: %s"):format(labels[asked.endpoint], why))
      end
      seen[asked.endpoint] = true
    else
      served = true
    end
  end
  return refused, unreached, served
end

local function texts_of(refused, labels)
  local texts = {}
  for _, asked in ipairs(refused) do
    table.insert(texts, ("%s refuses key %d (%s)"):format(labels[asked.endpoint], asked.key,
      reason(asked.outcome)))
  end
  return texts
end

local function nobody(refused, unreached)
  local what = "no endpoint would serve"
  if #unreached == 0 then what = "every key is refused" end
  if #refused == 0 then what = "no endpoint can be reached" end
  local texts = table.move(unreached, 1, #unreached, #refused + 1, refused)
  local more = #texts > MOST_TOLD and (" and %d more"):format(#texts - MOST_TOLD) or ""
  return errors.new("config", "preflight", "%s: %s%s (--no_preflight sends all the same)", what,
    table.concat(texts, "; ", 1, math.min(#texts, MOST_TOLD)), more)
end

--- Inside a task.  Keys that are refused are out for the run, which a warning says.
---@param pool table
---@param settings table the run's settings
---@return true?, table? err nothing could be sent
function preflight.run(pool, settings)
  if not settings.preflight or task.stopping() then return true end
  local labels = {}
  for i, endpoint in ipairs(pool:endpoints()) do
    labels[i] = endpoint.label
  end
  local list = ask_models(pool, SECONDS)
  local refused, unreached, served = faults_of(list, labels)
  local texts = texts_of(refused, labels)
  if not served and #list > 0 then return nil, nobody(texts, unreached) end
  for i, asked in ipairs(refused) do
    pool:drop(asked.endpoint, asked.key, asked.outcome.status, asked.outcome.error.code)
    log.warn(texts[i] .. ": it is not used")
  end
  return true
end

return preflight
