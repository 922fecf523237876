-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.file
local M = {}

--- `file`, `directory`, `other`, or nil: nothing is there.
---@param path string
---@return string?
function M.kind(path) end

--- Names in a folder, in no order; nil: no such folder.
---@param folder string
---@return string[]?
function M.list(folder) end

--- The bytes, at most `limit` (64 MiB).
---@param path string
---@param limit? integer
---@return string|nil, diffgentor.Error?
function M.read(path, limit) end

--- The whole file at once, or what was there before.
---@param path string
---@param bytes string
---@return true|nil, diffgentor.Error?
function M.write(path, bytes) end

--- Makes a folder and those above it.
---@param path string
---@return true|nil, diffgentor.Error?
function M.mkdirs(path) end

--- Renames.
---@param from string
---@param to string
---@return true|nil, diffgentor.Error?
function M.rename(from, to) end

--- Removes a file; one that is not there is fine.
---@param path string
---@return true|nil, diffgentor.Error?
function M.remove(path) end

--- Removes an empty folder.
---@param path string
---@return true|nil, diffgentor.Error?
function M.remove_dir(path) end

--- The path from the root, links resolved.
---@param path string
---@return string
function M.absolute(path) end

--- Whether both are one file.
---@param a string
---@param b string
---@return boolean
function M.same(a, b) end

return M
