-- SPDX-License-Identifier: MIT
--
-- Runs that are ended by a limit: in order, with their rows pending, and the next
-- run goes on.

local edit = require("diffgentor.edit")
local openai = require("diffgentor.backends.openai")
local stage = require("edit_stage")
local value = require("diffgentor.value")

local run, again, column, said = stage.run, stage.again, stage.column, stage.has_said

before_each(stage.set)
after_each(stage.strike)

local function text_of(n, prompt)
  return "image,instruction\n" .. ("a.png," .. (prompt or "x") .. "\n"):rep(n)
end

-- Rows that have ended and those that are pending are all there are.
local function assert_in_order(list, counts, total)
  assert.equal(total, #list)
  assert.equal(total, counts.done + counts.failed + counts.pending)
  local pending = 0
  for _, status in ipairs(column(list, "status")) do
    pending = pending + (status == "pending" and 1 or 0)
  end
  assert.equal(pending, counts.pending)
  assert.truthy(said(("info: %s pending; the same command"):format(
    value.counted(pending, "row"))))
end

describe("a run is stopped by", function()
  it("--max_errors", function()
    local code, list, counts = run(text_of(30, "refuse!"), { max_errors = 5 })
    assert.equal(3, code)
    assert.truthy(counts.failed >= 5 and counts.failed <= 8)
    assert.truthy(counts.failed <= #stage.sent) -- one that had not begun is recalled
    assert_in_order(list, counts, 30)
    assert.truthy(said("error: --max_errors 5: as many rows have failed"))
  end)

  it("the first rows that all fail with one error", function()
    local code, list, counts = run(text_of(30, "refuse!"), { max_same_errors = 4 })
    assert.equal(3, code)
    assert.truthy(counts.failed >= 4 and counts.failed <= 7)
    assert_in_order(list, counts, 30)
    assert.truthy(said("error: the first 4 rows all failed with moderation_blocked, and the others "
      .. "would too; the last one: "))
  end)

  it("neither a busy server nor a late series of errors", function()
    local code, _, counts = run(text_of(8, "busy!"), { max_same_errors = 4, api_max_retries = 0 })
    assert.same({ 1, 8 }, { code, counts.failed })
    code, _, counts = run("image,instruction\na.png,x\n" .. ("a.png,refuse!\n"):rep(8),
      { max_same_errors = 4, max_global_workers = 1, output_dir = stage.folder .. "/late" })
    assert.same({ 1, 8, 1 }, { code, counts.failed, counts.done })
  end)

  it("--max_runtime, also before its first row", function()
    local code, list, counts = run(text_of(5), { max_runtime = -1 }) -- over at once, surely
    assert.same({ 3, 0, 5 }, { code, #stage.sent, counts.pending })
    assert_in_order(list, counts, 5)
    assert.truthy(said("error: --max_runtime -1: the time is over"))
    assert.equal(5, select(4, again(text_of(5))))
  end)

  it("hooks that raise behind the answer, which count as errors", function()
    local mine = edit:extend()
    function mine:result() error("boom", 0) end -- luacheck: ignore 212/self
    local code, list, counts = run(text_of(30), { max_same_errors = 4 }, mine)
    assert.equal(3, code)
    assert.truthy(counts.failed >= 4 and counts.failed <= 7)
    assert.equal("answered", list[1].status)
    local sent
    local _
    code, _, _, sent = again(text_of(30), { max_same_errors = 4 })
    assert.same({ 0, 30 - counts.failed }, { code, sent })
  end)
end)

local ROW = 45512000 -- of the ledger, as the price list has a row of text_of
local CHEAP = { { "quality", "medium" }, { "size", "1024x1024" } }

local function limited(rows, more)
  local s = { max_cost = rows * ROW, api_max_retries = 0, params = CHEAP }
  for key, given in pairs(more or {}) do s[key] = given end
  return s
end

describe("a budget", function()
  it("stops the run before it can be passed, and holds over all runs", function()
    run(text_of(1), { params = CHEAP })
    local row = stage.ledger().cost
    local function up_to(rows)
      return again(text_of(9), { params = CHEAP, api_max_retries = 0, max_cost = rows * row })
    end
    local code, list, counts, sent = up_to(5)
    assert.same({ 3, 4, 4 }, { code, sent, counts.pending })
    assert_in_order(list, { done = counts.done + 1, failed = 0, pending = 4 }, 9)
    assert.equal(5 * row, stage.ledger().cost)
    assert.truthy(said("error: --max_cost: the limit of $"))
    assert.truthy(said("; the same command with a higher --max_cost sends them"))
    local _
    code, _, _, sent = up_to(5)
    assert.same({ 3, 0 }, { code, sent })
    code, _, _, sent = up_to(9)
    assert.same({ 0, 4 }, { code, sent })
    assert.equal(9 * row, stage.ledger().cost)
  end)

  it("lets one row go at a time until its price is known", function()
    local code = run(text_of(3), limited(100))
    assert.equal(0, code)
    stage.busy.most = 0
    code = run(text_of(8, "refuse!"), limited(100, { output_dir = stage.folder .. "/r" }))
    assert.same({ 1, 1 }, { code, stage.busy.most })
  end)

  it("trusts no price of rows that were asked for otherwise", function()
    run(text_of(1), { params = CHEAP })
    local row = stage.ledger().cost
    local eight = { CHEAP[1], CHEAP[2], { "n", "8" } }
    local code = again(text_of(30), { params = eight, api_max_retries = 0, max_cost = 15 * row,
      max_global_workers = 30 })
    assert.equal(3, code)
    assert.truthy(stage.ledger().cost <= 15 * row)
    stage.busy.most = 0
    again(text_of(30), { params = eight, api_max_retries = 0, max_cost = 200 * row,
      max_global_workers = 30 })
    assert.truthy(stage.busy.most > 1)
  end)

  it("counts attempts that may have been billed", function()
    run(text_of(1), { params = CHEAP })
    local row = stage.ledger().cost
    local text = "image,instruction\na.png,x\n" .. ("a.png,lost!\n"):rep(9)
    local code, _, counts, sent = again(text, { params = CHEAP, api_max_retries = 0,
      max_cost = 4 * row })
    assert.same({ 3, 3, 6 }, { code, sent, counts.pending })
    assert.equal(3, stage.ledger().possibly_billed)
  end)

  it("stops where no cost can be known", function()
    local blind = edit:extend()
    blind.backend = setmetatable({ usage = function() return nil end }, { __index = openai })
    for name, case in pairs({
      ["answers tell no usage"] = { limited(100), blind },
      ["the model has no price"] = { limited(100, { prices = {} }) },
    }) do
      case[1].output_dir = stage.folder .. "/" .. name:gsub(" ", "_")
      stage.sent, stage.said = {}, {}
      local code, _, counts = run(text_of(9), case[1], case[2])
      assert.same({ 3, 1, 8 }, { code, #stage.sent, counts.pending }, name)
      assert.truthy(said("cannot be kept: no answer so far has a known cost"), name)
    end
  end)

  it("stops after a few attempts that may have been billed while no price is known", function()
    local code, _, counts = run(text_of(9, "lost!"), limited(100))
    assert.same({ 3, 3, 6 }, { code, #stage.sent, counts.pending })
  end)
end)
