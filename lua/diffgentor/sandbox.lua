-- SPDX-License-Identifier: MIT
--
-- --sandbox: what hooks see that are not trusted with the user's rights.  No os, io and
-- debug, no files, no native code, no program internals: text, numbers, tables, and
-- the modules that neither read nor write.
--
--     load(text, "@hooks.lua", "t", sandbox.environment())

local sandbox = {}

local FUNCTIONS = {
  "assert", "error", "ipairs", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen",
  "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "xpcall", "_VERSION",
}
local LIBRARIES = { "coroutine", "math", "string", "table", "utf8" }

local MODULES = {
  "diffgentor.base64", "diffgentor.error", "diffgentor.hash", "diffgentor.json",
  "diffgentor.log", "diffgentor.ratelimit", "diffgentor.task", "diffgentor.template",
}

local function copy_of(library)
  local copy = {}
  for name, member in pairs(library) do
    copy[name] = member
  end
  return copy
end

-- Metatables of strings and of the program's objects are not for the box.
local function own_metatable(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and not meta.__name and meta or nil
end

local function new_load(env)
  return function(chunk, name, mode, given)
    if mode ~= nil and mode ~= "t" then error("--sandbox: load takes text only", 2) end
    return load(chunk, name, "t", given or env)
  end
end

local function new_require()
  local allowed, copies = {}, {}
  for _, name in ipairs(MODULES) do
    allowed[name] = true
  end
  return function(name)
    if not allowed[name] then
      error(("--sandbox: the module '%s' is not for hooks in the sandbox; there are %s"):format(
        tostring(name), table.concat(MODULES, ", ")), 2)
    end
    copies[name] = copies[name] or copy_of(require(name))
    return copies[name]
  end
end

--- A new table of globals.
---@return table
function sandbox.environment()
  local env = {}
  for _, name in ipairs(FUNCTIONS) do
    env[name] = _G[name]
  end
  for _, name in ipairs(LIBRARIES) do
    env[name] = copy_of(_G[name])
  end
  env.getmetatable, env.load, env.require, env._G = own_metatable, new_load(env), new_require(), env
  return env
end

local SCALARS = { string = true, number = true, boolean = true }

--- The settings as hooks in the sandbox see them: no endpoint, no key.
---@param settings table
---@return table
function sandbox.settings(settings)
  local copy = {}
  for name, item in pairs(settings) do
    if SCALARS[type(item)] then copy[name] = item end
  end
  return copy
end

return sandbox
