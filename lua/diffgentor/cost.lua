-- SPDX-License-Identifier: MIT
--
-- What an answer cost, from the usage it tells, and what a run will cost.
-- Amounts are nanodollars: integers, billionths of a US dollar.  Where usage
-- leaves something open, the cost is an upper bound.
--
--     local prices = assert(cost.table("prices.lua"))      nil: the built-in ones
--     local nano = cost.of(prices, "gpt-image-1", reply.raw.usage)      50240000
--     cost.text(nano), cost.round_text(nano)               "0.05024", "0.05024"
--     cost.estimate(prices, settings, 100).high            what the rows may cost

local builtin = require("diffgentor.prices")
local price_file = require("diffgentor.price_file")

local cost = {}

local NANO = 1000000000 -- of a dollar
local TOKEN_NANO = 1000 -- a dollar per million tokens, in nanodollars a token
local MOST_NANO = 1000000 * NANO -- of one answer; what comes to more is no cost but nonsense
local MOST_SUM = 1 << 53 -- of an estimate
local CENT = NANO // 100
local DIGITS = 4 -- of amounts below a dollar, for people

------------------------------------------------------------------ the table

--- The built-in prices; those of a file replace them model by model, and
--- `false` in it removes one.
---@param path string? of the file
---@return table<string, diffgentor.Price|false>? prices, table? err
function cost.table(path)
  local prices = {}
  for model, price in pairs(builtin) do
    prices[model] = price
  end
  if not path then return prices end
  local models, err = price_file.read(path)
  if not models then return nil, err end
  for model, price in pairs(models) do
    prices[model] = price
  end
  return prices
end

--- The prices of a model: under its name, else under that of its family, which
--- is the name without a date at its end.
---@param prices table
---@param model string
---@return diffgentor.Price?
function cost.price(prices, model)
  local price = prices[model]
  if price == nil then price = prices[model:match("^(.+)%-%d%d%d%d%-%d%d%-%d%d$")] end
  return price or nil
end

-- Rounded up, but 2.0000000000000001 is 2.
local function whole(nano) return math.ceil(nano - nano * 2.0 ^ -50) end

------------------------------------------------------------------ an answer

local NOTHING = {}

local function count_of(number)
  local count = math.type(number) and math.tointeger(number)
  return count and count >= 0 and count or nil
end

-- As a float, which does not wrap around.
local function amount(number) return (count_of(number) or 0) + 0.0 end

local function members(given) return type(given) == "table" and given or NOTHING end

--- What an answer says of its tokens, each nil if that is no count.
---@param usage any of the answer, as it came
---@return integer? input, integer? output, integer? total
function cost.tokens(usage)
  usage = members(usage)
  local input = count_of(usage.input_tokens) or count_of(usage.prompt_tokens)
  local output = count_of(usage.output_tokens) or count_of(usage.completion_tokens)
  return input, output, count_of(usage.total_tokens)
end

-- Three parts: text, pictures, and what may be either and counts as the dearer.
local function input_parts(price, usage)
  local details = members(usage.input_tokens_details)
  local words, images = amount(details.text_tokens), amount(details.image_tokens)
  local rest = math.max(0, amount(usage.input_tokens) - words - images)
  local full_text = price.text_in or price.image_in or 0
  local full_image = price.image_in or price.text_in or 0
  return words, images, rest, full_text, full_image
end

-- The same with what they cost where they are cached.
local function cached_parts(price, usage)
  local words, images, rest, full_text, full_image = input_parts(price, usage)
  local cached_text = price.text_cached or full_text
  local cached_image = price.image_cached or full_image
  return {
    { count = words, full = full_text, cached = cached_text, known = 0 },
    { count = images, full = full_image, cached = cached_image, known = 0 },
    { count = rest, full = math.max(full_text, full_image),
      cached = math.max(cached_text, cached_image), known = 0 },
  }
end

-- Sets `known`, the cached tokens of each part.  If the answer does not tell
-- them apart they are those that save least.
local function note_cached(parts, details)
  local split, left = members(details.cached_tokens_details), amount(details.cached_tokens)
  parts[1].known = math.min(parts[1].count, amount(split.text_tokens))
  parts[2].known = math.min(parts[2].count, amount(split.image_tokens))
  left = math.max(0, left - parts[1].known - parts[2].known)
  table.sort(parts, function(a, b) return a.full - a.cached < b.full - b.cached end)
  for _, part in ipairs(parts) do
    local more = math.min(left, part.count - part.known)
    part.known, left = part.known + more, left - more
  end
end

