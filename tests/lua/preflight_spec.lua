-- SPDX-License-Identifier: MIT
--
-- What preflight makes of the answers of endpoints, over doubles of them.
local errors = require("diffgentor.error")
local log = require("diffgentor.log")
local task = require("diffgentor.task")

local real = { ask = package.loaded["diffgentor.ask_models"], warn = log.warn }
local answers, asked_for, dropped, warned

package.loaded["diffgentor.ask_models"] = function(_, seconds)
  table.insert(asked_for, seconds)
  return answers
end
package.loaded["diffgentor.preflight"] = nil
local preflight = require("diffgentor.preflight")
package.loaded["diffgentor.ask_models"] = real.ask
package.loaded["diffgentor.preflight"] = nil

local function fault(kind, code, status)
  local err = errors.new(kind, code, "host: %s", code)
  return { ok = false, status = status or 0, error = err, verdict = "fatal" }
end

local OUTCOMES = {
  good = function() return { ok = true, status = 200 } end,
  refused = function() return fault("api", "invalid_api_key", 401) end,
  forbidden = function() return fault("api", "unsupported_country", 403) end,
  missing = function() return fault("api", "not_found", 404) end,
  broken = function() return fault("api", "server_error", 500) end,
  limited = function() return fault("api", "rate_limit_exceeded", 429) end,
  slow = function() return fault("timeout", "timeout") end,
  cut = function() return fault("stopped", "stopped") end,
  nobody = function() return fault("network", "connect") end,
  nowhere = function() return fault("network", "resolve") end,
  silent = function() return fault("timeout", "connect_timeout") end,
  untrusted = function() return fault("network", "certificate") end,
}

-- The end for answers written as "good refused | nobody": endpoints, each with its keys.
local function run(text, settings)
  answers, asked_for, dropped, warned = {}, {}, {}, {}
  local shapes = {}
  for endpoint in (text .. "|"):gmatch("(.-)|") do
    local keys = 0
    for word in endpoint:gmatch("%a+") do
      keys = keys + 1
      table.insert(answers, { endpoint = #shapes + 1, key = keys, outcome = OUTCOMES[word]() })
    end
    table.insert(shapes, { label = "http://" .. #shapes + 1, keys = keys })
  end
  local pool = {
    endpoints = function() return shapes end,
    drop = function(_, ...) table.insert(dropped, table.concat({ ... }, " ")) end,
  }
  log.warn = function(line) table.insert(warned, line) end
  local ok, err = preflight.run(pool, settings or { preflight = true })
  log.warn = real.warn
  return ok, err
end

describe("preflight", function()
  local fine = {
    "good", "missing", "broken", "limited", "forbidden", "slow", "cut", "good good | good",
    "nobody | good", "nowhere | slow", "silent | missing", "untrusted | broken",
  }
  for _, text in ipairs(fine) do
    it("lets the run begin where the answers are: " .. text, function()
      assert.same({ true }, { run(text) })
      assert.same({ {}, {}, { 2 } }, { dropped, warned, asked_for })
    end)
  end

  it("drops keys that are refused, and says which", function()
    assert.is_true(run("good refused | refused | missing"))
    assert.same({ "1 2 401 invalid_api_key", "2 1 401 invalid_api_key" }, dropped)
    assert.same({ "http://1 refuses key 2 (401 invalid_api_key): it is not used",
      "http://2 refuses key 1 (401 invalid_api_key): it is not used" }, warned)
  end)

  local bad = {
    { "refused", "every key is refused: http://1 refuses key 1 (401 invalid_api_key)" },
    { "refused | refused", "every key is refused: http://1 refuses key 1 (401 invalid_api_key); "
      .. "http://2 refuses key 1 (401 invalid_api_key)" },
    { "nobody", "no endpoint can be reached: http://1: connect" },
    { "nobody nobody | silent", "no endpoint can be reached: http://1: connect; "
      .. "http://2: connect_timeout" },
    { "refused | nowhere", "no endpoint would serve: http://1 refuses key 1 (401 invalid_api_key); "
      .. "http://2: resolve" },
  }
  for _, case in ipairs(bad) do
    it("refuses to begin where the answers are: " .. case[1], function()
      local ok, err = run(case[1])
      assert.is_nil(ok)
      assert.same({ "config", "preflight" }, { err.kind, err.code })
      assert.equal(case[2] .. " (--no_preflight sends all the same)", err.message)
      assert.same({ {}, {} }, { dropped, warned })
    end)
  end

  it("tells of eight faults, and how many there are beside", function()
    local _, err = run(("refused "):rep(20))
    assert.matches("key 8 (401 invalid_api_key) and 12 more (--no_preflight", err.message, 1, true)
    assert.is_nil(err.message:find("key 9", 1, true))
  end)

  it("asks nothing where it is switched off, or the run is to stop", function()
    assert.is_true(run("refused", { preflight = false }))
    assert.same({}, asked_for)
    local stopping = task.stopping
    task.stopping = function() return true end
    local ok = run("refused")
    task.stopping = stopping
    assert.same({ true, {} }, { ok, asked_for })
  end)
end)
