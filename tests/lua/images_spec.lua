-- SPDX-License-Identifier: MIT

local base64 = require("diffgentor.base64")
local images = require("diffgentor.images")
local support = require("support")

local folder

local function put(name, bytes) return support.put(folder .. "/" .. name, bytes or support.png) end

local function texts(cell)
  local refs, err = images.split(cell, folder)
  if not refs then return nil, err end
  local list = {}
  for i, ref in ipairs(refs) do list[i] = ref.text end
  return list
end

describe("images.split", function()
  before_each(function()
    folder = support.folder()
    put("a.png")
    put("b.png")
    put("c,1.png")
    put("d|e.png")
  end)
  after_each(support.sweep)

  it("separates pictures as the documentation says", function()
    local cloud = "https://res.example.com/w_300,h_200/x.jpg"
    local data = "data:image/png;base64,iVBORw0KGgo="
    local svg = "data:image/svg+xml,<svg d='M1,2|3,4'/>"
    local cases = {
      { "a.png", { "a.png" } },
      { "  a.png ", { "a.png" } },
      { "a.png,b.png", { "a.png", "b.png" } },
      { "a.png, b.png", { "a.png", "b.png" } },
      { "a.png|b.png", { "a.png", "b.png" } },
      { "a.png|/x/y.png", { "a.png", "/x/y.png" } },
      { "x.png,y.png,z.png", { "x.png", "y.png", "z.png" } },
      { '["a.png", "c,1.png"]', { "a.png", "c,1.png" } },
      { "c,1.png", { "c,1.png" } },
      { "d|e.png", { "d|e.png" } },
      { "c,1.png|a.png", { "c,1.png", "a.png" } },
      { "no,such.png", { "no", "such.png" } },
      { cloud, { cloud } },
      { cloud .. "," .. cloud, { cloud, cloud } },
      { cloud .. "|" .. cloud, { cloud, cloud } },
      { cloud .. ",a.png", { cloud, "a.png" } },
      { cloud .. ",missing.png", { cloud .. ",missing.png" } },
      { "a.png," .. cloud, { "a.png", cloud } },
      { cloud .. ",a.png,missing.png", { cloud, "a.png", "missing.png" } },
      { "HTTPS://h/a,b", { "HTTPS://h/a,b" } },
      { "https://h/a,,b", { "https://h/a,,b" } },
      { "https://h/a,.", { "https://h/a,." } },
      { data, { data } },
      { data .. "," .. data, { data, data } },
      { data .. "|" .. data, { data, data } },
      { data .. ",a.png," .. cloud, { data, "a.png", cloud } },
      { "DATA:," .. "x,y", { "DATA:,x,y" } },
      { svg, { svg } },
      { svg .. "|a.png", { svg, "a.png" } },
      { "a.png,", { "a.png" } },
      { "|a.png||b.png|", { "a.png", "b.png" } },
    }
    for _, case in ipairs(cases) do
      assert.same(case[2], (texts(case[1])), case[1])
    end
  end)

  it("refuses cells that name no picture", function()
    local cases = {
      { "", "no_image", "the image cell is empty" },
      { " \t ", "no_image", "the image cell is empty" },
      { ",", "no_image", "the image cell is empty" },
      { "[]", "no_image", "the image cell is empty" },
      { '["a.png", 3]', "bad_image_list", "image 2 of the JSON list is not a path or URL" },
      { '["a.png", ""]', "bad_image_list", "image 2 of the JSON list is not a path or URL" },
      { "[a.png]", "bad_image_list", "[a.png]: is no JSON list" },
    }
    for _, case in ipairs(cases) do
      local list, err = texts(case[1])
      assert.is_nil(list)
      assert.same({ case[2], case[3] }, { err.code, err.message })
    end
  end)

  it("shows URLs without passwords and data: URLs shortened", function()
    local refs = assert(images.split("https://me:secret@h/a.png", folder))
    assert.equal("https://h/a.png", refs[1].label)
    refs = assert(images.split("data:image/png;base64," .. ("A"):rep(400), folder))
    assert.equal("data:image/png;base64,AAAAAAAAAAAAAAAAAA...", refs[1].label)
    refs = assert(images.split("data:\27[2J," .. ("A"):rep(400), folder))
    assert.equal("data:\\x1b[2J," .. ("A"):rep(30) .. "...", refs[1].label)
    refs = assert(images.split("https://me:se@cr@et@h/a@b.png", folder))
    assert.equal("https://h/a@b.png", refs[1].label)
  end)
end)

