-- SPDX-License-Identifier: MIT
local settings = require("diffgentor.settings")
local support = require("support")
local sys = require("diffgentor.sys")

local KEY = { OPENAI_API_KEY = "sk-of-a-test" }

-- The settings for these flags, with an input and a key.
local function build(flags, env)
  local given, variables = { input = "data.csv" }, {}
  for name, text in pairs(KEY) do
    variables[name] = text
  end
  for name, text in pairs(flags or {}) do
    given[name] = text
  end
  for name, text in pairs(env or {}) do
    variables[name] = text
  end
  return settings.build(given, variables)
end

describe("settings.build", function()
  it("has the documented defaults", function()
    local s = assert(build())
    assert.same({}, s.warnings)
    local expected = {
      command = "edit", backend = "openai", model_name = "gpt-image-1", input = "data.csv",
      output_dir = "./output", output_csv = "./output/results.csv", instruction_key = "instruction",
      resume = true, timeout = 300, api_max_retries = 0, retry_delay = 1.0,
      max_global_workers = 16, num_processes = 4, image_field = "auto",
      max_image_bytes = 52428800, allow_private_urls = false, dry_run = false, quiet = false,
      verbose = false, rehearsal = false, max_outage = 900, connect_timeout = 30,
      stall_timeout = 60, rate_window = 60, private_limits = false, preflight = true,
      auto_workers = false,
    }
    for name, value in pairs(expected) do
      assert.equal(value, s[name], name)
    end
    for _, name in ipairs({ "output_name_column", "image_cache_dir", "filter_rows", "filter",
      "mask_column", "log_dir", "size", "first_byte_timeout" }) do
      assert.is_nil(s[name], name)
    end
    assert.same({}, s.params)
    assert.equal("https://api.openai.com/v1", s.endpoints[1].base)
    assert.same({ "sk-of-a-test" }, s.endpoints[1].keys)
  end)

  it("puts flags before variables before defaults", function()
    local env = { DG_OPENAI_TIMEOUT = "120", DG_OPENAI_MAX_RETRIES = "3",
      DG_OPENAI_RETRY_DELAY = "2.0" }
    local s = assert(build({}, env))
    assert.same({ 120.0, 3, 2.0 }, { s.timeout, s.api_max_retries, s.retry_delay })
    s = assert(build({ timeout = "5", api_max_retries = "1", retry_delay = "0" }, env))
    assert.same({ 5.0, 1, 0.0 }, { s.timeout, s.api_max_retries, s.retry_delay })
  end)

  it("takes an empty variable as not set", function()
    assert.equal(300, assert(build({}, { DG_OPENAI_TIMEOUT = " " })).timeout)
  end)

  it("multiplies DG_OPENAI_MAX_WORKERS by the processes", function()
    assert.equal(32, assert(build({}, { DG_OPENAI_MAX_WORKERS = "8" })).max_global_workers)
    local s = assert(build({ num_processes = "2" }, { DG_OPENAI_MAX_WORKERS = "8" }))
    assert.equal(16, s.max_global_workers)
    s = assert(build({ max_global_workers = "3" }, { DG_OPENAI_MAX_WORKERS = "8" }))
    assert.equal(3, s.max_global_workers)
    s = assert(build({}, { DG_OPENAI_MAX_WORKERS = "2500" }))
    assert.equal(10000, s.max_global_workers)
  end)

  it("parses the row filter", function()
    local s = assert(build({ filter_rows = "0:50" }))
    assert.equal("0:50", s.filter_rows)
    assert.is_true(s.filter(49))
    assert.is_false(s.filter(50))
  end)

  it("puts the API fields in order, then --param as given", function()
    local s = assert(build({ user = "u1", n = "2", size = "auto", output_compression = "050",
      param = { "moderation=low", "x[]=1", "x[]=2", "seed=1", "seed=2", "empty=", "eq=a=b" } }))
    assert.same({
      { "size", "auto" }, { "output_compression", "50" }, { "n", "2" }, { "user", "u1" },
      { "moderation", "low" }, { "x[]", "1" }, { "x[]", "2" }, { "seed", "2" }, { "empty", "" },
      { "eq", "a=b" },
    }, s.params)
  end)

  it("takes a field that has no flag of the API, whatever flags are called", function()
    assert.same({ { "size", "1x1" }, { "timeout", "3" } },
      assert(build({ timeout = "5", param = { "size=1x1", "timeout=3" } })).params)
  end)

  it("shows warnings of the endpoints before its own", function()
    local s = assert(build({}, { OPENAI_API_BASE = "http://proxy1.com", DG_OPENAI_QQQQ = "1" }))
    assert.equal(2, #s.warnings)
    assert.matches("plain http", s.warnings[1], 1, true)
  end)

  it("puts results.csv into the output folder, however that is written", function()
    assert.equal("out/results.csv", assert(build({ output_dir = "out/" })).output_csv)
    assert.equal("/results.csv", assert(build({ output_dir = "/" })).output_csv)
    assert.equal("x.csv", assert(build({ output_dir = "o", output_csv = "x.csv" })).output_csv)
  end)

  it("lets --image_field go before DG_OPENAI_IMAGE_FIELDS", function()
    local env = { DG_OPENAI_IMAGE_FIELDS = "image" }
    assert.equal("image", assert(build({}, env)).endpoints[1].field)
    assert.equal("image[]", assert(build({ image_field = "image[]" }, env)).endpoints[1].field)
  end)

  it("takes auto for the workers, from the flag alone", function()
    local s = assert(build({ max_global_workers = "auto" }, { DG_OPENAI_MAX_WORKERS = "8" }))
    assert.same({ true, 256 }, { s.auto_workers, s.max_global_workers })
    assert.is_false(assert(build({ max_global_workers = "8" })).auto_workers)
  end)

  it("counts limits over the window that is said", function()
    local s = assert(build({ rate_window = "2" }, { DG_OPENAI_RATE_LIMIT = "5" }))
    assert.same({ 2.0, 5 }, { s.endpoints[1].window, s.endpoints[1].limit })
    s = assert(build({ rate_window = "2", backend = "rehearsal" }))
    assert.equal(2.0, s.endpoints[1].window)
  end)

  it("shares limits with other runs of the user, in memory, unless told otherwise", function()
    local own = "/dev/shm/diffgentor-" .. sys.uid()
    local folder = support.folder()
    local cases = {
      { {}, {}, own },
      { {}, { XDG_RUNTIME_DIR = folder }, folder .. "/diffgentor" },
      { {}, { XDG_RUNTIME_DIR = folder .. "/" }, folder .. "/diffgentor" },
      { {}, { XDG_RUNTIME_DIR = folder .. "/missing" }, own },
      { {}, { XDG_RUNTIME_DIR = "tests" }, own },
      { {}, { XDG_RUNTIME_DIR = "" }, own },
      { { private_limits = true }, { XDG_RUNTIME_DIR = folder }, nil },
      { { backend = "rehearsal" }, { XDG_RUNTIME_DIR = folder }, nil },
    }
    for i, case in ipairs(cases) do
      assert.equal(case[3], assert(build(case[1], case[2])).limits_folder, i)
    end
    support.sweep()
  end)

  it("warns of unknown variables by the nearest name", function()
    local s = assert(build({}, { DG_OPENAI_API_KEYES = "sk-x", DG_OPENAI_QQQQQQQQQQ = "1",
      DG_OTHER = "1" }))
    assert.same({
      "unknown variable 'DG_OPENAI_API_KEYES' is ignored; did you mean DG_OPENAI_API_KEYS?",
      "unknown variable 'DG_OPENAI_QQQQQQQQQQ' is ignored",
    }, s.warnings)
  end)

  it("needs no key to rehearse, and names the variables it does not use", function()
    local s = assert(settings.build({ input = "d.csv", backend = "rehearsal", image_field = "image",
      rehearsal = { "latency=200", "fault=nth=3,status=500", "fault=x" } }, {}))
    assert.is_true(s.rehearsal)
    assert.same({ { "latency", "200" }, { "fault", "nth=3,status=500" }, { "fault", "x" } },
      s.rehearsal_options)
    assert.same({}, s.warnings)
    assert.equal(1, #s.endpoints)
    s = assert(build({ backend = "rehearsal" }, { DG_OPENAI_RATE_LIMITS = "bad" }))
    assert.same({ "--backend rehearsal has its own endpoint: OPENAI_API_KEY, "
      .. "DG_OPENAI_RATE_LIMITS are not used" }, s.warnings)
    local list = settings.rehearsal_endpoints({ image_field = "image" }, "http://127.0.0.1:7/v1")
    assert.equal("http://127.0.0.1:7/v1", list[1].base)
    assert.equal("image", list[1].field)
    assert.equal(1, #list[1].keys)
    assert.same({ 1, 0 }, { list[1].weight, list[1].limit })
    s = assert(build({ backend = "rehearsal" }))
    assert.same({ "--backend rehearsal has its own endpoint: OPENAI_API_KEY is not used" },
      s.warnings)
  end)

  it("needs no key for a dry run", function()
    local s = assert(settings.build({ input = "d.csv", dry_run = true }, {}))
    assert.same({}, s.endpoints[1].keys)
    assert.same({ "no API key is set; a real run needs one" }, s.warnings)
  end)

  local whole = "is not a whole number from "
  local bad = {
    { { timeout = "0" }, "--timeout: '0' is not a number above 0 (at most 604800)" },
    { { timeout = "abc" }, "--timeout: 'abc' is not a number above 0 (at most 604800)" },
    { { timeout = "1e3" }, "--timeout: '1e3' is not a number above 0 (at most 604800)" },
    { { timeout = "nan" }, "--timeout: 'nan' is not a number above 0 (at most 604800)" },
    { { timeout = "" }, "--timeout: is not a number above 0 (at most 604800)" },
    { { api_max_retries = "101" }, "--api_max_retries: '101' " .. whole .. "0 to 100" },
    { { api_max_retries = "1.0" }, "--api_max_retries: '1.0' " .. whole .. "0 to 100" },
    { { retry_delay = "-1" }, "--retry_delay: '-1' is not a number from 0 to 86400" },
    { { max_global_workers = "0" },
      "--max_global_workers: '0' " .. whole .. "1 to 10000 or 'auto'" },
    { { max_global_workers = "10001" },
      "--max_global_workers: '10001' " .. whole .. "1 to 10000 or 'auto'" },
    { { max_global_workers = "Auto" },
      "--max_global_workers: 'Auto' " .. whole .. "1 to 10000 or 'auto'" },
    { { connect_timeout = "0" },
      "--connect_timeout: '0' is not a number above 0 (at most 604800)" },
    { { stall_timeout = "-1" },
      "--stall_timeout: '-1' is not a number above 0 (at most 604800)" },
    { { first_byte_timeout = "none" },
      "--first_byte_timeout: 'none' is not a number above 0 (at most 604800)" },
    { { max_outage = "-1" }, "--max_outage: '-1' is not a number from 0 to 31536000" },
    { { rate_window = "0" }, "--rate_window: '0' is not a number above 0 (at most 86400)" },
    { { num_processes = "1001" }, "--num_processes: '1001' " .. whole .. "1 to 1000" },
    { { output_compression = "101" }, "--output_compression: '101' " .. whole .. "0 to 100" },
    { { n = "0" }, "--n: '0' " .. whole .. "1 to 1000" },
    { { max_image_bytes = "50M" }, "--max_image_bytes: '50M' " .. whole .. "1 to 1073741824" },
    { { backend = "opnai" },
      "--backend: 'opnai' is not openai or rehearsal, and there is no Lua module "
      .. "diffgentor.backends.opnai on LUA_PATH; did you mean 'openai'?" },
    { { image_field = "images" },
      "--image_field: 'images' is not auto, image or image[]; did you mean 'image'?" },
    { { size = "" }, "--size: is empty" },
    { { output_dir = "" }, "--output_dir: is empty" },
    { { param = { "size" } }, "--param: 'size' is not NAME=VALUE" },
    { { param = { "=x" } }, "--param: '=x' is not NAME=VALUE" },
    { { param = { "a b=x" } }, "--param: 'a b=x' is not NAME=VALUE" },
    { { param = { "model=x" } }, "--param model: use --model_name" },
    { { param = { "prompt=x" } },
      "--param prompt: the prompt is the column --instruction_key names" },
    { { param = { "image[]=x" } }, "--param image[]: the images come from the input" },
    { { param = { "stream=true" } }, "--param stream: a streamed answer cannot be read here" },
    { { size = "auto", param = { "size=1x1" } }, "--param size: --size is given too" },
    { { quiet = true, verbose = true }, "--quiet and --verbose exclude each other" },
    { { filter_rows = "a" }, "--filter_rows: 'a' is not a row position; parts are N, A:B, A: and "
      .. ":B, joined by commas, counted from 0" },
    { { rehearsal = { "latency=1" } }, "--rehearsal is for --backend rehearsal only" },
    { { backend = "rehearsal", rehearsal = { "latncy=1" } },
      "--rehearsal: unknown option 'latncy'; did you mean 'latency'?" },
  }
  for _, case in ipairs(bad) do
    it("refuses with: " .. case[2], function()
      local s, err = build(case[1])
      assert.is_nil(s)
      assert.equal("usage", err.kind)
      assert.equal(case[2], tostring(err))
    end)
  end

  local bad_variables = {
    { { DG_OPENAI_TIMEOUT = "soon" },
      "DG_OPENAI_TIMEOUT: 'soon' is not a number above 0 (at most 604800)" },
    { { DG_OPENAI_MAX_RETRIES = "-1" }, "DG_OPENAI_MAX_RETRIES: '-1' " .. whole .. "0 to 100" },
    { { DG_OPENAI_RETRY_DELAY = "x" },
      "DG_OPENAI_RETRY_DELAY: 'x' is not a number from 0 to 86400" },
    { { DG_OPENAI_MAX_WORKERS = "0" }, "DG_OPENAI_MAX_WORKERS: '0' " .. whole .. "1 to 10000" },
    { { DG_OPENAI_MAX_WORKERS = "auto" },
      "DG_OPENAI_MAX_WORKERS: 'auto' " .. whole .. "1 to 10000" },
    { { DG_OPENAI_MAX_WORKERS = "9000" },
      "DG_OPENAI_MAX_WORKERS: 9000 times --num_processes 4 is more than 10000" },
  }
  for _, case in ipairs(bad_variables) do
    it("refuses with: " .. case[2], function()
      local s, err = build({}, case[1])
      assert.is_nil(s)
      assert.equal("config", err.kind)
      assert.equal(case[2], tostring(err))
    end)
  end

  it("requires an input", function()
    local s, err = settings.build({}, KEY)
    assert.is_nil(s)
    assert.equal("--input is required: the CSV or JSON Lines file with one edit a row (- reads "
      .. "standard input)", tostring(err))
  end)

  it("shows foreign text harmlessly and cut", function()
    local _, err = build({ timeout = "\27[2J" .. ("x"):rep(5000) })
    assert.is_nil(tostring(err):find("%c"))
    assert.is_true(#tostring(err) < 300)
    local limit = " is not a number above 0 (at most 604800)"
    local texts = {
      { ("x"):rep(100), ("x"):rep(100) },
      { ("x"):rep(101), ("x"):rep(100) .. "..." },
      { ("x"):rep(99) .. "\u{e9}x", ("x"):rep(99) .. "..." },
      { ("x"):rep(98) .. "\u{e9}x", ("x"):rep(98) .. "\u{e9}..." },
    }
    for _, case in ipairs(texts) do
      _, err = build({ timeout = case[1] })
      assert.equal("--timeout: '" .. case[2] .. "'" .. limit, tostring(err))
    end
  end)

  it("takes the limits themselves", function()
    local s = assert(build({ timeout = "604800", retry_delay = "0", max_global_workers = "10000",
      num_processes = "1", output_compression = "100" }))
    assert.same({ 604800.0, 0.0, 10000, 1 }, { s.timeout, s.retry_delay, s.max_global_workers,
      s.num_processes })
    assert.equal(100, assert(build({ api_max_retries = "100" })).api_max_retries)
    assert.equal(0.5, assert(build({ timeout = ".5" })).timeout)
    assert.equal(5.0, assert(build({ timeout = "+5." })).timeout)
  end)
end)

describe("settings.check", function()
  local function check(flags, env)
    local variables = { OPENAI_API_KEY = "sk-of-a-test" }
    for name, text in pairs(env or {}) do variables[name] = text end
    return settings.check(flags, variables)
  end

  it("has the endpoints as edit would, and a time of its own", function()
    local s = assert(check({}, { DG_OPENAI_ENDPOINTS = "https://a,https://b",
      DG_OPENAI_TIMEOUT = "120", DG_OPENAI_RATE_LIMIT = "3" }))
    assert.same({ "check", "gpt-image-1", 10, false, 2, 3 },
      { s.command, s.model_name, s.timeout, s.json, #s.endpoints, s.endpoints[2].limit })
    s = assert(check({ model_name = "m", timeout = "2", json = true, image_field = "image",
      rate_window = "5" }))
    assert.same({ "m", 2.0, true, "image", 5.0 },
      { s.model_name, s.timeout, s.json, s.endpoints[1].field, s.endpoints[1].window })
  end)

  it("refuses what edit would", function()
    local cases = {
      { {}, { DG_OPENAI_TIMEOUT = "x" }, "DG_OPENAI_TIMEOUT: 'x' is not a number" },
      { {}, { DG_OPENAI_MAX_WORKERS = "0" }, "DG_OPENAI_MAX_WORKERS: '0' is not" },
      { {}, { OPENAI_API_KEY = "" }, "no API key: set OPENAI_API_KEY" },
      { { timeout = "11" }, {}, "--timeout: '11' is not a number above 0 (at most 10)" },
    }
    for _, case in ipairs(cases) do
      local s, err = check(case[1], case[2])
      assert.is_nil(s)
      assert.matches("^" .. case[3]:gsub("[%-()]", "%%%0"), tostring(err))
    end
  end)

  it("warns of unknown variables", function()
    assert.equal(1, #assert(check({}, { DG_OPENAI_KEYSS = "1" })).warnings)
  end)
end)

describe("settings.of_folder", function()
  it("has for reprocess what a run needs, and sends nothing", function()
    local s = assert(settings.of_folder("reprocess", { rest = { "out" } }, {}))
    assert.same({ 1, true, false, false, 30, 60, 900 }, { s.num_processes, s.private_limits,
      s.preflight, s.auto_workers, s.connect_timeout, s.stall_timeout, s.max_outage })
    assert.is_nil(s.limits_folder)
  end)
end)
