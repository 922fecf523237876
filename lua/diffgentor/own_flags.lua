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
  return nil, errors.new("config", "bad_script", "%s: flag %s: %s", label, value.shown(name),
    fmt:format(...))
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
  if flag.kind == "choice" and not flag.choices then return bad(label, name, "has no choices") end
  return check_members(label, name, flag)
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
    for i, flag in ipairs(rawget(workflow, "flags") or {}) do
      local ok, err = check(label, i, flag)
      if not ok then return nil, err end
      table.insert(options.own, as_option(flag))
    end
    workflow = getmetatable(workflow)
  end
  return true
end

return own_flags
