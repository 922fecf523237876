-- SPDX-License-Identifier: MIT
--
-- What is decided by the work of earlier runs, alike for a run and a dry run:
-- whether a row is sent, and whether the input is still the one that was sent.

local errors = require("diffgentor.error")
local log = require("diffgentor.log")

local resume = {}

local FEW = 10 -- changed rows that are never more than a correction
local SHARE = 10 -- more than one finished row in so many: another input

--- What becomes of a row.  The name of a picture that stays is taken.
---@param workflow diffgentor.Edit
---@param settings table
---@param row diffgentor.Row
---@param before diffgentor.Before?
---@return "skip"|"reuse"|"send"
function resume.decide(workflow, settings, row, before)
  local filter = settings.filter
  local verdict = "send"
  if filter and not filter(row.position) then
    verdict = "skip"
  elseif settings.resume and before and before.whole then
    verdict = "reuse"
  end
  if verdict ~= "send" and before and before.status == "done" then
    pcall(workflow.claim, workflow, row)
  end
  return verdict
end

-- "gpt-image-1-2025-04-23" is an answer of gpt-image-1.
local function same_model(said, asked)
  said = said:gsub("^'", "")
  if said == "" or said == asked then return true end
  return said:sub(1, #asked) == asked and said:find("^%-%d%d%d%d", #asked + 1) ~= nil
end

local function warn_models(models, settings)
  local count, one = 0, nil
  for model, rows in pairs(models) do
    if not same_model(model, settings.model_name) then
      count, one = count + rows, (not one or model < one) and model or one
    end
  end
  if count == 0 then return end
  log.warn(("%d finished rows were made by another model (%s) than --model_name %s; they are not "
    .. "sent again: --no_resume does that"):format(count, one, settings.model_name))
end

--- nil, err if so much has changed that going on would pay for most of it again.
---@param found { finished: integer, changed: integer, models: table<string, integer> }
---@param settings table
---@return true?, table? err
function resume.check(found, settings)
  if not settings.resume then return true end
  local changed, finished = found.changed, found.finished
  if changed > FEW and changed * SHARE > finished then
    return nil, errors.new("config", "input_changed", "%d of %d finished rows of %s are changed or "
      .. "stand elsewhere in %s; nothing was sent: name another --output_dir, or --no_resume to "
      .. "send all rows again", changed, finished, settings.output_csv, settings.input)
  end
  if changed > 0 then
    log.warn(("%d of %d finished rows have changed since the earlier run; those still in the input "
      .. "are sent again"):format(changed, finished))
  end
  warn_models(found.models, settings)
  return true
end

return resume
