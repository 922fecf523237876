-- SPDX-License-Identifier: MIT
--
-- docs/scripting.md, the stubs in lua/types and the modules themselves have the same names with
-- the same arguments, and each of them is in some test.  What a script can reach and is not
-- promised stands in INTERNAL, with the reason.

local csv = require("diffgentor.csv")
local dg = require("diffgentor")
local file = require("diffgentor.file")
local layers = require("diffgentor.layers")
local ledger = require("diffgentor.ledger")
local picture = require("diffgentor.picture")
local rows = require("diffgentor.rows")
local row_object = require("diffgentor.row")
local support = require("support")
local template = require("diffgentor.template")

local function set_of(text)
  local set = {}
  for word in text:gmatch("%S+") do
    set[word] = true
  end
  return set
end

-- Members by module or object, and why they are the program's own.
local INTERNAL = {
  csv = set_of("survey"), -- the import's first look at a file
  edit = set_of("with instance refs mask_refs checked_prompt claim count_claimed wanted planned "
    .. "built row run"), -- what a run and a dry run call, behind the hooks
  engine = {},
  file = set_of("any drain is_locked lock place relative_ok size_beneath temp"),
  json = set_of("quick"), -- between processes
  log = set_of("colour file level progress"), -- the command's own flags decide these
  objects = set_of("again digest fd hash impatient offset"), -- the import's way through a pipe
  pool = set_of("defaults drop join bury knows"), -- between the processes of a run
  reader = set_of("digest fd hash impatient offset"), -- as of objects
  source = set_of("fault missing missing_image read rest row_of take_index"), -- the import's
  task = set_of("await engine nap recall rouse submitted sync"), -- a run over one engine
}

local ALLOWED = { ["anywhere"] = true, ["tasks"] = true, ["outside tasks"] = true,
  ["tasks, outside tasks"] = true }

-- The class of each object in the stubs.
local CLASSES = {
  compiled = "Template", edit = "Edit", engine = "Engine", form = "Form", limiter = "Ratelimit",
  objects = "JsonlReader", picture = "Picture", pool = "Pool", reader = "CsvReader", row = "Row",
  source = "Source", view = "LedgerView", writer = "CsvWriter",
}

local folder = support.folder()

------------------------------------------------------------------ the code

local function upvalue(fn, wanted)
  for i = 1, 255 do
    local name, value = debug.getupvalue(fn, i)
    if name == wanted then return value end
    if not name then error("no upvalue " .. wanted) end
  end
end

-- name -> what loads it: the members of require("diffgentor") that are loaded when named.
local SHORT = upvalue(getmetatable(dg).__index, "public")

local function methods(object) return getmetatable(object).__index end

local function of_file(open, name, text)
  return methods(assert(open(support.put(folder .. "/" .. name, text))))
end

local function of_picture() return methods(picture.owned({ saved = "nowhere" })) end

local function of_view()
  support.ledger(folder, "image,instruction\na.png,one\n")
  return methods(assert(ledger.open(folder)))
end

local function of_row()
  local row = row_object.new({ names = {}, at = {}, cells = {} })
  return upvalue(methods(row), "METHODS")
end

local function of_source()
  return methods(assert(rows.open({ input = support.put(folder .. "/rows.csv", "a\n1\n") })))
end

local function objects()
  return {
    compiled = methods(assert(template.compile(""))), edit = dg.edit,
    engine = methods(assert(dg.engine.new())), form = methods(dg.multipart()),
    limiter = methods(dg.ratelimit.new({ limit = 1 })), row = of_row(), source = of_source(),
    objects = of_file(csv.jsonl, "a.jsonl", "{}\n"), picture = of_picture(), view = of_view(),
    pool = require("diffgentor.native.pool").methods,
    reader = of_file(csv.open, "a.csv", "a\n"),
    writer = methods(assert(csv.create(folder .. "/out.csv"))),
  }
end

-- Modules by name: those of require("diffgentor"), and those behind its short functions.
local function modules()
  local found = { multipart = require("diffgentor.multipart"), template = template }
  for name in pairs(SHORT) do
    if type(dg[name]) == "table" and name ~= "edit" then found[name] = dg[name] end
  end
  return found
end

local HOOKS = {}
for _, name in ipairs(layers.HOOKS) do
  HOOKS[name] = true
end

-- "module.name" and "object:name" -> the function, of all that scripts may call.
local function in_code()
  local names = { ["dg.rows"] = dg.rows }
  local function take(owner, separator, members)
    for name, member in pairs(members) do
      local hidden = (INTERNAL[owner] or {})[name] or name:find("^__")
        or owner == "edit" and HOOKS[name]
      if type(member) == "function" and not hidden then
        names[owner .. separator .. name] = member
      end
    end
  end
  for module, members in pairs(modules()) do
    take(module, ".", members)
  end
  for object, members in pairs(objects()) do
    take(object, ":", members)
  end
  return names
end

-- How many arguments the signatures above the functions of src/bind tell.
local function native_counts()
  local counts = {}
  for _, name in ipairs(file.list("src/bind")) do
    local text = name:find("^l_.*%.c$") and assert(file.read("src/bind/" .. name)) or ""
    for shown, arguments in text:gmatch("/%* ([%w_]+[.:][%w_]+)(%b())") do
      local inside = arguments:sub(2, -2):gsub("%b{}", "x"):gsub("%b()", "x"):gsub("%b[]", "x")
      local _, commas = inside:gsub(",", "")
      counts[shown] = inside:find("%S") and commas + 1 or 0
    end
    for shown in text:gmatch("/%* ([%w_]+[.:][%w_]+){") do
      counts[shown] = 1
    end
  end
  return counts
end

local NATIVE = native_counts()

