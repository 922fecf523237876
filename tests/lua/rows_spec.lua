-- SPDX-License-Identifier: MIT

local row_object = require("diffgentor.row")
local rows = require("diffgentor.rows")
local support = require("support")

local folder

local function input(name, text) return support.put(folder .. "/" .. name, text) end

local function all(source)
  local list = {}
  for row in source:each() do list[#list + 1] = row end
  return list
end

local function open(text, name)
  return assert(rows.open({ input = input(name or "d.csv", text) }))
end

describe("rows", function()
  before_each(function() folder = support.folder() end)
  after_each(support.sweep)

  it("gives cells by column, with position, index and line", function()
    local source = open('\xEF\xBB\xBFimage_url,instruction\r\na.png,"one\ntwo"\r\nb.png, x \r\n')
    assert.equal(2, source.total)
    local list = all(source)
    assert.same({ 0, 0, 2, "a.png", "one\ntwo" }, { list[1].position, list[1].index, list[1].line,
      list[1].image_url, list[1].instruction })
    assert.same({ 1, 1, 4, " x " }, { list[2].position, list[2].index, list[2].line,
      list[2].instruction })
    assert.is_nil(list[1].nothing)
    assert.equal("row 1 (line 4)", tostring(list[2]))
    assert.is_true(source.ended)
  end)

  it("takes the index from its column", function()
    local list = all(open("index,a\n7,x\n-2,y\n+12,z\n007007,w\n"))
    assert.same({ 7, -2, 12, 7007 }, { list[1].index, list[2].index, list[3].index, list[4].index })
    assert.equal("007007", row_object.cell(list[4], "index"))
  end)

  it("fails single rows that are short, long or have a bad index", function()
    local list = all(open("index,a,b\n1,x\n2,x,y,z\nabc,x,y\n1.5,x,y\n"
      .. "99999999999999999999,x,y\n5,x,y\n"))
    local name = folder .. "/d.csv"
    local expected = {
      ":2: the row has 2 cells, the header 3: is a comma missing?",
      ":3: the row has 4 cells, the header 3: a cell with a comma in it must stand in double "
        .. "quotes",
      ':4: index "abc" is not a whole number',
      ':5: index "1.5" is not a whole number',
      ':6: index "99999999999999999999" is not a whole number',
    }
    for i, text in ipairs(expected) do
      assert.equal(name .. text, list[i].fault.message)
      assert.equal("input", list[i].fault.kind)
    end
    assert.is_nil(list[6].fault)
    assert.equal("", list[1].b)
  end)

  it("keeps assignments apart from the cells", function()
    local row = all(open("a,b\nx,y\n"))[1]
    row.note = "seen"
    row.count = 3
    row.b = "new"
    row.note = "again"
    assert.same({ { "note", "again" }, { "count", "3" }, { "b", "new" } }, row_object.extra(row))
    assert.same({ "x", "y" }, select(2, row_object.raw(row)))
    assert.same({ "new", "y" }, { row.b, row_object.cell(row, "b") })
    local seen = {}
    for name, cell in pairs(row) do seen[#seen + 1] = name .. "=" .. cell end
    assert.same({ "a=x", "b=new" }, seen)
    support.raises({
      { "row.index cannot be set", function() row.index = 3 end },
      { "a column's name is text", function() row[1] = "x" end },
      { "row.list: a cell is text, a number or a boolean, not a table",
        function() row.list = {} end },
    })
  end)

  it("gives the fields before columns of the same name", function()
    local row = all(open("line,fault,position\na,b,c\n"))[1]
    assert.same({ 2, 0 }, { row.line, row.position })
    assert.is_nil(row.fault)
    assert.equal("b", row_object.cell(row, "fault"))
  end)

  it("prefers image_url to image to input_images", function()
    for header, expected in pairs({
      ["input_images,image,image_url"] = "image_url", ["input_images,image,x"] = "image",
      ["a,b,input_images"] = "input_images",
    }) do
      assert.equal(expected, row_object.image_column(all(open(header .. "\n1,2,3\n"))[1]))
    end
    assert.is_nil(row_object.image_column(all(open("a,b\n1,2\n"))[1]))
  end)

  it("names the columns there are", function()
    local cases = {
      { "image_url,instructions\na,b\n",
        ':1: no column "instruction" (--instruction_key names it); there are "image_url", '
          .. '"instructions"; did you mean "instructions"?' },
      { "a;instruction\nx;y\n",
        ':1: no column "instruction" (--instruction_key names it); there are "a;instruction"; '
          .. "the file seems to be separated by semicolons: save it with commas" },
    }
    for _, case in ipairs(cases) do
      local err = open(case[1]):missing("instruction", "--instruction_key names it")
      assert.equal(folder .. "/d.csv" .. case[2], err.message)
    end
    local source = open("img_url\tprompt\nx\ty\n")
    assert.equal(folder .. '/d.csv:1: no image column ("image_url", "image" or "input_images"); '
      .. 'there are "img_url\\tprompt"; the file seems to be separated by tabs: save it with '
      .. "commas",
      source:missing_image().message)
    assert.equal(folder .. '/d.csv:1: no image column ("image_url", "image" or "input_images"); '
      .. 'there are "images_url", "instruction"; did you mean "images_url"?',
      open("images_url,instruction\n1,2\n"):missing_image().message)
    assert.is_nil(open("image,instruction\n1,2\n"):missing_image())
  end)

  it("refuses files that are nothing for it, saying what to do", function()
    input("x.parquet", "PAR1")
    os.execute("mkdir " .. folder .. "/dir.csv")
    local cases = {
      { "x.parquet", "convert it to CSV first" }, { "x.XLSX", "CSV UTF%-8" },
      { "x.tsv", "with commas" }, { "x.csv.gz", "zcat FILE" }, { "dir.csv", "is a folder" },
      { "nothing.csv", "no such file" }, { "x.json", "%.jsonl" },
    }
    for _, case in ipairs(cases) do
      local source, err = rows.open({ input = folder .. "/" .. case[1] })
      assert.is_nil(source)
      assert.equal("input", err.kind)
      assert.truthy(err.message:find(case[2]), err.message)
    end
  end)

  it("tells faults of the file before the first row", function()
    local cases = {
      { "", "empty" }, { "a,a\n1,2\n", "twice" }, { "a\n\xff\xfe\n", "UTF" },
      { 'a\n"x\n', "quote" }, { "index\n3\n4\n3\n", "twice" },
    }
    for _, case in ipairs(cases) do
      local source, err = rows.open({ input = input("bad.csv", case[1]) })
      assert.is_nil(source)
      assert.truthy(err.message:find(case[2]), err.message)
      assert.truthy(err.message:find("bad.csv:", 1, true), err.message)
    end
  end)

  it("reads a header without rows", function()
    local source = open("image_url,instruction\n")
    assert.equal(0, source.total)
    assert.is_nil(source:next())
    assert.is_true(source.ended)
  end)

  it("reads JSON Lines, each row with its own columns", function()
    local source = open('{"image":"a.png","n":3}\n\n{"index":9,"b":null,"c":[1, 2]}\n', "d.JSONL")
    assert.equal(2, source.total)
    assert.same({ "image", "n" }, source.columns)
    local list = all(source)
    assert.same({ "a.png", "3", 0, 1 },
      { list[1].image, list[1].n, list[1].index, list[1].line })
    assert.same({ 9, "", "[1, 2]", 3 }, { list[2].index, list[2].b, list[2].c, list[2].line })
    assert.is_nil(list[2].image)
    assert.same({ "image", "n", "index", "b", "c" }, source.columns)
  end)

  it("gives the rest of it to another reader, as it is", function()
    for name, text in pairs({
      ["d.csv"] = 'a,b\n1,"x\ny"\n2\n', ["d.jsonl"] = '{"a":"1","b":"x\\ny"}\n{"a":"2"}\n',
    }) do
      local source, seen = open(text, name), {}
      local reader = source:rest()
      local first, second = reader:next()
      while first do
        seen[#seen + 1] = table.concat(name == "d.csv" and first or second, "|")
        first, second = reader:next()
      end
      assert.same({ "1|x\ny", "2" }, seen)
      source:close()
    end
  end)
end)

describe("rows of a ledger", function()
  local function of(format, columns)
    local texts = { format = format, label = "d." .. format, folder = "in" }
    return rows.of_ledger({
      columns = function() return columns end,
      get = function(_, name) return texts[name] end,
    })
  end

  local function claimed(cells, index)
    return { position = 4, index = index, line = 9, cells = cells }
  end

  it("are those of a CSV, faults and all", function()
    local source = of("csv", { "index", "a" })
    local row = source:row_of(claimed({ "7", "x" }, 7))
    assert.same({ 7, 4, 9, "x" }, { row.index, row.position, row.line, row.a })
    assert.is_nil(row.fault)
    assert.equal("in", source.folder)
    assert.equal('d.csv:9: index "seven" is not a whole number',
      source:row_of(claimed({ "seven", "x" })).fault.message)
    local short = source:row_of(claimed({ "7" }, 7))
    assert.same({ "short_row", 7 }, { short.fault.code, short.index })
    assert.equal("long_row", source:row_of(claimed({ "7", "x", "y" }, 7)).fault.code)
  end)

  it("of JSON Lines have the columns that they came with, in their order", function()
    local source = of("jsonl", { "a", "b" })
    local names = { "a", "b", "c" }
    local row = source:row_of(claimed({ [3] = "z", [1] = "" }, 4), function(k) return names[k] end)
    assert.same({ "", nil, "z" }, { row.a, row.b, row.c })
    assert.same({ "a", "c" }, (row_object.raw(row)))
    assert.is_nil(row.fault)
  end)
end)

describe("rows of a pipe", function()
  local fifo

  local function write_later(text)
    fifo = folder .. "/fifo"
    os.execute(("mkfifo %s; (printf '%s' > %s) &"):format(fifo, text, fifo))
  end

  before_each(function() folder = support.folder() end)
  after_each(support.sweep)

  it("come without a total", function()
    write_later('a,b\\n1,"x y"\\n2\\n')
    local source = assert(rows.open({ input = fifo }))
    assert.is_nil(source.total)
    assert.is_true(source.stream)
    assert.equal(2, #all(source))
    assert.equal("fifo\n", io.popen("ls " .. folder):read("a"))
  end)

  it("may be read from a copy under their own label", function()
    local copy = input("input.csv", "index,a\nx,1\n")
    local source = assert(rows.open({ input = copy, label = "standard input", folder = "." }))
    assert.same({ ".", 1 }, { source.folder, source.total })
    assert.equal('standard input:2: index "x" is not a whole number', source:next().fault.message)
    local bad = input("input.csv", 'a,b\n1,"x\n')
    local none, err = rows.open({ input = bad, label = "standard input", folder = "." })
    assert.is_nil(none)
    assert.truthy(err.message:find("^standard input:2:3: this quote is never closed"), err.message)
  end)

  it("end at a fault, with what came before", function()
    write_later('index,a\\n1,x\\n2,y\\n1,z\\n3,w\\n')
    local source = assert(rows.open({ input = fifo }))
    assert.equal("x", source:next().a)
    assert.equal("y", source:next().a)
    local row, err = source:next()
    assert.is_nil(row)
    assert.equal(fifo .. ":4: index 1 stands twice", err.message)
    assert.is_false(source.ended)
  end)

  it("are refused for their header", function()
    local cases = {
      { "", "the file is empty: there is no header" },
      { "a,b,a\\n", 'the header names "a" twice' },
      { '{"image_url": 1}\\n', "if these are JSON Lines, save them in a file named .jsonl" },
    }
    for _, case in ipairs(cases) do
      write_later(case[1])
      local source, err = rows.open({ input = fifo }, folder)
      assert.is_nil(source)
      assert.truthy(err.message:find(case[2], 1, true), err.message)
      os.remove(fifo)
    end
  end)
end)
