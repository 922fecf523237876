-- Two passes over each picture: the edit, then a second one over its result. What the
-- first pass brought is in the ledger: a run that is cut off does not pay for it again.
--
--     diffgentor script two_passes.lua --backend rehearsal --input data/data.csv

local edit = require("diffgentor.edit"):extend()

edit.flags = {
  { name = "second", help = "the second pass's prompt", default = "Sharpen it a little" },
}

function edit:reply(_, reply)
  if reply.go == 2 then return reply end
  local request = reply.request
  request.prompt = self.settings.second
  request.images = assert(self:load({ reply.pictures[1] }))
  return request
end

return edit
