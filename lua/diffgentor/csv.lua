-- SPDX-License-Identifier: MIT
--
-- Tables of text: readers of CSV and JSON Lines, and a writer.
--
--     local reader = assert(csv.open("data.csv"))
--     local cells, line = reader:next()
--     local writer = assert(csv.create("out.csv"))
--     assert(writer:write({ "name", "size" }))
--     assert(writer:close())                        here it appears

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local native = require("diffgentor.native.csv")
local path = require("diffgentor.path")

local csv = { open = native.open, jsonl = native.jsonl, encode = native.encode,
  survey = native.survey }

---@class diffgentor.CsvWriter
---@field name string the file, once it is whole
---@field making string its name until then
local Writer = {}
Writer.__index = Writer

local function failed(self, why)
  return nil, errors.new("file", "write", "%s: cannot write: %s", self.name, tostring(why))
end

--- A writer whose file appears whole, or not at all.
---@param name string
---@return diffgentor.CsvWriter|nil writer, any err
function csv.create(name)
  local making, err = file.temp(path.parent(name), path.name(name))
  if not making then return nil, err end
  local handle, why = io.open(making, "wb")
  if not handle then return failed({ name = name }, why) end
  return setmetatable({ name = name, making = making, handle = handle }, Writer)
end

--- Adds a row.
---@param cells (string|number)[]
---@return true|nil ok, any err
function Writer:write(cells)
  local ok, why = self.handle:write(csv.encode(cells))
  if not ok then return failed(self, why) end
  return true
end

--- Puts the file into place.
---@return true|nil ok, any err
function Writer:close()
  local ok, why = self.handle:close()
  if not ok then return failed(self, why) end
  local moved, err = file.rename(self.making, self.name)
  if not moved then return nil, err end
  self.making = nil
  return true
end

-- One that was not closed leaves nothing.
function Writer:__gc()
  if not self.making then return end
  if io.type(self.handle) == "file" then self.handle:close() end
  file.remove(self.making)
end

return csv
