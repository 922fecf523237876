-- SPDX-License-Identifier: MIT
--
-- The endpoints a run may use, from the environment: base URLs, keys, limits,
-- weights and image fields, as the list that a pool is made of.
--
--     local list, warnings = endpoints.from_env(env)
--     list[1]   { base = "https://api.openai.com/v1", keys = { "..." }, weight = 1, limit = 0,
--                 field = "auto", kind = "openai", window = 60 }

local base_url = require("diffgentor.base_url")
local errors = require("diffgentor.error")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local endpoints = {}

endpoints.DEFAULT_BASE = "https://api.openai.com/v1"

--- Seconds over which limits count, unless it is said otherwise.
endpoints.WINDOW = 60

--- The process's environment as it was when the modules were opened; in the program the command
--- line hands it over.
---@type table<string, string>
endpoints.environment = require("diffgentor.environment")

local MOST_ENDPOINTS = 256 -- as of the pool

local LIMIT = { kind = "integer", min = 0, max = 100000 }
local WEIGHT = { kind = "integer", min = 0, max = 10000 }
local FIELD = { kind = "choice", choices = { "auto", "image", "image[]" } }

---@class diffgentor.Endpoint
---@field base string
---@field keys string[]
---@field weight integer
---@field limit integer requests in a window, 0 = no limit
---@field window number seconds over which the limit counts
---@field field "auto"|"image"|"image[]"
---@field kind "openai"|"azure"|"gemini"
---@field api_version string? of Azure

local function config_error(code, fmt, ...)
  return nil, errors.new("config", code, "%s", fmt:format(...))
end

