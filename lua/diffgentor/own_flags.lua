-- SPDX-License-Identifier: MIT
--
-- Options that scripts declare, as those of options.lua; their values stand in the
-- settings, and --help shows them.
--
--     M.flags = { { name = "style", help = "style of the pictures", default = "watercolour" } }

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local options = require("diffgentor.options")
local value = require("diffgentor.value")

local own_flags = {}

local KINDS = { text = true, integer = true, number = true, choice = true, switch = true }
local MEMBERS = {
  name = "string", help = "string", kind = "string", argname = "string", default = false,
  min = "number", max = "number", choices = "table", repeatable = "boolean",
}

local function bad(label, name, fmt, ...)
  return nil, errors.new("config", "bad_script", "%s: flag %s: %s", label,
    value.shown(tostring(name)), fmt:format(...))
end

local function check_members(label, name, flag)
  for key, item in pairs(flag) do
    local want = MEMBERS[key]
    if want == nil then return bad(label, name, "unknown member %s", value.shown(tostring(key))) end
    if want and type(item) ~= want then
      return bad(label, name, "%s is a %s, not a %s", key, type(item), want)
    end
  end
  return true
end

local function check_choices(label, name, choices)
  if #choices == 0 then return bad(label, name, "has no choices") end
  for _, text in ipairs(choices) do
    if type(text) ~= "string" then
      return bad(label, name, "a choice is a text, not a %s", type(text))
    end
  end
  return true
end

local WANTED = {
  integer = "a whole number", number = "a number", switch = "true or false", text = "a text",
  choice = "one of its choices",
}

local function suits(flag, default)
  local kind = flag.kind or "text"
  if kind == "integer" then return math.type(default) == "integer" end
  if kind == "number" then return type(default) == "number" end
  if kind == "switch" then return type(default) == "boolean" end
  if kind == "text" then return type(default) == "string" end
  for _, text in ipairs(flag.choices) do
    if text == default then return true end
  end
  return false
end

local function check_default(label, name, flag)
  if flag.default == nil or flag.repeatable or suits(flag, flag.default) then return true end
  local given = type(flag.default) == "string" and value.shown(flag.default)
    or "a " .. type(flag.default)
  return bad(label, name, "its default is %s, not %s", given, WANTED[flag.kind or "text"])
end

local function check(label, i, flag)
  if type(flag) ~= "table" then return bad(label, "#" .. i, "is a %s, not a table", type(flag)) end
  local name = flag.name
  if type(name) ~= "string" or not name:find("^%a[%w_]*$") then
    return bad(label, name or "#" .. i, "its name is of letters, digits and _")
  end
  if options.find(options.of("edit"), name) or name == "rest" or name == "help" then
    return bad(label, name, "there is such an option already")
  end
  if type(flag.help) ~= "string" then return bad(label, name, "has no help, a text") end
  if flag.kind and not KINDS[flag.kind] then
    return bad(label, name, "kind is text, integer, number, choice or switch, not %s",
      value.shown(tostring(flag.kind)))
  end
  local ok, err = check_members(label, name, flag)
  if ok and flag.kind == "choice" then ok, err = check_choices(label, name, flag.choices or {}) end
  if ok then ok, err = check_default(label, name, flag) end
  return ok, err
end

-- Flags that stand under names would be passed over.
local function check_list(label, flags)
  for key in pairs(flags) do
    if math.type(key) ~= "integer" then
      return bad(label, key, "'flags' is a list; the name stands in it: { name = ..., help = ... }")
    end
  end
  return true
end

local function as_option(flag)
  local option = { group = "Script", kind = flag.kind or "text" }
  for key, item in pairs(flag) do
    option[key] = item
  end
  option.argname = option.argname or option.kind == "integer" and "COUNT" or "VALUE"
  if option.kind == "switch" then option.argname = nil end
  return option
end

--- Adds the flags of all layers of a workflow to the options of edit.
---@param workflow diffgentor.Edit
---@return true?, table? err
function own_flags.declare(workflow)
  while workflow and workflow ~= edit do
    local label = rawget(workflow, "label") or "script"
    local flags = rawget(workflow, "flags") or {}
    local ok, err = check_list(label, flags)
    if not ok then return nil, err end
    for i, flag in ipairs(flags) do
      ok, err = check(label, i, flag)
      if not ok then return nil, err end
      table.insert(options.own, as_option(flag))
    end
    workflow = getmetatable(workflow)
  end
  return true
end

return own_flags
