-- SPDX-License-Identifier: MIT
--
-- Input pictures: a cell becomes a list of references, a reference becomes a
-- picture whose kind is known by its bytes.
--
--     local refs = assert(images.split("a.png|https://h/b.jpg", "data"))
--     local list <close> = assert(images.load(refs, { downloads = store }))
--
-- A picture is { path= or bytes=, kind, type, extension, size, width, height,
-- alpha, filename, label }; `label` is how messages name it.

local base64 = require("diffgentor.base64")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local json = require("diffgentor.json")
local path = require("diffgentor.path")
local sys = require("diffgentor.sys")

local images = {}

local LABEL_BYTES = 200
local DATA_LABEL_BYTES = 40
local FILENAME_BYTES = 100

---@class diffgentor.ImageRef
---@field kind "path"|"url"|"data"
---@field text string as written
---@field path string? where a local one is
---@field label string for messages

local function trim(text) return text:match("^%s*(.*%S)") or "" end

local function scheme(text) return (text:match("^(%a[%w+.-]*)://") or ""):lower() end

local function is_data(text) return text:sub(1, 5):lower() == "data:" end

local function label_of(text)
  if is_data(text) and #text > DATA_LABEL_BYTES then
    return sys.visible(text:sub(1, DATA_LABEL_BYTES)) .. "..."
  end
  text = text:gsub("^(%a[%w+.-]*://)[^/]*@", "%1") -- nobody's password in a message
  if #text > LABEL_BYTES then text = text:sub(1, LABEL_BYTES) .. "..." end
  return sys.visible(text)
end

local function new_ref(text, folder)
  local ref = { text = text, label = label_of(text) }
  if is_data(text) then
    ref.kind = "data"
  elseif scheme(text) ~= "" then
    ref.kind = "url"
  else
    ref.kind, ref.path = "path", path.join(folder, text)
  end
  return ref
end

--- A reference to one picture.
---@param text string path or URL
---@param folder string where relative paths start
---@return diffgentor.ImageRef
images.ref = new_ref

------------------------------------------------------------------ splitting

local function exists(text, folder)
  return text ~= "" and file.kind(path.join(folder, text)) == "file"
end

local function bad_list(fmt, ...) return errors.new("input", "bad_image_list", fmt, ...) end

-- '["a.png", "b.png"]'; nil without an error if it is no JSON at all.
local function json_list(cell)
  local list = json.decode(cell)
  if type(list) ~= "table" then return nil end
  for i = 1, #list do
    if type(list[i]) ~= "string" or trim(list[i]) == "" then
      return nil, bad_list("image %d of the JSON list is not a path or URL", i)
    end
    list[i] = trim(list[i])
  end
  return list
end

local function pieces(cell, separator)
  local list = {}
  for piece in (cell .. separator):gmatch("(.-)%" .. separator) do
    table.insert(list, piece)
  end
  return list
end

local function starts_image(text, folder)
  return is_data(text) or scheme(text) ~= "" or exists(text, folder)
end

-- Does the comma between `before` and `after` separate two pictures?
local function comma_separates(before, after, folder)
  if is_data(before) and not before:find(",", 1, true) then return false end
  return starts_image(after, folder) or not is_data(before) and scheme(before) == ""
end

-- Only a data: URL of plain text can have a bar of its own.
local function bar_separates(before, after, folder)
  local plain = is_data(before) and not before:lower():find("^data:[^,]*;%s*base64%s*,")
  return not plain or starts_image(after, folder)
end

