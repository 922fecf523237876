-- SPDX-License-Identifier: MIT
--
-- The OpenAI image API: an edit request becomes a form, an answer becomes a
-- reply.  Nothing is sent that was not asked for.
--
--     local request = openai.request({ model = "gpt-image-1", prompt = "...", images = list })
--     request.quality = "high"                   any API field
--     local form = assert(openai.form(request))
--     local reply = assert(openai.read(outcome, context))
--     reply.pictures[1].path, reply.usage.total_tokens, reply.revised_prompt

local cost = require("diffgentor.cost")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local images = require("diffgentor.images")
local json = require("diffgentor.json")
local models = require("diffgentor.models")
local multipart = require("diffgentor.multipart")
local sys = require("diffgentor.sys")

local openai = { path = "/images/edits" }

local SHOWN_URL_BYTES = 200 -- before the reason; what is longer stands behind it once more
local URL_RETRIES = 5 -- at least: loading what was paid for costs nothing
local MOST_FAULTS = 16 -- of the pictures of one answer that are told

------------------------------------------------------------------ the request

local PARAMS = {} -- the key of a request's API fields

---@class diffgentor.EditRequest
---@field model string
---@field prompt string
---@field images table[] pictures of images.load
---@field mask table?
--- Any other key is an API field: read, set, or removed with nil.
local Request = {}

local OWN = { model = true, prompt = true, images = true, mask = true }

local function place_of(params, name)
  for i, pair in ipairs(params) do
    if pair[1] == name then return i end
  end
end

function Request.__index(request, name)
  local params = rawget(request, PARAMS)
  local i = place_of(params, name)
  return i and params[i][2]
end

local function as_text(name, value)
  if type(value) == "string" then return value end
  if type(value) == "number" or type(value) == "boolean" then return tostring(value) end
  error(("request.%s: a field is text, a number or a boolean, not a %s"):format(name,
    type(value)), 3)
end

function Request.__newindex(request, name, value)
  if OWN[name] then return rawset(request, name, value) end
  if type(name) ~= "string" then error("a field's name is text", 2) end
  local params = rawget(request, PARAMS)
  local text, i = value ~= nil and as_text(name, value), place_of(params, name)
  if not text then
    if i then table.remove(params, i) end
  elseif i then
    params[i] = { name, text }
  else
    table.insert(params, { name, text })
  end
end

