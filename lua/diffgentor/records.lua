-- SPDX-License-Identifier: MIT
--
-- Records by number, on disk: appended as they come, found through an index of
-- eight bytes a number.  Memory does not grow with them.  A published store is a
-- journal: it outlives a program that is killed, and what was put is in it.
--
--     local store = assert(records.open("tmp", "results.csv"))
--     assert(store:fold("tmp/results.csv.outcomes"))      what a killed run left
--     assert(store:publish("tmp/results.csv.outcomes"))
--     assert(store:put(7, { "a", "b" }))
--     store:get(7)                                        { "a", "b" }, true
--     store:discard()

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local hash = require("diffgentor.hash")

local records = {}

local ENTRY_BYTES = 8
local ENTRY = "<I8" -- where the record begins, plus one; 0: there is none
local HEAD_BYTES = 12
local HEAD = "<I4I8" -- bytes of the body, the record's number
local MOST_BYTES = 1 << 30 -- of a body; more is not a record
local BUFFER_BYTES = 64 * 1024

local last_names, last_head -- all rows of a CSV file share their names

--- Tells a changed row from the one that was sent.
---@param names string[]
---@param cells string[]
---@return string
function records.digest(names, cells)
  if names ~= last_names then
    last_names, last_head = names, table.concat(names, "\0")
  end
  return hash.sha256(last_head .. "\0\0" .. table.concat(cells, "\0")):sub(1, 16)
end

---@class diffgentor.Records
---@field count integer one more than the highest number there is
---@field fresh integer records put since it was published
local Records = {}
Records.__index = Records

local function opened(name, mode)
  local handle, message = io.open(name, mode)
  if not handle then return nil, errors.new("file", "open", "%s", message) end
  handle:setvbuf("full", BUFFER_BYTES)
  return { path = name, handle = handle }
end

local function open_file(folder, stem)
  local name, err = file.temp(folder, stem)
  if not name then return nil, err end
  local where, fault = opened(name, "w+b")
  if not where then file.remove(name) end
  return where, fault
end

local function new(data, index)
  return setmetatable({
    data = data, index = index, size = 0, count = 0, fresh = 0, unwritten = {},
  }, Records)
end

---@param folder string for the two files
---@param stem string how they are called until they are published
---@return diffgentor.Records?, table? err
function records.open(folder, stem)
  local data, index, err
  data, err = open_file(folder, stem)
  if not data then return nil, err end
  index, err = open_file(folder, "index")
  if index then return new(data, index) end
  data.handle:close()
  file.remove(data.path)
  return nil, err
end

