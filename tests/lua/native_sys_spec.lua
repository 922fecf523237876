-- SPDX-License-Identifier: MIT
--
-- diffgentor.sys and diffgentor.log.

local log = require("diffgentor.log")
local support = require("support")
local sys = require("diffgentor.sys")

describe("sys", function()
  it("tells the time", function()
    local now = sys.now()
    assert.truthy(now > 0 and sys.now() >= now)
    assert.truthy(math.abs(sys.time() - os.time()) < 5)
    assert.truthy(sys.stamp():find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$"))
  end)

  it("knows the process", function()
    assert.truthy(math.type(sys.pid()) == "integer" and sys.pid() > 1)
    assert.truthy(sys.version:find("^%d+%.%d+%.%d+$"))
    assert.truthy(sys.columns() > 0)
    assert.is_boolean(sys.isatty(2))
    assert.equal(0, sys.stop_count())
    assert.is_nil(sys.stop_signal())
  end)

  it("makes text fit to be shown", function()
    assert.equal("\\x1b[31mred\\n", sys.visible("\27[31mred\n"))
    assert.equal("a\\x00b\\xff", sys.visible("a\0b\xff"))
    assert.equal("prüfen", sys.visible("prüfen"))
    assert.equal("", sys.visible(""))
    assert.equal(4 * 1000, #sys.visible(("\1"):rep(1000)))
  end)

  it("masks secrets and nothing else", function()
    sys.secret("sk-live-abcdefgh12345678")
    assert.equal(("*"):rep(20) .. "5678!", sys.mask("sk-live-abcdefgh12345678!"))
    assert.equal("a\0b", sys.mask("a\0b"))
    assert.equal("", sys.mask(""))
  end)

  it("checks UTF-8", function()
    for _, good in ipairs { "", "abc", "prüfen", "\u{10ffff}", ("x"):rep(1000) .. "é" } do
      assert.is_true(sys.utf8_ok(good))
    end
    for _, bad in ipairs { "\xff", "\xc3", "a\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80" } do
      assert.is_false(sys.utf8_ok(bad))
    end
  end)

  it("writes to standard output", function() assert.is_true(sys.write("")) end)

  it("refuses bad arguments", function()
    support.raises {
      { "bad argument #1 to 'isatty' (0, 1 or 2 expected)", function() sys.isatty(3) end },
      { "bad argument #1 to 'isatty' (number expected, got no value)",
        function() sys.isatty() end },
      { "bad argument #1 to 'write' (string expected, got nil)", function() sys.write(nil) end },
      { "bad argument #1 to 'visible' (string expected, got nil)",
        function() sys.visible(nil) end },
      { "bad argument #1 to 'mask' (string expected, got nil)", function() sys.mask(nil) end },
      { "bad argument #1 to 'secret' (string contains a zero byte)",
        function() sys.secret("ab\0cd") end },
      { "bad argument #1 to 'utf8_ok' (string expected, got nil)",
        function() sys.utf8_ok(nil) end },
    }
  end)

  it("lives under an eager collector", function()
    support.stressed(function()
      for i = 1, 20 do
        assert(#sys.visible(("\1"):rep(i)) == 4 * i)
        assert(sys.mask(("x"):rep(i)) == ("x"):rep(i))
      end
    end)
  end)
end)

describe("log", function()
  local path

  before_each(function()
    path = support.folder() .. "/log.jsonl"
    log.level("error")
    assert.is_true(log.file(path))
  end)

  after_each(function()
    log.file(nil)
    log.level("info")
    support.sweep()
  end)

  local function lines()
    assert.is_true(log.file(nil))
    local json = require("cjson")
    local found = {}
    for line in io.lines(path) do found[#found + 1] = json.decode(line) end
    return found
  end

  it("keeps lines of every level and events in the file", function()
    log.debug("one")
    log.info("two")
    log.warn("three\0\27")
    log.event("row", '"row":3')
    log.event("end")
    local found = lines()
    assert.equal(5, #found)
    assert.equal("row", found[4].event)
    assert.equal(3, found[4].row)
    assert.equal("end", found[5].event)
    for _, line in ipairs(found) do assert.truthy(line.time) end
    assert.truthy(support.get(path):find("three", 1, true))
    assert.is_nil(support.get(path):find("\27", 1, true))
  end)

  it("says why it cannot open its file", function()
    local ok, err = log.file("/none/log")
    assert.is_nil(ok)
    assert.truthy(err.message:find("/none/log", 1, true))
    ok, err = log.file("a\0b")
    assert.is_nil(ok)
    assert.equal("bad_path", err.code)
  end)

  it("refuses bad arguments", function()
    log.colour(false)
    support.raises {
      { "bad argument #1 to 'info' (string expected, got nil)", function() log.info(nil) end },
      { "bad argument #1 to 'debug' (string expected, got nil)", function() log.debug(nil) end },
      { "bad argument #1 to 'warn' (string expected, got nil)", function() log.warn(nil) end },
      { "bad argument #1 to 'error' (string expected, got nil)", function() log.error(nil) end },
      { "bad argument #1 to 'progress' (string expected, got nil)",
        function() log.progress(nil) end },
      { "bad argument #1 to 'level' (invalid option 'loud')", function() log.level("loud") end },
      { "bad argument #1 to 'colour' (boolean expected, got no value)",
        function() log.colour() end },
      { "bad argument #1 to 'event' (string expected, got no value)", function() log.event() end },
      { "bad argument #2 to 'event' (string contains a zero byte)",
        function() log.event("a", "b\0") end },
    }
  end)
end)
