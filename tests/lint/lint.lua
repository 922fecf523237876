-- SPDX-License-Identifier: MIT
--
-- Holds a source tree against the house rules (rules.lua): layers, owners of
-- outside things, lengths, folders that explain themselves.
--
--     lua5.4 tests/lint/lint.lua [ROOT]        prints FILE:LINE: fault; exit 1 if any

local here = arg[0]:match("^(.*)/") or "."
local rules = dofile(here .. "/rules.lua")
local root = arg[1] or "."
local faults = 0

local function fault(file, line, fmt, ...)
  faults = faults + 1
  print(("%s:%d: %s"):format(file, line, fmt:format(...)))
end

local function list(command)
  local names = {}
  local pipe = assert(io.popen(("cd '%s' && %s"):format(root, command)))
  for name in pipe:lines() do names[#names + 1] = name end
  assert(pipe:close(), "cannot list " .. root)
  table.sort(names)
  return names
end

local function read_lines(file)
  local lines = {}
  for line in io.lines(root .. "/" .. file) do lines[#lines + 1] = line end
  return lines
end

local function allowed(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

-- C code with comments, strings and character constants blanked, line by line.
local function blank_c(lines)
  local text = table.concat(lines, "\n") .. "\n"
  local function blank(s) return (s:gsub("[^\n]", " ")) end
  local out, at = {}, 1
  while at <= #text do
    local from = text:find("[/\"']", at)
    if not from then break end
    out[#out + 1] = text:sub(at, from - 1)
    local opener = text:sub(from, from + 1)
    local to
    if opener == "/*" then
      to = select(2, text:find("*/", from + 2, true))
    elseif opener == "//" then
      to = text:find("\n", from, true) - 1
    elseif opener:find("^/") then
      out[#out + 1], to = "/", from
    else
      local quote, k = opener:sub(1, 1), from + 1
      while text:sub(k, k) ~= quote do
        k = k + (text:sub(k, k) == "\\" and 2 or 1)
      end
      to = k
    end
    to = to or #text
    if to > from then out[#out + 1] = blank(text:sub(from, to)) end
    at = to + 1
  end
  out[#out + 1] = text:sub(at)
  local blanked = {}
  for line in table.concat(out):gmatch("(.-)\n") do blanked[#blanked + 1] = line end
  return blanked
end

local function check_include(file, at, line)
  local name = file:match("^src/(.*)$")
  local included = line:match('^%s*#%s*include%s*[<"]([^>"]+)[>"]')
  if not name or not included then return end
  local layer, target = name:match("^([^/]+)/"), included:match("^([^/]+)/")
  if rules.layers[layer] and rules.layers[target] then
    local known = false
    for _, left in ipairs(rules.layers[layer]) do known = known or left == target end
    if not known then fault(file, at, "layer %s may not know %s", layer, included) end
  end
  for _, rule in ipairs(rules.headers) do
    if included:find("^" .. rule[1]) and not allowed(name, rule[2]) then
      fault(file, at, "%s belongs to its owner, not here", included)
    end
  end
end

local function check_calls(file, blanked)
  local name = file:match("^src/(.*)$")
  if not name then return end
  local owner = {}
  for _, rule in ipairs(rules.calls) do
    for _, call in ipairs(rule[1]) do owner[call] = rule[2] end
  end
  for at, line in ipairs(blanked) do
    for before, call in line:gmatch("()([%a_][%w_]*)%s*%(") do
      local previous = line:sub(before - 1, before - 1)
      local member = previous == "." or line:sub(before - 2, before - 1) == "->"
      if owner[call] and not member and not allowed(name, owner[call]) then
        fault(file, at, "%s() is not to be called here", call)
      end
    end
  end
end

-- A function's body stands between a "{" and a "}" in the first column.
local function check_c_functions(file, lines)
  local start
  for at, line in ipairs(lines) do
    if line == "{" then
      start = at
    elseif line == "}" and start then
      if at - start + 1 > rules.function_lines then
        fault(file, start, "function of %d lines, at most %d", at - start + 1, rules.function_lines)
      end
      start = nil
    end
  end
end

-- A Lua function ends at the next "end" that is indented like its first line.
local function check_lua_functions(file, lines)
  for at, line in ipairs(lines) do
    local indent = line:match("^(%s*).*%f[%w_]function%f[^%w_]")
    local group = line:find("^%s*describe%f[^%w_]") -- a folder of cases, not a function
    local whole = line:find("%f[%w_]end%f[^%w_][%s,)}]*$") or line:find("^%s*%-%-")
    if indent and not group and not whole then
      for to = at + 1, #lines do
        if lines[to]:find("^" .. indent .. "end%f[^%w_]") then
          if to - at + 1 > rules.function_lines then
            fault(file, at, "function of %d lines, at most %d", to - at + 1, rules.function_lines)
          end
          break
        end
      end
    end
  end
end

local function check_lua_uses(file, lines)
  local name = file:match("^lua/(.*)$")
  if not name then return end
  for at, line in ipairs(lines) do
    local code = line:gsub("%-%-.*$", "")
    for _, rule in ipairs(rules.lua_uses) do
      if code:find("%f[%w_]" .. rule[1]) and not allowed(name, rule[2]) then
        fault(file, at, "%s is not to be used here", (rule[1]:gsub("%%", "")))
      end
    end
  end
end

local function check_lines(file, lines)
  if #lines > rules.file_lines then
    fault(file, rules.file_lines + 1, "file of %d lines, at most %d", #lines, rules.file_lines)
  end
  local copied = file:find("scripts/examples/.*%.lua$") -- by users, into files of their own
  if not copied and not (lines[1] or ""):find("SPDX-License-Identifier: MIT", 1, true) then
    fault(file, 1, "the first line is not the SPDX line")
  end
  for at, line in ipairs(lines) do
    local columns = utf8.len(line) or #line
    if columns > rules.columns then
      fault(file, at, "line of %d columns, at most %d", columns, rules.columns)
    end
    if line:find("%s$") then fault(file, at, "white space at the end") end
    for _, word in ipairs(rules.words) do
      if line:find("%f[%w]" .. word .. "%f[%W]") then fault(file, at, "unfinished: %s", word) end
    end
  end
end

local function check_c(file)
  local lines = read_lines(file)
  check_lines(file, lines)
  local blanked = blank_c(lines)
  for at, line in ipairs(lines) do check_include(file, at, line) end
  check_calls(file, blanked)
  check_c_functions(file, lines)
end

local function check_lua(file)
  local lines = read_lines(file)
  check_lines(file, lines)
  check_lua_functions(file, lines)
  check_lua_uses(file, lines)
end

local function check_readmes()
  local folders = list("{ find src tests -mindepth 1 -type d 2>/dev/null; true; }"
    .. " | grep -v -e tests/lint/bad -e tests/fuzz/seeds -e __pycache__; true")
  for _, name in ipairs(rules.readmes) do folders[#folders + 1] = name end
  for _, folder in ipairs(folders) do
    local readme = io.open(root .. "/" .. folder .. "/README.md")
    if readme then
      readme:close()
    else
      fault(folder, 1, "no README.md")
    end
  end
end

local function files(pattern)
  return list(("find . -name '%s' -type f ! -path './build*/*' ! -path './tests/lint/bad/*'"
    .. " ! -path './.git/*' | sed 's|^[.]/||'"):format(pattern))
end

for _, pattern in ipairs { "*.c", "*.h" } do
  for _, file in ipairs(files(pattern)) do check_c(file) end
end
for _, file in ipairs(files("*.lua")) do check_lua(file) end
check_readmes()
os.exit(faults == 0 and 0 or 1)
