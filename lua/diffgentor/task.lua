-- SPDX-License-Identifier: MIT
--
-- Coroutines over one engine: the only user of coroutine.* in the house.  A
-- task that waits yields a private tag; C never calls back, the table of
-- sleepers is here.
--
--     task.run(function()
--       task.each(rows, { width = 32 }, function(row)
--         local outcome = task.send { url = row.image_url, sink = "text" }
--       end)
--     end)
--
-- The first request to stop (SIGINT) ends the pulling of `each`, recalls what has
-- not begun and lets what is on the wire finish; the second cancels that too.

local sys = require("diffgentor.sys")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local guard = require("diffgentor.guard")
local trust = require("diffgentor.trust")

local task = {}

local AWAIT = {} -- the tag: a yield without it is not ours
local loop -- the running one: { engine, ready, waiting, alive, current, ... }
local submitted = 0 -- requests handed to an engine since the program began

---@class diffgentor.TaskOptions
---@field [1] fun(in_flight: integer)? called every `every` seconds
---@field every number? seconds between two calls, default 1
---@field engine table? instead of an engine of its own

---@class diffgentor.Task
---@field co thread? until it has ended
---@field done boolean
---@field err any set if it raised
---@field results table? what its function returned

local function push(job, value)
  job.value = value
  loop.last = loop.last + 1
  loop.ready[loop.last] = job
end

-- `ended(job)` is called at the end and then answers for its error.
local function new_job(fn, value, ended)
  local job = {
    co = coroutine.create(fn), done = false, ended = ended, seen = ended ~= nil,
    hook = guard.hook(), whose = loop.current and loop.current.whose,
  }
  loop.alive[job] = true
  push(job, value)
  return job
end

-- The traceback goes with the error; an error that already has one keeps it.
local function traced(co, err)
  err = guard.refusal(err) or err
  if type(err) == "table" then
    if rawget(err, "traceback") == nil then rawset(err, "traceback", debug.traceback(co)) end
    return err
  end
  local text = failure.said(err)
  if text:find("\nstack traceback:\n", 1, true) then return text end
  return debug.traceback(co, text)
end

local function with_traceback(err) return traced(coroutine.running(), err) end

local function finish(job, err, results)
  job.done, job.err, job.results = true, err, results
  job.co = nil -- with all that hangs on its stack
  loop.alive[job] = nil
  if err ~= nil and not job.seen then table.insert(loop.failed, job) end
  if job.ended then job.ended(job) end
  for _, joiner in ipairs(job.joiners or {}) do
    push(joiner)
  end
end

-- Its __close may be a script's, too.
local function close(job) guard.resume(job, coroutine.close) end

local function after_step(job, ok, tag, ...)
  if coroutine.status(job.co) == "suspended" then
    if tag == AWAIT then return end
    local at = debug.getinfo(job.co, 1, "Sl") -- above coroutine.yield
    local text = ("%s:%d: a task yielded by coroutine.yield; use task.sleep, task.wait or "
      .. "task.send"):format(at.short_src, at.currentline)
    local err = traced(job.co, text)
    close(job)
    return finish(job, err)
  end
  if ok then return finish(job, nil, table.pack(tag, ...)) end
  finish(job, traced(job.co, tag))
end

local function step(job)
  local value = job.value
  job.value = nil
  loop.current = job
  after_step(job, guard.resume(job, coroutine.resume, value))
  if loop then loop.current = nil end
end

-- The task that is running, or an error that says why there is none.
local function here(what)
  local job = loop and loop.current
  if not job then
    error(("task.%s outside a task: call it inside task.run"):format(what), 3)
  end
  if coroutine.running() ~= job.co then
    local text = "task.%s in a coroutine of your own: its yield would end there, not here; "
      .. "use task.spawn instead of coroutine.wrap or coroutine.create"
    error(text:format(what), 3)
  end
  if not coroutine.isyieldable() then
    error(("task.%s cannot wait here: Lua waits neither in a comparison of table.sort, a "
      .. "function of string.gsub, a __gc or a __tostring, nor while require loads a module")
      :format(what), 3)
  end
  return job
