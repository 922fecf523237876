-- A prompt from a template. Values are inserted as they are, never read as code; a column
-- that is not there is an error that names it.
--
--     diffgentor script template.lua --backend rehearsal --input data/data.csv --style comic

local dg = require("diffgentor")
local edit = require("diffgentor.edit"):extend()

edit.flags = { { name = "style", help = "style of all pictures", default = "watercolour" } }

local TEMPLATE = '{{instruction | trim}}, in {{style | lower}} style{{mood | default:""}}'

function edit:prompt(row)
  return dg.template(TEMPLATE, {
    instruction = row.instruction, style = self.settings.style, mood = row.mood or "",
  })
end

return edit
