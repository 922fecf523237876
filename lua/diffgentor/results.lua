-- SPDX-License-Identifier: MIT
--
-- `diffgentor results DIR`: the table of results from the ledger, at any time,
-- also while a run is going on.

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local native = require("diffgentor.native.ledger")
local path = require("diffgentor.path")
local sys = require("diffgentor.sys")

local FIRST_BYTES = 64 * 1024 -- a header of ours is found in as many

local results = {}

-- Columns of every table that this program writes, in a row.
local OURS = "output_image,status,error_code,error,attempts"

local function is_ours(text, format)
  local first = text:match("^[^\n]*") or ""
  if format == "jsonl" then
    return first:find('"output_image":', 1, true) and first:find('"attempts":', 1, true)
  end
  return ("," .. first):gsub(",dg_", ","):find("," .. OURS, 1, true)
end

--- nil, err if the file is something else than results of this program: it would
--- be lost.
---@param name string
---@param format "csv"|"jsonl"
---@return true?, table? err
function results.check_place(name, format)
  local ok, err = file.relative_ok(path.name(name))
  if not ok then return nil, err end
  local kind = file.kind(name)
  if not kind then return true end
  local handle = kind == "file" and io.open(name, "rb")
  local text = handle and handle:read(FIRST_BYTES) or ""
  if handle then handle:close() end
  if kind == "file" and (text == "" or is_ours(text, format)) then return true end
  return nil, errors.new("config", "not_results", "%s: is no results file of this program (%s); it "
    .. "is not overwritten: name another one, or move it away", name,
    kind == "file" and "its columns are others" or "not a regular file")
end

--- How the ledger remembers where the results are: in its folder by name alone,
--- so that the folder may be moved.
---@param settings { output_dir: string, output_csv: string }
---@return string
function results.kept_name(settings)
  local folder, name = path.parent(settings.output_csv), path.name(settings.output_csv)
  if file.same(folder, settings.output_dir) then return name end
  return path.join(file.absolute(folder), name)
end

--- Where they are, as a run of this folder remembers it.
---@param ledger table
---@param folder string
---@return string
function results.place(ledger, folder)
  return path.join(folder, ledger:get("output_csv") or "results.csv")
end

local function run(settings)
  local ledger <close>, err = native.open({ folder = settings.output_dir })
  if not ledger then return nil, err end
  local name = settings.output or settings.format == "csv"
    and results.place(ledger, settings.output_dir)
    or path.join(settings.output_dir, "results." .. settings.format)
  local ok
  ok, err = results.check_place(name, settings.format)
  if ok then ok, err = file.mkdirs(path.parent(name)) end
  if ok then ok, err = ledger:results(settings.format, path.parent(name), path.name(name)) end
  if ok then ok, err = sys.write(("results: %s\n"):format(sys.visible(name))) end
  return ok and 0, err
end

return setmetatable(results, { __call = function(_, settings) return run(settings) end })
