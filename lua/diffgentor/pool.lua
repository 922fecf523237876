-- SPDX-License-Identifier: MIT
--
-- The endpoint pool with what a script wants of it: made from the environment,
-- and sending.
--
--     local pool = assert(require("diffgentor.pool").from_env("OPENAI"))
--     local reply = assert(pool:send({ path = "/images/edits", body = form }))
--     assert(reply.images[1]:save("out/hat"))          out/hat.png

local endpoints = require("diffgentor.endpoints")
local json = require("diffgentor.json")
local limits_folder = require("diffgentor.limits_folder")
local log = require("diffgentor.log")
local native = require("diffgentor.native.pool")
local options = require("diffgentor.options")
local picture = require("diffgentor.picture")
local row_object = require("diffgentor.row")
local task = require("diffgentor.task")
local value = require("diffgentor.value")

local pool = { new = native.new }

local methods = native.methods

-- pool -> what the environment says about its requests.
local defaults = setmetatable({}, { __mode = "k" })

local MAX_OUTAGE = 900 -- seconds without any endpoint after which a request ends

local REQUEST_VARIABLES = {
  { "TIMEOUT", "timeout", "timeout" },
  { "MAX_RETRIES", "api_max_retries", "max_retries" },
  { "RETRY_DELAY", "retry_delay", "retry_delay" },
}

local function read_defaults(prefix, env)
  local found = {}
  for _, names in ipairs(REQUEST_VARIABLES) do
    local name = ("DG_%s_%s"):format(prefix, names[1])
    local text = env[name] and env[name]:match("^%s*(.-)%s*$")
    if text and text ~= "" then
      local option = options.find(options.edit, names[2])
      local err
      found[names[3]], err = value.convert(option, text, name, "config")
      if err then return nil, err end
    end
  end
  return found
end

---@class diffgentor.PoolOptions
---@field rate_window number? seconds over which limits count, default 60
---@field private_limits boolean? count the requests of this pool alone; else all pools and runs
---  of this user on this machine that share an endpoint and a key share its limit

--- A pool of the endpoints that OPENAI_API_KEY, DG_OPENAI_ENDPOINTS and so on
--- describe (see docs/settings.md); another prefix reads variables of that name.
---@param prefix string? default "OPENAI"
---@param env table<string, string>? default: the program's environment
---@param given diffgentor.PoolOptions?
---@return userdata|nil pool, any err
function pool.from_env(prefix, env, given)
  prefix, env, given = prefix or "OPENAI", env or endpoints.environment, given or {}
  local list, warnings = endpoints.from_env(env, { prefix = prefix, window = given.rate_window })
  if not list then return nil, warnings end
  local found, err = read_defaults(prefix, env)
  if not found then return nil, err end
  for _, text in ipairs(warnings) do
    log.warn(text)
  end
  local made
  made, err = native.new(list, {
    limits_folder = not given.private_limits and limits_folder(env) or nil,
  })
  if not made then return nil, err end
  defaults[made] = found
  return made
end

--- What the pool's requests have where they do not say it.
---@param self userdata
---@param found table<string, any> by the names of engine:submit
function pool.defaults(self, found) defaults[self] = found end

local function request_for(self, given)
  local request = { sink = "reply", stem = "diffgentor", max_outage = MAX_OUTAGE }
  for name, default in pairs(defaults[self] or {}) do
    request[name] = default
  end
  for name, item in pairs(given) do
    request[name] = item
  end
  request.pool = self
  if type(request.body) == "userdata" then
    request.form, request.body = request.body, nil
  elseif type(request.body) == "table" then
    request.body, request.body_type = json.encode(request.body), "application/json"
  end
  if request.sink ~= "text" and not request.directory then
    request.directory = picture.folder()
  end
  return request
end

-- A row's request: the ledger knows of it, beside the one for the row's pictures.
local function of_row(request, row)
  if row == nil then return nil end
  if not row_object.is(row) then error("row: a row of the workflow expected", 3) end
  local recorded = row_object.books(row) ~= nil
  request.row, request.aside = recorded and row.position or nil, recorded or nil
  return recorded
end

local function note_costs(row, request, outcome)
  local data = type(outcome.data) == "table" and outcome.data or {}
  row_object.charge_aside(row, {
    outcome = outcome, usage = data.usage, model = request.model,
    told_model = type(data.model) == "string" and data.model or nil,
  })
end

local function as_error(outcome)
  local err = outcome.error
  for _, name in ipairs({ "status", "attempts", "request_id", "possibly_billed" }) do
    err[name] = outcome[name]
  end
  return err
end

--- Sends a request to one of the endpoints and waits for the answer.
---@param given table as of engine:submit, without pool; body: a multipart form, text, or a
---  table that becomes JSON; row: the workflow's row whose request this is: an attempt of its
---@return table|nil reply the outcome, with images and, of a JSON answer, data
---@return any err
function methods:send(given)
  if type(given) ~= "table" then
    error(("bad argument #1 to 'send' (table expected, got %s)"):format(type(given)), 2)
  end
  local row, request = given.row, request_for(self, given)
  local recorded = of_row(request, row)
  local outcome = task.send(request)
  if outcome.text ~= "" then outcome.data = json.decode(outcome.text) end
  if recorded then note_costs(row, request, outcome) end
  if not outcome.ok then return nil, as_error(outcome) end
  outcome.images = {}
  for i, found in ipairs(outcome.pictures) do
    outcome.images[i] = picture.owned(found)
  end
  return outcome
end

return pool
