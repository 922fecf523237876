-- Only some rows: those of one picture, and not too many words. Rows that are not kept
-- are skipped, and judged anew by the next run.
--
--     diffgentor script filter_rows.lua --backend rehearsal --input data/data.csv -- cat.png

local edit = require("diffgentor.edit"):extend()
local wanted = arg[1] or "cat.png"
local MOST_WORDS = 12

function edit:keep(row)
  local _, words = row.instruction:gsub("%S+", "")
  return row.image_url == wanted and words <= MOST_WORDS
end

return edit
