-- SPDX-License-Identifier: MIT
--
-- diffgentor.native.pace.

local pace = require("diffgentor.native.pace")
local support = require("support")

describe("native pace", function()
  it("grows while all of it is used, and no further than it may", function()
    local p = pace.new { most = 20 }
    assert.equal(8, p:width())
    for n = 1, 8 do p:ended(false, 0.5, p:width(), n) end
    assert.equal(16, p:width())
    for n = 1, 100 do p:ended(false, 0.5, 3, n) end
    assert.equal(16, p:width())
    for n = 1, 100 do p:ended(false, 0.5, p:width(), n) end
    assert.equal(20, p:width())
  end)

  it("is cut once a latency where a server says that it is too much", function()
    local p = pace.new { least = 8 }
    for n = 1, 12 do p:ended(false, 5, p:width(), n) end
    assert.equal(20, p:width())
    for _ = 1, 10 do p:ended(true, nil, 20, 100) end
    assert.equal(14, p:width())
    p:ended(true, nil, 14, 104)
    assert.equal(14, p:width())
    p:ended(true, nil, 14, 106)
    assert.equal(9, p:width())
    p:ended(true, nil, 9, 112)
    assert.equal(8, p:width())
  end)

  it("has the time of now", function()
    local p = pace.new {}
    p:ended(true, nil, 8)
    assert.equal(5, p:width())
  end)

  it("can be closed", function()
    local kept
    do
      local p <close> = pace.new {}
      kept = p
    end
    support.raises { { "attempt to use a closed pace", function() kept:width() end } }
  end)

  it("refuses bad arguments", function()
    local p = pace.new {}
    support.raises {
      { "bad argument #1 to 'new' (table expected, got no value)", function() pace.new() end },
      { "bad argument #1 to 'new' (not 1 <= least <= most)",
        function() pace.new { least = 0 } end },
      { "bad argument #1 to 'new' (not 1 <= least <= most)",
        function() pace.new { least = 9, most = 8 } end },
      { "bad argument #1 to 'new' (option 'most' is over 1000000)",
        function() pace.new { most = 1000001 } end },
      { "bad argument #1 to 'ended' (boolean expected, got nil)",
        function() p:ended(nil, 1, 1) end },
      { "bad argument #2 to 'ended' (seconds from 0 to 1e12 expected)",
        function() p:ended(false, -1, 1) end },
      { "bad argument #3 to 'ended' (number expected, got no value)",
        function() p:ended(false, nil) end },
      { "bad argument #3 to 'ended' (from 0 to 1000000 expected)",
        function() p:ended(false, 1, -1) end },
      { "bad argument #1 to 'width' (diffgentor.pace expected, got table)",
        function() p.width({}) end },
    }
  end)
end)
