-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.http
local M = {}

--- What is at a URL: `status`, `text`, of JSON `data`. A status of 400 or more is an error with
--- `status` and `text`.
---@param url string
---@param options? diffgentor.HttpOptions
---@return diffgentor.HttpAnswer|nil, diffgentor.Error?
function M.get(url, options) end

--- Sends a text, a table as JSON, or a form.
---@param url string
---@param body string|table|diffgentor.Form
---@param options? diffgentor.HttpOptions
---@return diffgentor.HttpAnswer|nil, diffgentor.Error?
function M.post(url, body, options) end

--- Streams what is at a URL into a file that appears whole or not at all; a name without
--- extension gets that of the picture.
---@param url string
---@param to string
---@param options? diffgentor.HttpOptions
---@return diffgentor.Picture|nil, diffgentor.Error?
function M.fetch(url, to, options) end

return M
