-- SPDX-License-Identifier: MIT
--
-- Files that users write: scripts and hook files.
--
--     local loaded, err = script.run("edit.lua", { "--input", "data.csv" })
--     loaded.workflow               what it returned as a workflow, or nil: it was a program
--     local hooks, err = script.hooks("hooks.lua", { sandbox = true })

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local guard = require("diffgentor.guard")
local layers = require("diffgentor.layers")
local options = require("diffgentor.options")
local path = require("diffgentor.path")
local sandbox = require("diffgentor.sandbox")
local task = require("diffgentor.task")

local script = {}

local MOST_BYTES = 16 * 1024 * 1024 -- of a script
local STANDARD_INPUT = "-"
local MOST_EXIT = 255 -- an exit code is a byte

local function refuse(code, fmt, ...) return nil, errors.new("config", code, fmt, ...) end

------------------------------------------------------------------ loading

-- Modules beside the file are found, those of the working folder are not.
local function add_folder(name)
  local folder = path.parent(name)
  local own = folder .. "/?.lua;" .. folder .. "/?/init.lua;"
  if package.path:sub(1, #own) ~= own then package.path = own .. package.path end
end

local function read(name)
  if name == STANDARD_INPUT then
    local text = io.read("a")
    return text, "stdin"
  end
  local text, err = file.read(name, MOST_BYTES)
  if not text then return nil, err end
  return text, name
end

-- A first line that begins with # is for the shell.
local function compile(text, label, env)
  if text:sub(1, 1) == "#" then text = text:gsub("^[^\n]*", "", 1) end
  if text:sub(1, 1) == "\27" then return refuse("binary_script", "%s: is no Lua text", label) end
  local chunk, why = load(text, "@" .. label, "t", env or _G)
  if not chunk then return refuse("syntax", "%s", why) end
  guard.arm()
  return chunk
end

------------------------------------------------------------------ hook files

--- What an option was given, each time, before the command line is parsed.
---@param argv string[]
---@param name string without dashes
---@return string[]
function script.texts_of(argv, name)
  local texts, at, flag = {}, 1, "--" .. name
  while argv[at] and argv[at] ~= "--" do
    local text = argv[at]
    if text == flag then at = at + 1 end
    local own = text == flag and argv[at] or text:match("^%-%-" .. name .. "=(.*)$")
    table.insert(texts, own)
    at = at + 1
  end
  return texts
end

--- Hook files may use no more while they load than in a row.
---@param argv string[]
function script.limit_loading(argv)
  local limits = {}
  for _, name in ipairs({ "max_instructions", "max_memory" }) do
    local option, texts = options.find(options.of("edit"), name), script.texts_of(argv, name)
    local count = math.tointeger(tonumber(texts[#texts] or ""))
    local fits = count and count >= option.min and count <= option.max
    limits[name] = fits and count or option.default -- what does not is refused later
  end
  guard.limit(limits)
end

local function as_workflow(base, hooks, label)
  local ok, err = layers.check(hooks, label)
  if not ok then return nil, err end
  local workflow = base:with(hooks)
  workflow.label = label
  return workflow
end

--- The workflow `base` with the hooks of a file, which returns them as a table.
---@param base diffgentor.Edit
---@param name string
---@param with { sandbox: boolean? }?
---@return diffgentor.Edit?, table? err
function script.hooks(base, name, with)
  local boxed = with and with.sandbox
  local text, label = read(name)
  if not text then return nil, label end
  if not boxed and name ~= STANDARD_INPUT then add_folder(name) end
  local chunk, err = compile(text, label, boxed and sandbox.environment() or nil)
  if not chunk then return nil, err end
  local ran, hooks = guard.xpcall(chunk, failure.of, name)
  if not ran then error(hooks, 0) end
  if type(hooks) ~= "table" then
    return refuse("no_hooks", "%s: returns %s; a hook file ends with 'return' and a table of its "
      .. "hooks", label, hooks == nil and "nothing" or "a " .. type(hooks))
  end
  local workflow
  workflow, err = as_workflow(base, hooks, label)
  if workflow and boxed then workflow.boxed = true end
  return workflow, err
end

------------------------------------------------------------------ scripts

local NO_WORKFLOW = { ["nil"] = true, ["true"] = true, ["false"] = true }

-- Whether a text ends by returning something that may be a workflow, a name, a table or
-- what a call gives: it is asked before it runs, since `arg` differs.
local function returns_workflow(text)
  local from
  for at in ("\n" .. text):gmatch("()\n%s*return[%s{(]") do
    from = at
  end
  if not from then return false end
  local rest = text:sub(from):gsub("^%s*return%s*", "", 1):gsub("%-%-[^\n]*", "")
  local name = rest:match("^([%a_][%w_%.]*)%s*;?%s*$")
  if name then return not NO_WORKFLOW[name] end
  local made = rest:find("^{") or rest:find("^[%a_][%w_%.:]*%s*[({\"']")
  return made ~= nil and load("return " .. rest, "=", "t") ~= nil
end

-- What stands behind "--", and where that is.
local function behind_dashes(args)
  local list, at = {}, nil
  for i, text in ipairs(args) do
    if at then table.insert(list, text) end
    at = at or text == "--" and i or nil
  end
  return list, at or #args + 1
end

local function set_arg(name, list)
  local given = _G.arg or {}
  for i = #given, 1, -1 do
    given[i] = nil
  end
  table.move(list, 1, #list, 1, given)
  given[0] = name
  rawset(_G, "arg", given)
end

local function is_workflow(result)
  if type(result) ~= "table" then return false end
  local class = result
  while getmetatable(class) do
    class = getmetatable(class)
    if class == edit then return true end
    if type(class) ~= "table" then return false end
  end
  for _, name in ipairs(layers.HOOKS) do
    if type(rawget(result, name)) == "function" then return true end
  end
  return false
end

-- A workflow made with extend, or a table of hooks.
local function checked(result, label)
  if not result.extend then return as_workflow(edit, result, label) end
  local ok, err = layers.check(result, label)
  result.label = label
  return ok and result, err
end

local function as_loaded(result, name, label, args)
  if not is_workflow(result) then
    local code = math.type(result) == "integer" and result or nil
    if not code or code >= 0 and code <= MOST_EXIT then return { code = code } end
    return refuse("bad_exit", "%s: returns %d; an exit code is from 0 to %d", label, code,
      MOST_EXIT)
  end
  local behind, at = behind_dashes(args)
  set_arg(name, behind)
  local workflow, err = checked(result, label)
  if not workflow then return nil, err end
  return { workflow = workflow, flags = table.move(args, 1, at - 1, 1, {}) }
end

--- Runs a script as a task.  One that returns a workflow has done so; any other has done
--- its work.  What it raises goes through.
---@param name string path, or - for standard input
---@param args string[] what stands behind it
---@return { workflow: diffgentor.Edit?, flags: string[]?, code: integer? }?, table? err
function script.run(name, args)
  local text, label = read(name)
  if not text then return nil, label end
  if name ~= STANDARD_INPUT then add_folder(name) end
  local chunk, err = compile(text, label)
  if not chunk then return nil, err end
  local given = returns_workflow(text) and behind_dashes(args) or args
  set_arg(name, given)
  local result = task.run(function() return chunk(table.unpack(given)) end)
  return as_loaded(result, name, label, args)
end

return script
