-- SPDX-License-Identifier: MIT
--
-- What scripts have beside the pool, against the rehearsal server at DG_REHEARSAL: http,
-- shared limiters, CSV writers, the ledger's view, pictures.
local csv = require("diffgentor.csv")
local file = require("diffgentor.file")
local http = require("diffgentor.http")
local json = require("diffgentor.json")
local ledger = require("diffgentor.ledger")
local multipart = require("diffgentor.multipart")
local native = require("diffgentor.native.ratelimit")
local pool = require("diffgentor.pool")
local ratelimit = require("diffgentor.ratelimit")
local support = require("support")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local base = os.getenv("DG_REHEARSAL")
local folder = support.folder()

local function with_key(more)
  local options = { headers = { Authorization = "Bearer sk-http-spec-key" } }
  for name, item in pairs(more or {}) do
    options[name] = item
  end
  return options
end

describe("http", function()
  it("gets, with JSON as data", function()
    local answer = assert(http.get(base .. "/models", with_key()))
    assert.equal(200, answer.status)
    assert.equal("list", answer.data.object)
    assert.equal(1, answer.attempts)
  end)

  it("calls a status of 400 and more an error, with the answer's text", function()
    local answer, err = http.get(base .. "/nothing", with_key())
    assert.is_nil(answer)
    assert.equal(404, err.status)
    assert.equal("api", err.kind)
  end)

  it("adds no key of its own", function()
    local _, err = http.get(base .. "/models")
    assert.equal(401, err.status)
  end)

  it("posts tables as JSON, texts and forms", function()
    local messages = { messages = json.array({}) }
    local answer = assert(http.post(base .. "/chat/completions", messages, with_key()))
    assert.matches("^no: ", answer.data.choices[1].message.content)
    local _, err = http.post(base .. "/chat/completions", "no JSON", with_key())
    assert.equal(400, err.status)
    local form = multipart.new():field("model", "gpt-image-1"):field("prompt", "A hat")
      :bytes("image", support.png, { filename = "a.png" })
    answer = assert(form:post(base .. "/images/edits", with_key()))
    assert.truthy(answer.data.data[1].b64_json)
  end)

  it("fetches into a file that appears whole", function()
    local to = folder .. "/fetched/list"
    local found = assert(http.fetch(base .. "/models", to, with_key()))
    assert.equal(to, found.path)
    assert.equal("list", json.decode(assert(found:bytes())).object)
    assert.same({ "list" }, file.list(folder .. "/fetched"))
    assert.is_nil(http.fetch(base .. "/nothing", folder .. "/fetched/none", with_key()))
    assert.same({ "list" }, file.list(folder .. "/fetched"))
  end)

  it("refuses options that it does not have", function()
    assert.error_matches(function() http.get(base, { retries = 3 }) end, "unknown option 'retries'")
  end)
end)

describe("ratelimit", function()
  it("is one for all that have its name", function()
    native.folder(folder .. "/limits")
    if not ratelimit.new({ limit = 2, name = "x" }) then return end -- no memory file system here
    local name = "spec " .. sys.pid()
    local one = assert(ratelimit.new({ limit = 2, window = 60, name = name }))
    local two = assert(ratelimit.new({ limit = 2, window = 60, name = name }))
    assert.equal(0, one:take())
    assert.equal(0, two:take())
    assert.truthy(one:take() > 1)
    assert.truthy(two:delay() > 1)
    assert.equal(0, assert(ratelimit.new({ limit = 2, name = name .. " other" })):take())
  end)

  it("acquires by waiting, in tasks and outside", function()
    local limiter = ratelimit.new({ limit = 1, window = 0.05 })
    for _ = 1, 2 do
      assert.is_true(limiter:acquire())
    end
    task.run(function() assert.is_true(limiter:acquire()) end)
    assert.truthy(limiter:take() > 0)
  end)

  it("pauses in tasks and outside", function()
    assert.is_true(task.pause(0))
    assert.is_true(task.run(function() return task.pause(0.001) end))
  end)
end)

describe("csv.create", function()
  it("writes a file that appears whole", function()
    local name = folder .. "/table.csv"
    local writer = assert(csv.create(name))
    assert(writer:write({ "name", "said" }))
    assert(writer:write({ "a, b", 'He said "no"' }))
    assert.is_nil(file.kind(name))
    assert.is_true(writer:close())
    assert.equal('name,said\r\n"a, b","He said ""no"""\r\n',
      (support.get(name):gsub("\r?\n", "\r\n")))
  end)

  it("leaves nothing of one that is not closed, and says what cannot be written", function()
    local own = folder .. "/own"
    assert(file.mkdirs(own))
    do
      local writer = assert(csv.create(own .. "/lost.csv"))
      assert(writer:write({ 1 }))
    end
    collectgarbage()
    collectgarbage()
    assert.same({}, file.list(own))
    local writer, err = csv.create(folder .. "/none/x.csv")
    assert.is_nil(writer)
    assert.equal("file", err.kind)
  end)
end)

describe("a picture of pool:send", function()
  it("has bytes, a data URL, and is saved under its own extension", function()
    local made = assert(pool.from_env("OPENAI", { OPENAI_API_KEY = "sk-picture-spec",
      OPENAI_API_BASE = base }))
    local form = multipart.new():field("model", "gpt-image-1"):field("prompt", "A hat")
      :picture_bytes(support.png, { filename = "a.png" })
    local reply = assert(made:send({ path = "/images/edits", body = form }))
    local picture = reply.images[1]
    assert.equal(picture.size, #assert(picture:bytes()))
    assert.matches("^data:image/png;base64,iVBOR", picture:data_url())
    local name = assert(picture:save(folder .. "/saved/hat"))
    assert.equal(folder .. "/saved/hat.png", name)
    assert.equal(picture.size, #assert(picture:bytes()))
  end)
end)

describe("ledger", function()
  it("is read row by row, with counts", function()
    local out = folder .. "/ledger"
    assert(file.mkdirs(out))
    support.ledger(out, "image,instruction\na.png,one\nb.png,two\n")
    local view <close> = assert(ledger.open(out))
    local seen = {}
    for row in view:rows() do
      table.insert(seen, { row.position, row.state, row.cells.instruction })
    end
    assert.same({ { 0, "pending", "one" }, { 1, "pending", "two" } }, seen)
    assert.same({ "image", "instruction" }, view:names())
    assert.equal(2, view:counts().pending)
    assert.equal("b.png", view:row(1).cells.image)
    assert.is_nil(view:row(2))
  end)

  it("says where there is none", function()
    local view, err = ledger.open(folder .. "/nowhere")
    assert.is_nil(view)
    assert.equal("missing", err.code)
  end)
end)

teardown(support.sweep)
