-- SPDX-License-Identifier: MIT
--
-- What ends a run early, judged alone; runs that end so are edit_limits_spec.lua's.

local limits = require("diffgentor.limits")
local sys = require("diffgentor.sys")

local NOTHING = { cost = 0, dearest = 0, possibly_billed = 0, unpriced = 0 }
local NO = { status = "failed", code = "no", message = "no, never" }
local OTHER = { status = "failed", code = "other", message = "something else" }
local BUSY = { status = "failed", code = "no", message = "busy", transient = true }
local DONE, SKIPPED = { status = "done", code = nil }, { status = "skipped" }

local function new(settings, counts)
  settings.api_max_retries = settings.api_max_retries or 0
  return limits.new(settings, counts or NOTHING)
end

-- The code of the first record that stops the run, and its place.
local function stops_at(settings, records)
  local l = new(settings)
  for i, record in ipairs(records) do
    local err = l:ended(record)
    if err then return err.code, i, err.kind, err.message end
  end
end

describe("limits", function()
  local cases = {
    { "none are there", {}, { NO, NO, NO }, nil },
    { "so many rows have failed", { max_errors = 2 }, { DONE, NO, SKIPPED, OTHER, NO },
      "max_errors", 4 },
    { "one row may fail", { max_errors = 1 }, { DONE, NO }, "max_errors", 2 },
    { "busy servers count as failures too", { max_errors = 2 }, { BUSY, BUSY }, "max_errors", 2 },
    { "the first rows fail alike", { max_same_errors = 3 }, { NO, NO, NO }, "max_same_errors", 3 },
    { "0 is never", { max_same_errors = 0 }, { NO, NO, NO }, nil },
    { "a done row is among them", { max_same_errors = 2 }, { DONE, NO, NO, NO }, nil },
    { "skipped rows, which say nothing, are among them", { max_same_errors = 2 },
      { SKIPPED, NO, SKIPPED, NO }, "max_same_errors", 4 },
    { "they fail differently", { max_same_errors = 2 }, { NO, OTHER, OTHER, OTHER }, nil },
    { "waiting might help", { max_same_errors = 2 }, { BUSY, BUSY, BUSY }, nil },
    { "a row without a code", { max_same_errors = 1 }, { { status = "failed" } }, nil },
    { "both hold, the common error is told", { max_same_errors = 2, max_errors = 2 }, { NO, NO },
      "max_same_errors", 2 },
  }
  for _, case in ipairs(cases) do
    it("stop where they should if " .. case[1], function()
      local code, place, kind = stops_at(case[2], case[3])
      assert.same({ case[4], case[5] }, { code, place })
      if code then assert.equal("stopped", kind) end
    end)
  end

  it("say why", function()
    assert.equal("the first 2 rows all failed with no, and the others would too; the last one: no, "
      .. "never", (select(4, stops_at({ max_same_errors = 2 }, { NO, NO }))))
    assert.equal("--max_errors 1: as many rows have failed",
      (select(4, stops_at({ max_errors = 1 }, { NO }))))
  end)

  it("give all places where there is no budget", function()
    assert.same({ 7 }, { new({}):room(7, 100) })
  end)

  it("give one row at a time until a price is known, then what the budget allows", function()
    local l = new({ max_cost = 100 })
    assert.same({ 1, 0 }, { l:room(7, 0), (l:room(7, 1)) })
    l:ended({ status = "done", answered = true, cost = 10 })
    assert.equal(7, (l:room(7, 0)))
    assert.equal(9, (l:room(70, 0)))
    assert.equal(4, (l:room(70, 5)))
    l:ended({ status = "failed", billed = 1 })
    assert.equal(8, (l:room(70, 0)))
    l:ended({ status = "failed", answered = true, cost = nil }) -- of unknown cost
    assert.equal(7, (l:room(70, 0)))
    l:ended({ status = "failed", code = "x" }) -- neither
    assert.equal(7, (l:room(70, 0)))
  end)

  it("count what earlier runs have spent", function()
    local counts = { cost = 70, dearest = 10, possibly_billed = 1, unpriced = 1 }
    assert.equal(1, (new({ max_cost = 100 }, counts):room(9, 0)))
    local room, stop = new({ max_cost = 99 }, counts):room(9, 0)
    assert.same({ 0, "max_cost", "stopped" }, { room, stop.code, stop.kind })
    assert.truthy(stop.message:find("^%-%-max_cost: the limit of %$"))
    assert.same({ 0, nil }, { new({ max_cost = 99 }, counts):room(9, 3) })
  end)

  it("end when the time is over", function()
    local now, real_now = 1000, sys.now
    sys.now = function() return now end -- luacheck: ignore 122
    local l, endless = new({ max_runtime = 2.5 }), new({})
    local early = l:overdue()
    now = 1002.4
    local nearly = l:overdue()
    now = 1002.5
    local stop, never = l:overdue(), endless:overdue()
    sys.now = real_now -- luacheck: ignore 122
    assert.same({ nil, nil, nil }, { early, nearly, never })
    assert.same({ "stopped", "max_runtime", "--max_runtime 2.5: the time is over" },
      { stop.kind, stop.code, stop.message })
  end)
end)
