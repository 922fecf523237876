-- SPDX-License-Identifier: MIT
local endpoints = require("diffgentor.endpoints")
local sys = require("diffgentor.sys")

local DEFAULT = "https://api.openai.com/v1"

-- "BASE weight limit field key,key" of each endpoint.
local function lines(list)
  local texts = {}
  for i, e in ipairs(list) do
    texts[i] = ("%s %d %d %s %s"):format(e.base, e.weight, e.limit, e.field,
      table.concat(e.keys, ","))
  end
  return texts
end

local function line(base, keys, weight, limit, field)
  return ("%s %d %d %s %s"):format(base, weight or 1, limit or 0, field or "auto", keys)
end

describe("endpoints.from_env", function()
  local good = {
    { "one key", { OPENAI_API_KEY = "k1" }, { line(DEFAULT, "k1") } },
    { "the base", { OPENAI_API_KEY = "k1", OPENAI_API_BASE = "http://127.0.0.1:1/v1" },
      { line("http://127.0.0.1:1/v1", "k1") } },
    { "the base's alias", { OPENAI_API_KEY = "k1", OPENAI_BASE_URL = "https://b" },
      { line("https://b", "k1") } },
    { "slashes at the end", { OPENAI_API_KEY = "k1", OPENAI_API_BASE = "https://b/v1//" },
      { line("https://b/v1", "k1") } },
    { "DG_ before the plain name",
      { OPENAI_API_KEY = "k1", DG_OPENAI_API_KEY = "k2", OPENAI_BASE_URL = "https://b",
        DG_OPENAI_BASE_URL = "https://c" }, { line("https://c", "k2") } },
    { "plural before single",
      { DG_OPENAI_API_KEY = "k1", DG_OPENAI_API_KEYS = "k2", OPENAI_API_BASE = "https://b",
        DG_OPENAI_ENDPOINTS = "https://c" }, { line("https://c", "k2") } },
    { "several keys of one endpoint", { DG_OPENAI_API_KEYS = "k1, k2,k3" },
      { line(DEFAULT, "k1,k2,k3") } },
    { "one limit", { DG_OPENAI_API_KEYS = "k1,k2", DG_OPENAI_RATE_LIMIT = "60" },
      { line(DEFAULT, "k1,k2", 1, 60) } },
    { "one limit for every endpoint",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a,https://b",
        DG_OPENAI_RATE_LIMIT = "60" },
      { line("https://a", "k", 1, 60), line("https://b", "k", 1, 60) } },
    { "pairing by position",
      { DG_OPENAI_ENDPOINTS = "https://a,https://b", DG_OPENAI_API_KEYS = "k1,k2",
        DG_OPENAI_RATE_LIMITS = "30,60", DG_OPENAI_WEIGHTS = "1,2",
        DG_OPENAI_IMAGE_FIELDS = "image,image[]" },
      { line("https://a", "k1", 1, 30, "image"), line("https://b", "k2", 2, 60, "image[]") } },
    { "several keys in a place",
      { DG_OPENAI_ENDPOINTS = "https://a,https://b", DG_OPENAI_API_KEYS = "k1,k2|k3" },
      { line("https://a", "k1"), line("https://b", "k2,k3") } },
    { "one place of keys for all",
      { DG_OPENAI_ENDPOINTS = "https://a,https://b", DG_OPENAI_API_KEYS = "k2|k3" },
      { line("https://a", "k2,k3"), line("https://b", "k2,k3") } },
    { "a weight of nothing", { OPENAI_API_KEY = "k", DG_OPENAI_WEIGHTS = "0" },
      { line(DEFAULT, "k", 0) } },
    { "empty variables", { OPENAI_API_KEY = "k", OPENAI_API_BASE = "", DG_OPENAI_API_KEYS = " ",
      DG_OPENAI_RATE_LIMITS = "", DG_OPENAI_WEIGHTS = "" }, { line(DEFAULT, "k") } },
  }
  for _, case in ipairs(good) do
    it("reads " .. case[1], function()
      local list, warnings = endpoints.from_env(case[2])
      assert.same({}, warnings)
      assert.same(case[3], lines(list))
    end)
  end

  local warned = {
    { "keys in another count",
      { DG_OPENAI_ENDPOINTS = "https://a,https://b", DG_OPENAI_API_KEYS = "k1,k2,k3" },
      { line("https://a", "k1,k2,k3"), line("https://b", "k1,k2,k3") },
      "DG_OPENAI_API_KEYS: 3 places for 2 endpoints, so every key is sent to every endpoint; "
        .. "give one place an endpoint to pair them" },
    { "an empty place",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a," },
      { line("https://a", "k"), line(DEFAULT, "k") },
      "DG_OPENAI_ENDPOINTS, place 2: empty, so it is " .. DEFAULT },
    { "a surplus of limits", { OPENAI_API_KEY = "k", DG_OPENAI_RATE_LIMITS = "60,30,60" },
      { line(DEFAULT, "k", 1, 60) },
      "DG_OPENAI_RATE_LIMITS: 3 values for 1 endpoint: the surplus is ignored" },
    { "both kinds of limits",
      { OPENAI_API_KEY = "k", DG_OPENAI_RATE_LIMITS = "60", DG_OPENAI_RATE_LIMIT = "10" },
      { line(DEFAULT, "k", 1, 60) },
      "DG_OPENAI_RATE_LIMIT is ignored: DG_OPENAI_RATE_LIMITS is set" },
    { "both names of the base",
      { OPENAI_API_KEY = "k", OPENAI_API_BASE = "https://a", OPENAI_BASE_URL = "https://b" },
      { line("https://a", "k") }, "OPENAI_BASE_URL is ignored: OPENAI_API_BASE is set too" },
    { "a key over plain http",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "http://Proxy1.com:80/a,http://proxy1.com/b" },
      { line("http://Proxy1.com:80/a", "k"), line("http://proxy1.com/b", "k") },
      "the API key goes to proxy1.com over plain http, where it can be read on the way" },
  }
  for _, case in ipairs(warned) do
    it("warns once of " .. case[1], function()
      local list, warnings = endpoints.from_env(case[2])
      assert.same({ case[4] }, warnings)
      assert.same(case[3], lines(list))
    end)
  end

  for _, base in ipairs({ "http://localhost:8080/v1", "http://127.0.0.1", "http://127.9.9.9:1",
    "http://[::1]:80/v1", "http://dev.localhost/v1", "https://proxy1.com" }) do
    it("does not warn of a key to " .. base, function()
      local _, warnings = endpoints.from_env({ OPENAI_API_KEY = "k", OPENAI_API_BASE = base })
      assert.same({}, warnings)
    end)
  end

  it("warns of hosts that only look like this machine", function()
    for _, host in ipairs({ "127.0.0.1.evil.example", "localhost.evil.example", "1270.0.0.1" }) do
      local env = { OPENAI_API_KEY = "k", OPENAI_API_BASE = "http://user:pw@" .. host .. "/v1" }
      local _, warnings = endpoints.from_env(env)
      assert.equal(1, #warnings)
      assert.matches(host, warnings[1], 1, true)
    end
  end)

  local key = "the key (not shown) holds a space, a line end, a control or a non-ASCII character"
  local bad = {
    { "no key", {}, "no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS)" },
    { "a base without a scheme", { OPENAI_API_KEY = "k", OPENAI_API_BASE = "proxy1.com/v1" },
      "OPENAI_API_BASE: 'proxy1.com/v1' is not a base URL: it must begin with http:// or "
        .. "https:// and name a host" },
    { "another scheme", { OPENAI_API_KEY = "k", OPENAI_BASE_URL = "ftp://a" },
      "OPENAI_BASE_URL: 'ftp://a' is not a base URL: it must begin with http:// or https:// and "
        .. "name a host" },
    { "a base in a list",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a,https://" },
      "DG_OPENAI_ENDPOINTS, place 2: 'https://' is not a base URL: it must begin with http:// or "
        .. "https:// and name a host" },
    { "a query", { OPENAI_API_KEY = "k", OPENAI_API_BASE = "https://u:secretpw@a/v1?x=1" },
      "OPENAI_API_BASE: 'https://***@a/v1?x=1' is not a base URL: it may hold no space, ? or #" },
    { "a port that is none", { OPENAI_API_BASE = "https://a:99999/v1", OPENAI_API_KEY = "k" },
      "OPENAI_API_BASE: 'https://a:99999/v1' is not a base URL: its port must be a number from 1 "
        .. "to 65535" },
    { "a whole address", { OPENAI_API_KEY = "k", OPENAI_API_BASE = "https://a/v1/images/edits" },
      "OPENAI_API_BASE: 'https://a/v1/images/edits' is an address of its own: give the base URL, "
        .. "without /images/edits" },
    { "a key with a line end", { OPENAI_API_KEY = "sk-1\nX-Evil: 1" }, "OPENAI_API_KEY: " .. key },
    { "a key with a space", { DG_OPENAI_API_KEYS = "k1,sk 2" },
      "DG_OPENAI_API_KEYS, place 2: " .. key },
    { "a key that is not ASCII", { OPENAI_API_KEY = "sk-é" }, "OPENAI_API_KEY: " .. key },
    { "an empty key", { DG_OPENAI_API_KEYS = "k1,,k3" },
      "DG_OPENAI_API_KEYS, place 2: the key is empty" },
    { "half a key place", { DG_OPENAI_API_KEYS = "k1|" },
      "DG_OPENAI_API_KEYS, place 1: the key is empty" },
    { "a limit", { OPENAI_API_KEY = "k", DG_OPENAI_RATE_LIMIT = "many" },
      "DG_OPENAI_RATE_LIMIT: 'many' is not a whole number from 0 to 100000" },
    { "a negative limit", { OPENAI_API_KEY = "k", DG_OPENAI_RATE_LIMITS = "-1" },
      "DG_OPENAI_RATE_LIMITS, place 1: '-1' is not a whole number from 0 to 100000" },
    { "a weight",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a,https://b",
        DG_OPENAI_WEIGHTS = "1,2.5" },
      "DG_OPENAI_WEIGHTS, place 2: '2.5' is not a whole number from 0 to 10000" },
    { "an empty limit",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a,https://b",
        DG_OPENAI_RATE_LIMITS = "30," },
      "DG_OPENAI_RATE_LIMITS, place 2: is empty; write 0" },
    { "too few limits",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a,https://b,https://c",
        DG_OPENAI_RATE_LIMITS = "30,60" },
      "DG_OPENAI_RATE_LIMITS: 2 values for 3 endpoints: give one for each" },
    { "too few weights",
      { OPENAI_API_KEY = "k", DG_OPENAI_ENDPOINTS = "https://a,https://b",
        DG_OPENAI_WEIGHTS = "1" },
      "DG_OPENAI_WEIGHTS: 1 value for 2 endpoints: give one for each" },
    { "an image field", { OPENAI_API_KEY = "k", DG_OPENAI_IMAGE_FIELDS = "images" },
      "DG_OPENAI_IMAGE_FIELDS, place 1: 'images' is not auto, image or image[]; did you mean "
        .. "'image'?" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      local list, err = endpoints.from_env(case[2])
      assert.is_nil(list)
      assert.equal("config", err.kind)
      assert.equal(case[3], tostring(err))
    end)
  end

  it("takes as many endpoints as a pool does", function()
    local env = { OPENAI_API_KEY = "k",
      DG_OPENAI_ENDPOINTS = ("https://a,"):rep(255) .. "https://a" }
    assert.equal(256, #assert(endpoints.from_env(env)))
    env.DG_OPENAI_ENDPOINTS = env.DG_OPENAI_ENDPOINTS .. ",https://a"
    local _, err = endpoints.from_env(env)
    assert.equal("DG_OPENAI_ENDPOINTS: 257 places; a pool has at most 256 endpoints", tostring(err))
  end)

  it("tells of keys that other programs read, but never shows them", function()
    local foreign = { AZURE_OPENAI_API_KEY = "azure-secret", AZURE_OPENAI_ENDPOINT = "https://r" }
    local _, err = endpoints.from_env(foreign)
    assert.equal("no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS); AZURE_OPENAI_API_KEY and "
      .. "AZURE_OPENAI_ENDPOINT are not read", tostring(err))
    _, err = endpoints.from_env({ AZURE_OPENAI_API_KEY = "azure-secret" })
    assert.equal("no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS); AZURE_OPENAI_API_KEY is "
      .. "not read", tostring(err))
  end)

  it("registers every key as a secret, also those it refuses", function()
    endpoints.from_env({ DG_OPENAI_API_KEYS = "sk-canary-one|sk-canary-two,bad key-canary" })
    local text = sys.mask("x sk-canary-one y sk-canary-two z key-canary")
    assert.is_nil(text:find("canary", 1, true))
  end)

  it("lets a given image field go before the variable", function()
    local env = { OPENAI_API_KEY = "k", DG_OPENAI_IMAGE_FIELDS = "image" }
    assert.equal("image[]", endpoints.from_env(env, { field = "image[]" })[1].field)
  end)

  it("reads variables of another prefix", function()
    local env = { ACME_API_KEY = "k", DG_ACME_ENDPOINTS = "https://a", OPENAI_API_KEY = "no" }
    assert.same({ line("https://a", "k") }, lines(endpoints.from_env(env, { prefix = "ACME" })))
  end)

  it("does without a key where that is asked for", function()
    assert.same({ line(DEFAULT, "") }, lines(endpoints.from_env({}, { keyless = true })))
  end)
end)

