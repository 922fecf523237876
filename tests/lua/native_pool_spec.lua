-- SPDX-License-Identifier: MIT
--
-- diffgentor.native.pool.

local pool = require("diffgentor.native.pool")
local support = require("support")
local sys = require("diffgentor.sys")

local function one(extra)
  local endpoint = { base = "http://127.0.0.1:9/v1", keys = { "key-one-one", "key-two-two" } }
  for name, value in pairs(extra or {}) do endpoint[name] = value end
  return endpoint
end

describe("pool", function()
  it("tells its endpoints", function()
    local p = assert(pool.new { one(), one { base = "https://u:p@example.com/v1", weight = 3,
      limit = 60, field = "image[]" } })
    local endpoints = p:endpoints()
    assert.same({ label = "http://127.0.0.1:9/v1", weight = 1, limit = 0, keys = 2,
      field = "auto", kind = "openai" }, endpoints[1])
    assert.equal("image[]", endpoints[2].field)
    assert.same({ 3, 60 }, { endpoints[2].weight, endpoints[2].limit })
    assert.is_nil(endpoints[2].label:find("u:p", 1, true))
    assert.is_true(p:knows("http://127.0.0.1:9/other"))
    assert.is_false(p:knows("http://127.0.0.1:10/v1"))
    assert.is_false(p:knows("http://127.0.0.1:9/\0"))
    assert.is_nil(sys.mask("key-one-one"):find("key-one-one", 1, true))
  end)

  it("picks, and counts what was reported", function()
    local p = assert(pool.new { one() })
    local function counts()
      local s = p:stats()[1]
      return { s.sent, s.succeeded, s.failed, s.in_flight, s.keys_alive }
    end
    local pick = assert(p:pick(nil, 10))
    assert.equal(1, pick.endpoint)
    assert.is_false(pick.probe)
    assert.truthy(pick.key == 1 or pick.key == 2)
    assert.same({ 1, 0, 0, 1, 2 }, counts())
    p:sent(pick, 11)
    p:report(pick, "ok", 12)
    assert.same({ 1, 1, 0, 0, 2 }, counts())
    p:report(assert(p:pick()), "retry")
    assert.equal(1, p:stats()[1].failed)
    p:unsent(assert(p:pick {}))
    assert.same({ 2, 1, 1, 0, 2 }, counts())
    support.raises { { "bad argument #1 to 'report' (reported before)",
      function() p:report(pick, "ok") end } }
    assert.equal(0, p:stats()[1].in_flight)
  end)

  it("waits for the limit, and tells when nobody is left", function()
    local p = assert(pool.new { one { limit = 1, keys = { "key-one-one" } } })
    local pick = assert(p:pick(nil, 100))
    local nothing, delay = p:pick(nil, 100)
    assert.is_nil(nothing)
    assert.truthy(delay > 0 and delay <= 60.5)
    assert.is_true(p:alive())
    p:report(pick, "failover", 101)
    assert.equal(0, p:stats()[1].keys_alive)
    assert.is_false(p:alive())
    assert.same({ n = 2 }, table.pack(p:pick(nil, 1000)))
  end)

  it("tells its figures", function()
    local p = assert(pool.new { one { weight = 2, limit = 9, images = 8, tokens = 70000 } })
    p:report(assert(p:pick({ images = 3 }, 1)), { verdict = "ok", status = 200, tokens = 50 }, 1)
    p:drop(1, 2, 401, "invalid_api_key")
    assert.same({
      label = "http://127.0.0.1:9/v1", sent = 1, succeeded = 1, failed = 0, in_flight = 0,
      keys = 2, keys_alive = 1, weight = 2, health = 1.0, standing = "serving", until_ = 0.0,
      quota = { requests = 9, images = 8, tokens = 70000 },
      used = { requests = 1, images = 3, tokens = 50 },
      key_list = {
        { out = false, status = 0, code = "", parked = 0.0, tail = "" },
        { out = true, status = 401, code = "invalid_api_key", parked = 0.0, tail = "" },
      },
    }, p:stats(1)[1])
  end)

  it("hears what a key and an endpoint may do", function()
    local p = assert(pool.new { one { keys = { "key-one-one" } } })
    local function tell(report, now)
      p:report(assert(p:pick({ model = "new" }, now)), report, now)
    end
    tell({ verdict = "retry", status = 429, code = "rate_limit_exceeded", retry_after = 5 }, 1)
    assert.equal(5, p:stats(1)[1].key_list[1].parked)
    assert.equal("parked", p:stats(1)[1].standing)
    assert.same({ nil, 5 }, { p:pick(nil, 1) })
    assert.same({ 2, 3 }, { p:outage(3) })
    tell({ verdict = "failover", scope = "model", status = 404, model = "new" }, 6)
    assert.same({ n = 2 }, table.pack(p:pick({ model = "new" }, 6)))
    p:report(assert(p:pick({ model = "old" }, 6)), { verdict = "failover", scope = "reach" }, 6)
    assert.equal("aside", p:stats(6)[1].standing)
    assert.equal(1, p:stats(6)[1].until_)
    assert.same({ 3, nil }, { p:outage(9) })
    local probe = assert(p:pick(nil, 9))
    assert.is_true(probe.probe)
    p:report(probe, "ok", 9)
    assert.is_nil(p:outage(9))
  end)

  it("counts keys and their groups", function()
    local p = assert(pool.new { one {
      keys = { { key = "key-one-one", group = "team" }, { key = "key-two-two", group = "team" },
        { key = "key-three", limit = 2 } },
      groups = { team = { limit = 1 } }, window = 10,
    } })
    local served = { 0, 0, 0 }
    for _ = 1, 3 do
      local pick = assert(p:pick(nil, 1))
      served[pick.key] = served[pick.key] + 1
    end
    assert.same({ 1, 2 }, { served[1] + served[2], served[3] })
    assert.is_nil(p:pick(nil, 1))
  end)

  it("knows Azure, workers, and goes on without a folder", function()
    local azure = one { base = "https://x.openai.azure.com", api_version = "2025-04-01" }
    local p = assert(pool.new({ azure, one { kind = "azure", api_version = "1" } }, {}))
    assert.same({ "azure", "azure" }, { p:endpoints()[1].kind, p:endpoints()[2].kind })
    p:join(5)
    assert(p:pick(nil, 1))
    p:bury(4, 2)
    assert.equal(1, p:stats()[1].in_flight)
    p:bury(5, 2)
    assert.same({ 0, 1 }, { p:stats()[1].in_flight, p:stats()[1].failed })
    local none, err = pool.new { one { base = "https://x.openai.azure.com" } }
    assert.is_nil(none)
    assert.equal("no_api_version", err.code)
  end)

  it("says what is wrong with an endpoint", function()
    local cases = { {}, { one { base = "ftp://x" } }, { one { keys = {} } },
      { one(), one { base = "" } } }
    for _, endpoints in ipairs(cases) do
      local p, err = pool.new(endpoints)
      assert.is_nil(p)
      assert.truthy(err.kind == "config" or err.kind == "usage")
      assert.truthy(#err.message > 10)
    end
  end)

  it("refuses bad arguments", function()
    local p, closed = assert(pool.new { one() }), assert(pool.new { one() })
    local pick = p:pick()
    getmetatable(closed).__close(closed)
    getmetatable(closed).__gc(closed)
    local many = {}
    for i = 1, 257 do many[i] = one() end
    support.raises {
      { "attempt to use a closed pool", function() closed:pick() end },
      { "attempt to use a closed pool", function() closed:sent(pick) end },
      { "attempt to use a closed pool", function() closed:report(pick, "ok") end },
      { "attempt to use a closed pool", function() closed:endpoints() end },
      { "attempt to use a closed pool", function() closed:stats() end },
      { "attempt to use a closed pool", function() closed:knows("x") end },
      { "bad argument #1 to 'new' (table expected, got no value)", function() pool.new() end },
      { "bad argument #1 to 'new' (more than 256 endpoints)", function() pool.new(many) end },
      { "bad argument #1 to 'new' (item 1: table expected, got string)",
        function() pool.new { "x" } end },
      { "bad argument #1 to 'new' (item 2: unknown option 'wieght'; did you mean 'weight'?)",
        function() pool.new { one(), one { wieght = 1 } } end },
      { "bad argument #1 to 'new' (item 1: option 'base' is missing)",
        function() pool.new { { keys = { "x" } } } end },
      { "bad argument #1 to 'new' (item 1: option 'keys' is missing)",
        function() pool.new { { base = "http://x" } } end },
      { "bad argument #1 to 'new' (item 1: option 'keys': list of keys expected, got string)",
        function() pool.new { one { keys = "secret-secret" } } end },
      { "bad argument #1 to 'new' (item 1: option 'keys': element 2: string or table expected, "
        .. "got 5)", function() pool.new { one { keys = { "x", 5 } } } end },
      { "bad argument #1 to 'new' (item 1: option 'field': 'auto', 'image' or 'image[]' expected, "
        .. "got 'images')", function() pool.new { one { field = "images" } } end },
      { "bad argument #1 to 'new' (item 1: option 'field': string expected, got boolean)",
        function() pool.new { one { field = true } } end },
      { "bad argument #1 to 'sent' (not a pick of this pool)",
        function() p:sent { endpoint = 2, key = 1, slot = 0 } end },
      { "bad argument #1 to 'sent' (not a pick of this pool)",
        function() p:sent { endpoint = 1, key = 3, slot = 0 } end },
      { "bad argument #1 to 'sent' (table expected, got no value)", function() p:sent() end },
      { "bad argument #2 to 'report' (invalid option 'good')",
        function() p:report(pick, "good") end },
      { "bad argument #2 to 'report' (string expected, got no value)",
        function() p:report(pick) end },
      { "bad argument #2 to 'pick' (seconds from 0 to 1e12 expected)",
        function() p:pick(nil, -1) end },
      { "bad argument #1 to 'knows' (string expected, got nil)", function() p:knows(nil) end },
    }
  end)

  it("refuses bad keys, groups and reports", function()
    local p = assert(pool.new { one() })
    local pick = p:pick()
    support.raises {
      { "bad argument #1 to 'new' (item 1: option 'keys': element 1: unknown option 'kez'; did "
        .. "you mean 'key'?)", function() pool.new { one { keys = { { kez = "x" } } } } end },
      { "bad argument #1 to 'new' (item 1: option 'keys': element 1: option 'key' is missing)",
        function() pool.new { one { keys = { { limit = 1 } } } } end },
      { "bad argument #1 to 'new' (item 1: option 'groups': group 'a': table expected, got 5)",
        function() pool.new { one { groups = { a = 5 } } } end },
      { "bad argument #1 to 'new' (item 1: option 'groups': group names are strings)",
        function() pool.new { one { groups = { {} } } } end },
      { "bad argument #2 to 'new' (unknown option 'folder')",
        function() pool.new({ one() }, { folder = "x" }) end },
      { "bad argument #1 to 'drop' (no such endpoint)", function() p:drop(2, 1) end },
      { "bad argument #2 to 'drop' (no such key)", function() p:drop(1, 3) end },
      { "bad argument #1 to 'join' (0 to 1023 expected)", function() p:join(1024) end },
      { "bad argument #2 to 'report' (option 'verdict' is missing)",
        function() p:report(pick, {}) end },
      { "bad argument #2 to 'report' (option 'scope': 'none', 'key', 'endpoint', 'model', 'reach' "
        .. "or 'connection' expected, got 'all')",
        function() p:report(pick, { verdict = "failover", scope = "all" }) end },
    }
  end)

  it("shows its methods to the module that adds to them", function()
    assert.equal(getmetatable(assert(pool.new { one() })).__index, pool.methods)
  end)

  it("lives under an eager collector", function()
    support.stressed(function()
      for i = 1, 20 do
        local p = assert(pool.new { one(), one { keys = { "key" .. i, "key" .. i + 1 } } })
        local pick = assert(p:pick({ model = "m" .. i }, i))
        p:sent(pick, i)
        p:report(pick, "ok", i)
        assert(#p:endpoints() == 2 and #p:stats() == 2 and #p:stats()[2].key_list == 2)
      end
    end)
  end)
end)
