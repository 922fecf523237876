-- API parameters from the table: a row's own cell goes before the flag; an empty cell
-- leaves it as it is.
--
--     diffgentor script parameters.lua --backend rehearsal --input data.csv --quality low

local edit = require("diffgentor.edit"):extend()

local NAMES = { "size", "quality", "background", "output_format", "input_fidelity", "n" }

function edit:request(row, request)
  for _, name in ipairs(NAMES) do
    local cell = row:cell(name)
    if cell and cell ~= "" then request[name] = cell end
  end
  return request
end

-- Rows whose other columns change keep their pictures.
edit.columns = NAMES

return edit
