-- SPDX-License-Identifier: MIT

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local multipart = require("diffgentor.multipart")
local openai = require("diffgentor.backends.openai")
local support = require("support")
local sys = require("diffgentor.sys")

local folder

local function picture(name)
  local info = image.sniff(support.png)
  info.bytes, info.filename = support.png, name
  return info
end

local function request(changes)
  local fields = { model = "gpt-image-1", prompt = "p", images = { picture("a.png") } }
  for key, value in pairs(changes or {}) do fields[key] = value end
  return openai.request(fields)
end

describe("openai.request", function()
  it("has API fields in their order, to be read and set by name", function()
    local params = { { "size", "auto" }, { "n", "2" } }
    local r = request({ params = params })
    assert.equal("2", r.n)
    r.quality = "high"
    r.size = "1024x1024"
    r.n = nil
    r.moderation = "low"
    r.seed = 7
    r.stream = false
    r.nothing = nil
    r.prompt = "new"
    assert.same({
      { "model", "gpt-image-1" }, { "prompt", "new" }, { "size", "1024x1024" },
      { "quality", "high" }, { "moderation", "low" }, { "seed", "7" }, { "stream", "false" },
    }, openai.fields(r))
    assert.same({ { "size", "auto" }, { "n", "2" } }, params)
    support.raises({
      { "request.x: a field is text, a number or a boolean, not a table",
        function() r.x = {} end },
      { "a field's name is text", function() r[3] = "x" end },
    })
  end)

  it("asks for nothing that was not asked for, but b64_json of dall-e", function()
    assert.same({ { "model", "gpt-image-1" }, { "prompt", "p" } }, openai.fields(request()))
    assert.same({ { "model", "mine" }, { "prompt", "p" } },
      openai.fields(request({ model = "mine" })))
    for _, model in ipairs({ "dall-e-2", "dall-e-3" }) do
      assert.same({ "response_format", "b64_json" }, openai.fields(request({ model = model }))[3])
      local r = request({ model = model, params = { { "response_format", "url" } } })
      assert.same({ { "response_format", "url" } }, { table.unpack(openai.fields(r), 3) })
    end
  end)
end)

