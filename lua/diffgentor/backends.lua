-- SPDX-License-Identifier: MIT
--
-- Backends: how an edit looks to an API.  Each is a Lua module, found on the path:
--
--     local backend, err = backends.load("gemini")        diffgentor.backends.gemini
--
-- What it has is told in docs/scripting.md.

local errors = require("diffgentor.error")
local guard = require("diffgentor.guard")
local failure = require("diffgentor.failure")
local nearest = require("diffgentor.nearest")
local openai = require("diffgentor.backends.openai")
local value = require("diffgentor.value")

local backends = {}

local REHEARSAL = "rehearsal" -- speaks as openai does
local NEEDED = { "path", "read" }
local FUNCTIONS = { "read", "form", "body", "request", "usage" }
local LENT = { "request", "fields", "image_field", "usage" } -- by openai, where it has none

local function refuse(code, fmt, ...) return nil, errors.new("config", code, fmt, ...) end

-- Members of a wrong kind.
local function check_kinds(backend, name)
  for _, member in ipairs(FUNCTIONS) do
    local kind = type(backend[member])
    if kind ~= "function" and kind ~= "nil" then
      return refuse("bad_backend", "--backend %s: '%s' is a %s, not a function", name, member, kind)
    end
  end
  local kind = type(backend.path)
  if kind == "string" or kind == "function" then return true end
  return refuse("bad_backend", "--backend %s: 'path' is a %s, not a text or a function", name, kind)
end

local function check(backend, name)
  if type(backend) ~= "table" then -- require gives true for nothing
    return refuse("bad_backend", "--backend %s: its module returns %s, not a table", name,
      backend == true and "nothing" or "a " .. type(backend))
  end
  for _, member in ipairs(NEEDED) do
    if backend[member] == nil then
      return refuse("bad_backend", "--backend %s: its module has no '%s'", name, member)
    end
  end
  if not backend.form and not backend.body then
    return refuse("bad_backend", "--backend %s: its module has neither 'form' nor 'body'", name)
  end
  local ok, err = check_kinds(backend, name)
  if not ok then return nil, err end
  for _, member in ipairs(LENT) do
    if backend[member] == nil then backend[member] = openai[member] end
  end
  return backend
end

--- The module of a backend.
---@param name string
---@return table?, table? err
function backends.load(name)
  if name == "openai" or name == REHEARSAL then return openai end
  local module = "diffgentor.backends." .. name
  if not name:find("^[%w_]+$") or not package.searchpath(module, package.path) then
    local near = nearest(name, { "openai", REHEARSAL })
    return nil, errors.new("usage", "bad_value", "--backend: %s is not openai or rehearsal, and "
      .. "there is no Lua module %s on LUA_PATH%s", value.shown(name), module,
      near and ("; did you mean '%s'?"):format(near) or "")
  end
  guard.arm()
  local ok, backend = pcall(require, module)
  if not ok then
    local why = failure.said(backend):gsub("^error loading module [^\n]*\n%s*", "")
    return refuse("bad_backend", "--backend %s: %s", name, why)
  end
  return check(backend, name)
end

--- Where a request goes, behind the base URL.
---@param backend table
---@param request diffgentor.EditRequest
---@return string
function backends.path_of(backend, request)
  if type(backend.path) == "function" then return backend.path(request) end
  return backend.path
end

return backends
