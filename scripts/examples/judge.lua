-- Edit, have a vision model judge, edit again with its criticism: at most three times.
-- Every request goes through the pool and is an attempt of the row, with its cost; a
-- judgement is a step, which a resumed run does not ask for again.
--
--     diffgentor script judge.lua --backend rehearsal --input data/data.csv

local edit = require("diffgentor.edit"):extend()

edit.flags = {
  { name = "judge_model", help = "vision model that judges", default = "gpt-4o-mini" },
}

local MOST_GOES = 3
local QUESTION = "The picture was to be edited so: %s\nWas that done? Answer yes, or no: and why."

local function ask(self, row, reply)
  local url = assert(reply.pictures[1]:data_url())
  local answer = assert(self.pool:send({
    row = row, path = "/chat/completions", sink = "text", model = self.settings.judge_model,
    body = { model = self.settings.judge_model, messages = { { role = "user", content = {
      { type = "text", text = QUESTION:format(reply.request.prompt) },
      { type = "image_url", image_url = { url = url } },
    } } } },
  }))
  return answer.data.choices[1].message.content
end

function edit:reply(row, reply)
  local verdict = row:step("judge " .. reply.go, function() return ask(self, row, reply) end)
  row.verdict, row.goes = verdict, reply.go
  if verdict:lower():find("^yes") or reply.go == MOST_GOES then return reply end
  local request = reply.request
  request.prompt = request.prompt .. " (" .. verdict:gsub("^%a+:%s*", "") .. ")"
  return request
end

return edit
