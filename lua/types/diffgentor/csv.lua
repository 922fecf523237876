-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.csv
local M = {}

--- A reader; `-` is standard input.
---@param path string
---@return diffgentor.CsvReader|nil, diffgentor.Error?
function M.open(path) end

--- A reader of JSON Lines.
---@param path string
---@return diffgentor.JsonlReader|nil, diffgentor.Error?
function M.jsonl(path) end

--- One line of a file, with its end.
---@param cells (string|number)[]
---@return string
function M.encode(cells) end

--- A writer whose file appears whole with `close()`, or not at all.
---@param path string
---@return diffgentor.CsvWriter|nil, diffgentor.Error?
function M.create(path) end

---@class diffgentor.CsvReader
local CsvReader = {}

--- The cells of the next row (the header is the first) and its line; nil at the end, nil and an
--- error where the file is broken.
---@return string[]|nil, integer|diffgentor.Error|nil
function CsvReader:next() end

--- Gives the file back.
function CsvReader:close() end

---@class diffgentor.JsonlReader
local JsonlReader = {}

--- The names of the next line's members, their values as cells, and the line; ends as
--- `reader:next` does.
---@return string[]|nil, any, integer?
function JsonlReader:next() end

--- Gives the file back.
function JsonlReader:close() end

---@class diffgentor.CsvWriter
local CsvWriter = {}

--- Adds a row.
---@param cells (string|number)[]
---@return true|nil, diffgentor.Error?
function CsvWriter:write(cells) end

--- Puts the file into place.
---@return true|nil, diffgentor.Error?
function CsvWriter:close() end

return M
