-- SPDX-License-Identifier: MIT
--
-- The scheduler over a real engine: naps that another process ends, and files
-- that are brought to disk.

local file = require("diffgentor.file")
local support = require("support")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local LONG = 600 -- seconds that no test lasts

after_each(support.sweep)

describe("a nap", function()
  it("ends when this process is woken, however many nap", function()
    local woken = {}
    task.run(function()
      local naps = {}
      for k = 1, 3 do
        naps[k] = task.spawn(function()
          task.nap(LONG)
          woken[#woken + 1] = k
        end)
      end
      task.sleep(0)
      assert.same({}, woken)
      sys.wake()
      for k = 1, 3 do task.wait(naps[k]) end
    end)
    table.sort(woken)
    assert.same({ 1, 2, 3 }, woken)
    assert.equal(0, sys.stop_count())
  end)

  it("ends at once if it was woken before", function()
    sys.wake()
    task.run(function() task.nap(LONG) end)
  end)

  it("ends by itself when its time is over, and may be followed by another", function()
    task.run(function()
      task.nap(0.001)
      sys.wake()
      task.nap(LONG)
      task.nap(0)
    end)
  end)

  it("is alone in that: a sleep goes on to its end", function()
    task.run(function()
      local sleep = task.spawn(function() return task.sleep(0.01) end)
      sys.wake()
      task.nap(LONG)
      assert.is_true(task.wait(sleep))
    end)
  end)

  it("is named outside a task", function()
    local ok, message = pcall(task.nap, 1)
    assert.is_false(ok)
    assert.truthy(message:find("task.nap outside a task: call it inside task.run", 1, true))
    ok, message = pcall(task.sync, {})
    assert.is_false(ok)
    assert.truthy(message:find("task.sync outside a task", 1, true))
  end)
end)

describe("sync", function()
  local function synced(paths)
    return task.run(function() return task.sync(paths) end)
  end

  it("brings files and folders to disk", function()
    local folder = support.folder()
    local name = support.put(folder .. "/a.png", support.png)
    assert.is_true(synced({ name, folder }).ok)
    assert.equal("file", file.kind(name))
  end)

  it("tells the first that cannot be", function()
    local folder = support.folder()
    local outcome = synced({ folder, folder .. "/none", folder .. "/neither" })
    assert.is_false(outcome.ok)
    assert.equal("file", outcome.error.kind)
    assert.truthy(outcome.error.message:find(folder .. "/none", 1, true), outcome.error.message)
  end)

  it("goes on beside other tasks", function()
    local folder = support.folder()
    local order = {}
    task.run(function()
      local other = task.spawn(function()
        task.sleep(0)
        order[#order + 1] = "other"
      end)
      assert.is_true(task.sync({ folder }).ok)
      task.wait(other)
    end)
    assert.same({ "other" }, order)
  end)
end)
