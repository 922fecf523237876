-- SPDX-License-Identifier: MIT
--
-- The file of trusted certificates that the environment names, as other programs
-- read it.
--
--     assert(trust.check(settings.endpoints))
--     engine.new({ ca_file = trust.file() })            nil: the system's

local endpoints = require("diffgentor.endpoints")
local errors = require("diffgentor.error")

local trust = {}

---@return string?
function trust.file()
  local name = endpoints.environment.SSL_CERT_FILE
  return name ~= "" and name or nil
end

--- nil, err if an endpoint needs the file and it cannot be read.
---@param list { base: string }[]
---@return true?, table? err
function trust.check(list)
  local name, is_needed = trust.file(), false
  for _, endpoint in ipairs(list) do
    is_needed = is_needed or endpoint.base:lower():find("^https:") ~= nil
  end
  local handle, why
  if name and is_needed then handle, why = io.open(name, "rb") end
  if handle then handle:close() end
  if not why then return true end
  return nil, errors.new("config", "ca_file", "SSL_CERT_FILE: %s; unset it, or name a file of "
    .. "certificates", why)
end

return trust
