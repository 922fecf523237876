-- SPDX-License-Identifier: MIT
--
-- diffgentor.guard: what a script cannot do, and that others go on.

local failure = require("diffgentor.failure")
local guard = require("diffgentor.guard")
local task = require("diffgentor.task")

local MOST = 300000

-- An iterator of one item.
local function once()
  local given = false
  return function()
    if given then return nil end
    given = true
    return 1
  end
end

-- What a task that does this ends with.
local function outcome(fn)
  local kept
  local ok, err = pcall(task.each, once(), { on_error = function(_, e) kept = e end }, fn)
  assert(ok, err)
  return kept and failure.of(kept)
end

local function forever() while true do end end

local function endless() return setmetatable({}, { __close = forever }) end

-- Nothing between an endless loop and its task keeps it from ending.
local SWALLOWERS = {
  ["a plain loop"] = forever,
  ["pcall"] = function() while true do pcall(forever) end end,
  ["pcall in pcall"] = function() pcall(pcall, pcall, function() pcall(forever); forever() end) end,
  ["xpcall"] = function() while true do xpcall(forever, function(e) return e end) end end,
  ["the handler of xpcall"] = function() xpcall(error, forever) end,
  ["a handler for the loop's own end"] = function() xpcall(forever, forever) end,
  ["a comparator"] = function()
    while true do
      pcall(table.sort, { 3, 1, 2 }, function() forever() end)
    end
  end,
  ["a function of gsub"] = function() pcall(string.gsub, "abc", ".", forever); forever() end,
  ["__close"] = function()
    while true do
      pcall(function() local _ <close> = endless() end)
    end
  end,
  ["__close after the loop's end"] = function()
    local _ <close> = endless()
    forever()
  end,
  ["__index"] = function() local _ = setmetatable({}, { __index = forever }).x end,
  ["a coroutine"] = function() while true do coroutine.resume(coroutine.create(forever)) end end,
  ["a wrapped coroutine"] = function() while true do pcall(coroutine.wrap(forever)) end end,
  ["a coroutine in a coroutine"] = function()
    coroutine.wrap(function()
      while true do
        coroutine.resume(coroutine.create(forever))
      end
    end)()
  end,
  ["coroutine.close"] = function()
    local co = coroutine.create(function()
      local _ <close> = endless()
      coroutine.yield()
    end)
    coroutine.resume(co)
    coroutine.close(co)
    forever()
  end,
}

describe("the budget of instructions", function()
  before_each(function() guard.limit({ max_instructions = MOST }) end)
  after_each(function() guard.limit({}) end)

  for name, fn in pairs(SWALLOWERS) do
    it("ends an endless loop in " .. name, function()
      local err = outcome(fn)
      assert.same({ "script", "instruction_budget" }, { err.kind, err.code })
      assert.matches("^tests/lua/guard_spec%.lua:%d+: more than 300000 instructions without "
        .. "waiting; %-%-max_instructions allows more$", err.message)
      assert.is_nil(outcome(function() return ("x"):rep(10) end))
    end)
  end

  it("is each turn's own", function()
    local turns = 0
    assert.is_nil(outcome(function()
      for _ = 1, 5 do
        for _ = 1, MOST // 10 do turns = turns + 1 end
        task.sleep(0)
      end
    end))
    assert.equal(5 * (MOST // 10), turns)
  end)

  it("leaves the other tasks alone", function()
    local ended, failed = {}, {}
    task.each(coroutine.wrap(function() for i = 1, 6 do coroutine.yield(i) end end), {
      on_error = function(i, err) failed[i] = err.code end,
    }, function(i)
      task.sleep(0)
      if i % 2 == 0 then pcall(forever) end
      task.sleep(0)
      ended[#ended + 1] = i
    end)
    table.sort(ended)
    assert.same({ 1, 3, 5 }, ended)
    assert.same({ [2] = "instruction_budget", [4] = "instruction_budget",
      [6] = "instruction_budget" }, failed)
  end)

  it("counts a coroutine that lives longer than a turn", function()
    local co = coroutine.wrap(function() while true do coroutine.yield(pcall(forever)) end end)
    for _ = 1, 2 do
      assert.equal("instruction_budget", outcome(function() co() end).code)
      co = coroutine.wrap(function() while true do coroutine.yield(pcall(forever)) end end)
    end
  end)

  it("holds for a hook outside any task, and for nothing else", function()
    local ok, err = guard.xpcall(forever, failure.of)
    assert.is_false(ok)
    assert.equal("instruction_budget", err.code)
    for _ = 1, MOST * 2 do ok = not ok end
    local function echo(...) return ... end
    assert.same({ true, 1, nil, 3 }, { guard.xpcall(echo, failure.of, 1, nil, 3) })
  end)

  it("is what a task closes its coroutine in", function()
    local function leave()
      local _ <close> = endless()
      task.sleep(10)
    end
    assert.has_error(function()
      task.run(function()
        task.spawn(leave)
        task.sleep(0)
        error("left", 0)
      end)
    end)
  end)

  it("shows the handler of xpcall what it showed before", function()
    local text
    xpcall(function() error("here") end, function(err) text = debug.traceback(err, 2) end)
    assert.matches("guard_spec.lua:%d+: here\nstack traceback:\n\t%[C%]: in function 'error'", text)
    assert.same({ false, 7 }, { xpcall(error, function(err) return err end, 7) })
    assert.same({ true, 1, 2 }, { xpcall(function(...) return ... end, debug.traceback, 1, 2) })
  end)
end)

describe("the cap on memory", function()
  before_each(function()
    collectgarbage()
    guard.limit({ max_memory = collectgarbage("count") // 1024 + 32 })
  end)
  after_each(function() guard.limit({}) end)

  local HOGS = {
    ["string.rep"] = function() return ("x"):rep(1 << 30) end,
    ["a table that grows"] = function()
      local list = {}
      while true do table.insert(list, "x") end
    end,
    ["strings that grow"] = function()
      local text = "x"
      while true do text = text .. text end
    end,
    ["table.concat"] = function()
      local list = {}
      for i = 1, 4096 do list[i] = ("x"):rep(65536) end
      return table.concat(list)
    end,
  }
  for name, fn in pairs(HOGS) do
    it("ends a task that wants too much by " .. name, function()
      local err = outcome(fn)
      assert.same({ "script", "script_memory" }, { err.kind, err.code })
      assert.matches("^more than %d+ MiB of memory for scripts; %-%-max_memory allows more$",
        err.message)
      assert.is_nil(outcome(function() return ("x"):rep(1 << 20) end))
    end)
  end

  it("leaves the program itself some room", function()
    local hoard = {}
    local err = outcome(function()
      while true do hoard[#hoard + 1] = ("x"):rep(65536) end
    end)
    assert.equal("script_memory", err.code)
    assert.equal(1 << 20, #("x"):rep(1 << 20))
    assert.truthy(#hoard > 100)
  end)

  it("can be caught, and still holds", function()
    assert.is_nil(outcome(function()
      for _ = 1, 3 do
        local ok, err = pcall(string.rep, "x", 1 << 30)
        assert(not ok and err == "not enough memory")
      end
    end))
  end)
end)

describe("scripts", function()
  it("have a gethook and no sethook", function()
    local code = [[return debug.gethook, require("debug") == debug]]
    assert.is_function((load(code)()))
    assert.is_nil(package.loaded["diffgentor.native.guard"].sethook)
  end)
end)
