-- SPDX-License-Identifier: MIT
--
-- Reads a table row by row, as a workflow gets it: diffgentor script read_rows.lua FILE
local rows = require("diffgentor.rows")

local source = assert(rows.open({ input = arg[1] }))
local count = 0
for row in source:each() do
  if row.instruction ~= "" then count = count + 1 end
end
print(count)
