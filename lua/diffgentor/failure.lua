-- SPDX-License-Identifier: MIT
--
-- Why a row failed: whatever was raised, as one error and one sentence.

local errors = require("diffgentor.error")
local guard = require("diffgentor.guard")

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

-- "hooks.lua:3: ", of a message handler, where what was raised tells no place.
local function place_of(value)
  local raising, caller = debug.getinfo(3, "f"), debug.getinfo(4, "Sl")
  local fn = raising and raising.func
  local placeless = fn == coroutine.yield or fn == error and type(value) ~= "string"
  if not placeless or not caller or caller.currentline < 1 then return "" end
  return ("%s:%d: "):format(caller.short_src, caller.currentline)
end

--- A raised value as an error of ours; a Lua error with its traceback beside it.
--- Also a message handler of xpcall.
---@param value any
---@return table err
function failure.of(value)
  if errors.is(value) then return value end
  local refusal = guard.refusal(value)
  if refusal then return refusal end
  local text = place_of(value) .. failure.said(value)
  local err = errors.new("script", "lua_error", "%s", (text:gsub("\n.*", "")))
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
