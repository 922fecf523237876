-- SPDX-License-Identifier: MIT
--
-- diffgentor.crew: what it makes of the deaths of workers, without processes.

local crew = require("diffgentor.crew")
local log = require("diffgentor.log")
local peer = require("diffgentor.peer")
local report = require("diffgentor.report")
local sys = require("diffgentor.sys")

local SEGV, KILL = 11, 9

local said, released, ended
local real_warn, real_error = log.warn, log.error
local real_now, real_wait = sys.now, peer.wait

local function new(settings)
  local link = {
    before = {}, open = function() return 1 end, turn = function() return false end,
    release = function(_, owner, row)
      released[#released + 1] = { owner, row and row.position, row and row.code }
      return 2
    end,
  }
  local prepared = {
    settings = {
      num_processes = 2, max_global_workers = 5, output_dir = ".", hang_timeout = 30,
    },
    workflow = { source = { total = 10 }, pool = {
      stats = function() return {} end, outage = function() return nil end,
      bury = function() ended = ended + 1 end,
    } },
    report = report.new({ quiet = true }),
  }
  for name, item in pairs(settings or {}) do prepared.settings[name] = item end
  return crew.new(prepared, link)
end

-- A worker's end of a line that is gone.
local function dead_line()
  return { receive = function() return nil, "ended" end, close = function() end }
end

local function die(c, i, signal, position)
  c.members[i].line = dead_line()
  c.board:at(i - 1, position)
  return c:step({ reaped = i, signal = signal, code = 0 })
end

local SETUP, PROMPT = 1, 4

-- A worker's end of a line on which nothing is said.
local function quiet_line()
  return { receive = function() return nil, "timeout" end, close = function() end }
end

-- At something new, as seen by a clock of milliseconds.
local function move(c, i, ...)
  local before = select(3, c.board:under_way(i - 1))
  repeat
    c.board:at(i - 1, ...)
  until select(3, c.board:under_way(i - 1)) ~= before
end

-- Both workers live; `tick(c, n)` is called every quarter of a second of a clock.
local function watched(tick)
  local now, n = 100, 0
  local c = new()
  c.link.line, c.members[1].line, c.members[2].line = quiet_line(), quiet_line(), quiet_line()
  sys.now = function() return now end
  peer.wait = function()
    now, n = now + 0.25, n + 1
    now = now + (tick(c, n) or 0)
    if n > 1000 then error("nothing was wanted", 0) end
  end
  return c, function() return now - 100 end
end

describe("a crew", function()
  before_each(function()
    said, released, ended = {}, {}, 0
    log.warn = function(text) said[#said + 1] = text end
    log.error = log.warn
  end)
  after_each(function()
    log.warn, log.error, sys.now, peer.wait = real_warn, real_error, real_now, real_wait
  end)

  it("has no more workers than places, and shares those", function()
    for _, case in ipairs({ { 4, 16, { 4, 4, 4, 4 } }, { 2, 5, { 3, 2 } }, { 8, 3, { 1, 1, 1 } },
      { 4, 6, { 2, 2, 1, 1 } }, { 3, 256, { 86, 85, 85 } } }) do
      local c, places = new({ num_processes = case[1], max_global_workers = case[2] }), {}
      for i = 1, crew.size(c.settings) do places[i] = c:places_of(i) end
      assert.same(case[3], places)
    end
  end)

  it("replaces a worker that was killed, and fails no row for that", function()
    local c = new()
    assert.same({ "start", 1 }, { c:step({}) })
    for _ = 1, 3 do
      assert.same({ "start", 1 }, { die(c, 1, KILL, 7) })
    end
    assert.same({ { 1 }, { 1 }, { 1 } }, released)
    assert.equal(3, ended)
    assert.equal("worker 1 was ended by signal 9; 2 requests of its may have been billed, its rows "
      .. "are pending again", said[1])
    assert.equal(0, c.prepared.report.counts.failed)
  end)

  it("fails the row that was under way in two workers that crashed", function()
    local c = new()
    c:step({})
    die(c, 1, SEGV, 7)
    die(c, 1, SEGV, 3)
    assert.same({ { 1 }, { 1 } }, released)
    die(c, 1, SEGV, 7)
    assert.same({ 1, 7, "worker_crashed" }, released[3])
    assert.equal(1, c.prepared.report.counts.failed)
    assert.matches("row 8: its hook or picture work was under way in 2 workers", said[4])
  end)

  it("ends the run after five deaths without a row that ended", function()
    local c = new()
    c:step({})
    for _ = 1, 4 do die(c, 1, SEGV) end
    assert.is_nil(c.desk.halted)
    c.members[1].line = dead_line()
    c.link.line = dead_line()
    pcall(c.step, c, { reaped = 1, signal = SEGV, code = 0 }) -- there is nobody to finish with
    assert.equal("workers", c.desk.halted.code)
    assert.equal(1, c.board:get("halted"))
  end)

  it("has a worker killed that is at one thing for too long, and fails that row alone", function()
    local c, passed = watched(function(c, n)
      if n == 1 then move(c, 2, 7, PROMPT) end
      move(c, 1, 3, PROMPT)
    end)
    assert.same({ "kill", 2 }, { c:step({}) })
    assert.truthy(passed() >= 30 and passed() < 31.5)
    assert.same({ "start", 2 }, { c:step({ reaped = 2, signal = KILL, code = 0 }) })
    assert.same({ { 2, 7, "hung" } }, released)
    assert.matches("^worker 2 hung for 3%d%.%d seconds and was killed; 2 requests", said[1])
    assert.equal("row 8: its prompt hook did not return within 30 seconds; --hang_timeout allows "
      .. "more", said[2])
    assert.same({ nil, 0, nil }, { c.board:under_way(1) })
  end)

  it("does not kill what waits, or what it did not see for so long", function()
    local c = watched(function(c, n)
      if n == 1 then move(c, 1, 3, PROMPT) end
      if n == 8 then return 60 end -- stopped, all of them
      if n == 100 then error("enough", 0) end
    end)
    assert.has_error(function() c:step({}) end, "enough")
  end)

  it("fails no row that went on before the kill", function()
    local c = watched(function(c, n) if n == 1 then move(c, 1, 3, PROMPT) end end)
    assert.same({ "kill", 1 }, { c:step({}) })
    move(c, 1, 3, PROMPT)
    c:step({ reaped = 1, signal = KILL, code = 0 })
    assert.same({ { 1 } }, released)
  end)

  it("ends the run where setup hangs", function()
    local c = watched(function(c, n) if n == 1 then move(c, 1, nil, SETUP) end end)
    assert.same({ "kill", 1 }, { c:step({}) })
    c.members[2].line = dead_line()
    assert.same({ "reap", 2 }, { c:step({ reaped = 1, signal = KILL, code = 0 }) })
    assert.same({ { 1 } }, released)
    assert.equal("the setup hook did not return within 30 seconds; --hang_timeout allows more",
      c.desk.halted.message)
  end)
end)
