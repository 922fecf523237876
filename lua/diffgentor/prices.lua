-- SPDX-License-Identifier: MIT
--
-- What models cost, as data and nothing else: US dollars per million tokens,
-- and per output picture where a price list says so.  Snapshots, such as
-- gpt-image-2-2026-04-21, are found under their family (cost.lua).  A model
-- whose price is not known is not here; a field that is not known is missing,
-- and a missing cached price means the full one.  --prices FILE replaces models.
--
--     require("diffgentor.prices")["gpt-image-2"].image_out              30
--     require("diffgentor.prices")["gpt-image-2"].pictures["1024x1024"].low   0.006

---@class diffgentor.Price
---@field text_in number? USD per million tokens, like all five below
---@field text_cached number? of text_in, already known to the server
---@field image_in number?
---@field image_cached number?
---@field image_out number
---@field text_out number?
---@field source string? who says so
---@field date string? YYYY-MM-DD when that was read
---@field pictures table<string, table<string, number>>? USD per picture by size and quality

-- The model page of gpt-image-2.6-sunburst; flare is told to cost the same.
local GPT_IMAGE_2_6 = {
  text_in = 5, text_cached = 1.25, image_in = 8, image_cached = 2, image_out = 30,
}

-- apiyi.com, a third party; it tells no cached prices.
local GPT_IMAGE_2_5 = { text_in = 5, image_in = 8, image_out = 30 }

-- The price of one model: the numbers of its family, and where they are from.
local function of(family, source)
  local price = { source = source, date = "2026-11-23" }
  for name, dollars in pairs(family) do
    price[name] = dollars
  end
  return price
end

---@type table<string, diffgentor.Price>
return {
  ["gpt-image-2.6-sunburst"] = of(GPT_IMAGE_2_6, "developers.openai.com, the model's page"),
  ["gpt-image-2.6-flare"] = of(GPT_IMAGE_2_6, "apidog and apiyi.com: the same as sunburst"),
  ["gpt-image-2.5-sunburst"] = of(GPT_IMAGE_2_5, "apiyi.com"),
  ["gpt-image-2.5-flare"] = of(GPT_IMAGE_2_5, "apiyi.com"),

  -- Tokens: xairouter and robotsatlas, both quoting OpenAI (text_out: only the
  -- latter).  Pictures: OpenMontage#256, quoting OpenAI's guide.
  ["gpt-image-2"] = {
    text_in = 5, text_cached = 1.25, image_in = 8, image_cached = 2, image_out = 30, text_out = 10,
    pictures = {
      ["1024x1024"] = { low = 0.006, medium = 0.053, high = 0.211 },
      ["1024x1536"] = { low = 0.005, medium = 0.041, high = 0.165 },
    },
    source = "xairouter and robotsatlas, quoting OpenAI; OpenMontage#256", date = "2026-11-23",
  },

  -- Third-party code of that date.  Its cached prices (1.25 and 2) are doubtful
  -- and left out: the full price is never too low.  Pictures: litellm.
  ["gpt-image-1.5"] = {
    text_in = 5, image_in = 8, image_out = 32, text_out = 10,
    pictures = { ["1024x1024"] = { low = 0.009 } },
    source = "third-party code; litellm", date = "2026-09-18",
  },

  -- Third-party code; cached prices are not told.  Pictures: the known list,
  -- which agrees (1,056 tokens of a medium picture are $0.04224).
  ["gpt-image-1"] = {
    text_in = 5, image_in = 10, image_out = 40,
    pictures = { ["1024x1024"] = { low = 0.011, medium = 0.042, high = 0.167 } },
    source = "third-party code", date = "2026-11-23",
  },

  -- All from the model's own page.
  ["gpt-image-1-mini"] = {
    text_in = 2, text_cached = 0.20, image_in = 2.50, image_cached = 0.25, image_out = 8,
    pictures = {
      ["1024x1024"] = { low = 0.005, medium = 0.011, high = 0.036 },
      ["1024x1536"] = { low = 0.006, medium = 0.015, high = 0.052 },
    },
    source = "developers.openai.com, the model's page", date = "2026-11-23",
  },
}
