-- SPDX-License-Identifier: MIT
--
-- diffgentor.ratelimit.

local ratelimit = require("diffgentor.ratelimit")
local support = require("support")

describe("ratelimit", function()
  it("lets `limit` through a window", function()
    local r = ratelimit.new { limit = 2, window = 10 }
    assert.equal(0, r:take(100))
    assert.equal(0, r:take(101))
    assert.equal(8, r:delay(102))
    assert.equal(8, r:take(102))
    assert.equal(0, r:delay(110))
    assert.equal(0, r:take(110))
    assert.equal(0.5, r:take(110.5))
  end)

  it("has a window of a minute, and the time of now", function()
    local r = ratelimit.new { limit = 1 }
    assert.equal(0, r:take())
    local delay = r:take()
    assert.truthy(delay > 59 and delay <= 60)
    assert.truthy(r:delay() > 59)
  end)

  it("without a limit never waits", function()
    local r = ratelimit.new { limit = 0 }
    for _ = 1, 100 do assert.equal(0, r:take(5)) end
  end)

  it("refuses bad arguments", function()
    local r = ratelimit.new { limit = 1 }
    local whole = "whole number from 0 to 2147483647 expected, got "
    support.raises {
      { "bad argument #1 to 'new' (table expected, got no value)", function() ratelimit.new() end },
      { "bad argument #1 to 'new' (option 'limit' is missing)", function() ratelimit.new {} end },
      { "bad argument #1 to 'new' (option 'limit': " .. whole .. "-1)",
        function() ratelimit.new { limit = -1 } end },
      { "bad argument #1 to 'new' (option 'limit': " .. whole .. "1.5)",
        function() ratelimit.new { limit = 1.5 } end },
      { "bad argument #1 to 'new' (option 'limit': " .. whole .. "string)",
        function() ratelimit.new { limit = "5" } end },
      { "bad argument #1 to 'new' (option 'limit' is over 1000000)",
        function() ratelimit.new { limit = 1000001 } end },
      { "bad argument #1 to 'new' (option 'window': seconds from 0 to 1e12 expected, got -1)",
        function() ratelimit.new { limit = 1, window = -1 } end },
      { "bad argument #1 to 'new' (option 'window' is 0)",
        function() ratelimit.new { limit = 1, window = 0 } end },
      { "bad argument #1 to 'new' (unknown option 'windows'; did you mean 'window'?)",
        function() ratelimit.new { limit = 1, windows = 1 } end },
      { "bad argument #1 to 'take' (number expected, got string)", function() r:take("x") end },
      { "bad argument #1 to 'take' (seconds from 0 to 1e12 expected)", function() r:take(-1) end },
      { "bad argument #1 to 'delay' (seconds from 0 to 1e12 expected)",
        function() r:delay(0 / 0) end },
      { "bad argument #1 to 'take' (diffgentor.ratelimit expected, got table)",
        function() r.take({}) end },
    }
  end)
end)
