-- SPDX-License-Identifier: MIT
--
-- diffgentor.native.ledger, as far as it can be reached without a request; what
-- requests note is held by the specs over edit_stage.lua.

local file = require("diffgentor.file")
local native = require("diffgentor.native.ledger")
local support = require("support")

local folder

before_each(function() folder = support.folder() end)
after_each(support.sweep)

local TEXT = "index,a\n7,x\nbad,y\n9,z\n"

local function new(text, more) return support.ledger(folder, text or TEXT, more) end

local function positions(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row.position end
  return list
end

describe("a ledger's claims", function()
  it("are rows in the input's order, each once", function()
    local ledger = new()
    local rows = assert(ledger:claim(2))
    assert.same({ position = 0, index = 7, line = 2, attempts = 0, state = "running",
      cells = { "7", "x" }, outputs = {} }, rows[1])
    assert.same({ 1, nil, 3 }, { rows[2].position, rows[2].index, rows[2].line })
    assert.same({ 2 }, positions(assert(ledger:claim(10))))
    assert.same({}, assert(ledger:claim(10)))
    assert.equal(3, ledger:counts().running)
    ledger:close()
  end)

  it("are plenty or not", function()
    local ledger = new()
    assert.same({ true, true, false }, { ledger:plenty(0), ledger:plenty(3), ledger:plenty(4) })
    ledger:claim(2)
    assert.same({ true, false }, { ledger:plenty(1), ledger:plenty(2) })
    ledger:close()
  end)

  it("are free again when their owner is dead, and only then", function()
    local ledger, shared = new()
    local other = assert(native.open({ folder = folder, shared = shared, owner = 2 }))
    assert.same({ 0 }, positions(ledger:claim(1)))
    assert.same({ 1 }, positions(other:claim(1)))
    assert.equal(0, ledger:release(2))
    assert.same({ 1, 2 }, positions(ledger:claim(9)))
    assert.equal(0, ledger:release())
    assert.same({ 0, 1, 2 }, positions(other:claim(9)))
    other:close()
    ledger:close()
  end)

  it("come only as far as the import is", function()
    local shared = assert(native.share())
    assert.same({ 0, false }, { shared:imported() })
    new():close()
    local ledger = assert(native.open({ folder = folder, shared = shared }))
    assert.same({}, ledger:claim(9))
    shared:open_all()
    assert.same({ math.maxinteger, true }, { shared:imported() })
    assert.equal(3, #ledger:claim(9))
    ledger:close()
  end)

  it("find kept answers alone, where only those are wanted", function()
    local ledger, shared = new()
    ledger:close()
    ledger = assert(native.open({ folder = folder, shared = shared, kept_only = true }))
    assert.same({}, ledger:claim(9))
    ledger:close()
  end)
end)

describe("a row's end", function()
  it("is noted, and committed with the group", function()
    local ledger = new()
    local reader = assert(native.open({ folder = folder }))
    ledger:claim(3)
    ledger:ended({ position = 0, state = "done", outputs = { { name = "a.png", size = 5 },
      { name = "b|c.png", size = 0 } } })
    assert.truthy(ledger:noted() > 0)
    assert.equal(0, reader:counts().done)
    assert.is_true(ledger:commit())
    assert.equal(0, ledger:noted())
    assert.equal(1, reader:counts().done)
    local row = reader:find(0)
    assert.same({ "done", { { name = "a.png", size = 5 }, { name = "b|c.png", size = 0 } } },
      { row.state, row.outputs })
    assert.is_nil(reader:find(3))
    assert.is_nil(reader:find(-1))
    reader:close()
    ledger:close()
  end)

  it("is committed by the closing too", function()
    local ledger = new()
    ledger:claim(3)
    ledger:ended({ position = 2, state = "failed", error_code = "c", error = "m" })
    ledger:close()
    ledger:close()
    local reader <close> = assert(native.open({ folder = folder }))
    assert.equal(1, reader:counts().failed)
  end)

  for _, state in ipairs({ "done", "failed", "skipped", "pending", "answered" }) do
    it("may be " .. state, function()
      local ledger <close> = new()
      ledger:claim(1)
      ledger:ended({ position = 0, state = state, outputs = {}, extra = { { "n", "x" } } })
      assert.is_true(ledger:commit())
      assert.equal(state, ledger:find(0).state)
      assert.equal(state == "pending" and 3 or 1, ledger:counts()[state])
    end)
  end
end)

describe("a ledger", function()
  it("counts rows by state, and the sums of attempts", function()
    local ledger <close> = new()
    ledger:claim(2)
    ledger:ended({ position = 0, state = "skipped" })
    ledger:commit()
    assert.same({ pending = 1, running = 1, sending = 0, answered = 0, done = 0, failed = 0,
      skipped = 1, attempts = 0, possibly_billed = 0, cost = 0, dearest = 0, unpriced = 0,
      priced = 0, input_tokens = 0, output_tokens = 0, total_tokens = 0 }, ledger:counts())
  end)

  it("takes charges of attempts that it does not know without harm", function()
    local ledger <close> = new()
    ledger:charge({ attempt = 77, model = "m", input_tokens = 1, output_tokens = 2,
      total_tokens = 3, cost = 4 })
    ledger:charge({ attempt = 78 })
    assert.is_true(ledger:commit())
    assert.equal(0, ledger:counts().cost)
  end)

  it("keeps named texts, byte for byte", function()
    local ledger = new()
    assert.is_nil(ledger:get("none"))
    assert.is_true(ledger:set("input", "/a\0b"))
    assert.is_true(ledger:set("input", "/other\0x"))
    ledger:close()
    local reader <close> = assert(native.open({ folder = folder }))
    assert.equal("/other\0x", reader:get("input"))
    assert.equal("3", reader:get("total"))
  end)

  it("numbers the columns of the input, also those of JSON Lines as they come", function()
    local ledger = new()
    assert.same({ "index", "a" }, ledger:columns())
    ledger:close()
    folder = support.folder()
    ledger = new('{"b":1}\n{"c":"x","b":2}\n')
    assert.same({ "b", "c" }, ledger:columns())
    assert.same({ [1] = "2", [2] = "x" }, ledger:find(1).cells)
    ledger:close()
  end)

  it("numbers the runs, and tells the settings only of those that attempted something", function()
    local ledger <close> = new()
    assert.is_nil(ledger:settings())
    local first = assert(ledger:run('{"n":1}'))
    assert.equal(first + 1, assert(ledger:run('{"n":2}')))
    ledger:join(first)
    assert.is_true(ledger:run_over(first, 3))
    assert.is_nil(ledger:settings())
    assert.is_nil(ledger:settings(first))
    local view = assert(ledger:view(60))
    assert.equal(first + 1, view.run)
    assert.is_nil(view.run_code)
    assert.same({ {}, {}, 0, 0 }, { view.endpoints, view.codes, view.ended_lately,
      view.ended_in_run })
  end)

  it("needs no spooled file while no answer is kept", function()
    local ledger <close> = new()
    assert.same({}, ledger:spooled())
    assert.is_false(ledger:is_full())
    ledger:checkpoint()
  end)

  it("is read while it is written", function()
    local ledger <close> = new()
    local reader <close> = assert(native.open({ folder = folder }))
    assert.equal(3, reader:counts().pending)
    ledger:claim(1)
    assert.same({ 2, 1 }, { reader:counts().pending, reader:counts().running })
  end)

  it("works under an eager collector", function()
    local ledger <close> = new()
    support.stressed(function()
      ledger:release()
      for _, row in ipairs(ledger:claim(3)) do
        ledger:ended({ position = row.position, state = "pending",
          outputs = { { name = "a", size = 1 } }, extra = { { "k", "v" }, { "l", "w" } } })
      end
      assert(ledger:commit())
      assert.same({ "7", "x" }, ledger:find(0).cells)
      assert.same({ "index", "a" }, ledger:columns())
      assert(ledger:counts() and ledger:view(1) and ledger:spooled())
    end)
  end)
end)

describe("opening a ledger", function()
  it("fails with an error that says why", function()
    local function refused(fields, code)
      fields.folder = fields.folder or folder
      local ledger, err = native.open(fields)
      assert.is_nil(ledger)
      assert.same({ "file", code }, { err.kind, err.code }, err.message)
      assert.truthy(#err.message > 10)
    end
    refused({}, "missing")
    assert.is_nil(file.kind(folder .. "/ledger.sqlite3"))
    refused({ folder = folder .. "/none" }, "missing")
    support.put(folder .. "/ledger.sqlite3", ("no database at all"):rep(100))
    refused({}, "corrupt")
    refused({ shared = native.share() }, "corrupt")
    os.remove(folder .. "/ledger.sqlite3")
    new():close()
    local shell = "sqlite3 '%s/ledger.sqlite3' 'pragma user_version=999' 2>/dev/null"
    if os.execute(shell:format(folder)) then refused({}, "newer") end
  end)

  it("complains about every bad option", function()
    local function open(fields) return function() native.open(fields) end end
    local bad = "bad argument #1 to 'open' "
    support.raises({
      { bad .. "(table expected, got no value)", function() native.open() end },
      { bad .. "(option 'folder' is missing)", open({}) },
      { bad .. "(option 'folder': string expected, got 1)", open({ folder = 1 }) },
      { bad .. "(option 'shared': shared object of ledger.share expected, got table)",
        open({ folder = "x", shared = {} }) },
      { bad .. "(option 'spool' is missing)", open({ folder = "x", reserve = 1 }) },
      { bad .. "(option 'durable': boolean expected, got 1)", open({ folder = "x", durable = 1 }) },
      { bad .. "(unknown option 'foldr'; did you mean 'folder'?)", open({ foldr = "x" }) },
    })
  end)
end)

describe("a ledger, badly used,", function()
  it("refuses bad arguments", function()
    local ledger <close> = new()
    local function ended(fields) return function() ledger:ended(fields) end end
    local bad = "bad argument #1 to 'ended' "
    support.raises({
      { "bad argument #1 to 'claim' (1 to 10000 expected)", function() ledger:claim(0) end },
      { "bad argument #1 to 'claim' (1 to 10000 expected)", function() ledger:claim(10001) end },
      { bad .. "(option 'position' is missing)", ended({ state = "done" }) },
      { bad .. "(option 'position': whole number expected, got 1.5)", ended({ position = 1.5 }) },
      { bad .. "(option 'state': 'done', 'failed', 'skipped', 'pending' or 'answered' expected, "
        .. "got 'sending')", ended({ position = 0, state = "sending" }) },
      { bad .. "(option 'outputs': list of files expected, got string)",
        ended({ position = 0, outputs = "a" }) },
      { bad .. "(option 'outputs': files with a name and a size expected)",
        ended({ position = 0, outputs = { { name = "a" } } }) },
      { bad .. "(option 'extra': pairs of texts expected)",
        ended({ position = 0, extra = { { "a" } } }) },
      { bad .. "(option 'error': string contains a zero byte)",
        ended({ position = 0, error = "a\0" }) },
      { "bad argument #1 to 'charge' (option 'cost': whole number expected, got 0.5)",
        function() ledger:charge({ attempt = 1, cost = 0.5 }) end },
    })
    assert.equal(0, ledger:noted())
  end)

  it("writes nothing where it is opened for reading", function()
    new():close()
    local reader <close> = assert(native.open({ folder = folder }))
    for _, case in ipairs({
      { reader.set, "a", "b" }, { reader.run, "{}" }, { reader.claim, 1 }, { reader.release },
    }) do
      local ok, err = case[1](reader, table.unpack(case, 2))
      assert.is_nil(ok)
      assert.equal("file", err.kind)
    end
    assert.equal(3, reader:counts().pending)
  end)

  it("stays open for an engine", function()
    local ledger = new()
    local engine = assert(require("diffgentor.engine").new({ ledger = ledger }))
    support.raises({ { "attempt to close a ledger before the engine that uses it",
      function() ledger:close() end } })
    assert.is_nil((engine:wait(0)))
    engine:close()
    engine:close()
    ledger:close()
  end)

  it("is open, as its reader is, as long as an import goes on", function()
    local ledger, shared = new()
    local source = assert(require("diffgentor.rows").open({ input = folder .. "/in.csv" }))
    local reader = source:rest()
    local function import()
      return assert(ledger:import({ reader = reader, shared = shared, columns = source.columns }))
    end
    local one, two = import(), import()
    reader:close()
    support.raises({
      { "attempt to use an import whose reader is closed", function() one:step() end },
      { "attempt to use an import whose reader is closed", function() one:compare() end },
    })
    one:close()
    ledger:close()
    support.raises({ { "attempt to use an import whose ledger is closed",
      function() two:step() end } })
    assert.equal(0, two:sums().rows)
    two:close()
  end)

  it("is closed once and for all", function()
    local ledger = new()
    ledger:close()
    for _, name in ipairs({ "get", "set", "columns", "run", "claim", "find", "ended", "charge",
      "commit", "noted", "is_full", "release", "spooled", "checkpoint", "counts", "import",
      "results", "view", "settings", "join", "run_over" }) do
      local ok, message = pcall(ledger[name], ledger, 1, 1)
      assert.is_false(ok, name)
      assert.truthy(message:find("attempt to use a closed ledger", 1, true), name)
    end
  end)
end)
