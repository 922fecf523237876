-- SPDX-License-Identifier: MIT
--
-- When nobody serves: what every key died of, and how long no endpoint has been
-- there.  Both end a run in order; its rows stay pending.
--
--     local err = service.outage(pool, 900)       nil: somebody serves, or may soon
--     local err = service.keyless(pool)           every key is out: an error that says why

local errors = require("diffgentor.error")
local value = require("diffgentor.value")

local service = {}

local MOST_KEYS = 12 -- named in one message

local function reason(key)
  local parts = {}
  if key.status and key.status > 0 then table.insert(parts, tostring(key.status)) end
  if key.code and key.code ~= "" then table.insert(parts, key.code) end
  return table.concat(parts, " ")
end

-- "http://a/v1 key 1 (401 invalid_api_key)" for every key that is out.
local function dead_keys(pool)
  local texts = {}
  for _, endpoint in ipairs(pool:stats()) do
    for k, key in ipairs(endpoint.key_list) do
      if key.out then
        table.insert(texts, ("%s key %d (%s)"):format(endpoint.label, k, reason(key)))
      end
    end
  end
  return texts
end

--- What every key died of.
---@param pool table
---@return table err
function service.keyless(pool)
  local texts = dead_keys(pool)
  local more = #texts - MOST_KEYS
  local list = table.concat(texts, ", ", 1, math.min(#texts, MOST_KEYS))
  return errors.new("api", "no_key_left", "no key is left: %s%s", list,
    more > 0 and (" and %d more"):format(more) or "")
end

-- Why the endpoints do not serve.
local function standings(pool)
  local texts = {}
  for _, endpoint in ipairs(pool:stats()) do
    table.insert(texts, ("%s is %s"):format(endpoint.label, endpoint.standing))
  end
  return table.concat(texts, ", ")
end

--- Whether nobody has served for too long, or will not for as long.
---@param pool table
---@param most number? seconds; nil: for ever
---@return table? err
function service.outage(pool, most)
  local since, back = pool:outage()
  if not since or not most or since + (back or 0) < most then return nil end
  local when = back and back > 0 and (", and none will for another %s"):format(
    value.counted(math.ceil(back), "second")) or ""
  return errors.new("network", "outage", "no endpoint has served for %s%s (--max_outage %g): %s",
    value.counted(math.floor(since), "second"), when, most, standings(pool))
end

return service
