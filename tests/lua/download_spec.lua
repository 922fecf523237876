-- SPDX-License-Identifier: MIT
--
-- The web is a stand-in for task.send: each URL a body, or an error.

local download = require("diffgentor.download")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local hash = require("diffgentor.hash")
local image = require("diffgentor.image")
local support = require("support")
local task = require("diffgentor.task")

local folder, requests, web
local real_send = task.send

local function fake_send(request)
  requests[#requests + 1] = request
  task.sleep(0.001)
  local body = web[request.url]
  if type(body) ~= "string" then
    local err = errors.new("api", "http_404", "the answer is a refusal")
    err.status = 404
    return { ok = false, error = err, pictures = {}, content_type = "" }
  end
  local path = assert(file.temp(request.directory, request.stem))
  support.put(path, body)
  local picture = assert(image.file(path))
  picture.path = path
  return { ok = true, pictures = { picture }, content_type = "text/plain" }
end

local function count(where)
  local listing = io.popen("ls " .. where):read("a")
  return select(2, listing:gsub("\n", ""))
end

describe("downloads", function()
  before_each(function()
    folder, requests = support.folder(), {}
    web = { ["http://h/a"] = support.png, ["http://h/html"] = "<html>", ["http://h/empty"] = "" }
    task.send = fake_send
  end)
  after_each(function()
    task.send = real_send
    support.sweep()
  end)

  local function new(more)
    local options = { folder = folder, timeout = 7, max_retries = 2, retry_delay = 0.5,
      max_bytes = 1234 }
    for key, value in pairs(more or {}) do options[key] = value end
    return assert(download.new(options))
  end

  it("ask for public addresses, follow few redirects, and keep limits", function()
    local downloads = new()
    task.run(function() assert(downloads:get("http://h/a")) end)
    assert.same({
      url = "http://h/a", sink = "file", directory = folder, stem = "download", max_bytes = 1234,
      timeout = 7, max_retries = 2, retry_delay = 0.5, max_redirects = 5, public_only = true,
    }, requests[1])
    downloads = new({ allow_private = true, trusted = "pool" })
    task.run(function() assert(downloads:get("http://h/a")) end)
    assert.same({ false, "pool" }, { requests[2].public_only, requests[2].trusted })
  end)

  it("load once what several ask for at once, and remove it after the last", function()
    local downloads, held = new(), {}
    task.run(function()
      local jobs = {}
      for i = 1, 8 do
        jobs[i] = task.spawn(function() held[i] = assert(downloads:get("http://h/a")) end)
      end
      for _, job in ipairs(jobs) do task.wait(job) end
    end)
    assert.equal(1, #requests)
    for i = 1, 8 do
      assert.equal("file", file.kind(held[i].path))
      held[i].release()
    end
    assert.is_nil(file.kind(held[1].path))
    task.run(function() assert(downloads:get("http://h/a")).release() end)
    assert.equal(2, #requests)
    assert.equal(0, count(folder))
  end)

  it("keep pictures in the cache under the URL's digest", function()
    local cache = folder .. "/cache/deep"
    local name = cache .. "/" .. hash.sha256("http://h/a") .. ".png"
    task.run(function()
      local picture = assert(new({ cache = cache }):get("http://h/a"))
      assert.equal(name, picture.path)
      picture.release()
      assert.equal(support.png, support.get(name))
      assert.equal(name, assert(new({ cache = cache }):get("http://h/a")).path)
      assert.equal(1, #requests)
      support.put(name, "rotten")
      assert.equal(name, assert(new({ cache = cache }):get("http://h/a")).path)
      assert.equal(2, #requests)
      assert.equal(support.png, support.get(name))
    end)
    assert.equal(1, count(cache))
  end)

  it("refuse what is no picture, by its bytes", function()
    for _, more in ipairs({ {}, { cache = folder .. "/cache" } }) do
      task.run(function()
        local downloads = new(more)
        local picture, err = downloads:get("http://h/html", "the label")
        assert.is_nil(picture)
        assert.same({ "image", "not_an_image", "the label: is no picture (PNG, JPEG, WebP, GIF or "
          .. 'SVG): it starts with "<html>", sent as text/plain' },
          { err.kind, err.code, err.message })
        _, err = downloads:get("http://h/empty")
        assert.equal("http://h/empty: is empty, sent as text/plain", err.message)
      end)
      assert.equal(0, count(more.cache or folder))
    end
  end)

  it("pass on what went wrong, and try again later", function()
    local downloads = new()
    task.run(function()
      local picture, err = downloads:get("http://h/none", "it")
      assert.is_nil(picture)
      assert.same({ "api", "http_404", "it: the answer is a refusal", 404 },
        { err.kind, err.code, err.message, err.status })
      web["http://h/none"] = support.png
      assert(downloads:get("http://h/none")).release()
    end)
  end)

  it("try more often for one who asks for it, and pass on that it is to finish", function()
    local how = { directory = folder, stem = "s", min_retries = 5, finish = true }
    for retries, expected in pairs({ [0] = 5, [2] = 5, [9] = 9 }) do
      requests = {}
      task.run(function() assert(new({ max_retries = retries }):fetch("http://h/a", "it", how)) end)
      assert.same({ expected, true }, { requests[1].max_retries, requests[1].finish })
    end
  end)

  it("forget a load that raised", function()
    local downloads, broken = new(), true
    task.send = function(request)
      if broken then error("broken", 0) end
      return fake_send(request)
    end
    task.run(function()
      for _ = 1, 2 do
        local ok, err = pcall(downloads.get, downloads, "http://h/a")
        assert.is_false(ok)
        assert.matches("broken", err, 1, true)
      end
      broken = false
      assert.is_nil(next(downloads.flights))
      assert(downloads:get("http://h/a")).release()
    end)
    assert.equal(1, #requests)
  end)

  it("cannot begin without a place for the cache", function()
    support.put(folder .. "/file", "x")
    local downloads, err = download.new({ folder = folder, cache = folder .. "/file/cache" })
    assert.is_nil(downloads)
    assert.equal("file", err.kind)
  end)
end)
