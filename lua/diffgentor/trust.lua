-- SPDX-License-Identifier: MIT
--
-- The file of trusted certificates that the environment names, as other programs
-- read it; nil: the system's.
--
--     engine.new({ ca_file = trust() })

local endpoints = require("diffgentor.endpoints")

---@return string?
return function()
  local name = endpoints.environment.SSL_CERT_FILE
  return name ~= "" and name or nil
end
