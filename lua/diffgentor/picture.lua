-- SPDX-License-Identifier: MIT
--
-- A picture of an answer: a file, what it is, and what scripts may do with it.
--
--     picture.path, picture.size, picture.kind, picture.width, picture.height
--     picture:bytes()                    the file's bytes
--     picture:data_url()                 "data:image/png;base64,..." for a vision model
--     picture:save("out/hat")            out/hat.png; of pool:send's pictures alone

local base64 = require("diffgentor.base64")
local endpoints = require("diffgentor.endpoints")
local file = require("diffgentor.file")
local path = require("diffgentor.path")

local picture = {}

---@class diffgentor.Picture
---@field path string the file; of pool:send a temporary one, removed unless it is saved
---@field size integer
---@field kind string "png", "jpeg", ...
---@field extension string
---@field width integer 0: not known
---@field height integer
---@field saved string? where it was saved
local Readable = { __name = "diffgentor.picture" }
Readable.__index = Readable

-- Where pictures are that hooks in the sandbox have: whatever stands in them.
local LOCKED = setmetatable({}, { __mode = "k" })

--- The picture's bytes.
---@return string|nil bytes, any err
function Readable:bytes()
  local locked = LOCKED[self]
  if locked then return file.read(locked.path, locked.size) end
  return file.read(self.saved or self.path, self.size)
end

--- The picture as a data URL.
---@return string|nil url, any err
function Readable:data_url()
  local bytes, err = self:bytes()
  if not bytes then return nil, err end
  return ("data:image/%s;base64,%s"):format(self.kind, base64.encode(bytes))
end

local Owned = { __name = Readable.__name, bytes = Readable.bytes, data_url = Readable.data_url }
Owned.__index = Owned

function Owned.__gc(self)
  if not self.saved then file.remove(self.path) end
end

Owned.__close = Owned.__gc

--- Moves the picture to `to`; a name without an extension gets the picture's own.
---@param to string
---@return string|nil path, any err
function Owned:save(to)
  if path.extension(to) == "" then to = to .. "." .. self.extension end
  local made, err = file.mkdirs(path.parent(to))
  if not made then return nil, err end
  local from = self.saved or self.path
  if not file.rename(from, to) then
    -- Another file system, or a folder that takes no files: writing tells which.
    local bytes
    bytes, err = file.read(from, self.size)
    if not bytes then return nil, err end
    made, err = file.write(to, bytes)
    if not made then return nil, err end
    file.remove(from)
  end
  self.saved = to
  return to
end

--- Gives a table of the engine the methods that read it.
---@param found table
---@return diffgentor.Picture found
function picture.readable(found) return setmetatable(found, Readable) end

--- It is in place now.
---@param found diffgentor.Picture
---@param at string
function picture.placed(found, at)
  found.saved = at
  if LOCKED[found] then LOCKED[found].path = at end
end

--- From now on it is read from where it is, whatever a hook writes into it.
---@param found diffgentor.Picture
function picture.lock(found)
  LOCKED[found] = LOCKED[found] or { path = found.saved or found.path, size = found.size }
end

--- The same, and it is removed with the last reference unless it is saved.
---@param found table
---@return diffgentor.Picture found
function picture.owned(found) return setmetatable(found, Owned) end

--- The folder for pictures that nobody has named one for.
---@return string
function picture.folder()
  local temporary = endpoints.environment.TMPDIR
  return temporary and temporary ~= "" and temporary or "/tmp"
end

return picture
