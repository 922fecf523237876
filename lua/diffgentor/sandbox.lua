-- SPDX-License-Identifier: MIT
--
-- --sandbox: what hooks see that are not trusted with the user's rights.  No os, io and
-- debug, no files, no native code, no program internals: text, numbers, tables, and
-- the modules that neither read nor write.
--
--     load(text, "@hooks.lua", "t", sandbox.environment())

local picture = require("diffgentor.picture")

local sandbox = {}

local FUNCTIONS = {
  "assert", "error", "ipairs", "pcall", "print", "rawequal", "rawlen", "select", "tonumber",
  "tostring", "type", "xpcall", "_VERSION",
}
local LIBRARIES = { "coroutine", "math", "string", "table", "utf8" }

-- Those that neither read nor write, and what they have that does not either.
local MODULES = {
  ["diffgentor.base64"] = { "decode", "encode" },
  ["diffgentor.error"] = { "is", "new" },
  ["diffgentor.hash"] = { "sha256" },
  ["diffgentor.json"] = { "array", "decode", "encode", "null" },
  ["diffgentor.log"] = { "debug", "error", "info", "warn" },
  ["diffgentor.ratelimit"] = { "new" },
  ["diffgentor.task"] = { "each", "pause", "sleep", "spawn", "stop", "stopping", "wait" },
  ["diffgentor.template"] = { "compile", "render" },
}

-- Of modules that could also read, write or send: what cannot.
local MEMBERS = {
  ["diffgentor.log"] = { "debug", "info", "warn", "error", "event" },
  ["diffgentor.ratelimit"] = { "new" },
  ["diffgentor.task"] = { "each", "pause", "sleep", "spawn", "stop", "stopping", "wait" },
}

local function copy_of(library, names)
  local copy = {}
  for _, name in ipairs(names or {}) do
    copy[name] = library[name]
  end
  if names then return copy end
  for name, member in pairs(library) do
    copy[name] = member
  end
  return copy
end

-- Metatables that were set in the box are known there, others are not; nor are the raw
-- members of what has one.
local function add_tables(env)
  local own = setmetatable({}, { __mode = "k" })
  local function is_own(item)
    local meta = debug.getmetatable(item)
    return meta == nil or own[meta] == true
  end
  local function guarded(name)
    local raw = _G[name]
    env[name] = function(item, ...)
      if type(item) == "table" and not is_own(item) then
        error(("--sandbox: %s: an object of the program"):format(name), 2)
      end
      return raw(item, ...)
    end
  end
  for _, name in ipairs({ "next", "rawget", "rawset" }) do
    guarded(name)
  end
  function env.getmetatable(item)
    return type(item) == "table" and is_own(item) and getmetatable(item) or nil
  end
  function env.setmetatable(item, meta)
    if type(item) == "table" and not is_own(item) then
      error("--sandbox: setmetatable: an object of the program", 2)
    end
    if type(meta) == "table" then own[meta] = true end
    return setmetatable(item, meta)
  end
  function env.pairs(item)
    local iterate, state, first = pairs(item)
    return iterate == next and env.next or iterate, state, first
  end
end

local function new_load(env)
  return function(chunk, name, mode, given)
    if mode ~= nil and mode ~= "t" then error("--sandbox: load takes text only", 2) end
    return load(chunk, name, "t", given or env)
  end
end

local function new_require()
  local copies, names = {}, {}
  for name in pairs(MODULES) do
    table.insert(names, name)
  end
  table.sort(names)
  return function(name)
    if not MODULES[name] then
      error(("--sandbox: the module '%s' is not for hooks in the sandbox; there are %s"):format(
        tostring(name), table.concat(names, ", ")), 2)
    end
    copies[name] = copies[name] or copy_of(require(name), MEMBERS[name])
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
  add_tables(env)
  env.load, env.require, env._G = new_load(env), new_require(), env
  return env
end

-- What a hook in the box may not lead elsewhere: files that are read, sent and moved.
local FILES = { "path", "bytes", "release", "kept", "saved" }

--- The files of pictures as they are, to be restored behind a hook.
---@param pictures table[]
---@return table snapshot
function sandbox.files(pictures)
  local snapshot = {}
  for i, found in ipairs(pictures) do
    local files = {}
    for _, name in ipairs(FILES) do
      files[name] = rawget(found, name)
    end
    snapshot[i] = { picture = found, files = files }
    if found.path then picture.lock(found) end
  end
  return snapshot
end

--- Restores them; raises where there is one that was not there before.
---@param pictures any
---@param snapshot table of files
---@param what string for the message
function sandbox.restore(pictures, snapshot, what)
  local known = {}
  for _, one in ipairs(snapshot) do
    known[one.picture] = one.files
  end
  for _, found in ipairs(type(pictures) == "table" and pictures or {}) do
    local files = known[found]
    if not files then
      error(("--sandbox: %s takes the pictures it has, no others"):format(what), 0)
    end
    for _, name in ipairs(FILES) do
      rawset(found, name, files[name])
    end
  end
end

--- The pictures of a request, mask included.
---@param request diffgentor.EditRequest
---@return table[]
function sandbox.pictures(request)
  local list = table.move(request.images, 1, #request.images, 1, {})
  table.insert(list, rawget(request, "mask"))
  return list
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