describe("openai.form", function()
  local real_new, parts = multipart.new, nil

  before_each(function()
    folder, parts = support.folder(), {}
    local recorder = {}
    for _, kind in ipairs({ "field", "file", "bytes" }) do
      recorder[kind] = function(_, name, value, label)
        local shown = label and label.filename .. " " .. label.type or value
        parts[#parts + 1] = ("%s %s %s"):format(kind, name, shown)
        return recorder
      end
    end
    recorder.picture_bytes = function(_, bytes, label)
      return recorder.bytes(nil, "image", bytes, label)
    end
    recorder.picture = function(_, name, label) return recorder.file(nil, "image", name, label) end
    multipart.new = function() return recorder end
  end)
  after_each(function()
    multipart.new = real_new
    support.sweep()
  end)

  it("names one picture image and several image[], unless told otherwise", function()
    local cases = {
      { "auto", 1, "image" }, { "auto", 2, "image[]" }, { "image", 2, "image" },
      { "image[]", 1, "image[]" },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[3], openai.image_field(case[1], case[2]))
    end
  end)

  it("has fields, pictures in order, and the mask, all with names and types", function()
    local b = image.sniff(support.png)
    b.path, b.filename = support.put(folder .. "/b", support.png), "b.png"
    local r = request({ images = { picture("a.png"), b }, mask = picture("m.png") })
    r.size = "auto"
    assert(openai.form(r))
    assert.same({
      "field model gpt-image-1", "field prompt p", "field size auto",
      "bytes image a.png image/png", "file image b.png image/png",
      "bytes mask m.png image/png",
    }, parts)
  end)

  it("passes on a file that has gone", function()
    multipart.new = real_new
    local gone = picture("a.png")
    gone.bytes, gone.path = nil, folder .. "/gone.png"
    local form, err = openai.form(request({ images = { gone } }))
    assert.is_nil(form)
    assert.equal("image", err.kind)
    assert.truthy(err.message:find("gone.png", 1, true))
  end)
end)

describe("openai.read", function()
  local fetched

  before_each(function() folder, fetched = support.folder(), {} end)
  after_each(support.sweep)

  local function answered(text, bodies)
    local pictures = {}
    for i, body in ipairs(bodies or {}) do
      local path = support.put(("%s/p%d"):format(folder, i), body)
      pictures[i] = assert(image.file(path))
      pictures[i].path = path
    end
    return { ok = true, status = 200, request_id = "req_7", attempts = 2, text = text,
      pictures = pictures }
  end

  local function read(outcome)
    return openai.read(outcome, {
      directory = folder, stem = "s", trusted = "pool",
      downloads = {
        fetch = function(_, url, label, how)
          fetched[#fetched + 1] = { url, label, how.directory, how.stem, how.trusted,
            how.min_retries, how.finish }
          if url:find("gone") then return nil, errors.new("api", "http_404", "%s: gone", label) end
          local path = support.put(folder .. "/fetched", support.png)
          local info = assert(image.file(path))
          info.path = path
          return info
        end,
      },
    })
  end

  it("gives pictures, usage, model and the revised prompt", function()
    local reply = assert(read(answered('{"created":1,"model":"m","data":[{"b64_json":1,'
      .. '"revised_prompt":"better"},{"b64_json":0}],"usage":{"total_tokens":30,'
      .. '"input_tokens":10,"output_tokens":20}}', { support.png, support.png })))
    assert.same({ folder .. "/p2", folder .. "/p1" },
      { reply.pictures[1].path, reply.pictures[2].path })
    assert.same({ total_tokens = 30, input_tokens = 10, output_tokens = 20 }, reply.usage)
    assert.same({ "m", "better", 1 }, { reply.model, reply.revised_prompt, reply.raw.created })
  end)

  it("does not believe every number of tokens", function()
    local reply = assert(read(answered('{"data":[{"b64_json":0,"url":null}],"usage":'
      .. '{"total_tokens":-1,"input_tokens":1e300,"output_tokens":"5"}}', { support.png })))
    assert.same({}, reply.usage)
    assert.same({}, assert(read(answered('{"data":[{"b64_json":0}],"usage":null}',
      { support.png }))).usage)
  end)

  it("loads a picture that is only named", function()
    local reply = assert(read(answered('{"data":[{"b64_json":null,"url":"https://h/x.png"}]}')))
    assert.equal(folder .. "/fetched", reply.pictures[1].path)
    assert.same({ { "https://h/x.png", "picture 1, https://h/x.png", folder, "s", "pool", 5,
      true } },
      fetched)
  end)

  it("calls every senseless answer by its own name, and leaves no bad file", function()
    local silent = "the server answered without a picture; that is often silent moderation"
    local cases = {
      { '{"created":1,"data":[]}', "no_image", silent },
      { '{"created":1}', "no_image", silent },
      { '{"data":null}', "no_image", silent },
      { '{"data":[{"revised_prompt":"x"}]}', "no_image",
        "data[0] has neither b64_json nor url: " .. silent },
      { '{"data":[3]}', "bad_reply", "data[0] is no object" },
      { "[]", "no_image", silent },
      { "3", "bad_reply", "the answer is no JSON object" },
      { "{", "invalid_json", "the answer is no JSON: " },
      { '{"data":[{"b64_json":0}]}', "not_an_image", "picture 1 is no picture (PNG, JPEG, WebP, "
        .. 'GIF or SVG): it starts with "hello"', { "hello" } },
      { '{"data":[{"b64_json":0},{"b64_json":1}]}', "not_an_image", "picture 2 is empty",
        { support.png, "" } },
      { '{"data":[{"url":"ftp://h/x"}]}', "bad_url",
        "picture 1: its url is neither http:// nor https://: ftp://h/x" },
      { '{"data":[{"url":"http://h/gone"}]}', "http_404", "picture 1, http://h/gone: gone" },
    }
    for _, case in ipairs(cases) do
      local reply, err = read(answered(case[1], case[4]))
      assert.is_nil(reply)
      assert.same({ case[2], case[3] }, { err.code, err.message:sub(1, #case[3]) })
      assert.same({ 200, "req_7", 2 }, { err.status, err.request_id, err.attempts })
      for i, body in ipairs(case[4] or {}) do
        local kept = body == support.png and "file" or nil
        assert.equal(kept, file.kind(("%s/p%d"):format(folder, i)))
      end
    end
  end)

  it("keeps what is good of an answer that is good in part", function()
    local reply, err, good = read(answered('{"data":[{"b64_json":0},{"url":"http://h/gone1"},'
      .. '{"b64_json":1},{"url":"http://h/x"},{"url":"http://h/gone2"}],"thumb":{"b64_json":2}}',
      { support.png, "hello", support.png }))
    assert.is_nil(reply)
    assert.equal("http_404", err.code)
    assert.equal("picture 2, http://h/gone1: gone; picture 3 is no picture (PNG, JPEG, WebP, GIF "
      .. 'or SVG): it starts with "hello"; picture 5, http://h/gone2: gone', err.message)
    assert.same({ 200, "req_7", 2 }, { err.status, err.request_id, err.attempts })
    assert.same({ folder .. "/p1", folder .. "/fetched" }, { good[1].path, good[2].path })
    assert.same({ "file", "file" }, { file.kind(good[1].path), file.kind(good[2].path) })
    assert.is_nil(file.kind(folder .. "/p2"))
    assert.is_nil(file.kind(folder .. "/p3"))
  end)

  it("gives the whole URL of a picture that cannot be loaded, without secrets", function()
    sys.secret("sk-openai-spec-secret-123456")
    local url = "https://h/gone?" .. ("a"):rep(3000) .. "&key=sk-openai-spec-secret-123456&end"
    local _, err = read(answered(('{"data":[{"url":"%s"}]}'):format(url)))
    assert.truthy(err.message:find("; its whole URL: https://h/gone?" .. ("a"):rep(3000), 1, true))
    assert.equal("&end", err.message:sub(-4))
    assert.is_nil(err.message:find("sk-openai-spec-secret-123456", 1, true))
  end)

  it("tells only so many faults of one answer", function()
    local _, err = read(answered('{"data":[3' .. (",3"):rep(99) .. "]}"))
    assert.equal("; data[15] is no object; and 84 more", err.message:sub(-36))
  end)

  it("removes files that no picture of the reply is", function()
    assert(read(answered('{"data":[{"b64_json":1}],"thumb":{"b64_json":0}}',
      { support.png, support.png })))
    assert.is_nil(file.kind(folder .. "/p1"))
    assert.equal("file", file.kind(folder .. "/p2"))
  end)

  it("passes on the engine's error", function()
    local outcome = answered("", { support.png })
    outcome.ok, outcome.error = false, errors.new("api", "moderation_blocked", "no")
    local reply, err = read(outcome)
    assert.is_nil(reply)
    assert.equal(outcome.error, err)
    assert.is_nil(file.kind(folder .. "/p1"))
  end)
end)
