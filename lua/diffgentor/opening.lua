-- SPDX-License-Identifier: MIT
--
-- What every kind of run needs before its first row: the output folder, the
-- input, and the columns that the workflow reads.

local edit = require("diffgentor.edit")
local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local output = require("diffgentor.output")
local path = require("diffgentor.path")
local rows = require("diffgentor.rows")

local opening = {}

-- Only what the bundled hooks read must be there; a script reads what it likes.
local function missing_column(workflow, settings)
  local source = workflow.source
  if source.format == "jsonl" and not source.pending then return nil end -- no row at all
  local err
  if workflow.images == edit.images then err = source:missing_image() end
  if not err and workflow.prompt == edit.prompt then
    err = source:missing(settings.instruction_key, "--instruction_key names it")
  end
  if not err and settings.mask_column then
    err = source:missing(settings.mask_column, "--mask_column")
  end
  if not err and settings.output_name_column and workflow.name == edit.name then
    err = source:missing(settings.output_name_column, "--output_name_column")
  end
  return err
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
---@param spool string? folder to keep piped input in
---@return true?, table? err
function opening.input(workflow, settings, spool)
  local err = overwrites_input(settings)
  if err then return nil, err end
  workflow.settings = settings
  workflow.source, err = rows.open(settings, spool)
  if not workflow.source then return nil, err end
  err = missing_column(workflow, settings)
  if err then return nil, err end
  return true
end

--- Opens input and output folder; a faulty file leaves no folder behind.  Piped
--- input is kept in the folder, which therefore comes first.
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
  if piped then return opening.input(workflow, settings, workflow.output.temporary) end
  return true
end

--- Calls the workflow's own setup.
---@param workflow diffgentor.Edit
---@param settings table
---@return true?, table? err
function opening.setup(workflow, settings)
  local ok, result, err = xpcall(workflow.setup, failure.of, workflow, settings)
  if not ok then return nil, result end
  if result == nil and err ~= nil then return nil, failure.of(err) end
  return true
end

return opening
