-- SPDX-License-Identifier: MIT
--
-- The command line: argv and the environment become a plan, and a plan runs.
-- Nothing here prints to standard output by itself or ends the process: help,
-- version and usage errors are texts of the plan.
--
--     cli.plan({ "edit", "--input", "data.csv" }, env)
--       { exit = 0, out = "..." } | { exit = 2, err = "..." }
--       { serve = { { "port", "0" }, ... } }
--       { run = settings, rehearsal = { { "latency", "200" }, ... } or nil }
--     cli.prepare(rehearsal_base)       begins the last plan; the exit code, or nil: an
--                                       importer is to be forked, then
--     cli.import(descriptor)            in the child
--     cli.run(descriptor)               in the parent; the exit code

local argparse = require("argparse")
local edit = require("diffgentor.edit")
local endpoints = require("diffgentor.endpoints")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local nearest = require("diffgentor.nearest")
local options = require("diffgentor.options")
local own_flags = require("diffgentor.own_flags")
local report = require("diffgentor.report")
local script = require("diffgentor.script")
local settings = require("diffgentor.settings")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")
local value = require("diffgentor.value")

local cli = {}

local EXIT_FAILED, EXIT_USAGE, EXIT_STOPPED, EXIT_SIGNAL = 1, 2, 3, 128

local last -- the plan made last
local workflow -- what is to be run: the bundled one, or that of scripts

