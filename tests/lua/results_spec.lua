-- SPDX-License-Identifier: MIT

local csv = require("diffgentor.csv")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local log = require("diffgentor.log")
local previous = require("diffgentor.previous")
local records = require("diffgentor.records")
local results = require("diffgentor.results")
local rows = require("diffgentor.rows")
local support = require("support")
local sys = require("diffgentor.sys")

local OWN = "output_image,status,error_code,error,attempts,latency_ms,request_id,model,"
  .. "input_tokens,output_tokens,total_tokens"

local folder

-- Opens input `text` and results; `more` are further options of results.open.
local function open(text, more, name)
  local input = support.put(folder .. "/" .. (name or "d.csv"), text)
  local options = {
    source = assert(rows.open({ input = input })), path = folder .. "/results.csv",
    folder = folder, temporary = folder,
  }
  for key, value in pairs(more or {}) do options[key] = value end
  local r = assert(results.open(options))
  assert(r:begin())
  return r, options.source
end

-- Every row through `put`, which gives a record or nil.
local function fill(r, source, put)
  for row in source:each() do
    local before = r:before(row)
    local record = put and put(row, before)
    if record == "keep" then
      assert(r:keep(row, before))
    elseif record then
      assert(r:put(row, record))
    end
  end
  local counts = assert(r:write())
  r:close()
  return counts
end

local real_info, real_warn = log.info, log.warn
before_each(function()
  log.info = function() end
  log.warn = log.info
end)
after_each(function() log.info, log.warn = real_info, real_warn end)

local function lines() return support.get(folder .. "/results.csv") end

local function done(file_name)
  return { status = "done", files = { file_name }, model = "m", outcome = {
    attempts = 1, latency = 0.25, request_id = "req_1" } }
end

