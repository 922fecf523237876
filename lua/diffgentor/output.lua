-- SPDX-License-Identifier: MIT
--
-- Where pictures go: names inside the output folder, each given once, and files
-- that appear there whole.  What is being made lives in OUTPUT_DIR/.diffgentor.
--
--     local out = assert(output.open("out"))
--     local stem = assert(out:claim(row, nil, 1))            "000007"
--     local files = assert(out:save(stem, reply.pictures))   { "000007.png" }
--     out:close()

local claims = require("diffgentor.native.claims")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local path = require("diffgentor.path")
local set = require("diffgentor.set")
local sys = require("diffgentor.sys")

local output = {}

local HIDDEN = ".diffgentor"
local LEDGER = "ledger.sqlite3"
local PROBE_BYTES = 64 * 1024
local BAD_FOLDERS = 100 -- remembered with what is wrong with them
local EXTENSIONS = { "png", "jpg", "jpeg", "webp", "gif", "svg" }
local KNOWN = {}
for _, extension in ipairs(EXTENSIONS) do
  KNOWN[extension] = true
end

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

--- The ledger's file in the folder.
output.LEDGER = LEDGER

--- The most pictures of a row whose names are kept free before it is sent; what
--- comes beyond takes its names as it comes.
output.MOST_CLAIMED = 16

--- The names alone, for a run that makes no files.
---@param folder string
---@return diffgentor.Output
function output.names_of(folder)
  local self = setmetatable({ folder = folder, dry = true }, Output)
  self:forget_folders()
  return self
end

local function fill(name, size)
  local handle, message = io.open(name, "wb")
  if not handle then return nil, message end
  local block, ok = ("\0"):rep(PROBE_BYTES), true
  while ok and size > 0 do
    ok, message = handle:write(block)
    size = size - #block
  end
  local closed, late = handle:close()
  return ok and closed, message or late
end

-- A file of at least `size` bytes, or why there cannot be one.
function Output:ballast(size)
  local name, err = file.temp(self.temporary, "reserve")
  if not name then return nil, err end
  local ok, message = fill(name, size)
  if ok then return name end
  file.remove(name)
  return nil, errors.new("file", "write", "%s: cannot write: %s", self.temporary, message)
end

