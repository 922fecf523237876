-- SPDX-License-Identifier: MIT
--
-- Every flag and every environment variable as data: the parser, the help, the
-- checks of values and docs/settings.md all follow these tables.
--
-- An option: name (without dashes), group, kind, argname, help, and where they
-- apply default, env, min, max, above (number > above), word (a text beside the
-- whole numbers), choices, repeatable, sets and value (a switch that sets another
-- option), api (the API field it becomes), shown (what help says as the default
-- where it is computed).

local options = {}

options.program = "diffgentor"

---@class diffgentor.Option
---@field name string
---@field group string
---@field kind "text"|"integer"|"number"|"choice"|"switch"|"pair"
---@field help string
---@field argname string?
---@field default any
---@field env string?
---@field min number?
---@field max number?
---@field above number?
---@field word string?
---@field choices string[]?
---@field repeatable boolean?
---@field sets string?
---@field value any
---@field api boolean?
---@field shown string?

local FIELDS = { "auto", "image", "image[]" }

--- Flags of `diffgentor edit`, in the order of the help.
---@type diffgentor.Option[]
options.edit = {
  { name = "input", group = "Input", kind = "text", argname = "FILE",
    shown = "required",
    help = "CSV or JSON Lines (.jsonl) file with one edit a row; - reads standard input" },
  { name = "instruction_key", group = "Input", kind = "text", argname = "COLUMN",
    default = "instruction", help = "column of the prompt" },
  { name = "mask_column", group = "Input", kind = "text", argname = "COLUMN", shown = "none",
    help = "column of the mask's path or URL" },
  { name = "filter_rows", group = "Input", kind = "text", argname = "ROWS", shown = "all",
    help = "rows to send, by position from 0: 0:50, 100:, :10, 0,5,10 or a mixture" },
  { name = "where", group = "Input", kind = "text", argname = "EXPR", shown = "all",
    help = "rows to edit, by a Lua expression over their columns: 'lang == \"en\"'; the others "
      .. "are skipped" },
  { name = "image_cache_dir", group = "Input", kind = "text", argname = "DIR", shown = "none",
    help = "keep downloaded input images there" },
  { name = "max_image_bytes", group = "Input", kind = "integer", argname = "BYTES",
    default = 52428800, min = 1, max = 1073741824, help = "largest image to load or to accept" },
  { name = "allow_private_urls", group = "Input", kind = "switch",
    help = "load images from private and loopback addresses too" },

  { name = "output_dir", group = "Output", kind = "text", argname = "DIR", default = "./output",
    help = "folder of the pictures and of results.csv" },
  { name = "output_csv", group = "Output", kind = "text", argname = "FILE",
    shown = "OUTPUT_DIR/results.csv", help = "file of the results, one line a row" },
  { name = "output_name_column", group = "Output", kind = "text", argname = "COLUMN",
    shown = "none", help = "column of the pictures' names; none: the row's index, 000000.png" },
  { name = "durable", group = "Output", kind = "switch",
    help = "have pictures and ledger on disk before a row is done, safe from a power cut" },

  { name = "resume", group = "Resuming", kind = "switch", default = true,
    help = "go on where the last run with this output folder ended; done rows are not sent again" },
  { name = "no_resume", group = "Resuming", kind = "switch", sets = "resume", value = false,
    help = "start afresh; refused if rows are done, unless --overwrite is given" },
  { name = "overwrite", group = "Resuming", kind = "switch",
    help = "with --no_resume: make done rows anew and replace their pictures, or whatever has "
      .. "their names" },
  { name = "redo_changed", group = "Resuming", kind = "switch",
    help = "send changed rows again, however many there are" },
  { name = "retry_failed", group = "Resuming", kind = "switch", default = true,
    help = "send rows again that failed in an earlier run" },
  { name = "no_retry_failed", group = "Resuming", kind = "switch", sets = "retry_failed",
    value = false, help = "leave rows that failed" },

  { name = "backend", group = "Request", kind = "text", default = "openai", argname = "NAME",
    help = "openai: an OpenAI-compatible API; rehearsal: a server inside this program, free "
      .. "and offline; any other: the Lua module diffgentor.backends.NAME" },
  { name = "model_name", group = "Request", kind = "text", argname = "MODEL",
    default = "gpt-image-1", help = "model to ask for" },
  { name = "prompt_template", group = "Request", kind = "text", argname = "TEXT", shown = "none",
    help = "the prompt, with {{column}} for a cell and filters as {{column | trim}}; @FILE reads "
      .. "it from a file" },
  { name = "size", group = "Request", kind = "text", argname = "WxH", api = true,
    shown = "not sent", help = "size of the picture, such as 1024x1024 or auto" },
  { name = "quality", group = "Request", kind = "text", argname = "QUALITY", api = true,
    shown = "not sent", help = "low, medium, high or auto" },
  { name = "background", group = "Request", kind = "text", argname = "KIND", api = true,
    shown = "not sent", help = "transparent, opaque or auto" },
  { name = "input_fidelity", group = "Request", kind = "text", argname = "LEVEL", api = true,
    shown = "not sent", help = "high or low" },
  { name = "output_format", group = "Request", kind = "text", argname = "FORMAT", api = true,
    shown = "not sent", help = "png, jpeg or webp" },
  { name = "output_compression", group = "Request", kind = "integer", argname = "PERCENT",
    api = true, min = 0, max = 100, shown = "not sent", help = "for jpeg and webp, 0 to 100" },
  { name = "n", group = "Request", kind = "integer", argname = "COUNT", api = true, min = 1,
    max = 1000, shown = "not sent", help = "pictures a row" },
  { name = "user", group = "Request", kind = "text", argname = "ID", api = true,
    shown = "not sent", help = "end-user identifier for the API" },
  { name = "param", group = "Request", kind = "pair", argname = "NAME=VALUE", repeatable = true,
    shown = "none", help = "any further API field; may be given often" },
  { name = "image_field", group = "Request", kind = "choice", argname = "NAME",
    default = "auto", choices = FIELDS, env = "DG_OPENAI_IMAGE_FIELDS",
    help = "field of the images: auto, image or image[]; auto: image for one, image[] for "
      .. "several" },

  { name = "timeout", group = "Sending", kind = "number", argname = "SECONDS", default = 300,
    above = 0, max = 604800, env = "DG_OPENAI_TIMEOUT", help = "longest time of one attempt" },
  { name = "api_max_retries", group = "Sending", kind = "integer", argname = "COUNT",
    default = 0, min = 0, max = 100, env = "DG_OPENAI_MAX_RETRIES",
    help = "attempts after the first" },
  { name = "retry_delay", group = "Sending", kind = "number", argname = "SECONDS",
    default = 1.0, min = 0, max = 86400, env = "DG_OPENAI_RETRY_DELAY",
    help = "delay before the first retry; it doubles each time" },
  { name = "connect_timeout", group = "Sending", kind = "number", argname = "SECONDS",
    default = 30, above = 0, max = 604800, help = "longest time until a connection is made" },
  { name = "stall_timeout", group = "Sending", kind = "number", argname = "SECONDS", default = 60,
    above = 0, max = 604800, help = "longest time in which nothing of an upload leaves" },
  { name = "first_byte_timeout", group = "Sending", kind = "number", argname = "SECONDS",
    shown = "none", above = 0, max = 604800,
    help = "longest time from the end of the upload to the first byte of the answer" },
  { name = "max_global_workers", group = "Sending", kind = "integer", argname = "COUNT",
    default = 16, min = 1, max = 10000, word = "auto", env = "DG_OPENAI_MAX_WORKERS",
    help = "requests in flight, of all processes together; auto: as many as the servers bear, at "
      .. "most 256" },
  { name = "num_processes", group = "Sending", kind = "integer", argname = "COUNT", default = 4,
    min = 1, max = 1000,
    help = "worker processes, among which the requests in flight are divided" },
  { name = "http_version", group = "Sending", kind = "choice", argname = "VERSION",
    default = "1.1", choices = { "1.1", "2" }, env = "DG_OPENAI_HTTP_VERSION",
    help = "1.1: a connection for each request in flight; 2: many requests share one, over "
      .. "https:// where the server speaks it" },
  { name = "rate_window", group = "Sending", kind = "number", argname = "SECONDS", default = 60,
    above = 0, max = 86400, help = "span over which DG_OPENAI_RATE_LIMIT counts" },
  { name = "private_limits", group = "Sending", kind = "switch",
    help = "count requests of this run alone; else all runs of this user on this machine that "
      .. "share an endpoint and a key share its limit" },
  { name = "preflight", group = "Sending", kind = "switch", default = true,
    help = "before the first row, ask each endpoint for its models with each key, 2 seconds at "
      .. "most; a key that is refused (401) is not used" },
  { name = "no_preflight", group = "Sending", kind = "switch", sets = "preflight", value = false,
    help = "send rows at once" },

  { name = "max_cost", group = "Limits", kind = "number", argname = "USD", shown = "none",
    above = 0, max = 1000000,
    help = "stop before the ledger's attempts may cost more, those in flight and those possibly "
      .. "billed counted at the dearest so far" },
  { name = "prices", group = "Limits", kind = "text", argname = "FILE", shown = "built in",
    help = "Lua file with prices by model, beside or instead of those built in" },
  { name = "max_errors", group = "Limits", kind = "integer", argname = "COUNT", shown = "none",
    min = 1, max = 1000000, help = "stop when so many rows have failed" },
  { name = "max_same_errors", group = "Limits", kind = "integer", argname = "COUNT", default = 20,
    min = 0, max = 1000000, help = "stop when the first so many rows all fail with one error; "
      .. "0: never" },
  { name = "max_outage", group = "Limits", kind = "number", argname = "SECONDS", default = 900,
    min = 0, max = 31536000,
    help = "stop when no endpoint could be used for so long; rows wait until then" },
  { name = "max_runtime", group = "Limits", kind = "number", argname = "SECONDS", shown = "none",
    above = 0, max = 31536000, help = "stop after that time" },

  { name = "hook", group = "Scripts", kind = "text", argname = "FILE", repeatable = true,
    shown = "none", help = "Lua file that returns a table of hooks, see docs/scripting.md; may be "
      .. "given often, each goes before the ones before it" },
  { name = "sandbox", group = "Scripts", kind = "switch",
    help = "hook files see no files, no programs and no keys" },
  { name = "max_instructions", group = "Scripts", kind = "integer", argname = "COUNT",
    default = 1000000000, min = 100000, max = 1000000000000000,
    help = "instructions of Lua that a row's hooks may use without waiting; past them the row "
      .. "fails" },
  { name = "max_memory", group = "Scripts", kind = "integer", argname = "MIB", default = 2048,
    min = 16, max = 1048576,
    help = "memory of Lua in each process, in MiB; a row whose hooks want more fails" },
  { name = "hang_timeout", group = "Scripts", kind = "number", argname = "SECONDS", default = 30,
    above = 0, max = 86400, help = "longest time in which a hook of a worker process neither "
      .. "returns nor waits; past it that process is killed and the row fails; with "
      .. "--num_processes 1 nothing can" },
  { name = "print_script", group = "Scripts", kind = "switch",
    help = "print the bundled workflow as a script, to be saved and changed" },

  { name = "dry_run", group = "Run", kind = "switch",
    help = "print what would be sent, row by row, and send nothing" },
  { name = "rehearsal", group = "Run", kind = "pair", argname = "OPTION=VALUE",
    repeatable = true, shown = "none",
    help = "option of the rehearsal server, such as latency=200; see diffgentor serve --help" },
  { name = "quiet", group = "Run", kind = "switch",
    help = "no progress and no notes; warnings, errors and the summary stay" },
  { name = "verbose", group = "Run", kind = "switch", help = "say more on standard error" },
  { name = "log_dir", group = "Run", kind = "text", argname = "DIR", shown = "none",
    help = "append a JSON Lines log to DIR/diffgentor.jsonl" },
}

