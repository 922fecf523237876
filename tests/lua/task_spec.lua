-- SPDX-License-Identifier: MIT
--
-- The scheduler over an engine of its own making: no network, no clock.
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

-- An engine that ends its requests in the order `pick` chooses (default: first in, first out),
-- as soon as it is waited for in earnest; an `eager` one at every look.
local function fake_engine(pick, eager)
  local e = {
    open = {}, waits = {}, last_id = 0, submitted = 0, peak = 0, cancelled = {},
    recalled = {}, closed = false,
  }
  local function start(outcome)
    e.last_id = e.last_id + 1
    table.insert(e.open, { id = e.last_id, outcome = outcome })
    e.peak = math.max(e.peak, #e.open)
    return e.last_id
  end
  function e.submit(_, request)
    if request.refuse then return nil, { kind = "usage", message = request.refuse } end
    e.submitted = e.submitted + 1
    return start({ ok = true, text = request.url, request = request })
  end
  function e.sleep(_, seconds) return start({ ok = true, slept = seconds }) end
  function e.wait(_, seconds)
    table.insert(e.waits, seconds or "forever")
    if #e.open == 0 or (seconds == 0 and not eager) then return nil end
    if e.on_wait then e.on_wait() end
    local item = table.remove(e.open, pick and pick(e.open) or 1)
    return item.id, item.outcome
  end
  function e.cancel(_, id)
    e.cancelled[id] = (e.cancelled[id] or 0) + 1
    for _, item in ipairs(e.open) do
      if item.id == id then item.outcome = { ok = false, error = { kind = "stopped" } } end
    end
  end
  function e.recall(_, id)
    e.recalled[id] = (e.recalled[id] or 0) + 1
    return false
  end
  function e.pending() return #e.open end
  function e.in_flight() return #e.open end
  function e.close() e.closed = true end
  return e
end

local function newest(open) return #open end

-- An iterator over 1..n that counts what was pulled.
local function numbers(n)
  local state = { pulled = 0 }
  function state.next()
    if state.pulled >= n then return nil end
    state.pulled = state.pulled + 1
    return state.pulled
  end
  return state
end

local function run(fn, engine, options)
  options = options or {}
  options.engine = engine or fake_engine()
  return task.run(fn, options)
end

local stops -- what sys.stop_count says
local real_stop_count = sys.stop_count

describe("task", function()
  before_each(function()
    stops = 0
    sys.stop_count = function() return stops end -- luacheck: ignore 122
  end)
  after_each(function()
    sys.stop_count = real_stop_count -- luacheck: ignore 122
  end)

  it("runs a function and returns what it returns", function()
    assert.same({ 1, nil, 3, n = 3 }, table.pack(run(function() return 1, nil, 3 end)))
  end)

  it("hands each outcome to the task that sent the request", function()
    local got = {}
    run(function()
      task.each(numbers(10), { width = 10 }, function(i)
        table.insert(got, { i, task.send({ url = "u" .. i }).text })
      end)
    end, fake_engine(newest))
    assert.equal(10, #got)
    for _, pair in ipairs(got) do
      assert.equal("u" .. pair[1], pair[2])
    end
    assert.is_true(got[1][1] > got[10][1], "the newest request ended first")
  end)

  it("gives a refused request back as an outcome", function()
    run(function()
      local outcome = task.send({ refuse = "bad url" })
      assert.is_false(outcome.ok)
      assert.equal("bad url", outcome.error.message)
      outcome.error = nil
      assert.same({
        ok = false, verdict = "fatal", status = 0, attempts = 0, latency = 0, waited = 0,
        possibly_billed = false, endpoint = "", request_id = "", content_type = "", url = "",
        error_type = "", error_param = "", text = "", pictures = {},
      }, outcome)
    end)
  end)

  it("awaits requests that were submitted by hand, in any order", function()
    run(function()
      local engine = task.engine()
      local a, b = engine:submit({ url = "a" }), engine:submit({ url = "b" })
      assert.equal("b", task.await(b).text)
      assert.equal("a", task.await(a).text)
    end)
  end)

  it("sleeps", function()
    assert.is_true(run(function() return task.sleep(1) end))
  end)

  it("counts what was submitted", function()
    local before = task.submitted()
    run(function()
      task.send({ url = "a" })
      task.send({ refuse = "x" })
      task.send({ url = "b" })
    end)
    assert.equal(before + 2, task.submitted())
  end)

  describe("each", function()
    it("keeps at most `width` alive and pulls only for a free place", function()
      local items, alive, peak = numbers(50), 0, 0
      local engine = fake_engine()
      run(function()
        task.each(items.next, { width = 7 }, function()
          alive = alive + 1
          peak = math.max(peak, alive)
          assert.is_true(items.pulled - engine.submitted <= 7)
          task.send({ url = "x" })
          alive = alive - 1
        end)
      end, engine)
      assert.equal(50, items.pulled)
      assert.equal(7, peak)
      assert.equal(7, engine.peak)
    end)

    it("starts an item before it pulls the next", function()
      local order = {}
      local items = numbers(3)
      run(function()
        task.each(function()
          local item = items.next()
          if item then table.insert(order, "pull " .. item) end
          return item
        end, { width = 3 }, function(i) table.insert(order, "start " .. i) end)
      end)
      assert.same({ "pull 1", "start 1", "pull 2", "start 2", "pull 3", "start 3" }, order)
    end)

    it("takes an object with next(), and returns true", function()
      local source, seen = { n = 0 }, {}
      function source:next()
        self.n = self.n + 1
        if self.n <= 3 then return self.n end
      end
      local ok = run(function()
        return task.each(source, {}, function(i) table.insert(seen, i) end)
      end)
      assert.is_true(ok)
      assert.same({ 1, 2, 3 }, seen)
    end)

    it("returns the iterator's error when the others have finished", function()
      local items, finished = numbers(3), 0
      local ok, err = run(function()
        return task.each(function()
          local item = items.next()
          if item then return item end
          return nil, "broken input"
        end, { width = 3 }, function()
          task.send({ url = "x" })
          finished = finished + 1
        end)
      end)
      assert.is_nil(ok)
      assert.equal("broken input", err)
      assert.equal(3, finished)
    end)

    it("raises the first error, with its traceback, when the others have finished", function()
      local items, finished = numbers(100), 0
      local function faulty_row(i)
        if i == 3 then error("row 3 is bad") end
        task.send({ url = "x" })
        finished = finished + 1
      end
      local ok, err = pcall(run, function() task.each(items.next, { width = 5 }, faulty_row) end)
      assert.is_false(ok)
      assert.matches("task_spec.lua:%d+: row 3 is bad\nstack traceback:\n", err)
      assert.matches("task_spec.lua:%d+: in function", err)
      assert.equal(2, finished)
      assert.equal(3, items.pulled)
    end)

    it("goes on after errors that somebody takes", function()
      local taken, finished = {}, {}
      local ok = run(function()
        return task.each(numbers(20).next, {
          width = 3, on_error = function(item, err) taken[item] = err end,
        }, function(i)
          if i == 3 then error("row 3 is bad") end
          if i == 4 then coroutine.yield("foreign") end
          task.send({ url = "x" })
          if i == 5 then coroutine.yield() end
          table.insert(finished, i)
        end)
      end)
      assert.is_true(ok)
      assert.equal(17, #finished)
      assert.matches("row 3 is bad\nstack traceback:", taken[3])
      assert.matches("a task yielded by coroutine.yield", taken[4], 1, true)
      assert.matches("a task yielded by coroutine.yield", taken[5], 1, true)
      local count = 0
      for _ in pairs(taken) do count = count + 1 end
      assert.equal(3, count)
    end)

    it("raises what the taking of errors raises", function()
      local items = numbers(20)
      local ok, err = pcall(run, function()
        task.each(items.next, { width = 1, on_error = function() error("cannot take") end },
          function(i) if i == 3 then error("bad") end end)
      end)
      assert.is_false(ok)
      assert.matches("cannot take\nstack traceback:", err)
      assert.equal(3, items.pulled)
    end)

    it("keeps an error that is a table, and adds the traceback", function()
      local thrown = { kind = "script" }
      local ok, err = pcall(run, function()
        task.each(numbers(1), {}, function() error(thrown) end)
      end)
      assert.is_false(ok)
      assert.equal(thrown, err)
      assert.matches("task_spec.lua", err.traceback, 1, true)
    end)

    it("takes an iterator that waits itself", function()
      local items, got = numbers(6), {}
      local function next_item()
        local outcome = task.send({ url = "page" })
        assert.equal("page", outcome.text)
        return items.next()
      end
      run(function()
        task.each(next_item, { width = 2 }, function(i)
          assert.equal("item", task.send({ url = "item" }).text)
          table.insert(got, i)
        end)
      end)
      table.sort(got)
      assert.same({ 1, 2, 3, 4, 5, 6 }, got)
    end)

    it("may stand in another each", function()
      local sum = 0
      run(function()
        task.each(numbers(3), { width = 2 }, function(i)
          task.each(numbers(4), { width = 2 }, function(k)
            task.send({ url = "x" })
            sum = sum + i * k
          end)
        end)
      end, fake_engine(newest))
      assert.equal(60, sum)
    end)

    it("runs alone outside task.run", function()
      local real = package.loaded["diffgentor.engine"]
      local engine = fake_engine()
      package.loaded["diffgentor.engine"] = { new = function() return engine end }
      local sum = 0
      local ok, err = pcall(function()
        task.each(numbers(3), { width = 2 }, function(i) sum = sum + i end)
        assert.equal("solo", task.send({ url = "solo" }).text)
      end)
      package.loaded["diffgentor.engine"] = real
      assert.is_true(ok, err)
      assert.equal(6, sum)
      assert.is_true(engine.closed)
    end)
  end)

  describe("stopping", function()
    it("ends the pulling after task.stop()", function()
      local items, finished = numbers(100), 0
      run(function()
        task.each(items.next, { width = 4 }, function(i)
          if i == 6 then task.stop() end
          task.send({ url = "x" })
          finished = finished + 1
        end)
        assert.is_true(task.stopping())
      end)
      assert.equal(6, items.pulled)
      assert.equal(6, finished)
      assert.is_false(task.stopping())
    end)

    it("ends the pulling at the first request to stop, and lets the rest finish", function()
      local engine, items, whole = fake_engine(), numbers(100), 0
      run(function()
        task.each(items.next, { width = 4 }, function(i)
          if i == 6 then stops = 1 end
          if task.send({ url = "x" }).ok then whole = whole + 1 end
        end)
      end, engine)
      assert.equal(6, items.pulled)
      assert.equal(6, whole)
      assert.same({ [4] = 1, [5] = 1, [6] = 1 }, engine.recalled) -- once each, what was open
      assert.same({}, engine.cancelled)
    end)

    it("does not recall what belongs to a row that is answered", function()
      local engine, oks = fake_engine(), 0
      run(function()
        task.each(numbers(3).next, { width = 3 }, function(i)
          local request = { url = "x", finish = i == 2 or nil }
          if i == 3 then stops = 1 end
          if task.send(request).ok then oks = oks + 1 end
          assert.equal(i == 2 or nil, request.finish)
        end)
      end, engine)
      assert.equal(3, oks)
      assert.same({ [1] = nil, [3] = 1 }, engine.recalled)
    end)

    it("hands no key of its own to the engine", function()
      local seen
      run(function() seen = task.send({ url = "x", finish = true }).request end)
      assert.same({ url = "x" }, seen)
    end)

    it("cancels everything at the second, and sends nothing more", function()
      local engine, items, kinds = fake_engine(), numbers(100), {}
      engine.on_wait = function() if engine.submitted == 4 then stops = 2 end end
      run(function()
        task.each(items.next, { width = 4 }, function()
          local first = task.send({ url = "x" })
          table.insert(kinds, first.ok and "ok" or first.error.kind)
          local second = task.send({ url = "y" })
          assert.equal("stopped", second.error.kind)
          assert.is_false(task.sleep(5))
        end)
      end, engine)
      assert.equal(4, items.pulled)
      assert.equal(4, engine.submitted)
      assert.equal(3, #kinds - (kinds[1] == "ok" and 1 or 0))
      assert.equal("stopped", kinds[4])
      for _, times in pairs(engine.cancelled) do
        assert.equal(1, times)
      end
    end)
  end)

  describe("spawn and wait", function()
    it("give results", function()
      local a, b = run(function()
        local handle = task.spawn(function(x, y)
          task.send({ url = "x" })
          return x + y, "two"
        end, 3, 4)
        return task.wait(handle)
      end)
      assert.equal(7, a)
      assert.equal("two", b)
    end)

    it("raise what the task raised, once it is waited for", function()
      run(function()
        local handle = task.spawn(function() error("inner") end)
        task.sleep(1)
        local ok, err = pcall(task.wait, handle)
        assert.is_false(ok)
        assert.matches("inner\nstack traceback:", err)
      end)
    end)

    it("raise at the end what nobody waited for", function()
      local ok, err = pcall(run, function()
        task.spawn(function() error("unseen") end)
      end)
      assert.is_false(ok)
      assert.matches("unseen", err, 1, true)
    end)

    it("let several wait for one", function()
      local sum = run(function()
        local slow = task.spawn(function()
          task.sleep(1)
          return 5
        end)
        local a = task.spawn(function() return task.wait(slow) end)
        local b = task.spawn(function() return task.wait(slow) end)
        return task.wait(a) + task.wait(b)
      end)
      assert.equal(10, sum)
    end)

    it("end with an error if all wait for each other", function()
      local ok, err = pcall(run, function()
        local a, b
        a = task.spawn(function() task.wait(b) end)
        b = task.spawn(function() task.wait(a) end)
        task.wait(a)
      end)
      assert.is_false(ok)
      assert.matches("all tasks wait for each other and nothing is under way", err, 1, true)
    end)
  end)

  describe("misuse", function()
    it("outside a task is named", function()
      local calls = {
        await = { 1 }, sleep = { 1 }, spawn = { print }, wait = { {} },
      }
      for name, arguments in pairs(calls) do
        local ok, err = pcall(task[name], table.unpack(arguments))
        assert.is_false(ok)
        assert.matches(("task.%s outside a task: call it inside task.run"):format(name), err, 1,
          true)
      end
      assert.has_error(task.engine)
    end)

    it("in a coroutine of one's own is named, and the task goes on", function()
      local text = run(function()
        local own = coroutine.wrap(function() return pcall(task.send, { url = "x" }) end)
        local ok, err = own()
        assert.is_false(ok)
        assert.matches("task.send in a coroutine of your own", err, 1, true)
        return task.send({ url = "after" }).text
      end)
      assert.equal("after", text)
    end)

    it("by a yield of one's own is named", function()
      local ok, err = pcall(run, function() coroutine.yield(1) end)
      assert.is_false(ok)
      assert.matches("a task yielded by coroutine.yield", err, 1, true)
    end)

    it("by a run inside a run is named", function()
      local ok, err = pcall(run, function() task.run(print) end)
      assert.is_false(ok)
      assert.matches("task.run inside a task", err, 1, true)
    end)

    it("by two tasks on one request is named", function()
      local ok, err = pcall(run, function()
        local id = task.engine():submit({ url = "x" })
        task.spawn(function() task.await(id) end)
        task.await(id)
      end)
      assert.is_false(ok)
      assert.matches("request 1 is awaited already", err, 1, true)
    end)
  end)

  describe("the end of a run", function()
    it("cancels and closes what an error leaves behind", function()
      local engine, closed = fake_engine(), false
      local ok, err = pcall(run, function()
        task.spawn(function()
          local guard <close> = setmetatable({}, { __close = function() closed = true end })
          task.send({ url = "x" })
          return guard
        end)
        task.sleep(1)
        engine.open = { { id = 2, outcome = { ok = true } }, engine.open[1] }
        error("main failed")
      end, engine)
      assert.is_false(ok)
      assert.matches("main failed", err, 1, true)
      assert.is_true(closed)
      assert.is_true(next(engine.cancelled) ~= nil)
      assert.equal("again", run(function() return "again" end))
    end)

    it("waits for spawned tasks", function()
      local done = false
      run(function()
        task.spawn(function()
          task.sleep(1)
          done = true
        end)
      end)
      assert.is_true(done)
    end)
  end)

  it("calls the tick with what is in flight", function()
    local seen = {}
    run(function()
      task.each(numbers(20), { width = 4 }, function() task.send({ url = "x" }) end)
    end, fake_engine(nil, true), { every = 0, function(n) table.insert(seen, n) end })
    assert.is_true(#seen >= 20)
    assert.is_true(math.max(table.unpack(seen)) <= 4)
  end)

  it("waits no longer than until the tick, and without one for ever", function()
    local engine = fake_engine()
    run(function() task.sleep(1) end, engine)
    assert.same({ "forever" }, engine.waits)
    engine = fake_engine()
    run(function() task.sleep(1) end, engine, { every = 0.25, function() end })
    assert.is_true(engine.waits[1] > 0 and engine.waits[1] <= 0.25)
  end)

  it("survives a tick that raises, as an error of the run", function()
    local ok, err = pcall(run, function() task.sleep(1) end, fake_engine(nil, true), {
      every = 0, function() error("tick failed") end,
    })
    assert.is_false(ok)
    assert.matches("tick failed", err, 1, true)
    assert.equal(1, run(function() return 1 end))
  end)
end)
