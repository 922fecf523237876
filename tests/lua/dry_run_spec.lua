-- SPDX-License-Identifier: MIT
--
-- --dry_run: every word it prints, and that it does nothing else.

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local stage = require("edit_stage")
local sys = require("diffgentor.sys")

local run = stage.run

before_each(stage.set)
after_each(stage.strike)

-- luacheck: ignore 212/self

describe("a dry run", function()
  local printed
  local base = os.getenv("DG_REHEARSAL")

  local function dry(text, changes, workflow)
    printed = {}
    sys.write = function(piece)
      printed[#printed + 1] = piece
      return true
    end
    stage.put("d.csv", text)
    local s = stage.settings(changes)
    s.dry_run = true
    return edit.run(workflow or edit, s)
  end

  it("says what would be sent, and does nothing", function()
    local code = dry("image,instruction,mask\na.png,Add\27[2J a hat,b.png\n"
      .. 'a.png|https://h/x.webp?q,two,\nnone.png,x,\na.png,,\n', {
        mask_column = "mask", params = { { "size", "auto" } },
        filter = require("diffgentor.filter").parse("0:3"), prices = {},
      })
    local out = stage.folder .. "/out"
    assert.equal(1, code)
    assert.same({
      "row 0 (line 2): POST " .. base .. "/images/edits\n  model = gpt-image-1\n"
        .. "  prompt = Add\\x1b[2J a hat\n  size = auto\n  image = a.png (png, 1x1, 68 bytes)\n"
        .. "  mask = b.png (png, 1x1, 68 bytes)\n  -> " .. out .. "/000000\n",
      "row 1 (line 3): POST " .. base .. "/images/edits\n  model = gpt-image-1\n"
        .. "  prompt = two\n  size = auto\n  image[] = a.png (png, 1x1, 68 bytes)\n"
        .. "  image[] = https://h/x.webp?q (to be loaded)\n  -> " .. out .. "/000001\n",
      "row 2 (line 4): would fail: " .. stage.folder .. "/none.png: no such file; relative paths "
        .. "start at the input file's folder\n",
      "rows: 2 would be sent, 1 would fail, 1 skipped, 0 done already\n",
    }, printed)
    assert.equal(0, #stage.sent)
    assert.is_nil(file.kind(stage.folder .. "/out"))
  end)

  -- Row by row what the dry run of TEXT says behind an earlier run, and its sums.
  local TEXT = "image,instruction\na.png,1\na.png,refuse!\na.png,3\n"
  local known = {
    { "sends what failed, not what is done", {}, { "done", "POST", "done" }, { 1, 0, 0, 2 } },
    { "leaves what failed where it is told to", { retry_failed = false },
      { "done", "failed before, and is left so", "done" }, { 0, 0, 1, 2 } },
    { "makes all anew where that is asked for", { resume = false, overwrite = true },
      { "POST", "POST", "POST" }, { 3, 0, 0, 0 } },
    { "sends a row again whose picture is gone", { gone = "000002.png" },
      { "done", "POST", "POST" }, { 2, 0, 0, 1 } },
    { "sends a row again that has changed", { text = TEXT:gsub(",3", ",4") },
      { "done", "POST", "POST" }, { 2, 0, 0, 1 } },
    { "knows an answer that is kept", { raising = "result" },
      { "answered already, to be processed", "POST", "answered already" }, { 1, 0, 0, 2 } },
  }
  for _, case in ipairs(known) do
    it(case[1], function()
      local first, changes = edit:extend(), case[2]
      if changes.raising then first[changes.raising] = function() error("boom") end end
      run(TEXT, nil, first)
      if changes.gone then os.remove(stage.folder .. "/out/" .. changes.gone) end
      local asked, before = stage.asked("good"), stage.ledger()
      dry(changes.text or TEXT, changes)
      for i, part in ipairs(case[3]) do
        assert.truthy(printed[i]:find(("row %d (line %d): "):format(i - 1, i + 1) .. part, 1, true),
          printed[i])
      end
      local sums = ("rows: %d would be sent, %d would fail, %d skipped, %d done already\n"):format(
        table.unpack(case[4]))
      assert.equal(sums, printed[4]:sub(1, #sums))
      assert.same({ asked, before }, { stage.asked("good"), stage.ledger() })
    end)
  end

  it("estimates by the mean of what was paid, else by the price list", function()
    local quality = { params = { { "quality", "low" }, { "size", "1024x1024" } } }
    dry("image,instruction\na.png,1\na.png,2\n", quality)
    assert.equal("rows: 2 would be sent, 0 would fail, 0 skipped, 0 done already\nestimate: 0.022 "
      .. "USD (the price list of pictures of 1024x1024 size and low quality; input tokens come on "
      .. "top)\n",
      printed[3])
    run("image,instruction\na.png,1\n", quality)
    dry("image,instruction\na.png,1\na.png,2\na.png,3\n", quality)
    local list = stage.results(stage.folder .. "/out/results.csv")
    local nano = math.floor(list[1].cost_usd * 1e9 + 0.5)
    assert.truthy(printed[4]:find(("estimate: %s USD (the mean of the 1 finished)"):format(
      require("diffgentor.cost").round_text(2 * nano)), 1, true), printed[4])
  end)

  it("estimates nothing for a model without a price", function()
    dry("image,instruction\na.png,1\n", { model_name = "nobody-knows" })
    assert.equal("rows: 1 would be sent, 0 would fail, 0 skipped, 0 done already\n", printed[2])
  end)

  it("refuses what a run would refuse", function()
    run(TEXT)
    local code, err = dry(TEXT, { resume = false })
    assert.same({ nil, "would_overwrite" }, { code, err.code })
    assert.same({}, printed)
  end)

  it("asks the script's hooks", function()
    local mine = edit:extend()
    function mine:keep(row) return row.position > 0 end
    function mine:prompt(row) return row.position == 1 and error("boom") or "p" end
    assert.equal(1, dry("image,instruction\na.png,1\na.png,2\na.png,3\n", nil, mine))
    assert.equal("row 0 (line 2): skipped by the script\n", printed[1])
    assert.truthy(printed[2]:find("^row 1 %(line 3%): would fail: .*_spec%.lua:%d+: boom\n$"))
  end)

  it("shows neither keys nor passwords, and all endpoints' field names", function()
    dry("image,instruction\na.png,sk-dry-canary-1\n", { endpoints = {
      { base = "http://me:pw@h/v1", keys = { "k" }, field = "image" },
      { base = "http://h2/v1", keys = { "k" }, field = "image[]" },
    } })
    assert.equal("row 0 (line 2): POST http://h/v1/images/edits (one of 2 endpoints)\n"
      .. "  model = gpt-image-1\n  prompt = sk-dry-canary-1\n"
      .. "  image or image[] = a.png (png, 1x1, 68 bytes)\n  -> " .. stage.folder
      .. "/out/000000\n", printed[1])
  end)

  it("passes on what a run could not begin with, and a closed pipe", function()
    local code, err = dry("img,instruction\na.png,1\n")
    assert.is_nil(code)
    assert.equal("missing_column", err.code)
    stage.put("d.csv", "image,instruction\na.png,1\n")
    sys.write = function() return nil, errors.new("file", "write", "broken pipe") end
    local s = stage.settings({ dry_run = true })
    code, err = edit.run(edit, s)
    assert.is_nil(code)
    assert.equal("broken pipe", err.message)
  end)
end)

