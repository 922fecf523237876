-- SPDX-License-Identifier: MIT
local json = require("diffgentor.json")

describe("json.decode", function()
  it("makes whole numbers integers, and only those", function()
    local value = assert(json.decode('{"created":1795451669,"n":[1,2.5,-0.0,1e3],"big":1e300}'))
    assert.equal("integer", math.type(value.created))
    assert.equal("1795451669", tostring(value.created))
    assert.equal("integer", math.type(value.n[1]))
    assert.equal("float", math.type(value.n[2]))
    assert.equal("integer", math.type(value.n[4]))
    assert.equal("float", math.type(value.big))
  end)

  it("leaves a number beyond 2^53 a float, which does not claim to be exact", function()
    assert.equal("integer", math.type(json.decode("9007199254740992")))
    assert.equal("float", math.type(json.decode("9007199254740994")))
  end)

  it("keeps null and false", function()
    local value = assert(json.decode('{"a":null,"b":false}'))
    assert.equal(json.null, value.a)
    assert.equal(false, value.b)
    assert.equal(false, json.decode("false"))
    assert.equal(json.null, json.decode("null"))
  end)

  for _, text in ipairs({ "NaN", "[Infinity]", "[0x10]", "", "{", "[1,]", "{'a':1}", "nope",
    ("["):rep(200) .. ("]"):rep(200) }) do
    it(("refuses %s"):format(text:sub(1, 20)), function()
      local value, err = json.decode(text)
      assert.is_nil(value)
      assert.equal("reply", err.kind)
      assert.equal("bad_json", err.code)
      assert.matches("^not JSON: ", tostring(err))
    end)
  end

  it("refuses what is no string", function()
    assert.has_error(function() json.decode(nil) end)
  end)
end)

describe("json.encode", function()
  local good = {
    { 12345678901234567, "12345678901234567" },
    { math.mininteger, "-9223372036854775808" },
    { 0.1, "0.1" },
    { 1e300, "1e+300" },
    { 1 / 3, "0.3333333333333333" },
    { 0.1 + 0.2, "0.30000000000000004" },
    { true, "true" },
    { json.null, "null" },
    { "", '""' },
    { 'a"b\\c/\n\t\0\127é', '"a\\"b\\\\c/\\n\\t\\u0000\\u007fé"' },
    { "\xff", '"\u{FFFD}"' },
    { "bad \xff\xc3 end", '"bad \u{FFFD}\u{FFFD} end"' },
    { {}, "{}" },
    { json.array({}), "[]" },
    { { 1, "a", { x = 1 } }, '[1,"a",{"x":1}]' },
    { { b = 1, a = { c = json.array({}) } }, '{"a":{"c":[]},"b":1}' },
  }
  for _, case in ipairs(good) do
    it("gives " .. case[2], function() assert.equal(case[2], json.encode(case[1])) end)
  end

  it("nests 128 levels, not 129", function()
    local function nested(levels)
      local value = {}
      for i = 2, levels do
        value = i % 2 == 0 and { value } or { a = value }
      end
      return value
    end
    assert.equal(128, select(2, json.encode(nested(128)):gsub("[%[{]", "")))
    assert.is_false((pcall(json.encode, nested(129))))
  end)

  it("round-trips what cjson reads", function()
    local head = '{"data":[{"b":1.5,"n":4160}],"ok":true,"text":'
    assert.equal(head .. '"é"}', json.encode(json.decode(head .. '"\\u00e9"}')))
  end)

  local circle = {}
  circle.self = circle
  local bad = {
    { print, "a function cannot become JSON" },
    { 0 / 0, "NaN and infinity cannot become JSON" },
    { -math.huge, "NaN and infinity cannot become JSON" },
    { { 1, nil, 3 }, "a table with number keys beside others cannot become JSON" },
    { { 1, a = 2 }, "a table with number keys beside others cannot become JSON" },
    { { [true] = 1 }, "a table with boolean keys beside others cannot become JSON" },
    { json.array({ a = 1 }), "a marked array has holes or other keys" },
    { circle, "nested more than 128 levels, or a table that holds itself" },
  }
  for _, case in ipairs(bad) do
    it("raises: " .. case[2], function()
      local ok, err = pcall(json.encode, case[1])
      assert.is_false(ok)
      assert.matches(case[2], err, 1, true)
    end)
  end

  -- cjson.encode("x" x 357,913,941) ends the process.
  it("refuses a string that lua-cjson would not survive", function()
    local ok, err = pcall(json.encode, ("x"):rep(64 * 1024 * 1024 + 1))
    assert.is_false(ok)
    assert.matches("a string of more than 64 MiB", err, 1, true)
  end)
end)
