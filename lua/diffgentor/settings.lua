-- SPDX-License-Identifier: MIT
--
-- The settings of `diffgentor edit`: flags over environment over defaults.
--
--     local s = assert(settings.build({ input = "data.csv", timeout = "120" }, env))
--     s.timeout, s.max_global_workers, s.endpoints[1].base     120.0, 16, "https://..."
--
-- `flags` holds the texts as given: a list where an option may be repeated, a
-- boolean where it is a switch.

local cost = require("diffgentor.cost")
local backends = require("diffgentor.backends")
local endpoints = require("diffgentor.endpoints")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local filter = require("diffgentor.filter")
local limits_folder = require("diffgentor.limits_folder")
local nearest = require("diffgentor.nearest")
local options = require("diffgentor.options")
local template = require("diffgentor.template")
local value = require("diffgentor.value")
local where = require("diffgentor.where")

local settings = {}

local NANO = 1000000000 -- money is counted in billionths of a dollar

-- Fields of the request that have an option of their own.
local OWN_FIELDS = {
  model = "use --model_name", prompt = "the prompt is the column --instruction_key names",
  image = "the images come from the input", ["image[]"] = "the images come from the input",
  mask = "use --mask_column", stream = "a streamed answer cannot be read here",
}

local function usage_error(code, fmt, ...)
  return nil, errors.new("usage", code, "%s", fmt:format(...))
end

local function variable_text(env, name)
  local text = name and env[name]
  return text and text:match("%S") and text:match("^%s*(.-)%s*$") or nil
end

-- Variables that mean more than "the flag's value": read elsewhere.
local COMPOSITE = { DG_OPENAI_MAX_WORKERS = true, DG_OPENAI_IMAGE_FIELDS = true }

local function read_repeated(option, texts)
  local list = {}
  for i, text in ipairs(texts or {}) do
    local item, err = value.convert(option, text, "--" .. option.name, "usage")
    if item == nil then return nil, err end
    list[i] = item
  end
  return list
end

local function read_option(option, flags, env)
  local flag = flags[option.name]
  if option.kind == "switch" then
    if flag == nil then return option.default or false end
    return flag
  end
  if option.repeatable then return read_repeated(option, flag) end
  if flag then return value.convert(option, flag, "--" .. option.name, "usage") end
  local text = not COMPOSITE[option.env] and variable_text(env, option.env)
  if text then return value.convert(option, text, option.env, "config") end
  return option.default
end

local function read_options(command, flags, env)
  local s = { command = command }
  for _, option in ipairs(options.of(command)) do
    if not option.sets then
      local result, err = read_option(option, flags, env)
      if err then return nil, err end
      s[option.name] = result
    end
  end
  return s
end

local AUTO_MOST = 256 -- requests in flight that --max_global_workers auto comes to

-- The option without its word, for a variable that has none.
local function numbers_only(option)
  local twin = {}
  for name, item in pairs(option) do
    twin[name] = item
  end
  twin.word = nil
  return twin
end

-- DG_OPENAI_MAX_WORKERS counts for one process.
local function read_workers(s, flags, env)
  local name = "DG_OPENAI_MAX_WORKERS"
  s.auto_workers = s.max_global_workers == "auto"
  if s.auto_workers then s.max_global_workers = AUTO_MOST end
  local text = not flags.max_global_workers and variable_text(env, name)
  if not text then return true end
  local option = numbers_only(options.find(options.edit, "max_global_workers"))
  local each, err = value.convert(option, text, name, "config")
  if not each then return nil, err end
  if each * s.num_processes > option.max then
    return nil, errors.new("config", "bad_value", "%s: %d times --num_processes %d is more than %d",
      name, each, s.num_processes, option.max)
  end
  s.max_global_workers = each * s.num_processes
  return true
end

-- The API fields in sending order: size ... user, then --param as given.
local function read_params(s)
  local params, place = {}, {}
  for _, name in ipairs(options.api_fields()) do
    if s[name] ~= nil then table.insert(params, { name, tostring(s[name]) }) end
  end
  for _, pair in ipairs(s.param) do
    local name = pair[1]
    if OWN_FIELDS[name] then
      return usage_error("bad_param", "--param %s: %s", name, OWN_FIELDS[name])
    end
    local option = options.find(options.edit, name)
    if option and option.api and s[name] ~= nil then
      return usage_error("bad_param", "--param %s: --%s is given too", name, name)
    end
    if place[name] and not name:find("%[%]$") then
      params[place[name]] = pair -- given again: the last one counts
    else
      table.insert(params, pair)
      place[name] = #params
    end
  end
  s.params, s.param = params, nil
  return true
