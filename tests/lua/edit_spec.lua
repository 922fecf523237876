-- SPDX-License-Identifier: MIT
--
-- The bundled workflow over the stand-ins of edit_stage.lua.  What the wire sees
-- is the business of the transcripts (tests/cli).

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local openai = require("diffgentor.backends.openai")
local stage = require("edit_stage")
local support = require("support")
local sys = require("diffgentor.sys")

local run, column = stage.run, stage.column

before_each(stage.set)
after_each(stage.strike)

describe("edit", function()
  it("edits every row and writes what became of it", function()
    local code, list, counts = run('image_url,instruction\na.png,Add a hat\n"a.png,b.png",x\n')
    assert.equal(0, code)
    assert.same({ "000000.png", "000001.png" }, column(list, "output_image"))
    assert.same({ "done", "done" }, column(list, "status"))
    assert.same({ "500", "req_1", "gpt-image-1", "30" }, { list[1].latency_ms, list[1].request_id,
      list[1].model, list[1].total_tokens })
    assert.equal(2, counts.done)
    assert.equal(support.png, support.get(stage.folder .. "/out/000001.png"))
    assert.is_nil(file.kind(stage.folder .. "/out/.diffgentor"))
  end)

  it("asks for what the settings say", function()
    stage.put("m.png")
    run("image,instruction,mask,index\na.png,p,m.png,7\nb.png,q,,8\n", {
      mask_column = "mask", params = { { "size", "auto" }, { "quality", "high" } },
    })
    local request = stage.sent[1]
    assert.same({ "/images/edits", "reply", stage.folder .. "/out/.diffgentor", "000007", 1 << 28,
      5, 1, 0.1 }, { request.path, request.sink, request.directory, request.stem, request.max_bytes,
      request.timeout, request.max_retries, request.retry_delay })
    local form = stage.forms[request.form]
    assert.equal("m.png", form.mask.filename)
    assert.is_nil(stage.forms[stage.sent[2].form].mask)
    assert.same({ { "model", "gpt-image-1" }, { "prompt", "p" }, { "size", "auto" },
      { "quality", "high" } }, openai.fields(form))
  end)

  it("keeps as many requests in flight as it may", function()
    local text = "image,instruction\n" .. ("a.png,x\n"):rep(40)
    assert.equal(0, (run(text, { max_global_workers = 7 })))
    assert.equal(7, stage.busy.most)
  end)

  it("fails a row for its own fault alone", function()
    local code, list, counts = run(table.concat({
      "image,instruction", "a.png,good", "none.png,x", "a.png,", '" ",x', "a.png", "a.png,x,y",
      "a.png,refuse!", "a.png,empty!", "a.png,lost!", "a.png,two! x", "",
    }, "\n"))
    assert.equal(1, code)
    assert.same({ "", "unreadable", "empty_instruction", "no_image", "short_row", "long_row",
      "moderation_blocked", "no_image", "timeout", "" }, column(list, "error_code"))
    assert.equal("the server says moderation_blocked (HTTP 400, request req_e)", list[7].error)
    assert.equal("2", list[7].attempts)
    assert.equal("the server answered without a picture; that is often silent moderation "
      .. "(HTTP 200, request req_1)", list[8].error)
    assert.equal("the server says timeout; it may have been billed", list[9].error)
    assert.equal("000009_00.png|000009_01.png", list[10].output_image)
    assert.equal(5, #stage.sent)
    assert.same({ 2, 8 }, { counts.done, counts.failed })
    local said = table.concat(stage.said, "\n")
    assert.truthy(said:find("warn: row 6 (line 8): the server says", 1, true))
  end)

  it("names only the first failed rows", function()
    run("image,instruction\n" .. ("none.png,x\n"):rep(30))
    assert.equal(21, #stage.said)
    assert.equal("warn: further failed rows are named in results.csv only", stage.said[21])
  end)

  it("fails the later of two rows of one name before it is sent", function()
    local code, list = run("image,instruction,name\na.png,1,x/same.png\na.png,2,x/same.jpg\n"
      .. "a.png,3,../out\na.png,4,\n", { output_name_column = "name" })
    assert.equal(1, code)
    assert.equal(2, #stage.sent)
    assert.same({ "x/same.png", "", "", "000003.png" }, column(list, "output_image"))
    assert.same({ "", "duplicate_name", "bad_name", "" }, column(list, "error_code"))
  end)

  it("takes a column called index as the name of pictures", function()
    local _, list = run("image,instruction,index\na.png,1,12\n", { output_name_column = "index" })
    assert.equal("12.png", list[1].output_image)
  end)

  it("never overwrites the picture that is edited", function()
    local code, list = run("image,instruction\na.png,x\nb.png,y\n", {
      output_dir = stage.folder, output_name_column = "image",
      params = { { "output_format", "png" } },
    })
    assert.equal(1, code)
    assert.same({ "overwrites_input", "overwrites_input" }, column(list, "error_code"))
    assert.equal("the output " .. stage.folder .. "/a.png would overwrite the input image; choose "
      .. "another --output_dir or name", list[1].error)
    assert.equal(0, #stage.sent)
  end)

  it("checks what models are known to refuse", function()
    local _, list = run('image,instruction\n"a.png,b.png",x\n', { model_name = "dall-e-2" })
    assert.equal("too_many_images", list[1].error_code)
    assert.equal(0, #stage.sent)
  end)

  it("sends only rows of the filter", function()
    local filter = require("diffgentor.filter").parse("1,3:")
    local text = "image,instruction\n" .. ("a.png,x\n"):rep(5)
    local code, list, counts = run(text, { filter = filter })
    assert.equal(0, code)
    assert.same({ "skipped", "done", "skipped", "done", "done" }, column(list, "status"))
    assert.same({ 3, 2 }, { counts.done, counts.skipped })
  end)

  it("does not send again what is done", function()
    local text = "image,instruction\na.png,1\na.png,refuse!\na.png,3\na.png,4\n"
    run(text)
    os.remove(stage.folder .. "/out/000003.png")
    stage.sent = {}
    local code, list, counts = run(text)
    assert.equal(1, code)
    assert.equal(2, #stage.sent)
    assert.same({ 1, 1, 2 }, { counts.done, counts.failed, counts.reused })
    assert.same({ "done", "failed", "done", "done" }, column(list, "status"))
    assert.same({ "500", "500", "500", "500" }, column(list, "latency_ms"))
    stage.sent = {}
    run(text, { resume = false })
    assert.equal(4, #stage.sent)
  end)

  it("keeps what other parts of the input have come to", function()
    local filter = require("diffgentor.filter")
    local text = "image,instruction\na.png,1\na.png,refuse!\na.png,3\n"
    run(text, { filter = filter.parse("0:2") })
    local code, list = run(text, { filter = filter.parse("2:") })
    assert.equal(0, code)
    assert.same({ "done", "failed", "done" }, column(list, "status"))
    assert.equal(3, #stage.sent)
  end)

  it("never gives the name of a picture that is kept", function()
    run("image,instruction,name\na.png,1,x\na.png,refuse!,y\n", { output_name_column = "name" })
    local _, list = run("image,instruction,name\na.png,1,x\na.png,2,x\n",
      { output_name_column = "name" })
    assert.same({ "", "duplicate_name" }, column(list, "error_code"))
  end)

  it("reads JSON Lines", function()
    stage.put("d.jsonl", '{"image_url":["a.png","b.png"],"instruction":"x"}\n{"instruction":"y"}\n')
    local code, list = run(nil, { input = stage.folder .. "/d.jsonl" })
    assert.equal(1, code)
    assert.same({ "done", "failed" }, column(list, "status"))
    assert.equal(2, #stage.forms[stage.sent[1].form].images)
  end)

  it("is done at once with a header alone", function()
    local code, list = run("image,instruction\n")
    assert.equal(0, code)
    assert.equal(0, #list)
    assert.equal("file", file.kind(stage.folder .. "/out/results.csv"))
  end)
end)

describe("edit, after an earlier run,", function()
  local filter = require("diffgentor.filter")

  -- N rows whose prompts are 1 to N.
  local function text_of(n)
    local lines = { "image,instruction" }
    for k = 1, n do lines[k + 1] = "a.png," .. k end
    return table.concat(lines, "\n") .. "\n"
  end

  local function said(part)
    for _, line in ipairs(stage.said) do
      if line:find(part, 1, true) then return true end
    end
    return false
  end

  it("forgets nothing when it is stopped early", function()
    local text = text_of(20)
    assert.equal(0, (run(text)))
    os.remove(stage.folder .. "/out/000000.png")
    sys.stop_count = function() return 1 end
    for _, changes in ipairs({ {}, { resume = false } }) do
      local code, list = run(text, changes)
      assert.equal(130, code)
      for k = 1, 20 do
        assert.equal("done", list[k].status)
        assert.equal(("%06d.png"):format(k - 1), list[k].output_image)
      end
    end
    sys.stop_count = function() return 0 end
    stage.sent = {}
    assert.equal(0, (run(text)))
    assert.equal(1, #stage.sent)
  end)

  it("forgets nothing of piped input that is left early either", function()
    local text = text_of(12)
    local mine = edit:extend()
    function mine:result(row) row.note = "n" .. row.position end -- luacheck: ignore 212/self
    assert.equal(0, (run(text, nil, mine)))
    os.remove(stage.folder .. "/out/000002.png")
    local before = support.get(stage.folder .. "/out/results.csv")
    local fifo = stage.folder .. "/fifo"
    os.execute(("mkfifo %s; cat %s/d.csv > %s &"):format(fifo, stage.folder, fifo))
    stage.sent = {}
    sys.stop_count = function() return #stage.sent end
    local code, list = run(nil, { input = fifo, max_global_workers = 1 }, mine)
    assert.equal(130, code)
    assert.equal(12, #list)
    assert.equal(before, support.get(stage.folder .. "/out/results.csv"))
    assert.truthy(said("rows behind where the input was left stay as the earlier run had them"))
  end)

  it("sends the rows of a filter again, and keeps the others", function()
    run(text_of(4))
    stage.sent = {}
    local code, list = run(text_of(4), { resume = false, filter = filter.parse("2") })
    assert.equal(0, code)
    assert.equal(1, #stage.sent)
    assert.same({ "done", "done", "done", "done" }, column(list, "status"))
  end)

  it("does not begin if a row on top has moved all others", function()
    run(text_of(30))
    stage.sent = {}
    local moved = text_of(30):gsub("\n", "\na.png,new\n", 1)
    local before = support.get(stage.folder .. "/out/results.csv")
    for _, dry_run in ipairs({ false, true }) do
      local code, err = run(moved, { dry_run = dry_run })
      assert.is_nil(code)
      assert.equal("input_changed", err.code)
      assert.equal(("30 of 30 finished rows of %s/out/results.csv are changed or stand elsewhere "
        .. "in %s/d.csv; nothing was sent: name another --output_dir, or --no_resume to send all "
        .. "rows again"):format(stage.folder, stage.folder), err.message)
    end
    assert.equal(0, #stage.sent)
    assert.equal(before, support.get(stage.folder .. "/out/results.csv"))
    assert.is_nil(file.kind(stage.folder .. "/out/.diffgentor"))
    assert.equal(0, (run(moved, { resume = false })))
    assert.equal(31, #stage.sent)
  end)

  it("tells before the first request how many rows have changed", function()
    run(text_of(30))
    stage.sent, stage.said = {}, {}
    local mine, told = edit:extend(), nil
    function mine:setup() -- luacheck: ignore 212/self
      told = #stage.sent == 0 and stage.said[1]
    end
    assert.equal(0, (run(text_of(30):gsub(",7\n", ",seven\n"), nil, mine)))
    assert.equal("warn: 1 of 30 finished rows have changed since the earlier run; those still in "
      .. "the input are sent again", told)
    assert.equal(1, #stage.sent)
  end)

  it("tells that kept rows are of another model", function()
    run(text_of(3))
    stage.said = {}
    run(text_of(3), { model_name = "gpt-image-1.5" })
    assert.same({ "warn: 3 finished rows were made by another model (gpt-image-1) than "
      .. "--model_name gpt-image-1.5; they are not sent again: --no_resume does that" }, stage.said)
    stage.said = {}
    run(text_of(3), { model_name = "gpt-image" })
    assert.truthy(said("another model"))
  end)

  it("tells every row what it was, and whether it is to be made anew", function()
    run(text_of(2))
    os.remove(stage.folder .. "/out/000001.png")
    local mine, seen = edit:extend(), {}
    function mine:keep(row)
      local trace = self.traces[row]
      seen[#seen + 1] = { row.position, trace.before and trace.before.cells[1], trace.redo }
      return true
    end
    run(text_of(3), nil, mine)
    assert.same({ { 1, "000001.png", false }, { 2, nil, false } }, seen)
    seen = {}
    run(text_of(1), { resume = false }, mine)
    assert.same({ { 0, "000000.png", true } }, seen)
  end)

  it("takes up what a run that was killed has recorded", function()
    local text = text_of(3)
    run(text)
    local hidden = stage.folder .. "/out/.diffgentor"
    local records = require("diffgentor.records")
    for _, name in ipairs({ "results.csv", "000001.png", "000002.png" }) do
      os.remove(stage.folder .. "/out/" .. name)
    end
    assert(file.mkdirs(hidden))
    local kept = stage.put("out/.diffgentor/000002.kept.part")
    stage.put("out/.diffgentor/000001.lost.part")
    local store = assert(records.open(hidden, "x"))
    local function put(position, status, image, message)
      local names, cells = { "image", "instruction" }, { "a.png", tostring(position + 1) }
      assert(store:put(position, { records.digest(names, cells), image, status, "", message, "1",
        "5", "req_1", "gpt-image-1", "", "", "", "note", "n" }))
    end
    put(0, "done", "000000.png", "")
    put(2, "failed", "", "x; the picture is kept as " .. kept)
    assert(store:publish(hidden .. "/results.csv.outcomes"))
    store:close()
    local real_list = file.list
    file.list = real_list or function() return { "000002.kept.part", "000001.lost.part" } end
    stage.sent = {}
    local code, list, counts = run(text)
    file.list = real_list
    assert.equal(0, code)
    assert.equal(2, #stage.sent)
    assert.equal(1, counts.reused)
    assert.equal("n", list[1].note)
    assert.equal("file", file.kind(kept))
    assert.is_nil(file.kind(hidden .. "/000001.lost.part"))
    assert.is_nil(file.kind(hidden .. "/results.csv.outcomes"))
  end)

  it("writes results.csv though the input has vanished", function()
    local mine = edit:extend()
    function mine:result() os.remove(stage.folder .. "/d.csv") end -- luacheck: ignore 212/self
    local code, list = run(text_of(3), { max_global_workers = 1 }, mine)
    assert.equal(0, code)
    assert.same({ "done", "done", "done" }, column(list, "status"))
  end)

  it("keeps the outcomes where results.csv cannot be written", function()
    local text, mine = text_of(2), edit:extend()
    function mine:result() -- luacheck: ignore 212/self
      file.mkdirs(stage.folder .. "/out/results.csv/in the way")
    end
    stage.put("d.csv", text)
    local s = stage.settings()
    assert.equal(3, edit.run(mine, s))
    assert.is_nil(s.report.written)
    assert.truthy(said("results.csv could not be written: "))
    assert.truthy(said("the outcomes are kept in " .. stage.folder
      .. "/out/.diffgentor/results.csv.outcomes; the next run"))
    os.execute("rm -r '" .. stage.folder .. "/out/results.csv'")
    stage.sent = {}
    local code, list = run(text)
    assert.equal(0, code)
    assert.equal(0, #stage.sent)
    assert.same({ "done", "done" }, column(list, "status"))
  end)
end)

describe("edit begins with nothing sent if", function()
  local cases = {
    { "the instruction is missing", "image,text\na.png,x\n", {}, 'no column "instruction"' },
    { "the image is missing", "img,instruction\na.png,x\n", {}, "no image column" },
    { "the mask's column is missing", "image,instruction\na.png,x\n", { mask_column = "m" },
      'no column "m"' },
    { "the names' column is missing", "image,instruction\na.png,x\n",
      { output_name_column = "n" }, 'no column "n"' },
    { "an index stands twice", "image,instruction,index\na,x,1\na,x,1\n", {}, "twice" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      local code, err = run(case[2], case[3])
      assert.is_nil(code)
      assert.equal("input", err.kind)
      assert.truthy(err.message:find(case[4], 1, true), err.message)
      assert.equal(0, #stage.sent)
      assert.is_nil(file.kind(stage.folder .. "/out/.diffgentor"))
      assert.is_nil(file.kind(stage.folder .. "/out/results.csv"))
    end)
  end

  it("results would overwrite the input", function()
    local code, err = run("image,instruction\na.png,x\n",
      { output_csv = stage.folder .. "/./out/..//d.csv", input = stage.folder .. "/out/../d.csv" })
    assert.is_nil(code)
    assert.equal("output_is_input", err.code)
  end)

  it("results would overwrite the input under another name", function()
    local real_same = file.same
    file.same = function(a, b) return a:find("/d%.csv$") and b:find("/r%.csv$") and true end
    local code, err = run("image,instruction\na.png,x\n", { output_csv = stage.folder .. "/r.csv" })
    file.same = real_same
    assert.is_nil(code)
    assert.equal("output_is_input", err.code)
  end)

  it("the output folder is none", function()
    stage.put("out", "a file")
    local code, err = run("image,instruction\na.png,x\n")
    assert.is_nil(code)
    assert.equal("file", err.kind)
  end)
end)

describe("edit stops in order", function()
  local text = "image,instruction\n" .. ("a.png,x\n"):rep(30)

  it("when it is told to, and exits by the signal", function()
    sys.stop_count = function() return #stage.sent >= 5 and 1 or 0 end
    sys.stop_signal = function() return 15 end
    local code, list, counts = run(text)
    assert.equal(143, code)
    assert.equal(30, #list)
    assert.equal(#stage.sent, counts.done)
    assert.equal(30 - #stage.sent, counts.pending)
    assert.same({ "done", "pending" }, { list[1].status, list[30].status })
  end)

  it("and calls pending what was cut off", function()
    local code, list = run("image,instruction\na.png,stopped!\n")
    assert.equal(3, code)
    assert.same({ "pending", "stopped" }, { list[1].status, list[1].error_code })
  end)

  it("when every key was refused", function()
    local code, list, counts = run((text:gsub("x\n", "key! x\n")))
    assert.equal(3, code)
    assert.equal(4, #stage.sent)
    assert.same({ 4, 26 }, { counts.failed, counts.pending })
    assert.equal("failed", list[1].status)
    assert.equal("error: the server has refused every key; the last answer: the server says "
      .. "invalid_api_key", stage.said[1])
  end)

  it("when there is no room for pictures", function()
    local output = require("diffgentor.output")
    local probes = 0
    local real_open = output.open
    output.open = function(...)
      local out = assert(real_open(...))
      function out.probe()
        probes = probes + 1
        return nil, errors.new("file", "write", "out: no space left")
      end
      return out
    end
    local code, _, counts = run((text:gsub("x\n", "full! x\n")))
    output.open = real_open
    assert.equal(3, code)
    assert.truthy(probes > 0 and counts.pending > 20)
    assert.equal("error: out: no space left", stage.said[1])
  end)

  it("when piped input breaks off", function()
    local fifo = stage.folder .. "/fifo"
    os.execute(("mkfifo %s; (printf 'image,instruction\\na.png,1\\na.png,\"x\"y\\na.png,3\\n' "
      .. "> %s) &"):format(fifo, fifo))
    local code, list = run(nil, { input = fifo })
    assert.equal(3, code)
    assert.equal(1, #list)
    assert.equal("done", list[1].status)
    assert.truthy(stage.said[1]:find("error: " .. fifo .. ":3:", 1, true))
    os.execute(("(printf 'image,instruction\\na.png,\"x\"y\\n' > %s) &"):format(fifo))
    stage.sent = {}
    local fault
    code, fault = run(nil, { input = fifo, resume = false })
    assert.is_nil(code)
    assert.equal("quote", fault.code)
    assert.equal(0, #stage.sent)
  end)
end)

describe("endpoints that name the picture field differently", function()
  it("get forms with their own name", function()
    local fields, form = {}, openai.form
    openai.form = function(request, field)
      fields[field] = (fields[field] or 0) + 1
      return form(request, field)
    end
    local code = run("image,instruction\n" .. ("a.png,x\n"):rep(30), { endpoints = {
      { base = "http://127.0.0.1:1/v1", keys = { "k1" }, weight = 2, field = "image" },
      { base = "http://127.0.0.1:2/v1", keys = { "k2" }, weight = 1, field = "image[]" },
    } })
    assert.equal(0, code)
    assert.equal(30, fields.image + fields["image[]"])
    assert.truthy(fields.image > fields["image[]"] and fields["image[]"] >= 5)
  end)

  it("stand in for each other when all keys of one are out", function()
    local code, list = run("image,instruction\na.png,key! x\n", { endpoints = {
      { base = "http://127.0.0.1:1/v1", keys = { "k1" }, field = "image" },
      { base = "http://127.0.0.1:2/v1", keys = { "k2" }, field = "image[]" },
    } })
    assert.equal(1, code)
    assert.equal(2, #stage.sent)
    assert.equal("4", list[1].attempts)
  end)
end)

describe("edit.run", function()
  it("runs the bundled workflow where none is named", function()
    stage.put("d.csv", "image,instruction\na.png,x\n")
    assert.equal(0, edit.run(stage.settings()))
  end)
end)
