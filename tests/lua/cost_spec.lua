-- SPDX-License-Identifier: MIT

local cost = require("diffgentor.cost")
local errors = require("diffgentor.error")
local json = require("diffgentor.json")
local support = require("support")

local builtin = assert(cost.table())

-- A model with every price, each its own power of two.
local ALL = {
  m = {
    text_in = 4, text_cached = 1, image_in = 16, image_cached = 8, image_out = 64, text_out = 32,
  },
}

local function written(text)
  return support.put(support.folder() .. "/p.lua", text)
end

describe("cost.table", function()
  after_each(support.sweep)

  it("is the built-in one without a file, and a copy", function()
    local one = assert(cost.table())
    one["gpt-image-1"] = nil
    assert.equal(40, cost.table()["gpt-image-1"].image_out)
  end)

  it("has a user's models in place of its own", function()
    local path = written('\xEF\xBB\xBF-- mine\nreturn { ["my-model"] = { image_out = 3 / 2 },\n'
      .. '["gpt-image-1"] = { image_out = 7, source = "contract", date = "2026-01-01",\n'
      .. 'pictures = { ["64x64"] = { low = 0 } } }, ["gpt-image-2"] = false }')
    local mine = assert(cost.table(path))
    assert.same({ image_out = 1.5 }, mine["my-model"])
    assert.equal(7, mine["gpt-image-1"].image_out)
    assert.is_nil(mine["gpt-image-1"].text_in)
    assert.is_nil(cost.price(mine, "gpt-image-2"))
    assert.is_nil(cost.price(mine, "gpt-image-2-2026-04-21"))
    assert.equal(8, mine["gpt-image-1-mini"].image_out)
    assert.equal(30, cost.table()["gpt-image-2"].image_out)
  end)

  local bad = {
    { "return {", ":1: unexpected symbol near <eof>" },
    { "return {\nm = { image_out = 1 }\nn = {} }",
      ":3: '}' expected (to close '{' at line 1) near 'n'" },
    { "\n\nreturn os.exit()", ":3: attempt to index a nil value (global 'os')" },
    { 'return { m = { image_out = 1 } }, require("x")',
      ":1: attempt to call a nil value (global 'require')" },
    { "", ": does not return a table of models" },
    { "return 7", ": does not return a table of models" },
    { "return { { image_out = 1 } }", ": '1': the name of a model is text" },
    { "return { m = true }", ": 'm': is neither a table of prices nor false" },
    { "return { m = {} }", ": 'm': image_out is missing" },
    { "return { m = { text_in = 1 } }", ": 'm': image_out is missing" },
    { "return { m = { image_ot = 1 } }",
      ": 'm': unknown field 'image_ot'; did you mean 'image_out'?" },
    { "return { m = { 5 } }", ": 'm': unknown field '1'" },
    { "return { m = { image_out = '5' } }", ": 'm': image_out: is no finite number from 0 on" },
    { "return { m = { image_out = -1 } }", ": 'm': image_out: is no finite number from 0 on" },
    { "return { m = { image_out = 0/0 } }", ": 'm': image_out: is no finite number from 0 on" },
    { "return { m = { image_out = 1/0 } }", ": 'm': image_out: is no finite number from 0 on" },
    { "return { m = { image_out = 1, source = 1 } }", ": 'm': source: is not text" },
    { "return { m = { image_out = 1, pictures = 1 } }", ": 'm': pictures: is not a table" },
    { "return { m = { image_out = 1, pictures = { 1 } } }",
      ": 'm': pictures: its keys are not sizes, such as ['1024x1024']" },
    { "return { m = { image_out = 1, pictures = { a = 1 } } }",
      ": 'm': pictures: 'a' is not a table" },
    { "return { m = { image_out = 1, pictures = { a = { low = {} } } } }",
      ": 'm': pictures: 'a', 'low' is no finite number from 0 on" },
    { "return { m = { image_out = 1, pictures = { a = { 1 } } } }",
      ": 'm': pictures: 'a', '1' is not the name of a quality" },
    { string.dump(function() return {} end),
      ": attempt to load a binary chunk (mode is 't')" },
  }

  it("names what is wrong with a file, and where", function()
    for _, case in ipairs(bad) do
      local path = written(case[1])
      local none, err = cost.table(path)
      assert.is_nil(none)
      assert.is_true(errors.is(err))
      assert.same({ "config", "bad_prices", path .. case[2] }, { err.kind, err.code, err.message })
    end
  end)

  it("says that a file cannot be read", function()
    local none, err = cost.table("/nowhere/prices.lua")
    assert.is_nil(none)
    assert.same({ "config", "bad_prices" }, { err.kind, err.code })
    assert.truthy(err.message:find("/nowhere/prices.lua", 1, true))
    none, err = cost.table(support.folder())
    assert.is_nil(none)
    assert.equal("bad_prices", err.code)
  end)
end)

