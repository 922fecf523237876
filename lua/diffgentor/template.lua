-- SPDX-License-Identifier: MIT
--
-- Prompt templates: {{column}} becomes the row's cell, filters follow behind
-- bars.  A value is inserted as it is and never read as a template; a name that
-- the row does not have is an error, not an empty text.
--
--     template.render("{{instruction | trim}}, {{style | default:plain}} style", row)
--     {{"{{"}} gives two braces; filters: trim, lower, upper, json, default:TEXT

local errors = require("diffgentor.error")
local json = require("diffgentor.json")
local nearest = require("diffgentor.nearest")
local value = require("diffgentor.value")

local template = {}

local FILTERS = {
  trim = function(text) return (text:match("^%s*(.-)%s*$")) end,
  lower = string.lower,
  upper = string.upper,
  json = json.encode,
  default = function(text, argument) return text == "" and argument or text end,
}
local FILTER_NAMES = { "trim", "lower", "upper", "json", "default" }

---@class diffgentor.Template
---@field pieces table[] texts, and { name or text, filters, at }
local Template = {}
Template.__index = Template

local function template_error(at, fmt, ...)
  local text = ("template, character %d: "):format(at) .. fmt:format(...)
  return nil, errors.new("script", "template", "%s", text)
end

-- "..." at the beginning of `body`: its content and the rest.
local function quoted(body)
  return body:match('^"([^"]*)"%s*(.*)$')
end

local function parse_filter(text, at)
  local name, argument = text:match("^%s*([%w_]*)%s*(.-)%s*$")
  local filter = FILTERS[name]
  if not filter then
    local near = nearest(name, FILTER_NAMES)
    return template_error(at, "unknown filter %s%s", value.shown(name),
      near and ("; did you mean '%s'?"):format(near) or "")
  end
  local given = argument:match("^:%s*(.*)$")
  if (name == "default") ~= (given ~= nil) or argument ~= "" and not given then
    return template_error(at, "filter '%s' %s", name,
      name == "default" and "needs its text, as default:TEXT" or "takes nothing behind it")
  end
  return { filter, given and quoted(given) or given }
end

-- Splits at bars that stand outside quotes.
local function split_bars(body)
  local parts, part, inside = {}, "", false
  for char in body:gmatch(".") do
    if char == '"' then inside = not inside end
    if char == "|" and not inside then
      table.insert(parts, part)
      part = ""
    else
      part = part .. char
    end
  end
  table.insert(parts, part)
  return parts
end

local function parse_insert(body, at)
  local parts = split_bars(body)
  local source = parts[1]:match("^%s*(.-)%s*$")
  if source == "" then return template_error(at, "{{ }} names no column") end
  local insert = { at = at, filters = {} }
  local text, rest = quoted(source)
  if text and rest == "" then insert.text = text else insert.name = source end
  for i = 2, #parts do
    local filter, err = parse_filter(parts[i], at)
    if not filter then return nil, err end
    table.insert(insert.filters, filter)
  end
  return insert
end

-- Where the braces that open at `from` close: "}}" outside quotes.
local function closing(text, from)
  local inside = false
  for at = from, #text - 1 do
    if text:byte(at) == 34 then inside = not inside end
    if not inside and text:sub(at, at + 1) == "}}" then return at end
  end
end

local function parse_pieces(text)
  local pieces, at = {}, 1
  while true do
    local open = text:find("{{", at, true)
    if not open then break end
    local close = closing(text, open + 2)
    if not close then return template_error(open, "{{ is not closed by }}") end
    if open > at then table.insert(pieces, text:sub(at, open - 1)) end
    local insert, err = parse_insert(text:sub(open + 2, close - 1), open)
    if not insert then return nil, err end
    table.insert(pieces, insert)
    at = close + 2
  end
  if at <= #text then table.insert(pieces, text:sub(at)) end
  return pieces
end

--- Reads a template once, to render it often.
---@param text string
---@return diffgentor.Template|nil, any err
function template.compile(text)
  local pieces, err = parse_pieces(text)
  if not pieces then return nil, err end
  return setmetatable({ pieces = pieces }, Template)
end

--- The columns a template names, each once, in their order.
---@return string[]
function Template:names()
  local names, seen = {}, {}
  for _, piece in ipairs(self.pieces) do
    local name = piece.name
    if name and not seen[name] then
      seen[name] = true
      table.insert(names, name)
    end
  end
  return names
end

local function unknown_column(piece, row)
  local names = {}
  for name in pairs(row) do
    if type(name) == "string" then table.insert(names, name) end
  end
  table.sort(names)
  local near = nearest(piece.name, names)
  return template_error(piece.at, "the row has no column %s%s", value.shown(piece.name),
    near and ("; did you mean '%s'?"):format(near) or "")
end

local function source_text(piece, row)
  if piece.text then return piece.text end
  local cell = row[piece.name]
  local kind = type(cell)
  if kind == "string" then return cell end
  if kind == "number" or kind == "boolean" then return tostring(cell) end
  if cell == nil then return unknown_column(piece, row) end
  return template_error(piece.at, "%s is a %s, not text", value.shown(piece.name), kind)
end

--- The text with the row's values.
---@param row table
---@return string|nil text, any err
function Template:render(row)
  local parts = {}
  for i, piece in ipairs(self.pieces) do
    if type(piece) == "string" then
      parts[i] = piece
    else
      local text, err = source_text(piece, row)
      if not text then return nil, err end
      for _, filter in ipairs(piece.filters) do
        text = filter[1](text, filter[2])
      end
      parts[i] = text
    end
  end
  return table.concat(parts)
end

local compiled_text, compiled -- a run renders the same template for every row

--- Compiles and renders; raises what is wrong with the template or the row.
---@param text string
---@param row table
---@return string
function template.render(text, row)
  if text ~= compiled_text then
    local fresh, err = template.compile(text)
    if not fresh then error(err, 0) end
    compiled_text, compiled = text, fresh
  end
  local result, err = compiled:render(row)
  if not result then error(err, 0) end
  return result
end

return template
