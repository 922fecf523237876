-- SPDX-License-Identifier: MIT
--
-- A general HTTP client.  It knows no endpoints, so no key ever goes with it; headers are
-- the caller's own.
--
--     local answer = assert(http.get("https://example.com/list.json"))
--     answer.status, answer.text, answer.data          data: of a JSON answer
--     http.post(url, { text = "done" })                a table becomes JSON
--     local file = assert(http.fetch(url, "photo"))    photo.png: streamed to the disk

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local path = require("diffgentor.path")
local picture = require("diffgentor.picture")
local task = require("diffgentor.task")

local http = {}

local REDIRECTS = 5

---@class diffgentor.HttpOptions
---@field headers table<string, string>?
---@field method string? default GET, with a body POST
---@field timeout number? seconds of one attempt, default 300
---@field connect_timeout number? seconds, default 30
---@field max_retries integer? default 0
---@field retry_delay number? seconds, default 1; it doubles each time
---@field max_redirects integer? of a GET, default 5
---@field max_bytes integer? of the answer, default 50 MiB
---@field public_only boolean? refuse private and loopback addresses
---@field body_type string? default application/json

---@class diffgentor.HttpAnswer
---@field status integer
---@field text string
---@field data any of a JSON answer
---@field content_type string
---@field url string after redirects
---@field attempts integer
---@field latency number seconds of the last attempt

local OPTIONS = {}
for _, name in ipairs({
  "headers", "method", "timeout", "connect_timeout", "max_retries", "retry_delay",
  "max_redirects", "max_bytes", "public_only", "body_type",
}) do
  OPTIONS[name] = true
end

local function request_of(url, options, sink)
  if type(url) ~= "string" then error("http: the URL is a text, not a " .. type(url), 3) end
  if type(options or {}) ~= "table" then
    error("http: the options are a table, not a " .. type(options), 3)
  end
  local request = { url = url, sink = sink, max_redirects = REDIRECTS }
  for name, item in pairs(options or {}) do
    if not OPTIONS[name] then error(("http: unknown option '%s'"):format(tostring(name)), 3) end
    request[name] = item
  end
  return request
end

local function add_body(request, body)
  request.max_redirects = nil
  if type(body) == "userdata" then
    request.form = body
  elseif type(body) == "table" then
    request.body, request.body_type = json.encode(body), request.body_type or "application/json"
  else
    request.body = body
  end
  return request
end

local function failed(outcome)
  local err = outcome.error
  err.status, err.text = outcome.status, outcome.text
  return nil, err
end

local function send(request)
  local outcome = task.send(request)
  if not outcome.ok then return failed(outcome) end
  if outcome.content_type:find("json", 1, true) then outcome.data = json.decode(outcome.text) end
  return outcome
end

--- What is at a URL.  A status of 400 and more is an error, with status.
---@param url string
---@param options diffgentor.HttpOptions?
---@return diffgentor.HttpAnswer|nil answer, any err
function http.get(url, options) return send(request_of(url, options, "text")) end

--- Sends a body: a text, a table that becomes JSON, or a form.
---@param url string
---@param body string|table|userdata
---@param options diffgentor.HttpOptions?
---@return diffgentor.HttpAnswer|nil answer, any err
function http.post(url, body, options)
  return send(add_body(request_of(url, options, "text"), body))
end

local function whole_name(to, found)
  if path.extension(to) ~= "" or found.kind == "unknown" then return to end
  return to .. "." .. found.extension
end

--- Streams what is at a URL into a file, which appears whole or not at all; a name without an
--- extension gets that of the picture it is.
---@param url string
---@param to string
---@param options diffgentor.HttpOptions?
---@return diffgentor.Picture|nil file path, size, kind, ...; any err
function http.fetch(url, to, options)
  local folder = path.parent(to)
  local made, err = file.mkdirs(folder)
  if not made then return nil, err end
  local request = request_of(url, options, "file")
  request.directory, request.stem = folder, "." .. path.name(to)
  local outcome = task.send(request)
  if not outcome.ok then return failed(outcome) end
  local found = outcome.pictures[1]
  if not found then return nil, errors.new("reply", "empty", "%s: the answer is empty", url) end
  local name = whole_name(to, found)
  local ok
  ok, err = file.rename(found.path, name)
  if not ok then
    file.remove(found.path)
    return nil, err
  end
  found.path, found.status, found.url = name, outcome.status, outcome.url
  return picture.readable(found)
end

return http
