-- SPDX-License-Identifier: MIT
--
-- diffgentor.file.

local file = require("diffgentor.file")
local support = require("support")

describe("file", function()
  local dir

  before_each(function() dir = support.folder() end)
  after_each(support.sweep)

  it("makes folders", function()
    assert.is_true(file.mkdirs(dir .. "/a/b/c"))
    assert.is_true(file.mkdirs(dir .. "/a/b/c"))
    assert.equal("directory", file.kind(dir .. "/a/b/c"))
  end)

  it("tells kinds", function()
    assert.equal("file", file.kind(support.put(dir .. "/f", "")))
    assert.equal("directory", file.kind(dir))
    assert.equal("other", file.kind("/dev/null"))
    assert.is_nil(file.kind(dir .. "/none"))
    assert.is_nil(file.kind("a\0b"))
  end)

  it("writes at once and leaves nothing beside", function()
    local path = dir .. "/results.csv"
    assert.is_true(file.write(path, "one\0two"))
    assert.is_true(file.write(path, "three"))
    assert.equal("three", support.get(path))
    local pipe = assert(io.popen("ls -A " .. dir))
    assert.equal("results.csv\n", pipe:read("a"))
    pipe:close()
    assert.is_true(file.write(dir .. "/" .. ("n"):rep(250), "long name"))
  end)

  it("keeps what was there when it cannot write", function()
    assert.is_true(file.mkdirs(dir .. "/taken"))
    support.put(dir .. "/taken/inside", "x")
    local ok, err = file.write(dir .. "/taken", "x")
    assert.is_nil(ok)
    assert.equal("file", err.kind)
    assert.equal("x", support.get(dir .. "/taken/inside"))
    local pipe = assert(io.popen("ls -A " .. dir))
    assert.equal("taken\n", pipe:read("a"))
    pipe:close()
  end)

  it("writes a bare name into the working folder", function()
    local name = "native_file_spec.scratch"
    assert.is_true(file.write(name, "here"))
    assert.equal("here", support.get(name))
    assert.is_true(file.remove(name))
  end)

  it("reads up to a limit", function()
    local path = support.put(dir .. "/f", ("x\0"):rep(5))
    assert.equal(("x\0"):rep(5), file.read(path))
    assert.equal(("x\0"):rep(5), file.read(path, 10))
    local bytes, err = file.read(path, 9)
    assert.is_nil(bytes)
    assert.equal("file", err.kind)
    assert.truthy(err.message:find("9 bytes", 1, true))
  end)

  it("makes temporary files", function()
    local path = assert(file.temp(dir, "picture"))
    assert.truthy(path:find("^" .. dir .. "/picture%.%x+%.part$"))
    assert.equal("", support.get(path))
  end)

  it("places files beneath a folder, and nowhere else", function()
    local temp = assert(file.temp(dir, "t"))
    support.put(temp, "picture")
    assert.is_true(file.place(temp, dir, "a/b.png"))
    assert.equal(7, file.size_beneath(dir, "a/b.png"))
    assert.is_nil(file.size_beneath(dir, "a"))
    assert.is_nil(file.size_beneath(dir, "a/c.png"))
    assert.is_nil(file.size_beneath(dir, "a\0b"))
    for _, relative in ipairs { "/etc/x", "../x", "a/../../x", "", "a//b", "a\\b", "a\0b" } do
      local ok, err = file.place(dir .. "/a/b.png", dir, relative)
      assert.is_nil(ok)
      assert.equal("file", err.kind)
      assert.is_nil((file.relative_ok(relative)))
    end
    assert.is_true(file.relative_ok("a/b.png"))
  end)

  it("renames and removes", function()
    local path = support.put(dir .. "/f", "x")
    assert.is_true(file.rename(path, dir .. "/g"))
    assert.is_nil(file.kind(path))
    assert.is_true(file.remove(dir .. "/g"))
    assert.is_true(file.remove(dir .. "/g"))
    assert.is_true(file.mkdirs(dir .. "/d/e"))
    assert.is_nil((file.remove_dir(dir .. "/d")))
    assert.is_true(file.remove_dir(dir .. "/d/e"))
    assert.is_true(file.remove_dir(dir .. "/d/e"))
  end)

  it("says what the world refused", function()
    local missing = dir .. "/none/x"
    support.put(dir .. "/f", "")
    local cases = {
      { "open", missing .. ": cannot open: No such file or directory", file.read, missing },
      { "rename", missing .. ": cannot rename: No such file or directory", file.rename, missing,
        "y" },
      { "remove", dir .. ": cannot remove: Is a directory", file.remove, dir },
      { "remove", dir .. ": cannot remove: Directory not empty", file.remove_dir, dir },
      { "remove", dir .. "/f: cannot remove: Not a directory", file.remove_dir, dir .. "/f" },
      { "bad_path", "a: a zero byte follows; no path can hold one", file.mkdirs, "a\0b" },
      { "bad_path", "a: a zero byte follows; no path can hold one", file.read, "a\0b" },
      { "bad_path", "a: a zero byte follows; no path can hold one", file.write, "a\0b", "" },
      { "bad_path", "a: a zero byte follows; no path can hold one", file.temp, dir, "a\0b" },
      { "bad_path", "a: a zero byte follows; no path can hold one", file.rename, "x", "a\0b" },
      { "bad_path", "a: a zero byte follows; no path can hold one", file.remove, "a\0b" },
    }
    for _, case in ipairs(cases) do
      local ok, err = case[3](table.unpack(case, 4))
      assert.is_nil(ok)
      assert.equal("file", err.kind)
      assert.equal(case[1], err.code)
      assert.equal(case[2], err.message)
    end
    assert.is_nil((file.temp(dir .. "/none", "x")))
    assert.is_nil((file.write(missing, "x")))
    assert.is_nil((file.mkdirs(dir .. "/f/g")))
  end)

  it("refuses bad arguments", function()
    local cases = {}
    for _, name in ipairs { "mkdirs", "relative_ok", "read", "remove", "remove_dir", "kind" } do
      local code = ("require('diffgentor.file').%s(nil)"):format(name)
      local message = ("bad argument #1 to '%s' (string expected, got nil)"):format(name)
      cases[#cases + 1] = { message, load(code, "=native_file_spec.lua") }
    end
    support.raises(cases)
    support.raises {
      { "bad argument #2 to 'read' (a limit from 0 expected)", function() file.read("x", -1) end },
      { "bad argument #2 to 'write' (string expected, got no value)",
        function() file.write("x") end },
      { "bad argument #2 to 'rename' (string expected, got no value)",
        function() file.rename("x") end },
      { "bad argument #3 to 'place' (string expected, got no value)",
        function() file.place("x", "y") end },
      { "bad argument #2 to 'size_beneath' (string expected, got no value)",
        function() file.size_beneath("x") end },
      { "bad argument #2 to 'temp' (string expected, got no value)",
        function() file.temp("x") end },
    }
  end)

  it("tells one file by two names from two files", function()
    assert(file.write(dir .. "/a", "x"))
    assert(file.write(dir .. "/b", "x"))
    assert.is_true(os.execute(("ln -s a '%s/c'"):format(dir)))
    assert.is_true(file.same(dir .. "/a", dir .. "/./c"))
    assert.is_false(file.same(dir .. "/a", dir .. "/b"))
    assert.is_false(file.same(dir .. "/a", dir .. "/none"))
  end)

  it("lists a folder", function()
    assert(file.mkdirs(dir .. "/folder/sub"))
    assert(file.write(dir .. "/folder/a", ""))
    local names = file.list(dir .. "/folder")
    table.sort(names)
    assert.same({ "a", "sub" }, names)
    assert.same({}, file.list(dir .. "/folder/sub"))
    assert.is_nil(file.list(dir .. "/none"))
    assert.is_nil(file.list(dir .. "/folder/a"))
  end)

  it("locks once, until closed or collected", function()
    local lock = assert(file.lock(dir .. "/lock"))
    local none, err = file.lock(dir .. "/lock")
    assert.is_nil(none)
    assert.same({ "config", "locked" }, { err.kind, err.code })
    lock:close()
    lock:close()
    do local _ = assert(file.lock(dir .. "/lock")) end
    collectgarbage()
    assert(file.lock(dir .. "/lock")):close()
  end)

  it("lives under an eager collector", function()
    support.stressed(function()
      for i = 1, 10 do
        local path = dir .. "/" .. i
        assert(file.write(path, ("x"):rep(i)))
        assert(file.read(path) == ("x"):rep(i))
        assert(file.read(path, 0) == nil)
      end
    end)
  end)
end)
