-- SPDX-License-Identifier: MIT
--
-- Asking for models, against the rehearsal server at DG_REHEARSAL.
local ask_models = require("diffgentor.ask_models")
local json = require("diffgentor.json")
local pool = require("diffgentor.native.pool")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local base = os.getenv("DG_REHEARSAL")

local function ask(endpoints, seconds)
  local made <close> = assert(pool.new(endpoints))
  local began = sys.now()
  local list = task.run(function() return ask_models(made, seconds) end)
  return list, sys.now() - began, made:stats()
end

describe("ask_models", function()
  it("asks every endpoint with every key, all at once", function()
    local keys = {}
    for k = 1, 40 do keys[k] = "sk-ask-models-" .. k end
    local before = task.submitted()
    local list, took, stats = ask({
      { base = base, keys = keys, limit = 1 }, { base = base, keys = { "sk-ask-b" } },
    }, 5)
    assert.equal(41, #list)
    for n, asked in ipairs(list) do
      assert.same({ n <= 40 and 1 or 2, n <= 40 and n or 1 }, { asked.endpoint, asked.key })
      assert.same({ true, 200 }, { asked.outcome.ok, asked.outcome.status })
      assert.equal("list", json.decode(asked.outcome.text).object)
    end
    assert.is_true(took < 4, took)
    assert.equal(before, task.submitted())
    assert.same({ 0, 0, 0 }, { stats[1].sent, stats[1].in_flight, stats[1].used.requests })
  end)

  it("tells who cannot be reached", function()
    local list = ask({ { base = "http://127.0.0.1:1/v1", keys = { "k" } },
      { base = base, keys = { "k" } } }, 2)
    assert.same({ false, "connect" }, { list[1].outcome.ok, list[1].outcome.error.code })
    assert.is_true(list[2].outcome.ok)
  end)

  it("asks Azure in its own way", function()
    local list = ask({ { base = base:gsub("/v1$", ""), kind = "azure", api_version = "1",
      keys = { "k" } } }, 2)
    assert.equal(200, list[1].outcome.status)
  end)

  it("ends in time, whoever does not answer", function()
    local silent = io.popen("exec python3 -c 'import socket\n"
      .. "s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen()\n"
      .. "print(s.getsockname()[1], flush=True)\nc = s.accept()[0]\nwhile c.recv(65536): pass'")
    local port = silent:read("l")
    local list, took = ask({ { base = "http://127.0.0.1:" .. port, keys = { "k" } },
      { base = base, keys = { "k" } } }, 0.3)
    silent:close()
    assert.same({ false, true }, { list[1].outcome.ok, list[2].outcome.ok })
    assert.matches("^timeout$", list[1].outcome.error.code)
    assert.is_true(took >= 0.25 and took < 1, took)
  end)

  it("has nobody to ask where there is no key that could be asked with", function()
    assert.same({}, task.run(function()
      return ask_models({ endpoints = function() return {} end }, 1)
    end))
  end)
end)
