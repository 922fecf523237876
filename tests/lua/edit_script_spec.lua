-- SPDX-License-Identifier: MIT
--
-- What a script can change of the bundled workflow.

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local stage = require("edit_stage")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local run, column = stage.run, stage.column

before_each(stage.set)
after_each(stage.strike)

-- luacheck: ignore 212/self

describe("a script's edit", function()
  local TEXT = "image_url,instruction,lang\na.png,one,en\na.png,two,de\nb.png,three,en\n"

  it("changes what is its own", function()
    local mine, summary = edit:extend(), nil
    function mine:keep(row) return row.lang == "en" end
    function mine:prompt(row) return row.instruction .. " in " .. self.settings.model_name end
    function mine:images() return { "b.png", "a.png" } end
    function mine:name(row) return "n/" .. row.instruction end
    function mine:request(_, request)
      request.quality = "high"
      return request
    end
    function mine:reply(_, reply)
      reply.usage.input_tokens = 5
      return reply
    end
    function mine:result(row, reply)
      row.note = reply.usage.input_tokens .. " " .. reply.files[1]
    end
    function mine:done(s) summary = s end
    local code, list = run(TEXT, nil, mine)
    assert.equal(0, code)
    assert.same({ "n/one.png", "", "n/three.png" }, column(list, "output_image"))
    assert.same({ "done", "skipped", "done" }, column(list, "status"))
    assert.same({ "5 n/one.png", "", "5 n/three.png" }, column(list, "note"))
    assert.equal("658", list[1].input_tokens) -- what was billed is not a script's to change
    local request = stage.forms[stage.sent[1].form]
    assert.same({ "one in gpt-image-1", "high", "b.png" },
      { request.prompt, request.quality, request.images[1].filename })
    assert.same({ 0, 2, 1 }, { summary.code, summary.done, summary.skipped })
    assert.is_nil(rawget(mine, "settings"))
  end)

  it("puts no secret into the ledger or the results", function()
    sys.secret("sk-canary-script")
    local mine = edit:extend()
    function mine:result(row)
      row.note = "note of sk-canary-script"
      if row.position == 1 then error("boom with sk-canary-script") end
    end
    local _, list = run(TEXT, nil, mine)
    assert.truthy(list[1].note:find("^note of "))
    assert.truthy(list[2].error:find("boom with ", 1, true))
    local found = io.popen(("grep -rl canary-script '%s'"):format(stage.folder)):read("a")
    assert.equal("", found)
  end)

  it("needs only the columns that it reads", function()
    local mine = edit:extend()
    function mine:prompt(row) return row.words end
    function mine:images(row) return row.photo end
    assert.equal(0, (run("photo,words\na.png,x\n", nil, mine)))
  end)

  -- What a row comes to whose hook raises: before the answer it fails, behind it
  -- the answer is kept.
  local raising = {
    { "keep", "failed" }, { "images", "failed" }, { "prompt", "failed" }, { "request", "failed" },
    { "name", "failed" }, { "reply", "answered" }, { "result", "answered" },
  }
  for _, case in ipairs(raising) do
    it(("ends the row that %s raises in, and no other"):format(case[1]), function()
      for _, kind in ipairs({ "raise", "yield" }) do
        local mine = edit:extend()
        mine[case[1]] = function(self, row, ...)
          if row.position == 1 and kind == "raise" then error("boom in " .. case[1]) end
          if row.position == 1 then coroutine.yield() end
          return edit[case[1]](self, row, ...)
        end
        local code, list, counts = run(TEXT, { output_dir = stage.folder .. "/" .. kind }, mine)
        assert.same({ 1, 1, 2 }, { code, counts.failed, counts.done })
        assert.same({ "done", case[2], "done" }, column(list, "status"))
        assert.equal("lua_error", list[2].error_code)
        assert.truthy(list[2].error:find(kind == "raise" and "edit_script_spec%.lua:%d+: boom in "
          .. case[1] or "^[^\n]*:%d+: a task yielded by coroutine.yield"), list[2].error)
      end
    end)
  end

  it("keeps what is done of rows that it leaves out", function()
    run(TEXT)
    local mine = edit:extend()
    mine.columns = {}
    function mine:keep(row) return row.position == 1 end
    local code, list, counts, sent = stage.again(TEXT, { resume = false, overwrite = true }, mine)
    assert.same({ 0, 1, 2 }, { code, sent, counts.skipped })
    assert.same({ "skipped", "done", "skipped" }, column(list, "status"))
    for k = 0, 2 do
      assert.equal("file", require("diffgentor.file").kind(("%s/out/%06d.png"):format(stage.folder,
        k)))
    end
  end)

  it("judges the rows that it leaves out anew at every run", function()
    local mine = edit:extend()
    mine.columns = {}
    function mine:keep(row) return row.lang == "en" end
    local code, list, _, sent = stage.again(TEXT, nil, mine)
    assert.same({ 0, 2 }, { code, sent })
    assert.same({ "done", "skipped", "done" }, column(list, "status"))
    function mine:keep() return true end
    code, list, _, sent = stage.again(TEXT, nil, mine)
    assert.same({ 0, 1 }, { code, sent })
    assert.same({ "done", "done", "done" }, column(list, "status"))
  end)

  it("writes its results though a task that a hook began has raised", function()
    local mine = edit:extend()
    function mine:result(row)
      if row.position == 1 then task.spawn(function() error("boom") end) end
    end
    local code, list = run(TEXT, nil, mine)
    assert.equal(1, code)
    assert.same({ "done", "done", "done" }, column(list, "status"))
    assert.truthy(table.concat(stage.said, "\n"):find("boom", 1, true))
  end)

  it("goes on where showing its progress raises", function()
    local report = require("diffgentor.report")
    local real_new = report.new
    report.new = function(options)
      local made = real_new(options)
      function made.tick() error("no terminal") end
      return made
    end
    local mine = edit:extend()
    function mine:result() task.sleep(0.3) end
    local code, list = run(TEXT, nil, mine)
    report.new = real_new
    assert.equal(0, code)
    assert.same({ "done", "done", "done" }, column(list, "status"))
    assert.same({ 'error: no further progress is shown: ' .. "edit_script_spec.lua" },
      { (stage.said[1]:gsub("tests/lua/", ""):gsub(":%d+.*$", "")) })
  end)

  it("fails rows by nil and an error, or by a value of the wrong kind", function()
    local no = function() return nil, errors.new("input", "no", "not this one") end
    local number = function() return 3 end
    local cases = {
      { "images", no, "no", "not this one" }, { "prompt", no, "no", "not this one" },
      { "name", no, "no", "not this one" },
      { "images", number, "bad_images", "images(row) gives a text or a list, not a number" },
      { "prompt", number, "bad_prompt", "prompt(row) gives text, not a number" },
      { "name", number, "bad_name", "name(row) gives text, not a number" },
      { "images", function() return {} end, "no_image", "the row has no image" },
      { "prompt", function() return "" end, "empty_instruction", "empty instruction" },
    }
    for _, case in ipairs(cases) do
      local mine = edit:extend()
      mine[case[1]] = case[2]
      local _, list = run("image,instruction\na.png,x\n", nil, mine)
      assert.same({ case[3], case[4] }, { list[1].error_code, list[1].error })
    end
    assert.equal(0, #stage.sent)
  end)

  it("may refuse to begin", function()
    for _, setup in ipairs({
      function() error(errors.new("config", "mine", "not today"), 0) end,
      function() return nil, errors.new("config", "mine", "not today") end,
    }) do
      local mine = edit:extend()
      mine.setup = setup
      local code, err = run("image,instruction\na.png,x\n", nil, mine)
      assert.is_nil(code)
      assert.equal("not today", err.message)
    end
  end)

  it("may wait and send in its hooks", function()
    local mine = edit:extend()
    function mine:prompt(row)
      task.sleep(0.001)
      return row.instruction
    end
    assert.equal(0, (run(TEXT, nil, mine)))
  end)

  it("fails the run, not the results, if its end raises", function()
    local mine = edit:extend()
    function mine:done() error("boom") end
    local code, list = run(TEXT, nil, mine)
    assert.equal(1, code)
    assert.same({ "done", "done", "done" }, column(list, "status"))
  end)
end)