end

local function suspend() return coroutine.yield(AWAIT) end

-- The loop's engine; a program that never waits for one has none.
local function engine_of()
  if not loop.engine then
    loop.engine = assert(require("diffgentor.engine").new({ ca_file = trust.file() }))
    loop.own = true
  end
  return loop.engine
end

local function cancel_all()
  loop.cancelled = true
  for id in pairs(loop.waiting) do
    loop.engine:cancel(id)
  end
end

-- What waits for a place or for its next attempt is not begun any more.
local function recall_all()
  loop.recalled = true
  for id in pairs(loop.waiting) do
    if not loop.lasting[id] then loop.engine:recall(id) end
  end
end

local function run_ready()
  -- One round: what becomes ready meanwhile waits, so that the wire has its turn.
  local last = loop.last
  while loop.first <= last do
    local job = loop.ready[loop.first]
    loop.ready[loop.first] = nil
    loop.first = loop.first + 1
    step(job)
  end
end

local function deliver(id, outcome)
  loop.lasting[id] = nil
  local job = loop.waiting[id]
  loop.waiting[id] = nil
  if job then
    push(job, outcome)
  else
    loop.arrived[id] = outcome
  end
end

-- Seconds to wait for the engine: none if a task is ready, else until the tick.
local function patience()
  if loop.first <= loop.last then return 0 end
  if not loop.tick then return nil end
  return math.max(0, loop.tick_at - sys.now())
end

local function run_tick()
  local tick = loop.tick
  if not tick or sys.now() < loop.tick_at then return end
  loop.tick_at = sys.now() + (tick.every or 1)
  if loop.recalled then recall_all() end -- also what has come to wait since
  tick[1](loop.engine:in_flight())
end

-- Something is new: whoever naps looks again.
local function wake_all()
  for id in pairs(loop.naps) do
    loop.engine:cancel(id)
  end
  loop.naps = {}
end

local function turn()
  run_ready()
  if loop.main.err ~= nil or not next(loop.alive) then return false end
  if not loop.engine and loop.first <= loop.last then return true end
  guard.idle()
  local id, outcome = engine_of():wait(patience())
  guard.awake()
  if id then deliver(id, outcome) else wake_all() end
  if not loop.recalled and sys.stop_count() >= 1 then
    recall_all()
    loop.tick_at = 0 -- people are told at once
  end
  if not loop.cancelled and sys.stop_count() >= 2 then cancel_all() end
  run_tick()
  if not id and loop.first > loop.last and loop.engine:pending() == 0 then
    error("all tasks wait for each other and nothing is under way", 0)
  end
  return true
end

local function turn_until_done()
  local more = true
  while more do
    more = turn()
  end
end

-- Ends what is left: a failed run leaves no coroutine half-way and no request.
local function close_loop(self)
  loop = nil
  for id in pairs(self.waiting) do
    self.engine:cancel(id)
  end
  for job in pairs(self.alive) do
    close(job)
  end
  if self.own then self.engine:close() end
end

local function new_loop(options)
  local self = {
    engine = options.engine, own = false,
    ready = {}, first = 1, last = 0, -- a queue of tasks to resume
    naps = {}, -- ids of sleeps that end when the engine is woken
    lasting = {}, -- request ids that a request to stop does not recall
    waiting = {}, -- request id -> the task that sleeps on it
    arrived = {}, -- request id -> an outcome nobody awaits yet
    alive = {}, -- the tasks that have not ended
    failed = {}, -- tasks that raised before anybody waited for them
    stopping = false, recalled = false, cancelled = false,
  }
  if options[1] then
    self.tick, self.tick_at = options, sys.now() + (options.every or 1)
  end
  return self
end

