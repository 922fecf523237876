-- SPDX-License-Identifier: MIT
--
-- The file of --prices: Lua data, as prices.lua, read as text and run where
-- there is nothing to call.  Every fault names the file, and the line or the
-- model and the field.
--
--     return { ["my-model"] = { text_in = 5, image_in = 8, image_out = 30 }, ["other"] = false }
--
--     local models = assert(price_file.read("prices.lua"))

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local nearest = require("diffgentor.nearest")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local price_file = {}

local function dollars(number)
  local good = math.type(number) and number >= 0 and number < math.huge
  return not good and "is no finite number from 0 on" or nil
end

local function text(given) return type(given) ~= "string" and "is not text" or nil end

-- By size, then by quality.
local function pictures(sizes)
  if type(sizes) ~= "table" then return "is not a table" end
  for size, qualities in pairs(sizes) do
    if type(size) ~= "string" then return "its keys are not sizes, such as ['1024x1024']" end
    if type(qualities) ~= "table" then return value.shown(size) .. " is not a table" end
    for quality, number in pairs(qualities) do
      local fault = dollars(number) or text(quality) and "is not the name of a quality"
      if fault then
        return ("%s, %s %s"):format(value.shown(size), value.shown(tostring(quality)), fault)
      end
    end
  end
end

local FIELDS = {
  text_in = dollars, text_cached = dollars, image_in = dollars, image_cached = dollars,
  image_out = dollars, text_out = dollars, pictures = pictures, source = text, date = text,
}

local function sorted(map)
  local names = {}
  for name in pairs(map) do
    table.insert(names, name)
  end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

local function check_field(name, given)
  local check = FIELDS[name]
  if not check then
    local near = nearest(tostring(name), sorted(FIELDS))
    local hint = near and ("; did you mean '%s'?"):format(near) or ""
    return ("unknown field %s%s"):format(value.shown(tostring(name)), hint)
  end
  local fault = check(given)
  return fault and ("%s: %s"):format(name, fault)
end

local function check_price(price)
  if price == false then return nil end
  if type(price) ~= "table" then return "is neither a table of prices nor false" end
  for _, name in ipairs(sorted(price)) do
    local fault = check_field(name, price[name])
    if fault then return fault end
  end
  if not price.image_out then return "image_out is missing" end
end

local function check_models(models)
  if type(models) ~= "table" then return "does not return a table of models" end
  for _, model in ipairs(sorted(models)) do
    local fault = check_price(models[model])
    if type(model) ~= "string" then fault = "the name of a model is text" end
    if fault then return ("%s: %s"):format(value.shown(tostring(model)), fault) end
  end
end

local function bad(path, fmt, ...)
  return nil, errors.new("config", "bad_prices", "%s%s", sys.visible(path), fmt:format(...))
end

-- What the file returns, in a table.
local function result_of(path)
  local bytes, err = file.read(path)
  if not bytes then
    return nil, errors.new("config", "bad_prices", "cannot read the prices: %s", err.message)
  end
  local chunk, complaint = load(bytes:gsub("^\xEF\xBB\xBF", "", 1), "=prices", "t", {})
  local ok, result = false, complaint
  if chunk then ok, result = pcall(chunk) end
  if ok then return { result } end
  local line, message = tostring(result):match("^prices:(%d+): (.*)$")
  if line then return bad(path, ":%s: %s", line, sys.visible(message)) end
  return bad(path, ": %s", sys.visible(tostring(result)))
end

--- The prices of a file by model, `false` for one to be removed.
---@param path string
---@return table<string, diffgentor.Price|false>? models, table? err kind config, code bad_prices
function price_file.read(path)
  local found, err = result_of(path)
  if not found then return nil, err end
  local fault = check_models(found[1])
  if fault then return bad(path, ": %s", fault) end
  return found[1]
end

return price_file
