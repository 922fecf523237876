-- Several prompts for each picture: a program of its own over the pool. Files that are
-- there already are not made again.
--
--     OPENAI_API_KEY=... diffgentor script variations.lua data/data.csv output

local dg = require("diffgentor")
local input, folder = arg[1] or "data/data.csv", arg[2] or "output"
local STYLES = { "as a pencil drawing", "as an oil painting", "as a stamp" }

local function variations()
  for row in dg.rows(input):each() do
    for k, style in ipairs(STYLES) do
      coroutine.yield({ name = ("%s/%03d-%d.png"):format(folder, row.index, k), row = row,
        prompt = row.instruction .. ", " .. style })
    end
  end
end

local pool = assert(dg.pool.from_env())
local base = input:match("^(.*/)") or ""

dg.each(coroutine.wrap(variations), { width = 16 }, function(job)
  if dg.file.kind(job.name) then return end
  local picture = base .. job.row.image_url:match("^[^,|]+")
  local form = dg.multipart():field("model", "gpt-image-1"):field("prompt", job.prompt)
    :picture(picture)
  local reply, err = pool:send({ path = "/images/edits", body = form })
  if not reply then return print(job.name, err) end
  print(assert(reply.images[1]:save(job.name)))
end)
