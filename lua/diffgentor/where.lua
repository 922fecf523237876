-- SPDX-License-Identifier: MIT
--
-- --where: a Lua expression over a row's columns tells whether it is edited.  A name is
-- the cell of that column, as text; row["any name"] too; index, position and line are
-- numbers; tonumber, tostring, string and math are there.
--
--     local test = assert(where.compile('lang == "en" and tonumber(width) > 512'))
--     test(row)                     true or false; raises what the expression raises
--     where.missing(text, columns)  an error that names what is no column, or nil

local errors = require("diffgentor.error")
local guard = require("diffgentor.guard")
local nearest = require("diffgentor.nearest")
local row_object = require("diffgentor.row")
local value = require("diffgentor.value")

local where = {}

local NUMBERS = { index = true, position = true, line = true }
local TOOLS = { tonumber = tonumber, tostring = tostring, string = string, math = math,
  ipairs = ipairs, pairs = pairs, select = select, type = type, utf8 = utf8 }
local WORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat "
  .. "return then true until while"):gmatch("%a+") do
  WORDS[word] = true
end

local function missing(row, name)
  local names = row_object.raw(row)
  local near = nearest(name, names)
  error(errors.new("input", "missing_column", "--where: the row has no column %s%s",
    value.shown(name), near and ("; did you mean '%s'?"):format(near) or ""), 0)
end

-- A cell before a tool of the same name: a column called `type` is what is meant.
local function look_up(row, name)
  local cell = row_object.cell(row, name)
  if cell ~= nil then return cell end
  if name == "row" then return row end
  if NUMBERS[name] then return row[name] end
  local tool = TOOLS[name]
  if tool == nil then missing(row, name) end
  return tool
end

--- A function that tells whether a row is wanted.
---@param text string
---@return (fun(row: diffgentor.Row): boolean)?, table? err
function where.compile(text)
  local present
  local env = setmetatable({}, {
    __index = function(_, name) return look_up(present, name) end,
    __newindex = function() error("--where: an expression sets nothing", 2) end,
  })
  guard.arm()
  local chunk, why = load("return " .. text, "=--where", "t", env)
  if not chunk then
    return nil, errors.new("usage", "bad_where", "%s", (why:gsub("^%-%-where:%d+:", "--where:")))
  end
  return function(row)
    present = row
    return not not chunk()
  end
end

-- Names that stand for themselves: no members, no words of strings.
local function words_of(text)
  local words = {}
  local bare = text:gsub('%b""', '""'):gsub("%b''", "''"):gsub("[%.:]%s*[%a_][%w_]*", "")
  for word in bare:gmatch("[%a_][%w_]*") do
    if not WORDS[word] then words[word] = true end
  end
  return words
end

--- nil, or an error that names what is no column; an expression with names of its own
--- is not looked through.
---@param text string
---@param columns string[]
---@return table? err
function where.missing(text, columns)
  if text:find("%f[%a]function%f[%A]") then return nil end
  local known = {}
  for _, name in ipairs(columns) do
    known[name] = true
  end
  for word in pairs(words_of(text)) do
    if not known[word] and not TOOLS[word] and not NUMBERS[word] and word ~= "row" then
      local near = nearest(word, columns)
      return errors.new("input", "missing_column", "--where: the input has no column %s%s",
        value.shown(word), near and ("; did you mean '%s'?"):format(near) or "")
    end
  end
end

return where
