-- SPDX-License-Identifier: MIT
--
-- JSON for scripts: a guard around lua-cjson.  Decoded whole numbers are
-- integers, NaN and Infinity are refused, null is json.null.  Encoding is done
-- here, because cjson rounds integers to 14 digits and does not survive strings
-- of some hundred megabytes.
--
--     local value, err = json.decode('{"created": 1795451669}')
--     json.encode({ ids = json.array({}) })                      {"ids":[]}

local cjson = require("cjson")
local errors = require("diffgentor.error")
local native = require("diffgentor.native.json")

local json = {}

local MOST_BYTES = 64 * 1024 * 1024
local MOST_LEVELS = 128

local decoder = cjson.new()
decoder.decode_invalid_numbers(false)
decoder.decode_max_depth(MOST_LEVELS)

json.null = cjson.null

local ARRAY = { __name = "diffgentor.json.array" }

--- Marks a table as an array, which an empty one does not show by itself.
---@param list table
---@return table list
function json.array(list) return setmetatable(list, ARRAY) end

--- The value of a JSON text.
---@param text string
---@return any value, any err kind "reply", code "bad_json"
function json.decode(text)
  if type(text) ~= "string" then
    error("bad argument #1 to 'decode' (string expected, got " .. type(text) .. ")", 2)
  end
  if #text > MOST_BYTES then
    return nil, errors.new("reply", "bad_json", "JSON text of more than 64 MiB")
  end
  local ok, value = pcall(decoder.decode, text)
  if not ok then
    return nil, errors.new("reply", "bad_json", "%s", "not JSON: " .. tostring(value))
  end
  return native.whole(value)
end

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t",
}

local function escape(char) return ESCAPES[char] or ("\\u%04x"):format(char:byte()) end

-- JSON is UTF-8: what is not becomes U+FFFD.
local function as_utf8(text)
  local parts, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    if not bad then
      table.insert(parts, text:sub(at))
      break
    end
    table.insert(parts, text:sub(at, bad - 1))
    table.insert(parts, "\u{FFFD}")
    at = bad + 1
  end
  return table.concat(parts)
end

local function encode_string(text)
  if #text > MOST_BYTES then error("a string of more than 64 MiB cannot become JSON", 0) end
  if not utf8.len(text) then text = as_utf8(text) end
  return '"' .. text:gsub('[%c"\\\x7f]', escape) .. '"'
end

-- The shortest text that reads back as the same number.
local function encode_number(number)
  if math.type(number) == "integer" then return ("%d"):format(number) end
  if number ~= number or number == math.huge or number == -math.huge then
    error("NaN and infinity cannot become JSON", 0)
  end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(number)
    if tonumber(text) == number then return text end
  end
end

local encode_value

-- Length of a list without holes and without other keys, else nil.
local function list_length(value)
  local count = 0
  for key in next, value do
    if math.type(key) ~= "integer" or key < 1 then return nil end
    count = count + 1
  end
  return count == #value and count or nil
end

local function encode_list(value, count, level)
  local parts = {}
  for i = 1, count do
    parts[i] = encode_value(value[i], level)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

-- Members in the order of their names: the same table gives the same text.
local function encode_object(value, level)
  local names, parts = {}, {}
  for key in next, value do
    if type(key) ~= "string" then
      error("a table with " .. type(key) .. " keys beside others cannot become JSON", 0)
    end
    table.insert(names, key)
  end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = encode_string(name) .. ":" .. encode_value(value[name], level)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function encode_table(value, level)
  if level >= MOST_LEVELS then
    error("nested more than 128 levels, or a table that holds itself", 0)
  end
  local count = list_length(value)
  if getmetatable(value) == ARRAY or (count and count > 0) then
    if not count then error("a marked array has holes or other keys", 0) end
    return encode_list(value, count, level + 1)
  end
  return encode_object(value, level + 1)
end

function encode_value(value, level)
  local kind = type(value)
  if kind == "string" then return encode_string(value) end
  if kind == "number" then return encode_number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "table" then return encode_table(value, level) end
  if value == json.null then return "null" end
  error(("a %s cannot become JSON"):format(kind), 0)
end

--- The JSON text of a value; raises on what JSON cannot say.
---@param value any
---@return string text
function json.encode(value)
  local ok, text = pcall(encode_value, value, 0)
  if not ok then error(text, 2) end
  return text
end

--- The same, quickly, for what the program tells itself: numbers have 14 digits, texts
--- stay the bytes they are.
---@param value any
---@return string text
json.quick = cjson.new().encode

return json