--- Runs `fn` as a task, and the loop until it and all it spawned have ended.
--- Raises what a task raised (with its traceback) unless somebody waited for it.
---@param fn fun(...): ...
---@param options diffgentor.TaskOptions?
---@return ... what `fn` returns
function task.run(fn, options)
  if loop then error("task.run inside a task: call the function itself", 2) end
  local self = new_loop(options or {})
  loop = self
  self.main = new_job(fn)
  self.main.seen = true
  local ok, err = xpcall(turn_until_done, with_traceback)
  close_loop(self)
  if not ok then error(err, 0) end
  if self.main.err ~= nil then error(self.main.err, 0) end
  for _, job in ipairs(self.failed) do
    if not job.seen then error(job.err, 0) end
  end
  return table.unpack(self.main.results, 1, self.main.results.n)
end

local function check_function(fn, at, what)
  if type(fn) == "function" then return end
  error(("bad argument #%d to '%s' (function expected, got %s)"):format(at, what, type(fn)), 3)
end

--- Starts `fn(...)` beside the running task.
---@return diffgentor.Task handle for task.wait
function task.spawn(fn, ...)
  here("spawn")
  check_function(fn, 1, "spawn")
  local arguments = table.pack(...)
  local job = new_job(function() return fn(table.unpack(arguments, 1, arguments.n)) end)
  return job
end

--- Sleeps until a spawned task has ended; returns its results or raises its error.
---@param handle diffgentor.Task
function task.wait(handle)
  local job = here("wait")
  if type(handle) ~= "table" or handle.done == nil then
    error(("bad argument #1 to 'wait' (task expected, got %s)"):format(type(handle)), 2)
  end
  handle.seen = true
  if not handle.done then
    handle.joiners = handle.joiners or {}
    table.insert(handle.joiners, job)
    suspend()
  end
  if handle.err ~= nil then error(handle.err, 0) end
  return table.unpack(handle.results, 1, handle.results.n)
end

--- Sleeps until the request `id` of task.engine() has ended.
---@param id integer
---@return table outcome
function task.await(id)
  local job = here("await")
  local outcome = loop.arrived[id]
  if outcome then
    loop.arrived[id] = nil
    return outcome
  end
  if loop.waiting[id] then error(("request %d is awaited already"):format(id), 2) end
  loop.waiting[id] = job
  return suspend()
end

-- What the engine would have said, for a request that never reached it.
local function refused(err)
  return {
    ok = false, error = err, verdict = "fatal", status = 0, attempts = 0, latency = 0,
    waited = 0, possibly_billed = false, endpoint = "", request_id = "", content_type = "",
    url = "", error_type = "", error_param = "", text = "", pictures = {},
  }
end

-- The request as the engine takes it.
local function for_engine(request)
  if request.finish == nil then return request end
  local twin = {}
  for key, value in pairs(request) do
    twin[key] = value
  end
  twin.finish = nil
  return twin
end

--- Sends a request and sleeps until it has ended.  Outside any task it runs
--- alone.  A refused request comes back as an outcome that is not ok.  One with
--- `finish = true` belongs to what is under way: the first request to stop does
--- not recall it.
---@param request table as of engine:submit
---@return table outcome
function task.send(request)
  if not loop then
    return task.run(function() return task.send(request) end)
  end
  here("send")
  if sys.stop_count() >= 2 then
    return refused(errors.new("stopped", "stopped", "not sent: the run was told to stop"))
  end
  local id, err = engine_of():submit(for_engine(request))
  if not id then return refused(err) end
  loop.lasting[id] = request.finish
  if not request.place then submitted = submitted + 1 end
  return task.await(id)
end

--- Sleeps; false if the sleep was cut short by a second request to stop.
---@param seconds number
---@return boolean whole
function task.sleep(seconds)
  here("sleep")
  if sys.stop_count() >= 2 then return false end
  return task.await(engine_of():sleep(seconds)).ok
end

