-- SPDX-License-Identifier: MIT

local budget = require("diffgentor.budget")

local CENT = 10000000 -- in nanodollars

local function allowed(b, in_flight) return { b:allows(in_flight) } end

describe("budget", function()
  it("lets one row go at a time until a price is known", function()
    local b = budget.new({ max = 100 * CENT, retries = 0 })
    assert.same({ 1 }, allowed(b, 0))
    assert.same({ 0 }, allowed(b, 1))
    b:paid(10 * CENT)
    assert.same({ 9 }, allowed(b, 0))
    assert.same({ 2 }, allowed(b, 7))
    assert.same({ 0 }, allowed(b, 9))
    assert.same({ 0 }, allowed(b, 50))
  end)

  it("stops when a further row might pass the limit", function()
    local b = budget.new({ max = 100 * CENT, retries = 0, spent = 90 * CENT, dearest = 10 * CENT })
    assert.same({ 1 }, allowed(b, 0))
    b:paid(1)
    assert.same({ 0 }, allowed(b, 1))
    assert.same({ 0, "spent" }, allowed(b, 0))
    assert.equal("the limit of $1 leaves no room for a further row, which may cost $0.1: "
      .. "$0.9 is spent", b:text())
  end)

  it("keeps room for every attempt of a row", function()
    local b = budget.new({ max = 100 * CENT, retries = 4, dearest = 10 * CENT })
    assert.same({ 2 }, allowed(b, 0))
    assert.same({ 1 }, allowed(b, 1))
    b:paid(10 * CENT)
    assert.same({ 1 }, allowed(b, 0))
  end)

  it("trusts no price of others before one of its own", function()
    local b = budget.new({ max = 100 * CENT, retries = 0, dearest = 10 * CENT, unproven = true })
    assert.same({ 1 }, allowed(b, 0))
    assert.same({ 0 }, allowed(b, 1))
    b:billed(1)
    b:paid(nil)
    assert.same({ 1 }, allowed(b, 0))
    b:paid(20 * CENT)
    assert.same({ 2 }, allowed(b, 0)) -- 20 and 2 times 20
  end)

  it("counts what may have been billed at the dearest price", function()
    local b = budget.new({ max = 100 * CENT, retries = 0, dearest = 10 * CENT, billed = 3 })
    assert.same({ 7 }, allowed(b, 0))
    b:billed(2)
    assert.same({ 5 }, allowed(b, 0))
    b:paid(nil)
    assert.same({ 4 }, allowed(b, 0))
    b:paid(20 * CENT)
    assert.same({ 0, "spent" }, allowed(b, 0)) -- 20 and 6 times 20
    assert.equal("the limit of $1 leaves no room for a further row, which may cost $0.2: $0.2 is "
      .. "spent, 5 attempts may have been billed, 1 attempt brought an answer of unknown cost, "
      .. "counted as $0.2 each", b:text())
  end)

  it("is blind when answers tell no cost", function()
    local b = budget.new({ max = 5500000000, retries = 0 })
    b:paid(nil)
    assert.same({ 0 }, allowed(b, 1))
    assert.same({ 0, "blind" }, allowed(b, 0))
    assert.equal("the limit of $5.5 cannot be kept: no answer so far has a known cost (it tells no "
      .. "usage, or its model has no price)", b:text())
    b:paid(CENT)
    assert.same({ 548 }, allowed(b, 0))
  end)

  it("is not blind for what earlier runs did not know", function()
    local b = budget.new({ max = 100 * CENT, retries = 0, unpriced = 50, billed = 9 })
    assert.same({ 1 }, allowed(b, 0))
    b:paid(CENT)
    assert.same({ 40 }, allowed(b, 0))
  end)

  it("is blind when only bills and no prices come", function()
    local b = budget.new({ max = 100 * CENT, retries = 0 })
    b:billed(2)
    assert.same({ 1 }, allowed(b, 0))
    b:billed(1)
    assert.same({ 0, "blind" }, allowed(b, 0))
    assert.equal("the limit of $1 cannot be kept: 3 attempts may have been billed, and no cost is "
      .. "known yet", b:text())
  end)

  it("bears the smallest and the greatest numbers", function()
    local none = budget.new({ max = 0, retries = 0 })
    assert.same({ 0, "spent" }, allowed(none, 0))
    assert.equal("the limit of $0 leaves no room for a further row: $0 is spent", none:text())
    local free = budget.new({ max = CENT, retries = 0 })
    free:paid(0)
    assert.same({ 1 }, allowed(free, 0))
    local wide = budget.new({ max = math.maxinteger, retries = 0, dearest = 1 })
    assert.same({ 1 << 31 }, allowed(wide, 0))
    assert.equal("integer", math.type((wide:allows(0))))
    local huge = budget.new({ max = math.maxinteger, retries = math.maxinteger,
      dearest = 10 ^ 15 // 1 | 0, billed = 10 ^ 9 // 1 | 0 })
    assert.same({ 0, "spent" }, allowed(huge, 0))
    assert.truthy(huge:text())
  end)
end)

-- A server that answers, or takes the money without an answer, in any order.
local Server = {}
Server.__index = Server

local function new_server(o)
  return setmetatable({ o = o, rows = {}, billed = 0, known = 0, truth = 0, ended = 0 }, Server)
end

function Server:claim(count)
  for _ = 1, count do table.insert(self.rows, 0) end
end

function Server:drop(i)
  table.remove(self.rows, i)
  self.ended = self.ended + 1
end

-- One attempt of some row ends.
function Server:step(b)
  local i = math.random(#self.rows)
  local price = self.o.price()
  local dice = math.random()
  if dice < self.o.lost then
    self.billed, self.truth = self.billed + 1, self.truth + price
    b:billed(1)
    self.rows[i] = self.rows[i] + 1
    if self.rows[i] > self.o.retries then self:drop(i) end
    return
  end
  self.truth = self.truth + price
  local told = dice < self.o.lost + self.o.silent and nil or price
  if dice >= self.o.lost + self.o.silent then self.known = self.known + price end
  b:paid(told)
  self:drop(i)
end

-- Claims and answers until the budget says stop; `each` sees every state.
local function play(b, server, each)
  for _ = 1, 20000 do
    local rows, why = b:allows(#server.rows)
    assert.equal("integer", math.type(rows))
    if why then return why end
    server:claim(math.random(0, math.min(rows, 40)))
    if rows > 0 and #server.rows == 0 then server:claim(1) end
    each()
    server:step(b)
  end
  error("does not stop")
end

local function counted(b) return b.spent + (b.doubtful + b.unpriced) * b.dearest end

describe("a budget under any order of answers", function()
  local function random_case(price)
    return {
      retries = math.random(0, 4), price = price, lost = math.random() * 0.6,
      silent = math.random() * 0.3,
    }
  end

  it("is never passed where every answer costs the same, and is used up", function()
    for seed = 1, 100 do
      math.randomseed(seed)
      local dollar = math.random(1, 50) * CENT
      local o = random_case(function() return dollar end)
      local server = new_server(o)
      local b = budget.new({ max = math.random(10, 400) * dollar + math.random(0, CENT),
        retries = o.retries, dearest = seed % 2 * dollar })
      local why = play(b, server, function() end)
      assert.equal(0, #server.rows)
      assert.is_true(server.truth <= b.max)
      assert.is_true(server.known + server.billed * dollar <= b.max)
      assert.is_true(why == "blind" or b.max - server.truth < dollar * (1 + o.retries))
      if seed % 2 == 1 then assert.equal("spent", why) end
    end
  end)

  it("is never passed where the first answer is the dearest", function()
    for seed = 1, 100 do
      math.randomseed(seed)
      local top = math.random(2, 50) * CENT
      local o = random_case(function() return math.random(1, top) end)
      local server = new_server(o)
      local b = budget.new({ max = math.random(10, 400) * top, retries = o.retries, dearest = top })
      play(b, server, function() end)
      assert.is_true(server.truth <= b.max)
      assert.is_true(server.known + server.billed * b.dearest <= b.max)
      assert.is_true(b.max - counted(b) < top * (1 + o.retries))
    end
  end)

  it("has room for all that is in flight whenever it gives out more", function()
    for seed = 1, 100 do
      math.randomseed(seed)
      local o = random_case(function() return math.random(1, 50 * CENT) end)
      local server = new_server(o)
      local b = budget.new({ max = math.random(1, 100) * 100 * CENT, retries = o.retries })
      local before = 0
      play(b, server, function()
        local worst = counted(b) + #server.rows * b.dearest * (1 + o.retries)
        assert.is_true(#server.rows <= before or worst <= b.max or #server.rows == 1)
        before = #server.rows
      end)
    end
  end)
end)
