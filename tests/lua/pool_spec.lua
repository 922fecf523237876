-- SPDX-License-Identifier: MIT
--
-- diffgentor.pool and the facade, against the rehearsal server at DG_REHEARSAL.
local dg = require("diffgentor")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local pool = require("diffgentor.pool")
local pool_view = require("diffgentor.pool_view")
local support = require("support")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local base = os.getenv("DG_REHEARSAL")

local function environment(more)
  local env = { OPENAI_API_KEY = "sk-pool-spec-key", OPENAI_API_BASE = base }
  for name, text in pairs(more or {}) do
    env[name] = text
  end
  return env
end

local function form()
  return dg.multipart():field("model", "gpt-image-1"):field("prompt", "Add a hat")
    :bytes("image", support.png, { filename = "a.png" })
end

describe("pool.from_env", function()
  it("makes a pool of what the variables describe", function()
    local made = assert(pool.from_env("OPENAI", environment({ DG_OPENAI_RATE_LIMIT = "60" })))
    assert.same({ { label = base, weight = 1, limit = 60, keys = 1, field = "auto",
      kind = "openai" } }, made:endpoints())
    made = assert(pool.from_env("OPENAI", environment({ OPENAI_API_VERSION = "1",
      OPENAI_API_BASE = "https://r.openai.azure.com/openai" })))
    assert.same({ "https://r.openai.azure.com", "azure" },
      { made:endpoints()[1].label, made:endpoints()[1].kind })
  end)

  it("shares limits with other pools of the user, unless told otherwise", function()
    local folder = support.folder()
    local env = environment({ DG_OPENAI_RATE_LIMIT = "2", XDG_RUNTIME_DIR = folder })
    local own = assert(pool.from_env("OPENAI", env, { private_limits = true }))
    assert.is_nil(file.kind(folder .. "/diffgentor"))
    assert(own:pick(nil, 1))
    local one = assert(pool.from_env("OPENAI", env, { rate_window = 5 }))
    local two = assert(pool.from_env("OPENAI", env, { rate_window = 5 }))
    assert.equal("directory", file.kind(folder .. "/diffgentor"))
    local first, second = assert(one:pick(nil, 1)), assert(two:pick(nil, 1))
    one:sent(first, 1)
    two:sent(second, 1)
    local pick, seconds = one:pick(nil, 1)
    assert.is_nil(pick)
    assert.is_true(seconds >= 5 and seconds < 6, seconds)
    assert.equal(2, two:stats(1)[1].used.requests)
    support.sweep()
  end)

  it("has figures that can be shown", function()
    local made = assert(pool.from_env("OPENAI", environment()))
    assert(made:pick())
    local list = pool_view.read(json.encode(made:stats()))
    assert.same({ 1, 1, "serving" }, { list[1].share, list[1].weight_share, list[1].standing })
    assert.equal(3, #pool_view.lines(list, true))
  end)

  it("gives nil and the error of a bad variable", function()
    local cases = {
      { { OPENAI_API_KEY = "" }, "no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS)" },
      { { DG_OPENAI_TIMEOUT = "x" },
        "DG_OPENAI_TIMEOUT: 'x' is not a number above 0 (at most 604800)" },
      { { DG_OPENAI_WEIGHTS = "x" },
        "DG_OPENAI_WEIGHTS, place 1: 'x' is not a whole number from 0 to 10000" },
    }
    for _, case in ipairs(cases) do
      local made, err = pool.from_env("OPENAI", environment(case[1]))
      assert.is_nil(made)
      assert.equal("config", err.kind)
      assert.equal(case[2], tostring(err))
    end
  end)
end)

describe("pool:send", function()
  local folder

  before_each(function() folder = support.folder() end)
  after_each(support.sweep)

  local function send(made, more)
    local request = { path = "/images/edits", body = form(), directory = folder }
    for name, item in pairs(more or {}) do
      request[name] = item
    end
    return made:send(request)
  end

  it("gives a reply whose pictures can be saved and read", function()
    local reply = assert(send(assert(pool.from_env("OPENAI", environment()))))
    assert.equal(200, reply.status)
    assert.equal(1, #reply.images)
    assert.equal("integer", math.type(reply.data.created))
    local picture = reply.images[1]
    local bytes = assert(picture:bytes())
    assert.equal(picture.size, #bytes)
    local saved = assert(picture:save(folder .. "/new/folder/hat"))
    assert.equal(folder .. "/new/folder/hat." .. picture.extension, saved)
    assert.equal(bytes, support.get(saved))
    assert.equal(bytes, assert(picture:bytes()))
    assert.is_nil(file.kind(picture.path))
  end)

  it("keeps a given extension, and says why it could not save", function()
    local reply = assert(send(assert(pool.from_env("OPENAI", environment()))))
    local picture = reply.images[1]
    support.put(folder .. "/plain", "a file")
    local saved, err = picture:save(folder .. "/plain/hat.dat")
    assert.is_nil(saved)
    assert.is_string(tostring(err))
    assert.equal(folder .. "/hat.dat", assert(picture:save(folder .. "/hat.dat")))
  end)

  it("removes pictures nobody saved", function()
    local reply = assert(send(assert(pool.from_env("OPENAI", environment()))))
    local path = reply.images[1].path
    assert.equal("file", file.kind(path))
    reply = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.is_nil(file.kind(path))
  end)

  it("gives nil and an error with status, attempts and request id", function()
    local made = assert(pool.from_env("OPENAI", environment()))
    local reply, err = send(made, { body = dg.multipart():field("model", "gpt-image-1") })
    assert.is_nil(reply)
    assert.equal("api", err.kind)
    assert.equal(400, err.status)
    assert.equal(1, err.attempts)
    assert.is_string(err.request_id)
  end)

  it("takes retries from the environment", function()
    local env = environment({ DG_OPENAI_API_BASE = os.getenv("DG_REHEARSAL_BUSY"),
      DG_OPENAI_MAX_RETRIES = "2", DG_OPENAI_RETRY_DELAY = "0" })
    local made = assert(pool.from_env("OPENAI", env))
    local reply, err = send(made)
    assert.is_nil(reply)
    assert.equal("api", err.kind)
    assert.equal(3, err.attempts)
  end)

  it("waits for an endpoint that cannot be reached, but not for ever", function()
    local env = environment({ OPENAI_API_BASE = "http://127.0.0.1:1" })
    local made = assert(pool.from_env("OPENAI", env))
    local reply, err = send(made, { max_outage = 0.05 })
    assert.is_nil(reply)
    assert.same({ "connect", 0 }, { err.code, err.attempts })
  end)

  it("sends from many tasks at once", function()
    local made, n, sent = assert(pool.from_env("OPENAI", environment())), 0, 0
    local function numbers()
      n = n + 1
      return n <= 20 and n or nil
    end
    assert(dg.each(numbers, { width = 8 }, function(i)
      local reply = assert(send(made))
      assert(reply.images[1]:save(("%s/%02d"):format(folder, i)))
      sent = sent + 1
    end))
    assert.equal(20, sent)
    assert.equal(20, made:stats()[1].succeeded)
  end)
end)

describe("require 'diffgentor'", function()
  it("has the short names", function()
    assert.equal(task.each, dg.each)
    assert.equal(task.send, dg.send)
    assert.equal(pool, dg.pool)
    assert.equal(sys.version, dg.version)
    assert.equal("a hat", dg.template("a {{x}}", { x = "hat" }))
    assert.is_function(dg.edit.extend)
    assert.equal(0, dg.ratelimit.new({ limit = 1 }):delay(1))
  end)

  it("opens rows, or raises why not", function()
    local path = support.put(support.folder() .. "/a.csv", "instruction\nx\ny\n")
    local seen = {}
    assert(dg.each(dg.rows(path), {}, function(row) table.insert(seen, row.instruction) end))
    assert.same({ "x", "y" }, seen)
    local ok, err = pcall(dg.rows, path .. ".missing")
    assert.is_false(ok)
    assert.matches("no such file", tostring(err), 1, true)
    support.sweep()
  end)

  it("names what it does not have", function()
    assert.has_error(function() return dg.nothing end, "diffgentor has no 'nothing'")
  end)
end)