--- true if there is room and permission for another file; nil, err else.
---@return true?, table? err
function Output:probe()
  local name, err = self:ballast(PROBE_BYTES)
  if not name then return nil, err end
  file.remove(name)
  return true
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
  local given = path.plain(name)
  local ok, err = file.relative_ok((given:gsub("(.)/$", "%1")))
  if not ok then return nil, errors.new("input", "bad_name", "%s", err.message) end
  local stem = without_extension(given)
  local longest = stem .. (count > 1 and suffix(count - 1) or "") .. ".webp"
  ok, err = file.relative_ok(longest)
  if not ok then return nil, errors.new("input", "bad_name", "%s", err.message) end
  local last = path.name(stem)
  if last == "" then return bad_name(name, "the file has no name but its extension") end
  if stem == HIDDEN or stem:sub(1, #HIDDEN + 1) == HIDDEN .. "/" then
    return bad_name(name, HIDDEN .. " is the program's own folder")
  end
  if stem:sub(1, #LEDGER) == LEDGER then return bad_name(name, "the ledger has such a name") end
  return stem
end

-- What was tried is tried again from here on.
function Output:forget_folders()
  self.folders, self.bad_folders, self.bad_count = set.new(), {}, 0
end

function Output:note_bad_folder(folder, err)
  if self.bad_count == BAD_FOLDERS then self:forget_folders() end
  self.folders:add(folder)
  self.bad_folders[folder], self.bad_count = err, self.bad_count + 1
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
  self:note_bad_folder(folder, err)
  return nil, err
end

--- Makes room for the names of a run, which all processes forked later share.
---@param count integer? of them; nil: nobody knows
---@return true?, table? err
function Output:expect(count)
  local err
  self.names, err = claims.new(count)
  return self.names ~= nil, err
end

function Output:take(stem, position)
  if not self.names then
    local ok, err = self:expect()
    if not ok then return nil, err end
  end
  if self.names:take(stem, position) then return true end
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
  local bad = self.bad_folders[path.parent(stem)]
  if bad then return nil, bad end
  local ok
  ok, err = self:claim_again(stem, count, row.position)
  if ok then ok, err = self:try_folder(stem) end
  if not ok then return nil, err end
  return stem
end

--- Takes a name that claim gave in an earlier run.
---@param stem string
---@param count integer
---@param position integer? of the row, which may take it again
---@return true?, table? err
function Output:claim_again(stem, count, position)
  local ok, err = self:take(stem, position)
  for k = 0, count > 1 and count - 1 or -1 do
    if ok then ok, err = self:take(stem .. suffix(k), position) end
  end
  return ok, err
end

------------------------------------------------------------------ what is there already

local function exists_error(target)
  return errors.new("file", "file_exists", "%s exists and is none of the row's present pictures; "
    .. "move it away or choose another --output_dir or name", sys.visible(target))
end

-- A folder with pictures to be edited: which of them others edit is not known.
local function holds_input(folder, refs)
  for _, ref in ipairs(refs) do
    if ref.kind == "path" and file.same(path.parent(ref.path), folder) then return true end
  end
  return false
end

local function check_file(target, name, trace, refs)
  if not file.kind(target) then return true end
  for _, ref in ipairs(refs) do
    if ref.kind == "path" and file.same(ref.path, target) then
      return nil, errors.new("input", "overwrites_input", "the output %s would overwrite the input "
        .. "image; choose another --output_dir or name", sys.visible(target))
    end
  end
  if trace.own and trace.own[name] then return true end
  if trace.redo and not holds_input(path.parent(target), refs) then return true end
  return nil, exists_error(target)
end

local function check_files(folder, stem, trace, refs)
  for _, extension in ipairs(EXTENSIONS) do
    local name = stem .. "." .. extension
    local ok, err = check_file(path.join(folder, name), name, trace, refs)
    if not ok then return nil, err end
  end
  return true
end

--- nil, err if a picture of the row would take the place of a file that is not
--- the row's own, or of a picture it is made from.
---@param stem string of claim
---@param count integer as claimed
---@param trace diffgentor.Trace what earlier runs have made of the row
---@param refs diffgentor.ImageRef[] what it is made from
---@return true?, table? err
function Output:check_free(stem, count, trace, refs)
  for k = -1, count > 1 and count - 1 or -1 do
    local one = k >= 0 and stem .. suffix(k) or stem
    if file.any(self.folder, one, EXTENSIONS) then
      local ok, err = check_files(self.folder, one, trace, refs)
      if not ok then return nil, err end
    end
  end
  return true
end

------------------------------------------------------------------ placing

-- The name of picture `k` (from 0) of `count`.
local function file_name(stem, picture, k, count)
  return ("%s%s.%s"):format(stem, count > 1 and suffix(k) or "", picture.extension)
end

-- More pictures than were asked for need names of their own.
function Output:name_of(stem, picture, k, count, claimed, position)
  if count > 1 and (claimed == 1 or k >= claimed) then
    local ok, err = self:take(stem .. suffix(k), position)
    if not ok then return nil, err end
  end
  return file_name(stem, picture, k, count)
end

-- A name that a script has given to one picture.
function Output:own_name(names, i, picture, trace)
  for k = 1, i - 1 do
    if names[k] == names[i] then
      return bad_name(names[i], ("pictures %d and %d of the row would both have it"):format(k, i))
    end
  end
  local ok, err = self:take(names[i], trace.position)
  if ok then ok, err = self:try_folder(names[i]) end
  if not ok then return nil, err end
  return names[i] .. "." .. picture.extension
end

--- The name that a row asks for, checked, or by its index; without extension.
---@param row diffgentor.Row
---@param name string?
---@param count integer pictures that it is for
---@return string? stem, table? err
function Output.stem_of(_, row, name, count)
  if name ~= nil and type(name) ~= "string" then
    return nil, errors.new("script", "bad_name", "name(row) gives text, not a %s", type(name))
  end
  return stem_of(row, name, count)
end

-- The renaming was the last thing a killed run did of this picture.
function Output:is_placed(picture, name)
  return not file.kind(picture.path) and file.size_beneath(self.folder, name) == picture.size
end

--- nil, err if a picture of a kept answer is neither in the spool nor in place.
---@param stem string
---@param pictures table[]
---@return true?, table? err
function Output:check_kept(stem, pictures)
  for i, picture in ipairs(pictures) do
    local name = file_name(stem, picture, i - 1, #pictures)
    if not file.kind(picture.path) and not self:is_placed(picture, name) then
      return nil, errors.new("reply", "spool_lost", "%s: this picture, paid for, is gone; the "
        .. "row is sent again by the next run", picture.path)
    end
  end
  return true
end

-- What came there since the row was sent, or was not foreseen, stays as well.
function Output:place(picture, name, trace)
  if picture.kept and self:is_placed(picture, name) then return true end
  if trace then
    local ok, err = check_file(path.join(self.folder, name), name, trace, trace.refs or {})
    if not ok then return nil, err end
  end
  return file.place(picture.path, self.folder, name)
end

local function kept_error(err, pictures, first)
  local text = err.message
  for i = first, #pictures do
    text = ("%s; the picture is kept as %s"):format(text, pictures[i].path)
  end
  return errors.new(err.kind, err.code, "%s", text)
end

--- Puts the pictures into place.  A file that cannot be placed stays where it
--- is, and the error says where.
---@param stem string of claim
---@param pictures table[] { path, extension }
---@param claimed integer? the count that was claimed
---@param trace diffgentor.Trace? as of check_free; nil: whatever is there is replaced
---@param names string[]? of the single pictures, without extension, in place of the stem
---@return string[]? files relative to the folder, table? err
function Output:save(stem, pictures, claimed, trace, names)
  local files = {}
  if trace then trace.files = files end
  for i, picture in ipairs(pictures) do
    local name, err
    if names then
      name, err = self:own_name(names, i, picture, trace)
    else
      name, err = self:name_of(stem, picture, i - 1, #pictures, claimed or #pictures,
        trace and trace.position)
    end
    local ok
    if name then ok, err = self:place(picture, name, trace) end
    if not ok then return nil, kept_error(err, pictures, i) end
    files[i] = name
  end
  return files
end

--- Makes this run the folder's only one; nil, err names who has it.
---@return true?, table? err
function Output:lock()
  local name = path.join(self.temporary, "lock")
  local err
  self.held, err = file.lock(name)
  if not self.held then return nil, err end
  self.lock_name = name
  return true
end

--- Removes the folder for files in the making, if it is empty.
function Output:close()
  if self.held then
    file.remove(self.lock_name)
    self.held:close()
  end
  file.remove_dir(self.temporary)
end

return output
