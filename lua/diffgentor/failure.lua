-- SPDX-License-Identifier: MIT
--
-- Why a row failed: whatever was raised, as one error and one sentence.

local errors = require("diffgentor.error")
local guard = require("diffgentor.guard")
local layers = require("diffgentor.layers")

local failure = {}

--- A raised value in words; what says nothing of itself by its type, as lua.c does.
---@param value any
---@return string
function failure.said(value)
  if type(value) == "string" or type(value) == "number" then return tostring(value) end
  local meta = debug.getmetatable(value)
  local ok, text = pcall(tostring, value)
  if type(meta) == "table" and rawget(meta, "__tostring") and ok then return text end
  return ("(error object is a %s value)"):format(type(value))
end

local OUTSIDE = "attempt to yield from outside a coroutine" -- as Lua says it, without a place

-- Places in the program's own code.
local OWN_PLACE = "lua/diffgentor/[%w_/]+%.lua:%d+: "

local function is_own(at) return at.source:find("^[@=]lua/diffgentor/") ~= nil end

-- "hooks.lua:3: " of the script's innermost function, "" where there is none.
local function script_place(level)
  local at = debug.getinfo(level + 1, "Sl")
  while at do
    if at.currentline > 0 and not is_own(at) then
      return ("%s:%d: "):format(at.short_src, at.currentline)
    end
    level = level + 1
    at = debug.getinfo(level + 1, "Sl")
  end
  return ""
end

-- What a message handler was called with, in words that tell the script's place: a wrong
-- argument is noticed in the program's own code, and a table that is raised tells none.
local function told(value)
  local text = failure.said(value)
  local raising = debug.getinfo(3, "f")
  local fn = raising and raising.func
  local raises = fn == error or fn == assert
  if value == OUTSIDE or raises and type(value) ~= "string" then
    local caller = debug.getinfo(4, "S")
    return (caller and is_own(caller) and "" or script_place(4)) .. text
  end
  if type(value) ~= "string" or not text:find(OWN_PLACE) then return text end
  local bare, place = text:gsub(OWN_PLACE, ""), script_place(3)
  if not text:find("^" .. OWN_PLACE) then return bare end
  if place ~= "" then return place .. bare end
  local hook = layers.HOOKS[guard.hook()] -- ended by return f(): its place is gone
  return hook and ("hook %s: %s"):format(hook, bare) or text
end

--- A raised value as an error of ours; a Lua error with its traceback beside it.
--- Also a message handler of xpcall.
---@param value any
---@return table err
function failure.of(value)
  if errors.is(value) then return value end
  local refusal = guard.refusal(value)
  if refusal then return refusal end
  local text = told(value)
  local first = text:gsub("\n.*", ""):gsub(":$", "")
  local err = errors.new("script", "lua_error", "%s", first)
  err.traceback = debug.traceback(text, 2)
  return err
end

-- " (HTTP 400, request req_1)", unless the message says so itself.
local function source_of(err)
  local status, id = err.status or 0, err.request_id or ""
  if status == 0 or err.message:find("(HTTP ", 1, true) then return "" end
  return (" (HTTP %d%s)"):format(status, id ~= "" and ", request " .. id or "")
end

--- The whole of what is to be said about a row.
---@param err table
---@param trace diffgentor.Trace how far the row came
---@return string
function failure.text(err, trace)
  local text = err.message .. source_of(err)
  if trace.outcome and trace.outcome.possibly_billed then
    text = text .. "; it may have been billed"
  end
  for _, picture in ipairs(trace.pictures or {}) do
    text = ("%s; the picture is kept as %s"):format(text, picture.path)
  end
  return text
end

return failure
