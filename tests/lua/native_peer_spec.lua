-- SPDX-License-Identifier: MIT
--
-- diffgentor.peer, over the sockets that spec.c leaves in DG_LINES.

local peer = require("diffgentor.peer")
local support = require("support")
local sys = require("diffgentor.sys")

-- Both ends, each by a descriptor of its own: the pair itself stays open.
local function both()
  local a, b = os.getenv("DG_LINES"):match("(%d+) (%d+)")
  return peer.on(math.tointeger(a)), peer.on(math.tointeger(b)), math.tointeger(a)
end

describe("a peer", function()
  local here, there, fd

  before_each(function() here, there, fd = both() end)
  after_each(function()
    here:close()
    there:close()
  end)

  it("hears whole messages in their order", function()
    local long = ("x\0"):rep(16383) .. "y"
    assert.equal(32767, #long)
    for _, text in ipairs({ "one", "two\0three", long }) do
      assert.is_true(here:send(text))
    end
    assert.equal("one", there:receive())
    assert.equal("two\0three", there:receive(0))
    assert.equal(long, there:receive(5))
    assert.is_true(there:send("back"))
    assert.equal("back", here:receive())
  end)

  it("says why there is none", function()
    assert.same({ nil, "timeout" }, { here:receive(0) })
    assert.same({ nil, "timeout" }, { here:receive(0.001) })
    there:send("input for whoever looks")
    assert.same({ nil, "input" }, { there:receive(5, false, fd) })
    assert.equal("input for whoever looks", here:receive())
  end)

  it("is woken where it heeds that", function()
    assert.same({ nil, "timeout" }, { here:receive(0, true) })
    sys.wake()
    assert.same({ nil, "stop" }, { here:receive(5, true) })
    assert.same({ nil, "timeout" }, { here:receive(0, true) })
    assert.equal(0, sys.stop_count())
    sys.wake()
    assert.same({ nil, "timeout" }, { here:receive(0, false) })
    assert.same({ nil, "stop" }, { here:receive(0, true) })
  end)

  it("knows that the other one is gone", function()
    local alone <close> = peer.on(math.tointeger(os.getenv("DG_LINES"):match("%d+$")))
    assert.same({ nil, "ended" }, { alone:receive() })
    assert.same({ nil, "ended" }, { alone:receive(0, true) })
    assert.is_false(alone:send("anybody?"))
  end)

  it("prefers a message to everything else", function()
    sys.wake()
    there:send("text")
    assert.equal("text", here:receive(5, true))
    assert.same({ nil, "stop" }, { here:receive(5, true) })
  end)

  it("refuses bad arguments", function()
    support.raises({
      { "bad argument #1 to 'on' (number expected, got no value)", function() peer.on() end },
      { "bad argument #1 to 'on' (open descriptor expected)", function() peer.on(99999) end },
      { "bad argument #1 to 'send' (1 to 32767 bytes expected)", function() here:send("") end },
      { "bad argument #1 to 'send' (1 to 32767 bytes expected)",
        function() here:send(("x"):rep(32768)) end },
      { "bad argument #1 to 'receive' (seconds from 0 to 1e12 expected)",
        function() here:receive(-1) end },
    })
  end)

  it("is closed once and for all", function()
    here:close()
    here:close()
    support.raises({
      { "attempt to use a closed peer", function() here:send("x") end },
      { "attempt to use a closed peer", function() here:receive(0) end },
    })
    do
      local again <close> = peer.on(fd)
      assert.is_true(again:send("still open"))
    end
    assert.equal("still open", there:receive())
  end)
end)
