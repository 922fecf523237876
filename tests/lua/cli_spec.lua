-- SPDX-License-Identifier: MIT
local cli = require("diffgentor.cli")
local errors = require("diffgentor.error")
local log = require("diffgentor.log")
local options = require("diffgentor.options")
local sys = require("diffgentor.sys")

local KEY = { OPENAI_API_KEY = "sk-of-a-test" }

-- The plan of a command line written as one string, words divided by spaces.
local function plan(line, env)
  local argv = {}
  for word in line:gmatch("%S+") do
    table.insert(argv, word)
  end
  return cli.plan(argv, env or KEY)
end

local function edit(line, env)
  local made = plan("edit --input data.csv " .. line, env)
  assert.is_nil(made.err)
  return made.run, made
end

describe("cli.plan", function()
  it("shows the version", function()
    assert.same({ exit = 0, out = ("diffgentor %s\n"):format(sys.version) }, plan("--version"))
  end)

  it("shows usage and fails without a command", function()
    local made = plan("")
    assert.equal(2, made.exit)
    assert.is_nil(made.out)
    assert.matches("^error: no command given\n\nUsage: diffgentor COMMAND", made.err)
    assert.matches("%-%-version", made.err)
  end)

  for _, command in ipairs(options.commands) do
    it("has help for " .. command.name, function()
      for _, flag in ipairs({ "--help", "-h" }) do
        local made = plan(command.name .. " " .. flag)
        assert.equal(0, made.exit)
        assert.is_nil(made.err)
        local need = command.name == "edit" and " --input FILE"
          or command.argument and " " .. command.argument or ""
        local usage = ("Usage: diffgentor %s%s [options]\n"):format(command.name, need)
        assert.equal(usage, made.out:match("^.-\n"))
        assert.is_nil(made.out:find("rest", 1, true) and made.out:find("Arguments:", 1, true))
        for _, option in ipairs(options[command.name] or {}) do
          assert.matches("--" .. option.name, made.out, 1, true)
          assert.matches("\n" .. option.group .. ":\n", made.out, 1, true)
          local default = option.shown or option.default ~= nil and tostring(option.default)
          if default and default ~= "required" and default ~= "true" then
            assert.matches(default, made.out:gsub("%s+", " "), 1, true)
          end
        end
        local _, examples = made.out:gsub("\n   diffgentor " .. command.name, "")
        local _, prefixed = made.out:gsub("\n   DG_[^\n]* diffgentor " .. command.name, "")
        local most = ({ edit = 2, serve = 2, script = 2 })[command.name] or 1
        assert.equal(most, examples + prefixed)
        for line in made.out:gmatch("[^\n]+") do
          assert.is_true(#line <= 100, line)
        end
      end
    end)
  end

  it("has help for the program", function()
    local made = plan("--help")
    assert.equal(0, made.exit)
    assert.matches("edit +edit many images", made.out)
    assert.matches("serve +be a rehearsal server", made.out)
  end)

  it("accepts every flag of edit", function()
    local values = { text = "x", integer = "5", number = "1.5", pair = "a=b" }
    local skipped = { verbose = true, rehearsal = true, filter_rows = true, backend = true,
      overwrite = true, prices = true, hook = true, print_script = true,
      prompt_template = true, max_instructions = true, max_memory = true }
    for _, option in ipairs(options.edit) do
      local value = option.choices and option.choices[1] or values[option.kind]
      if option.kind == "switch" and not skipped[option.name] then
        local s = edit("--" .. option.name)
        assert.equal(option.value ~= false, s[option.sets or option.name], option.name)
      elseif not skipped[option.name] then
        for _, form in ipairs({ "--%s %s", "--%s=%s" }) do
          edit(form:format(option.name, value))
          edit(form:format(option.name:gsub("_", "-"), value))
        end
      end
    end
  end)

  it("normalises names, never values", function()
    local s = edit("--output-dir a-b --output-name-column=c-d_e --param x-y=z-1 --user=--odd-one")
    assert.equal("a-b", s.output_dir)
    assert.equal("c-d_e", s.output_name_column)
    assert.same({ { "user", "--odd-one" }, { "x-y", "z-1" } }, s.params)
  end)

  it("takes - as an input, and negative numbers as values", function()
    assert.equal("-", plan("edit --input -").run.input)
    assert.matches("retry_delay: '-1' is not", plan("edit --retry_delay -1").err, 1, true)
    assert.matches("'-.5' is not", plan("edit --timeout -.5").err, 1, true)
  end)

  it("lets the last of a repeated flag win", function()
    local s = edit("--size 1x1 --size 2x2 --timeout 1 --timeout 2 --no_resume --resume")
    assert.same({ { "size", "2x2" } }, s.params)
    assert.equal(2.0, s.timeout)
    assert.is_true(s.resume)
    assert.is_false(edit("--resume --no-resume").resume)
  end)

  -- The command lines of the documentation, word for word.
  local documented = {
    { "--backend openai --model_name gpt-image-1 --input data.csv --output_dir ./output", KEY,
      { model_name = "gpt-image-1", output_dir = "./output" } },
    { "--backend openai --timeout 120 --api_max_retries 3 --max_global_workers 32 "
      .. "--num_processes 8 --input data.csv", KEY,
      { timeout = 120.0, api_max_retries = 3, max_global_workers = 32, num_processes = 8 } },
    { "--backend openai --model_name gpt-image-1 --input data.csv",
      { DG_OPENAI_API_KEYS = "key1,key2,key3", DG_OPENAI_RATE_LIMIT = "60" },
      { max_global_workers = 16 } },
    { "--backend openai --input data.csv",
      { DG_OPENAI_ENDPOINTS = "http://proxy1.com,http://proxy2.com",
        DG_OPENAI_API_KEYS = "key1,key2", DG_OPENAI_RATE_LIMITS = "30,60",
        DG_OPENAI_WEIGHTS = "1,2" }, {} },
    { "--backend openai --input data.csv",
      { OPENAI_API_KEY = "k", DG_OPENAI_TIMEOUT = "120", DG_OPENAI_MAX_RETRIES = "3",
        DG_OPENAI_RETRY_DELAY = "2.0" },
      { timeout = 120.0, api_max_retries = 3, retry_delay = 2.0 } },
    { "--backend openai --input large_dataset.csv",
      { DG_OPENAI_API_KEYS = "key1,key2,key3,key4", DG_OPENAI_MAX_WORKERS = "8" },
      { max_global_workers = 32 } },
    { "--backend openai --model_name gpt-image-1 --input data.csv --filter_rows 0:50", KEY,
      { filter_rows = "0:50" } },
    { "--backend openai --model_name gpt-image-1.5 --input multi_image_data.csv", KEY,
      { model_name = "gpt-image-1.5" } },
  }
  for _, case in ipairs(documented) do
    it("accepts edit " .. case[1], function()
      local made = plan("edit " .. case[1], case[2])
      assert.is_nil(made.err)
      for name, value in pairs(case[3]) do
        assert.equal(value, made.run[name], name)
      end
    end)
  end

  local refused = {
    { "edit --ouput_dir x", "unknown option '--ouput_dir'; did you mean '--output_dir'?", "edit " },
    { "edit --ouput-dir=x", "unknown option '--ouput_dir'; did you mean '--output_dir'?", "edit " },
    { "edit --model x", "unknown option '--model'; did you mean '--model_name'?", "edit " },
    { "edit --zzzzzz", "unknown option '--zzzzzz'", "edit " },
    { "edit -x", "unknown option '-x'", "edit " },
    { "serve --prot 1", "unknown option '--prot'; did you mean '--port'?", "serve " },
    { "edti --input x", "unknown command 'edti'; did you mean 'edit'?", "" },
    { "frobnicate", "unknown command 'frobnicate'", "" },
    { "--input x edit", "unknown option '--input'; the command comes first", "" },
    { "edit --input", "option '--input' requires an argument", "edit " },
    { "edit --input --quiet", "option '--input' requires an argument", "edit " },
    { "edit --dry_run=1", "option '--dry_run' does not take arguments", "edit " },
    { "edit data.csv", "unexpected argument 'data.csv'; the input is given by --input", "edit " },
    { "edit --input x -- --a-b", "unexpected argument '--a-b'; the input is given by --input",
      "edit " },
    { "serve 8080", "unexpected argument '8080'", "serve " },
    { "status", "diffgentor status: DIR is missing: the output folder of a run", "status " },
    { "results --format csv", "diffgentor results: DIR is missing: the output folder of a run",
      "results " },
    { "reprocess a b", "unexpected argument 'b'", "reprocess " },
    { "results a --format xml", "--format: 'xml' is not csv or jsonl", "results " },
    { "check --modl_name x", "unknown option '--modl_name'; did you mean '--model_name'?",
      "check " },
    { "check --timeout 20", "--timeout: '20' is not a number above 0 (at most 10)", "check " },
    { "check out", "unexpected argument 'out'", "check " },
    { "status a --wach", "unknown option '--wach'; did you mean '--watch'?", "status " },
    { "edit --input x --overwrite", "--overwrite goes with --no_resume: say both to make done rows "
      .. "anew", "edit " },
    { "edit --input x --max_errors 0", "--max_errors: '0' is not a whole number from 1 to "
      .. "1000000", "edit " },
    { "edit", "--input is required: the CSV or JSON Lines file with one edit a row (- reads "
      .. "standard input)", "edit " },
    { "edit --input x --timeout 0", "--timeout: '0' is not a number above 0 (at most 604800)",
      "edit " },
  }
  for _, case in ipairs(refused) do
    it("refuses " .. case[1], function()
      assert.same({
        exit = 2,
        err = ("error: %s\nsee 'diffgentor %s--help'\n"):format(case[2], case[3]),
      }, plan(case[1]))
    end)
  end

  it("tells an error of the environment without pointing at help", function()
    local text = "error: no API key: set OPENAI_API_KEY (or DG_OPENAI_API_KEYS)\n"
    assert.same({ exit = 2, err = text }, plan("edit --input x", {}))
  end)

  it("never shows a key", function()
    local made = plan("edit --input x", { OPENAI_API_KEY = "sk-canary canary" })
    assert.equal(2, made.exit)
    assert.is_nil(made.err:find("canary", 1, true))
  end)

  it("shows foreign words harmlessly", function()
    for _, word in ipairs({ "--\27[2J", "\27]0;x\7", "--timeout=\27[2J" }) do
      local made = cli.plan({ "edit", "--input", "x", word }, KEY)
      assert.is_nil(made.err:gsub("\n", ""):find("%c"))
    end
  end)

  it("rehearses with the options given", function()
    local _, made = edit("--backend rehearsal --rehearsal latency=5 --rehearsal fault=a=b", {})
    assert.same({ { "latency", "5" }, { "fault", "a=b" } }, made.rehearsal)
    assert.same({}, select(2, edit("--backend rehearsal", {})).rehearsal)
    assert.is_nil(select(2, edit("")).rehearsal)
  end)

  it("hands the options of serve on as texts", function()
    assert.same({ serve = {
      { "host", "127.0.0.1" }, { "port", "8080" }, { "keys", "k1,k2" }, { "rate_limit", "0" },
      { "latency", "5" }, { "fault", "3:500" }, { "fault", "%7:reset" }, { "picture", "derived" },
      { "seed", "1" },
    } }, plan("serve --port 1 --port 8080 --fault 3:500 --keys k1,k2 --fault=%7:reset --latency 5"))
  end)
end)

describe("cli.plan of another command", function()
  local cases = {
    { "status out", { command = "status", output_dir = "out", json = false, watch = false,
      sums_up = false } },
    { "status --json out --watch", { output_dir = "out", json = true, watch = true } },
    { "results ./out", { command = "results", format = "csv", sums_up = false } },
    { "results out --format jsonl --output x", { format = "jsonl", output = "x" } },
    { "check --model-name x --json", { command = "check", model_name = "x", json = true,
      timeout = 10 } },
    { "reprocess out", { command = "reprocess", output_dir = "out", sums_up = true, resume = true,
      max_global_workers = 16, max_same_errors = 0 } },
  }
  for _, case in ipairs(cases) do
    it("takes " .. case[1], function()
      local made = plan(case[1], KEY)
      assert.is_nil(made.err)
      for name, value in pairs(case[2]) do assert.equal(value, made.run[name], name) end
    end)
  end

  it("takes names of flags with dashes, and all limits", function()
    local s = edit("--max-cost 2.5 --max-errors 3 --max-same-errors 0 --max-runtime 0.5 "
      .. "--no-retry-failed --redo-changed --no_resume --overwrite --durable")
    assert.same({ 2500000000, 3, 0, 0.5, false, true, false, true, true },
      { s.max_cost, s.max_errors, s.max_same_errors, s.max_runtime, s.retry_failed, s.redo_changed,
        s.resume, s.overwrite, s.durable })
    s = edit("")
    assert.same({ 20, true, true, false }, { s.max_same_errors, s.retry_failed, s.resume,
      s.overwrite })
  end)

  it("refuses a budget for a model without a price", function()
    local made = plan("edit --input x --max_cost 1 --model_name nobody-knows")
    assert.same({ exit = 2, err = "error: --max_cost: the price of 'nobody-knows' is not known; "
      .. "name it in a file for --prices\n" }, made)
  end)
end)

describe("cli.prepare and cli.run", function()
  local real, shown = {}, nil

  before_each(function()
    shown = { out = "" }
    for _, name in ipairs({ "info", "warn", "error" }) do
      real[name] = log[name]
      log[name] = function(text) table.insert(shown, name .. ": " .. text) end
    end
    real.write = sys.write
    sys.write = function(text) -- luacheck: ignore 122
      if shown.broken then return nil, errors.new("file", "write", "disk full") end
      shown.out = shown.out .. text
      return true
    end
    for _, name in ipairs({ "prepare", "import_link", "run", "edit" }) do
      real[name] = package.loaded["diffgentor." .. name]
    end
  end)

  after_each(function()
    for _, name in ipairs({ "info", "warn", "error" }) do
      log[name] = real[name]
    end
    sys.write = real.write -- luacheck: ignore 122
    for _, name in ipairs({ "prepare", "import_link", "run", "edit" }) do
      package.loaded["diffgentor." .. name] = real[name]
    end
  end)

  -- A run whose parts are all `fn(settings)`, under the flags; the exit code.
  local function run(line, fn, base, env)
    require("diffgentor.edit").run = fn
    package.loaded["diffgentor.prepare"] = function(_, settings)
      return setmetatable({ settings = settings }, { __close = function() shown.closed = true end })
    end
    package.loaded["diffgentor.import_link"] = {
      beside = function(descriptor) return "link to " .. descriptor end,
    }
    package.loaded["diffgentor.run"] = function(prepared, link)
      shown.link = link
      return fn(prepared.settings)
    end
    edit(line, env)
    return cli.prepare(base) or cli.run(7)
  end

  it("runs edit with the settings and writes the summary", function()
    local seen
    local code = run("--size auto", function(s)
      seen = s
      s.report:row("done", { attempts = 1 })
      s.report.written = s.output_csv
      return 0
    end)
    assert.equal(0, code)
    assert.same({ { "size", "auto" } }, seen.params)
    assert.matches("^1 done, 0 failed\n", shown.out)
    assert.matches("results: ./output/results.csv\n$", shown.out)
    assert.same({ "link to 7", true }, { shown.link, shown.closed })
  end)

  it("ends where it cannot be prepared", function()
    local function never() error("run all the same") end
    require("diffgentor.edit").run = never
    package.loaded["diffgentor.prepare"] = function()
      return nil, errors.new("config", "held", "process 3 has the folder")
    end
    edit("")
    assert.equal(2, cli.prepare())
    assert.same({ "error: process 3 has the folder" }, { table.unpack(shown) })
    assert.equal("", shown.out)
  end)

  it("has the importer of what was prepared", function()
    local served = package.loaded["diffgentor.importer"]
    package.loaded["diffgentor.importer"] = {
      serve = function(prepared, descriptor) return prepared.settings.input .. descriptor end,
    }
    run("", function() return 0 end)
    local got = cli.import(9)
    package.loaded["diffgentor.importer"] = served
    assert.equal("data.csv9", got)
  end)

  it("names no results where none were written", function()
    assert.equal(3, run("", function() return 3 end))
    assert.is_nil(shown.out:find("results:", 1, true))
  end)

  it("gives the rehearsal server's base to its one endpoint", function()
    local base
    run("--backend rehearsal", function(s)
      base = s.endpoints[1].base
      return 0
    end, "http://127.0.0.1:4321/v1", {})
    assert.equal("http://127.0.0.1:4321/v1", base)
  end)

  it("shows the warnings first", function()
    run("", function() return 0 end, nil, { OPENAI_API_KEY = "k", DG_OPENAI_QQQQQQQQQQ = "1" })
    assert.same({ "warn: unknown variable 'DG_OPENAI_QQQQQQQQQQ' is ignored" },
      { table.unpack(shown) })
  end)

  it("writes no summary where nothing was sent", function()
    assert.equal(2, run("", function() return 2 end))
    assert.equal(0, run("--dry_run", function() return 0 end))
    assert.equal("", shown.out)
  end)

  it("calls an unwritten summary a failure", function()
    shown.broken = true
    assert.equal(1, run("", function() return 0 end))
    assert.same({ "error: disk full" }, { table.unpack(shown) })
    assert.equal(3, run("", function() return 3 end))
  end)

  -- What cli.run sets up under these flags, variables and kind of standard error.
  local function set_up(line, variables, isatty)
    local env = { OPENAI_API_KEY = "sk-of-a-test" }
    for name, text in pairs(variables) do
      env[name] = text
    end
    local seen, saved = {}, { level = log.level, colour = log.colour, isatty = sys.isatty }
    log.level = function(name) seen.level = name end
    log.colour = function(on) seen.colour = on end
    sys.isatty = function(fd) return fd == 2 and isatty end -- luacheck: ignore 122
    local ok, err = pcall(run, line, function(s)
      seen.progress = s.report.terminal
      return 0
    end, nil, env)
    log.level, log.colour = saved.level, saved.colour
    sys.isatty = saved.isatty -- luacheck: ignore 122
    assert.is_true(ok, err)
    return seen
  end

  local set_ups = {
    { "", {}, true, { level = "info", colour = true, progress = true } },
    { "", {}, false, { level = "info", colour = false, progress = false } },
    { "", { TERM = "dumb" }, true, { level = "info", colour = false, progress = false } },
    { "", { TERM = "xterm" }, true, { level = "info", colour = true, progress = true } },
    { "", { NO_COLOR = "1" }, true, { level = "info", colour = false, progress = true } },
    { "", { NO_COLOR = "" }, true, { level = "info", colour = true, progress = true } },
    { "--quiet", {}, false, { level = "warn", colour = false, progress = false } },
    { "--verbose", {}, false, { level = "debug", colour = false, progress = false } },
  }
  for i, case in ipairs(set_ups) do
    it(("sets up the log, case %d"):format(i), function()
      assert.same(case[4], set_up(case[1], case[2], case[3]))
    end)
  end

  it("refuses a log folder that cannot be", function()
    assert.equal(2, run("--log_dir /dev/null/logs", function() return 0 end))
    assert.equal(1, #shown)
    assert.matches("^error: %-%-log_dir: /dev/null", shown[1])
  end)

  it("logs start and end", function()
    local events, real_event = {}, log.event
    log.event = function(name, fields) table.insert(events, { name, fields }) end
    pcall(run, "--size auto", function() return 1 end)
    log.event = real_event
    assert.same({
      { "start", ('"backend":"openai","input":"data.csv","max_global_workers":16,'
        .. '"model":"gpt-image-1","output_dir":"./output","version":"%s"'):format(sys.version) },
      { "end", '"code":1' },
    }, events)
  end)

  it("tells an unforeseen error with its traceback, code 2 before anything was sent", function()
    assert.equal(2, run("", function() error("broken edit") end))
    assert.matches("^error: .*cli_spec.lua:%d+: broken edit$", shown[1])
    assert.equal("info: stack traceback:", shown[2])
    assert.matches("cli_spec.lua", table.concat(shown, "\n", 3), 1, true)
    assert.equal("", shown.out)
  end)

  it("tells an error object by its message", function()
    assert.equal(2, run("", function() error(errors.new("input", "x", "bad file")) end))
    assert.same({ "error: bad file" }, { table.unpack(shown) })
    shown = { out = "" }
    assert.equal(2, run("", function() return nil, errors.new("input", "x", "worse file") end))
    assert.same({ "error: worse file" }, { table.unpack(shown) })
    shown = { out = "" }
    local foreign = setmetatable({}, { __tostring = function() return "foreign\nsecond" end })
    assert.equal(2, run("", function() error(foreign) end))
    assert.same({ "error: foreign", "info: second" }, { table.unpack(shown) })
  end)
end)
