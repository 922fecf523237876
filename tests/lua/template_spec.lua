-- SPDX-License-Identifier: MIT
local template = require("diffgentor.template")

local row = {
  instruction = "Add a hat", style = "  Retro ", empty = "", ["two words"] = "2w", index = 7,
  trap = '{{instruction}} "q" \\ %1', flag = true,
}

describe("template.render", function()
  local good = {
    { "plain", "plain" },
    { "", "" },
    { "{{instruction}}", "Add a hat" },
    { "<{{ instruction }}, {{style|trim|lower}}>", "<Add a hat, retro>" },
    { "{{instruction | upper}}", "ADD A HAT" },
    { "{{two words}}", "2w" },
    { "{{index}} {{flag}}", "7 true" },
    { "{{empty|default:none}}", "none" },
    { "{{empty | default: none at all }}", "none at all" },
    { '{{empty|default:"a | }} b"}}', "a | }} b" },
    { "{{instruction|default:none}}", "Add a hat" },
    { "[{{empty}}]", "[]" },
    { "[{{empty|default:}}]", "[]" },
    { '{{"{{"}}x{{"}}"}}', "{{x}}" },
    { "a } b }} c { d", "a } b }} c { d" },
    { "{{empty|default:none|upper}}", "NONE" },
  }
  for _, case in ipairs(good) do
    it(("'%s' gives '%s'"):format(case[1], case[2]), function()
      assert.equal(case[2], template.render(case[1], row))
    end)
  end

  it("inserts a value as it is, whatever it looks like", function()
    assert.equal(row.trap, template.render("{{trap}}", row))
  end)

  it("makes a JSON string", function()
    local text = template.render('{"p":{{trap|json}}}', row)
    assert.equal('{"p":"{{instruction}} \\"q\\" \\\\ %1"}', text)
  end)

  local bad = {
    { "{{instruktion}}", 1, "the row has no column 'instruktion'; did you mean 'instruction'?" },
    { "{{nothing_like_it|default:x}}", 1, "the row has no column 'nothing_like_it'" },
    { '{{"a" b}}', 1, [[the row has no column '"a" b']] },
    { "ab {{style", 4, "{{ is not closed by }}" },
    { "{{}}", 1, "{{ }} names no column" },
    { "{{ | trim}}", 1, "{{ }} names no column" },
    { "{{style|uper}}", 1, "unknown filter 'uper'; did you mean 'upper'?" },
    { "{{style|}}", 1, "unknown filter ''" },
    { "{{style|trim:3}}", 1, "filter 'trim' takes nothing behind it" },
    { "{{style|default}}", 1, "filter 'default' needs its text, as default:TEXT" },
    { "{{style|lower upper}}", 1, "filter 'lower' takes nothing behind it" },
  }
  for _, case in ipairs(bad) do
    it(("refuses '%s'"):format(case[1]), function()
      local ok, err = pcall(template.render, case[1], row)
      assert.is_false(ok)
      assert.equal(("template, character %d: %s"):format(case[2], case[3]), tostring(err))
    end)
  end

  it("refuses a value that is not text", function()
    local ok, err = pcall(template.render, "{{t}}", { t = {} })
    assert.is_false(ok)
    assert.equal("template, character 1: 't' is a table, not text", tostring(err))
  end)

  it("renders different templates one after the other", function()
    assert.equal("Add a hat", template.render("{{instruction}}", row))
    assert.equal("7", template.render("{{index}}", row))
    assert.equal("Add a hat", template.render("{{instruction}}", row))
  end)
end)

describe("template.compile", function()
  it("names its columns once, in order", function()
    local compiled = assert(template.compile('{{b}} {{a|trim}} {{b}} {{"c"}}'))
    assert.same({ "b", "a" }, compiled:names())
  end)

  it("gives nil and an error of kind script", function()
    local compiled, err = template.compile("{{a")
    assert.is_nil(compiled)
    assert.equal("script", err.kind)
  end)
end)
