-- SPDX-License-Identifier: MIT
--
-- What test_torture.c runs: a little of every native module that holds
-- something.  Only running out of memory may raise here.

local csv = require("diffgentor.native.csv")
local engine = require("diffgentor.engine")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local log = require("diffgentor.log")
local multipart = require("diffgentor.native.multipart")
local pool = require("diffgentor.native.pool")
local set = require("diffgentor.set")
local sys = require("diffgentor.sys")

local here = "tests/lua/torture.lua"

local function readers()
  local reader = assert(csv.open("tests/lua/README.md"))
  local cells = reader:next()
  csv.encode(cells or { "none" })
  assert(not csv.open("/none"))
  assert(not csv.jsonl("/none"))
  assert(not csv.survey(here, "jsonl"))
  local lines = assert(csv.jsonl(here))
  assert(not lines:next())
  lines:close()
end

local function files()
  assert(file.read(here))
  assert(not file.read(here, 1))
  assert(not file.write("/none/x", "bytes"))
  assert(not file.temp("/none", "x"))
  assert(not image.file("/none"))
  assert(image.file(here).kind == "unknown")
  set.new():add("name")
end

local function texts()
  log.level("error")
  log.info("zero \0 byte")
  assert(sys.visible("\1") == "\\x01")
  assert(sys.mask("text") == "text")
  assert(errors.new("api", "code", "%s %d", "row", 1).message == "row 1")
end

local function requests()
  local p = assert(pool.new({ { base = "http://127.0.0.1:1/v1", limit = 5,
    keys = { "one-key", { key = "two-key", group = "a" } },
    groups = { a = { images = 9 } } } }, {}))
  local pick = assert(p:pick({ model = "m", images = 2 }, 1))
  p:report(pick, { verdict = "retry", status = 503, code = "slow_down" }, 1)
  assert(p:endpoints() and p:stats())
  assert(not pool.new { { base = "x", keys = { "one-key" } } })
  local e = assert(engine.new())
  local form = assert(multipart.new():field("a", "b"):bytes("c", "d", { type = "text/plain" }))
  assert(e:submit { pool = p, path = "/x", form = form, headers = { A = "1", B = "2" },
    picture_keys = { "b64_json" }, directory = "/none", stem = "x", sink = "reply",
    max_outage = 0.001 })
  e:sleep(0)
  assert(e:wait())
  local _, outcome = assert(e:wait())
  assert(outcome)
end

readers()
files()
texts()
requests()
