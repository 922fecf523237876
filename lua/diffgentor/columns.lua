-- SPDX-License-Identifier: MIT
--
-- Column names, and what to say when one is not there.

local nearest = require("diffgentor.nearest")
local row = require("diffgentor.row")

local columns = {}

--- name -> its place, from 1.
---@param names string[]
---@return table<string, integer>
function columns.places(names)
  local at = {}
  for i, name in ipairs(names) do
    at[name] = at[name] or i
  end
  return at
end

local function listed(names)
  local list = {}
  for i = 1, math.min(#names, 20) do
    list[i] = '"' .. names[i] .. '"'
  end
  if #names > 20 then table.insert(list, ("... (%d in all)"):format(#names)) end
  return table.concat(list, ", ")
end

local function delimiter_hint(names)
  local found = #names == 1 and names[1]:match("[;\t]")
  if not found then return "" end
  local shown = found == "\t" and "tabs" or "semicolons"
  return ("; the file seems to be separated by %s: save it with commas"):format(shown)
end

-- What is most likely meant: another delimiter, or the nearest name.
local function advice(near, names)
  local delimiter = delimiter_hint(names)
  if delimiter ~= "" then return delimiter end
  return near and ('; did you mean "%s"?'):format(near) or ""
end

--- Why column `name` is missing: 'no column "x" (hint); there are ...; did you mean ...'.
---@param name string
---@param names string[] those there are
---@param hint string? how to name another one
---@return string
function columns.missing(name, names, hint)
  return ('no column "%s"%s; there are %s%s'):format(name, hint and " (" .. hint .. ")" or "",
    listed(names), advice(nearest(name, names), names))
end

--- Why there is no image column.
---@param names string[] those there are
---@return string
function columns.missing_image(names)
  local near
  for _, name in ipairs(row.IMAGE_COLUMNS) do
    near = near or nearest(name, names)
  end
  return ('no image column ("image_url", "image" or "input_images"); there are %s%s'):format(
    listed(names), advice(near, names))
end

return columns
