-- SPDX-License-Identifier: MIT
--
-- `diffgentor reprocess DIR`: takes answers that were paid for and kept through
-- the workflow's part behind the answer, without a request.

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local import_link = require("diffgentor.import_link")
local json = require("diffgentor.json")
local native = require("diffgentor.native.ledger")
local output = require("diffgentor.output")
local pool = require("diffgentor.native.pool")
local report = require("diffgentor.report")
local results = require("diffgentor.results")
local resume = require("diffgentor.resume")
local rows = require("diffgentor.rows")

local NO_KEY = "reprocessing-sends-nothing"

-- What the ledger says of the run whose answers these are.
local function recall(settings, ledger)
  local kept = json.decode(ledger:settings() or "{}") or {}
  settings.params = {}
  for i, pair in ipairs(kept.params or {}) do
    settings.params[i] = { pair[1], pair[2] }
  end
  settings.model_name = kept.model_name or ""
  settings.instruction_key = kept.instruction_key
  settings.settings_text = ledger:settings() or "{}"
  settings.output_csv = results.place(ledger, settings.output_dir)
  return rows.of_ledger(ledger)
end

-- Answers of a script's run are for that script.
local function check_scripts(settings, ledger)
  local kept = json.decode(ledger:settings() or "{}") or {}
  local had = type(kept.scripts) == "table" and kept.scripts or {}
  if #had == 0 or #resume.scripts_of(settings.workflow) > 0 then return true end
  return nil, errors.new("config", "no_script", "the run had the hooks of %s: name them by "
    .. "--script or --hook", table.concat(had, ", "))
end

-- Nothing is sent to its endpoints: they are those whose pictures may be loaded.
local function connect(workflow, settings)
  local err
  for _, endpoint in ipairs(settings.endpoints) do
    if #endpoint.keys == 0 then endpoint.keys = { NO_KEY } end
  end
  workflow.pool, err = pool.new(settings.endpoints)
  return workflow.pool ~= nil, err
end

-- As prepare.lua, from the ledger instead of an input.
local function prepare(settings)
  local ledger, err = native.open({ folder = settings.output_dir })
  if not ledger then return nil, err end
  local fit
  fit, err = check_scripts(settings, ledger)
  if not fit then
    ledger:close()
    return nil, err
  end
  local workflow = (settings.workflow or edit):instance(settings)
  workflow.settings = settings
  workflow.source, err = recall(settings, ledger)
  ledger:close()
  if not workflow.source then return nil, err end
  workflow.output, err = output.open(settings.output_dir)
  if not workflow.output then return nil, err end
  local ok
  ok, err = workflow.output:lock()
  if ok then ok, err = connect(workflow, settings) end
  local shared
  if ok then shared, err = native.share() end
  if not shared then
    workflow.output:close()
    return nil, err
  end
  shared:open_all()
  return {
    workflow = workflow, settings = settings, shared = shared,
    report = settings.report or report.new({ quiet = true }),
  }
end

---@param settings table
---@return integer? exit code, table? err
return function(settings)
  if file.kind(settings.output_dir) ~= "directory" then
    return nil, select(2, native.open({ folder = settings.output_dir }))
  end
  local prepared, err = prepare(settings)
  if not prepared then return nil, err end
  local code
  code, err = require("diffgentor.run")(prepared, import_link.without(prepared))
  prepared.workflow.output:close()
  return code, err
end
