-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.multipart
local M = {}

--- An empty form; also `dg.multipart()`.
---@return diffgentor.Form
function M.new() end

---@class diffgentor.Form
local Form = {}

--- Adds a text field; gives the form, so that calls chain.
---@param name string
---@param value string|number
---@return diffgentor.Form|nil, diffgentor.Error?
function Form:field(name, value) end

--- Adds a file, read when it is sent.
---@param name string
---@param path string
---@param label? { filename: string?, type: string? }
---@return diffgentor.Form|nil, diffgentor.Error?
function Form:file(name, path, label) end

--- Adds a file from a text.
---@param name string
---@param bytes string
---@param label? { filename: string?, type: string? }
---@return diffgentor.Form|nil, diffgentor.Error?
function Form:bytes(name, bytes, label) end

--- Adds a picture under the field name that the endpoint wants: `image` or `image[]`.
---@param path string
---@param label? { filename: string?, type: string? }
---@return diffgentor.Form|nil, diffgentor.Error?
function Form:picture(path, label) end

--- The same from a text.
---@param bytes string
---@param label? { filename: string?, type: string? }
---@return diffgentor.Form|nil, diffgentor.Error?
function Form:picture_bytes(bytes, label) end

--- Bytes of the whole body.
---@return integer
function Form:size() end

--- Its Content-Type, boundary included.
---@return string
function Form:type() end

--- Streams the form to any URL, no key with it.
---@param url string
---@param options? diffgentor.HttpOptions
---@return diffgentor.HttpAnswer|nil, diffgentor.Error?
function Form:post(url, options) end

return M