--- Flags of `diffgentor check`; the first ones are those of edit.
---@type diffgentor.Option[]
options.check = {}
for _, name in ipairs({ "model_name", "image_field", "rate_window" }) do
  for _, option in ipairs(options.edit) do
    if option.name == name then table.insert(options.check, option) end
  end
end
table.insert(options.check, { name = "timeout", group = "Check", kind = "number",
  argname = "SECONDS", default = 10, above = 0, max = 10, help = "longest time of it all" })
table.insert(options.check, { name = "json", group = "Check", kind = "switch",
  help = "one JSON object" })

--- Flags of `diffgentor results`.
---@type diffgentor.Option[]
options.results = {
  { name = "format", group = "Results", kind = "choice", argname = "FORMAT", default = "csv",
    choices = { "csv", "jsonl" }, help = "csv: DIR/results.csv, jsonl: DIR/results.jsonl" },
  { name = "output", group = "Results", kind = "text", argname = "FILE",
    shown = "in DIR", help = "another file" },
}

--- Flags of `diffgentor status`.
---@type diffgentor.Option[]
options.status = {
  { name = "json", group = "Status", kind = "switch", help = "one JSON object" },
  { name = "watch", group = "Status", kind = "switch",
    help = "show it anew every second until the run has ended" },
}

