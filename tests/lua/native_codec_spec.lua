-- SPDX-License-Identifier: MIT
--
-- diffgentor.base64, diffgentor.hash and diffgentor.set.

local base64 = require("diffgentor.base64")
local hash = require("diffgentor.hash")
local set = require("diffgentor.set")
local support = require("support")

describe("base64", function()
  local pairs_of = {
    { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\0\255\16", "AP8Q" },
  }

  it("goes both ways", function()
    for _, pair in ipairs(pairs_of) do
      assert.equal(pair[2], base64.encode(pair[1]))
      assert.equal(pair[1], base64.decode(pair[2]))
    end
    local big = ("\0\1\2\3\4\5\6"):rep(30000)
    assert.equal(big, base64.decode(base64.encode(big)))
  end)

  it("says what is wrong", function()
    local cases = {
      { "Zm9v!mFy", "not base64: a wrong character after 3 decoded bytes" },
      { "Zm9vY", "not base64: the text is cut short after 3 decoded bytes" },
    }
    for _, case in ipairs(cases) do
      local bytes, err = base64.decode(case[1])
      assert.is_nil(bytes)
      assert.equal("input", err.kind)
      assert.equal("invalid_base64", err.code)
      assert.equal(case[2], err.message)
    end
  end)

  it("refuses bad arguments", function()
    support.raises {
      { "bad argument #1 to 'encode' (string expected, got nil)",
        function() base64.encode(nil) end },
      { "bad argument #1 to 'decode' (string expected, got table)",
        function() base64.decode({}) end },
    }
  end)
end)

describe("hash", function()
  it("is SHA-256", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      hash.sha256("abc"))
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      hash.sha256(""))
    support.raises { { "bad argument #1 to 'sha256' (string expected, got boolean)",
      function() hash.sha256(true) end } }
  end)
end)

describe("set", function()
  it("tells new from seen", function()
    local s = set.new()
    for _, value in ipairs { 0, 1, -1, math.maxinteger, math.mininteger, "", "a", "1" } do
      assert.is_true(s:add(value))
      assert.is_false(s:add(value))
    end
    assert.is_false(s:add(1.0))
  end)

  it("grows, and may be closed more than once", function()
    local s = set.new()
    for i = 1, 20000 do assert(s:add(i) and s:add("name " .. i)) end
    local meta = getmetatable(s)
    meta.__close(s)
    meta.__gc(s)
    assert.is_true(s:add(1))
    local held <close> = set.new()
    held:add("x")
  end)

  it("refuses bad arguments", function()
    local s = set.new()
    support.raises {
      { "bad argument #1 to 'add' (number expected, got nil)", function() s:add(nil) end },
      { "bad argument #1 to 'add' (number has no integer representation)",
        function() s:add(1.5) end },
      { "bad argument #1 to 'add' (diffgentor.set expected, got table)",
        function() set.new().add({}, 1) end },
    }
  end)

  it("lives under an eager collector", function()
    support.stressed(function()
      for _ = 1, 20 do
        local s = set.new()
        for i = 1, 50 do s:add(i) end
      end
    end)
  end)
end)