--- A request whose API fields can be set by name.
---@param fields { model: string, prompt: string, images: table[], mask: table?, params: table? }
---@return diffgentor.EditRequest
function openai.request(fields)
  local params = table.move(fields.params or {}, 1, #(fields.params or {}), 1, {})
  return setmetatable({
    model = fields.model, prompt = fields.prompt, images = fields.images, mask = fields.mask,
    [PARAMS] = params,
  }, Request)
end

--- The text fields in sending order: { { name, value }, ... }.
---@param request diffgentor.EditRequest
---@return string[][]
function openai.fields(request)
  local list = { { "model", request.model }, { "prompt", request.prompt } }
  table.move(rawget(request, PARAMS), 1, #rawget(request, PARAMS), 3, list)
  local limits = models.limits(request.model)
  if limits and limits.response_format and not request.response_format then
    table.insert(list, { "response_format", limits.response_format })
  end
  return list
end

--- How the picture field is named.
---@param field "auto"|"image"|"image[]"
---@param count integer of pictures
---@return string
function openai.image_field(field, count)
  if field ~= "auto" then return field end
  return count == 1 and "image" or "image[]"
end

local function add_mask(form, picture)
  local label = { filename = picture.filename, type = picture.type }
  if picture.bytes then return form:bytes("mask", picture.bytes, label) end
  return form:file("mask", picture.path, label)
end

local function add_picture(form, picture)
  local label = { filename = picture.filename, type = picture.type }
  if picture.bytes then return form:picture_bytes(picture.bytes, label) end
  return form:picture(picture.path, label)
end

--- The form of a request: text fields, pictures in order, mask.
---@param request diffgentor.EditRequest
---@return table? form, table? err
function openai.form(request)
  local form = multipart.new()
  local ok, err
  for _, pair in ipairs(openai.fields(request)) do
    ok, err = form:field(pair[1], pair[2])
    if not ok then return nil, err end
  end
  for _, picture in ipairs(request.images) do
    ok, err = add_picture(form, picture)
    if not ok then return nil, err end
  end
  if request.mask then
    ok, err = add_mask(form, request.mask)
    if not ok then return nil, err end
  end
  return form
end

------------------------------------------------------------------ the reply

---@class diffgentor.Reply
---@field pictures table[] files and what they are
---@field usage table<string, integer> input_tokens, output_tokens, total_tokens as far as known
---@field revised_prompt string?
---@field model string? as the server names it
---@field raw table the JSON, with each picture's text replaced by its number from 0

local NO_IMAGE = "the server answered without a picture; that is often silent moderation"

local function fail(code, fmt, ...) return nil, errors.new("reply", code, fmt, ...) end

local function text_of(value) return type(value) == "string" and value ~= "" and value or nil end

local function usage_of(raw)
  local input, output, total = cost.tokens(raw.usage)
  return { input_tokens = input, output_tokens = output, total_tokens = total }
end

local function url_picture(url, k, context)
  local scheme = url:match("^(%a[%w+.-]*)://") or ""
  if scheme:lower() ~= "http" and scheme:lower() ~= "https" then
    return fail("bad_url", "picture %d: its url is neither http:// nor https://: %s", k,
      sys.visible(url:sub(1, 100)))
  end
  local label = ("picture %d, %s"):format(k, sys.visible(url:sub(1, SHOWN_URL_BYTES)))
  local picture, err = context.downloads:fetch(url, label, {
    directory = context.directory, stem = context.stem, trusted = context.trusted,
    max_bytes = context.max_bytes, min_retries = URL_RETRIES, finish = true,
  })
  if not picture and #url > SHOWN_URL_BYTES then -- longer than a message may be
    err.message = ("%s; its whole URL: %s"):format(err.message, sys.visible(sys.mask(url)))
  end
  return picture, err
end

-- The picture of one member of `data`, counted from 1.
local function picture_of(item, k, outcome, context)
  if type(item) ~= "table" then return fail("bad_reply", "data[%d] is no object", k - 1) end
  local number = math.type(item.b64_json) == "integer" and item.b64_json
  local picture = number and outcome.pictures[number + 1]
  if not picture then
    local url = text_of(item.url)
    if url then return url_picture(url, k, context) end
    return fail("no_image", "data[%d] has neither b64_json nor url: %s", k - 1, NO_IMAGE)
  end
  if picture.kind == "unknown" then
    return fail("not_an_image", "picture %d %s", k, images.not_one(picture.path))
  end
  return picture
end

-- The JSON of an outcome, decoded once.
local function decoded(outcome)
  if outcome.raw then return outcome.raw end
  local raw, err = json.decode(outcome.text)
  if err then return fail("invalid_json", "the answer is no JSON: %s", err.message) end
  if type(raw) ~= "table" then return fail("bad_reply", "the answer is no JSON object") end
  outcome.raw = raw
  return raw
end

--- What a good answer says was used, and by which model, also if nothing else of
--- it is good.
---@param outcome table
---@return table? usage as the server wrote it, string? model
function openai.usage(outcome)
  local raw = outcome.ok and decoded(outcome)
  if not raw then return nil end
  return raw.usage, text_of(raw.model)
end

local function data_of(raw)
  local data = raw.data
  if type(data) ~= "table" or #data == 0 then return fail("no_image", "%s", NO_IMAGE) end
  return data
end

-- Files nobody will ask for.
local function discard(pictures, kept)
  local keep = {}
  for _, picture in ipairs(kept) do
    keep[picture.path] = true
  end
  for _, picture in ipairs(pictures) do
    if not keep[picture.path] then file.remove(picture.path) end
  end
end

-- One error of all that is wrong with an answer.
local function joined(faults)
  local err = faults[1]
  for k = 2, math.min(#faults, MOST_FAULTS) do
    err.message = err.message .. "; " .. faults[k].message
  end
  if #faults > MOST_FAULTS then
    err.message = ("%s; and %d more"):format(err.message, #faults - MOST_FAULTS)
  end
  return err
end

-- All pictures, or an error and those that are good: they are paid for as well.
local function read_pictures(data, outcome, context)
  local list, faults = {}, {}
  for k, item in ipairs(data) do
    local picture, err = picture_of(item, k, outcome, context)
    if picture then
      picture.revised_prompt = text_of(item.revised_prompt)
      table.insert(list, picture)
    else
      table.insert(faults, err)
    end
  end
  if #faults == 0 then return list end
  return nil, joined(faults), list
end

local function read_json(outcome, context)
  local raw, err = decoded(outcome)
  if not raw then return nil, err end
  local data, pictures, good
  data, err = data_of(raw)
  if not data then return nil, err end
  pictures, err, good = read_pictures(data, outcome, context)
  if not pictures then return nil, err, good end
  return {
    pictures = pictures, usage = usage_of(raw), revised_prompt = pictures[1].revised_prompt,
    model = text_of(raw.model), raw = raw,
  }
end

---@class diffgentor.ReplyContext
---@field downloads table
---@field directory string where pictures named by URL are put
---@field stem string how their names start
---@field trusted table? pool whose hosts they may come from
---@field max_bytes integer? of each

--- What an outcome of sink "reply" says.  All picture files that are not in
--- the reply are removed.  Of an answer that is good in part the good pictures
--- come with the error, and their files stay.
---@param outcome table
---@param context diffgentor.ReplyContext
---@return diffgentor.Reply?, table? err, table[]? pictures
function openai.read(outcome, context)
  if not outcome.ok then
    discard(outcome.pictures, {})
    return nil, outcome.error
  end
  local reply, err, good = read_json(outcome, context)
  discard(outcome.pictures, reply and reply.pictures or good or {})
  if reply then return reply end
  err.status, err.request_id, err.attempts = outcome.status, outcome.request_id, outcome.attempts
  return nil, err, good
end

return openai
