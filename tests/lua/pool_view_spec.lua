-- SPDX-License-Identifier: MIT
local json = require("diffgentor.json")
local pool_view = require("diffgentor.pool_view")
local text_table = require("diffgentor.text_table")

local function endpoint(more)
  local e = {
    label = "https://a/v1", sent = 0, succeeded = 0, failed = 0, in_flight = 0, keys = 1,
    keys_alive = 1, weight = 1, health = 1, standing = "serving", until_ = 0,
    quota = { requests = 0, images = 0, tokens = 0 },
    used = { requests = 0, images = 0, tokens = 0 },
    key_list = { { out = false, status = 0, code = "", parked = 0, tail = "" } },
  }
  for name, item in pairs(more or {}) do e[name] = item end
  return e
end

local function read(...) return pool_view.read(json.encode({ ... })) end

describe("pool_view.read", function()
  it("sets shares beside what the weights ask for", function()
    local list = read(endpoint({ sent = 30, weight = 1 }), endpoint({ sent = 70, weight = 3 }))
    assert.same({ 0.3, 0.25, 0.7, 0.75 },
      { list[1].share, list[1].weight_share, list[2].share, list[2].weight_share })
  end)

  it("bears nothing sent and no weight at all", function()
    local list = read(endpoint({ weight = 0 }), endpoint({ weight = 0 }))
    assert.same({ 0, 0.5 }, { list[1].share, list[1].weight_share })
  end)

  it("knows nothing where nothing was noted", function()
    for _, text in ipairs({ "", "null", "3", "[]" }) do assert.same({}, pool_view.read(text)) end
    assert.same({}, pool_view.read(nil))
    assert.same({}, pool_view.lines({}, true))
  end)
end)

describe("pool_view.lines", function()
  local LIST = {
    endpoint({ sent = 120, in_flight = 4, weight = 1, quota = { requests = 60, images = 0,
      tokens = 1000 }, used = { requests = 12, images = 0, tokens = 250 } }),
    endpoint({ label = "http://b", sent = 240, weight = 2, health = 0.25, standing = "aside",
      until_ = 3.2, keys = 3, keys_alive = 2, key_list = {
        { out = false, parked = 0, tail = "" },
        { out = true, status = 401, code = "invalid_api_key", parked = 0, tail = "wxyz" },
        { out = false, status = 0, code = "", parked = 11.5, tail = "" },
      } }),
  }

  it("are a table and what is worth telling of keys", function()
    assert.same({
      "pool now:",
      "  sent  share  weight  in flight              limit used  health  keys  standing    "
        .. "endpoint",
      "   120  33.3%   33.3%          4  12/60, 250/1000 tokens    100%   1/1  serving     "
        .. "https://a/v1",
      "   240  66.7%   66.7%          0                    none     25%   2/3  aside, 4 s  "
        .. "http://b",
      "  key 2 (...wxyz) of http://b is out: 401 invalid_api_key",
      "  key 3 of http://b is parked, 12 s",
    }, pool_view.lines(read(table.unpack(LIST)), true))
  end)

  it("say when that was", function()
    local list = read(endpoint())
    assert.equal("pool when the run ended:", pool_view.lines(list, false, true)[1])
    assert.equal("pool when the run was last seen:", pool_view.lines(list, false, false)[1])
  end)

  it("show foreign text harmlessly", function()
    local list = read(endpoint({ label = "http://\27[2J", key_list = { { out = true, status = 400,
      code = "\27]0;x\7", parked = 0 } } }))
    assert.is_nil(table.concat(pool_view.lines(list, true)):find("%c"))
  end)
end)

describe("text_table", function()
  it("lines cells up, by characters", function()
    assert.same({ "n   name", "1   x", "22  y" }, text_table({ { "n", "name" }, { "1", "x" },
      { "22", "y" } }))
    assert.same({ " é  b", "ab  c" }, text_table({ { "é", "b" }, { "ab", "c" } }, { true }))
    assert.same({}, text_table({}))
  end)
end)