end

local function read_rehearsal(s)
  local pairs_given = s.rehearsal
  s.rehearsal = s.backend == "rehearsal"
  if #pairs_given > 0 and not s.rehearsal then
    return usage_error("bad_value", "--rehearsal is for --backend rehearsal only")
  end
  local names = {}
  for _, option in ipairs(options.serve) do
    table.insert(names, option.name)
  end
  for _, pair in ipairs(pairs_given) do
    if not options.find(options.serve, pair[1]) then
      local near = nearest(pair[1], names)
      return usage_error("bad_value", "--rehearsal: unknown option %s%s", value.shown(pair[1]),
        near and ("; did you mean '%s'?"):format(near) or "")
    end
  end
  s.rehearsal_options = pairs_given
  return true
end

--- The endpoint of the rehearsal backend; its base is known when the server listens.
---@param s table settings
---@param base string
---@return diffgentor.Endpoint[]
function settings.rehearsal_endpoints(s, base)
  -- Any key will do, but keys are masked wherever they are printed: no ordinary word.
  local keys = { "rehearsal-key" }
  return { {
    base = base, keys = keys, weight = 1, limit = 0, field = s.image_field, kind = "openai",
    window = s.rate_window,
  } }
end

local function read_endpoints(s, flags, env)
  if not s.rehearsal then
    local list, more = endpoints.from_env(env, {
      field = flags.image_field, keyless = s.dry_run, window = s.rate_window,
      prefix = s.backend_module and s.backend_module.prefix,
      kind = s.backend_module and s.backend_module.kind,
      base = s.backend_module and s.backend_module.base,
    })
    if not list then return nil, more end
    s.endpoints = list
    table.move(more, 1, #more, #s.warnings + 1, s.warnings)
    if #list[1].keys == 0 then
      table.insert(s.warnings, "no API key is set; a real run needs one")
    end
    return true
  end
  local unused = {}
  for _, variable in ipairs(options.variables) do
    if variable.endpoint and variable_text(env, variable.name) then
      table.insert(unused, variable.name)
    end
  end
  if #unused > 0 then
    table.insert(s.warnings, ("--backend rehearsal has its own endpoint: %s not used"):format(
      table.concat(unused, ", ") .. (#unused == 1 and " is" or " are")))
  end
  s.endpoints = settings.rehearsal_endpoints(s, endpoints.DEFAULT_BASE)
  return true
end

local function warn_unknown_variables(env, warnings)
  local known, names, unknown = {}, {}, {}
  for _, variable in ipairs(options.variables) do
    known[variable.name] = true
    if variable.name:find("^DG_") then table.insert(names, variable.name) end
  end
  for name in pairs(env) do
    if name:find("^DG_OPENAI_") and not known[name] then table.insert(unknown, name) end
  end
  table.sort(unknown)
  for _, name in ipairs(unknown) do
    local near = nearest(name, names)
    table.insert(warnings, ("unknown variable %s is ignored%s"):format(value.shown(name),
      near and ("; did you mean %s?"):format(near) or ""))
  end
end

-- The rehearsal server is this run's alone, and so is what it bears.
local function read_limits_folder(s, _, env)
  if not s.private_limits and not s.rehearsal then s.limits_folder = limits_folder(env) end
  return true
end

local function check_together(s)
  if not s.input then
    return usage_error("no_input", "--input is required: the CSV or JSON Lines file with one edit "
      .. "a row (- reads standard input)")
  end
  if s.quiet and s.verbose then
    return usage_error("bad_value", "--quiet and --verbose exclude each other")
  end
  if s.overwrite and s.resume then
    return usage_error("bad_value", "--overwrite goes with --no_resume: say both to make done rows "
      .. "anew")
  end
  return true
end

-- A budget needs to know what is spent.
local function read_prices(s)
  local err
  s.prices, err = cost.table(s.prices)
  if not s.prices then return nil, err end
  if not s.max_cost then return true end
  s.max_cost = math.floor(s.max_cost * NANO)
  if cost.price(s.prices, s.model_name) then return true end
  return nil, errors.new("config", "no_price", "--max_cost: the price of %s is not known; name it "
    .. "in a file for --prices", value.shown(s.model_name))
end

local function read_filter(s)
  if not s.filter_rows then return true end
  local wanted, ranges = filter.parse(s.filter_rows)
  if not wanted then return nil, ranges end
  s.filter, s.ranges = wanted, ranges
  return true
end

local function read_where(s)
  if not s.where then return true end
  local err
  s.where_test, err = where.compile(s.where)
  return s.where_test ~= nil, err
end

local TEMPLATE_BYTES = 1024 * 1024

-- The text itself, or that of @FILE without its last line end.
local function template_text(given)
  local name = given:match("^@(.+)$")
  if not name then return given end
  local text, err = file.read(name, TEMPLATE_BYTES)
  return text and text:gsub("\r?\n$", "", 1), err
end

local function read_template(s)
  if not s.prompt_template then return true end
  local text, err = template_text(s.prompt_template)
  if text then s.template, err = template.compile(text) end
  if s.template then return true end
  return usage_error("bad_template", "--prompt_template: %s", err.message)
end

local function read_backend(s)
  local err
  s.backend_module, err = backends.load(s.backend)
  return s.backend_module ~= nil, err
end

--- The settings of an edit run.
---@param flags table<string, string|string[]|boolean> as given, by name
---@param env table<string, string>
---@return table|nil settings, any err
function settings.build(flags, env)
  local s, err = read_options("edit", flags, env)
  if not s then return nil, err end
  s.warnings = {}
  local steps = {
    check_together, read_filter, read_where, read_template, read_backend, read_workers,
    read_params, read_rehearsal, read_endpoints, read_limits_folder, read_prices,
  }
  for _, step in ipairs(steps) do
    local ok
    ok, err = step(s, flags, env)
    if not ok then return nil, err end
  end
  s.output_csv = s.output_csv or (s.output_dir:gsub("/+$", "")) .. "/results.csv"
  warn_unknown_variables(env, s.warnings)
  return s
end

--- The settings of `diffgentor check`: endpoints and variables as edit reads them.
---@param flags table<string, string|string[]|boolean>
---@param env table<string, string>
---@return table|nil settings, any err
function settings.check(flags, env)
  local as_edit = {}
  for _, option in ipairs(options.check) do
    if options.find(options.edit, option.name) == option then
      as_edit[option.name] = flags[option.name]
    end
  end
  local s, err = read_options("edit", as_edit, env)
  if not s then return nil, err end
  local own
  own, err = read_options("check", flags, env)
  if not own then return nil, err end
  s.warnings, s.rehearsal = {}, false
  local ok
  ok, err = read_workers(s, as_edit, env)
  if ok then ok, err = read_endpoints(s, as_edit, env) end
  if not ok then return nil, err end
  warn_unknown_variables(env, s.warnings)
  s.command, s.timeout, s.json = "check", own.timeout, own.json
  return s
end

-- What edit would have unless it is told otherwise.
local EDIT_DEFAULTS = {
  "max_image_bytes", "timeout", "connect_timeout", "stall_timeout", "retry_delay", "max_outage",
  "max_global_workers", "rate_window", "max_instructions", "max_memory", "hang_timeout",
}

--- The settings of a command about an output folder.
---@param command "results"|"status"|"reprocess"
---@param flags table<string, string|string[]|boolean>
---@param env table<string, string>
---@return table|nil settings, any err
function settings.of_folder(command, flags, env)
  local s, err = read_options(command, flags, env)
  if not s then return nil, err end
  s.warnings, s.output_dir = {}, flags.rest[1]
  if command ~= "reprocess" then return s end
  s.endpoints = endpoints.from_env(env, { keyless = true }) or {}
  for _, name in ipairs(EDIT_DEFAULTS) do
    s[name] = options.find(options.edit, name).default
  end
  s.resume, s.api_max_retries, s.max_same_errors, s.params = true, 0, 0, {}
  s.num_processes, s.private_limits, s.preflight, s.auto_workers = 1, true, false, false
  local ok
  ok, err = read_prices(s)
  return ok and s, err
end

return settings
