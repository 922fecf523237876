-- SPDX-License-Identifier: MIT
--
-- Where pictures go: names inside the output folder, each given once, and files
-- that appear there whole.  What is being made lives in OUTPUT_DIR/.diffgentor.
--
--     local out = assert(output.open("out"))
--     local stem = assert(out:claim(row, nil, 1))            "000007"
--     local files = assert(out:save(stem, reply.pictures))   { "000007.png" }
--     out:close()

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local path = require("diffgentor.path")
local set = require("diffgentor.set")
local sys = require("diffgentor.sys")

local output = {}

local HIDDEN = ".diffgentor"
local PROBE_BYTES = 64 * 1024
local KNOWN = { png = true, jpg = true, jpeg = true, webp = true, gif = true, svg = true }

---@class diffgentor.Output
---@field folder string
---@field temporary string folder for files in the making, on the same file system
local Output = {}
Output.__index = Output

--- Makes the folders and sees that files can be made there.
---@param folder string
---@return diffgentor.Output?, table? err
function output.open(folder)
  local self = output.names_of(folder)
  self.dry, self.temporary = nil, path.join(folder, HIDDEN)
  local ok, err = file.mkdirs(self.temporary)
  if ok then ok, err = self:probe() end
  if not ok then return nil, err end
  return self
end

--- The names alone, for a run that makes no files.
---@param folder string
---@return diffgentor.Output
function output.names_of(folder)
  local self = setmetatable({ folder = folder, dry = true }, Output)
  self.names, self.folders = set.new(), set.new()
  return self
end

--- true if there is room and permission for another file; nil, err else.
---@return true?, table? err
function Output:probe()
  local name, err = file.temp(self.temporary, "probe")
  if not name then return nil, err end
  local handle, message = io.open(name, "wb")
  local ok = handle ~= nil
  if handle then
    ok, message = handle:write(("\0"):rep(PROBE_BYTES))
    local closed, late = handle:close()
    if ok and not closed then ok, message = nil, late end
  end
  file.remove(name)
  if ok then return true end
  return nil, errors.new("file", "write", "%s: cannot write: %s", self.temporary, message)
end

-- "a/b.webp" -> "a/b": the picture's real kind decides its extension.
local function without_extension(name)
  local extension = path.extension(name)
  if KNOWN[extension] then return name:sub(1, -#extension - 2) end
  return name
end

local function bad_name(name, why)
  return nil, errors.new("input", "bad_name", 'output name "%s": %s', sys.visible(name), why)
end

local function suffix(k) return ("_%02d"):format(k) end

local function stem_of(row, name, count)
  if name == nil or not name:find("%S") then return ("%06d"):format(row.index) end
  local stem = path.plain(without_extension(name))
  local longest = stem .. (count > 1 and suffix(count - 1) or "") .. ".webp"
  local ok, err = file.relative_ok(longest)
  if not ok then return nil, errors.new("input", "bad_name", "%s", err.message) end
  local last = path.name(stem)
  if last == "" then return bad_name(name, "the file has no name but its extension") end
  if stem == HIDDEN or stem:sub(1, #HIDDEN + 1) == HIDDEN .. "/" then
    return bad_name(name, HIDDEN .. " is the program's own folder")
  end
  return stem
end

-- A file is put into each folder once, so that a folder that cannot be used
-- (a symbolic link, a file, no permission) is known before anything is paid.
function Output:try_folder(stem)
  local folder = path.parent(stem)
  if self.dry or folder == "." or not self.folders:add(folder) then return true end
  local name, err = file.temp(self.temporary, "probe")
  if not name then return nil, err end
  local trial = ("%s/.diffgentor-%d.part"):format(folder, sys.pid())
  local ok
  ok, err = file.place(name, self.folder, trial)
  file.remove(ok and path.join(self.folder, trial) or name)
  if ok then return true end
  self.bad_folders = self.bad_folders or {}
  self.bad_folders[folder] = err
  return nil, err
end

function Output:take(stem)
  if self.names:add(stem) then return true end
  return nil, errors.new("input", "duplicate_name", 'output name "%s" is taken by an earlier row',
    sys.visible(stem))
end

--- The name of a row's pictures without extension; later rows cannot have it.
---@param row { index: integer }
---@param name string? wish; nil or blank: the index
---@param count integer pictures that are asked for
---@return string? stem, table? err
function Output:claim(row, name, count)
  local stem, err = stem_of(row, name, count)
  if not stem then return nil, err end
  local bad = self.bad_folders and self.bad_folders[path.parent(stem)]
  if bad then return nil, bad end
  local ok
  ok, err = self:take(stem)
  for k = 0, count > 1 and count - 1 or -1 do
    if ok then ok, err = self:take(stem .. suffix(k)) end
  end
  if ok then ok, err = self:try_folder(stem) end
  if not ok then return nil, err end
  return stem
end

-- More pictures than were asked for need names of their own.
function Output:name_of(stem, picture, k, count, claimed)
  if count == 1 then return stem .. "." .. picture.extension end
  local name = stem .. suffix(k)
  if claimed == 1 or k >= claimed then
    local ok, err = self:take(name)
    if not ok then return nil, err end
  end
  return name .. "." .. picture.extension
end

--- Puts the pictures into place.  A file that cannot be placed stays where it
--- is, and the error says where.
---@param stem string of claim
---@param pictures table[] { path, extension }
---@param claimed integer? the count that was claimed
---@return string[]? files relative to the folder, table? err
function Output:save(stem, pictures, claimed)
  local files = {}
  for i, picture in ipairs(pictures) do
    local name, err = self:name_of(stem, picture, i - 1, #pictures, claimed or #pictures)
    local ok
    if name then ok, err = file.place(picture.path, self.folder, name) end
    if not ok then
      return nil, errors.new(err.kind, err.code, "%s; the picture is kept as %s", err.message,
        picture.path)
    end
    files[i] = name
  end
  return files
end

--- Removes the folder for files in the making, if it is empty.
function Output:close() file.remove_dir(self.temporary) end

return output