--- Flags of `diffgentor reprocess`.
---@type diffgentor.Option[]
options.reprocess = {
  { name = "script", group = "Reprocess", kind = "text", argname = "FILE", shown = "none",
    help = "the script of the run" },
  { name = "hook", group = "Reprocess", kind = "text", argname = "FILE", repeatable = true,
    shown = "none", help = "hook file of the run, as of diffgentor edit" },
  { name = "prices", group = "Reprocess", kind = "text", argname = "FILE", shown = "built in",
    help = "as of diffgentor edit" },
  { name = "allow_private_urls", group = "Reprocess", kind = "switch",
    help = "load pictures from private and loopback addresses too" },
  { name = "quiet", group = "Reprocess", kind = "switch",
    help = "no progress and no notes; warnings, errors and the summary stay" },
}

--- Flags of `diffgentor serve`; the server itself checks their values.
---@type diffgentor.Option[]
options.serve = {
  { name = "host", group = "Server", kind = "text", argname = "ADDRESS", default = "127.0.0.1",
    help = "address to listen on" },
  { name = "port", group = "Server", kind = "text", argname = "N", default = "0",
    help = "port to listen on; 0 picks a free one" },
  { name = "keys", group = "Server", kind = "text", argname = "KEY,KEY,...",
    shown = "any key", help = "the only keys accepted" },
  { name = "rate_limit", group = "Server", kind = "text", argname = "N", default = "0",
    help = "requests a minute and key; 0: no limit" },
  { name = "latency", group = "Answers", kind = "text", argname = "MS", default = "0",
    help = "milliseconds until an answer: 200, 100-300, normal:200,50 (mean, deviation) or "
      .. "exp:200 (mean)" },
  { name = "fault", group = "Answers", kind = "text", argname = "WHEN:ACTION", repeatable = true,
    shown = "none",
    help = "a fault: WHEN is N, N-M, %N (every Nth), P% (a random share) or *; ACTION a status as "
      .. "429 or 429/insufficient_quota, or one of reset, close, hang, slow, truncate, garbage, "
      .. "html, empty and more, with options as retry_after=2 or ms=3000 behind commas; may be "
      .. "given often" },
  { name = "picture", group = "Answers", kind = "text", argname = "KIND", default = "derived",
    help = "derived: drawn from the input; fixed: always the same, for load tests" },
  { name = "seed", group = "Answers", kind = "text", argname = "N", default = "1",
    help = "of everything that is drawn by lot" },
  { name = "request_log", group = "Answers", kind = "text", argname = "FILE", shown = "none",
    help = "append a JSON line for every request" },
}

