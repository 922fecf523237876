-- A hook file: only what is to be changed, in front of the bundled workflow or of other
-- hook files. self.super is what stands behind it.
--
--     diffgentor edit --hook hook.lua --backend rehearsal --input data/data.csv

local M = {}

function M:prompt(row)
  local prompt = self.super:prompt(row)
  return prompt:gsub("%s+", " ") .. "."
end

function M:result(row, reply)
  row.size = ("%dx%d"):format(reply.pictures[1].width, reply.pictures[1].height)
end

return M