local function cells_of(body)
  local cells, at = {}, 1
  while at <= #body do
    cells[#cells + 1], at = string.unpack("<s4", body, at)
  end
  return cells
end

-- The record at the handle's place: number, cells, its bytes; nil at the end and
-- where a write was cut off.
local function next_record(handle)
  local head = handle:read(HEAD_BYTES)
  if not head or #head < HEAD_BYTES then return nil end
  local size, number = string.unpack(HEAD, head)
  local body = size <= MOST_BYTES and handle:read(size)
  if not body or #body < size then return nil end
  local ok, cells = pcall(cells_of, body)
  if ok then return number, cells, HEAD_BYTES + size end
end

--- Opens a journal to look into, without changing anything.
---@param name string
---@return diffgentor.Records?, table? err
function records.look(name)
  local data, err = opened(name, "rb")
  if not data then return nil, err end
  local self = new(data)
  self.offsets = {}
  local number, _, bytes = next_record(data.handle)
  while number do
    self.offsets[number] = self.size
    self.size, self.count = self.size + bytes, math.max(self.count, number + 1)
    number, _, bytes = next_record(data.handle)
  end
  return self
end

local function packed(number, cells)
  local parts = {}
  for i, cell in ipairs(cells) do
    parts[i] = string.pack("<s4", cell)
  end
  local body = table.concat(parts)
  return string.pack(HEAD, #body, number) .. body
end

local function failed(where, message)
  return nil, errors.new("file", "write", "%s: cannot write: %s", where.path, message)
end

-- Writes where the last write ended need no seek, which would flush.
local function write_at(where, offset, bytes)
  local handle = where.handle
  local ok, message = true, nil
  if where.at ~= offset then ok, message = handle:seek("set", offset) end
  if ok then ok, message = handle:write(bytes) end
  where.at = ok and offset + #bytes or nil
  if ok then return true end
  return failed(where, message)
end

local function flush(where)
  local ok, message = where.handle:flush()
  if ok then return true end
  where.at = nil
  return failed(where, message)
end

-- Between writing and reading a seek must stand.
function Records:turn(writing)
  if self.writing == writing then return end
  self.writing = writing
  self.data.at = nil
  if self.index then self.index.at = nil end
end

function Records:append(number, cells)
  self:turn(true)
  local bytes = packed(number, cells)
  local ok, err = write_at(self.data, self.size, bytes)
  if ok and self.published then ok, err = flush(self.data) end
  if ok then
    ok, err = write_at(self.index, number * ENTRY_BYTES, string.pack(ENTRY, self.size + 1))
  end
  if not ok then return nil, err end
  self.size = self.size + #bytes
  return true
end

--- Keeps a record; a later one of the same number takes its place.  What cannot
--- be written stays in memory, for `settle` to try again.
---@param number integer from 0
---@param cells string[]
---@return true?, table? err
function Records:put(number, cells)
  local ok, err = self:append(number, cells)
  self.unwritten[number] = not ok and cells or nil
  self.count = math.max(self.count, number + 1)
  if self.published then self.fresh = self.fresh + 1 end
  return ok, err
end

--- Takes in what a journal holds; `seen` is called with every record.
---@param name string
---@param seen fun(cells: string[])
---@return true?, table? err
function Records:fold(name, seen)
  local from, err = opened(name, "rb")
  if not from then return nil, err end
  local ok = true
  local number, cells = next_record(from.handle)
  while ok and number do
    seen(cells)
    ok, err = self:put(number, cells)
    number, cells = next_record(from.handle)
  end
  from.handle:close()
  return ok, err
end

--- Gives the store its lasting name, in place of an older one; from here on every
--- record is written at once.
---@param name string
---@return true?, table? err
function Records:publish(name)
  local ok, err = self:settle()
  if ok then ok, err = file.rename(self.data.path, name) end
  if not ok then return nil, err end
  self.data.path, self.published, self.old = name, true, self.size
  return true
end

--- Writes what could not be written, and all that waits in buffers.
---@return true?, table? err
function Records:settle()
  for number, cells in pairs(self.unwritten) do
    local ok, err = self:append(number, cells)
    if not ok then return nil, err end
    self.unwritten[number] = nil
  end
  local ok, err = flush(self.data)
  if ok then ok, err = flush(self.index) end
  return ok, err
end

local function read_at(where, offset, size)
  if where.at ~= offset then where.handle:seek("set", offset) end
  local bytes = where.handle:read(size)
  where.at = bytes and offset + #bytes
  return bytes and #bytes == size and bytes or nil
end

function Records:offset_of(number)
  if self.offsets then return self.offsets[number] end
  local entry = read_at(self.index, number * ENTRY_BYTES, ENTRY_BYTES)
  local offset = entry and string.unpack(ENTRY, entry) or 0
  return offset > 0 and offset - 1 or nil
end

--- The record of a number, nil if there is none, and whether it was put since
--- the store was published.
---@param number integer
---@return string[]?, boolean?
function Records:get(number)
  if number >= self.count then return nil end
  if self.unwritten[number] then return self.unwritten[number], true end
  self:turn(false)
  local offset = self:offset_of(number)
  local head = offset and read_at(self.data, offset, HEAD_BYTES)
  local body = head and read_at(self.data, offset + HEAD_BYTES, (string.unpack(HEAD, head)))
  if body then return cells_of(body), self.old ~= nil and offset >= self.old end
end

--- Closes the files; of a published store the records stay.
function Records:close()
  self.data.handle:close()
  if not self.index then return end
  self.index.handle:close()
  file.remove(self.index.path)
  if not self.published then file.remove(self.data.path) end
end

--- Closes and removes the files.
function Records:discard()
  self:close()
  if self.index then file.remove(self.data.path) end
end

return records
