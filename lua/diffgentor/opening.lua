-- SPDX-License-Identifier: MIT
--
-- What every kind of run needs before its first row: the output folder, the
-- input, and the columns that the workflow reads.

local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local guard = require("diffgentor.guard")
local layers = require("diffgentor.layers")
local output = require("diffgentor.output")
local path = require("diffgentor.path")
local row_object = require("diffgentor.row")
local rows = require("diffgentor.rows")
local where = require("diffgentor.where")

local opening = {}

local function missing_in_prompt(source, settings)
  if not settings.template then
    return source:missing(settings.instruction_key, "--instruction_key names it")
  end
  for _, name in ipairs(settings.template:names()) do
    local err = source:missing(name, "--prompt_template names it")
    if err then return err end
  end
end

-- Only what the bundled hooks read must be there; a script reads what it likes.
local function missing_column(workflow, settings)
  local source = workflow.source
  if source.format == "jsonl" and not source.pending then return nil end -- no row at all
  local err
  if layers.is_bundled(workflow, "images") then err = source:missing_image() end
  if not err and layers.is_bundled(workflow, "prompt") then
    err = missing_in_prompt(source, settings)
  end
  if not err and settings.where then err = where.missing(settings.where, source.columns) end
  if not err and settings.mask_column then
    err = source:missing(settings.mask_column, "--mask_column")
  end
  if not err and settings.output_name_column and layers.is_bundled(workflow, "name") then
    err = source:missing(settings.output_name_column, "--output_name_column")
  end
  return err
end

-- Hooks that a picture hangs on.
local READING = { "images", "prompt", "keep", "request" }

local function add_all(list, more)
  return more and table.move(more, 1, #more, #list + 1, list)
end

--- The columns a row's picture hangs on; nil: all of them, because a hook reads
--- the row and does not say which (`workflow.columns`).
---@param workflow diffgentor.Edit
---@param settings table
---@return string[]?
function opening.keys(workflow, settings)
  local own = false
  for _, name in ipairs(READING) do
    own = own or not layers.is_bundled(workflow, name)
  end
  if own and not workflow.columns then return nil end
  local keys = table.move(row_object.IMAGE_COLUMNS, 1, #row_object.IMAGE_COLUMNS, 1, {})
  table.insert(keys, settings.instruction_key)
  table.insert(keys, settings.mask_column)
  add_all(keys, settings.template and settings.template:names())
  return table.move(workflow.columns or {}, 1, #(workflow.columns or {}), #keys + 1, keys)
end

-- By the file itself where the program can tell: a link has another name.
local function is_same(a, b)
  return path.plain(a) == path.plain(b) or file.same ~= nil and file.same(a, b)
end

local function overwrites_input(settings)
  if not is_same(settings.input, settings.output_csv) then return nil end
  return errors.new("config", "output_is_input", "%s is the input; name another file with "
    .. "--output_csv", settings.output_csv)
end

--- Opens the input, for a run that keeps nothing.
---@param workflow diffgentor.Edit
---@param settings table
---@param copy { input: string, label: string, folder: string }? of a pipe
---@return true?, table? err
function opening.input(workflow, settings, copy)
  local err = overwrites_input(settings)
  if err then return nil, err end
  workflow.settings = settings
  guard.limit(settings)
  workflow.source, err = rows.open(copy or settings)
  if not workflow.source then return nil, err end
  err = missing_column(workflow, settings)
  if err then return nil, err end
  return true
end

--- A pipe as a file, so that it can be read twice: it is to be compared with
--- what was sent before.
---@param settings table
---@param folder string for files in the making
---@return { input: string, label: string, folder: string }?, table? err
function opening.copy(settings, folder)
  local piped = settings.input == "-"
  local suffix = path.extension(settings.input) == "jsonl" and ".jsonl" or ".csv"
  local name = path.join(folder, "input" .. suffix)
  local ok, err = file.drain(settings.input, name)
  if not ok then
    file.remove(name)
    return nil, err
  end
  return {
    input = name, label = piped and "standard input" or settings.input,
    folder = piped and "." or path.parent(settings.input),
  }
end

--- Opens input and output folder; a faulty file leaves no folder behind.
---@param workflow diffgentor.Edit
---@param settings table
---@return true?, table? err
function opening.open(workflow, settings)
  local piped = settings.input == "-" or file.kind(settings.input) == "other"
  if not piped then
    local ok, err = opening.input(workflow, settings)
    if not ok then return nil, err end
  end
  local err
  workflow.output, err = output.open(settings.output_dir)
  if not workflow.output then return nil, err end
  local ok
  ok, err = workflow.output:lock()
  if not ok or not piped then return ok, err end
  local copy
  if file.kind(path.join(settings.output_dir, output.LEDGER)) then
    copy, err = opening.copy(settings, workflow.output.temporary)
    if not copy then return nil, err end
    workflow.copy = copy.input
  end
  return opening.input(workflow, settings, copy)
end

--- Calls the workflow's own setup.
---@param workflow diffgentor.Edit
---@param settings table
---@return true?, table? err
function opening.setup(workflow, settings)
  local ok, result, err = guard.xpcall(workflow.hook.setup, failure.of, settings)
  if not ok then return nil, result end
  if result == nil and err ~= nil then return nil, failure.of(err) end
  return true
end

return opening
