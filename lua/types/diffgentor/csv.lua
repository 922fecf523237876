-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.csv
local M = {}

--- A reader; `-` is standard input. `reader:next()` gives cells and line, nil at the end, or
--- nil and an error; `reader:close()`.
---@param path string
---@return diffgentor.CsvReader|nil, any
function M.open(path) end

--- The same for JSON Lines: `next()` gives names, cells and line.
---@param path string
---@return diffgentor.JsonlReader|nil, any
function M.jsonl(path) end

--- One line of a file, with its end.
---@param cells (string|number)[]
---@return string
function M.encode(cells) end

--- A writer whose file appears whole with `close()`, or not at all.
---@param path string
---@return diffgentor.CsvWriter|nil, any
function M.create(path) end

---@class diffgentor.CsvWriter
local CsvWriter = {}

--- Adds a row.
---@param cells (string|number)[]
---@return true|nil, any
function CsvWriter:write(cells) end

--- Puts the file into place.
---@return true|nil, any
function CsvWriter:close() end

return M
