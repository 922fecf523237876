-- SPDX-License-Identifier: MIT
--
-- Pictures from the web, never with a key.  What several rows ask for at once
-- is loaded once; with a cache folder it is loaded once for all.
--
--     local downloads = assert(download.new({ folder = tmp, cache = "cache" }))
--     local picture = assert(downloads:get("https://h/a.png"))
--     ... picture.path ...
--     if picture.release then picture.release() end     it may go now

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local hash = require("diffgentor.hash")
local image = require("diffgentor.image")
local images = require("diffgentor.images")
local task = require("diffgentor.task")

local download = {}

local REDIRECTS = 5
local EXTENSIONS = { "png", "jpg", "webp", "gif", "svg" }

---@class diffgentor.DownloadOptions
---@field folder string for temporary files
---@field cache string? folder that keeps pictures, made if need be
---@field max_bytes integer? largest picture
---@field timeout number? seconds of one attempt
---@field max_retries integer?
---@field retry_delay number? seconds
---@field allow_private boolean? addresses that are not public, too
---@field trusted table? a pool whose hosts are allowed in any case

---@class diffgentor.Downloads
local Downloads = {}
Downloads.__index = Downloads

---@param options diffgentor.DownloadOptions
---@return diffgentor.Downloads?, table? err
function download.new(options)
  if options.cache then
    local ok, err = file.mkdirs(options.cache)
    if not ok then return nil, err end
  end
  return setmetatable({ options = options, flights = {} }, Downloads)
end

local function discard(outcome)
  for _, picture in ipairs(outcome.pictures) do
    file.remove(picture.path)
  end
end

-- `passing`: it may well be there later.
local function failed(label, err, verdict)
  local result = errors.new(err.kind, err.code, "%s: %s", label, err.message)
  result.status, result.request_id = err.status, err.request_id
  result.passing = verdict == "retry"
  return result
end

--- Loads a picture into a temporary file, which is the caller's then.
---@param url string
---@param label string how messages name it
---@param how { directory: string, stem: string, trusted: table?, max_bytes: integer?,
---  min_retries: integer?, finish: boolean? }
---@return table? picture, table? err
function Downloads:fetch(url, label, how)
  local o = self.options
  local outcome = task.send({
    url = url, sink = "file", directory = how.directory, stem = how.stem,
    max_bytes = how.max_bytes or o.max_bytes, timeout = o.timeout,
    max_retries = how.min_retries and math.max(how.min_retries, o.max_retries or 0)
      or o.max_retries,
    retry_delay = o.retry_delay, max_redirects = REDIRECTS, finish = how.finish,
    public_only = not o.allow_private, trusted = how.trusted or o.trusted,
  })
  local picture = outcome.pictures[1]
  if not outcome.ok or not picture then
    discard(outcome)
    local err = outcome.error or errors.new("reply", "no_image", "the answer is empty")
    return nil, failed(label, err, outcome.verdict)
  end
  if picture.kind ~= "unknown" then return picture end
  local why = images.not_one(picture.path)
  discard(outcome)
  return nil, errors.new("image", "not_an_image", "%s: %s%s", label, why,
    outcome.content_type ~= "" and ", sent as " .. outcome.content_type or "")
end

-- The cached picture of a URL, whatever its kind; judged by its bytes.
function Downloads:cached(name)
  for _, extension in ipairs(EXTENSIONS) do
    local path = ("%s/%s.%s"):format(self.options.cache, name, extension)
    if file.kind(path) == "file" then
      local info = image.file(path)
      if info and info.kind ~= "unknown" and info.size > 0 then
        info.path = path
        return info
      end
    end
  end
end

function Downloads:fetch_cached(url, label)
  local cache = self.options.cache
  local name = hash.sha256(url)
  local found = self:cached(name)
  if found then return found end
  local picture, err = self:fetch(url, label, { directory = cache, stem = "download" })
  if not picture then return nil, err end
  local ok
  ok, err = file.place(picture.path, cache, name .. "." .. picture.extension)
  if not ok then
    file.remove(picture.path)
    return nil, err
  end
  picture.path = ("%s/%s.%s"):format(cache, name, picture.extension)
  return picture
end

-- One load of a URL, shared by all rows that ask for it meanwhile.
function Downloads:flight(url, label)
  local flight = self.flights[url]
  if flight then return flight end
  flight = { holders = 0 }
  self.flights[url] = flight
  flight.task = task.spawn(function()
    if self.options.cache then return self:fetch_cached(url, label) end
    return self:fetch(url, label, { directory = self.options.folder, stem = "download" })
  end)
  return flight
end

function Downloads:leave(url, flight, picture)
  flight.holders = flight.holders - 1
  if flight.holders > 0 then return end
  self.flights[url] = nil
  if picture and not self.options.cache then file.remove(picture.path) end
end

local function copy(picture)
  local twin = {}
  for key, value in pairs(picture) do
    twin[key] = value
  end
  return twin
end

--- The picture at a URL.  Its file stays until `release` of the picture that
--- is given back was called.
---@param url string
---@param label string? how messages name it
---@return table? picture, table? err
function Downloads:get(url, label)
  local flight = self:flight(url, label or url)
  flight.holders = flight.holders + 1
  local ok, picture, err = pcall(task.wait, flight.task)
  if not ok or not picture then self:leave(url, flight) end
  if not ok then error(picture, 0) end
  if not picture then return nil, err end
  local mine = copy(picture)
  mine.release = function() self:leave(url, flight, picture) end
  return mine
end

return download
