-- SPDX-License-Identifier: MIT
--
-- Reads a table: its cells as one list a row, or whole rows as a workflow gets them (and
-- the survey that goes before).
--
--     diffgentor script read_rows.lua cells|rows FILE
local csv = require("diffgentor.csv")
local rows = require("diffgentor.rows")

local kind, name = arg[1], arg[2]
local count = 0
if kind == "cells" then
  local reader = assert(csv.open(name))
  for _ in function() return reader:next() end do count = count + 1 end
else
  local source = assert(rows.open({ input = name }))
  for row in source:each() do count = count + (row.instruction ~= "" and 1 or 0) end
end
print(count)
