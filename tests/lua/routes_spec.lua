-- SPDX-License-Identifier: MIT
--
-- Which route a request takes; task.send and the pools have stand-ins.

local errors = require("diffgentor.error")
local pool = require("diffgentor.native.pool")
local routes = require("diffgentor.routes")
local task = require("diffgentor.task")

local real_send, real_new = task.send, pool.new
local sent, answers

-- A pool that is alive until its answer kills it.
local function fake_pool(list)
  local made = { name = list[1].base, size = #list, dead = false }
  function made.stats() return { { keys_alive = made.dead and 0 or 1 } } end
  return made
end

local function fake_send(request)
  sent[#sent + 1] = request
  local outcome = { ok = true, verdict = "ok", attempts = 1, waited = 0.5, possibly_billed = false }
  for key, value in pairs(answers[request.pool.name] or {}) do outcome[key] = value end
  if outcome.verdict == "failover" then
    outcome.ok, outcome.error = false, errors.new("api", "invalid_api_key", "no such key")
    request.pool.dead = true
  end
  return outcome
end

local function build(field) return { field = field } end

local function endpoint(base, field, weight)
  return { base = base, field = field, weight = weight, keys = { "sk-routes" } }
end

local function names()
  local list = {}
  for i, request in ipairs(sent) do list[i] = request.pool.name end
  return list
end

local TWO = { endpoint("a", "image", 1), endpoint("b", "image[]", 1) }

describe("routes", function()
  before_each(function()
    sent, answers = {}, {}
    pool.new, task.send = fake_pool, fake_send
  end)
  after_each(function() pool.new, task.send = real_new, real_send end)

  it("are one where all endpoints name the field alike", function()
    local way = assert(routes.new({ endpoint("a", nil, 2), endpoint("b", "auto") }))
    assert.equal(1, #way)
    assert.same({ way.trusted, "auto", 3, 0 },
      { way[1].pool, way[1].field, way[1].weight, way[1].active })
    local outcome, route = way:send(build)
    assert.is_true(outcome.ok)
    assert.equal(way[1], route)
    assert.equal("auto", sent[1].field)
    assert.equal(2, sent[1].pool.size)
  end)

  it("share requests under way by their weight", function()
    local way = assert(routes.new({ endpoint("a", "image", 3), endpoint("b", "image[]", 1),
      endpoint("c", "image", 3) }))
    assert.same({ 6, 1 }, { way[1].weight, way[2].weight })
    task.send = function(request)
      sent[#sent + 1] = request
      while #sent < 70 do task.sleep(0.001) end
      return { ok = true, attempts = 1, waited = 0 }
    end
    local count = 0
    task.run(function()
      task.each(function()
        count = count + 1
        return count <= 70 and count or nil
      end, { width = 70 }, function() assert(way:send(build)) end)
    end)
    local share = { image = 0, ["image[]"] = 0 }
    for _, request in ipairs(sent) do share[request.field] = share[request.field] + 1 end
    assert.same({ image = 60, ["image[]"] = 10 }, share)
    assert.same({ 0, 0 }, { way[1].active, way[2].active })
  end)

  it("stand in for one whose keys are out, and add up what both did", function()
    local way = assert(routes.new(TWO))
    answers.a = { verdict = "failover", attempts = 3, waited = 2, possibly_billed = true }
    answers.b = { attempts = 2, waited = 1 }
    local outcome, route = way:send(build)
    assert.same({ "a", "b" }, names())
    assert.same({ "image", "image[]" }, { sent[1].field, sent[2].field })
    assert.equal(way[2], route)
    assert.same({ true, 5, 3, true },
      { outcome.ok, outcome.attempts, outcome.waited, outcome.possibly_billed })
    assert.same({ 0, 0 }, { way[1].active, way[2].active })
    way:send(build)
    assert.equal("b", sent[3].pool.name)
  end)

  it("give the last refusal when all keys are out, and then send nothing", function()
    local way = assert(routes.new(TWO))
    answers.a = { verdict = "failover", attempts = 1 }
    answers.b = { verdict = "failover", attempts = 4 }
    local outcome, route = way:send(build)
    assert.same({ false, 5, 5 }, { outcome.ok, outcome.attempts, outcome.error.attempts })
    assert.equal(way[2], route)
    assert.is_false(way:alive())
    outcome, route = way:send(build)
    assert.same({ false, "no_key_left", 0 }, { outcome.ok, outcome.error.code, outcome.attempts })
    assert.equal(way[1], route)
    assert.equal(2, #sent)
  end)

  it("do not send elsewhere what was refused for its own sake", function()
    local way = assert(routes.new(TWO))
    answers.a = { ok = false, verdict = "fatal", error = errors.new("api", "x", "no") }
    assert.is_false(way:send(build).ok)
    assert.equal(1, #sent)
    assert.equal(0, way[1].active)
  end)

  it("take one without weight only if there is no other", function()
    local way = assert(routes.new({ endpoint("a", "image", 0), endpoint("b", "image[]", 1) }))
    for _ = 1, 3 do way:send(build) end
    way[2].pool.dead = true
    way:send(build)
    assert.same({ "b", "b", "b", "a" }, names())
  end)

  it("pass on that a request or a pool cannot be made", function()
    local way = assert(routes.new(TWO))
    local none, err = way:send(function() return nil, "no form" end)
    assert.same({ nil, "no form", 0, 0 }, { none, err, #sent, way[1].active })
    pool.new = function() return nil, "no pool" end
    none, err = routes.new(TWO)
    assert.same({ nil, "no pool" }, { none, err })
  end)
end)
