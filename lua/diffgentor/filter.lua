-- SPDX-License-Identifier: MIT
--
-- --filter_rows: which rows to send, by position from 0.  "0:50" is the first
-- fifty, "100:" all but the first hundred, ":10" the first ten, "7" one row;
-- parts are joined by commas.
--
--     local wanted, ranges = assert(filter.parse("0:50,70"))
--     wanted(49), wanted(50), wanted(70)     true, false, true

local errors = require("diffgentor.error")
local value = require("diffgentor.value")

local filter = {}

local FORMS = "parts are N, A:B, A: and :B, joined by commas, counted from 0"

local function bad(part, why)
  return nil, errors.new("usage", "bad_filter", "%s",
    ("--filter_rows: %s %s; %s"):format(part, why, FORMS))
end

-- A position, or `default` for an empty text; nil if it is neither.
local function position(text, default)
  if text == "" then return default end
  return text:match("^%d+$") and math.tointeger(tonumber(text)) or nil
end

-- The half-open range of one part, or why there is none.
local function range(part)
  if part == "" then return nil, nil, "is empty" end
  if part:find("^[%s:]*%-%d") or part:find(":%s*%-%d") then
    return nil, nil, "is negative"
  end
  local first, last = part:match("^(.-)%s*:%s*(.*)$")
  if not first then
    local only = position(part)
    if only then return only, only + 1 end
    return nil, nil, "is not a row position"
  end
  first, last = position(first, 0), position(last, math.maxinteger)
  if first and last then return first, last end
  return nil, nil, "is not a range of row positions"
end

-- Sorted, without overlaps, so that a position is found by halving.
local function merged(ranges)
  table.sort(ranges, function(a, b) return a[1] < b[1] end)
  local list = {}
  for _, r in ipairs(ranges) do
    local last = list[#list]
    if last and r[1] <= last[2] then
      last[2] = math.max(last[2], r[2])
    else
      table.insert(list, r)
    end
  end
  return list
end

local function contains(ranges, at)
  local low, high = 1, #ranges
  while low <= high do
    local middle = (low + high) // 2
    local r = ranges[middle]
    if at < r[1] then
      high = middle - 1
    elseif at >= r[2] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

--- A function that tells whether a row position is wanted, and the same as
--- sorted ranges { first, the first one behind it }.
---@param text string
---@return (fun(at: integer): boolean)|nil wanted, any ranges_or_err
function filter.parse(text)
  local ranges, place = {}, 0
  for part in (text .. ","):gmatch("([^,]*),") do
    place = place + 1
    part = part:match("^%s*(.-)%s*$")
    local first, last, why = range(part)
    if why then
      local where = ("part %d of %s"):format(place, value.shown(text))
      return bad(part == "" and where or value.shown(part), why)
    end
    if first < last then table.insert(ranges, { first, last }) end
  end
  ranges = merged(ranges)
  return function(at) return contains(ranges, at) end, ranges
end

return filter
