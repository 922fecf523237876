-- SPDX-License-Identifier: MIT
--
-- The tables of options.lua against themselves and against docs/settings.md.
local nearest = require("diffgentor.nearest")
local options = require("diffgentor.options")

-- The tables of docs/settings.md by the level-2 heading above them: rows of plain cells.
local function documented()
  local tables, heading = {}, nil
  for line in io.lines("docs/settings.md") do
    heading = line:match("^## (.*)$") or heading
    local row = line:match("^| (`.*)|%s*$")
    if row and heading then
      local cells = {}
      for cell in (row:gsub("\\|", "\1") .. "|"):gmatch("%s*(.-)%s*|") do
        table.insert(cells, (cell:gsub("`", ""):gsub("\1", "|")))
      end
      tables[heading] = tables[heading] or {}
      table.insert(tables[heading], cells)
    end
  end
  return tables
end

local function flag_rows(list)
  local rows = {}
  for i, option in ipairs(list) do
    local argument = option.kind == "switch" and "" or " " .. option.argname
    rows[i] = { "--" .. option.name .. argument, options.default_text(option) or "off",
      option.env or "", option.help }
  end
  return rows
end

describe("docs/settings.md", function()
  local tables = documented()
  for _, command in ipairs(options.commands) do
    local name = command.name
    local own = options[name]
    it(("has every flag of %s with its default, and no other"):format(name), function()
      assert.same(own and flag_rows(own), tables[("Flags of `diffgentor %s`"):format(name)])
    end)
  end
  it("has every variable with its default, and no other", function()
    local rows = {}
    for i, variable in ipairs(options.variables) do
      rows[i] = { variable.name, variable.shown, variable.help }
    end
    assert.same(rows, tables["Variables"])
  end)
end)

describe("options", function()
  local known = {}
  for _, variable in ipairs(options.variables) do
    known[variable.name] = true
  end
  for _, command in ipairs(options.commands) do
    it(("of %s are complete and named once"):format(command.name), function()
      local seen = {}
      for _, option in ipairs(options[command.name] or {}) do
        assert.is_nil(seen[option.name], option.name)
        seen[option.name] = true
        assert.matches("^[a-z][a-z_]*$", option.name)
        assert.is_string(option.help)
        assert.is_string(option.group)
        local number = option.kind == "integer" or option.kind == "number"
        assert.equal(number, option.max ~= nil, option.name)
        assert.equal(option.kind ~= "switch", option.argname ~= nil, option.name)
        assert.is_true(not option.env or known[option.env], option.name)
      end
    end)
  end

  it("send size to user in the documented order", function()
    assert.same({ "size", "quality", "background", "input_fidelity", "output_format",
      "output_compression", "n", "user" }, options.api_fields())
  end)
end)

describe("nearest", function()
  local known = { "--input", "--output_dir", "--output_csv", "--n", "--model_name" }
  local cases = {
    { "--ouput_dir", "--output_dir" },
    { "--OUTPUT_DIR", "--output_dir" },
    { "--outptdr", "--output_dir" },
    { "--inptu", "--input" },
    { "--model", "--model_name" },
    { "--nn", "--n" },
    { "--x", nil },
    { "-x", nil },
    { "--output", "--output_dir" },
    { "--name", "--model_name" },
    { "--put", nil },
    { "--something_else", nil },
    { "", nil },
  }
  for _, case in ipairs(cases) do
    it(("of '%s' is %s"):format(case[1], tostring(case[2])), function()
      assert.equal(case[2], nearest(case[1], known))
    end)
  end
end)
