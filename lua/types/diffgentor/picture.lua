-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.Picture
---@field path string
---@field size integer
---@field kind string
---@field extension string
---@field width integer
---@field height integer
---@field saved string?
local Picture = {}

--- Its bytes.
---@return string|nil, diffgentor.Error?
function Picture:bytes() end

--- `data:image/png;base64,...` for a vision model.
---@return string|nil, diffgentor.Error?
function Picture:data_url() end

--- Moves a picture of `pool:send` to that name; without an extension it gets its own. One that
--- is not saved is removed.
---@param to string
---@return string|nil, diffgentor.Error?
function Picture:save(to) end
