-- SPDX-License-Identifier: MIT
--
-- docs/scripting.md, the stubs in lua/types and the modules themselves name the same
-- functions, and each of them is in some test.

local file = require("diffgentor.file")

local MODULES = {
  "base64", "csv", "engine", "error", "file", "hash", "http", "image", "json", "ledger", "log",
  "multipart", "pool", "ratelimit", "task", "template",
}

-- Members for the program itself: no part of what is promised.
local INTERNAL = {
  csv = { "survey" },
  file = { "drain", "is_locked", "lock", "place", "relative_ok", "size_beneath", "temp" },
  log = { "colour", "file", "level", "progress" },
  pool = { "defaults", "drop", "join", "bury", "knows" },
  task = { "await", "engine", "nap", "recall", "rouse", "submitted", "sync" },
}

-- Objects, by the name that the page gives them: what makes one, or its class.
local OBJECTS = {
  pool = function() return require("diffgentor.native.pool").methods end,
  form = function() return require("diffgentor.native.multipart").methods end,
  limiter = function() return require("diffgentor.native.ratelimit").methods end,
  engine = function() return getmetatable(require("diffgentor.engine").new()).__index end,
}

local STUB_CLASSES = { form = "Form", limiter = "Ratelimit", pool = "Pool", engine = "Engine",
  writer = "CsvWriter", view = "LedgerView", row = "Row", picture = "Picture" }

local function is_internal(module, name)
  for _, known in ipairs(INTERNAL[module] or {}) do
    if known == name then return true end
  end
  return false
end

-- "module.name" and "object:name" of everything that scripts may call.
local function in_code()
  local names = {}
  for _, module in ipairs(MODULES) do
    for name, member in pairs(require("diffgentor." .. module)) do
      if type(member) == "function" and not is_internal(module, name) then
        names[module .. "." .. name] = true
      end
    end
  end
  for object, class in pairs(OBJECTS) do
    for name in pairs(class()) do
      if not is_internal(object, name) then names[object .. ":" .. name] = true end
    end
  end
  return names
end

local function text_of(name) return assert(file.read(name)) end

-- What the page has, and what its entries lack.
local function in_doc()
  local names, faults = {}, {}
  local lines = {}
  for line in text_of("docs/scripting.md"):gmatch("[^\n]*") do
    table.insert(lines, line)
  end
  for i, line in ipairs(lines) do
    local name = line:match("^%- %*%*`([%w_]+[.:][%w_]+)%(")
    if name then
      names[name] = true
      if not line:find("Allowed in: ", 1, true) then table.insert(faults, name .. ": where?") end
      if not (lines[i + 1] or ""):find("^  `") then table.insert(faults, name .. ": no example") end
    end
  end
  return names, faults
end

local function in_stubs()
  local names = {}
  local objects = {}
  for object, class in pairs(STUB_CLASSES) do
    objects[class] = object
  end
  for _, name in ipairs(file.list("lua/types/diffgentor")) do
    local module = name:gsub("%.lua$", "")
    for owner, separator, member in text_of("lua/types/diffgentor/" .. name)
      :gmatch("\nfunction (%w+)([.:])([%w_]+)%(") do
      local shown = separator == "." and owner == "M" and module or objects[owner]
      if shown and module ~= "init" then names[shown .. separator .. member] = true end
    end
  end
  return names
end

local function missing(from, other)
  local list = {}
  for name in pairs(from) do
    if not other[name] then table.insert(list, name) end
  end
  table.sort(list)
  return list
end

-- Objects whose class no module gives away are made in the specs named beside them.
local ELSEWHERE = { ["row:"] = true, ["picture:"] = true, ["view:"] = true, ["writer:"] = true }

local function of_modules(names)
  local kept = {}
  for name in pairs(names) do
    if not ELSEWHERE[name:match("^%w+[.:]")] then kept[name] = true end
  end
  return kept
end

describe("the script API", function()
  local code, stubs = in_code(), in_stubs()
  local doc, faults = in_doc()

  it("has a page with an entry for every function, with an example and where it is allowed",
    function()
      assert.same({}, missing(code, doc))
      assert.same({}, missing(of_modules(doc), code))
      assert.same({}, faults)
    end)

  it("has a stub for every function of the page, and no other", function()
    assert.same({}, missing(doc, stubs))
    assert.same({}, missing(stubs, doc))
  end)

  it("is tested, every function", function()
    local tests = {}
    for _, folder in ipairs({ "tests/lua", "tests/cli", "scripts/examples" }) do
      for _, name in ipairs(file.list(folder)) do
        local own = name == "api_spec.lua"
        if not own and (name:find("%.lua$") or name:find("%.t$")) then
          tests[#tests + 1] = text_of(folder .. "/" .. name)
        end
      end
    end
    local all, untested = table.concat(tests, "\n"), {}
    for name in pairs(doc) do
      local member = name:match("[.:]([%w_]+)$")
      if not all:find("[.:]" .. member .. "%f[^%w_]") then table.insert(untested, name) end
    end
    assert.same({}, untested)
  end)
end)