-- The first of the variables that is set and not empty: its text and its name.
local function first_set(env, names)
  for _, name in ipairs(names) do
    local text = env[name]
    if text and text:find("%S") then return text, name end
  end
  return nil, names[#names]
end

-- "a, b,,c" as { "a", "b", "", "c" }.
local function split(text, separator)
  local places = {}
  for place in (text .. separator):gmatch("(.-)%" .. separator) do
    table.insert(places, (place:match("^%s*(.-)%s*$")))
  end
  return places
end

local function trimmed(text) return text and text:match("^%s*(.-)%s*$") end

local function place_name(name, place) return ("%s, place %d"):format(name, place) end

-- A place of the list of endpoints.
local function base_at(text, where, version, warnings)
  if text ~= "" then return base_url.parse(text, where, version) end
  table.insert(warnings, ("%s: empty, so it is %s"):format(where, endpoints.DEFAULT_BASE))
  return base_url.parse(endpoints.DEFAULT_BASE, where, version)
end

local function read_bases(env, names, default, warnings)
  local version = {}
  version.text, version.name = first_set(env, names.versions)
  version.text = trimmed(version.text)
  local text, name = first_set(env, { names.endpoints })
  local single = not text
  if single then text, name = first_set(env, names.bases) end
  local bases = single and { trimmed(text) or default } or split(text, ",")
  if #bases > MOST_ENDPOINTS then
    return config_error("too_many", "%s: %d places; a pool has at most %d endpoints", name, #bases,
      MOST_ENDPOINTS)
  end
  for i, place in ipairs(bases) do
    local where = single and name or place_name(name, i)
    local base, err = base_at(place, where, version, warnings)
    if not base then return nil, err end
    bases[i] = base
  end
  return bases
end

-- Keys are never shown, whatever is wrong with them.
local function checked_key(key, where)
  if key == "" then return config_error("bad_key", "%s: the key is empty", where) end
  if key:find("[^\x21-\x7e]") then
    return config_error("bad_key", "%s: the key (not shown) holds a space, a line end, a control "
      .. "or a non-ASCII character", where)
  end
  return key
end

-- The places of the key list, each a list of keys; none if no key is set.
local function read_keys(env, names)
  local text = first_set(env, { names.keys })
  if not text then
    local name
    text, name = first_set(env, names.key)
    if not text then return {} end
    local key, err = checked_key(text, name)
    if not key then return nil, err end
    return { { key } }
  end
  local places = split(text, ",")
  for i, place in ipairs(places) do
    places[i] = split(place, "|")
    for _, key in ipairs(places[i]) do
      local good, err = checked_key(key, place_name(names.keys, i))
      if not good then return nil, err end
    end
  end
  return places
end

-- Also the words of a place that is no key, such as "Bearer sk-...", but not so
-- short that ordinary words would be masked.
local function register_words(text)
  for word in text:gmatch("[^,|%s]+") do
    if #word >= 8 then sys.secret(word) end
  end
end

local function register_secrets(env, names)
  for _, name in ipairs({ names.keys, table.unpack(names.key) }) do
    local text = env[name]
    if text and text:find("%S") then
      sys.secret(text)
      for key in text:gmatch("[^,|]+") do
        sys.secret(key)
      end
      register_words(text)
    end
  end
end

local function flattened(places)
  local all = {}
  for _, keys in ipairs(places) do
    table.move(keys, 1, #keys, #all + 1, all)
  end
  return all
end

-- Which keys each of `count` endpoints gets.
local function share_keys(places, count, name, warnings)
  if #places == count and count > 1 then return places end
  if #places > 1 and count > 1 then
    table.insert(warnings, ("%s: %d places for %d endpoints, so every key is sent to every "
      .. "endpoint; give one place an endpoint to pair them"):format(name, #places, count))
  end
  local all, shares = flattened(places), {}
  for i = 1, count do
    shares[i] = all
  end
  return shares
end

-- One value an endpoint from a comma-separated variable; `single` where it is not set.
local function read_list(env, name, option, single, count, warnings)
  local text = first_set(env, { name })
  local list = {}
  if not text then
    for i = 1, count do
      list[i] = single
    end
    return list
  end
  local places = split(text, ",")
  if #places < count then
    return config_error("too_few", "%s: %s for %d endpoints: give one for each", name,
      value.counted(#places, "value"), count)
  end
  if #places > count then
    table.insert(warnings, ("%s: %s for %s: the surplus is ignored"):format(name,
      value.counted(#places, "value"), value.counted(count, "endpoint")))
  end
  for i = 1, count do
    local err
    if places[i] == "" then
      return config_error("bad_value", "%s: is empty; write %s", place_name(name, i),
        tostring(single))
    end
    list[i], err = value.convert(option, places[i], place_name(name, i), "config")
    if list[i] == nil then return nil, err end
  end
  return list
end

local function read_limits(env, names, count, warnings)
  local text, single = first_set(env, { names.limit }), 0
  if text and first_set(env, { names.limits }) then
    table.insert(warnings, ("%s is ignored: %s is set"):format(names.limit, names.limits))
  elseif text then
    local err
    single, err = value.convert(LIMIT, trimmed(text), names.limit, "config")
    if not single then return nil, err end
  end
  return read_list(env, names.limits, LIMIT, single, count, warnings)
end

local function warn_plain_http(list, warnings)
  local warned = {}
  for _, endpoint in ipairs(list) do
    local host = base_url.host(endpoint.base)
    local plain = endpoint.base:lower():find("^http://") and not base_url.is_loopback(endpoint.base)
    if plain and #endpoint.keys > 0 and not warned[host] then
      warned[host] = true
      table.insert(warnings, ("the API key goes to %s over plain http, where it can be read on "
        .. "the way"):format(host))
    end
  end
end

local function warn_both_names(env, names, warnings)
  local base, other = env[names.bases[3]], env[names.bases[4]]
  if base and other and base ~= other and first_set(env, { names.bases[3] }) and other ~= "" then
    table.insert(warnings, ("%s is ignored: %s is set too"):format(names.bases[4], names.bases[3]))
  end
end

local function variable_names(prefix)
  local own = "DG_" .. prefix .. "_"
  return {
    endpoints = own .. "ENDPOINTS", keys = own .. "API_KEYS",
    limit = own .. "RATE_LIMIT", limits = own .. "RATE_LIMITS",
    weights = own .. "WEIGHTS", fields = own .. "IMAGE_FIELDS",
    key = { own .. "API_KEY", prefix .. "_API_KEY" },
    bases = {
      own .. "API_BASE", own .. "BASE_URL", prefix .. "_API_BASE", prefix .. "_BASE_URL",
    },
    versions = { own .. "API_VERSION", prefix .. "_API_VERSION" },
  }
end

-- Names that other programs read, so that somebody wonders.
local FOREIGN = { "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT" }

local function no_key(env, names)
  local foreign = {}
  for _, name in ipairs(FOREIGN) do
    if first_set(env, { name }) then table.insert(foreign, name) end
  end
  local more = #foreign == 0 and ""
    or ("; %s %s not read"):format(table.concat(foreign, " and "), #foreign == 1 and "is" or "are")
  return config_error("no_key", "no API key: set %s (or %s)%s", names.key[#names.key], names.keys,
    more)
end

-- Limits, weights and fields for `count` endpoints.
local function read_columns(env, names, field, count, warnings)
  local limits, weights, fields, err
  limits, err = read_limits(env, names, count, warnings)
  if not limits then return nil, err end
  weights, err = read_list(env, names.weights, WEIGHT, 1, count, warnings)
  if not weights then return nil, err end
  local source = field and {} or env -- the flag goes before the variable
  fields, err = read_list(source, names.fields, FIELD, field or "auto", count, warnings)
  return fields and { limits = limits, weights = weights, fields = fields }, err
end

-- The list, of what was read for each place.
local function assembled(bases, shares, columns, options)
  local list = {}
  for i, base in ipairs(bases) do
    list[i] = {
      base = base.base, kind = options.kind or base.kind, api_version = base.api_version,
      keys = shares[i],
      weight = columns.weights[i], limit = columns.limits[i], field = columns.fields[i],
      window = options.window or endpoints.WINDOW,
    }
  end
  return list
end

--- The endpoints that the environment describes.
---@param env table<string, string>? default: the program's
---@param options { prefix: string?, field: string?, keyless: boolean?, window: number?,
---  kind: string?, base: string? }? prefix: "OPENAI"; field: the image field of all; keyless:
---  no key is no error; window: seconds; kind, base: where their API is none of OpenAI's
---@return diffgentor.Endpoint[]|nil list, any warnings texts, or the error
function endpoints.from_env(env, options)
  env, options = env or endpoints.environment, options or {}
  local names, warnings = variable_names(options.prefix or "OPENAI"), {}
  register_secrets(env, names)
  local bases, places, columns, err
  local default = options.base or endpoints.DEFAULT_BASE
  bases, err = read_bases(env, names, default, warnings)
  if not bases then return nil, err end
  places, err = read_keys(env, names)
  if not places then return nil, err end
  if #places == 0 and not options.keyless then return no_key(env, names) end
  columns, err = read_columns(env, names, options.field, #bases, warnings)
  if not columns then return nil, err end
  local shares = share_keys(places, #bases, names.keys, warnings)
  local list = assembled(bases, shares, columns, options)
  warn_both_names(env, names, warnings)
  warn_plain_http(list, warnings)
  return list, warnings
end

return endpoints
