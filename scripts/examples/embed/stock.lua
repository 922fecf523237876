-- SPDX-License-Identifier: MIT
--
-- From a stock interpreter: one edit through the endpoints of the environment.
--
--     LUA_CPATH='/prefix/lib/lua/5.4/?.so;;' lua5.4 stock.lua PICTURE TO

local dg = require("diffgentor")
local pool = require("diffgentor.pool")

local picture, to = table.unpack(arg)
local endpoints = assert(pool.from_env("OPENAI"))
local form = assert(dg.multipart():field("model", "gpt-image-1"))
assert(form:field("prompt", "Add a red hat to the person"))
assert(form:picture(picture))
local reply = assert(endpoints:send({ path = "/images/edits", body = form }))
print("stock: " .. assert(reply.images[1]:save(to)))
