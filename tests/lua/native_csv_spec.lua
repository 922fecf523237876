-- SPDX-License-Identifier: MIT
--
-- diffgentor.csv.

local csv = require("diffgentor.csv")
local support = require("support")

describe("csv", function()
  local dir

  before_each(function() dir = support.folder() end)
  after_each(support.sweep)

  local function rows_of(reader)
    local rows = {}
    while true do
      local cells, line = reader:next()
      if not cells then
        assert.is_nil(line)
        return rows
      end
      rows[#rows + 1] = { line, table.unpack(cells) }
    end
  end

  it("reads rows with their lines", function()
    local path = support.put(dir .. "/a.csv", 'a,b\r\n"x\ny",\n"c""d",  e \n')
    local reader = assert(csv.open(path))
    assert.same({ { 1, "a", "b" }, { 2, "x\ny", "" }, { 4, 'c"d', "  e " } }, rows_of(reader))
    assert.equal(#support.get(path), reader:offset())
    assert.is_nil((reader:next()))
    reader:close()
    reader:close()
  end)

  it("says where a file is broken", function()
    local reader = assert(csv.open(support.put(dir .. "/a.csv", 'a,b\n1,"x\n')))
    assert.truthy(reader:next())
    local cells, err = reader:next()
    assert.is_nil(cells)
    assert.equal("input", err.kind)
    assert.truthy(err.message:find(dir .. "/a.csv:2:", 1, true))
  end)

  it("reads JSON Lines", function()
    local row = '{"a":"x","n":12345678901234567890,"o":{"p":[1]}}\n'
    local path = support.put(dir .. "/a.jsonl", row)
    local reader = assert(csv.jsonl(path))
    local names, cells, line = reader:next()
    assert.same({ "a", "n", "o" }, names)
    assert.same({ "x", "12345678901234567890", '{"p":[1]}' }, cells)
    assert.equal(1, line)
    assert.is_nil((reader:next()))
    assert.equal(#support.get(path), reader:offset())
    reader:close()
    reader:close()
    local bad = assert(csv.jsonl(support.put(path, "[1]\n")))
    local none, err = bad:next()
    assert.is_nil(none)
    assert.equal("input", err.kind)
  end)

  it("surveys both", function()
    support.put(dir .. "/a.csv", "index,b\n1,x\n2,y\n")
    support.put(dir .. "/a.jsonl", '{"a":1}\n{"a":2}\n')
    for format, count in pairs({ csv = 2, jsonl = 1 }) do
      local name = dir .. "/a." .. format
      local reader <close> = assert((format == "csv" and csv.open or csv.jsonl)(name))
      reader:hash()
      assert.is_nil(reader:digest())
      while reader:next() do end -- luacheck: ignore 542
      assert.same({ rows = 2, columns = count, digest = reader:digest() }, csv.survey(name, format))
      assert.equal(64, #reader:digest())
    end
    support.put(dir .. "/a.csv", "index,b\n1,x\n1,y\n")
    local survey, err = csv.survey(dir .. "/a.csv", "csv")
    assert.is_nil(survey)
    assert.equal("input", err.kind)
  end)

  it("writes what it reads", function()
    local cases = {
      { {}, "\n" }, { { "" }, '""\n' }, { { "a", "b" }, "a,b\n" }, { { 1, 2.5 }, "1,2.5\n" },
      { { 'say "x"', "a,b", "l\nm", " s " }, '"say ""x""","a,b","l\nm"," s "\n' },
    }
    for _, case in ipairs(cases) do assert.equal(case[2], csv.encode(case[1])) end
    local quotes = ('"'):rep(1000)
    local reader = assert(csv.open(support.put(dir .. "/q", csv.encode { quotes, quotes })))
    assert.same({ { 1, quotes, quotes } }, rows_of(reader))
  end)

  it("names what it cannot open", function()
    for _, open in ipairs { csv.open, csv.jsonl, function(p) return csv.survey(p, "csv") end } do
      local reader, err = open(dir .. "/none")
      assert.is_nil(reader)
      assert.truthy(err.message:find(dir .. "/none", 1, true))
      reader, err = open("a\0b")
      assert.is_nil(reader)
      assert.equal("bad_path", err.code)
    end
  end)

  it("refuses bad arguments", function()
    local rows = assert(csv.open(support.put(dir .. "/a", "a\n")))
    local lines = assert(csv.jsonl(dir .. "/a"))
    local many = {}
    for i = 1, 4097 do many[i] = "" end
    rows:close()
    lines:close()
    support.raises {
      { "attempt to use a closed reader", function() rows:next() end },
      { "attempt to use a closed reader", function() rows:offset() end },
      { "attempt to use a closed reader", function() lines:next() end },
      { "attempt to use a closed reader", function() lines:offset() end },
      { "bad argument #1 to 'next' (diffgentor.csv.reader expected, got diffgentor.csv.jsonl)",
        function() rows.next(lines) end },
      { "bad argument #1 to 'open' (string expected, got nil)", function() csv.open(nil) end },
      { "bad argument #1 to 'jsonl' (string expected, got nil)", function() csv.jsonl(nil) end },
      { "bad argument #2 to 'survey' (invalid option 'xml')",
        function() csv.survey("a", "xml") end },
      { "bad argument #1 to 'encode' (table expected, got string)",
        function() csv.encode("a") end },
      { "bad argument #1 to 'encode' (cell 2: string expected, got boolean)",
        function() csv.encode { "a", true } end },
      { "bad argument #1 to 'encode' (more than 4096 cells)", function() csv.encode(many) end },
    }
  end)

  it("is closed by scope and by the collector", function()
    local path = support.put(dir .. "/a", "a,b\n1,2\n")
    local kept
    do
      local reader <close> = assert(csv.open(path))
      kept = reader
    end
    assert.has_error(function() kept:next() end, "attempt to use a closed reader")
    getmetatable(kept).__gc(kept)
    support.stressed(function()
      for _ = 1, 20 do
        local reader = assert(csv.open(path))
        assert(#reader:next() == 2)
        csv.encode { "x", "y", 3 }
      end
    end)
  end)
end)
