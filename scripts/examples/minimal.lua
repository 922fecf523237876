-- A workflow that changes one thing: what every prompt ends with.
--
--     diffgentor script minimal.lua --backend rehearsal --input data/data.csv

local edit = require("diffgentor.edit"):extend()

function edit:prompt(row) return row.instruction .. ". Keep everything else as it is." end

return edit
