-- SPDX-License-Identifier: MIT
--
-- The pool of a run for people, from what the run noted of it once a second.
--
--     local endpoints = pool_view.read(ledger:get("pool"))
--     endpoints[1].share, endpoints[1].weight_share    0.25 of the requests, 0.33 asked for
--     for _, line in ipairs(pool_view.lines(endpoints, true)) do print(line) end

local json = require("diffgentor.json")
local sys = require("diffgentor.sys")
local text_table = require("diffgentor.text_table")

local pool_view = {}

local function add_shares(list)
  local sent, weight = 0, 0
  for _, e in ipairs(list) do
    sent, weight = sent + e.sent, weight + e.weight
  end
  for _, e in ipairs(list) do
    e.share = sent > 0 and e.sent / sent or 0
    e.weight_share = weight > 0 and e.weight / weight or 1 / #list
  end
end

--- The endpoints of a pool as noted, with the share of the requests that each got
--- and that its weight asks for; none where nothing is noted.
---@param text string? JSON of pool:stats()
---@return table[]
function pool_view.read(text)
  local list = text and json.decode(text)
  if type(list) ~= "table" then return {} end
  add_shares(list)
  return list
end

local function percent(share) return ("%.1f%%"):format(share * 100) end

local UNITS = { { "requests", "" }, { "images", " images" }, { "tokens", " tokens" } }

-- "12/60, 300/1000 tokens"
local function limit_text(e)
  local parts = {}
  for _, unit in ipairs(UNITS) do
    local most = e.quota and e.quota[unit[1]] or 0
    if most > 0 then
      table.insert(parts, ("%d/%d%s"):format(e.used[unit[1]], most, unit[2]))
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or "none"
end

local function standing_text(e)
  local seconds = e.until_ or 0
  return seconds > 0 and ("%s, %.0f s"):format(e.standing, math.ceil(seconds)) or e.standing
end

local HEADER = {
  "sent", "share", "weight", "in flight", "limit used", "health", "keys", "standing", "endpoint",
}
local RIGHT = { true, true, true, true, true, true, true }

local function row_of(e)
  return {
    tostring(e.sent), percent(e.share), percent(e.weight_share), tostring(e.in_flight),
    limit_text(e), ("%.0f%%"):format(e.health * 100),
    ("%d/%d"):format(e.keys_alive, e.keys), standing_text(e), sys.visible(e.label),
  }
end

-- What is worth telling of a key.
local function key_text(e, k, key)
  local what
  if key.out then
    what = ("out: %s %s"):format(key.status or "", key.code or "")
  elseif (key.parked or 0) > 0 then
    what = ("parked, %.0f s"):format(math.ceil(key.parked))
  end
  local tail = key.tail and key.tail ~= "" and (" (...%s)"):format(key.tail) or ""
  return what and ("  key %d%s of %s is %s"):format(k, tail, e.label, what)
end

local function headline(running, ended)
  if running then return "pool now:" end
  return ended and "pool when the run ended:" or "pool when the run was last seen:"
end

--- Lines of text; none of no endpoints.
---@param list table[] of read
---@param running boolean the run is going on
---@param ended boolean? it has ended, and was not cut off
---@return string[]
function pool_view.lines(list, running, ended)
  if #list == 0 then return {} end
  local rows, more = { HEADER }, {}
  for _, e in ipairs(list) do
    table.insert(rows, row_of(e))
    for k, key in ipairs(e.key_list or {}) do
      table.insert(more, key_text(e, k, key))
    end
  end
  local lines = { headline(running, ended) }
  for _, text in ipairs(text_table(rows, RIGHT)) do
    table.insert(lines, "  " .. text)
  end
  for _, text in ipairs(more) do
    table.insert(lines, (sys.visible(text):gsub("%s+$", "")))
  end
  return lines
end

return pool_view
