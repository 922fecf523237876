-- SPDX-License-Identifier: MIT

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local openai = require("diffgentor.backends.openai")
local output = require("diffgentor.output")
local stage = require("edit_stage")
local support = require("support")
local sys = require("diffgentor.sys")

local folder, out

local function claim(index, name, count) return out:claim({ index = index }, name, count or 1) end

local function pictures(...)
  local list = {}
  for i, extension in ipairs({ ... }) do
    local path = assert(file.temp(out.temporary, "p"))
    list[i] = { path = support.put(path, support.png), extension = extension }
  end
  return list
end

local function listing()
  local names = {}
  for name in io.popen(("cd '%s' && find . -type f | sort"):format(folder)):lines() do
    names[#names + 1] = name:sub(3)
  end
  return names
end

describe("output", function()
  before_each(function()
    folder = support.folder() .. "/new/out"
    out = assert(output.open(folder))
  end)
  after_each(support.sweep)

  it("names pictures by the index", function()
    assert.equal("000007", claim(7))
    assert.equal("1234567", claim(1234567))
    assert.equal("-00003", claim(-3))
    assert.equal("000008", claim(8, "  "))
    assert.same({ "000007.webp" }, out:save("000007", pictures("webp")))
    assert.equal("000009", claim(9, nil, 2))
    assert.same({ "000009_00.png", "000009_01.jpg" }, out:save("000009", pictures("png", "jpg"), 2))
    assert.same({ "000007.webp", "000009_00.png", "000009_01.jpg" }, listing())
  end)

  it("takes names that make folders, with the picture's real extension", function()
    local cases = {
      { "cat.png", "cat" }, { "a/b.WEBP", "a/b" }, { "a/b/c", "a/b/c" }, { "v1.2", "v1.2" },
      { "./x//y.jpeg", "x/y" }, { "=cmd", "=cmd" }, { "ünï", "ünï" }, { ".hidden", ".hidden" },
    }
    for _, case in ipairs(cases) do assert.equal(case[2], claim(0, case[1]), case[1]) end
    assert.same({ "a/b.jpg" }, out:save("a/b", pictures("jpg")))
    assert.equal("file", file.kind(folder .. "/a/b.jpg"))
  end)

  it("refuses names that leave the folder or are none", function()
    local long = ("x"):rep(251)
    local cases = {
      { "/etc/x", "absolute" }, { "../x", '"."' }, { "a/../../x", '"."' }, { "a\\b", "backslash" },
      { ".", '"."' }, { "a/..", '"."' }, { "a\nb", "control character" },
      { "a/", "no name but its extension" },
      { ".png", "no name but its extension" }, { "a/.png", "no name but its extension" },
      { long, "255 bytes" }, { ".diffgentor/x", "program's own folder" },
      { ".diffgentor", "program's own folder" },
    }
    for _, case in ipairs(cases) do
      local stem, err = claim(0, case[1])
      assert.is_nil(stem, case[1])
      assert.same({ "input", "bad_name" }, { err.kind, err.code })
      assert.truthy(err.message:find(case[2], 1, true), err.message)
    end
    assert.equal(long:sub(1, 250), claim(0, long:sub(1, 250)))
    assert.is_nil(claim(0, long:sub(1, 249), 11))
  end)

  it("gives a name once", function()
    assert(claim(1, "same.png"))
    local stem, err = claim(2, "same.jpg")
    assert.is_nil(stem)
    assert.equal('output name "same" is taken by an earlier row', err.message)
    assert.equal("duplicate_name", err.code)
    assert(claim(3, nil, 3))
    assert.is_nil(claim(4, "000003_02"))
    assert.equal("000003_03", claim(4, "000003_03"))
  end)

  it("gives unforeseen pictures names of their own, or says where they are", function()
    assert.equal("a_01", claim(0, "a_01"))
    assert.equal("a", claim(1, "a"))
    local list = pictures("png", "png")
    local files, err = out:save("a", list, 1)
    assert.is_nil(files)
    assert.equal('output name "a_01" is taken by an earlier row; the picture is kept as '
      .. list[2].path, err.message)
    assert.equal("file", file.kind(list[2].path))
  end)

  it("knows before anything is sent that a folder cannot be used", function()
    local elsewhere = support.folder()
    os.execute(("ln -s '%s' '%s/link'"):format(elsewhere, folder))
    support.put(folder .. "/file", "x")
    for name, code in pairs({ ["link/x"] = "symlink", ["file/x"] = "not_a_folder" }) do
      for _ = 1, 2 do
        local stem, err = claim(0, name .. _)
        assert.is_nil(stem)
        assert.equal(code, err.code)
      end
    end
    assert.equal("", io.popen("ls -A " .. elsewhere):read("a"))
    assert.same({ "file" }, listing())
  end)

  it("keeps a picture that cannot be placed, and says where", function()
    os.execute(("mkdir '%s/dir.png'"):format(folder))
    local list = pictures("png")
    local files, err = out:save(assert(claim(0, "dir")), list)
    assert.is_nil(files)
    assert.equal("file", err.kind)
    assert.truthy(err.message:find("; the picture is kept as " .. list[1].path, 1, true))
    assert.equal(support.png, support.get(list[1].path))
    out:close()
    assert.equal("directory", file.kind(out.temporary))
  end)

  it("removes its own folder when nothing is left in it", function()
    assert.is_true(out:probe())
    out:close()
    assert.is_nil(file.kind(folder .. "/.diffgentor"))
  end)

  it("is one run's at a time", function()
    assert.is_true(out:lock())
    local second = assert(output.open(folder))
    local held, err = second:lock()
    assert.is_nil(held)
    assert.equal("locked", err.code)
    assert.truthy(err.message:find(tostring(sys.pid()), 1, true), err.message)
    second:close()
    assert.equal("file", file.kind(folder .. "/.diffgentor/lock"))
    out:close()
    assert.is_nil(file.kind(folder .. "/.diffgentor"))
    local third = assert(output.open(folder))
    assert.is_true(third:lock())
    third:close()
  end)

  it("leaves the ledger's names to the ledger", function()
    for _, name in ipairs({ "ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3.png" }) do
      local stem, err = claim(0, name)
      assert.same({ nil, "bad_name" }, { stem, err.code })
    end
    assert.equal("a/ledger.sqlite3", claim(0, "a/ledger.sqlite3"))
    assert.equal("ledger", claim(0, "ledger"))
  end)

  it("takes up what was being placed when a run was killed", function()
    local list = pictures("png", "jpg")
    for _, picture in ipairs(list) do picture.kept, picture.size = true, #support.png end
    assert(out:claim_again("a", 2))
    os.rename(list[1].path, folder .. "/a_00.png")
    assert.same({ "a_00.png", "a_01.jpg" }, out:save("a", list, 2, {}))
    assert.same({ "a_00.png", "a_01.jpg" }, listing())
    assert.is_nil(claim(0, "a"))
    assert.is_nil(claim(0, "a_01"))
  end)

  it("does not take another file for a picture that was placed", function()
    for size, code in pairs({ [1] = "file_exists", [#support.png] = "file_exists" }) do
      local list = pictures("png")
      list[1].kept, list[1].size = true, size
      support.put(folder .. "/b.png", "foreign")
      local files, err = out:save("b", list, 1, {})
      assert.same({ nil, code }, { files, err.code })
      assert.equal("foreign", support.get(folder .. "/b.png"))
    end
  end)

  it("remembers only so many bad folders, and knows each anew", function()
    for i = 1, 250 do
      support.put(("%s/f%d"):format(folder, i), "x")
      local stem, err = claim(i, ("f%d/x"):format(i))
      assert.same({ nil, "not_a_folder" }, { stem, err.code })
    end
    local remembered = 0
    for _ in pairs(out.bad_folders) do remembered = remembered + 1 end
    assert.is_true(remembered <= 100)
    for _, name in ipairs({ "f1/y", "f250/y" }) do
      assert.equal("not_a_folder", select(2, claim(0, name)).code)
    end
  end)

  it("cannot open what is no folder", function()
    support.put(folder .. "/file", "x")
    local none, err = output.open(folder .. "/file")
    assert.is_nil(none)
    assert.equal("file", err.kind)
  end)

  it("checks names without making files, for a dry run", function()
    local dry = output.names_of(folder .. "/nowhere")
    assert.equal("a/b", dry:claim({ index = 0 }, "a/b.png", 1))
    assert.is_nil(dry:claim({ index = 0 }, "a/b.jpg", 1))
    assert.is_nil(file.kind(folder .. "/nowhere"))
  end)
end)

describe("what the output folder holds already", function()
  local NONE = {}

  before_each(function()
    folder = support.folder() .. "/out"
    out = assert(output.open(folder))
  end)
  after_each(support.sweep)

  local function put(name) return support.put(folder .. "/" .. name, support.png) end

  local function ref(path) return { kind = "path", path = path } end

  local function check(stem, count, trace, refs)
    local ok, err = out:check_free(stem, count, trace, refs or NONE)
    return ok or err.code, err and err.message
  end

  it("is not the row's: refused, by any extension and number", function()
    assert.is_true(check("a", 10, NONE))
    for _, name in ipairs({ "b.png", "b.jpg", "b.jpeg", "b.webp", "b.gif", "b.svg" }) do
      put(name)
      assert.same({ "file_exists", ("%s/%s exists and is none of the row's present pictures; "
        .. "move it away or choose another --output_dir or name"):format(folder, name) },
        { check("b", 1, NONE) })
      os.remove(folder .. "/" .. name)
    end
    put("c_09.webp")
    assert.equal("file_exists", (check("c", 10, NONE)))
    assert.is_true(check("c", 9, NONE))
    assert.is_true(check("c", 1, NONE))
    put("d.txt")
    assert.is_true(check("d", 1, NONE))
  end)

  it("is the row's own by what earlier runs say", function()
    put("a|b.png")
    put("a_01.png")
    put("c.png")
    local trace = { own = { ["a_00.png"] = true, ["a_01.png"] = true, ["a|b.png"] = true } }
    assert.is_true(check("a", 2, trace))
    assert.is_true(check("a|b", 1, trace))
    assert.equal("file_exists", (check("c", 1, trace)))
    assert.equal("file_exists", (check("c", 1, { own = { ["xc.png"] = true } })))
  end)

  it("may be replaced where all is to be made anew, but for what may be an input", function()
    put("a.png")
    local elsewhere = support.put(support.folder() .. "/in.png", support.png)
    assert.is_true(check("a", 1, { redo = true }, { ref(elsewhere) }))
    assert.equal("file_exists", (check("a", 1, { redo = true }, { ref(put("in.png")) })))
    os.execute(("ln -s '%s' '%s.link'"):format(folder, folder))
    assert.equal("file_exists",
      (check("a", 1, { redo = true }, { ref(folder .. ".link/in.png") })))
    local own = { ["a.png"] = true }
    assert.is_true(check("a", 1, { redo = true, own = own }, { ref(folder .. "/in.png") }))
  end)

  it("is never replaced if the row is made from it, however that is spelled", function()
    put("a.png")
    put("a_00.png")
    os.execute(("cd '%s' && ln -s a_00.png link && ln a.png hard"):format(folder))
    local trace = { redo = true, own = { ["a.png"] = true, ["a_00.png"] = true } }
    local name = folder:match("[^/]*$")
    for _, spelled in ipairs({ "/a.png", "/../" .. name .. "/a.png", "//./a.png", "/hard" }) do
      assert.same({ "overwrites_input", "the output " .. folder .. "/a.png would overwrite the "
        .. "input image; choose another --output_dir or name" },
        { check("a", 1, trace, { ref(folder .. spelled) }) })
    end
    assert.is_true(check("a", 1, trace, { ref(folder .. "/link") }))
    assert.equal("overwrites_input", (check("a", 2, trace, { ref(folder .. "/link") })))
  end)

  it("stays when pictures come that nobody foresaw", function()
    put("a_01.png")
    local list = pictures("png", "png")
    local files, err = out:save(assert(claim(0, "a")), list, 1, NONE)
    assert.is_nil(files)
    assert.equal("file_exists", err.code)
    assert.truthy(err.message:find("; the picture is kept as " .. list[2].path, 1, true))
    assert.same({ "a_00.png", "a_01.png" },
      assert(output.open(folder)):save("a", pictures("png", "png"), 2,
        { own = { ["a_00.png"] = true, ["a_01.png"] = true } }))
  end)
end)

describe("a run", function()
  local run, column = stage.run, stage.column

  before_each(stage.set)
  after_each(stage.strike)

  local function out_of(name) return stage.folder .. "/" .. name end

  -- The picture that the row's error says is kept.
  local function kept_of(row)
    assert.equal(1, select(2, row.error:gsub("the picture is kept as ", "")))
    local path = row.error:match("the picture is kept as (%S+)")
    assert.equal("png", assert(image.file(path)).kind)
    return path
  end

  it("into the folder of its images leaves them as they are", function()
    for name, bytes in pairs({ ["000000.png"] = "zero", ["000001.png"] = "one" }) do
      stage.put(name, support.png .. bytes)
    end
    local text = "image,instruction\n000001.png,x\n000000.png,y\na.png,z\n"
    for _, more in ipairs({ {}, { resume = false, overwrite = true } }) do
      more.output_dir, more.max_global_workers = stage.folder, 1
      local code, list = run(text, more)
      assert.equal(1, code)
      assert.same({ "file_exists", "file_exists", "" }, column(list, "error_code"))
      assert.equal(support.png .. "zero", support.get(out_of("000000.png")))
      assert.equal(support.png .. "one", support.get(out_of("000001.png")))
    end
    assert.equal(2, #stage.sent)
  end)

  it("of some rows leaves the pictures of the others", function()
    local text = "image,instruction,name\na.png,1,x\na.png,2,x\n"
    local function part(rows)
      return select(2, run(text, stage.filtered(rows, { output_name_column = "name" })))
    end
    assert.same({ "skipped", "done" }, column(part("1"), "status"))
    local before = support.get(out_of("out/x.png"))
    local list = part("0")
    assert.same({ "failed", "done" }, column(list, "status"))
    assert.same({ "file_exists", "" }, column(list, "error_code"))
    assert.equal(1, #stage.sent)
    assert.equal(before, support.get(out_of("out/x.png")))
  end)

  it("keeps an answer whose place was taken while it was on its way", function()
    local mine = edit:extend()
    function mine:reply(_, reply) -- luacheck: ignore 212/self
      stage.put("out/000000.png", "foreign")
      return reply
    end
    local code, list = run("image,instruction\na.png,1\n", nil, mine)
    assert.equal(1, code)
    assert.same({ "answered", "file_exists" }, { list[1].status, list[1].error_code })
    assert.equal("foreign", support.get(out_of("out/000000.png")))
    kept_of(list[1])
    os.remove(out_of("out/000000.png"))
    local sent
    local _
    code, list, _, sent = stage.again("image,instruction\na.png,1\n")
    assert.same({ 0, 0, "done" }, { code, sent, list[1].status })
    assert.equal("png", assert(image.file(out_of("out/000000.png"))).kind)
  end)

  it("tells of every picture that has no place, and keeps those that have", function()
    local TWO = { params = { { "n", "2" } } }
    local mine, foreign = edit:extend(), "out/000000_00.png"
    mine.columns = {}
    function mine:reply(_, reply) -- luacheck: ignore 212/self
      if foreign then stage.put(foreign, "foreign") end
      return reply
    end
    local text = "image,instruction\na.png,x\n"
    local _, list = run(text, TWO, mine)
    assert.equal(2, select(2, list[1].error:gsub("the picture is kept as ", "")))
    assert.equal("", list[1].output_image)
    assert.same({ "answered", "file_exists" }, { list[1].status, list[1].error_code })
    os.rename(out_of(foreign), out_of("out/000000_01.png"))
    foreign = nil
    _, list = run(text, TWO, mine)
    assert.same({ "answered", "file_exists" }, { list[1].status, list[1].error_code })
    kept_of(list[1])
    assert.equal("foreign", support.get(out_of("out/000000_01.png")))
    os.remove(out_of("out/000000_01.png"))
    _, list = run(text, TWO, mine)
    assert.same({ "done", "000000_00.png|000000_01.png" },
      { list[1].status, list[1].output_image })
    assert.equal(1, #stage.sent)
    assert.same({}, stage.spool())
  end)

  it("replaces nothing that it does not know, unless it is to", function()
    local text = "image,instruction\na.png,1\n"
    run(text)
    os.execute("rm '" .. out_of("out") .. "'/ledger.sqlite3*")
    local before = support.get(out_of("out/000000.png"))
    local code, list = run(text)
    assert.same({ 1, "file_exists" }, { code, list[1].error_code })
    assert.equal(before, support.get(out_of("out/000000.png")))
    assert.equal(1, #stage.sent)
    assert.equal(0, (run(text, { resume = false, overwrite = true })))
    assert.equal(2, #stage.sent)
  end)

  it("is told by a dry run what it would replace", function()
    run("image,instruction\na.png,1\n")
    sys.write = function() return true end
    assert.equal(0, (run("image,instruction\na.png,2\n", { dry_run = true })))
  end)

  it("is told by a dry run what it would not replace", function()
    os.execute("mkdir '" .. stage.folder .. "/out'")
    stage.put("out/000000.png")
    local said
    sys.write = function(text)
      said = (said or "") .. text
      return true
    end
    assert.equal(1, (run("image,instruction\na.png,1\n", { dry_run = true })))
    assert.truthy(said:find("would fail: .*out/000000.png exists and is none of the row's "
      .. "present pictures"))
  end)

  it("keeps the good pictures of a bad answer, and says where", function()
    local mine = edit:extend()
    mine.backend = setmetatable({ read = function(...)
      return nil, errors.new("reply", "partly", "picture 2: gone"), openai.read(...).pictures
    end }, { __index = openai })
    local code, list = run("image,instruction\na.png,1\n", nil, mine)
    assert.equal(1, code)
    assert.truthy(list[1].error:find("^picture 2: gone; the picture is kept as %S+$"))
    kept_of(list[1])
    assert.same({ "answered", "partly" }, { list[1].status, list[1].error_code })
    local sent
    local _
    code, list, _, sent = stage.again("image,instruction\na.png,1\n")
    assert.same({ 0, 0, "done" }, { code, sent, list[1].status })
  end)

  it("keeps few names of a row that asks for many pictures", function()
    local text = "image,instruction,name\na.png,1,x\na.png,2,x_15\na.png,3,x_16\n"
    local mine = edit:extend()
    function mine:request(_, request) request.n = nil end -- luacheck: ignore 212/self
    local _, list = run(text, { output_name_column = "name", params = { { "n", "1000" } } }, mine)
    assert.same({ "", "duplicate_name", "" }, column(list, "error_code"))
  end)
end)
