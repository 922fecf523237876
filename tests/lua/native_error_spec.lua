-- SPDX-License-Identifier: MIT
--
-- diffgentor.error, and the state that all specs run in.

local errors = require("diffgentor.error")
local support = require("support")
local sys = require("diffgentor.sys")

describe("the state", function()
  it("is that of Lua 5.4", function() assert.equal("Lua 5.4", _VERSION) end)

  it("does not search the working folder unless asked", function()
    assert.is_nil(package.path:find("./?.lua", 1, true))
    assert.is_nil(package.path:find("./?/init.lua", 1, true))
    assert.is_nil(package.cpath:find("./?.so", 1, true))
    assert.truthy(package.path:find("/usr/share/lua/5.4/?.lua", 1, true))
  end)

  it("names the file of an embedded module", function()
    local argparse, where = require("argparse")
    assert.truthy(argparse)
    assert.equal("argparse.lua", where)
  end)

  it("has both forms of cjson", function()
    assert.equal("[1]", require("cjson").encode({ 1 }))
    assert.is_nil((require("cjson.safe").decode("[")))
  end)

  it("says which embedded module is missing", function()
    local ok, message = pcall(require, "diffgentor.nothing")
    assert.is_false(ok)
    assert.truthy(message:find("no embedded module 'diffgentor.nothing'", 1, true))
  end)
end)

describe("error", function()
  local kinds = { "usage", "config", "input", "image", "file", "network", "timeout", "api",
    "reply", "stopped", "script" }

  it("knows every kind", function()
    for _, kind in ipairs(kinds) do
      local err = errors.new(kind, "some_code", "what")
      assert.same({ kind = kind, code = "some_code", message = "what" }, err)
      assert.equal("what", tostring(err))
      assert.is_true(errors.is(err))
    end
  end)

  it("formats like string.format", function()
    local inner = errors.new("file", "open", "no such file")
    local err = errors.new("input", "", "row %d of %s: %5.1f%% %q %s", 3, "a.csv", 1.5, "x", inner)
    assert.equal('row 3 of a.csv:   1.5% "x" no such file', err.message)
    assert.equal("100%", errors.new("input", "", "100%").message)
    assert.equal("nil and true", errors.new("input", "", "%s and %s", nil, true).message)
    assert.equal("7", errors.new("input", "", 7).message)
  end)

  it("masks secrets and cuts at a character", function()
    sys.secret("sk-canary-0123456789")
    local err = errors.new("api", "no", "wrong key sk-canary-0123456789")
    assert.is_nil(err.message:find("canary", 1, true))
    local long = errors.new("api", "no", ("ä"):rep(2000)).message
    assert.truthy(#long < 1024 and utf8.len(long))
  end)

  it("tells its own from others", function()
    for _, other in ipairs { 1, "text", {}, setmetatable({}, {}), print, io.stdout } do
      assert.is_false(errors.is(other))
    end
    assert.is_false(errors.is(nil))
    local empty = setmetatable({}, getmetatable(errors.new("api", "", "x")))
    assert.equal("error without a message", tostring(empty))
  end)

  it("refuses bad arguments", function()
    support.raises {
      { "bad argument #1 to 'new' (unknown kind 'apy')",
        function() errors.new("apy", "", "x") end },
      { "bad argument #1 to 'new' (unknown kind 'none')",
        function() errors.new("none", "", "x") end },
      { "bad argument #1 to 'new' (string expected, got no value)", function() errors.new() end },
      { "bad argument #2 to 'new' (string expected, got nil)",
        function() errors.new("api", nil, "x") end },
      { "bad argument #2 to 'new' (string contains a zero byte)",
        function() errors.new("api", "a\0b", "x") end },
      { "bad argument #3 to 'new' (string expected, got table)",
        function() errors.new("api", "x", {}) end },
      { "bad argument #2 to 'new' (number expected, got string)",
        function() errors.new("api", "x", "%d", "y") end },
      { "bad argument #1 to 'is' (value expected)", function() errors.is() end },
    }
  end)

  it("lives under an eager collector", function()
    support.stressed(function()
      for i = 1, 50 do
        local err = errors.new("api", "code" .. i, "%s %d %s", "row", i, ("x"):rep(i))
        assert(err.message == ("row %d %s"):format(i, ("x"):rep(i)) and err.code == "code" .. i)
      end
    end)
  end)
end)
