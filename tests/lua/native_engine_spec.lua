-- SPDX-License-Identifier: MIT
--
-- diffgentor.engine, against the rehearsal server at DG_REHEARSAL.

local engine = require("diffgentor.engine")
local multipart = require("diffgentor.multipart")
local pool = require("diffgentor.native.pool")
local support = require("support")

local base = os.getenv("DG_REHEARSAL")
-- Port 1 of the loopback: nobody listens there.
local nobody = "http://127.0.0.1:1/"

local function new_pool()
  return assert(pool.new { { base = base, keys = { "sk-spec-key-1" } } })
end

describe("engine", function()
  local e

  before_each(function() e = assert(engine.new()) end)
  after_each(function()
    e:close()
    support.sweep()
  end)

  it("has nothing under way at first", function()
    assert.equal(0, e:pending())
    assert.equal(0, e:in_flight())
    assert.same({ n = 1 }, table.pack(e:wait()))
    assert.same({ n = 1 }, table.pack(e:wait(5)))
  end)

  it("sleeps, in the order of time", function()
    local late, early = e:sleep(0.02), e:sleep(0)
    assert.equal(2, e:pending())
    local id, outcome = e:wait()
    assert.equal(early, id)
    assert.is_true(outcome.ok)
    assert.equal(late, (e:wait()))
    assert.equal(0, e:pending())
  end)

  it("gives up waiting when the time is over", function()
    local id = e:sleep(60)
    assert.is_nil((e:wait(0.001)))
    e:cancel(id)
    e:cancel(id + 100)
    local ended, outcome = e:wait(5)
    assert.equal(id, ended)
    assert.is_false(outcome.ok)
    assert.equal("stopped", outcome.error.kind)
  end)

  it("fetches a page without a pool, and never a key", function()
    local headers = { ["X-B"] = "2", ["X-A"] = "1" }
    local id = assert(e:submit { url = base .. "/models", headers = headers })
    local ended, outcome = e:wait(10)
    assert.equal(id, ended)
    assert.is_false(outcome.ok)
    assert.equal(401, outcome.status)
    assert.equal("api", outcome.error.kind)
    assert.equal(401, outcome.error.status)
    assert.equal(1, outcome.error.attempts)
    assert.equal(outcome.error.message, tostring(outcome.error))
    assert.is_true(require("diffgentor.error").is(outcome.error))
    assert.is_nil(outcome.endpoint_index)
    assert.equal("", outcome.endpoint)
  end)

  it("asks an endpoint of a pool with its key", function()
    local p = new_pool()
    assert(e:submit { pool = p, path = "/models", timeout = 10, connect_timeout = 5,
      max_retries = 1, retry_delay = 0.01 })
    local _, outcome = e:wait(10)
    assert.is_nil(outcome.error)
    assert.is_true(outcome.ok)
    assert.equal("ok", outcome.verdict)
    assert.equal(200, outcome.status)
    assert.equal(1, outcome.attempts)
    assert.equal(1, outcome.endpoint_index)
    assert.equal(base, outcome.endpoint)
    assert.truthy(outcome.text:find('"data"', 1, true))
    assert.truthy(outcome.content_type:find("application/json", 1, true))
    assert.truthy(outcome.latency >= 0 and outcome.waited >= 0)
    assert.is_false(outcome.possibly_billed)
    assert.same({}, outcome.pictures)
    assert.equal(1, p:stats()[1].succeeded)
  end)

  it("edits a picture: the file is Lua's", function()
    local dir = support.folder()
    local form = multipart.new():field("model", "gpt-image-1"):field("prompt", "a hat")
      :bytes("image", support.png)
    assert(e:submit { pool = new_pool(), path = "/images/edits", form = form, sink = "reply",
      directory = dir, stem = "row", picture_keys = { "b64_json" }, max_bytes = 10000000 })
    form = nil -- luacheck: ignore 311 (the engine holds it)
    collectgarbage()
    local _, outcome = e:wait(10)
    assert.is_nil(outcome.error)
    assert.equal(1, #outcome.pictures)
    local picture = outcome.pictures[1]
    assert.equal("png", picture.kind)
    assert.equal("image/png", picture.type)
    assert.truthy(picture.path:find(dir .. "/row", 1, true))
    e:close()
    assert.equal(picture.size, #support.get(picture.path))
    assert.truthy(outcome.text:find('"b64_json":0', 1, true))
    assert.is_true(outcome.request_id ~= "")
  end)

  it("tells what the server refused", function()
    assert(e:submit { pool = new_pool(), path = "/images/edits", sink = "reply",
      directory = support.folder(), stem = "row", body = '{"model":"gpt-image-1"}' })
    local _, outcome = e:wait(10)
    assert.is_false(outcome.ok)
    assert.equal("fatal", outcome.verdict)
    assert.equal(400, outcome.status)
    assert.equal("invalid_request_error", outcome.error_type)
    assert.equal(outcome.request_id, outcome.error.request_id)
  end)

  it("tells that nobody answers", function()
    assert(e:submit { url = nobody })
    local _, outcome = e:wait(10)
    assert.is_false(outcome.ok)
    assert.equal("network", outcome.error.kind)
    assert.equal("retry", outcome.verdict)
    assert.equal(0, outcome.status)
  end)

  it("refuses addresses that are not public", function()
    assert(e:submit { url = base .. "/models", public_only = true })
    local _, outcome = e:wait(10)
    assert.is_false(outcome.ok)
    assert.equal(0, outcome.status)
    assert(e:submit { url = base .. "/models", public_only = true, trusted = new_pool() })
    _, outcome = e:wait(10)
    assert.equal(401, outcome.status)
  end)

  it("says why it does not take a request", function()
    for _, request in ipairs { {}, { url = "ftp://x/" }, { url = "x" },
      { url = nobody, headers = { A = "b\r\nc: d" } } } do
      local id, err = e:submit(request)
      assert.is_nil(id)
      assert.truthy(#err.message > 5)
    end
    assert.equal(0, e:pending())
  end)
end)

-- What is wrong with a request, behind "bad argument #1 to 'submit' ".
local function bad_requests()
  local shut_pool, shut_form = new_pool(), multipart.new()
  getmetatable(shut_pool).__close(shut_pool)
  getmetatable(shut_form).__close(shut_form)
  return {
    { "(unknown option 'metod'; did you mean 'method'?)", { metod = "GET" } },
    { "(unknown option 'quality')", { quality = "high" } },
    { "(option names are strings, got a number)", { "x" } },
    { "(option 'url': string expected, got boolean)", { url = true } },
    { "(option 'url': string contains a zero byte)", { url = "http://a\0b" } },
    { "(option 'body': string expected, got table)", { body = {} } },
    { "(option 'pool': open pool expected, got table)", { pool = {} } },
    { "(option 'pool': open pool expected, got userdata)", { pool = shut_pool } },
    { "(option 'trusted': open pool expected, got userdata)", { trusted = multipart.new() } },
    { "(option 'form': open form expected, got userdata)", { form = shut_form } },
    { "(option 'sink': 'reply', 'file' or 'text' expected, got 'disk')", { sink = "disk" } },
    { "(option 'sink': string expected, got 1)", { sink = 1 } },
    { "(option 'headers': table of strings by name expected, got string)", { headers = "A: b" } },
    { "(option 'headers': table of strings by name expected, got a list)",
      { headers = { "A: b" } } },
    { "(option 'headers': A: string expected, got 1)", { headers = { A = 1 } } },
    { "(option 'headers': a name contains a zero byte)", { headers = { ["A\0"] = "b" } } },
    { "(option 'picture_keys': list of strings expected, got string)",
      { picture_keys = "b64_json" } },
    { "(option 'picture_keys': element 1: string contains a zero byte)",
      { picture_keys = { "a\0" } } },
    { "(option 'max_bytes': whole number from 0 expected, got -1)", { max_bytes = -1 } },
    { "(option 'max_retries': whole number from 0 to 2147483647 expected, got 0.5)",
      { max_retries = 0.5 } },
    { "(option 'max_redirects': whole number from 0 to 2147483647 expected, got 2147483648)",
      { max_redirects = 2147483648 } },
    { "(option 'timeout': more than 0 seconds expected)", { timeout = 0 } },
    { "(option 'timeout': seconds from 0 to 1e12 expected, got string)", { timeout = "5" } },
    { "(option 'retry_delay': seconds from 0 to 1e12 expected, got inf)",
      { retry_delay = math.huge } },
    { "(option 'public_only': boolean expected, got 1)", { public_only = 1 } },
  }
end

describe("engine, badly used,", function()
  it("refuses bad requests", function()
    local e <close> = assert(engine.new {})
    local cases = {}
    for i, case in ipairs(bad_requests()) do
      cases[i] = { "bad argument #1 to 'submit' " .. case[1], function() e:submit(case[2]) end }
    end
    support.raises(cases)
    assert.equal(0, e:pending())
  end)

  it("refuses bad arguments", function()
    local e <close> = assert(engine.new())
    support.raises {
      { "bad argument #1 to 'new' (table expected, got string)", function() engine.new("x") end },
      { "bad argument #1 to 'new' (unknown option 'cafile'; did you mean 'ca_file'?)",
        function() engine.new { cafile = "x" } end },
      { "bad argument #1 to 'sleep' (number expected, got no value)", function() e:sleep() end },
      { "bad argument #1 to 'sleep' (seconds from 0 to 1e12 expected)",
        function() e:sleep(-1) end },
      { "bad argument #1 to 'wait' (number expected, got string)", function() e:wait("x") end },
      { "bad argument #1 to 'wait' (seconds from 0 to 1e12 expected)", function() e:wait(-1) end },
      { "bad argument #1 to 'cancel' (number expected, got no value)", function() e:cancel() end },
      { "bad argument #1 to 'submit' (table expected, got no value)", function() e:submit() end },
      { "bad argument #1 to 'pending' (diffgentor.engine expected, got table)",
        function() e.pending({}) end },
    }
  end)

  it("says that it is closed, however often it was", function()
    local closed = assert(engine.new())
    closed:close()
    closed:close()
    getmetatable(closed).__gc(closed)
    local cases = {}
    for _, name in ipairs { "submit", "sleep", "wait", "cancel", "pending", "in_flight" } do
      cases[#cases + 1] = { "attempt to use a closed engine",
        function() closed[name](closed, {}) end }
    end
    support.raises(cases)
  end)

  it("aborts what is in flight when it is dropped", function()
    local dir = support.folder()
    do
      local e <close> = assert(engine.new())
      assert(e:submit { url = nobody, sink = "file", directory = dir, stem = "x" })
      e:sleep(60)
    end
    local e = assert(engine.new())
    assert(e:submit { pool = new_pool(), path = "/models" })
    e:wait(0.001)
    e = nil -- luacheck: ignore 311
    collectgarbage()
    support.sweep()
  end)

  it("lives under an eager collector", function()
    local p = new_pool()
    support.stressed(function()
      local e <close> = assert(engine.new())
      for _ = 1, 5 do
        assert(e:submit { pool = p, path = "/models", headers = { A = "1", B = "2" } })
        e:sleep(0)
      end
      for _ = 1, 10 do
        local id, outcome = e:wait(10)
        assert(id and outcome.ok)
      end
    end)
  end)
end)
