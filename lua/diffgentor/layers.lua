-- SPDX-License-Identifier: MIT
--
-- Hooks in layers: the bundled workflow is the lowest, each extend() and each hook file
-- lies above the one before.  A hook is asked of the highest layer that has it; there
-- self.super reaches what lies below, and self.HOOK the highest again.
--
--     local hook = layers.bind(workflow)
--     hook.prompt(row)          as workflow:prompt(row), through the layers

local errors = require("diffgentor.error")
local guard = require("diffgentor.guard")
local nearest = require("diffgentor.nearest")
local sandbox = require("diffgentor.sandbox")
local value = require("diffgentor.value")

local layers = {}

--- In the order in which a row meets them.
layers.HOOKS = {
  "setup", "keep", "images", "prompt", "request", "reply", "name", "result", "done",
}

local IS_HOOK = {}
for i, name in ipairs(layers.HOOKS) do
  IS_HOOK[name] = i
end

-- Where such a hook returns nil, the layer below is asked.
local FALLS_THROUGH = { images = true, prompt = true, name = true }

-- Members that are no functions.
local MEMBERS = { columns = "table", flags = "table", api = "number" }

--- The version of what scripts see; a script may ask for it: `api = 1`.
layers.API = 1

local function bad(label, fmt, ...)
  return nil, errors.new("config", "bad_script", "%s: %s", label, fmt:format(...))
end

-- One mistyped letter; anything else is a name of the script's own.
local function is_mistyped(name)
  local near = nearest(name, layers.HOOKS)
  if not near or #near < 4 then return nil end
  local same = math.abs(#near - #name) <= 1 and name:sub(1, 1) == near:sub(1, 1)
  return same and near or nil
end

local function check_member(label, name, member)
  if type(name) ~= "string" then
    return bad(label, "a hook's name is text, not a %s", type(name))
  end
  local kind = type(member)
  if IS_HOOK[name] and kind ~= "function" then
    return bad(label, "the hook '%s' is a %s, not a function", name, kind)
  end
  if MEMBERS[name] and kind ~= MEMBERS[name] then
    return bad(label, "'%s' is a %s, not a %s", name, kind, MEMBERS[name])
  end
  if name == "api" and member ~= layers.API then
    return bad(label, "written for version %s of the script API; this program has version %d",
      tostring(member), layers.API)
  end
  local near = kind == "function" and not IS_HOOK[name] and is_mistyped(name)
  if not near then return true end
  return bad(label, "there is no hook %s; did you mean '%s'?", value.shown(name), near)
end

--- Whether a table is fit to be a layer: what a hook file or a script returned.
---@param class table
---@param label string the file, for messages
---@return true?, table? err
function layers.check(class, label)
  for name, member in next, class do
    if name ~= "__index" and name ~= "super" then
      local ok, err = check_member(label, name, member)
      if not ok then return nil, err end
    end
  end
  return true
end

-- From the highest to the bundled one.
local function chain_of(workflow)
  local chain = {}
  repeat
    table.insert(chain, workflow)
    workflow = getmetatable(workflow)
  until not workflow
  return chain
end

local function bind_hook(name, chain, from, view_of)
  local k = from
  while rawget(chain[k], name) == nil do
    k = k + 1
  end
  local fn, view = rawget(chain[k], name), view_of(k)
  if k == #chain or not FALLS_THROUGH[name] then
    return function(...) return fn(view, ...) end
  end
  local below = bind_hook(name, chain, k + 1, view_of)
  return function(...)
    local result, err = fn(view, ...)
    if result == nil and err == nil then return below(...) end
    return result, err
  end
end

-- What self.super is in layer k: hooks of the layers below, whoever calls them.
local function super_of(chain, k, view_of)
  return setmetatable({}, {
    __index = function(super, name)
      if not IS_HOOK[name] then
        return not rawget(chain[k], "boxed") and chain[k + 1][name] or nil
      end
      local call = bind_hook(name, chain, k + 1, view_of)
      local member = function(_, ...) return call(...) end
      rawset(super, name, member)
      return member
    end,
  })
end

-- What self is for hooks in the sandbox: they and what they keep, no more.
local function boxed_member(workflow, class, name)
  if name == "settings" then return sandbox.settings(workflow.settings) end
  return rawget(class, name)
end

-- What self is in a layer: the workflow, with a super of its own.
local function new_view(workflow, chain, k, hook, view_of)
  local class = chain[k]
  local boxed = rawget(class, "boxed")
  return setmetatable({ super = super_of(chain, k, view_of) }, {
    __index = function(view, name)
      if not IS_HOOK[name] then
        if boxed then return boxed_member(workflow, class, name) end
        return workflow[name]
      end
      local call = hook[name]
      local member = function(_, ...) return call(...) end
      rawset(view, name, member)
      return member
    end,
    __newindex = boxed and class or workflow,
  })
end

--- Whether a hook is the bundled workflow's own.
---@param workflow diffgentor.Edit
---@param name string
---@return boolean
function layers.is_bundled(workflow, name)
  local chain = chain_of(workflow)
  return workflow[name] == chain[#chain][name]
end

--- The hooks of a workflow as functions, by name.
---@param workflow diffgentor.Edit
---@return table<string, function>
function layers.bind(workflow)
  local chain, views, hook = chain_of(workflow), {}, {}
  local function view_of(k)
    if k == #chain then return workflow end
    views[k] = views[k] or new_view(workflow, chain, k, hook, view_of)
    return views[k]
  end
  for i, name in ipairs(layers.HOOKS) do
    local call = bind_hook(name, chain, 1, view_of)
    local own = layers.is_bundled(workflow, name)
    hook[name] = own and call or function(...) return guard.call(i, call, ...) end
  end
  return hook
end

return layers