local EXAMPLES = {
  edit = [[
Examples:
   diffgentor edit --input data.csv --output_dir ./output --filter_rows 0:10
   DG_OPENAI_API_KEYS=key1,key2 diffgentor edit --input data.csv --quality high \
      --api_max_retries 3 --max_global_workers 32

Keys, endpoints and limits come from the environment; see docs/settings.md.]],
  serve = [[
Examples:
   diffgentor serve --port 8080
   diffgentor serve --port 8080 --latency 100-300 --fault 5%:500 --fault 3:429,retry_after=2]],
  check = [[
Example:
   diffgentor check --model_name gpt-image-2]],
  script = [[
Examples:
   diffgentor script my_edit.lua --input data.csv --output_dir ./output -- more
   diffgentor script my_program.lua any arguments

A script that returns a workflow takes the options of edit and finds in `arg` what
follows --; any other finds all that follows its name there.  - reads standard input.]],
  status = [[
Example:
   diffgentor status ./output --watch]],
  results = [[
Example:
   diffgentor results ./output --format jsonl]],
  reprocess = [[
Example:
   diffgentor reprocess ./output]],
  root = [[
Examples:
   diffgentor edit --backend rehearsal --input data.csv
   OPENAI_API_KEY=... diffgentor edit --input data.csv --output_dir ./output

'diffgentor COMMAND --help' tells a command's options.]],
}

-- A plan made in the middle of parsing leaves it as an error object.
local function leave(plan) error(plan, 0) end

local function error_plan(message, more)
  return { exit = EXIT_USAGE, err = ("error: %s\n%s"):format(message, more or "") }
end

local function names_of(list, dashes)
  local names = {}
  for _, entry in ipairs(list) do
    table.insert(names, dashes .. entry.name)
  end
  return names
end

local function did_you_mean(name, known)
  local near = nearest(name, known)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

-- What the parser complains about, said in our words.
local function reworded(message, command)
  message = message:gsub("\nDid you mean.*$", "")
  local option = message:match("^unknown option '(.*)'$")
  if option then
    local list = options[command] and options.of(command) or {}
    local hint = did_you_mean(option, names_of(list, "--"))
    if not options[command] then hint = "; the command comes first" end
    return "unknown option " .. value.shown(option) .. hint
  end
  local name = message:match("^unknown command '(.*)'$")
  if name then
    return "unknown command " .. value.shown(name)
      .. did_you_mean(name, names_of(options.commands, ""))
  end
  return sys.visible(message)
end

local function on_parse_error(parser, message)
  local command = parser._name
  if message == "a command is required" then
    leave(error_plan("no command given", "\n" .. parser:get_help() .. "\n"))
  end
  local see = options[command] and command .. " " or ""
  leave(error_plan(reworded(message, command), ("see 'diffgentor %s--help'\n"):format(see)))
end

local function describe(option)
  local shown = options.default_text(option)
  if not shown then return option.help end
  if shown == "required" then return option.help .. " (required)" end
  return ("%s (default: %s)"):format(option.help, shown)
end

local function add_option(parser, option)
  local name = "--" .. option.name
  if option.kind ~= "switch" then
    local element = parser:option(name):argname(option.argname):description(describe(option))
    return option.repeatable and element:count("*") or element
  end
  local element = parser:flag(name):description(describe(option))
  if option.sets then element:target(option.sets) end
  return element:action(option.value == false and "store_false" or "store_true")
end

local function add_help(parser)
  parser:add_help({
    description = "show this help",
    action = function() leave({ exit = 0, out = parser:get_help() .. "\n" }) end,
  })
end

local function add_options(parser, list)
  local groups, order = {}, {}
  for _, option in ipairs(list) do
    if not groups[option.group] then
      groups[option.group] = {}
      table.insert(order, option.group)
    end
    table.insert(groups[option.group], add_option(parser, option))
  end
  for _, group in ipairs(order) do
    parser:group(group, table.unpack(groups[group]))
  end
end

local function add_command(root, command)
  local parser = root:command(command.name):summary(command.help)
  local need = command.name == "edit" and " --input FILE" or ""
  if command.argument then need = " " .. command.argument end
  parser:description(command.help:gsub("^%l", string.upper) .. "."):epilog(EXAMPLES[command.name])
  parser:usage(("Usage: diffgentor %s%s [options]"):format(command.name, need))
  add_help(parser)
  parser:argument("rest"):args("*"):hidden(true)
  add_options(parser, options.of(command.name) or {})
end

local function new_parser()
  local root = argparse(options.program):description("Very many image edits through "
    .. "OpenAI-compatible APIs.")
  root:usage("Usage: diffgentor COMMAND [options]"):epilog(EXAMPLES.root)
  root:help_max_width(96):help_description_margin(32):command_target("command")
  add_help(root)
  root:flag("--version"):description("show the version"):action(function()
    leave({ exit = 0, out = ("diffgentor %s\n"):format(sys.version) })
  end)
  for _, command in ipairs(options.commands) do
    add_command(root, command)
  end
  root.error = on_parse_error
  return root
end

-- Names of the options that take a value: a negative number behind one is its value.
local function valued_names()
  local names = {}
  for _, command in ipairs(options.commands) do
    for _, option in ipairs(options.of(command.name) or {}) do
      if option.kind ~= "switch" then names["--" .. option.name] = true end
    end
  end
  return names
end

-- `--output-dir` is `--output_dir`; only names, only before `--`.
local function normalise(argv)
  local args, valued, done = {}, valued_names(), false
  for _, arg in ipairs(argv) do
    done = done or arg == "--"
    if not done and arg:find("^%-%-[^=]") then
      local name, rest = arg:match("^%-%-([^=]*)(.*)$")
      arg = "--" .. name:gsub("-", "_") .. rest
    end
    if not done and valued[args[#args]] and arg:find("^%-[%d.]") then
      args[#args] = args[#args] .. "=" .. arg
    else
      table.insert(args, arg)
    end
  end
  return args
end

local function parse(argv)
  local root = new_parser()
  local ok, result = pcall(root.parse, root, normalise(argv))
  if ok then return result end
  if type(result) == "table" then return nil, result end
  error(result, 0)
end

local function command_of(name)
  for _, command in ipairs(options.commands) do
    if command.name == name then return command end
  end
end

local function check_rest(flags)
  local wants = command_of(flags.command).argument
  local see = ("see 'diffgentor %s --help'\n"):format(flags.command)
  if wants and not flags.rest[1] then
    return error_plan(("diffgentor %s: %s is missing: the output folder of a run"):format(
      flags.command, wants), see)
  end
  local rest = flags.rest[wants and 2 or 1]
  if not rest then return nil end
  local hint = flags.command == "edit" and "; the input is given by --input" or ""
  return error_plan(("unexpected argument %s%s"):format(value.shown(rest), hint), see)
end

local function plan_serve(flags)
  local list = {}
  for _, option in ipairs(options.serve) do
    local given = flags[option.name]
    if option.repeatable then
      for _, text in ipairs(given) do
        table.insert(list, { option.name, text })
      end
    elseif given or option.default then
      table.insert(list, { option.name, given or option.default })
    end
  end
  return { serve = list }
end

local function print_script()
  return { exit = 0, out = require("diffgentor.native.bundled") }
end

local function plan_edit(flags, env)
  if flags.print_script then return print_script() end
  local built, err = settings.build(flags, env)
  if not built then
    local see = err.kind == "usage" and "see 'diffgentor edit --help'\n" or ""
    return error_plan(err.message, see)
  end
  built.workflow = workflow
  built.sums_up = not built.dry_run
  return { run = built, rehearsal = built.rehearsal and built.rehearsal_options or nil }
end

local function plan_check(flags, env)
  local built, err = settings.check(flags, env)
  if built then return { run = built } end
  local see = err.kind == "usage" and "see 'diffgentor check --help'\n" or ""
  return error_plan(err.message, see)
end

local function plan_folder(flags, env)
  local built, err = settings.of_folder(flags.command, flags, env)
  if built then
    built.sums_up = flags.command == "reprocess"
    return { run = built }
  end
  return error_plan(err.message, ("see 'diffgentor %s --help'\n"):format(flags.command))
end

local PLANS = { serve = plan_serve, edit = plan_edit, check = plan_check }

local function with_traceback(err)
  if type(err) == "table" then return err end
  local text = tostring(err)
  return text:find("\nstack traceback:\n", 1, true) and text or debug.traceback(text, 2)
end

local function plan_flags(argv, env)
  local flags, plan = parse(argv)
  if not flags then return plan end
  return check_rest(flags) or (PLANS[flags.command] or plan_folder)(flags, env)
end

------------------------------------------------------------------ scripts

local function signalled(code)
  return sys.stop_count() > 0 and EXIT_SIGNAL + (sys.stop_signal() or 2) or code
end

-- What went wrong in a script's own code, with its traceback; of what the user got
-- wrong: the message.
local function script_plan(err)
  local stopped = errors.is(err) and err.kind == "stopped" and sys.stop_count() > 0
  if stopped then return { exit = signalled(), err = ("%s\n"):format(err.message) } end
  local text = failure.said(err)
  local trace = type(err) == "table" and rawget(err, "traceback")
  if type(trace) == "string" then -- some begin with the message
    text = trace:find("^stack traceback:") and text .. "\n" .. trace or trace
  end
  local plan = error_plan((text:gsub("\t", "    ")))
  plan.exit = task.submitted() == 0 and EXIT_USAGE or EXIT_STOPPED
  return plan
end

-- The hook files of a command line, each above the one before it.
local function load_hooks(argv)
  local files, boxed = script.texts_of(argv, "hook"), false
  for _, text in ipairs(argv) do
    if text == "--" then break end
    boxed = boxed or text == "--sandbox"
  end
  if #files > 0 then script.limit_loading(argv) end
  for _, name in ipairs(files) do
    local err
    workflow, err = script.hooks(workflow, name, { sandbox = boxed })
    if not workflow then return nil, err end
  end
  return own_flags.declare(workflow)
end

-- Its script and hook files, where `reprocess` is given any.
local function load_again(argv)
  for _, name in ipairs(script.texts_of(argv, "script")) do
    local loaded, err = script.run(name, {})
    if not loaded then return nil, err end
    if not loaded.workflow then
      return nil, errors.new("config", "no_workflow", "%s: returns no workflow", name)
    end
    workflow = loaded.workflow
  end
  return load_hooks(argv)
end

local function plan_reprocess(argv, env)
  local ran, ok, err = xpcall(load_again, with_traceback, argv)
  if not ran then return script_plan(ok) end
  if not ok then return script_plan(err) end
  local plan = plan_flags(argv, env)
  if plan.run then plan.run.workflow = workflow end
  return plan
end

local function plan_workflow(argv, env)
  local ran, ok, err = xpcall(load_hooks, with_traceback, argv)
  if not ran then return script_plan(ok) end
  if not ok then return script_plan(err) end
  return plan_flags(argv, env)
end

local function script_usage(why)
  return error_plan("diffgentor script: " .. why, "see 'diffgentor script --help'\n")
end

-- A script has run to its end; where it is a workflow that is only the beginning.
local function plan_script(argv, env)
  local name = argv[2]
  if not name then return script_usage("FILE is missing: the script, or - for standard input") end
  if name == "--help" or name == "-h" then return plan_flags(argv, env) end
  if name:find("^%-.") then
    return script_usage("unknown option " .. value.shown(name) .. "; the script comes first")
  end
  local args = table.move(argv, 3, #argv, 1, {})
  local ran, loaded, err = xpcall(script.run, with_traceback, name, args)
  if not ran then return script_plan(loaded) end
  if not loaded then return script_plan(err) end
  if not loaded.workflow then
    return { exit = signalled(loaded.code or 0) }
  end
  workflow = loaded.workflow
  return plan_workflow(table.move(loaded.flags, 1, #loaded.flags, 2, { "edit" }), env)
end

--- What the command line asks for.
---@param argv string[] without the program's name
---@param env table<string, string>
---@return table plan
function cli.plan(argv, env)
  endpoints.environment, workflow, options.own = env, edit, {}
  local plan
  if argv[1] == "script" then
    plan = plan_script(argv, env)
  elseif argv[1] == "reprocess" then
    plan = plan_reprocess(argv, env)
  elseif argv[1] == "edit" then
    plan = plan_workflow(argv, env)
  else
    plan = plan_flags(argv, env)
  end
  last = plan
  return plan
end

local function start_log(s)
  local env = endpoints.environment
  local terminal = sys.isatty(2) and env.TERM ~= "dumb"
  local no_color = env.NO_COLOR and env.NO_COLOR ~= ""
  log.colour(terminal and not no_color)
  log.level(s.quiet and "warn" or s.verbose and "debug" or "info")
  s.report = report.new({ quiet = s.quiet, terminal = terminal })
  if not s.log_dir then return true end
  local file = require("diffgentor.file")
  local made, err = file.mkdirs(s.log_dir)
  if not made then return nil, err end
  return log.file(s.log_dir .. "/diffgentor.jsonl")
end

-- An error nobody foresaw: its message, and all lines of its traceback.
local function crash_code(err)
  log.level("info")
  if type(err) == "table" and not errors.is(err) then err = tostring(err) end
  local text = type(err) == "table" and err.message or err
  local first = true
  for line in text:gmatch("[^\n]+") do
    if first then log.error(line) else log.info((line:gsub("\t", "  "))) end
    first = false
  end
  return task.submitted() == 0 and EXIT_USAGE or EXIT_STOPPED
end

-- Told to stop before anything was sent: there is nothing to report.
local function stopped_code(err)
  if type(err) ~= "table" or err.kind ~= "stopped" or sys.stop_count() == 0 then return nil end
  log.info(err.message)
  return EXIT_SIGNAL + (sys.stop_signal() or 2)
end

local function log_event(name, fields) log.event(name, json.encode(fields):sub(2, -2)) end

local function finish(s, code)
  log_event("end", { code = code })
  if code == EXIT_USAGE or not s.sums_up then return code end
  local ok, err = s.report:finish(s.report.written)
  if ok then return code end
  log.error(tostring(err))
  return code == 0 and EXIT_FAILED or code
end

-- The exit code of what returned one, or an error; of nothing: nil.
local function conclude(s, ok, code, err)
  if not ok then return finish(s, crash_code(code)) end
  if code then return finish(s, code) end
  if not err then return nil end
  local stopped = stopped_code(err)
  if not stopped then return finish(s, crash_code(err)) end
  log_event("end", { code = stopped })
  return stopped
end

local function begin(s)
  log_event("start", {
    version = sys.version, backend = s.backend, model = s.model_name, input = s.input,
    output_dir = s.output_dir, max_global_workers = s.max_global_workers,
  })
  for _, text in ipairs(s.warnings) do
    log.warn(text)
  end
end

local current -- what was prepared for the run, in both processes

local function prepare_edit(s)
  if s.dry_run then return s.workflow:run(s) end
  local err
  current, err = require("diffgentor.prepare")(s.workflow, s)
  return nil, err
end

local COMMANDS = {
  edit = prepare_edit,
  check = function(s) return require("diffgentor.check")(s) end,
  status = function(s) return require("diffgentor.status")(s) end,
  results = function(s) return require("diffgentor.results")(s) end,
  reprocess = function(s) return require("diffgentor.reprocess")(s) end,
}

--- Begins the last plan.
---@param rehearsal_base string? base URL of the rehearsal server beside this run
---@return integer? exit code; nil: go on with import and run
function cli.prepare(rehearsal_base)
  local s = last.run
  if rehearsal_base then s.endpoints = settings.rehearsal_endpoints(s, rehearsal_base) end
  local started, fault = start_log(s)
  if not started then
    log.error("--log_dir: " .. fault.message)
    return EXIT_USAGE
  end
  begin(s)
  return conclude(s, xpcall(COMMANDS[s.command], with_traceback, s))
end

--- Is the importer of the run that was prepared.
---@param descriptor integer
---@return integer exit code
function cli.import(descriptor) return require("diffgentor.importer").serve(current, descriptor) end

--- Whether worker processes send the rows.
---@return boolean
function cli.has_workers()
  return current ~= nil and require("diffgentor.crew").size(current.settings) > 1
end

local watched -- the crew of the run

local function step(descriptor, event)
  if not watched then
    local link = require("diffgentor.import_link").beside(descriptor)
    watched = require("diffgentor.crew").new(current, link)
  end
  return watched:step(event)
end

--- Watches the worker processes until one is to be forked or reaped, or the run is over.
---@param descriptor integer to the importer
---@param event table what was done, see crew.lua
---@return table { "start" | "reap" | "kill" | "end", number }
function cli.watch(descriptor, event)
  local ok, what, number, err = xpcall(step, with_traceback, descriptor, event)
  if ok and what then return { what, number } end
  if ok then number = conclude(last.run, true, number, err) else
    number = conclude(last.run, false, what)
  end
  if watched then watched.link:close() end
  current:close()
  return { "end", number }
end

--- Is a worker process.
---@param number integer from 1
---@param descriptor integer to the process that watches
---@return integer exit code
function cli.work(number, descriptor)
  return require("diffgentor.crew_hand").serve(watched, number, descriptor)
end

--- Sends the rows that were prepared.
---@param descriptor integer to the importer
---@return integer exit code
function cli.run(descriptor)
  local function run()
    local prepared <close> = current
    local link = require("diffgentor.import_link").beside(descriptor)
    return require("diffgentor.run")(prepared, link)
  end
  return conclude(last.run, xpcall(run, with_traceback))
end

return cli