describe("cost.price", function()
  it("knows snapshots by their family, an exact name first", function()
    assert.equal(builtin["gpt-image-2"], cost.price(builtin, "gpt-image-2-2026-04-21"))
    assert.equal(builtin["gpt-image-2.6-flare"], cost.price(builtin, "gpt-image-2.6-flare"))
    local own = { m = ALL.m, ["m-2026-01-02"] = { image_out = 1 } }
    assert.equal(1, cost.price(own, "m-2026-01-02").image_out)
    for _, model in ipairs({ "m-2026-01", "m-20260102", "m-", "", "-2026-01-02", "M" }) do
      assert.is_nil(cost.price(own, model), model)
    end
  end)
end)

describe("cost.of", function()
  it("is what can be computed by hand", function()
    -- 1,000 text at $5, 300 picture at $10, 1,056 out at $40, all per million:
    -- $0.005 + $0.003 + $0.04224
    local usage = {
      input_tokens = 1300, output_tokens = 1056, total_tokens = 2356,
      input_tokens_details = { text_tokens = 1000, image_tokens = 300 },
    }
    assert.equal(50240000, cost.of(builtin, "gpt-image-1", usage))
    -- $0.002 + $0.00075 + $0.008448
    assert.equal(11198000, cost.of(builtin, "gpt-image-1-mini", usage))
    -- $0.005 + $0.0024 + $0.03168, text out at $10
    usage.output_tokens_details = { image_tokens = 1050, text_tokens = 6 }
    assert.equal(7400000 + 31500000 + 60000, cost.of(builtin, "gpt-image-2-2026-04-21", usage))
  end)

  local priced = { -- expected in thousands of nanodollars
    { 1024, { output_tokens = 16 } },
    { 160, { input_tokens = 10 } }, -- all may be pictures
    { 160 + 64, { input_tokens = 10, output_tokens = 1 } },
    { 3 * 4 + 7 * 16, { input_tokens = 10,
      input_tokens_details = { text_tokens = 3, image_tokens = 7 } } },
    { 3 * 4 + 7 * 16, { input_tokens = 10, input_tokens_details = { text_tokens = 3 } } },
    { 3 * 4 + 9 * 16, { input_tokens = 10, -- more told than the sum says
      input_tokens_details = { text_tokens = 3, image_tokens = 9 } } },
    { 3 * 4 + 64, { output_tokens = 1, input_tokens_details = { text_tokens = 3 } } },
    { 5 * 64 + 2 * 32, { output_tokens = 7, output_tokens_details = { text_tokens = 2 } } },
    { 5 * 64 + 2 * 32 + 64, { output_tokens = 8,
      output_tokens_details = { text_tokens = 2, image_tokens = 5 } } },
    -- cached: told apart, not told apart (text saves 3, a picture 8), none of it told
    { 1 * 1 + 2 * 4 + 2 * 8 + 5 * 16, { input_tokens = 10, input_tokens_details = {
      text_tokens = 3, image_tokens = 7, cached_tokens = 3,
      cached_tokens_details = { text_tokens = 1, image_tokens = 2 } } } },
    { 3 * 1 + 2 * 8 + 5 * 16, { input_tokens = 10, input_tokens_details = {
      text_tokens = 3, image_tokens = 7, cached_tokens = 5 } } },
    { 4 * 8 + 6 * 16, { input_tokens = 10, input_tokens_details = { cached_tokens = 4 } } },
    { 3 * 1 + 7 * 8, { input_tokens = 10, input_tokens_details = { -- more than there is
      text_tokens = 3, image_tokens = 7, cached_tokens = 500 } } },
    { 3 * 1 + 7 * 8, { input_tokens = 10, input_tokens_details = {
      text_tokens = 3, image_tokens = 7,
      cached_tokens_details = { text_tokens = 50, image_tokens = 50 } } } },
  }

  it("prices each kind of token", function()
    for i, case in ipairs(priced) do
      assert.equal(case[1] * 1000, cost.of(ALL, "m", case[2]), "case " .. i)
    end
  end)

  it("takes the full price where no cached one is known", function()
    local usage = { input_tokens = 10, input_tokens_details = {
      text_tokens = 4, image_tokens = 6, cached_tokens = 10 } }
    assert.equal((4 * 5 + 6 * 10) * 1000, cost.of(builtin, "gpt-image-1", usage))
  end)

  it("takes one input price for both kinds, and none as free", function()
    local usage = { input_tokens = 10, output_tokens = 1, input_tokens_details = {
      text_tokens = 4, image_tokens = 6 } }
    local function with(price) return cost.of({ m = price }, "m", usage) end
    assert.equal(21000, with({ image_out = 1, text_in = 2 }))
    assert.equal(31000, with({ image_out = 1, image_in = 3 }))
    assert.equal(1000, with({ image_out = 1 }))
    assert.equal(0, with({ image_out = 0 }))
  end)

  it("rounds up, but not for the sake of a float", function()
    local function at(dollars) return cost.of({ m = { image_out = dollars } }, "m",
      { output_tokens = 1 }) end
    assert.equal(1, at(0.001))
    assert.equal(1, at(0.0000001))
    assert.equal(2, at(0.00101))
    assert.equal(70, at(0.07)) -- 0.07 * 1000 is 70.00000000000001
    assert.equal("integer", math.type(at(30)))
  end)

  it("is unknown where it cannot be told", function()
    local some = { input_tokens = 1, output_tokens = 1 }
    assert.is_nil(cost.of(builtin, "my-model", some))
    assert.is_nil(cost.of(builtin, "gpt-image-1", nil))
    for _, usage in ipairs({
      {}, json.null, "none", 7, true, { total_tokens = 9 }, { input_tokens = "5" },
      { input_tokens = -1, output_tokens = 0.5 }, { output_tokens = 1e20 },
      { output_tokens = math.maxinteger }, { input_tokens = 0, output_tokens = 0 },
      { output_tokens = 0 / 0 }, { input_tokens = json.null, output_tokens = {} },
    }) do
      assert.is_nil(cost.of(builtin, "gpt-image-1", usage))
    end
    assert.is_nil(cost.of({ m = { image_out = 1e308 } }, "m", { output_tokens = 10 ^ 15 // 1 }))
  end)

  it("is a whole number from 0 on or unknown, whatever an answer says", function()
    local odd = {
      0, 1, -1, 7, 0.5, 12.0, 1e20, -1e20, math.maxinteger, math.mininteger, 0 / 0, 1 / 0, "12",
      "x", true, json.null, {}, { text_tokens = 3 }, { image_tokens = -4, cached_tokens = 1e20 },
      { cached_tokens = 5, cached_tokens_details = { text_tokens = 1e18, image_tokens = "1" } },
      { text_tokens = math.maxinteger, image_tokens = math.maxinteger },
    }
    local fields = { "input_tokens", "output_tokens", "total_tokens", "input_tokens_details",
      "output_tokens_details" }
    math.randomseed(20261123)
    for _ = 1, 20000 do
      local usage = {}
      for _, name in ipairs(fields) do usage[name] = odd[math.random(0, #odd)] end
      local nano = cost.of(ALL, "m", usage)
      assert.is_true(nano == nil or math.type(nano) == "integer" and nano >= 0 and nano <= 10 ^ 15)
    end
  end)

  it("never has cached tokens told badly make an answer cheaper than told well", function()
    math.randomseed(7)
    for _ = 1, 2000 do
      local words, images = math.random(0, 9), math.random(0, 9)
      local split = { text_tokens = math.random(0, words), image_tokens = math.random(0, images) }
      local details = { text_tokens = words, image_tokens = images, cached_tokens_details = split,
        cached_tokens = split.text_tokens + split.image_tokens }
      local usage = { input_tokens = words + images, output_tokens = 1,
        input_tokens_details = details }
      local exact = cost.of(ALL, "m", usage)
      details.cached_tokens_details = nil
      local unsplit = cost.of(ALL, "m", usage)
      details.text_tokens, details.image_tokens = nil, nil
      local whole = cost.of(ALL, "m", usage)
      assert.is_true(exact <= unsplit and unsplit <= whole)
    end
  end)
end)

describe("cost.tokens", function()
  it("gives counts, and nil for what is none", function()
    assert.same({ 1, 2, 3 }, { cost.tokens({ input_tokens = 1, output_tokens = 2.0,
      total_tokens = 3 }) })
    assert.same({ n = 3 }, table.pack(cost.tokens({ input_tokens = "1", output_tokens = -1,
      total_tokens = 0.5 })))
    assert.same({ n = 3 }, table.pack(cost.tokens(json.null)))
    assert.same({ n = 3 }, table.pack(cost.tokens(nil)))
  end)
end)

describe("cost.text and cost.round_text", function()
  local cases = {
    { 0, "0", "0" }, { 1, "0.000000001", "0.000000001" }, { 42000000, "0.042", "0.042" },
    { 42100000, "0.0421", "0.0421" }, { 42123456, "0.042123456", "0.04212" },
    { 50240000, "0.05024", "0.05024" }, { 123456789, "0.123456789", "0.1235" },
    { 999949999, "0.999949999", "0.9999" }, { 999950000, "0.99995", "1.00" },
    { 1000000000, "1", "1.00" }, { 10000000000, "10", "10.00" }, { 12300000000, "12.3", "12.30" },
    { 12344999999, "12.344999999", "12.34" }, { 12345000000, "12.345", "12.35" },
    { 1999999999, "1.999999999", "2.00" }, { 1234567000000000, "1234567", "1234567.00" },
    { math.maxinteger, "9223372036.854775807", "9223372036.85" },
  }

  it("write dollars in full and for people", function()
    for _, case in ipairs(cases) do
      assert.same({ case[2], case[3] }, { cost.text(case[1]), cost.round_text(case[1]) })
    end
  end)
end)

describe("cost.estimate", function()
  local function run(model, ...)
    return { model_name = model, params = { ... } }
  end

  local LIST = "the price list of pictures of %s size and %s quality; input tokens come on top"

  it("goes by the mean of what is finished, if anything is", function()
    local e = cost.estimate(builtin, run("my-model"), 100, 42000000, 12)
    assert.same({ low = 4200000000, high = 4200000000, basis = "the mean of the 12 finished" }, e)
    e = cost.estimate(builtin, run("gpt-image-1"), 3, 0.5)
    assert.same({ low = 2, high = 2, basis = "the mean of the finished" }, e)
    assert.equal(0, cost.estimate(builtin, run("gpt-image-1"), 0, 5).high)
    assert.equal(1 << 53, cost.estimate(builtin, run("m"), math.maxinteger, 5).high)
  end)

  it("goes by the price list, exactly or as a range", function()
    local size, quality = { "size", "1024x1024" }, { "quality", "medium" }
    local function of(model, ...) return cost.estimate(builtin, run(model, ...), 100) end
    assert.same({ low = 4200000000, high = 4200000000, basis = LIST:format("1024x1024", "medium") },
      of("gpt-image-1", size, quality))
    assert.same({ low = 1100000000, high = 16700000000, basis = LIST:format("1024x1024", "any") },
      of("gpt-image-1", size))
    assert.same({ low = 1100000000, high = 16700000000, basis = LIST:format("1024x1024", "any") },
      of("gpt-image-1", size, { "quality", "auto" }))
    local basis = LIST:format("any listed", "medium")
    assert.same({ low = 4100000000, high = 5300000000, basis = basis },
      of("gpt-image-2-2026-04-21", { "size", "auto" }, quality))
    assert.same({ low = 500000000, high = 21100000000, basis = LIST:format("any listed", "any") },
      of("gpt-image-2"))
  end)

  it("counts n pictures a row", function()
    local function n(text)
      return cost.estimate(builtin, run("gpt-image-1", { "n", text }, { "quality", "high" }), 10)
    end
    assert.equal(3 * 10 * 167000000, n("3").high)
    for _, text in ipairs({ "0", "-1", "1.5", "x", "1e999" }) do
      assert.is_nil(n(text))
    end
    assert.equal(1 << 53, n("9223372036854775807").high)
  end)

  it("is nil where nothing is known", function()
    local function of(model, ...) return cost.estimate(builtin, run(model, ...), 100) end
    assert.is_nil(of("my-model"))
    assert.is_nil(of("gpt-image-2.6-flare")) -- no price list of pictures
    assert.is_nil(of("gpt-image-1", { "size", "4096x4096" }))
    assert.is_nil(of("gpt-image-2", { "quality", "max" }))
    assert.is_nil(of("gpt-image-1.5")) -- only its lowest quality is listed
    assert.equal(900000000, of("gpt-image-1.5", { "quality", "low" }).high)
  end)
end)
