-- SPDX-License-Identifier: MIT
--
-- Answers that were paid for and could not be processed: they are kept, and the
-- next run or `diffgentor reprocess` takes them up without a request.

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local native = require("diffgentor.native.ledger")
local stage = require("edit_stage")
local support = require("support")
local sys = require("diffgentor.sys")

local run, again, column = stage.run, stage.again, stage.column

before_each(stage.set)
after_each(stage.strike)

-- luacheck: ignore 212/self

local TEXT = "image,instruction\na.png,1\na.png,2\n"

-- A workflow whose hook raises in the second row.
local function raising(hook, err)
  local mine = edit:extend()
  mine[hook] = function(self, row, ...)
    if row.position == 1 then error(err or "boom", 0) end
    return edit[hook](self, row, ...)
  end
  return mine
end

local function out(name) return stage.folder .. "/out/" .. name end

-- The second row's picture, wherever it is, is whole.
local function assert_done(list)
  assert.same({ "done", "done" }, column(list, "status"))
  assert.same({ "000000.png", "000001.png" }, column(list, "output_image"))
  assert.equal("png", assert(image.file(out("000001.png"))).kind)
  assert.same({}, stage.spool())
end

describe("an answer whose hook raises", function()
  for _, hook in ipairs({ "reply", "result" }) do
    for _, way in ipairs({ "the next run", "reprocess" }) do
      it(("(%s) is kept, and done by %s without a request"):format(hook, way), function()
        local code, list, counts = run(TEXT, nil, raising(hook))
        assert.same({ 1, 1, 1 }, { code, counts.done, counts.failed })
        assert.same({ "answered", "lua_error" }, { list[2].status, list[2].error_code })
        assert.truthy(stage.has_said("info: 1 answer kept and not processed; the same command, "
          .. "or `diffgentor reprocess " .. stage.folder .. "/out`"))
        if hook == "reply" then
          local kept = list[2].error:match("; the picture is kept as (%S+)$")
          assert.equal("png", assert(image.file(kept)).kind)
        else
          assert.equal("png", assert(image.file(out("000001.png"))).kind)
        end
        local before, asked = stage.ledger(), stage.asked("good")
        assert.same({ 1, 1, 2 }, { before.done, before.answered, before.attempts })
        if way == "reprocess" then
          code, list, counts = stage.reprocess()
          assert.same({ 0, 1, 0 }, { code, counts.done, counts.pending })
        else
          code, list, counts = again(TEXT)
          assert.same({ 0, 1, 1 }, { code, counts.done, counts.reused })
        end
        assert_done(list)
        assert.equal(asked, stage.asked("good"))
        local after = stage.ledger()
        assert.same({ before.cost, before.attempts, before.priced, 2, 0 },
          { after.cost, after.attempts, after.priced, after.done, after.answered })
        assert.same({ "1", "1" }, column(list, "attempts"))
        assert.equal(list[1].cost_usd, list[2].cost_usd)
      end)
    end
  end

  it("is kept again as long as it raises, and paid once", function()
    run(TEXT, nil, raising("reply"))
    local before = stage.ledger()
    for _ = 1, 2 do
      local code, list, _, sent = again(TEXT, nil, raising("reply"))
      assert.same({ 1, 0, "answered" }, { code, sent, list[2].status })
      code, list = stage.reprocess(raising("result"))
      assert.same({ 1, "answered" }, { code, list[2].status })
    end
    local after = stage.ledger()
    assert.same({ before.cost, before.attempts }, { after.cost, after.attempts })
    local _, list = again(TEXT)
    assert_done(list)
  end)

  it("is lost with its picture, and its row is sent again", function()
    run(TEXT, nil, raising("reply"))
    for _, name in ipairs(stage.spool()) do
      file.remove(out(".diffgentor/" .. name))
    end
    local code, list, _, sent = again(TEXT)
    assert.same({ 1, 0, "failed", "spool_lost" },
      { code, sent, list[2].status, list[2].error_code })
    code, list, _, sent = again(TEXT)
    assert.same({ 0, 1 }, { code, sent })
    assert_done(list)
  end)

  it("has the script's columns by the hook of the run that does it", function()
    run(TEXT, nil, raising("result"))
    local mine = edit:extend()
    function mine:result(row, reply) row.note = reply.files[1] .. " " .. row.instruction end
    local code, list = stage.reprocess(mine)
    assert.equal(0, code)
    assert.same({ "", "000001.png 2" }, column(list, "note"))
  end)

  it("is kept whatever the hook raises", function()
    for _, kind in ipairs({ "input", "image", "reply", "config", "api" }) do
      local _, list = run(TEXT, { output_dir = stage.folder .. "/" .. kind },
        raising("result", errors.new(kind, "mine", "x")))
      assert.same({ kind, "answered", "mine" }, { kind, list[2].status, list[2].error_code })
    end
  end)

  it("is kept where a picture more than was asked for finds its name taken", function()
    local mine = edit:extend()
    function mine:request(row, request) -- luacheck: ignore 212/self
      if row.position == 1 then request.n = 2 end
    end
    local text = "image,instruction,name\na.png,1,x_00\na.png,2,x\n"
    local changes = { output_name_column = "name", max_global_workers = 1 }
    local _, list = run(text, changes, mine)
    assert.same({ "done", "answered" }, column(list, "status"))
    assert.equal("duplicate_name", list[2].error_code)
    local spooled = stage.spool()
    assert.equal(2, #spooled)
    local _, _, _, sent = again(text, changes, mine)
    assert.equal(0, sent)
    assert.same(spooled, stage.spool())
  end)

  it("is charged as the model that it was asked of", function()
    run(TEXT, nil, raising("reply"))
    local before = stage.ledger()
    local _, list = again(TEXT, { model_name = "gpt-image-1-mini" })
    assert.equal("gpt-image-1", list[2].model)
    assert.equal(before.cost, stage.ledger().cost)
  end)

  it("is pending where a limit ends the run before it", function()
    run(TEXT, nil, raising("reply"))
    local code, list, counts = again(TEXT, { max_runtime = -1 })
    assert.same({ 3, "answered", 1, 1 }, { code, list[2].status, counts.reused, counts.pending })
    assert_done(select(2, again(TEXT)))
  end)

  it("is kept also while the run is told to stop", function()
    local err = errors.new("stopped", "stopped", "x")
    local _, list = run(TEXT, nil, raising("reply", err))
    assert.equal("answered", list[2].status)
    assert.equal(0, select(4, again(TEXT)))
  end)

  it("is not sent again by a run that leaves failed rows, nor outside its filter", function()
    run(TEXT, nil, raising("reply"))
    for _, changes in ipairs({ { retry_failed = false }, stage.filtered("0") }) do
      local code, list, _, sent = again(TEXT, changes, raising("reply"))
      assert.same({ 1, 0, "answered" }, { code, sent, list[2].status })
    end
    assert_done(select(2, again(TEXT, stage.filtered("0"))))
  end)

  it("is kept also where its name is another row's now, and done under it later", function()
    local named = { output_name_column = "name", max_global_workers = 1 }
    local head = "image,instruction,name\n"
    run(head .. "a.png,refuse!,w\na.png,2,x\n", named, raising("reply"))
    local _, list, _, sent = again(head .. "a.png,1,x\na.png,2,x\n", named)
    assert.equal(1, sent)
    assert.same({ "done", "answered" }, column(list, "status"))
    assert.equal("duplicate_name", list[2].error_code)
    assert.equal(1, #stage.spool())
    _, list, _, sent = again(head .. "a.png,1,x\na.png,2,x\n", named)
    assert.same({ 0, "answered", "file_exists" }, { sent, list[2].status, list[2].error_code })
    os.remove(out("x.png"))
    _, list, _, sent = again(head .. "a.png,1,w\na.png,2,x\n", named)
    assert.same({ "w.png", "x.png" }, column(list, "output_image"))
    assert.equal(1, sent)
  end)

  it("is given up for a changed row, and its spooled picture is swept", function()
    run(TEXT, nil, raising("reply"))
    assert.truthy(#stage.spool() > 0)
    local changed = "image,instruction\na.png,1\na.png,other\n"
    local code, list, _, sent = again(changed)
    assert.same({ 0, 1 }, { code, sent })
    assert.same({ "done", "2" }, { list[2].status, list[2].attempts })
    assert.same({ 0, 0 }, { again(changed), select(4, again(changed)) })
    assert_done(list)
  end)

  it("is not processed after a request to stop, and stays", function()
    run(TEXT, nil, raising("reply"))
    sys.stop_count = function() return 1 end
    local code, list = again(TEXT)
    assert.same({ 130, "answered" }, { code, list[2].status })
    sys.stop_count = function() return 0 end
    assert_done(select(2, again(TEXT)))
  end)
end)

describe("spooled files", function()
  it("survive the sweep that removes what a killed run has left", function()
    run(TEXT, nil, raising("reply"))
    local kept = stage.spool()
    stage.put("out/.diffgentor/000009.stray.part")
    stage.put("out/.diffgentor/a note")
    local code = again(TEXT, nil, raising("reply"))
    assert.equal(1, code)
    assert.same({ "a note", kept[1] }, (function(list)
      table.sort(list)
      return list[1]:find("^a note") and list or { list[2], list[1] }
    end)(stage.spool()))
  end)

  it("are looked for in the final place, where a run was killed behind the renaming", function()
    run(TEXT, nil, raising("reply"))
    local spooled = stage.spool()
    assert.equal(1, #spooled)
    assert(os.rename(out(".diffgentor/" .. spooled[1]), out("000001.png")))
    local code, list, _, sent = again(TEXT)
    assert.same({ 0, 0 }, { code, sent })
    assert_done(list)
  end)

  it("that are gone altogether fail the row, which is not paid for silently again", function()
    run(TEXT, nil, raising("reply"))
    assert(os.remove(out(".diffgentor/" .. stage.spool()[1])))
    local code, list, _, sent = again(TEXT)
    assert.same({ 1, 0 }, { code, sent })
    assert.truthy(list[2].status == "answered" or list[2].status == "failed", list[2].status)
    assert.truthy(#list[2].error > 0)
  end)
end)

describe("an answer that names its picture by URL", function()
  local BY_URL = "image,instruction\na.png,url! x\n"
  local PRIVATE = { allow_private_urls = true, api_max_retries = 0 }

  it("is kept when the loading fails, and loaded by the next run", function()
    stage.offline = true
    local code, list = run(BY_URL, PRIVATE)
    assert.same({ 1, "answered" }, { code, list[1].status })
    assert.truthy(list[1].error:find("nobody answers", 1, true), list[1].error)
    local asked = stage.asked("url")
    assert.equal(1, (run(BY_URL, PRIVATE)))
    assert.equal(asked, stage.asked("url"))
    stage.offline = false
    local sent
    local _
    code, list, _, sent = again(BY_URL, PRIVATE)
    assert.same({ 0, 0, "done" }, { code, sent, list[1].status })
    assert.equal(asked, stage.asked("url"))
    assert.truthy(file.size_beneath(stage.folder .. "/out", "000000.png") > 50)
  end)

  it("is charged once", function()
    stage.offline = true
    run(BY_URL, PRIVATE)
    local before = stage.ledger()
    run(BY_URL, PRIVATE)
    stage.offline = false
    run(BY_URL, PRIVATE)
    local after = stage.ledger()
    assert.same({ 1, before.cost, 1 }, { after.attempts, after.cost, after.done })
  end)
end)

describe("reprocess", function()
  it("sends nothing, whatever is pending or failed", function()
    run("image,instruction\na.png,1\na.png,2\na.png,refuse!\n", stage.filtered("1:"),
      raising("reply"))
    local asked = stage.asked("good")
    local code, list, counts = stage.reprocess()
    assert.equal(0, code)
    assert.same({ "skipped", "done", "failed" }, column(list, "status"))
    assert.same({ 1, 0, 0 }, { counts.done, counts.failed, counts.pending })
    assert.equal(asked, stage.asked("good"))
  end)

  it("needs no input any more, and writes where the run has", function()
    run(TEXT, { output_csv = stage.folder .. "/mine.csv" }, raising("reply"))
    os.remove(stage.folder .. "/d.csv")
    assert.equal(0, (stage.reprocess()))
    assert.same({ "done", "done" }, column(stage.results(stage.folder .. "/mine.csv"), "status"))
    assert.is_nil(file.kind(out("results.csv")))
  end)

  it("needs a ledger, and nobody else in the folder", function()
    local code, err = stage.reprocess()
    assert.same({ nil, "missing" }, { code, err.code })
    assert.is_nil(file.kind(stage.folder .. "/out"))
    run(TEXT, nil, raising("reply"))
    local other = assert(require("diffgentor.output").open(stage.folder .. "/out"))
    assert(other:lock())
    code, err = stage.reprocess()
    assert.same({ nil, "locked" }, { code, err.code })
    code, err = run(TEXT)
    assert.same({ nil, "locked" }, { code, err.code })
    other:close()
    assert.equal(0, (stage.reprocess()))
  end)
end)

describe("what a dead run has left in the ledger", function()
  -- Rows as a killed run leaves them: claimed by nobody who lives.
  local function claimed(count)
    local shared = assert(native.share())
    shared:open_all()
    local ledger = assert(native.open({ folder = stage.folder .. "/out", shared = shared }))
    ledger:join(99)
    local rows = assert(ledger:claim(count))
    ledger:close()
    return #rows
  end

  it("is claimed again: pending rows are sent, answers are processed", function()
    run(TEXT, nil, raising("reply"))
    sys.stop_count = function() return 1 end
    run(TEXT .. "a.png,3\n")
    sys.stop_count = function() return 0 end
    assert.equal(2, claimed(10))
    local before = stage.ledger()
    assert.same({ 1, 1, 1 }, { before.done, before.answered, before.running })
    local code, list, _, sent = again(TEXT .. "a.png,3\n")
    assert.same({ 0, 1 }, { code, sent })
    assert.same({ "done", "done", "done" }, column(list, "status"))
    assert.same({ "0", "0", "0" }, column(list, "possibly_billed"))
  end)

  it("is no cause to send what is done", function()
    run(TEXT)
    local before = support.get(out("results.csv"))
    assert.equal(0, claimed(10))
    assert.equal(0, select(4, again(TEXT)))
    assert.equal(before, support.get(out("results.csv")))
  end)
end)