---@class diffgentor.Variable
---@field name string
---@field shown string the default, for people
---@field help string
---@field endpoint boolean? it describes endpoints (the rehearsal backend has its own)
---@field secret boolean? it holds keys

--- Environment variables, in the order of the documentation.
---@type diffgentor.Variable[]
options.variables = {
  { name = "OPENAI_API_KEY", endpoint = true, secret = true, shown = "none",
    help = "the API key" },
  { name = "DG_OPENAI_API_KEY", endpoint = true, secret = true, shown = "OPENAI_API_KEY",
    help = "the same, before OPENAI_API_KEY" },
  { name = "DG_OPENAI_API_KEYS", endpoint = true, secret = true, shown = "DG_OPENAI_API_KEY",
    help = "keys, comma-separated; as many as endpoints are paired by position, a place may hold "
      .. "several keys as key1|key2" },
  { name = "OPENAI_API_BASE", endpoint = true, shown = "https://api.openai.com/v1",
    help = "base URL" },
  { name = "OPENAI_BASE_URL", endpoint = true, shown = "OPENAI_API_BASE",
    help = "another name of OPENAI_API_BASE" },
  { name = "DG_OPENAI_API_BASE", endpoint = true, shown = "OPENAI_API_BASE",
    help = "the same, before OPENAI_API_BASE" },
  { name = "DG_OPENAI_BASE_URL", endpoint = true, shown = "DG_OPENAI_API_BASE",
    help = "another name of DG_OPENAI_API_BASE" },
  { name = "OPENAI_API_VERSION", endpoint = true, shown = "none",
    help = "version of the API of Azure endpoints whose URL names none" },
  { name = "DG_OPENAI_API_VERSION", endpoint = true, shown = "OPENAI_API_VERSION",
    help = "the same, before OPENAI_API_VERSION" },
  { name = "DG_OPENAI_ENDPOINTS", endpoint = true, shown = "DG_OPENAI_API_BASE",
    help = "base URLs, comma-separated; an empty place is https://api.openai.com/v1" },
  { name = "DG_OPENAI_RATE_LIMIT", endpoint = true, shown = "0",
    help = "requests of each endpoint in a minute (--rate_window); 0: no limit" },
  { name = "DG_OPENAI_RATE_LIMITS", endpoint = true, shown = "DG_OPENAI_RATE_LIMIT",
    help = "the same for each endpoint, comma-separated" },
  { name = "DG_OPENAI_WEIGHTS", endpoint = true, shown = "1",
    help = "share of the traffic of each endpoint, comma-separated; 0: only if no other is left" },
  { name = "DG_OPENAI_IMAGE_FIELDS", endpoint = true, shown = "auto",
    help = "--image_field of each endpoint, comma-separated" },
  { name = "DG_OPENAI_TIMEOUT", shown = "300", help = "as --timeout" },
  { name = "DG_OPENAI_MAX_RETRIES", shown = "0", help = "as --api_max_retries" },
  { name = "DG_OPENAI_RETRY_DELAY", shown = "1.0", help = "as --retry_delay" },
  { name = "DG_OPENAI_MAX_WORKERS", shown = "max_global_workers / num_processes",
    help = "requests in flight of one process: this times --num_processes is "
      .. "--max_global_workers" },
  { name = "DG_OPENAI_HTTP_VERSION", shown = "1.1", help = "as --http_version" },
  { name = "SSL_CERT_FILE", shown = "the system's",
    help = "file of the certificates that are trusted" },
  { name = "XDG_RUNTIME_DIR", shown = "/dev/shm",
    help = "folder in memory, where runs that share a limit count their requests" },
  { name = "NO_COLOR", shown = "unset", help = "not empty: no colours" },
  { name = "TERM", shown = "unset", help = "dumb: no progress line and no colours" },
}

