-- SPDX-License-Identifier: MIT
--
-- What is decided by the work of earlier runs, judged alone.

local resume = require("diffgentor.resume")

local function settings(more)
  local s = { resume = true, output_dir = "out", input = "d.csv", params = {},
    model_name = "gpt-image-1", instruction_key = "instruction", backend = "openai" }
  for key, value in pairs(more or {}) do s[key] = value end
  return s
end

describe("changed rows", function()
  -- finished, changed, input before and now, --redo_changed: the note or the error.
  local cases = {
    { 100, 0, "/d", "/d", false, "" },
    { 100, 0, "/d", "/e", false, "" },
    { 100, 10, "/d", "/d", false, "10 of 100" },
    { 100, 11, "/d", "/d", false, nil },
    { 110, 11, "/d", "/d", false, "11 of 110" },
    { 109, 11, "/d", "/d", false, nil },
    { 5, 5, "/d", "/d", false, "5 of 5" },
    { 5, 1, "/d", "/e", false, nil },
    { 5, 1, nil, "/d", false, "1 of 5" },
    { 5, 1, "/d", "/e", true, "1 of 5" },
    { 100, 100, "/d", "/d", true, "100 of 100" },
  }
  for _, case in ipairs(cases) do
    it(("%d of %d, %s to %s, %s"):format(case[2], case[1], case[3], case[4], case[5]), function()
      local found = { finished = case[1], changed = case[2] }
      local note, err = resume.check(found, settings({ redo_changed = case[5] }), case[3], case[4])
      if case[6] then
        assert.equal(case[6], note:sub(1, #case[6]))
        if note ~= "" then
          assert.equal(" finished rows have changed or are gone since the earlier run; those still "
            .. "in the input are sent again", note:sub(#case[6] + 1))
        end
      else
        assert.is_nil(note)
        assert.same({ "config", "input_changed" }, { err.kind, err.code })
        assert.equal(case[3] ~= case[4], err.message:find("(they were made from", 1, true) ~= nil)
      end
    end)
  end

  it("names a pipe as people do", function()
    local _, err = resume.check({ finished = 5, changed = 1 }, settings({}), "-", "/d")
    assert.truthy(err.message:find("(they were made from standard input)", 1, true), err.message)
  end)
end)

describe("starting afresh", function()
  local cases = {
    { 0, {}, true }, { 5, {}, true }, { 0, { resume = false }, true },
    { 1, { resume = false }, false }, { 1, { resume = false, overwrite = true }, true },
  }
  for _, case in ipairs(cases) do
    it(("over %d rows is %s"):format(case[1], case[3] and "fine" or "refused"), function()
      local ok, err = resume.check_afresh(case[1], settings(case[2]))
      assert.equal(case[3] or nil, ok)
      if not ok then
        assert.same({ "config", "would_overwrite" }, { err.kind, err.code })
        assert.equal("--no_resume: 1 row is done already in out; --overwrite makes them anew and "
          .. "replaces their pictures, with --filter_rows those rows alone", err.message)
      end
    end)
  end
end)

describe("other settings", function()
  local LOW = { params = { { "quality", "low" }, { "tag", "a" }, { "tag", "b" } } }
  local cases = {
    { {}, {}, nil },
    { LOW, LOW, nil },
    { {}, { timeout = 9, max_global_workers = 3 }, nil },
    { LOW, { params = { { "tag", "a" }, { "tag", "b" }, { "quality", "low" } } }, nil },
    { LOW, { params = { { "quality", "high" }, { "tag", "a" }, { "tag", "b" } } },
      "quality high (was low)" },
    { LOW, {}, "quality not set (was low), tag not set (was a,b)" },
    { {}, { model_name = "gpt-image-1.5" }, "model_name gpt-image-1.5 (was gpt-image-1)" },
    { {}, { mask_column = "m", instruction_key = "p" },
      "instruction_key p (was instruction), mask_column m (was not set)" },
    { { backend = "rehearsal" }, {}, "backend openai (was rehearsal)" },
  }
  for i, case in ipairs(cases) do
    it(("are told, case %d"):format(i), function()
      local before = resume.settings_text(settings(case[1]))
      assert.equal(case[3], resume.differences(before, settings(case[2])))
    end)
  end

  it("are none where nothing is kept, or nonsense", function()
    for _, before in ipairs({ false, "", "[]", "{", "3", '{"params":4}' }) do
      local text = resume.differences(before or nil, settings({ model_name = nil }))
      assert.truthy(text == nil or before == "[]" or before == '{"params":4}', tostring(before))
    end
  end)

  it("hold no key", function()
    local text = resume.settings_text(settings({ endpoints = { { keys = { "sk-canary" } } } }))
    assert.is_nil(text:find("canary", 1, true))
  end)
end)
