-- SPDX-License-Identifier: MIT
--
-- diffgentor.image.

local image = require("diffgentor.image")
local support = require("support")

describe("image", function()
  local png = { kind = "png", width = 1, height = 1, alpha = true, type = "image/png",
    extension = "png", size = #support.png }

  after_each(support.sweep)

  it("tells a whole picture from one that was cut off", function()
    assert.is_true(image.whole("scripts/examples/data/cat.png"))
    assert.is_true(image.whole("scripts/examples/data/hills.jpg"))
    assert.is_true(image.whole("scripts/examples/data/boat.webp"))
    assert.is_false(image.whole("README.md"))
    assert.is_false(image.whole("scripts/examples/data/none.png"))
  end)

  it("judges bytes", function()
    assert.same(png, image.sniff(support.png))
    assert.same({ kind = "unknown", width = 0, height = 0, alpha = false, size = 4,
      type = "application/octet-stream", extension = "bin" }, image.sniff("text"))
    assert.equal("unknown", image.sniff("").kind)
    assert.equal("jpg", image.sniff("\xff\xd8\xff\xe0").extension)
  end)

  it("judges files, whatever their name", function()
    local path = support.put(support.folder() .. "/a.jpg", support.png)
    assert.same(png, image.file(path))
  end)

  it("says what it cannot read", function()
    local dir = support.folder()
    for _, path in ipairs { dir .. "/none", dir, "a\0b" } do
      local info, err = image.file(path)
      assert.is_nil(info)
      assert.truthy(#err.message > 0 and err.kind)
    end
  end)

  it("refuses bad arguments", function()
    support.raises {
      { "bad argument #1 to 'file' (string expected, got nil)", function() image.file(nil) end },
      { "bad argument #1 to 'sniff' (string expected, got nil)", function() image.sniff(nil) end },
    }
  end)
end)
