-- SPDX-License-Identifier: MIT
--
-- One run of the bundled workflow on the stage of edit_stage.lua; what an earlier
-- run has left is edit_resume_spec.lua's.  What the wire sees is the business of
-- the transcripts (tests/cli).

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local openai = require("diffgentor.backends.openai")
local stage = require("edit_stage")
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
    assert.same({ "1", "0", "gpt-image-1", "1389" }, { list[1].attempts, list[1].possibly_billed,
      list[1].model, list[1].total_tokens })
    assert.truthy(tonumber(list[1].latency_ms) and list[1].request_id:find("^req_"))
    assert.equal("0.04552", list[1].cost_usd)
    assert.equal(2, counts.done)
    assert.equal("png", assert(image.file(stage.folder .. "/out/000001.png")).kind)
    assert.is_nil(file.kind(stage.folder .. "/out/.diffgentor"))
  end)

  it("asks for what the settings say", function()
    stage.put("m.png")
    run("image,instruction,mask,index\na.png,p,m.png,7\nb.png,q,,8\n", {
      mask_column = "mask", params = { { "size", "auto" }, { "quality", "high" } },
    })
    local request = stage.sent[1]
    assert.same({ "/images/edits", "reply", stage.folder .. "/out/.diffgentor", "000007", 1 << 28,
      5, 1, 0.001 }, { request.path, request.sink, request.directory, request.stem,
      request.max_bytes, request.timeout, request.max_retries, request.retry_delay })
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
    local mine = edit:extend()
    function mine:request(_, request) -- luacheck: ignore 212/self
      if request.prompt == "two" then request.n = 2 end
      return request
    end
    local code, list, counts = run(table.concat({
      "image,instruction", "a.png,good", "none.png,x", "a.png,", '" ",x', "a.png", "a.png,x,y",
      "a.png,refuse!", "a.png,empty!", "a.png,lost!", "a.png,two", "",
    }, "\n"), nil, mine)
    assert.equal(1, code)
    assert.same({ "", "unreadable", "empty_instruction", "no_image", "short_row", "long_row",
      "moderation_blocked", "no_image", "reset", "" }, column(list, "error_code"))
    assert.truthy(list[7].error:find("^http://127%.0%.0%.1:%d+/v1: Your request was rejected by "
      .. "the safety system.* %(HTTP 400, request req_%w+%)$"), list[7].error)
    assert.truthy(list[8].error:find("^the server answered without a picture; that is often silent "
      .. "moderation %(HTTP 200, request req_%w+%)$"), list[8].error)
    assert.truthy(list[9].error:find("; it may have been billed$"), list[9].error)
    assert.same({ "1", "0", "0", "0", "0", "0", "1", "1", "2", "1" }, column(list, "attempts"))
    assert.same({ "0", "0", "0", "0", "0", "0", "0", "0", "2", "0" },
      column(list, "possibly_billed"))
    assert.equal("000009_00.png|000009_01.png", list[10].output_image)
    assert.equal(5, #stage.sent)
    assert.same({ 2, 8 }, { counts.done, counts.failed })
    local said = table.concat(stage.said, "\n")
    assert.truthy(said:find("warn: row 6 (line 8): http://", 1, true))
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
    local text = "image,instruction\n" .. ("a.png,x\n"):rep(5)
    local code, list, counts = run(text, stage.filtered("1,3:"))
    assert.equal(0, code)
    assert.same({ "skipped", "done", "skipped", "done", "done" }, column(list, "status"))
    assert.same({ 3, 2 }, { counts.done, counts.skipped })
  end)

  it("reads JSON Lines", function()
    stage.put("d.jsonl", '{"image_url":["a.png","b.png"],"instruction":"x"}\n{"instruction":"y"}\n')
    local code, list = run(nil, { input = stage.folder .. "/d.jsonl" })
    assert.equal(1, code)
    assert.same({ "done", "failed" }, column(list, "status"))
    assert.equal(2, #stage.forms[stage.sent[1].form].images)
  end)

  it("does the same where it is to survive a power cut", function()
    local code, list = run("image,instruction,name\na.png,1,x/y/z\na.png,refuse!,w\n",
      { durable = true, output_name_column = "name" })
    assert.equal(1, code)
    assert.same({ "x/y/z.png", "" }, column(list, "output_image"))
  end)

  it("is done at once with a header alone", function()
    local code, list = run("image,instruction\n")
    assert.equal(0, code)
    assert.equal(0, #list)
    assert.equal("file", file.kind(stage.folder .. "/out/results.csv"))
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
      assert.is_nil(file.kind(stage.folder .. "/out"))
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
    local asked = stage.asked("good")
    sys.stop_count = function() return #stage.sent >= 5 and 1 or 0 end
    sys.stop_signal = function() return 15 end
    local code, list, counts = run(text)
    assert.equal(143, code)
    assert.equal(30, #list)
    assert.equal(stage.asked("good") - asked, counts.done)
    assert.truthy(counts.done >= 1 and counts.done <= #stage.sent and #stage.sent <= 8)
    assert.equal(30 - counts.done, counts.pending)
    assert.same({ "done", "pending" }, { list[1].status, list[30].status })
  end)

  it("and calls pending what was cut off", function()
    local code, list = run("image,instruction\na.png,stopped!\n")
    assert.equal(3, code)
    assert.same({ "pending", "" }, { list[1].status, list[1].error_code })
  end)

  it("when every key was refused", function()
    local code, list, counts = run(text, { endpoints = { stage.endpoint("key") } })
    assert.equal(3, code)
    assert.truthy(#stage.sent <= 4)
    assert.same({ 0, 30 }, { counts.failed, counts.pending })
    assert.same({ "pending", "" }, { list[1].status, list[1].error_code })
    assert.truthy(stage.said[1]:find("^error: no key is left: http://127.0.0.1:%d+/v1 key 1 "
      .. "%(401 invalid_api_key%)$"), stage.said[1])
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
    code, fault = run(nil, { input = fifo, output_dir = stage.folder .. "/other" })
    assert.is_nil(code)
    assert.equal("quote", fault.code)
    assert.equal(0, #stage.sent)
  end)
end)

describe("endpoints that name the picture field differently", function()
  it("share the work", function()
    local code = run("image,instruction\n" .. ("a.png,x\n"):rep(30), { endpoints = {
      stage.endpoint("good", { keys = { "k1" }, weight = 2, field = "image" }),
      stage.endpoint("good", { keys = { "k2" }, weight = 1, field = "image[]" }),
    } })
    assert.equal(0, code)
    assert.equal(30, #stage.sent)
  end)

  it("stand in for each other when all keys of one are out", function()
    local code, list = run("image,instruction\na.png,x\n", { endpoints = {
      stage.endpoint("key", { keys = { "k1" }, weight = 9, field = "image" }),
      stage.endpoint("good", { keys = { "k2" }, field = "image[]" }),
    } })
    assert.equal(0, code)
    assert.equal(1, #stage.sent)
    assert.same({ "done", "2", "0" }, { list[1].status, list[1].attempts,
      list[1].possibly_billed })
  end)
end)

describe("edit.run", function()
  it("runs the bundled workflow where none is named", function()
    stage.put("d.csv", "image,instruction\na.png,x\n")
    assert.equal(0, edit.run(stage.settings()))
  end)
end)
