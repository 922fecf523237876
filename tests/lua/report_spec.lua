-- SPDX-License-Identifier: MIT
local report = require("diffgentor.report")

-- A report with a clock that is set by hand and outputs that are kept.
local function new(options)
  local t = { now = 100, progress = {}, lines = {}, written = {} }
  options = options or {}
  options.clock = function() return t.now end
  options.progress = function(text) table.insert(t.progress, text) end
  options.line = function(text) table.insert(t.lines, text) end
  options.write = function(text)
    if t.broken then return nil, t.broken end
    table.insert(t.written, text)
    return true
  end
  return report.new(options), t
end

local function rows(r, status, count, fields)
  for _ = 1, count do
    r:row(status, fields)
  end
end

describe("report", function()
  it("shows one line with a bar on a terminal", function()
    local r, t = new({ terminal = true })
    r:expect(500)
    r:tick(64)
    rows(r, "done", 120)
    rows(r, "failed", 3, { code = "x" })
    t.now = 110
    r:tick(64)
    assert.equal("[>         ] 0 done, 0 failed of 500 | 64 in flight", t.progress[1])
    assert.equal("[==>       ] 120 done, 3 failed of 500 | 12.3/s | 64 in flight | ETA 0:31",
      t.progress[2])
    assert.same({}, t.lines)
  end)

  it("fills the bar", function()
    local r, t = new({ terminal = true })
    r:expect(10)
    rows(r, "done", 10)
    r:tick(0)
    assert.equal("[==========] 10 done, 0 failed of 10 | 0 in flight", t.progress[1])
  end)

  it("counts only rows that are to be sent", function()
    local r, t = new({ terminal = true })
    r:expect(100)
    rows(r, "skipped", 60)
    rows(r, "reused", 20)
    rows(r, "done", 10)
    r:tick(1)
    assert.equal("[=====>    ] 10 done, 0 failed of 20 | 1 in flight", t.progress[1])
  end)

  it("has neither bar nor ETA without a total", function()
    local r, t = new({ terminal = true })
    r:tick(2)
    rows(r, "done", 4)
    t.now = 102
    r:tick(2)
    assert.equal("4 done, 0 failed | 2.0/s | 2 in flight", t.progress[2])
  end)

  it("writes hours in an ETA", function()
    local r, t = new({ terminal = true })
    r:expect(3601)
    r:tick(1)
    rows(r, "done", 1)
    t.now = 101
    r:tick(1)
    assert.matches("ETA 1:00:00$", t.progress[2])
    r:expect(7262)
    t.now = 101
    r:tick(1)
    assert.matches("ETA 2:01:01$", t.progress[3])
  end)

  it("has no bar where nothing is to do, and no ETA while nothing ends", function()
    local r, t = new({ terminal = true })
    r:expect(3)
    rows(r, "skipped", 3)
    r:tick(0)
    assert.equal("0 done, 0 failed of 0 | 0 in flight", t.progress[1])
    r, t = new({ terminal = true })
    r:expect(1)
    r:tick(1)
    t.now = 101
    r:tick(1)
    assert.equal("[>         ] 0 done, 0 failed of 1 | 0.0/s | 1 in flight", t.progress[2])
  end)

  it("takes the rate over the last ticks only", function()
    local r, t = new({ terminal = true })
    for _ = 1, 100 do
      t.now = t.now + 1
      r:tick(1)
    end
    for _ = 1, 40 do
      t.now = t.now + 1
      rows(r, "done", 2)
      r:tick(1)
    end
    assert.matches("| 2.0/s |", t.progress[#t.progress], 1, true)
  end)

  it("shows a line every five seconds elsewhere", function()
    local r, t = new()
    for _ = 1, 120 do
      t.now = t.now + 0.125
      rows(r, "done", 1)
      r:tick(3)
    end
    assert.equal(3, #t.lines)
    assert.equal("40 done, 0 failed | 8.0/s | 3 in flight", t.lines[1])
    assert.same({}, t.progress)
  end)

  it("is quiet where asked", function()
    for _, terminal in ipairs({ true, false }) do
      local r, t = new({ quiet = true, terminal = terminal })
      t.now = 200
      r:tick(1)
      r:finish()
      assert.same({}, t.progress)
      assert.same({}, t.lines)
      assert.equal(1, #t.written)
    end
  end)

  it("ends with a summary", function()
    local r, t = new({ terminal = true })
    rows(r, "done", 480, { attempts = 1 })
    rows(r, "failed", 2, { code = "rate_limit_exceeded", attempts = 3 })
    rows(r, "failed", 1, { code = "moderation_blocked", attempts = 1 })
    rows(r, "skipped", 10)
    rows(r, "reused", 5)
    rows(r, "pending", 2)
    t.now = 141
    assert.is_true(r:finish("out/results.csv"))
    assert.same({ "" }, t.progress)
    assert.same({ [[
480 done, 3 failed, 10 skipped, 5 reused from earlier runs, 2 pending
487 attempts in 0:41
errors:
       2  rate_limit_exceeded
       1  moderation_blocked
results: out/results.csv
]] }, t.written)
  end)

  it("leaves out what did not happen, but for done and failed", function()
    local r, t = new()
    r:row("done", { attempts = 1 })
    r:finish("r.csv")
    assert.same({ "1 done, 0 failed\n1 attempt in 0:00\nresults: r.csv\n" }, t.written)
  end)

  it("names the five commonest errors", function()
    local r = new()
    for i = 1, 8 do
      rows(r, "failed", i, { code = "code" .. i })
    end
    r:row("failed", { code = "" })
    local text = r:summary()
    assert.matches("errors:\n       8  code8\n       7  code7\n       6  code6\n       5  code5\n"
      .. "       4  code4\n       7  others\n", text, 1, true)
  end)

  it("shows a single error, skipped or other row too", function()
    local r = new()
    for i, code in ipairs({ "b", "a", "c", "e", "d", "f" }) do
      r:row("failed", { code = code, attempts = i == 1 and 1 or 0 })
    end
    r:row("skipped")
    r:row("pending")
    assert.equal([[
0 done, 6 failed, 1 skipped, 1 pending
1 attempt in 0:00
errors:
       1  a
       1  b
       1  c
       1  d
       1  e
       1  others
]], r:summary())
    r = new()
    r:row("failed", { code = "only" })
    assert.matches("\nerrors:\n       1  only\n$", r:summary())
  end)

  it("calls an error without a code unknown", function()
    local r = new()
    r:row("failed")
    r:row("failed", {})
    assert.matches("       2  unknown\n", r:summary(), 1, true)
  end)

  it("finishes once, and shows nothing after that", function()
    local r, t = new({ terminal = true })
    r:finish()
    assert.is_true(r:finish())
    r:tick(1)
    assert.equal(1, #t.written)
    assert.same({ "" }, t.progress)
  end)

  it("tells that the summary could not be written", function()
    local r, t = new()
    t.broken = "No space left on device"
    local ok, err = r:finish()
    assert.is_nil(ok)
    assert.equal("No space left on device", err)
  end)

  it("makes a foreign code harmless", function()
    local r = new()
    r:row("failed", { code = "\27]0;title\7" })
    assert.is_nil(r:summary():find("[\27\7]"))
  end)

  it("refuses an unknown status", function()
    local r = new()
    assert.has_error(function() r:row("sent") end)
  end)
end)
