-- SPDX-License-Identifier: MIT
--
-- diffgentor.multipart.

local multipart = require("diffgentor.multipart")
local support = require("support")

describe("multipart", function()
  after_each(support.sweep)

  it("chains, and knows its size and type", function()
    local path = support.put(support.folder() .. "/a.png", support.png)
    local form = multipart.new()
    local empty = form:size()
    assert.equal(form, form:field("model", "m"):field("n", 2):file("image", path)
      :file("image", path, { filename = "b.png", type = "image/png" })
      :bytes("mask", support.png, { filename = "m.png" }):bytes("raw", "\0\1", {}))
    assert.truthy(form:size() > empty + 3 * #support.png)
    assert.truthy(form:type():find("^multipart/form%-data; boundary="))
  end)

  it("says what it cannot add", function()
    local form = multipart.new()
    local ok, err = form:file("image", "/none/a.png")
    assert.is_nil(ok)
    assert.truthy(err.message:find("/none/a.png", 1, true))
    ok, err = form:file("image", "a\0b")
    assert.is_nil(ok)
    assert.equal("bad_path", err.code)
  end)

  it("refuses bad arguments", function()
    local form, closed = multipart.new(), multipart.new()
    getmetatable(closed).__close(closed)
    getmetatable(closed).__gc(closed)
    support.raises {
      { "attempt to use a closed form", function() closed:field("a", "b") end },
      { "attempt to use a closed form", function() closed:file("a", "b") end },
      { "attempt to use a closed form", function() closed:bytes("a", "b") end },
      { "attempt to use a closed form", function() closed:size() end },
      { "attempt to use a closed form", function() closed:type() end },
      { "bad argument #1 to 'field' (string expected, got nil)",
        function() form:field(nil, "b") end },
      { "bad argument #1 to 'field' (string contains a zero byte)",
        function() form:field("a\0b", "b") end },
      { "bad argument #2 to 'field' (string expected, got table)",
        function() form:field("a", {}) end },
      { "bad argument #2 to 'file' (string expected, got nil)",
        function() form:file("a", nil) end },
      { "bad argument #3 to 'file' (table expected, got number)",
        function() form:file("a", "b", 1) end },
      { "bad argument #3 to 'file' (unknown option 'filname'; did you mean 'filename'?)",
        function() form:file("a", "b", { filname = "x" }) end },
      { "bad argument #3 to 'bytes' (unknown option 'quality')",
        function() form:bytes("a", "b", { quality = "x" }) end },
      { "bad argument #3 to 'bytes' (option 'type': string expected, got 7)",
        function() form:bytes("a", "b", { type = 7 }) end },
      { "bad argument #3 to 'bytes' (option 'filename': string contains a zero byte)",
        function() form:bytes("a", "b", { filename = "x\0" }) end },
      { "bad argument #3 to 'bytes' (option names are strings, got a number)",
        function() form:bytes("a", "b", { "x" }) end },
    }
  end)

  it("lives under an eager collector", function()
    support.stressed(function()
      for i = 1, 20 do
        local form <close> = multipart.new()
        form:field("a", ("x"):rep(i)):bytes("b", ("y"):rep(i), { filename = "f" .. i })
      end
    end)
  end)
end)
