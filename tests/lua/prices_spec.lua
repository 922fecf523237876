-- SPDX-License-Identifier: MIT

local prices = require("diffgentor.prices")

local NUMBERS = { "text_in", "text_cached", "image_in", "image_cached", "image_out", "text_out" }
local OTHERS = { source = "string", date = "string", pictures = "table" }

local function is_price(number) return math.type(number) and number > 0 and number < 1000 end

local function names()
  local known = {}
  for _, name in ipairs(NUMBERS) do known[name] = "number" end
  for name, kind in pairs(OTHERS) do known[name] = kind end
  return known
end

describe("prices", function()
  it("are dollars under known names, with their source and date", function()
    local known = names()
    for model, price in pairs(prices) do
      for name, given in pairs(price) do
        assert.equal(known[name], type(given), model .. "." .. name)
        if known[name] == "number" then assert.truthy(is_price(given), model .. "." .. name) end
      end
      assert.truthy(price.image_out and price.text_in and price.image_in, model)
      assert.truthy(#price.source > 0, model)
      assert.truthy(price.date:find("^202%d%-[01]%d%-[0-3]%d$"), model)
    end
  end)

  it("have cached input cheaper than input, and text cheaper than pictures", function()
    for model, price in pairs(prices) do
      assert.is_true((price.text_cached or 0) < price.text_in, model)
      assert.is_true((price.image_cached or 0) < price.image_in, model)
      assert.is_true(price.text_in <= price.image_in, model)
      assert.is_true((price.text_out or 0) < price.image_out, model)
    end
  end)

  it("list pictures by size and quality", function()
    for model, price in pairs(prices) do
      for size, by_quality in pairs(price.pictures or {}) do
        assert.truthy(size:find("^%d+x%d+$"), model)
        for quality, dollars in pairs(by_quality) do
          assert.truthy(({ low = true, medium = true, high = true })[quality], model)
          assert.truthy(is_price(dollars), model)
        end
      end
    end
  end)

  it("name families, not snapshots", function()
    for model in pairs(prices) do
      assert.is_nil(model:find("%-%d%d%d%d%-%d%d%-%d%d$"), model)
    end
  end)
end)