-- Every mixture of the single and the plural variables of keys, endpoints and limits.
describe("endpoints.from_env, mixed:", function()
  local BASES = {
    { {}, { DEFAULT } },
    { { OPENAI_API_BASE = "https://a" }, { "https://a" } },
    { { DG_OPENAI_ENDPOINTS = "https://a" }, { "https://a" } },
    { { DG_OPENAI_ENDPOINTS = "https://a,https://b" }, { "https://a", "https://b" } },
    { { DG_OPENAI_ENDPOINTS = "https://a,https://b,https://c" },
      { "https://a", "https://b", "https://c" } },
    { { DG_OPENAI_ENDPOINTS = "https://a,https://b", OPENAI_API_BASE = "https://z" },
      { "https://a", "https://b" } },
  }
  -- Each with its places.
  local KEYS = {
    { { OPENAI_API_KEY = "k1" }, { "k1" } },
    { { DG_OPENAI_API_KEY = "k1", OPENAI_API_KEY = "k9" }, { "k1" } },
    { { DG_OPENAI_API_KEYS = "k1", OPENAI_API_KEY = "k9" }, { "k1" } },
    { { DG_OPENAI_API_KEYS = "k1|k2" }, { "k1,k2" } },
    { { DG_OPENAI_API_KEYS = "k1,k2" }, { "k1", "k2" } },
    { { DG_OPENAI_API_KEYS = "k1, k2|k3" }, { "k1", "k2,k3" } },
    { { DG_OPENAI_API_KEYS = "k1,k2,k3" }, { "k1", "k2", "k3" } },
    { { DG_OPENAI_API_KEYS = "k1|k2,k3,k4|k5" }, { "k1,k2", "k3", "k4,k5" } },
    { { DG_OPENAI_API_KEYS = "k1,k2,k3,k4" }, { "k1", "k2", "k3", "k4" } },
  }
  -- Limits of the first, second and third endpoint; how many there are at least.
  local LIMITS = {
    { {}, { 0, 0, 0 }, 3 },
    { { DG_OPENAI_RATE_LIMIT = "60" }, { 60, 60, 60 }, 3 },
    { { DG_OPENAI_RATE_LIMITS = "10" }, { 10 }, 1 },
    { { DG_OPENAI_RATE_LIMITS = "10,20" }, { 10, 20 }, 2 },
    { { DG_OPENAI_RATE_LIMITS = "10,20,30" }, { 10, 20, 30 }, 3 },
    { { DG_OPENAI_RATE_LIMITS = "10,20,30", DG_OPENAI_RATE_LIMIT = "60" }, { 10, 20, 30 }, 3 },
  }
  local WEIGHTS = {
    { {}, { 1, 1, 1 }, 3 },
    { { DG_OPENAI_WEIGHTS = "2" }, { 2 }, 1 },
    { { DG_OPENAI_WEIGHTS = "1,2,0" }, { 1, 2, 0 }, 3 },
  }

  local function environment(...)
    local env = {}
    for _, part in ipairs({ ... }) do
      for name, text in pairs(part[1]) do env[name] = text end
    end
    return env
  end

  -- Paired, all of one, one for all, or everything everywhere.
  local function expected_keys(places, count)
    local all = table.concat(places, ",")
    local list = {}
    for i = 1, count do
      list[i] = #places == count and count > 1 and places[i] or all
    end
    return list, #places > 1 and count > 1 and #places ~= count
  end

  local function check(bases, keys, limits, weights)
    local env = environment(bases, keys, limits, weights)
    local count = #bases[2]
    local list, warnings = endpoints.from_env(env)
    local short = limits[3] < count and "DG_OPENAI_RATE_LIMITS"
      or weights[3] < count and "DG_OPENAI_WEIGHTS"
    if short then
      assert.is_nil(list)
      assert.matches(("^%s: %%d values? for %d endpoints: give one for each$"):format(short, count),
        tostring(warnings))
      return
    end
    local shares, everywhere = expected_keys(keys[2], count)
    local lines_expected = {}
    for i = 1, count do
      lines_expected[i] = line(bases[2][i], shares[i], weights[2][i], limits[2][i])
    end
    assert.same(lines_expected, lines(list))
    local told = table.concat(warnings, "\n")
    assert.equal(everywhere, told:find("every key is sent to every endpoint", 1, true) ~= nil)
    local _, surplus = told:gsub("the surplus is ignored", "")
    local given = env.DG_OPENAI_RATE_LIMITS and limits[3] > count and 1 or 0
    given = given + (env.DG_OPENAI_WEIGHTS and weights[3] > count and 1 or 0)
    assert.equal(given, surplus)
    local both = env.DG_OPENAI_RATE_LIMITS and env.DG_OPENAI_RATE_LIMIT ~= nil or false
    assert.equal(both, told:find("DG_OPENAI_RATE_LIMIT is ignored", 1, true) ~= nil)
    assert.equal(given + (both and 1 or 0) + (everywhere and 1 or 0), #warnings)
  end

  for b, bases in ipairs(BASES) do
    for k, keys in ipairs(KEYS) do
      it(("endpoints %d with keys %d, all limits and weights"):format(b, k), function()
        for _, limits in ipairs(LIMITS) do
          for _, weights in ipairs(WEIGHTS) do check(bases, keys, limits, weights) end
        end
      end)
    end
  end
end)

describe("endpoints.from_env, of Azure", function()
  local V = "2025-04-01-preview"
  local R = "https://res.openai.azure.com"

  -- The base as given; base, kind and version of the endpoint.
  local good = {
    { R, R, "azure", V },
    { R .. "/", R, "azure", V },
    { R .. "/openai", R, "azure", V },
    { R .. "/openai/", R, "azure", V },
    { R .. "/openai/deployments", R, "azure", V },
    { R .. "/openai/deployments/my-gpt", R .. "/openai/deployments/my-gpt", "azure", V },
    { R .. "/openai/deployments/my-gpt/?api-version=2024-10-21",
      R .. "/openai/deployments/my-gpt", "azure", "2024-10-21" },
    { R .. "?api-version=2024-10-21", R, "azure", "2024-10-21" },
    { R .. "/openai?api-version=2024-10-21", R, "azure", "2024-10-21" },
    { R .. "?", R, "azure", V },
    { "https://RES.OpenAI.Azure.com:443", "https://RES.OpenAI.Azure.com:443", "azure", V },
    { "https://gate.example/x/openai/deployments/d", "https://gate.example/x/openai/deployments/d",
      "azure", V },
    { R .. "/openai/v1", R .. "/openai/v1", "azure", nil },
    { R .. "/openai/v1/?api-version=preview", R .. "/openai/v1", "azure", "preview" },
    { "https://openai.azure.com.evil.example/v1", "https://openai.azure.com.evil.example/v1",
      "openai", nil },
    { "https://gate.example/openai", "https://gate.example/openai", "openai", nil },
    { DEFAULT, DEFAULT, "openai", nil },
  }
  for _, case in ipairs(good) do
    it("reads " .. case[1], function()
      local list, warnings = endpoints.from_env({ OPENAI_API_KEY = "k", OPENAI_API_BASE = case[1],
        OPENAI_API_VERSION = V })
      assert.same({}, warnings)
      assert.same({ table.unpack(case, 2, 4) },
        { list[1].base, list[1].kind, list[1].api_version })
    end)
  end

  it("takes versions by the order of their names, and from the URL first", function()
    local env = { OPENAI_API_KEY = "k", OPENAI_API_VERSION = "1", DG_OPENAI_API_VERSION = " 2 ",
      DG_OPENAI_ENDPOINTS = R .. "," .. R .. "/openai?api-version=3," .. DEFAULT }
    local list = endpoints.from_env(env)
    assert.same({ "2", "3" }, { list[1].api_version, list[2].api_version })
    assert.is_nil(list[3].api_version)
  end)

  local needs = "is an Azure endpoint, which needs a version: set OPENAI_API_VERSION, such as "
    .. "2025-04-01-preview, or write ?api-version=... behind the URL"
  local query = "is not a base URL: of a query, an Azure endpoint may have ?api-version=... alone"
  local bad = {
    { R, nil, needs },
    { R .. "?api-version=", V, query },
    { R .. "?api-version=1&x=2", V, query },
    { R .. "?x=2", V, query },
    { R, "2025 04",
      "is an Azure endpoint, and OPENAI_API_VERSION is '2025 04', which is no version" },
    { R .. "/openai/deployments/d/images/edits?api-version=1", V,
      "is an address of its own: give the base URL, without /images/edits" },
    { "https://a.example/v1?api-version=1", V,
      "is not a base URL: it may hold no space, ? or #" },
    { "https://a.example/v1?", V, "is not a base URL: it may hold no space, ? or #" },
    { R .. "#x", V, "is not a base URL: it may hold no space, ? or #" },
  }
  for _, case in ipairs(bad) do
    it(("refuses %s with version %s"):format(case[1], case[2]), function()
      local list, err = endpoints.from_env({ OPENAI_API_KEY = "k", OPENAI_API_BASE = case[1],
        OPENAI_API_VERSION = case[2] })
      assert.is_nil(list)
      assert.equal(("OPENAI_API_BASE: '%s' %s"):format(case[1], case[3]), tostring(err))
    end)
  end

  it("names the variable of another prefix", function()
    local _, err = endpoints.from_env({ ACME_API_KEY = "k", ACME_API_BASE = R },
      { prefix = "ACME" })
    assert.matches("needs a version: set ACME_API_VERSION, such", tostring(err), 1, true)
    _, err = endpoints.from_env({ OPENAI_API_KEY = "k", OPENAI_API_BASE = R,
      DG_OPENAI_API_VERSION = "?" })
    assert.matches("and DG_OPENAI_API_VERSION is '?', which is no version", tostring(err), 1, true)
  end)

  it("names the place of a list", function()
    local _, err = endpoints.from_env({ OPENAI_API_KEY = "k",
      DG_OPENAI_ENDPOINTS = DEFAULT .. "," .. R })
    assert.equal(("DG_OPENAI_ENDPOINTS, place 2: '%s' %s"):format(R, needs), tostring(err))
  end)

  it("has a window of its own for limits", function()
    local env = { OPENAI_API_KEY = "k" }
    assert.equal(60, endpoints.from_env(env)[1].window)
    assert.equal(2.5, endpoints.from_env(env, { window = 2.5 })[1].window)
  end)

  it("tells where requests go", function()
    local base_url = require("diffgentor.base_url")
    local cases = {
      { DEFAULT, DEFAULT .. "/images/edits" },
      { R, R .. "/openai/deployments/a%20b%2Fc/images/edits?api-version=1" },
      { R .. "/openai/deployments/d",
        R .. "/openai/deployments/d/images/edits?api-version=1" },
      { R .. "/openai/v1", R .. "/openai/v1/images/edits" },
    }
    for _, case in ipairs(cases) do
      local list = assert(endpoints.from_env({ OPENAI_API_KEY = "k", OPENAI_API_BASE = case[1],
        OPENAI_API_VERSION = "1" }))
      assert.equal(case[2], base_url.address(list[1], "/images/edits", "a b/c"))
    end
  end)
end)