-- How many arguments a function takes behind self; nil where it does not tell.
local function count_of(name, fn)
  local info = debug.getinfo(fn, "Su")
  if info.what == "C" then return NATIVE[name] or NATIVE[name:gsub("^objects:", "reader:")] end
  return info.nparams + (info.isvararg and 1 or 0) - (name:find(":", 1, true) and 1 or 0)
end

------------------------------------------------------------------ page and stubs

local function text_of(name) return assert(file.read(name)) end

local PAGE = text_of("docs/scripting.md")

-- Argument names without their question marks.
local function plain(arguments) return (arguments:gsub("[%s?]", "")) end

-- name -> arguments, of all entries, and what the entries lack.
local function in_page()
  local names, faults, lines = {}, {}, {}
  for line in PAGE:gmatch("[^\n]*") do
    table.insert(lines, line)
  end
  for i, line in ipairs(lines) do
    local name, arguments = line:match("^%- %*%*`([%w_]+[.:][%w_]+)(%b())`")
    if name then
      if names[name] then table.insert(faults, name .. ": stands twice") end
      names[name] = plain(arguments)
      local where = line:match("Allowed in: ([%a, ]+)")
      if not ALLOWED[where] then table.insert(faults, name .. ": where?") end
      local example = (lines[i + 1] or ""):match("^  `(.*)`$")
      if not (example and load(example)) then table.insert(faults, name .. ": no example") end
    end
  end
  return names, faults
end

local STUBS = {}
for _, name in ipairs(file.list("lua/types/diffgentor")) do
  STUBS[name:gsub("%.lua$", "")] = "\n" .. text_of("lua/types/diffgentor/" .. name)
end

-- name -> arguments, of all declarations.
local function in_stubs()
  local names, owners = {}, {}
  for object, class in pairs(CLASSES) do
    owners[class] = object
  end
  for module, text in pairs(STUBS) do
    for owner, separator, member, arguments in
      text:gmatch("\nfunction (%w+)([.:])([%w_]+)(%b())") do
      local shown = owner == "M" and (module == "init" and "dg" or module) or owners[owner]
      names[(shown or owner) .. separator .. member] = plain(arguments)
    end
  end
  names["dg.multipart"], names["dg.template"] = nil, nil -- short names, as below
  return names
end

-- Names of `from` that `other` lacks.
local function missing(from, other)
  local list = {}
  for name in pairs(from) do
    if other[name] == nil then table.insert(list, name) end
  end
  table.sort(list)
  return list
end

describe("the script API", function()
  local code, stubs = in_code(), in_stubs()
  local page, faults = in_page()

  it("has an entry for every function, with an example and where it is allowed", function()
    assert.same({}, missing(code, page))
    assert.same({}, missing(page, code))
    assert.same({}, faults)
  end)

  it("has a stub for every function, with the arguments of its entry", function()
    assert.same({}, missing(page, stubs))
    assert.same({}, missing(stubs, page))
    assert.same(page, stubs)
  end)

  it("takes as many arguments as its entries say", function()
    for name, fn in pairs(code) do
      local _, commas = page[name]:gsub(",", "")
      assert.equal(page[name] == "()" and 0 or commas + 1, count_of(name, fn), name)
    end
  end)

  it("tells every hook in a row of the page and as a field of the stub", function()
    for _, name in ipairs(layers.HOOKS) do
      assert.truthy(PAGE:find("\n| `" .. name .. "(", 1, true), name)
      assert.truthy(STUBS.edit:find("\n---@field " .. name .. " ", 1, true), name)
    end
    for name in PAGE:match("\n## Hooks\n(.-)\n## "):gmatch("\n| `([%w_]+)%(") do
      assert.truthy(HOOKS[name], name)
    end
  end)

  it("tells every short name in page and stub", function()
    for name in pairs(SHORT) do
      local told = type(dg[name]) ~= "table" and "`dg." .. name .. "`" or "\n### " .. name .. "\n"
      assert.truthy(name == "edit" or PAGE:find(told, 1, true), told)
      assert.truthy(STUBS.init:find("M%." .. name .. "%f[^%w_]")
        or STUBS.init:find("\n---@field " .. name .. " ", 1, true), name)
    end
  end)

  it("names in its stubs no class that they do not declare", function()
    local all, unknown = "", {}
    for _, text in pairs(STUBS) do
      all = all .. text
    end
    for class in all:gmatch("diffgentor%.[%w_]+") do
      local declared = all:find("@class " .. class .. "%f[^%w_]")
        or all:find("@alias " .. class .. "%f[^%w_]")
      if not declared then unknown[class] = true end
    end
    assert.same({}, missing(unknown, STUBS))
  end)

  it("has examples that are Lua", function()
    for text in PAGE:gmatch("\n```lua\n(.-)\n```") do
      assert(load(text))
    end
  end)

  it("lists no member as internal that is not there", function()
    local found = objects()
    for owner, names in pairs(INTERNAL) do
      for name in pairs(names) do
        local there = (modules()[owner] or {})[name] or (found[owner] or {})[name]
        assert.truthy(there, owner .. ": " .. name)
      end
    end
  end)

  it("is tested, every function", function()
    local tests, untested = {}, {}
    for _, place in ipairs({ "tests/lua", "tests/cli" }) do
      for _, name in ipairs(file.list(place)) do
        if name ~= "api_spec.lua" and (name:find("%.lua$") or name:find("%.t$")) then
          tests[#tests + 1] = text_of(place .. "/" .. name)
        end
      end
    end
    local all = table.concat(tests, "\n")
    for name in pairs(page) do
      local member = name:match("[.:]([%w_]+)$")
      if not all:find("[.:]" .. member .. "%f[^%w_]") then untested[name] = true end
    end
    assert.same({}, missing(untested, {}))
  end)
end)

teardown(support.sweep)
