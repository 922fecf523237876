-- SPDX-License-Identifier: MIT
--
-- From the text of a flag or a variable to its value.  An error names where the
-- text stood, the text itself and what is allowed.
--
--     value.convert(option, "abc", "--timeout", "usage")
--     nil, "--timeout: 'abc' is not a number above 0 (at most 604800)"

local errors = require("diffgentor.error")
local nearest = require("diffgentor.nearest")
local sys = require("diffgentor.sys")

local value = {}

local SHOWN_BYTES = 100

--- Foreign text, quoted for an error: harmless to a terminal and not too long.
---@param text string
---@return string
function value.shown(text)
  if #text > SHOWN_BYTES then
    local cut = utf8.offset(text, 0, SHOWN_BYTES + 1) or SHOWN_BYTES + 1
    text = text:sub(1, cut - 1) .. "..."
  end
  return "'" .. sys.visible(text) .. "'"
end

--- "1 row", "2 rows".
---@param count integer
---@param noun string
---@return string
function value.counted(count, noun)
  return ("%d %s%s"):format(count, noun, count == 1 and "" or "s")
end

--- "0:09", "1:00:05".
---@param seconds number
---@return string
function value.duration(seconds)
  local s = math.floor(math.max(0, seconds) + 0.5)
  if s >= 3600 then return ("%d:%02d:%02d"):format(s // 3600, s // 60 % 60, s % 60) end
  return ("%d:%02d"):format(s // 60, s % 60)
end

local function from_to(option, noun)
  if option.above then
    return ("%s above %g (at most %d)"):format(noun, option.above, option.max)
  end
  local word = option.word and (" or '%s'"):format(option.word) or ""
  return ("%s from %d to %d%s"):format(noun, option.min, option.max, word)
end

local function to_integer(option, text)
  if text == option.word then return text end
  local number = text:match("^[+-]?%d+$") and math.tointeger(tonumber(text))
  if number and number >= option.min and number <= option.max then return number end
  return nil, "is not " .. from_to(option, "a whole number")
end

local function to_number(option, text)
  local decimal = text:match("^[+-]?%d+%.?%d*$") or text:match("^[+-]?%.%d+$")
  local number = decimal and tonumber(decimal) + 0.0
  local low = number and (option.above and number > option.above
    or option.min and number >= option.min)
  if low and number <= option.max then return number end
  return nil, "is not " .. from_to(option, "a number")
end

local function to_choice(option, text)
  for _, choice in ipairs(option.choices) do
    if text == choice then return text end
  end
  local names = table.concat(option.choices, ", ", 1, #option.choices - 1)
  local near = nearest(text, option.choices)
  local hint = near and ("; did you mean '%s'?"):format(near) or ""
  return nil, ("is not %s or %s%s"):format(names, option.choices[#option.choices], hint)
end

local function to_pair(option, text)
  local name, rest = text:match("^([%w_.%-%[%]]+)=(.*)$")
  if name then return { name, rest } end
  return nil, "is not " .. option.argname
end

local function to_text(_, text)
  if text ~= "" then return text end
  return nil, "is empty"
end

local CONVERT = {
  integer = to_integer, number = to_number, choice = to_choice, pair = to_pair, text = to_text,
}

--- The value of an option from its text.
---@param option table kind and its limits, see options.lua
---@param text string
---@param where string "--timeout", "DG_OPENAI_WEIGHTS, place 2"
---@param kind string of the error: "usage" or "config"
---@return any value, any err
function value.convert(option, text, where, kind)
  local result, complaint = CONVERT[option.kind](option, text)
  if result ~= nil then return result end
  local shown = text == "" and "" or value.shown(text) .. " "
  return nil, errors.new(kind, "bad_value", "%s", ("%s: %s%s"):format(where, shown, complaint))
end

return value
