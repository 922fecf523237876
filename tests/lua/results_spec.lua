-- SPDX-License-Identifier: MIT
--
-- The table of results, as the ledger writes it, and `diffgentor results`.

local csv = require("diffgentor.csv")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local native = require("diffgentor.native.ledger")
local results = require("diffgentor.results")
local stage = require("edit_stage")
local support = require("support")
local sys = require("diffgentor.sys")

local OWN = "output_image,status,error_code,error,attempts,possibly_billed,latency_ms,request_id,"
  .. "model,input_tokens,output_tokens,total_tokens,cost_usd"

local folder

before_each(function() folder = support.folder() end)
after_each(support.sweep)

-- The table of a ledger with the rows of `text`, each ended as `ends` says.
local function written(text, ends, format)
  local ledger <close> = support.ledger(folder, text)
  for i, fields in ipairs(ends or {}) do
    fields.position = fields.position or i - 1
    ledger:ended(fields)
  end
  assert(ledger:commit())
  assert(ledger:results(format or "csv", folder, "results.csv"))
  return support.get(folder .. "/results.csv")
end

describe("the table of results", function()
  it("has every row in the input's order, its columns first", function()
    assert.equal('b,"a, c",' .. OWN .. '\nx,"1\n2",1_00.png|1_01.png,done,,,0,0,,,,,,,\n'
      .. 'y,,,pending,,,0,0,,,,,,,\nz," 3 ",,failed,moderation_blocked,no (HTTP 400),0,0,,,,,,,\n'
      .. "w,4,,skipped,,,0,0,,,,,,,\n", written('b,"a, c"\nx,"1\n2"\ny,\nz, 3 \nw,4\n', {
      { position = 3, state = "skipped" },
      { position = 2, state = "failed", error_kind = "api", error_code = "moderation_blocked",
        error = "no (HTTP 400)" },
      { position = 0, state = "done",
        outputs = { { name = "1_00.png", size = 1 }, { name = "1_01.png", size = 1 } } },
    }))
    assert.equal("in.csv\nresults.csv\n", io.popen("cd " .. folder .. "; ls -A | grep -v ledger")
      :read("a"))
  end)

  it("leaves columns of its names their cells, and takes others", function()
    assert.equal("status,image,dg_error,error,output_image,dg_status,error_code,dg_dg_error,"
      .. OWN:match("attempts.*$") .. ",note,dg_image,dg_model\n"
      .. "mine,a,b,c,a.png,done,,,0,0,,,,,,,,n,changed,hook's\n",
      written("status,image,dg_error,error\nmine,a,b,c\n", { {
        state = "done", outputs = { { name = "a.png", size = 1 } },
        extra = { { "note", "n" }, { "image", "changed" }, { "model", "hook's" } },
      } }))
  end)

  it("makes what came from a server harmless, and nothing else", function()
    written("image,instruction\n=1+1,@x\n", { {
      state = "failed", error_code = "@code",
      error = "=cmd|' \27[2J\nnext",
      extra = { { "a", "=HYPERLINK(1)" }, { "b", "-0.5" }, { "c", "+x" } },
    } })
    local row = stage.results(folder .. "/results.csv")[1]
    assert.same({ "=1+1", "@x", "", "failed", "'@code" }, { row.image, row.instruction,
      row.output_image, row.status, row.error_code })
    assert.equal("'=cmd|' \\x1b[2J\\nnext", row.error)
    assert.same({ "'=HYPERLINK(1)", "-0.5", "'+x" }, { row.a, row.b, row.c })
  end)

  it("pads short rows and cuts long ones", function()
    local rest = ",,pending,,,0,0,,,,,,,\n"
    assert.equal("a,b," .. OWN .. "\n1," .. rest .. "1,2" .. rest, written("a,b\n1\n1,2,3\n"))
  end)

  it("has the columns of all JSON Lines", function()
    local rest = ",,pending,,,0,0,,,,,,,\n"
    assert.equal("a,b,c," .. OWN .. "\n1,," .. rest .. ",[2]," .. rest .. "x,," .. rest,
      written('{"a":1}\n{"b":[2]}\n{"a":"x","c":null}\n'))
  end)

  it("keeps the cells byte for byte", function()
    local cells = '"a ""quoted"" one",\' =1+1, x ,"two\r\nlines",\xc3\xbc'
    local text = written("a,b,c,d,e\n" .. cells .. "\n")
    assert.equal(cells:gsub('" x "', " x "), (text:match("\n(.-),,pending"):gsub('" x "', " x ")))
  end)

  it("is one object a line as JSON Lines", function()
    local text = written('{"n":1,"deep":{"x":[1]}}\n{"s":"\\u00e9\\n"}\n', {
      { state = "done", outputs = { { name = "a.png", size = 1 }, { name = "b.png", size = 1 } },
        extra = { { "note", "x" } } },
    }, "jsonl")
    local lines = {}
    for line in text:gmatch("[^\n]+") do lines[#lines + 1] = assert(json.decode(line)) end
    assert.equal(2, #lines)
    assert.same({ "done", "x" }, { lines[1].status, lines[1].note })
    assert.same({ "pending", "é\n" }, { lines[2].status, lines[2].s })
  end)

  it("appears whole or not at all", function()
    written("a\n1\n")
    local before = support.get(folder .. "/results.csv")
    local ledger <close> = assert(native.open({ folder = folder }))
    assert(file.mkdirs(folder .. "/dir.csv/in the way"))
    for _, name in ipairs({ "dir.csv", "../results.csv" }) do
      local ok, err = ledger:results("csv", folder, name)
      assert.is_nil(ok)
      assert.equal("file", err.kind)
    end
    assert.equal(before, support.get(folder .. "/results.csv"))
    assert.is_nil(io.popen("ls -A " .. folder):read("a"):find("%.part"))
    support.raises({
      { "bad argument #1 to 'results' (invalid option 'xml')",
        function() ledger:results("xml", folder, "x") end },
    })
  end)
end)

describe("a place for results", function()
  local function check(name, text, format)
    if text then support.put(folder .. "/" .. name, text) end
    local ok, err = results.check_place(folder .. "/" .. name, format or "csv")
    return ok or err.code
  end

  it("is free, empty, or holds results of this program", function()
    assert.is_true(check("none.csv"))
    assert.is_true(check("empty.csv", ""))
    assert.is_true(check("ours.csv", "a,b," .. OWN .. "\n"))
    assert.is_true(check("named.csv", "status,output_image,dg_status,error_code,error,attempts\n"))
    assert.is_true(check("old.csv", "a,output_image,status,error_code,error,attempts,latency_ms\n"))
    assert.is_true(check("ours.jsonl", '{"a":"1","output_image":[],"attempts":0}\n', "jsonl"))
  end)

  it("is refused else, and the file stays", function()
    local texts = { "name,status\nx,y\n", "{}\n", "x", "x" .. OWN }
    for _, format in ipairs({ "csv", "jsonl" }) do
      for _, text in ipairs(texts) do
        assert.equal("not_results", check("foreign", text, format))
        assert.equal(text, support.get(folder .. "/foreign"))
      end
    end
    os.execute("mkdir '" .. folder .. "/dir'; mkfifo '" .. folder .. "/fifo'")
    assert.equal("not_results", check("dir"))
    assert.equal("not_results", check("fifo"))
    assert.is_string(check("a\\b.csv"))
  end)
end)

describe("diffgentor results", function()
  local said

  local function command(changes)
    said = ""
    sys.write = function(text)
      said = said .. text
      return true
    end
    local s = { command = "results", output_dir = stage.folder .. "/out", format = "csv" }
    for key, value in pairs(changes or {}) do s[key] = value end
    return results(s)
  end

  before_each(stage.set)
  after_each(stage.strike)

  local TEXT = "image,instruction\na.png,1\na.png,refuse!\na.png,lost!\n"

  it("writes at any time what the run has written at its end", function()
    stage.run(TEXT)
    local name = stage.folder .. "/out/results.csv"
    local before = support.get(name)
    os.remove(name)
    assert.equal(0, (command()))
    assert.equal(before, support.get(name))
    assert.equal("results: " .. name .. "\n", said)
  end)

  it("writes where it is told to, or where the run has, in either format", function()
    stage.run(TEXT, { output_csv = stage.folder .. "/r/mine.csv" })
    local before = support.get(stage.folder .. "/r/mine.csv")
    os.remove(stage.folder .. "/r/mine.csv")
    assert.equal(0, (command()))
    assert.equal(before, support.get(stage.folder .. "/r/mine.csv"))
    assert.equal(0, (command({ output = stage.folder .. "/x/y.csv" })))
    assert.equal(before, support.get(stage.folder .. "/x/y.csv"))
    assert.equal(0, (command({ format = "jsonl" })))
    local first = json.decode(support.get(stage.folder .. "/out/results.jsonl"):match("^[^\n]+"))
    assert.same({ "a.png", "done" }, { first.image, first.status })
  end)

  it("writes also while a run is going on, and disturbs nothing", function()
    local mine, seen = require("diffgentor.edit"):extend(), {}
    function mine:result(row) -- luacheck: ignore 212/self
      if row.position == 1 then
        assert.equal(0, (command({ output = stage.folder .. "/now.csv" })))
        seen = stage.column(stage.results(stage.folder .. "/now.csv"), "status")
      end
    end
    local code, list = stage.run("image,instruction\na.png,1\na.png,2\na.png,3\n",
      { max_global_workers = 1 }, mine)
    assert.equal(0, code)
    assert.same({ "done", "done", "done" }, stage.column(list, "status"))
    assert.equal(3, #seen)
    assert.truthy(seen[2] == "answered" or seen[2] == "sending", seen[2])
  end)

  it("overwrites nothing of anybody else, and needs a ledger", function()
    stage.run(TEXT)
    stage.put("other.csv", "a,b\n")
    local code, err = command({ output = stage.folder .. "/other.csv" })
    assert.same({ nil, "not_results" }, { code, err.code })
    code, err = command({ output_dir = stage.folder .. "/nowhere" })
    assert.same({ nil, "missing" }, { code, err.code })
    assert.is_nil(file.kind(stage.folder .. "/nowhere"))
    assert.equal("", said)
  end)

  it("tells what was paid, and what may have been", function()
    local _, list = stage.run(TEXT)
    assert.same({ "0", "0", "2" }, stage.column(list, "possibly_billed"))
    assert.same({ "0.04551", "", "" }, stage.column(list, "cost_usd"))
    assert.same({ "1", "1", "2" }, stage.column(list, "attempts"))
    local code, err = stage.run(TEXT:gsub("lost", "good"), { prices = {} })
    assert.equal(1, code, err)
    assert.same({ "0", "0", "2" }, stage.column(err, "possibly_billed"))
    assert.same({ "0.04551", "", "" }, stage.column(err, "cost_usd"))
  end)

  it("may be the input of another run", function()
    stage.run(TEXT)
    local _, list = stage.run(nil, { input = stage.folder .. "/out/results.csv",
      output_dir = stage.folder .. "/second", image_folder = nil })
    assert.equal(3, #list)
    local reader = assert(csv.open(stage.folder .. "/second/results.csv"))
    assert.equal("image,instruction," .. OWN .. "," .. OWN:gsub("(%w[%w_]*)", "dg_%1"),
      table.concat(reader:next(), ","))
    reader:close()
  end)
end)