--- Sleeps as task.sleep does; outside any task, too.
---@param seconds number
---@return boolean whole
function task.pause(seconds)
  if loop then return task.sleep(seconds) end
  return task.run(function() return task.sleep(seconds) end)
end

--- Sleeps at most so long; ends early by task.rouse, when another process wakes
--- this one, at a request to stop, and now and then without a reason.
---@param seconds number
function task.nap(seconds)
  here("nap")
  local id = engine_of():sleep(seconds)
  loop.naps[id] = true
  task.await(id)
  if loop then loop.naps[id] = nil end
end

--- Ends all naps: there is something to look at.
function task.rouse()
  if loop then wake_all() end
end

--- Sleeps until files and folders are on disk, safe from a power cut.
---@param paths string[]
---@return table outcome ok, or with the error of the first that is not
function task.sync(paths)
  here("sync")
  local id, err = engine_of():sync(paths)
  return id and task.await(id) or { ok = false, error = err }
end

local function puller(iterator)
  if type(iterator) == "function" then return iterator end
  if type(iterator) ~= "table" or type(iterator.next) ~= "function" then
    error("bad argument #1 to 'each' (a function or an object with next() expected, got "
      .. type(iterator) .. ")", 3)
  end
  return function() return iterator:next() end
end

-- Sleeps until a task of the group ends.
local function rest(group)
  group.idle = true
  suspend()
end

-- Pulls and spawns until there is nothing more to pull; returns the iterator's error.
local function pull_all(group, pull, width, fn)
  while not group.err and not task.stopping() do
    if group.active >= width then
      rest(group)
    else
      local item, fault = pull()
      if item == nil then return fault end
      group.active = group.active + 1
      local job = new_job(fn, item, group.ended)
      job.item, job.whose = item, job.whose or item
      push(group.job) -- behind the new task: it starts before the next pull
      suspend()
    end
  end
end

-- What a function raises, nil if nothing.
local function failing(fn, ...)
  local ok, err = xpcall(fn, with_traceback, ...)
  if not ok then return err end
end

--- Calls `fn(item)` as a task for every item, at most `width` alive at once; an
--- item is pulled only when a place is free.  The iterator is a function or an
--- object with next(); it may end with `nil, err`.  The first error of `fn` ends
--- the pulling and is raised when the others have finished; with `on_error` that
--- is called instead, outside any task, and the others go on.
---@param iterator function|table
---@param options { width: integer?, on_error: (fun(item: any, err: any))? } width: default 16
---@param fn fun(item: any)
---@return true|nil, any err of the iterator
function task.each(iterator, options, fn)
  if not loop then
    return task.run(function() return task.each(iterator, options, fn) end)
  end
  check_function(fn, 3, "each")
  options = options or {}
  local pull = puller(iterator)
  local group = { job = here("each"), active = 0, idle = false, err = nil }
  function group.ended(child)
    group.active = group.active - 1
    local err = child.err
    if err ~= nil and options.on_error then err = failing(options.on_error, child.item, err) end
    if group.err == nil then group.err = err end
    if group.idle then
      group.idle = false
      push(group.job)
    end
  end
  local fault = pull_all(group, pull, options.width or 16, fn)
  while group.active > 0 do
    rest(group)
  end
  if group.err ~= nil then error(group.err, 0) end
  if fault ~= nil then return nil, fault end
  return true
end

--- Ends the pulling of every `each`; what is under way finishes.
function task.stop()
  if loop then loop.stopping = true end
end

--- True once task.stop was called or a request to stop has come.
---@return boolean
function task.stopping()
  return (loop ~= nil and loop.stopping) or sys.stop_count() >= 1
end

--- What waits for a place or for its next attempt is sent no more; what is on the
--- wire finishes.
function task.recall()
  if loop then recall_all() end
end

--- The engine of the running loop.
function task.engine()
  if not loop then error("task.engine outside task.run: there is none yet", 2) end
  return engine_of()
end

--- Requests handed to the engine since the program began.
---@return integer
function task.submitted() return submitted end

return task
