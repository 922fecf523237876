-- SPDX-License-Identifier: MIT
--
-- Paths as text: nothing here asks the file system.

local path = {}

--- The folder part: "a/b.png" -> "a", "b.png" -> ".", "/b.png" -> "/".
---@param text string
---@return string
function path.parent(text)
  local folder = text:match("^(.*)/[^/]*$")
  if not folder then return "." end
  return folder == "" and "/" or folder
end

--- The last part: "a/b.png" -> "b.png".
---@param text string
---@return string
function path.name(text) return (text:match("[^/]*$")) end

--- `text` as seen from `folder`; an absolute path stays as it is.
---@param folder string
---@param text string
---@return string
function path.join(folder, text)
  if text:sub(1, 1) == "/" or folder == "." then return text end
  return folder:sub(-1) == "/" and folder .. text or folder .. "/" .. text
end

--- The extension in small letters without its dot, "" if there is none.
---@param text string
---@return string
function path.extension(text) return (path.name(text):match("%.([^.]+)$") or ""):lower() end

--- One spelling for paths that differ only in "./" and doubled slashes.
---@param text string
---@return string
function path.plain(text)
  text = text:gsub("//+", "/")
  local before
  repeat
    before = text
    text = text:gsub("^%./(.)", "%1"):gsub("/%./", "/")
  until text == before
  return text
end

return path
