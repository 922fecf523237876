-- SPDX-License-Identifier: MIT
--
-- The endpoints a run may use, from the environment: base URLs, keys, limits,
-- weights and image fields, as the list that a pool is made of.
--
--     local list, warnings = endpoints.from_env(env)
--     list[1]   { base = "https://api.openai.com/v1", keys = { "..." }, weight = 1, limit = 0,
--                 field = "auto" }

local errors = require("diffgentor.error")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local endpoints = {}

endpoints.DEFAULT_BASE = "https://api.openai.com/v1"

--- The program's environment, as the command line handed it over.
---@type table<string, string>
endpoints.environment = {}

local LIMIT = { kind = "integer", min = 0, max = 100000 }
local WEIGHT = { kind = "integer", min = 0, max = 10000 }
local FIELD = { kind = "choice", choices = { "auto", "image", "image[]" } }

---@class diffgentor.Endpoint
---@field base string
---@field keys string[]
---@field weight integer
---@field limit integer requests a minute, 0 = no limit
---@field field "auto"|"image"|"image[]"

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

local function place_name(name, place) return ("%s, place %d"):format(name, place) end

local function without_user(base) return (base:gsub("^(%a+://)[^/?#]*@", "%1***@")) end

-- The port a base URL names, if any, is a port.
local function port_ok(base)
  local host = base:match("^%a+://([^/]*)"):gsub("^.*@", "")
  local port = host:match("^%[.*%]:(.*)$") or not host:find("^%[") and host:match(":(.*)$")
  if not port then return true end
  local number = port:find("^%d+$") and tonumber(port)
  return number and number >= 1 and number <= 65535
end

-- A base URL as the pool takes it, or what is wrong with it.
local function checked_base(text, where)
  local base = text:gsub("/+$", "")
  local shown = value.shown(without_user(text))
  if not base:find("^[Hh][Tt][Tt][Pp][Ss]?://[^/]") then
    return config_error("bad_base", "%s: %s is not a base URL: it must begin with http:// or "
      .. "https:// and name a host", where, shown)
  end
  if not port_ok(base) then
    return config_error("bad_base", "%s: %s is not a base URL: its port must be a number from 1 "
      .. "to 65535", where, shown)
  end
  if base:find("[%s%c?#]") then
    return config_error("bad_base", "%s: %s is not a base URL: it may hold no space, ? or #",
      where, shown)
  end
  if base:find("/images/edits$") then
    return config_error("bad_base", "%s: %s is an address of its own: give the base URL, "
      .. "without /images/edits", where, shown)
  end
  return base
end

local function read_bases(env, names, warnings)
  local text = first_set(env, { names.endpoints })
  if not text then
    local name
    text, name = first_set(env, names.bases)
    if not text then return { endpoints.DEFAULT_BASE } end
    local base, err = checked_base(text:match("^%s*(.-)%s*$"), name)
    return base and { base }, err
  end
  local bases = split(text, ",")
  for i, place in ipairs(bases) do
    local where = place_name(names.endpoints, i)
    if place == "" then
      bases[i] = endpoints.DEFAULT_BASE
      table.insert(warnings, ("%s: empty, so it is %s"):format(where, endpoints.DEFAULT_BASE))
    else
      local base, err = checked_base(place, where)
      if not base then return nil, err end
      bases[i] = base
    end
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
    return config_error("too_few", "%s: %d values for %d endpoints: give one for each", name,
      #places, count)
  end
  if #places > count then
    table.insert(warnings, ("%s: %d values for %d endpoint%s: the surplus is ignored"):format(
      name, #places, count, count == 1 and "" or "s"))
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
    single, err = value.convert(LIMIT, text:match("^%s*(.-)%s*$"), names.limit, "config")
    if not single then return nil, err end
  end
  return read_list(env, names.limits, LIMIT, single, count, warnings)
end

local function host_of(base)
  local authority = base:match("^%a+://([^/]*)"):gsub("^.*@", "")
  return (authority:match("^%[(.-)%]") or authority:match("^[^:]*")):lower()
end

local function is_loopback(host)
  return host == "localhost" or host:find("%.localhost$") or host == "::1"
    or host:find("^127%.%d+%.%d+%.%d+$")
end

local function warn_plain_http(list, warnings)
  local warned = {}
  for _, endpoint in ipairs(list) do
    local host = host_of(endpoint.base)
    local plain = endpoint.base:lower():find("^http://")
    if plain and #endpoint.keys > 0 and not is_loopback(host) and not warned[host] then
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
  }
end

local function no_key(names)
  return config_error("no_key", "no API key: set %s (or %s)", names.key[#names.key], names.keys)
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

--- The endpoints that the environment describes.
---@param env table<string, string>? default: the program's
---@param options { prefix: string?, field: string?, keyless: boolean? }? prefix: "OPENAI";
---  field: the image field of all; keyless: no key is no error
---@return diffgentor.Endpoint[]|nil list, any warnings texts, or the error
function endpoints.from_env(env, options)
  env, options = env or endpoints.environment, options or {}
  local names, warnings = variable_names(options.prefix or "OPENAI"), {}
  register_secrets(env, names)
  local bases, places, columns, err
  bases, err = read_bases(env, names, warnings)
  if not bases then return nil, err end
  places, err = read_keys(env, names)
  if not places then return nil, err end
  if #places == 0 and not options.keyless then return no_key(names) end
  columns, err = read_columns(env, names, options.field, #bases, warnings)
  if not columns then return nil, err end
  local shares, list = share_keys(places, #bases, names.keys, warnings), {}
  for i, base in ipairs(bases) do
    list[i] = {
      base = base, keys = shares[i], weight = columns.weights[i], limit = columns.limits[i],
      field = columns.fields[i],
    }
  end
  warn_both_names(env, names, warnings)
  warn_plain_http(list, warnings)
  return list, warnings
end

return endpoints