options.commands = {
  { name = "edit", help = "edit many images through an OpenAI-compatible API" },
  { name = "script", argument = "FILE",
    help = "run a Lua script: a workflow as edit does, or any program" },
  { name = "check", help = "show the endpoints, and ask each of them whether it would serve" },
  { name = "status", argument = "DIR", help = "show how far the run in an output folder is" },
  { name = "results", argument = "DIR", help = "write the results of an output folder" },
  { name = "reprocess", argument = "DIR",
    help = "process answers again that were paid for and kept, without a request" },
  { name = "serve", help = "be a rehearsal server: an offline stand-in for such an API" },
}

--- What help and documentation show as an option's default; nil for a switch
--- that is off.
---@param option diffgentor.Option
---@return string?
function options.default_text(option)
  if option.shown then return option.shown end
  if option.default == true then return "on" end
  if option.default ~= nil then return tostring(option.default) end
  return nil
end

--- Options of the scripts that were loaded, beside those of edit.
---@type diffgentor.Option[]
options.own = {}

--- All options of a command.
---@param command string
---@return diffgentor.Option[]? nil: it has none
function options.of(command)
  local list = options[command]
  if command ~= "edit" or #options.own == 0 then return list end
  local all = table.move(list, 1, #list, 1, {})
  return table.move(options.own, 1, #options.own, #all + 1, all)
end

--- The option of that name.
---@param list diffgentor.Option[]
---@param name string
---@return diffgentor.Option?
function options.find(list, name)
  for _, option in ipairs(list) do
    if option.name == name then return option end
  end
  return nil
end

--- The API fields among the flags (size ... user), in sending order.
---@return string[]
function options.api_fields()
  local names = {}
  for _, option in ipairs(options.edit) do
    if option.api then table.insert(names, option.name) end
  end
  return names
end

return options