describe("images.load", function()
  before_each(function() folder = support.folder() end)
  after_each(support.sweep)

  local function load(cell, context)
    return images.load(assert(images.split(cell, folder)), context or {})
  end

  it("judges local pictures by their bytes", function()
    put("a.png")
    put("photo.jpeg", "\xff\xd8\xff\xe0\0\16JFIF\0")
    put("really_png.jpg")
    put("noname")
    local list = assert(load("a.png|photo.jpeg|really_png.jpg|noname"))
    local seen = {}
    for i, p in ipairs(list) do seen[i] = p.kind .. " " .. p.type .. " " .. p.filename end
    assert.same({
      "png image/png a.png", "jpeg image/jpeg photo.jpeg", "png image/png really_png.png",
      "png image/png noname.png",
    }, seen)
    assert.same({ 1, 1, true, #support.png },
      { list[1].width, list[1].height, list[1].alpha, list[1].size })
  end)

  it("sends a plain name where the real one is none", function()
    put("bad\nname.png")
    assert.equal("image.png", assert(load("bad\nname.png"))[1].filename)
    put("\xff.png")
    assert.equal("image.png", assert(load("\xff.png"))[1].filename)
  end)

  it("says what is wrong with a file", function()
    put("text.png", "hello\x1b[2J and more text")
    put("empty.png", "")
    os.execute("mkdir " .. folder .. "/dir.png")
    local hint = "no such file; relative paths start at the input file's folder"
    local cases = {
      { "text.png", "not_an_image", folder .. '/text.png: is no picture (PNG, JPEG, WebP, GIF or '
        .. 'SVG): it starts with "hello\\x1b[2J and mo"' },
      { "empty.png", "not_an_image", folder .. "/empty.png: is empty" },
      { "none.png", "unreadable", folder .. "/none.png: " .. hint },
      { "/none.png", "unreadable", "/none.png: " .. hint },
      { "dir.png", "unreadable", folder .. "/dir.png: is a folder" },
      { "/dev/zero", "unreadable", "/dev/zero: is not a regular file" },
    }
    for _, case in ipairs(cases) do
      local list, err = load(case[1])
      assert.is_nil(list)
      assert.same({ "image", case[2], case[3] }, { err.kind, err.code, err.message })
    end
    put("a.png")
    local _, err = load("a.png|empty.png")
    assert.equal("image 2 of 2: " .. folder .. "/empty.png: is empty", err.message)
    assert(load("a.png", { max_bytes = #support.png }))
    _, err = load("a.png", { max_bytes = #support.png - 1 })
    assert.equal("a.png: has 68 bytes, more than the 67 allowed (--max_image_bytes)", err.message)
  end)

  it("decodes data: URLs", function()
    local text = base64.encode(support.png)
    local percent = support.png:gsub(".", function(c) return ("%%%02x"):format(c:byte()) end)
    for _, cell in ipairs({
      "data:image/png;base64," .. text, "data:;base64," .. text, "data:x;BASE64 ," .. text,
      "data:image/png;base64," .. text:gsub("%+", "%%2B"):gsub("=", "%%3d"),
      "data:image/png," .. percent,
    }) do
      local picture = assert(load('["' .. cell .. '"]'))[1]
      assert.same({ "png", "image.png", #support.png, true },
        { picture.kind, picture.filename, picture.size, picture.bytes == support.png })
    end
  end)

  it("says what is wrong with a data: URL", function()
    local cases = {
      { "data:image/png", "bad_data_url", "data:image/png: there is no comma in it" },
      { "data:;base64,!!!!", "bad_data_url",
        "data:;base64,!!!!: not base64: a wrong character after 0 decoded bytes" },
      { "data:,hello", "not_an_image", "data:,hello: is no picture (PNG, JPEG, WebP, GIF or SVG): "
        .. 'it starts with "hello"' },
      { "data:,", "not_an_image", "data:,: is empty" },
    }
    for _, case in ipairs(cases) do
      local list, err = load(case[1])
      assert.is_nil(list)
      assert.same({ case[2], case[3] }, { err.code, err.message })
    end
    local _, err = load("data:;base64," .. base64.encode(support.png), { max_bytes = 10 })
    assert.equal("too_large", err.code)
  end)

  it("refuses other schemes by name", function()
    for _, url in ipairs({ "file:///etc/passwd", "gopher://h/x", "FTP://h/x.png" }) do
      local list, err = load(url)
      assert.is_nil(list)
      local scheme = url:match("^%a+"):lower()
      assert.equal(("%s: %s:// is not read; images are paths, http(s):// and data: URLs"):format(
        url, scheme), err.message)
    end
  end)

  it("loads URLs through the downloads, and gives them back", function()
    local released = 0
    local downloads = {
      get = function(_, url)
        if url:find("bad") then
          return nil, require("diffgentor.error").new("network", "x", "no way")
        end
        return {
          path = folder .. "/x", kind = "webp", extension = "webp", type = "image/webp", size = 3,
          release = function() released = released + 1 end,
        }
      end,
    }
    do
      local list <close> = assert(load("https://h/dir/ph%20oto.png?x=1#y|http://h/",
        { downloads = downloads }))
      assert.same({ "ph oto.webp", "image.webp" }, { list[1].filename, list[2].filename })
      assert.equal(0, released)
    end
    assert.equal(2, released)
    local list, err = load("http://h/a|http://h/bad", { downloads = downloads })
    assert.is_nil(list)
    assert.equal("image 2 of 2: no way", err.message)
    assert.equal(3, released)
    local get = downloads.get
    function downloads:get(url)
      if url:find("raise") then error("raised", 0) end
      return get(self, url)
    end
    assert.has_error(function() load("http://h/a|http://h/raise", { downloads = downloads }) end,
      "raised")
    assert.equal(4, released)
  end)
end)
