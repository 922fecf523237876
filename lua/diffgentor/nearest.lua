-- SPDX-License-Identifier: MIT
--
-- The known name closest to a mistyped one, for "did you mean ...?".
--
--     nearest("--ouput_dir", { "--input", "--output_dir" })   "--output_dir"

local MOST_EDITS = 3

-- Levenshtein's distance, one row of the table at a time.
local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

-- Short names bear fewer edits: otherwise everything is near everything.
local function bearable(name)
  return math.min(MOST_EDITS, #name // 2)
end

local function plain(name) return (name:gsub("^%-+", "")) end

--- The known name one edit away; else the first that begins with the given one;
--- else the nearest by edits (at most 3); else the only one that contains it.
---@param name string
---@param known string[]
---@return string?
local function nearest(name, known)
  local wanted = plain(name):lower()
  local best, best_distance = nil, bearable(wanted) + 1
  local starting, holder, holders = nil, nil, 0
  for _, candidate in ipairs(known) do
    local text = plain(candidate):lower()
    local d = distance(wanted, text)
    if d < best_distance then best, best_distance = candidate, d end
    local at = #wanted >= 3 and text:find(wanted, 1, true)
    if at == 1 then starting = starting or candidate end
    if at then holder, holders = candidate, holders + 1 end
  end
  if best and best_distance <= 1 then return best end
  return starting or best or (holders == 1 and holder or nil)
end

return nearest
