-- SPDX-License-Identifier: MIT
--
-- diffgentor.crew: what it makes of the deaths of workers, without processes.

local crew = require("diffgentor.crew")
local log = require("diffgentor.log")
local report = require("diffgentor.report")

local SEGV, KILL = 11, 9

local said, released, ended
local real_warn, real_error = log.warn, log.error

local function new(settings)
  local link = {
    before = {}, open = function() return 1 end, turn = function() return false end,
    release = function(_, owner, row)
      released[#released + 1] = { owner, row and row.position, row and row.code }
      return 2
    end,
  }
  local prepared = {
    settings = { num_processes = 2, max_global_workers = 5, output_dir = "." },
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

describe("a crew", function()
  before_each(function()
    said, released, ended = {}, {}, 0
    log.warn = function(text) said[#said + 1] = text end
    log.error = log.warn
  end)
  after_each(function() log.warn, log.error = real_warn, real_error end)

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
end)
