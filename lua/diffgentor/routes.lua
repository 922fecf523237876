-- SPDX-License-Identifier: MIT
--
-- Endpoints that name the picture field alike share a pool, because a form is
-- built for one name; each such pool is a route.  A request takes the route with
-- the least to do for its weight, and another one when all keys of that are out.
-- Where all endpoints agree, which is nearly always, there is one route.
--
--     local way = assert(routes.new(settings.endpoints))
--     local outcome, route = way:send(function(field) return request end)

local errors = require("diffgentor.error")
local pool = require("diffgentor.native.pool")
local task = require("diffgentor.task")

local routes = {}

---@class diffgentor.Route
---@field pool table
---@field field "auto"|"image"|"image[]"
---@field weight integer of its endpoints together
---@field active integer requests on it

---@class diffgentor.Routes
---@field trusted table a pool of all endpoints, for what may be loaded from them
local Routes = {}
Routes.__index = Routes

local function grouped(endpoints)
  local groups, by_field = {}, {}
  for _, endpoint in ipairs(endpoints) do
    local field = endpoint.field or "auto"
    if not by_field[field] then
      by_field[field] = { field = field }
      table.insert(groups, by_field[field])
    end
    table.insert(by_field[field], endpoint)
  end
  return groups
end

local function total_weight(endpoints)
  local sum = 0
  for _, endpoint in ipairs(endpoints) do
    sum = sum + (endpoint.weight or 1)
  end
  return sum
end

---@param endpoints table[] as of native.pool.new
---@return diffgentor.Routes?, table? err
function routes.new(endpoints)
  local all, err = pool.new(endpoints)
  if not all then return nil, err end
  local self = setmetatable({ trusted = all }, Routes)
  local groups = grouped(endpoints)
  for i, group in ipairs(groups) do
    local list = table.move(group, 1, #group, 1, {})
    local own = all
    if #groups > 1 then
      own, err = pool.new(list)
      if not own then return nil, err end
    end
    self[i] = { pool = own, field = group.field, weight = total_weight(list), active = 0 }
  end
  return self
end

local function alive(route)
  for _, endpoint in ipairs(route.pool:stats()) do
    if endpoint.keys_alive > 0 then return true end
  end
  return false
end

--- Whether any key of any endpoint is left.
function Routes:alive()
  for _, route in ipairs(self) do
    if alive(route) then return true end
  end
  return false
end

local function load(route)
  if route.weight == 0 then return math.huge end
  return (route.active + 1) / route.weight
end

function Routes:choose()
  local best
  for _, route in ipairs(self) do
    if alive(route) and (not best or load(route) < load(best)) then best = route end
  end
  return best
end

-- What several routes did for one request.
local function add(outcome, before)
  if not before then return outcome end
  outcome.attempts = outcome.attempts + before.attempts
  outcome.waited = outcome.waited + before.waited
  outcome.possibly_billed = outcome.possibly_billed or before.possibly_billed
  outcome.billed = (outcome.billed or 0) + (before.billed or 0)
  if outcome.error then outcome.error.attempts = outcome.attempts end
  return outcome
end

local function nobody()
  return {
    ok = false, verdict = "failover", status = 0, attempts = 0, latency = 0, waited = 0,
    possibly_billed = false, endpoint = "", request_id = "", content_type = "", url = "",
    error_type = "", error_param = "", text = "", pictures = {},
    error = errors.new("api", "no_key_left", "not sent: the server has refused every key"),
  }
end

--- Sends a request by the best route.  `build` makes it, but for its pool, for
--- a route's picture field.
---@param build fun(field: string): table?, table?
---@return table? outcome, table route_or_err
function Routes:send(build)
  local before
  while true do
    local route = self:choose()
    if not route then return before or nobody(), self[1] end
    local request, err = build(route.field)
    if not request then return nil, err end
    request.pool = route.pool
    route.active = route.active + 1
    local outcome = add(task.send(request), before)
    route.active = route.active - 1
    local again = not outcome.ok and outcome.verdict == "failover" and not alive(route)
    if not again or not self:choose() then return outcome, route end
    before = outcome
  end
end

return routes
