-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.Error
---@field kind string
---@field code string
---@field message string
---@field status integer?
---@field attempts integer?
---@field request_id string?

---@class diffgentor.HttpOptions
---@field headers table<string, string>?
---@field method string?
---@field timeout number?
---@field connect_timeout number?
---@field max_retries integer?
---@field retry_delay number?
---@field max_redirects integer?
---@field max_bytes integer?
---@field public_only boolean?
---@field body_type string?

---@class diffgentor.HttpAnswer
---@field status integer
---@field text string
---@field data any
---@field content_type string
---@field url string
---@field attempts integer
---@field latency number

---@class diffgentor.LedgerRow
---@field position integer
---@field index integer?
---@field line integer
---@field state string
---@field attempts integer
---@field cells table<string, string>
---@field outputs string[]