local function split_at(cell, separator, separates, folder)
  local list = {}
  for _, piece in ipairs(pieces(cell, separator)) do
    local last = list[#list]
    if last and not separates(trim(last), trim(piece), folder) then
      list[#list] = last .. separator .. piece
    else
      table.insert(list, piece)
    end
  end
  return list
end

local function texts_of(cell, folder)
  if cell:sub(1, 1) == "[" then
    local list, err = json_list(cell)
    if list or err then return list, err end
    if cell:sub(-1) == "]" then return nil, bad_list("%s: is no JSON list", label_of(cell)) end
  end
  local bars = cell:find("|", 1, true) and split_at(cell, "|", bar_separates, folder)
  if bars and #bars > 1 then return bars end
  return split_at(cell, ",", comma_separates, folder)
end

--- The references in a cell.
---@param cell string
---@param folder string where relative paths start
---@return diffgentor.ImageRef[]?, table? err
function images.split(cell, folder)
  if exists(cell, folder) then return { new_ref(cell, folder) } end
  local list, err = texts_of(trim(cell), folder)
  if not list then return nil, err end
  local refs = {}
  for _, text in ipairs(list) do
    text = trim(text)
    if text ~= "" then table.insert(refs, new_ref(text, folder)) end
  end
  if #refs == 0 then return nil, errors.new("input", "no_image", "the image cell is empty") end
  return refs
end

------------------------------------------------------------------ loading

local EXTENSIONS = { png = true, jpg = true, jpeg = true, webp = true, gif = true, svg = true }

-- "photo.png" for what is named photo.jpg and is a PNG; plain names only.
local function filename_of(name, extension)
  local own = path.extension(name)
  local stem = EXTENSIONS[own] and name:sub(1, -#own - 2) or name
  if stem == "" or #stem > FILENAME_BYTES or not sys.utf8_ok(stem) or stem:find("%c") then
    stem = "image"
  end
  local same = own == extension or (own == "jpeg" and extension == "jpg")
  return stem .. "." .. (same and own or extension)
end

local function not_one(head)
  if head == "" then return "is empty" end
  local text = sys.visible(head:sub(1, 16))
  return ('is no picture (PNG, JPEG, WebP, GIF or SVG): it starts with "%s"'):format(text)
end

--- Why a file is no picture, in words: "is empty", "is no picture (...): ...".
---@param name string its path
---@return string
function images.not_one(name)
  local handle = io.open(name, "rb")
  local head = handle and handle:read(16) or ""
  if handle then handle:close() end
  return not_one(head)
end

local function dressed(info, ref, name)
  info.label = ref.label
  info.filename = filename_of(name, info.extension)
  return info
end

local function too_large(ref, size, context)
  local most = context.max_bytes
  if not most or size <= most then return nil end
  return errors.new("image", "too_large", "%s: has %d bytes, more than the %d allowed "
    .. "(--max_image_bytes)", ref.label, size, most)
end

-- `err`, or in plainer words that there is no file.
local function unreadable(ref, err)
  local kind = file.kind(ref.path)
  if kind == "file" then return err end
  local why = not kind and "no such file; relative paths start at the input file's folder"
    or kind == "directory" and "is a folder" or "is not a regular file"
  return errors.new("image", "unreadable", "%s: %s", ref.path, why)
end

local function load_path(ref, context)
  local info, err = image.file(ref.path)
  if not info then return nil, unreadable(ref, err) end
  if info.kind == "unknown" then
    return nil, errors.new("image", "not_an_image", "%s: %s", ref.path, images.not_one(ref.path))
  end
  err = too_large(ref, info.size, context)
  if err then return nil, err end
  info.path = ref.path
  return dressed(info, ref, path.name(ref.path))
end

local function percent_decoded(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The bytes of "data:[TYPE][;base64],DATA".
local function data_bytes(text)
  local head, body = text:match("^[^:]*:([^,]*),(.*)$")
  if not head then return nil, errors.new("image", "bad_data_url", "there is no comma in it") end
  body = percent_decoded(body)
  if not head:lower():find(";%s*base64%s*$") then return body end
  return base64.decode(body)
end

local function load_data(ref, context)
  local bytes, err = data_bytes(ref.text)
  if not bytes then
    return nil, errors.new("image", "bad_data_url", "%s: %s", ref.label, err.message)
  end
  err = too_large(ref, #bytes, context)
  if err then return nil, err end
  local info = image.sniff(bytes)
  if info.kind == "unknown" then
    return nil, errors.new("image", "not_an_image", "%s: %s", ref.label, not_one(bytes))
  end
  info.bytes, info.size = bytes, #bytes
  return dressed(info, ref, "image")
end

-- The last part of the URL's path, without what follows "?" or "#".
local function url_name(url)
  local way = url:match("^%a[%w+.-]*://[^/?#]*([^?#]*)") or ""
  return (path.name(percent_decoded(way)):gsub("[/\\]", "_"))
end

local function load_url(ref, context)
  local name = scheme(ref.text)
  if name ~= "http" and name ~= "https" then
    return nil, errors.new("image", "bad_scheme", "%s: %s:// is not read; images are paths, "
      .. "http(s):// and data: URLs", ref.label, name)
  end
  local info, err = context.downloads:get(ref.text, ref.label)
  if not info then return nil, err end
  return dressed(info, ref, url_name(ref.text))
end

local LOADERS = { path = load_path, data = load_data, url = load_url }

local List = {}
List.__index = List

--- Gives back what was downloaded for this row alone.
function List:release()
  for _, picture in ipairs(self) do
    if picture.release then picture.release() end
    picture.release = nil
  end
end

List.__close = List.release

-- Gives a list back that did not become whole, whatever ended the loading.
local Guard = {
  __close = function(guard)
    if guard.list then guard.list:release() end
  end,
}

--- Loads every reference, in order.  The list is to be closed (or released)
--- when the request has been sent.
---@param refs diffgentor.ImageRef[]
---@param context { downloads: table, max_bytes: integer? }
---@return table[]?, table? err
function images.load(refs, context)
  local list = setmetatable({}, List)
  local guard <close> = setmetatable({ list = list }, Guard)
  for i, ref in ipairs(refs) do
    local picture, err = LOADERS[ref.kind](ref, context)
    if not picture then
      if #refs > 1 then
        err = errors.new(err.kind, err.code, "image %d of %d: %s", i, #refs, err.message)
      end
      return nil, err
    end
    list[i] = picture
  end
  guard.list = nil
  return list
end

return images
