-- SPDX-License-Identifier: MIT
--
-- What keeps a script from taking its worker with it.  A turn is one resume of a task, or
-- a hook outside any: it may use so many instructions (--max_instructions), and so much
-- memory (--max_memory).  Where there is a board, the process that watches reads there
-- what this one is at, and since when (--hang_timeout, crew.lua).
--
--     guard.limit(settings)
--     after_step(job, guard.resume(job, coroutine.resume, value))       task.lua
--     local ok, err = guard.xpcall(hook.setup, failure.of, settings)    a turn outside tasks
--     return guard.call(4, fn, view, row)     hook number 4 of layers.HOOKS, in layers.lua

local guard = {}

-- A state that is another program's has no guard: nothing is counted there.
local function unguarded()
  local function nothing() end
  return {
    limit = nothing, arm = nothing, turn = nothing, rest = nothing, spent = nothing, apart = xpcall,
    active = function() return true end, armed = function() return false end, foreign = true,
  }
end

local found, native = pcall(require, "diffgentor.native.guard")
if not found then native = unguarded() end

local board, worker -- where this process tells what it is at, and its number there
local hook, whose = 0, nil -- number of the hook that runs, and the item of the task

-- The row's position in the input, where a task is a row's.
local function position()
  return type(whose) == "table" and math.tointeger(rawget(whose, "position")) or nil
end

local function tell()
  if board then board:at(worker, position(), hook) end
end

--- From now on what this process is at stands on that board; nil: on none.
---@param on table?
---@param number integer? from 0
function guard.watch(on, number)
  guard.idle()
  board, worker = on, number
end

--- It waits, and so is at nothing.
function guard.idle()
  if board then board:idle(worker) end
end

--- It has waited.
guard.awake = tell

--- What turns may use from now on.
---@param settings { max_instructions: integer?, max_memory: integer? } without one: any
function guard.limit(settings)
  native.limit(settings.max_instructions or 0, settings.max_memory or 0)
end

local armed = native.armed() -- a file that the host itself runs is counted already

--- Before a text is run that is not the program's own: what it does is counted.
function guard.arm()
  armed = true
  native.arm()
end

------------------------------------------------------------------ turns

local function rested(job, used, before, item, ...)
  native.rest(used)
  job.hook, hook, whose = hook, before, item
  tell()
  return ...
end

--- resume(job.co, ...) as a turn; `job.whose` is the item whose task it is.
---@param job table
---@param resume function
---@return any ... what that returns
function guard.resume(job, resume, ...)
  if not armed and not board then return resume(job.co, ...) end
  local before, item = hook, whose
  local used = native.turn(job.co)
  hook, whose = job.hook, job.whose
  tell()
  return rested(job, used, before, item, resume(job.co, ...))
end

--- The hook that runs, for what it starts; 0: none.
---@return integer
function guard.hook() return hook end

local function called(before, ...)
  hook = before
  tell()
  return ...
end

--- fn(...) as that hook.
---@param number integer
---@param fn function
---@return any ...
function guard.call(number, fn, ...)
  local before = hook
  hook = number
  tell()
  return called(before, fn(...))
end

--- The rest of this turn is not the script's.
function guard.leave()
  native.rest()
  hook = 0
  tell()
end

local real_xpcall = xpcall

-- A handler is not to go on either: it runs where nothing is counted.
local function shielded(handler)
  if type(handler) ~= "function" or debug.getinfo(handler, "S").what == "C" then return handler end
  return function(err)
    if native.spent() then return err end
    return handler(err)
  end
end

-- What scripts have as xpcall.
if not native.foreign then
  rawset(_G, "xpcall", function(fn, handler, ...)
    return real_xpcall(fn, shielded(handler), ...)
  end)
end

--- xpcall, as a turn where none runs.
---@param fn function
---@param handler function
---@return boolean ok, any ...
function guard.xpcall(fn, handler, ...)
  if native.active() then return xpcall(fn, handler, ...) end
  local before = hook
  return called(before, native.apart(fn, handler, ...))
end

------------------------------------------------------------------ memory

local REFUSED = "not enough memory" -- what Lua raises

--- The error to be told where a raised value says that memory was refused.
---@param value any
---@return table? err
function guard.refusal(value)
  return value == REFUSED and native.memory_error and native.memory_error() or nil
end

return guard
