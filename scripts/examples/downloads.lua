-- No edits at all: loads the pictures of a table, 10 a second and host at most, all
-- programs that run this together.
--
--     diffgentor script downloads.lua data.csv pictures

local dg = require("diffgentor")
local input, folder = assert(arg[1], "name a table"), arg[2] or "pictures"

local limiters = {}
local function limiter_of(url)
  local host = url:match("^%a+://([^/]+)") or "?"
  limiters[host] = limiters[host]
    or assert(dg.ratelimit.new({ limit = 10, window = 1, name = "downloads " .. host }))
  return limiters[host]
end

local failed = 0
dg.each(dg.rows(input), { width = 32 }, function(row)
  assert(limiter_of(row.image_url):acquire())
  local file, err = dg.http.fetch(row.image_url, folder .. "/" .. row.index, { max_retries = 3 })
  if file then return print(file.path, file.size) end
  failed = failed + 1
  print(row.image_url, err)
end)
return failed > 0 and 1 or 0
