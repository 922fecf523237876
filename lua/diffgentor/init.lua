-- SPDX-License-Identifier: MIT
--
-- What a script gets from require("diffgentor"): the everyday functions by
-- short names, and every public module by its own, loaded when first named.
--
--     local dg = require("diffgentor")
--     local pool = assert(require("diffgentor.pool").from_env("OPENAI"))
--     dg.each(dg.rows(arg[1]), { width = 32 }, function(row)
--       local form = dg.multipart():field("model", "gpt-image-1")
--         :field("prompt", row.instruction):file("image[]", row.image_url)
--       local reply = assert(pool:send({ path = "/images/edits", body = form }))
--       assert(reply.images[1]:save("out/" .. row.index))
--     end)

local diffgentor = {}

local MODULES = {
  "base64", "csv", "edit", "engine", "error", "file", "hash", "http", "image", "json", "ledger",
  "log", "pool", "ratelimit", "task",
}

-- Short names for one function of a module.
local FUNCTIONS = {
  each = { "task", "each" }, run = { "task", "run" }, send = { "task", "send" },
  sleep = { "task", "sleep" }, spawn = { "task", "spawn" }, wait = { "task", "wait" },
  stop = { "task", "stop" }, template = { "template", "render" },
  multipart = { "multipart", "new" },
}

--- The rows of a CSV or JSON Lines file, for dg.each; raises if it cannot be read.
---@param input string path, or - for standard input
---@return diffgentor.Source
function diffgentor.rows(input)
  local source, err = require("diffgentor.rows").open({ input = input })
  if not source then error(err, 0) end
  return source
end

local public = {}
for _, name in ipairs(MODULES) do
  public[name] = function() return require("diffgentor." .. name) end
end
for name, at in pairs(FUNCTIONS) do
  public[name] = function() return require("diffgentor." .. at[1])[at[2]] end
end
function public.version() return require("diffgentor.sys").version end

return setmetatable(diffgentor, {
  __index = function(self, name)
    local load = public[name]
    if not load then error(("diffgentor has no '%s'"):format(tostring(name)), 2) end
    local member = load()
    rawset(self, name, member)
    return member
  end,
})
