-- SPDX-License-Identifier: MIT
--
-- Records by number, on disk: appended as they come, found through an index of
-- eight bytes a number.  Memory does not grow with them.
--
--     local store = assert(records.open("tmp"))
--     assert(store:put(7, { "a", "b" }))
--     store:get(7)                           { "a", "b" }
--     store:discard()

local errors = require("diffgentor.error")
local file = require("diffgentor.file")

local records = {}

local ENTRY_BYTES = 8
local ENTRY = "<I8" -- where the record begins, plus one; 0: there is none
local LENGTH = "<I4"

local BUFFER_BYTES = 64 * 1024

---@class diffgentor.Records
local Records = {}
Records.__index = Records

local function open_file(folder, stem)
  local name, err = file.temp(folder, stem)
  if not name then return nil, err end
  local handle, message = io.open(name, "w+b")
  if not handle then
    file.remove(name)
    return nil, errors.new("file", "open", "%s", message)
  end
  handle:setvbuf("full", BUFFER_BYTES)
  return { path = name, handle = handle, at = 0 }
end

---@param folder string for the two files
---@return diffgentor.Records?, table? err
function records.open(folder)
  local data, index, err
  data, err = open_file(folder, "outcomes")
  if not data then return nil, err end
  index, err = open_file(folder, "index")
  if not index then
    data.handle:close()
    file.remove(data.path)
    return nil, err
  end
  return setmetatable({ data = data, index = index, size = 0 }, Records)
end

local function packed(cells)
  local parts = {}
  for i, cell in ipairs(cells) do
    parts[i] = string.pack("<s4", cell)
  end
  local body = table.concat(parts)
  return string.pack(LENGTH, #body) .. body
end

-- Writes where the last write ended need no seek, which would flush.
local function write_at(where, offset, bytes)
  local handle = where.handle
  local ok, message = true, nil
  if where.at ~= offset then ok, message = handle:seek("set", offset) end
  if ok then ok, message = handle:write(bytes) end
  where.at = ok and offset + #bytes or nil
  if ok then return true end
  return nil, errors.new("file", "write", "%s: cannot write: %s", where.path, message)
end

-- Between writing and reading a seek must stand.
function Records:turn(writing)
  if self.writing == writing then return end
  self.writing = writing
  self.data.at, self.index.at = nil, nil
end

--- Keeps a record; a later one of the same number takes its place.
---@param number integer from 0
---@param cells string[]
---@return true?, table? err
function Records:put(number, cells)
  self:turn(true)
  local bytes = packed(cells)
  local ok, err = write_at(self.data, self.size, bytes)
  if ok then
    ok, err = write_at(self.index, number * ENTRY_BYTES, string.pack(ENTRY, self.size + 1))
  end
  if not ok then return nil, err end
  self.size = self.size + #bytes
  return true
end

local function read_at(where, offset, size)
  if where.at ~= offset then where.handle:seek("set", offset) end
  local bytes = where.handle:read(size)
  where.at = bytes and offset + #bytes
  return bytes and #bytes == size and bytes or nil
end

--- The record of a number, nil if there is none.
---@param number integer
---@return string[]?
function Records:get(number)
  self:turn(false)
  local entry = read_at(self.index, number * ENTRY_BYTES, ENTRY_BYTES)
  local offset = entry and string.unpack(ENTRY, entry) - 1
  if not offset or offset < 0 then return nil end
  local length = read_at(self.data, offset, 4)
  local body = length and read_at(self.data, offset + 4, (string.unpack(LENGTH, length)))
  if not body then return nil end
  local cells, at = {}, 1
  while at <= #body do
    cells[#cells + 1], at = string.unpack("<s4", body, at)
  end
  return cells
end

--- Closes and removes the files.
function Records:discard()
  for _, where in ipairs({ self.data, self.index }) do
    where.handle:close()
    file.remove(where.path)
  end
end

return records
