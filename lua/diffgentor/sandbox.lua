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
  "assert", "error", "ipairs", "pairs", "pcall", "print", "rawequal", "select", "tonumber",
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

local function copy_of(library)
  local copy = {}
  for name, member in pairs(library) do
    copy[name] = member
  end
  return copy
end

-- Metatables that were made in the box; what has another is the program's.
local OWN = setmetatable({}, { __mode = "k" })

local function own_metatable(value)
  local meta = getmetatable(value)
  return OWN[meta] and meta or nil
end

local function check_own(what, value)
  local meta = type(value) == "table" and getmetatable(value)
  if meta and not OWN[meta] then
    error(("--sandbox: %s is not for the program's own objects"):format(what), 3)
  end
end

local function set_metatable(value, meta)
  check_own("setmetatable", value)
  if type(meta) == "table" then OWN[meta] = true end
  return setmetatable(value, meta)
end

-- Past __index and __pairs stands what is the program's alone.
local function raw(name)
  local fn = _G[name]
  return function(value, ...)
    check_own(name, value)
    return fn(value, ...)
  end
end

local function part_of(module, names)
  local part = {}
  for _, name in ipairs(names) do
    part[name] = module[name]
  end
  return part
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
    copies[name] = copies[name] or part_of(require(name), MODULES[name])
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
  for _, name in ipairs({ "next", "rawget", "rawlen", "rawset" }) do
    env[name] = raw(name)
  end
  env.getmetatable, env.setmetatable = own_metatable, set_metatable
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

-- What the box has hung on a table of the program's would be asked once more later.
local function strip(value)
  if OWN[getmetatable(value)] then setmetatable(value, nil) end
end

--- Restores them; raises where there is one that was not there before.
---@param pictures any
---@param snapshot table of files
---@param what string for the message
---@return table[] pictures in a list that only the program has
function sandbox.restore(pictures, snapshot, what)
  local plain = {}
  local known = {}
  for _, one in ipairs(snapshot) do
    known[one.picture] = one.files
  end
  for _, found in ipairs(type(pictures) == "table" and pictures or {}) do
    local files = known[found]
    if not files then
      error(("--sandbox: %s takes the pictures it has, no others"):format(what), 0)
    end
    strip(found)
    for _, name in ipairs(FILES) do
      rawset(found, name, files[name])
    end
    table.insert(plain, found)
  end
  return plain
end

--- The same for the pictures of a request.
---@param request diffgentor.EditRequest
---@param snapshot table of files
---@param what string for the message
function sandbox.restore_request(request, snapshot, what)
  request.images = sandbox.restore(request.images, snapshot, what)
  local mask = rawget(request, "mask")
  if mask ~= nil then sandbox.restore({ mask }, snapshot, what) end
end

--- The same for those of a reply, which nothing of the box is left on.
---@param reply diffgentor.Reply
---@param snapshot table of files
---@param what string for the message
function sandbox.restore_reply(reply, snapshot, what)
  local plain = sandbox.restore(reply.pictures, snapshot, what)
  strip(reply)
  rawset(reply, "pictures", plain)
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
