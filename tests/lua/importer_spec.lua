-- SPDX-License-Identifier: MIT
--
-- The importer, stepped by hand and over a line: what it takes up, what it says,
-- what it refuses.  Whole runs on top of each other are edit_resume_spec.lua's.

local edit = require("diffgentor.edit")
local file = require("diffgentor.file")
local import_link = require("diffgentor.import_link")
local importer = require("diffgentor.importer")
local json = require("diffgentor.json")
local native = require("diffgentor.native.ledger")
local peer = require("diffgentor.peer")
local prepare = require("diffgentor.prepare")
local stage = require("edit_stage")
local support = require("support")
local sys = require("diffgentor.sys")

before_each(stage.set)
after_each(stage.strike)

local TEXT = "image,instruction\na.png,1\na.png,2\na.png,3\n"
local CHANGED = "warn: 1 of 3 finished rows have changed or are gone since the earlier run; those "
  .. "still in the input are sent again"

local function prepared(text, changes, workflow)
  stage.put("d.csv", text)
  return assert(prepare(workflow or edit, stage.settings(changes)))
end

-- Takes up all of `text`; its sums and what was said, or nil and the error.
local function import(text, changes, workflow)
  local told = {}
  local run <close> = prepared(text, changes, workflow)
  local im = importer.new(run, function(level, line) told[#told + 1] = level .. ": " .. line end)
  local number, err = im:open()
  local got = number and "more"
  while got == "more" do got, err = im:step() end
  local sums = got == "end" and im:sums() or nil
  im:close()
  return sums, err or told, told
end

-- Marks rows as done, with pictures of three bytes, or as something else.
local function mark(states)
  local shared = assert(native.share())
  shared:open_all()
  local ledger = assert(native.open({ folder = stage.folder .. "/out", shared = shared }))
  ledger:join(50)
  ledger:claim(100)
  for position, state in pairs(states) do
    local name = ("%06d.png"):format(position)
    if state == "done" then stage.put("out/" .. name, "abc") end
    ledger:ended({ position = position, state = state,
      outputs = state == "done" and { { name = name, size = 3 } } or nil })
  end
  ledger:close()
end

local ALL = { [0] = "done", "done", "done" }

describe("the import", function()
  it("takes up new rows as pending", function()
    local sums, told = import(TEXT)
    assert.same({ rows = 3, fresh = 3, pending = 3, finished = 0, changed = 0, lost = 0, reused = 0,
      skipped = 0, failed = 0, kept = 0, written = 3, apart = 0 }, sums)
    assert.same({}, told)
    assert.same({ "3", "csv", stage.folder .. "/d.csv" }, stage.ledger(function(ledger)
      return { ledger:get("total"), ledger:get("format"), ledger:get("label") }
    end))
  end)

  -- What the rows were, the input and settings now: sums that differ from 0.
  local cases = {
    { "reuses done rows", ALL, TEXT, {}, { finished = 3, reused = 3 } },
    { "sends changed rows", ALL, TEXT:gsub(",2", ",two"), {},
      { finished = 3, reused = 2, changed = 1, pending = 1 } },
    { "takes up what is new below", ALL, TEXT .. "a.png,4\n", {},
      { finished = 3, reused = 3, fresh = 1, pending = 1 } },
    { "forgets rows that are no more", ALL, "image,instruction\na.png,1\n", { redo_changed = true },
      { finished = 1, reused = 1 } },
    { "redoes what is to be made anew", ALL, TEXT, { resume = false, overwrite = true },
      { finished = 3, pending = 3 } },
    { "leaves done rows outside the filter", ALL, TEXT, stage.filtered("1"),
      { finished = 3, reused = 1, skipped = 2 } },
    { "tries failed rows again", { [0] = "failed", "skipped", "pending" }, TEXT, {},
      { pending = 3 } },
    { "leaves failed rows if told to", { [0] = "failed", "skipped", "pending" }, TEXT,
      { retry_failed = false }, { pending = 2, failed = 1 } },
    { "takes no failed row of a filter that leaves it out", { [0] = "failed", "done", "skipped" },
      TEXT, stage.filtered("1:"), { pending = 1, finished = 1, reused = 1, skipped = 1 } },
    { "keeps answers", { [0] = "answered", "answered", "done" }, TEXT, {},
      { kept = 2, finished = 1, reused = 1 } },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      import(TEXT)
      mark(case[2])
      local sums = assert(import(case[3], case[4]))
      local expected = { rows = select(2, case[3]:gsub("\n", "")) - 1 }
      for name in pairs(sums) do
        if name == "written" or name == "apart" then sums[name] = nil end
        if sums[name] and name ~= "rows" then expected[name] = case[5][name] or 0 end
      end
      assert.same(expected, sums)
    end)
  end

  it("finds pictures that are missing or cut short", function()
    import(TEXT)
    mark(ALL)
    os.remove(stage.folder .. "/out/000000.png")
    stage.put("out/000001.png", "ab")
    stage.put("out/000002.png", "abcd")
    local sums, told = import(TEXT)
    assert.same({ 2, 1, 2 }, { sums.lost, sums.reused, sums.pending })
    assert.same({ "warn: the pictures of 2 finished rows are missing or shorter than they were; "
      .. "those rows are sent again" }, told)
  end)

  -- Whether `second` is read after imports of `first`, and something between.
  local function is_read(first, second, changes, between)
    import(first)
    mark(ALL)
    import(first)
    if between then between() end
    local run <close> = prepared(second, changes)
    local im = importer.new(run, function() end)
    assert(im:open())
    local known = im.known
    im:close()
    return not known
  end

  it("does not read again what the run before has taken up", function()
    assert.is_false(is_read(TEXT, TEXT))
    assert.is_false(is_read(TEXT, TEXT, { resume = false, overwrite = true }))
    assert.is_false(is_read(TEXT, TEXT, stage.filtered("1")))
  end)

  it("reads it again if anything is another now, or may be", function()
    assert.is_true(is_read(TEXT, TEXT .. "\n"))
    assert.is_true(is_read(TEXT, (TEXT:gsub("a.png,3", "b.png,3"))))
    assert.is_true(is_read(TEXT, TEXT, { mask_column = "image" })) -- pictures hang on more
    assert.is_true(is_read(TEXT, TEXT, nil, function() -- a run that broke off, or knew of no mark
      local shared = assert(native.share())
      local ledger <close> = assert(native.open({ folder = stage.folder .. "/out",
        shared = shared }))
      assert(ledger:run("{}"))
    end))
  end)

  it("reads again what it left as it was", function()
    import(TEXT)
    mark(ALL)
    local changed = TEXT:gsub(",1", ",one")
    local sums = assert(import(changed, stage.filtered("1:")))
    assert.same({ 1, 1 }, { sums.changed, sums.apart })
    sums = assert(import(changed))
    assert.same({ 1, 0, 1 }, { sums.changed, sums.apart, sums.pending })
  end)

  it("counts anew what was changed meanwhile", function()
    import(TEXT)
    mark(ALL)
    import(TEXT)
    local run <close> = prepared(TEXT)
    local im = importer.new(run, function() end)
    assert(im:open())
    assert.is_true(im.known)
    assert.equal(3, assert(im:finish()).done)
    mark({ [1] = "failed" })
    local counts = assert(im:finish())
    im:close()
    assert.same({ 2, 1 }, { counts.done, counts.failed })
  end)

  it("breaks off at a fault of the input, with the rows before it", function()
    local fifo = stage.folder .. "/fifo"
    os.execute(("mkfifo %s; (printf 'image,instruction\\na.png,1\\na.png,\"x\"y\\n' > %s) &")
      :format(fifo, fifo))
    local run <close> = assert(prepare(edit, stage.settings({ input = fifo })))
    local im = importer.new(run, function() end)
    assert(im:open())
    local got, err
    repeat got, err = im:step() until got ~= "more" and got ~= "wait"
    assert.is_nil(got)
    assert.same({ "input", "quote" }, { err.kind, err.code })
    assert.equal(1, im:sums().pending)
    im.broken = true
    assert.equal(1, assert(im:finish()).pending)
    assert.equal(1, #stage.results(stage.folder .. "/out/results.csv"))
    im:close()
  end)
end)

describe("the judgement before the import", function()
  -- Settings of the second run, text, error code, what was said.
  local cases = {
    { "goes on with the same input", {}, TEXT },
    { "tells of few changed rows", {}, TEXT:gsub(",2", ",two"), nil,
      { CHANGED } },
    { "refuses another input with changed rows", { other = true }, TEXT:gsub(",2", ",two"),
      "input_changed" },
    { "takes another input with the same rows", { other = true }, TEXT },
    { "takes another one with changed rows if told to", { other = true, redo_changed = true },
      TEXT:gsub(",2", ",two"), nil, { CHANGED } },
    { "refuses to start afresh", { resume = false }, TEXT, "would_overwrite" },
    { "starts afresh if told to", { resume = false, overwrite = true }, TEXT },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      import(TEXT)
      mark(ALL)
      local changes = case[2]
      if changes.other then changes.input = stage.put("other.csv", case[3]) end
      local sums, err, told = import(case[3], changes)
      if case[4] then
        assert.is_nil(sums)
        assert.same({ "config", case[4] }, { err.kind, err.code })
        assert.same(ALL, stage.ledger(function(ledger)
          local states = {}
          for k = 0, 2 do states[k] = ledger:find(k).state end
          return states
        end))
        local input = stage.ledger(function(ledger) return ledger:get("input") end)
        assert.truthy(input:find("/d%.csv$"))
      else
        assert.same(case[5] or {}, told)
      end
    end)
  end

  it("counts answers that are kept as well: they are paid for", function()
    import(TEXT)
    mark({ [0] = "answered", "answered", "answered" })
    local other = stage.put("other.csv", (TEXT:gsub(",2", ",two")))
    local sums, err = import(TEXT:gsub(",2", ",two"), { input = other })
    assert.is_nil(sums)
    assert.same({ "config", "input_changed" }, { err.kind, err.code })
  end)

  it("sweeps stray files, and no others", function()
    local run <close> = prepared(TEXT)
    stage.put("out/.diffgentor/000000.1.part", "stray")
    stage.put("out/.diffgentor/input.jsonl", "the copy of a pipe")
    stage.put("out/.diffgentor/note.txt", "mine")
    stage.put("out/000000.part", "mine")
    local im = importer.new(run, function() end)
    assert(im:open())
    im:close()
    assert.is_nil(file.kind(stage.folder .. "/out/.diffgentor/000000.1.part"))
    assert.is_nil(file.kind(stage.folder .. "/out/.diffgentor/input.jsonl"))
    assert.equal("file", file.kind(stage.folder .. "/out/.diffgentor/note.txt"))
    assert.equal("file", file.kind(stage.folder .. "/out/000000.part"))
  end)
end)

describe("the importer's line", function()
  local here, there, descriptor

  before_each(function()
    local a, b = os.getenv("DG_LINES"):match("(%d+) (%d+)")
    descriptor = math.tointeger(b)
    here, there = import_link.beside(math.tointeger(a)), peer.on(descriptor)
  end)
  after_each(function()
    while there:receive(0) do end -- luacheck: ignore 542
    while here.line:receive(0) do end -- luacheck: ignore 542
    here:close()
    there:close()
  end)

  local function tell(message) there:send(json.encode(message)) end

  it("brings the judgement, and what is said before", function()
    tell({ say = "warn", text = "one" })
    tell({ say = "info", text = "two" })
    tell({ go = 7 })
    assert.equal(7, here:open())
    assert.same({ "warn: one", "info: two" }, stage.said)
    tell({ refused = { kind = "config", code = "input_changed", message = "no" } })
    local run, err = here:open()
    assert.same({ nil, "config", "input_changed", "no" }, { run, err.kind, err.code, err.message })
  end)

  it("brings sums, faults and counts", function()
    tell({ sums = { rows = 3 } })
    assert.is_false(here:turn())
    assert.same({ rows = 3 }, here.sums)
    tell({ counts = { done = 2 } })
    assert.same({ done = 2 }, here:finish())
    assert.same({ finish = true }, json.decode(there:receive()))
    tell({ unwritten = { kind = "file", code = "full", message = "no room" } })
    local counts, err = here:finish()
    assert.same({ nil, "full" }, { counts, err.code })
    tell({ fault = { kind = "input", code = "quote", message = "a quote" } })
    here:turn()
    assert.same({ "input", "quote" }, { here.fault.kind, here.fault.code })
  end)

  it("heeds a request to stop before it begins, and a second one at its end", function()
    sys.stop_count = function() return 1 end
    sys.wake()
    local run, err = here:open()
    assert.same({ nil, "stopped" }, { run, err.kind })
    sys.stop_count = function() return 2 end
    local counts
    counts, err = here:finish()
    assert.same({ nil, "stopped", "aborted" }, { counts, err.kind, err.message })
  end)

  it("tells that the importer is gone", function()
    local alone = import_link.beside(math.tointeger(os.getenv("DG_LINES"):match("%d+$")))
    local run, err = alone:open()
    assert.same({ nil, "stopped", "importer" }, { run, err.kind, err.code })
    assert.is_false(alone:turn())
    assert.is_nil((alone:finish()))
    alone:close()
  end)

  it("ends the importer when the run is gone", function()
    local gone = math.tointeger(os.getenv("DG_LINES"):match("%d+$"))
    do
      local run <close> = prepared(TEXT)
      assert.equal(0, importer.serve(run, gone))
    end
    assert.equal(0, stage.ledger().done)
    assert.truthy(support.get(stage.folder .. "/d.csv") == TEXT)
  end)
end)
