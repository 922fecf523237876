-- SPDX-License-Identifier: MIT
--
-- `diffgentor status`: every word of it, of ledgers that real runs have made.

local edit = require("diffgentor.edit")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local native = require("diffgentor.native.ledger")
local output = require("diffgentor.output")
local stage = require("edit_stage")
local status = require("diffgentor.status")
local sys = require("diffgentor.sys")

local shown

-- What it prints: the exit code, then the texts of its looks.
local function look(changes)
  shown = {}
  sys.write = function(text)
    shown[#shown + 1] = text
    return true
  end
  local s = { output_dir = stage.folder .. "/out", json = false, watch = false }
  for key, value in pairs(changes or {}) do s[key] = value end
  return status(s)
end

before_each(stage.set)
after_each(stage.strike)

local TEXT = "image,instruction\na.png,1\na.png,refuse!\na.png,lost!\na.png,4\na.png,5\n"

local function run_all()
  local mine = edit:extend()
  mine.columns = {}
  function mine:result(row) -- luacheck: ignore 212/self
    if row.position == 3 then error("boom", 0) end
  end
  assert.equal(1, (stage.run(TEXT, stage.filtered("0:4"), mine)))
end

-- Without what changes from run to run.
local function steady(text)
  return (text:gsub("127%.0%.0%.1:%d+", "HOST"):gsub("[%d.]+ answers/s", "N answers/s")
    :gsub("[%d.]+ s", "N s"):gsub(" +N s", " N s"))
end

describe("the status of a finished run", function()
  it("is states, rates, money, endpoints and errors", function()
    run_all()
    assert.equal(0, (look()))
    assert.equal(1, #shown)
    local lines = {}
    for line in steady(shown[1]):gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.same({
      "run 1 ended with exit code 1",
      "  done               1",
      "  failed             2",
      "  answered           1",
      "  pending            0",
      "  skipped            1",
      "N answers/s",
      "attempts 5, possibly billed without an answer 2",
      "tokens 662 in, 2112 out; cost 0.09102 USD",
      "attempts       ok   failed       p50       p90       p99  endpoint",
    }, { table.unpack(lines, 1, 10) })
    local rest = table.concat(lines, "\n", 11)
    assert.truthy(rest:find("       2        2        0 N s N s N s  http://HOST/v1", 1, true),
      rest)
    assert.truthy(rest:find("errors:\n", 1, true), rest)
    assert.truthy(rest:find("       2 reset  http://HOST/v1", 1, true), rest)
    assert.truthy(rest:find("       1 moderation_blocked  http://HOST/v1", 1, true), rest)
  end)

  it("is one JSON object with --json", function()
    run_all()
    assert.equal(0, (look({ json = true })))
    local f = assert(json.decode(shown[1]))
    assert.same({ done = 1, failed = 2, answered = 1, running = 0, sending = 0, pending = 0,
      skipped = 1 }, f.rows)
    assert.same({ 5, false, 1, 1, 5, 2 }, { f.total, f.running, f.run, f.run_code, f.attempts,
      f.possibly_billed })
    assert.same({ input = 662, output = 2112, total = 2774 }, f.tokens)
    assert.equal(91020000, math.floor(f.cost_usd * 1e9 + 0.5))
    assert.equal(file.absolute(stage.folder .. "/d.csv"), f.input)
    assert.same({ 3, 2 }, { #f.endpoints, #f.errors })
    assert.truthy(f.run_ended >= f.run_started and f.run_started > 1.6e9)
    assert.is_nil(f.eta)
  end)

  it("never shows a key", function()
    run_all()
    for _, as_json in ipairs({ false, true }) do
      look({ json = as_json })
      assert.is_nil(shown[1]:find("sk-edit", 1, true))
    end
  end)

  it("says that a cost is unknown", function()
    stage.run("image,instruction\na.png,1\n", { prices = {} })
    look()
    assert.truthy(shown[1]:find("cost unknown\n", 1, true), shown[1])
    look({ json = true })
    local f = json.decode(shown[1])
    assert.same({ json.null, 1 }, { f.cost_usd, f.unpriced_answers })
    stage.run("image,instruction\na.png,1\na.png,2\n")
    look()
    assert.truthy(shown[1]:find("cost 0.0455%d* USD and 1 answer of unknown cost\n"), shown[1])
  end)

  it("is fine without any attempt", function()
    stage.run("image,instruction\n")
    assert.equal(0, (look()))
    shown[1] = shown[1]:gsub("pool .*$", "")
    assert.equal("run 1 ended with exit code 0\n  done               0\n  pending            0\n"
      .. "attempts 0, possibly billed without an answer 0\ntokens 0 in, 0 out; cost unknown\n",
      shown[1])
    look({ json = true })
    assert.truthy(shown[1]:find('"endpoints":[]', 1, true))
    assert.truthy(shown[1]:find('"pool":[', 1, true))
  end)
end)

describe("the pool in the status", function()
  local NOTED = json.encode({ {
    label = "http://a/v1", sent = 3, succeeded = 2, failed = 1, in_flight = 0, keys = 2,
    keys_alive = 1, weight = 1, health = 0.5, standing = "reduced", until_ = 0,
    quota = { requests = 60, images = 0, tokens = 0 },
    used = { requests = 3, images = 0, tokens = 0 },
    key_list = { { out = true, status = 401, code = "invalid_api_key", parked = 0, tail = "" },
      { out = false, status = 0, code = "", parked = 0, tail = "wxyz" } },
  } })

  local function note()
    stage.run("image,instruction\na.png,1\n")
    local ledger <close> = assert(native.open({ folder = stage.folder .. "/out",
      shared = native.share() }))
    assert(ledger:set("pool", NOTED))
    assert(ledger:commit())
  end

  it("is what was noted last", function()
    note()
    look()
    assert.truthy(shown[1]:find("\npool when the run ended:\n  sent   share", 1, true), shown[1])
    assert.truthy(shown[1]:find("3/60     50%   1/2  reduced   http://a/v1\n", 1, true), shown[1])
    assert.truthy(shown[1]:find("key 1 of http://a/v1 is out: 401 invalid_api_key\n", 1, true))
    local held = assert(output.open(stage.folder .. "/out"))
    assert(held:lock())
    look()
    held:close()
    assert.truthy(shown[1]:find("\npool now:\n", 1, true), shown[1])
  end)

  it("is in the JSON, with shares", function()
    note()
    look({ json = true })
    local e = json.decode(shown[1]).pool[1]
    assert.same({ 1, 1, 3, "wxyz" }, { e.share, e.weight_share, e.used.requests,
      e.key_list[2].tail })
  end)
end)

describe("the status of a run that goes on", function()
  it("says so, and watching ends when nobody holds the folder any more", function()
    stage.run("image,instruction\na.png,1\n")
    local held = assert(output.open(stage.folder .. "/out"))
    assert(held:lock())
    look()
    assert.truthy(shown[1]:find("^run 1 is going on\n"), shown[1])
    look({ json = true })
    assert.is_true(json.decode(shown[1]).running)
    held:close()
    assert.equal(0, (look({ watch = true })))
    assert.equal(1, #shown)
    assert.truthy(shown[1]:find("^run 1 ended with exit code 0\n"))
  end)

  it("is shown again and again until a request to stop", function()
    stage.run("image,instruction\na.png,1\n")
    local task = require("diffgentor.task")
    local sleep, sleeps = task.sleep, 0
    local held = assert(output.open(stage.folder .. "/out"))
    assert(held:lock())
    task.sleep = function()
      sleeps = sleeps + 1
      if sleeps == 2 then held:close() end
      return true
    end
    local code = look({ watch = true })
    task.sleep = sleep
    assert.same({ 0, 3, 2 }, { code, #shown, sleeps })
  end)

  it("calls a run cut off that nobody has ended", function()
    stage.run("image,instruction\na.png,1\n")
    local ledger = assert(native.open({ folder = stage.folder .. "/out", shared = native.share() }))
    assert(ledger:run("{}"))
    ledger:close()
    look()
    assert.truthy(shown[1]:find("^run 2 was cut off\n"), shown[1])
  end)
end)

describe("status", function()
  it("needs a ledger, and somebody who reads", function()
    local code, err = look({ output_dir = stage.folder })
    assert.same({ nil, "missing" }, { code, err.code })
    stage.run("image,instruction\na.png,1\n")
    sys.write = function() return nil, require("diffgentor.error").new("file", "write", "gone") end
    code, err = status({ output_dir = stage.folder .. "/out" })
    assert.same({ nil, "gone" }, { code, err.message })
  end)
end)