describe("records", function()
  before_each(function() folder = support.folder() end)
  after_each(support.sweep)

  it("are found by number, in whatever order they came", function()
    local store = assert(records.open(folder, "r"))
    local big = ("x"):rep(100000)
    assert(store:put(5, { "five", "" }))
    assert(store:put(0, { "", "a\0b", big }))
    assert(store:put(70000, { "far" }))
    assert.same({ "five", "" }, store:get(5))
    assert.same({ "", "a\0b", big }, store:get(0))
    assert(store:put(5, { "again" }))
    assert.same({ "again" }, store:get(5))
    assert.same({ "far" }, store:get(70000))
    assert.is_nil(store:get(1))
    assert.is_nil(store:get(70001))
    store:discard()
    assert.equal("", io.popen("ls -A " .. folder):read("a"))
  end)

  it("outlive a program that does not close them, but for a write cut off", function()
    local name = folder .. "/journal"
    local store = assert(records.open(folder, "r"))
    assert(store:put(3, { "old" }))
    assert(store:publish(name))
    assert(store:put(4, { "new", ("x"):rep(5000) }))
    local bytes = support.get(name)
    for _, cut in ipairs({ 0, 1, 4000, 5010 }) do
      support.put(folder .. "/cut", bytes:sub(1, #bytes - cut))
      local seen = {}
      local again = assert(records.open(folder, "r"))
      assert(again:fold(folder .. "/cut", function(cells) seen[#seen + 1] = cells[1] end))
      assert.same(cut == 0 and { "old", "new" } or { "old" }, seen)
      again:close()
      local look = assert(records.look(folder .. "/cut"))
      assert.same({ "old" }, look:get(3))
      assert.equal(cut == 0, look:get(4) ~= nil)
      look:close()
    end
    assert.same({ false, true }, { select(2, store:get(3)), select(2, store:get(4)) })
    store:close()
    assert.equal(bytes, support.get(name))
  end)

  it("that cannot be written are told, and not lost while the program lives", function()
    if file.kind("/dev/full") ~= "other" then return end
    local store = assert(records.open(folder, "r"))
    assert(store:publish(folder .. "/journal"))
    local real = store.data.handle
    store.data.handle = assert(io.open("/dev/full", "w"))
    local ok, err = store:put(0, { "paid" })
    assert.is_nil(ok)
    assert.truthy(err.message:find("cannot write", 1, true))
    store.data.handle:close()
    store.data.handle = real
    assert.same({ "paid" }, store:get(0))
    assert(store:settle())
    assert.same({}, store.unwritten)
    assert.same({ "paid" }, store:get(0))
    store:discard()
  end)
end)

describe("results", function()
  before_each(function() folder = support.folder() end)
  after_each(support.sweep)

  it("has every row in the input's order, its columns first", function()
    local r, source = open('b,"a, c"\nx,"1\n2"\ny,\nz, 3 \nw,4\n', {
      filter = function(position) return position ~= 3 end,
    })
    local list = {}
    for row in source:each() do list[#list + 1] = row end
    local err = errors.new("api", "moderation_blocked", "no")
    assert(r:put(list[3], { status = "failed", error = err, message = "no (HTTP 400)", model = "m",
      outcome = { attempts = 3, latency = 1.2346, request_id = "req_9" } }))
    assert(r:put(list[1], { status = "done", files = { "1_00.png", "1_01.png" }, model = "m",
      outcome = { attempts = 1, latency = 0.25, request_id = "req_1" },
      reply = { usage = { input_tokens = 1, output_tokens = 2, total_tokens = 3 }, model = "m-2" },
    }))
    assert.same({ done = 1, failed = 1, skipped = 1, pending = 1 }, (r:write()))
    assert.equal('b,"a, c",' .. OWN .. '\nx,"1\n2",1_00.png|1_01.png,done,,,1,250,req_1,m-2,1,2,3\n'
      .. "y,,,pending,,,0,,,,,,\n"
      .. 'z," 3 ",,failed,moderation_blocked,no (HTTP 400),3,1235,req_9,m,,,\n'
      .. "w,4,,skipped,,,0,,,,,,\n", lines())
    r:close()
    assert.equal("d.csv\nresults.csv\n", io.popen("ls -A " .. folder):read("a"))
  end)

  it("leaves columns of its names their cells, and takes others", function()
    local r, source = open("status,image,dg_error,error\nmine,a,b,c\n")
    local counts = fill(r, source, function(row)
      row.note = "n"
      row.image = "changed"
      row.model = "hook's"
      return done("a.png")
    end)
    assert.equal(1, counts.done)
    assert.equal("status,image,dg_error,error,output_image,dg_status,error_code,dg_dg_error,"
      .. "attempts,latency_ms,request_id,model,input_tokens,output_tokens,total_tokens,note,"
      .. "dg_image,dg_model\nmine,a,b,c,a.png,done,,,1,250,req_1,m,,,,n,changed,hook's\n", lines())
  end)

  it("makes what came from a server harmless, and nothing else", function()
    sys.secret("sk-canary-results")
    local r, source = open("image,instruction\n=1+1,@x\n")
    fill(r, source, function(row)
      row.a, row.b, row.c = "=HYPERLINK(1)", "-0.5", "+x"
      return { status = "failed", model = "-m", error = errors.new("api", "@code", "x"),
        message = "=cmd|' \27[2J key sk-canary-results\nnext", reply = { usage = {} },
        outcome = { attempts = 1, latency = 0, request_id = "+req" } }
    end)
    local reader = assert(csv.open(folder .. "/results.csv"))
    reader:next()
    local cells = reader:next()
    assert.same({ "=1+1", "@x", "", "failed", "'@code" }, { table.unpack(cells, 1, 5) })
    assert.equal("'=cmd|' \\x1b[2J key ", cells[6]:sub(1, 20))
    assert.is_nil(cells[6]:find("canary-results", 1, true))
    assert.is_nil(cells[6]:find("\n", 1, true))
    assert.same({ "'+req", "'-m" }, { cells[9], cells[10] })
    local extra = { table.unpack(cells, 14) }
    table.sort(extra)
    assert.same({ "'+x", "'=HYPERLINK(1)", "-0.5" }, extra)
  end)

  it("pads short rows and cuts long ones", function()
    local r, source = open("a,b\n1\n1,2,3\n")
    fill(r, source)
    assert.equal("a,b," .. OWN .. "\n1,,,pending,,,0,,,,,,\n1,2,,pending,,,0,,,,,,\n", lines())
  end)

  it("has the columns of all JSON Lines, also of those not read", function()
    for _, stop in ipairs({ 1, 3 }) do
      local r, source = open('{"a":1}\n{"b":[2]}\n{"a":"x","c":null}\n', nil, "d.jsonl")
      for _ = 1, stop do r:before(source:next()) end
      r:write()
      r:close()
      assert.equal("a,b,c," .. OWN .. "\n1,,,,pending,,,0,,,,,,\n,[2],,,pending,,,0,,,,,,\n"
        .. "x,,,,pending,,,0,,,,,,\n", lines())
    end
  end)

  it("does not call done what was changed meanwhile", function()
    local warned = {}
    log.warn = function(text) warned[#warned + 1] = text end
    local r, source = open("a\n1\n2\n3\n")
    for row in source:each() do assert(r:put(row, done(row.a .. ".png"))) end
    support.put(folder .. "/d.csv", "a\n1\nchanged\n")
    local counts = assert(r:write())
    r:close()
    assert.same({ 1, 1 }, { counts.done, counts.pending })
    assert.equal(folder .. "/results.csv.outcomes", r:left())
    assert.same({
      "the input has 2 rows now and had 3: it was changed during the run",
      "the input was changed during the run: 1 rows are not what was sent and are called pending",
    }, warned)
  end)

  it("writes what it can of an input that breaks, and keeps the rest", function()
    local r, source = open("a\n1\n2\n3\n")
    for row in source:each() do assert(r:put(row, done(row.a .. ".png"))) end
    support.put(folder .. "/d.csv", 'a\n1\n"2"x\n3\n')
    local counts, err = r:write()
    r:close()
    assert.equal(1, counts.done)
    assert.equal("quote", err.code)
    assert.equal("a," .. OWN .. "\n1,1.png,done,,,1,250,req_1,m,,,\n", lines())
    assert.equal("file", file.kind(folder .. "/results.csv.outcomes"))
    r, source = open("a\n1\n2\n3\n")
    fill(r, source)
    assert.truthy(lines():find("\n3,3.png,done,", 1, true))
    assert.is_nil(file.kind(folder .. "/results.csv.outcomes"))
  end)

  it("takes a fault behind all that was sent for nothing new", function()
    local r, source = open("a\n1\n2\n")
    assert(r:put(source:next(), done("1.png")))
    support.put(folder .. "/d.csv", 'a\n1\n"2"x\n')
    local counts, err = r:write()
    r:close()
    assert.is_nil(err)
    assert.equal(1, counts.done)
    assert.equal("file", file.kind(folder .. "/results.csv.outcomes"))
  end)

  it("is written of an input that has vanished meanwhile", function()
    for _, name in ipairs({ "d.csv", "d.jsonl" }) do
      local text = name == "d.csv" and "a\n1\n2\n" or '{"a":1}\n{"a":2}\n'
      local r, source = open(text, nil, name)
      assert(r:put(source:next(), done("1.png")))
      os.remove(folder .. "/" .. name)
      local counts = assert(r:write())
      r:close()
      assert.same({ 1, 1 }, { counts.done, counts.pending })
      os.remove(folder .. "/results.csv")
    end
  end)

  it("keeps the outcomes if it cannot be written", function()
    local r, source = open("a\n1\n2\n")
    assert(r:put(source:next(), done("1.png")))
    assert(file.mkdirs(folder .. "/results.csv/in the way"))
    local counts, err = r:write()
    assert.is_nil(counts)
    assert.equal("file", err.kind)
    r:close()
    os.execute("rm -r '" .. folder .. "/results.csv'")
    r, source = open("a\n1\n2\n")
    assert.equal("1.png", r:before(source:next()).cells[1])
    assert.equal(1, (assert(r:write())).done)
    r:close()
  end)

  it("says nothing of a request that was not sent", function()
    local r, source = open("a\n1\n")
    fill(r, source, function()
      return { status = "failed", model = "m", error = errors.new("api", "c", "x"), message = "x",
        outcome = { attempts = 0, latency = 1, request_id = "" } }
    end)
    assert.equal("a," .. OWN .. "\n1,,failed,c,x,0,,,,,,\n", lines())
  end)

  it("does not overwrite a file of somebody else", function()
    local name = support.put(folder .. "/results.csv", "name,status\nx,y\n")
    local input = support.put(folder .. "/d.csv", "a\n1\n")
    local none, err = results.open({ source = assert(rows.open({ input = input })), path = name,
      folder = folder, temporary = folder })
    assert.is_nil(none)
    assert.same({ "config", "not_results" }, { err.kind, err.code })
    assert.equal("name,status\nx,y\n", lines())
    os.execute("rm '" .. name .. "' && mkdir '" .. name .. "'")
    none, err = results.open({ source = assert(rows.open({ input = input })), path = name,
      folder = folder, temporary = folder })
    assert.is_nil(none)
    assert.equal("not_results", err.code)
  end)

  it("says what is wrong with its place", function()
    support.put(folder .. "/file", "x")
    for _, name in ipairs({ "/file/results.csv", "/a\\b.csv" }) do
      local input = support.put(folder .. "/d.csv", "a\n1\n")
      local none, err = results.open({ source = assert(rows.open({ input = input })),
        path = folder .. name, folder = folder, temporary = folder })
      assert.is_nil(none)
      assert.truthy(err.kind == "file" or err.kind == "config")
    end
  end)
end)

describe("an earlier results.csv", function()
  before_each(function()
    folder = support.folder()
    for _, name in ipairs({ "1.png", "2.png", "3_00.png", "3_01.png", "x|y.png" }) do
      support.put(folder .. "/" .. name, support.png)
    end
  end)
  after_each(support.sweep)

  local TEXT = "a,b\n1,x\n2,x\n3,x\n4,x\n5,x\n"

  local function first()
    local r, source = open(TEXT)
    fill(r, source, function(row)
      if row.a == "4" then return nil end
      if row.a == "5" then
        return { status = "failed", error = errors.new("api", "c", "m"), message = "m" }
      end
      row.note = "n" .. row.a
      local record = done(row.a .. ".png")
      if row.a == "3" then record.files = { "3_00.png", "3_01.png" } end
      return record
    end)
    return lines()
  end

  local function states(text, more)
    local r, source = open(text or TEXT, more)
    local list = {}
    for row in source:each() do
      local before = r:before(row)
      list[#list + 1] = before and before.status .. (before.whole and "!" or "") or "-"
    end
    r:close()
    return table.concat(list, " ")
  end

  it("tells what is done and whole", function()
    first()
    assert.equal("done! done! done! - failed", (states()))
    os.remove(folder .. "/1.png")
    support.put(folder .. "/2.png", "")
    support.put(folder .. "/3_01.png", "rotten")
    assert.equal("done done done - failed", (states()))
  end)

  it("is not believed about rows that have changed", function()
    first()
    local results_text = lines()
    for _, case in ipairs({
      { "done! - done! - failed", "a,b\n1,x\n2,y\n3,x\n4,x\n5,x\n" },
      { "- - - - -", "a,b,c\n1,x,\n2,x,\n3,x,\n4,x,\n5,x,\n" },
      { "- - - - -", "a\n1\n2\n3\n4\n5\n" },
      { "done! - -", "a,b\n1,x\n3,x\n2,x\n" },
      { "done! done! done! - failed", "b,a\nx,1\nx,2\nx,3\nx,4\nx,5\n" },
      { "done! done! done! - failed -", TEXT .. "6,x\n" },
    }) do
      assert.equal(case[1], states(case[2]))
      assert.equal(results_text, lines())
      os.remove(folder .. "/results.csv.outcomes")
    end
  end)

  it("is laid beside the whole input before anything is sent", function()
    first()
    local found
    local function check(all)
      found = all
      return true
    end
    open("a,b\n0,x\n1,x\n2,x\n", { check = check }):close()
    assert.same({ finished = 3, changed = 3, models = {} }, found)
    open("a,b\n1,x\n2,z\n3,x\n4,x\n5,z\n", { check = check }):close()
    assert.same({ finished = 3, changed = 1, models = { m = 2 } }, found)
  end)

  it("keeps what is not looked at again", function()
    local before = first()
    local r, source = open(TEXT)
    r:before(source:next())
    local counts = assert(r:write())
    r:close()
    assert.same({ 3, 1, 1 }, { counts.done, counts.failed, counts.pending })
    assert.equal(before, lines())
    assert.is_nil(file.kind(folder .. "/results.csv.outcomes"))
  end)

  it("is an error if it cannot be read to its end", function()
    first()
    support.put(folder .. "/results.csv", lines() .. "6,\xff,,done,,,1,,,,,,,\n")
    local input = support.put(folder .. "/d.csv", TEXT)
    local none, err = results.open({ source = assert(rows.open({ input = input })),
      path = folder .. "/results.csv", folder = folder, temporary = folder })
    assert.is_nil(none)
    assert.truthy(err.message:find("results.csv:7:", 1, true), err.message)
    assert.truthy(err.message:find("repair the file, or move it away", 1, true))
    assert.is_nil(io.popen("ls -A " .. folder):read("a"):find("%.part"))
  end)

  it("stays, byte for byte, where its rows are kept", function()
    local before = first()
    local r, source = open(TEXT)
    fill(r, source, function(_, old) return old and "keep" or nil end)
    assert.equal(before, lines())
  end)

  it("may be the input of the next run", function()
    local text = first()
    local r, source = open(text, { path = folder .. "/second.csv" }, "results.csv")
    fill(r, source, function() return done("1.png") end)
    local second = support.get(folder .. "/second.csv")
    assert.equal(text:match("^[^\n]*") .. "," .. OWN:gsub("(%w[%w_]*)", "dg_%1"),
      second:match("^[^\n]*"))
    local again = assert(previous.open(folder .. "/second.csv"))
    assert.equal(#OWN:gsub("[^,]", "") + 5, again.own)
    again:close()
  end)

  it("may have names with bars in them", function()
    local r, source = open("a\n1\n")
    fill(r, source, function() return done("x|y.png") end)
    assert.equal("done!", (states("a\n1\n")))
    assert.equal("file", file.kind(folder .. "/x|y.png"))
  end)
end)
