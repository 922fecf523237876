-- SPDX-License-Identifier: MIT
--
-- What `diffgentor check` makes of the answers of endpoints, over doubles of them.
local errors = require("diffgentor.error")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local DAY = 86400

local real, answers, asked_for = {}, nil, nil

-- The module over doubles, which nobody else gets.
local function load_over_doubles()
  local doubles = {
    ["diffgentor.ask_models"] = function(_, seconds)
      asked_for = seconds
      return answers
    end,
    ["diffgentor.native.pool"] = {
      new = function(list)
        local shapes = {}
        for i, e in ipairs(list) do shapes[i] = { label = e.base, keys = #e.keys } end
        return setmetatable({ endpoints = function() return shapes end },
          { __close = function() end })
      end,
    },
  }
  for name, double in pairs(doubles) do
    real[name] = package.loaded[name]
    package.loaded[name] = double
  end
  local check = require("diffgentor.check")
  package.loaded["diffgentor.check"] = nil
  for name in pairs(doubles) do package.loaded[name] = real[name] end
  return check
end

local check = load_over_doubles()

local function endpoint(base, keys, more)
  local e = { base = base, keys = keys, weight = 1, limit = 0, field = "auto", kind = "openai",
    window = 60 }
  for name, item in pairs(more or {}) do e[name] = item end
  return e
end

local function models(...)
  return { ok = true, status = 200, latency = 0.123, text = json.encode({ data = { ... } }) }
end

local function fault(kind, code, status, verdict)
  return { ok = false, status = status or 0, latency = 0.5, verdict = verdict or "fatal",
    error = errors.new(kind, code, "host: %s", code) }
end

local function date(days) return os.date("%Y-%m-%d", math.floor(sys.time()) + days * DAY) end

-- What is printed for these endpoints and outcomes, the exit code, and what is logged.
local function look(endpoints, outcomes, more)
  answers = {}
  local n = 0
  for i, e in ipairs(endpoints) do
    for k = 1, #e.keys do
      n = n + 1
      answers[n] = { endpoint = i, key = k, outcome = outcomes[n] }
    end
  end
  local s = { model_name = "m", timeout = 10, json = false, endpoints = endpoints }
  for name, item in pairs(more or {}) do s[name] = item end
  local saved, printed, said = { sys.write, log.error, task.run }, "", nil
  sys.write = function(text) -- luacheck: ignore 122
    printed = printed .. text
    return true
  end
  log.error = function(text) said = text end
  task.run = function(fn) return fn() end
  local code, err = check(s)
  sys.write, log.error, task.run = table.unpack(saved) -- luacheck: ignore 122
  return printed, code, said, err
end

-- What is said of the only key, and the exit code.
local function says(outcome, kind)
  local text, code = look({ endpoint("http://a", { "k" }, { kind = kind }) }, { outcome },
    { json = true })
  return json.decode(text).endpoints[1].keys[1].says, code
end

describe("diffgentor check", function()
  it("shows a table, keys by their position and perhaps their end", function()
    local text, code, said = look({
      endpoint("https://api.openai.com/v1", { "sk-0123456789", "shortkey", "exactly12chr" },
        { limit = 60, weight = 2 }),
      endpoint("https://b", { "sk-other-0123456789" }, { limit = 5, window = 2.5, kind = "azure" }),
    }, { models({ id = "m" }), fault("api", "invalid_api_key", 401, "failover"),
      models({ id = "x" }), fault("network", "connect") })
    assert.equal(table.concat({
      "endpoint                   kind    weight  limit       key          latency  says",
      "https://api.openai.com/v1  openai  2       60/min      1 (...6789)  0.12 s   knows 'm'",
      "                                                       2            -        "
        .. "invalid_api_key",
      "                                                       3 (...2chr)  0.12 s   does not know "
        .. "'m'",
      "https://b                  azure   1       5 in 2.5 s  1 (...6789)  -        connect",
      "",
    }, "\n"), text)
    assert.same({ 0, 10 }, { code, asked_for })
    assert.is_nil(said)
  end)

  local cases = {
    { "a model", models({ id = "x" }, { id = "m" }), "knows 'm'", 0 },
    { "a model's end that is far", models({ id = "m", shutdown_date = date(61) }), "knows 'm'", 0 },
    { "a model's end that is near", models({ id = "m", shutdown_date = date(60) }),
      ("knows 'm', which is shut down on %s, in 60 days"):format(date(60)), 0 },
    { "a model's end tomorrow", models({ id = "m", shutdown_date = date(1) }),
      ("knows 'm', which is shut down on %s, in 1 day"):format(date(1)), 0 },
    { "a model's end that is over", models({ id = "m", shutdown_date = date(-1) }),
      ("knows 'm', which was shut down on %s"):format(date(-1)), 0 },
    { "an end that is no date", models({ id = "m", shutdown_date = "soon" }), "knows 'm'", 0 },
    { "no end", models({ id = "m", shutdown_date = json.null }), "knows 'm'", 0 },
    { "another model", models({ id = "x" }), "does not know 'm'", 2 },
    { "no model", models(), "does not know 'm'", 2 },
    { "a list of names", { ok = true, status = 200, latency = 0.1, text = '["m"]' },
      "answers, but not with a list of models", 0 },
    { "no JSON", { ok = true, status = 200, latency = 0.1, text = "<html>" },
      "answers, but not with a list of models", 0 },
    { "404", fault("api", "not_found", 404), "has no list of models (404)", 0 },
    { "405", fault("api", "http_405", 405), "has no list of models (405)", 0 },
    { "a rate limit", fault("api", "rate_limit_exceeded", 429, "retry"),
      "rate_limit_exceeded", 0 },
    { "no quota", fault("api", "insufficient_quota", 429, "failover"), "insufficient_quota",
      2 },
    { "401", fault("api", "invalid_api_key", 401, "failover"), "invalid_api_key", 2 },
    { "403", fault("api", "unsupported_country", 403, "failover"), "unsupported_country", 2 },
    { "500", fault("api", "server_error", 500, "retry"), "server_error", 2 },
    { "no connection", fault("network", "connect"), "connect", 2 },
    { "no answer", fault("stopped", "stopped"), "no answer in time", 2 },
  }
  for _, case in ipairs(cases) do
    it("tells of " .. case[1], function()
      assert.same({ case[3], case[4] }, { says(case[2]) })
    end)
  end

  it("does not hold Azure to its list, which names no deployments", function()
    assert.same({ "accepts the key; deployments are not listed", 0 },
      { says(models({ id = "x" }), "azure") })
  end)

  it("says on standard error that nothing would serve", function()
    local _, code, said = look({ endpoint("http://a", { "k" }) }, { models() })
    assert.same({ 2, "no endpoint would serve 'm'" }, { code, said })
  end)

  it("is one JSON object with --json, without any key", function()
    local text, code = look({
      endpoint("http://a", { "sk-0123456789", "sk-1" }, { api_version = "1", kind = "azure" }),
    }, { models({ id = "m", shutdown_date = "2020-01-02" }),
      fault("api", "invalid_api_key", 401, "failover") }, { json = true })
    assert.equal(0, code)
    assert.same({
      model = "m", serves = true, endpoints = { {
        endpoint = "http://a", kind = "azure", api_version = "1", weight = 1, limit = 0,
        window = 60, image_field = "auto", keys = {
          { position = 1, tail = "6789", serves = true, knows = true, status = 200,
            shutdown_date = "2020-01-02", latency = 0.123,
            says = "knows 'm', which was shut down on 2020-01-02" },
          { position = 2, serves = false, status = 401, code = "invalid_api_key",
            says = "invalid_api_key" },
        },
      } },
    }, json.decode(text))
    assert.is_nil(text:find("sk-", 1, true))
  end)

  it("shows foreign text harmlessly", function()
    local text = look({ endpoint("http://a", { "k" }) },
      { fault("api", "\27[2J", 500) })
    assert.is_nil(text:gsub("\n", ""):find("%c"))
  end)
end)
