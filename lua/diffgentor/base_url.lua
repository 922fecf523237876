-- SPDX-License-Identifier: MIT
--
-- Base URLs of endpoints: what is one, what kind of API answers there, and how
-- the pool is told of it.
--
--     base_url.parse("https://r.openai.azure.com/openai?api-version=V", "OPENAI_API_BASE",
--       { name = "OPENAI_API_VERSION" })
--     { base = "https://r.openai.azure.com", kind = "azure", api_version = "V" }

local errors = require("diffgentor.error")
local value = require("diffgentor.value")

local base_url = {}

---@class diffgentor.Base
---@field base string as the pool takes it
---@field kind "openai"|"azure"
---@field api_version string? of Azure

local function bad(where, text, fmt, ...)
  local shown = value.shown((text:gsub("^(%a+://)[^/?#]*@", "%1***@")))
  return nil, errors.new("config", "bad_base", "%s: %s %s", where, shown, fmt:format(...))
end

-- The host, in brackets if it has some, and the port's text, nil if none is given.
local function authority(base)
  local all = base:match("^%a+://([^/?#]*)"):gsub("^.*@", "")
  local host, rest = all:match("^(%[.*%])(.*)$")
  if not host then host, rest = all:match("^([^:]*)(.*)$") end
  return host, rest ~= "" and rest or nil
end

--- The host of a base URL, in small letters, without brackets.
---@param base string
---@return string
function base_url.host(base)
  local host = authority(base):lower()
  return host:match("^%[(.*)%]$") or host
end

local function port_ok(base)
  local host, rest = authority(base)
  local number = rest and tonumber(rest:match("^:(%d+)$"))
  return host ~= "" and (not rest or number ~= nil and number >= 1 and number <= 65535)
end

local function kind_of(base)
  local path = base:match("^%a+://[^/]*(.*)$")
  local azure = path:find("/openai/deployments", 1, true)
    or base_url.host(base):find("%.openai%.azure%.com$")
  return azure and "azure" or "openai"
end

-- Azure's newer address, which needs no version and names no deployment.
local function is_v1(base) return base:find("/openai/v1$") ~= nil end

-- The resource's address, or that of one deployment.
local function azure_base(base)
  if base:find("/openai/deployments/[^/]+$") then return base end
  return (base:gsub("/openai/deployments$", ""):gsub("/openai$", ""))
end

local NEEDS_VERSION = "is an Azure endpoint, which needs a version: set %s, such as "
  .. "2025-04-01-preview, or write ?api-version=... behind the URL"

-- The version that the query names, else the given one.
local function version_of(query, version, text, where)
  local own = query and query:match("^api%-version=([%w.-]+)$")
  if query and query ~= "" and not own then
    return bad(where, text, "is not a base URL: of a query, an Azure endpoint may have "
      .. "?api-version=... alone")
  end
  if own or version.needless then return own end
  if not version.text then return bad(where, text, NEEDS_VERSION, version.name) end
  if version.text:find("^[%w.-]+$") then return version.text end
  return bad(where, text, "is an Azure endpoint, and %s is %s, which is no version", version.name,
    value.shown(version.text))
end

local function check(base, text, where)
  if not base:find("^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]") then
    return bad(where, text, "is not a base URL: it must begin with http:// or https:// and name "
      .. "a host")
  end
  if not port_ok(base) then
    return bad(where, text, "is not a base URL: its port must be a number from 1 to 65535")
  end
  if base:find("/images/edits$") then
    return bad(where, text, "is an address of its own: give the base URL, without /images/edits")
  end
  return true
end

--- A base URL, or what is wrong with it.
---@param text string
---@param where string "OPENAI_API_BASE"
---@param version { text: string?, name: string } of the Azure API, where the URL names none
---@return diffgentor.Base?, table? err
function base_url.parse(text, where, version)
  local base, query = text:match("^([^?]*)%??(.*)$")
  base = base:gsub("/+$", "")
  local ok, err = check(base, text, where)
  if not ok then return nil, err end
  local kind = kind_of(base)
  if base:find("[%s%c#]") or kind == "openai" and text:find("?", 1, true) then
    return bad(where, text, "is not a base URL: it may hold no space, ? or #")
  end
  if kind == "openai" then return { base = base, kind = kind } end
  local named
  named, err = version_of(query, is_v1(base) and { needless = true } or version, text, where)
  if err then return nil, err end
  return { base = azure_base(base), kind = kind, api_version = named }
end

local function encoded(text)
  return (text:gsub("[^%w._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Where the pool sends a request to, for people.
---@param endpoint diffgentor.Endpoint
---@param path string "/images/edits"
---@param model string
---@return string
function base_url.address(endpoint, path, model)
  local base, version = endpoint.base, endpoint.api_version
  local whole = endpoint.kind ~= "azure" or is_v1(base)
    or base:find("/openai/deployments/", 1, true)
  local deployment = whole and "" or "/openai/deployments/" .. encoded(model)
  return base .. deployment .. path .. (version and "?api-version=" .. version or "")
end

--- Whether a base URL leads to this machine.
---@param base string
---@return boolean
function base_url.is_loopback(base)
  local host = base_url.host(base)
  return host == "localhost" or host:find("%.localhost$") ~= nil or host == "::1"
    or host:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

return base_url
