-- SPDX-License-Identifier: MIT
--
-- The bundled workflow on top of an earlier run: what is sent again and what is
-- not.  Every row that was paid for is held against the number of requests.

local edit = require("diffgentor.edit")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local stage = require("edit_stage")
local support = require("support")
local sys = require("diffgentor.sys")

local run, again, column, said = stage.run, stage.again, stage.column, stage.has_said

before_each(stage.set)
after_each(stage.strike)

-- luacheck: ignore 212/self

-- N rows whose prompts are 1 to N.
local function text_of(n)
  local lines = { "image,instruction" }
  for k = 1, n do lines[k + 1] = "a.png," .. k end
  return table.concat(lines, "\n") .. "\n"
end

local function out(name) return stage.folder .. "/out/" .. name end

describe("a run on top of an earlier one", function()
  it("that is finished sends nothing and changes no byte", function()
    assert.equal(0, (run(text_of(3))))
    local names = { "results.csv", "000000.png", "000001.png", "000002.png" }
    local before = {}
    for i, name in ipairs(names) do before[i] = support.get(out(name)) end
    local asked = stage.asked("good")
    local code, _, counts, sent = again(text_of(3))
    assert.same({ 0, 3, 0 }, { code, counts.reused, sent })
    for i, name in ipairs(names) do assert.equal(before[i], support.get(out(name))) end
    assert.equal(asked, stage.asked("good"))
    assert.same({}, stage.said)
  end)

  it("that could not begin is known to have ended so", function()
    local mine = edit:extend()
    function mine:setup() error("boom", 0) end
    assert.is_nil((run(text_of(1), nil, mine)))
    assert.equal(2, stage.ledger(function(ledger) return ledger:view(1).run_code end))
  end)

  it("does not send again what is done", function()
    local text = "image,instruction\na.png,1\na.png,refuse!\na.png,3\na.png,4\n"
    run(text)
    os.remove(out("000003.png"))
    local code, list, counts, sent = again(text)
    assert.same({ 1, 2 }, { code, sent })
    assert.same({ 1, 1, 2 }, { counts.done, counts.failed, counts.reused })
    assert.same({ "done", "failed", "done", "done" }, column(list, "status"))
    assert.same({ "1", "2", "1", "2" }, column(list, "attempts"))
  end)

  it("makes a picture anew that is missing or cut short, not one that has grown", function()
    run(text_of(4))
    os.remove(out("000000.png"))
    local bytes = support.get(out("000001.png"))
    support.put(out("000001.png"), bytes:sub(1, -2))
    support.put(out("000002.png"), bytes .. "more")
    local code, list, counts, sent = again(text_of(4))
    assert.same({ 0, 2, 2 }, { code, sent, counts.reused })
    assert.same({ "2", "2", "1", "1" }, column(list, "attempts"))
    assert.equal(bytes .. "more", support.get(out("000002.png")))
    assert.equal("png", assert(image.file(out("000001.png"))).kind)
  end)

  it("leaves failed rows where it is told to", function()
    local text = "image,instruction\na.png,1\na.png,refuse!\n"
    run(text)
    local code, list, counts, sent = again(text, { retry_failed = false })
    assert.same({ 1, 0, 1 }, { code, sent, counts.failed })
    assert.same({ "failed", "moderation_blocked" }, { list[2].status, list[2].error_code })
    local _
    code, _, _, sent = again("image,instruction\na.png,1\na.png,2\n", { retry_failed = false })
    assert.same({ 0, 1 }, { code, sent }) -- the row itself has changed
  end)

  it("keeps what other parts of the input have come to", function()
    local text = "image,instruction\na.png,1\na.png,refuse!\na.png,3\n"
    run(text, stage.filtered("0:2"))
    local code, list, _, sent = again(text, stage.filtered("2:"))
    assert.same({ 0, 1 }, { code, sent })
    assert.same({ "done", "failed", "done" }, column(list, "status"))
    code, list, _, sent = again(text)
    assert.same({ 1, 1 }, { code, sent })
    assert.same({ "done", "failed", "done" }, column(list, "status"))
  end)

  it("never gives the name of a picture that is kept", function()
    local named = { output_name_column = "name" }
    run("image,instruction,name\na.png,1,x\na.png,refuse!,y\n", named)
    local before = support.get(out("x.png"))
    local _, list, _, sent = again("image,instruction,name\na.png,1,x\na.png,2,x\n", named)
    assert.same({ "", "file_exists" }, column(list, "error_code"))
    assert.same({ before, 0 }, { support.get(out("x.png")), sent })
  end)

  it("forgets nothing when it is stopped early", function()
    local text = text_of(20)
    assert.equal(0, (run(text)))
    os.remove(out("000000.png"))
    sys.stop_count = function() return 1 end
    for _ = 1, 2 do
      local code, list = run(text)
      assert.equal(130, code)
      assert.equal("pending", list[1].status)
      for k = 2, 20 do
        assert.equal("done", list[k].status)
        assert.equal(("%06d.png"):format(k - 1), list[k].output_image)
      end
    end
    sys.stop_count = function() return 0 end
    local code, _, _, sent = again(text)
    assert.same({ 0, 1 }, { code, sent })
  end)

  it("forgets nothing of piped input that is left early either", function()
    local mine = edit:extend()
    function mine:result(row) row.note = "n" .. row.position end
    assert.equal(0, (run(text_of(12), nil, mine)))
    os.remove(out("000002.png"))
    local fifo = stage.folder .. "/fifo"
    os.execute(("mkfifo %s; cat %s/d.csv > %s &"):format(fifo, stage.folder, fifo))
    stage.sent = {}
    sys.stop_count = function() return #stage.sent end
    local code, list = run(nil, { input = fifo, max_global_workers = 1 }, mine)
    assert.same({ 130, 12 }, { code, #list })
    for k = 1, 12 do assert.same({ "done", "n" .. k - 1 }, { list[k].status, list[k].note }) end
  end)

  it("reads a piped input that was read before, and sends what is new", function()
    local fifo = stage.folder .. "/fifo"
    for i, case in ipairs({ { 5, 5 }, { 6, 1 } }) do
      os.execute(("%s printf '%s' > %s &"):format(i == 1 and "mkfifo " .. fifo .. ";" or "",
        text_of(case[1]):gsub("\n", "\\n"), fifo))
      local code, list, _, sent = again(nil, { input = fifo })
      assert.same({ 0, case[1], case[2] }, { code, #list, sent })
    end
    assert.is_nil(file.kind(out(".diffgentor")))
  end)

  it("writes results.csv though the input has vanished", function()
    local mine = edit:extend()
    function mine:result() os.remove(stage.folder .. "/d.csv") end
    local code, list = run(text_of(3), { max_global_workers = 1 }, mine)
    assert.equal(0, code)
    assert.same({ "done", "done", "done" }, column(list, "status"))
  end)

  it("has the outcomes of one that could not write results.csv", function()
    local mine = edit:extend()
    function mine:result() file.mkdirs(out("results.csv/in the way")) end
    stage.put("d.csv", text_of(2))
    local s = stage.settings()
    assert.equal(3, edit.run(mine, s))
    assert.is_nil(s.report.written)
    assert.truthy(said("results.csv could not be written: "))
    assert.truthy(said("`diffgentor results " .. stage.folder .. "/out` writes it from the "
      .. "ledger"))
    os.execute("rm -r '" .. out("results.csv") .. "'")
    local code, list, _, sent = again(text_of(2))
    assert.same({ 0, 0 }, { code, sent })
    assert.same({ "done", "done" }, column(list, "status"))
  end)
end)

describe("changed rows", function()
  it("are sent again, and told before the first request", function()
    run(text_of(30))
    local mine, told = edit:extend(), nil
    function mine:setup() told = #stage.sent == 0 and stage.said[1] end
    local code, _, _, sent = again(text_of(30):gsub(",7\n", ",seven\n"), nil, mine)
    assert.same({ 0, 1 }, { code, sent })
    assert.equal("warn: 1 of 30 finished rows have changed or are gone since the earlier run; "
      .. "those still in the input are sent again", told)
  end)

  it("end the run before it begins if a row on top has moved all others", function()
    run(text_of(30))
    local moved = text_of(30):gsub("\n", "\na.png,new\n", 1)
    local before = support.get(out("results.csv"))
    for _, dry_run in ipairs({ false, true }) do
      local code, err, _, sent = again(moved, { dry_run = dry_run })
      assert.same({ nil, 0 }, { code, sent })
      assert.equal("input_changed", err.code)
      assert.equal(("30 of 30 finished rows of %s/out are changed, gone or elsewhere in %s/d.csv; "
        .. "nothing was sent: name another --output_dir, or --redo_changed to go on and send the "
        .. "changed ones again"):format(stage.folder, stage.folder), err.message)
    end
    assert.equal(before, support.get(out("results.csv")))
    assert.is_nil(file.kind(out(".diffgentor")))
    local code, _, _, sent = again(moved, { redo_changed = true })
    assert.same({ 0, 31 }, { code, sent })
  end)

  -- What is changed, the hooks and columns of the workflow: requests of the second run.
  local cases = {
    { "an instruction", { 3, "other" }, nil, nil, 1 },
    { "a picture", { 2, "b.png" }, nil, nil, 1 },
    { "a mask", { 4, "b.png" }, nil, nil, 1, mask = true },
    { "a column that nobody reads", { 5, "new" }, nil, nil, 0 },
    { "any column of a script that reads them all", { 5, "new" }, "prompt", nil, 1 },
    { "a column that a script names", { 5, "new" }, "prompt", { "note" }, 1 },
    { "a column that a script does not name", { 5, "new" }, "prompt", { "else" }, 0 },
    { "an instruction beside the columns that a script names", { 3, "other" }, "keep", { "else" },
      1 },
    { "a column beside hooks that only look at the answer", { 5, "new" }, "result", nil, 0 },
  }
  for _, case in ipairs(cases) do
    it("hang on " .. case[1], function()
      local head = "index,image,instruction,mask,note\n"
      local row = { "0", "a.png", "x", "", "old" }
      local mine = edit:extend()
      if case[3] then mine[case[3]] = function(...) return edit[case[3]](...) end end
      mine.columns = case[4]
      local changes = { mask_column = case.mask and "mask" or nil }
      assert.equal(0, (run(head .. table.concat(row, ",") .. "\n", changes, mine)))
      row[case[2][1]] = case[2][2]
      local code, list, _, sent = again(head .. table.concat(row, ",") .. "\n", changes, mine)
      assert.same({ 0, case[5] }, { code, sent })
      assert.equal(row[5], list[1].note) -- the results show the cell as it is now
      _, _, _, sent = again(head .. table.concat(row, ",") .. "\n", changes, mine)
      assert.equal(0, sent)
    end)
  end

  it("replace their own picture, also after they failed or were left pending", function()
    run(text_of(2))
    local _, list, _, sent = again("image,instruction\na.png,1\na.png,refuse!\n")
    assert.same({ "000000.png", "" }, column(list, "output_image"))
    assert.equal(1, sent)
    sys.stop_count = function() return 1 end
    _, list = again("image,instruction\na.png,1\na.png,2b\n")
    assert.same({ "done", "pending" }, column(list, "status"))
    sys.stop_count = function() return 0 end
    local code
    code, list, _, sent = again("image,instruction\na.png,1\na.png,2b\n")
    assert.same({ 0, 1 }, { code, sent })
    assert.same({ "000000.png", "000001.png" }, column(list, "output_image"))
  end)

  it("outside the filter keep picture and cells until they are asked for", function()
    run("image,instruction\na.png,1\na.png,2\n")
    local changed = "image,instruction\na.png,1b\na.png,2b\n"
    local code, list, _, sent = again(changed, stage.filtered("5"))
    assert.same({ 0, 0 }, { code, sent })
    assert.same({ "done", "done" }, column(list, "status"))
    code, _, _, sent = again(changed)
    assert.same({ 0, 2 }, { code, sent })
  end)

  it("of JSON Lines may have other columns than the rows before", function()
    local input = { input = stage.folder .. "/d.jsonl" }
    stage.put("d.jsonl", '{"image":"a.png","instruction":"1","n":1}\n'
      .. '{"instruction":"2","image_url":"a.png","deep":{"x":[1]}}\n')
    local code, list = run(nil, input)
    assert.equal(0, code)
    assert.same({ "1", "" }, column(list, "n"))
    assert.same({ "", '{"x":[1]}' }, column(list, "deep"))
    assert.same({ "", "a.png" }, column(list, "image_url"))
    stage.put("d.jsonl", '{"extra":true,"image":"a.png","instruction":"1"}\n'
      .. '{"instruction":"2c","image_url":"a.png"}\n')
    local sent
    local _
    code, list, _, sent = again(nil, input)
    assert.same({ 0, 1 }, { code, sent })
    assert.same({ "true", "" }, column(list, "extra"))
  end)
end)

describe("a run afresh", function()
  local AFRESH = { resume = false, overwrite = true }

  it("is refused where rows are done, and replaces them if it is told to", function()
    run(text_of(4))
    local before = support.get(out("000000.png"))
    local code, err, _, sent = again(text_of(4), { resume = false })
    assert.same({ nil, "would_overwrite", 0 }, { code, err.code, sent })
    assert.equal(before, support.get(out("000000.png")))
    local list
    code, list, _, sent = again(text_of(4), AFRESH)
    assert.same({ 0, 4 }, { code, sent })
    assert.same({ "2", "2", "2", "2" }, column(list, "attempts"))
  end)

  it("makes anew only the rows of its filter", function()
    run(text_of(4))
    local code, list, counts, sent = again(text_of(4),
      stage.filtered("2", { resume = false, overwrite = true }))
    assert.same({ 0, 1, 3 }, { code, sent, counts.skipped })
    assert.same({ "done", "done", "done", "done" }, column(list, "status"))
    assert.same({ "1", "1", "2", "1" }, column(list, "attempts"))
  end)

  it("may begin where nothing is done", function()
    run("image,instruction\na.png,refuse!\n")
    local code, _, _, sent = again(text_of(1), { resume = false })
    assert.same({ 0, 1 }, { code, sent })
  end)

  it("leaves the pictures of rows that it does not come to", function()
    run(text_of(3))
    sys.stop_count = function() return #stage.sent end
    local code, list = again(text_of(3), { resume = false, overwrite = true,
      max_global_workers = 1 })
    assert.equal(130, code)
    assert.equal("done", list[1].status)
    for k = 0, 2 do assert.equal("file", file.kind(out(("%06d.png"):format(k)))) end
  end)
end)

describe("what is told of an earlier run", function()
  it("is other settings, which send nothing again", function()
    run(text_of(3), { params = { { "quality", "low" } } })
    local code, _, _, sent = again(text_of(3), { params = { { "quality", "high" } },
      model_name = "gpt-image-1.5" })
    assert.same({ 0, 0 }, { code, sent })
    assert.same({ "info: other settings than in the earlier run: model_name gpt-image-1.5 (was "
      .. "gpt-image-1), quality high (was low); finished rows are not sent again (--no_resume "
      .. "--overwrite does that)" }, stage.said)
  end)

  it("is to a hook the names of the row's own files, and whether they may go", function()
    run(text_of(2))
    os.remove(out("000001.png"))
    local mine, seen = edit:extend(), {}
    mine.columns = {}
    function mine:keep(row)
      local trace = self.traces[row]
      seen[#seen + 1] = { row.position, next(trace.own) or "none", trace.redo or false }
      return true
    end
    run(text_of(3), nil, mine)
    assert.same({ { 1, "000001.png", false }, { 2, "none", false } }, seen)
    seen = {}
    run(text_of(1), { resume = false, overwrite = true }, mine)
    assert.same({ { 0, "000000.png", true } }, seen)
  end)
end)
