-- SPDX-License-Identifier: MIT
--
-- What is decided by the work of earlier runs: whether the input is still the one
-- that was sent, and what is told of settings that differ.

local errors = require("diffgentor.error")
local json = require("diffgentor.json")

local resume = {}

local FEW = 10 -- changed rows that are never more than a correction
local SHARE = 10 -- more than one finished row in so many: another input

-- The settings that a picture hangs on.
local TOLD = { "model_name", "instruction_key", "mask_column", "backend" }

local function refuse(code, fmt, ...) return nil, errors.new("config", code, fmt, ...) end

--- nil, err if so much has changed that going on would pay for most of it again.
---@param found { finished: integer, changed: integer }
---@param settings table
---@param before string? the input's path at the last run
---@param now string its path
---@return string? note to be told of, table? err
function resume.check(found, settings, before, now)
  local changed, finished = found.changed, found.finished
  local other = before ~= nil and before ~= now
  local from = before == "-" and "standard input" or before
  local many = changed > FEW and changed * SHARE > finished
  if changed > 0 and (other or many) and not settings.redo_changed then
    return refuse("input_changed", "%d of %d finished rows of %s are changed, gone or elsewhere in "
      .. "%s%s; nothing was sent: name another --output_dir, or --redo_changed to go on and send "
      .. "the changed ones again",
      changed, finished, settings.output_dir, settings.input,
      other and (" (they were made from %s)"):format(from) or "")
  end
  if changed == 0 then return "" end
  return ("%d of %d finished rows have changed or are gone since the earlier run; those still in "
    .. "the input are sent again"):format(changed, finished)
end

--- nil, err if pictures would be made a second time that nobody said may be.
---@param done integer finished rows
---@param settings table
---@return true?, table? err
function resume.check_afresh(done, settings)
  if settings.resume or settings.overwrite or done == 0 then return true end
  return refuse("would_overwrite", "--no_resume: %s done already in %s; --overwrite makes them "
    .. "anew and replaces their pictures, with --filter_rows those rows alone",
    done == 1 and "1 row is" or done .. " rows are", settings.output_dir)
end

-- The files whose hooks a run has, the lowest first.
local function scripts_of(workflow)
  local list = {}
  while workflow do
    local label = rawget(workflow, "label")
    if label then table.insert(list, 1, label) end
    workflow = getmetatable(workflow)
  end
  return list
end
resume.scripts_of = scripts_of

--- The settings as they are kept with a run.
---@param settings table
---@return string
function resume.settings_text(settings)
  local kept = { params = json.array({}) }
  for _, name in ipairs(TOLD) do
    kept[name] = settings[name]
  end
  for i, pair in ipairs(settings.params) do
    kept.params[i] = json.array({ pair[1], pair[2] })
  end
  kept.scripts = json.array(scripts_of(settings.workflow))
  return json.encode(kept)
end

local function flat(kept)
  local values = {}
  for _, name in ipairs(TOLD) do
    values[name] = kept[name]
  end
  for _, pair in ipairs(type(kept.params) == "table" and kept.params or {}) do
    values[pair[1]] = values[pair[1]] and values[pair[1]] .. "," .. pair[2] or pair[2]
  end
  return values
end

local function shown(value) return value == nil and "not set" or tostring(value) end

--- How the settings differ from those of an earlier run: "quality high (was low)".
---@param before string? of settings_text
---@param settings table
---@return string? nil: they do not
function resume.differences(before, settings)
  local kept = before and json.decode(before)
  if type(kept) ~= "table" then return nil end
  local old, new, names, list = flat(kept), flat(settings), {}, {}
  for name in pairs(old) do
    names[name] = true
  end
  for name in pairs(new) do
    names[name] = true
  end
  for name in pairs(names) do
    if old[name] ~= new[name] then
      table.insert(list, ("%s %s (was %s)"):format(name, shown(new[name]), shown(old[name])))
    end
  end
  table.sort(list)
  return #list > 0 and table.concat(list, ", ") or nil
end

return resume