local function input_cost(price, usage)
  local details = members(usage.input_tokens_details)
  if amount(details.cached_tokens) == 0 and not details.cached_tokens_details then
    local words, images, rest, full_text, full_image = input_parts(price, usage)
    return words * full_text + images * full_image + rest * math.max(full_text, full_image),
      words + images + rest
  end
  local parts, sum, tokens = cached_parts(price, usage), 0.0, 0.0
  note_cached(parts, details)
  for _, part in ipairs(parts) do
    sum = sum + (part.count - part.known) * part.full + part.known * part.cached
    tokens = tokens + part.count
  end
  return sum, tokens
end

local function output_cost(price, usage)
  local details = members(usage.output_tokens_details)
  local words, images = amount(details.text_tokens), amount(details.image_tokens)
  images = images + math.max(0, amount(usage.output_tokens) - words - images)
  local sum = images * price.image_out + words * (price.text_out or price.image_out)
  return sum, images + words
end

--- What an answer cost, rounded up to a nanodollar; nil if that is unknown: the
--- model has no price, the answer tells no tokens, or an absurd number of them.
--- An upper bound where input tokens are not told apart: all are of the dearer
--- kind.  A model with one input price has it for both kinds, with none: free.
---@param prices table of cost.table
---@param model string
---@param usage any of the answer, as it came
---@return integer? nanodollars
function cost.of(prices, model, usage)
  local price = cost.price(prices, model)
  local input, output = cost.tokens(usage)
  if not price or not (input or output) then return nil end
  local input_sum, input_tokens = input_cost(price, usage)
  local output_sum, output_tokens = output_cost(price, usage)
  local nano = (input_sum + output_sum) * TOKEN_NANO
  if input_tokens + output_tokens == 0 or nano > MOST_NANO then return nil end
  return whole(nano)
end

------------------------------------------------------------------ a run

local function param(settings, name)
  local given
  for _, pair in ipairs(settings.params) do
    if pair[1] == name then given = pair[2] end
  end
  return given
end

-- Of one picture: the lowest and the highest price that may be meant.
local function picture_range(sizes, size, quality)
  local low, high
  for name, by_quality in pairs(sizes) do
    local from, to = by_quality[quality or "low"], by_quality[quality or "high"]
    if from and to and (size or name) == name then
      low, high = math.min(low or from, from), math.max(high or to, to)
    end
  end
  return low, high
end

local function times(count, nano)
  return math.min(whole(count * (nano + 0.0)), MOST_SUM)
end

local function told(given) return given ~= "auto" and given or nil end

local function by_pictures(price, settings, rows)
  local size, quality = told(param(settings, "size")), told(param(settings, "quality"))
  local each = math.tointeger(tonumber(param(settings, "n") or 1))
  local low, high = picture_range(price.pictures, size, quality)
  if not low or not each or each < 1 then return nil end
  return {
    low = times(each * (rows + 0.0), low * NANO), high = times(each * (rows + 0.0), high * NANO),
    basis = ("the price list of pictures of %s size and %s quality; input tokens come on top")
      :format(size or "any listed", quality or "any"),
  }
end

---@class diffgentor.Estimate
---@field low integer nanodollars
---@field high integer
---@field basis string what it rests on

--- What rows will cost: by the mean of finished ones, else by the price list of
--- pictures.  nil: neither is known.
---@param prices table of cost.table
---@param settings table model_name, params
---@param rows integer
---@param mean_nano number? of one finished attempt
---@param finished integer? attempts behind that mean
---@return diffgentor.Estimate?
function cost.estimate(prices, settings, rows, mean_nano, finished)
  if mean_nano then
    local nano = times(rows, mean_nano)
    local many = finished and (" %d"):format(finished) or ""
    return { low = nano, high = nano, basis = ("the mean of the%s finished"):format(many) }
  end
  local price = cost.price(prices, settings.model_name)
  return price and price.pictures and by_pictures(price, settings, rows)
end

------------------------------------------------------------------ as text

--- Dollars in full: "0.042".
---@param nano integer
---@return string
function cost.text(nano)
  local digits = ("%d.%09d"):format(nano // NANO, nano % NANO)
  return (digits:gsub("%.?0+$", "", 1))
end

--- Dollars for people: cents from one dollar on, below it four digits.
---@param nano integer
---@return string
function cost.round_text(nano)
  local unit = math.tointeger(10 ^ math.max(0, #tostring(nano) - DIGITS))
  if nano < NANO then nano = (nano + unit // 2) // unit * unit end
  if nano < NANO then return cost.text(nano) end
  local cents = nano // CENT + (nano % CENT * 2 >= CENT and 1 or 0)
  return ("%d.%02d"):format(cents // 100, cents % 100)
end

return cost
