-- Names of one's own: a folder for each input picture, the instruction's words as name.
--
--     diffgentor script names.lua --backend rehearsal --input data/data.csv --n 2

local edit = require("diffgentor.edit"):extend()

local function words(text, most)
  local list = {}
  for word in text:lower():gmatch("%w+") do
    if #list < most then table.insert(list, word) end
  end
  return table.concat(list, "-")
end

-- Asked once before anything is sent, then for each picture k of the answer.
function edit:name(row, picture, k)
  local folder = row.image_url:match("[^,|/]+$"):gsub("%.%w+$", "")
  local name = ("%s/%03d-%s"):format(folder, row.index, words(row.instruction, 4))
  return picture and ("%s-%d"):format(name, k) or name
end

return edit
