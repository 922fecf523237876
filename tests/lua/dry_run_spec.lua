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
        filter = require("diffgentor.filter").parse("0:3"),
      })
    local out = stage.folder .. "/out"
    assert.equal(1, code)
    assert.same({
      "row 0 (line 2): POST http://127.0.0.1:1/v1/images/edits\n  model = gpt-image-1\n"
        .. "  prompt = Add\\x1b[2J a hat\n  size = auto\n  image = a.png (png, 1x1, 68 bytes)\n"
        .. "  mask = b.png (png, 1x1, 68 bytes)\n  -> " .. out .. "/000000\n",
      "row 1 (line 3): POST http://127.0.0.1:1/v1/images/edits\n  model = gpt-image-1\n"
        .. "  prompt = two\n  size = auto\n  image[] = a.png (png, 1x1, 68 bytes)\n"
        .. "  image[] = https://h/x.webp?q (to be loaded)\n  -> " .. out .. "/000001\n",
      "row 2 (line 4): would fail: " .. stage.folder .. "/none.png: no such file; relative paths "
        .. "start at the input file's folder\n",
      "rows: 2 would be sent, 1 would fail, 1 skipped, 0 done already\n",
    }, printed)
    assert.equal(0, #stage.sent)
    assert.is_nil(file.kind(stage.folder .. "/out"))
  end)

  it("knows what is done already", function()
    local text = "image,instruction\na.png,1\na.png,refuse!\n"
    run(text)
    assert.equal(0, dry(text))
    assert.equal("row 0 (line 2): done already, in 000000.png\n", printed[1])
    assert.equal("rows: 1 would be sent, 0 would fail, 0 skipped, 1 done already\n", printed[3])
    dry(text, { resume = false })
    assert.equal("rows: 2 would be sent, 0 would fail, 0 skipped, 0 done already\n", printed[3])
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

