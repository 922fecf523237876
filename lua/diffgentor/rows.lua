-- SPDX-License-Identifier: MIT
--
-- Input rows: CSV or JSON Lines, as a stream of constant memory.  A regular
-- file is surveyed first, so that its faults come before anything is done; a
-- pipe is read as it comes.  A run reads the rows from the ledger instead, which
-- took them up from `source:rest()`.
--
--     local source = assert(rows.open({ input = "data.csv" }))
--     for row in source:each() do
--       print(row.position, row.line, row.instruction)   -- a cell by its column
--       row.note = "seen"                                 -- a further column
--     end

local columns = require("diffgentor.columns")
local csv = require("diffgentor.csv")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local path = require("diffgentor.path")
local row_object = require("diffgentor.row")
local set = require("diffgentor.set")

local rows = {}

local COLUMNS = 4096 -- as many as one file may have

---@class diffgentor.Source
---@field total integer? data rows, known for a regular file
---@field digest string? of its bytes, likewise
---@field columns string[] of the header; of JSON Lines those met so far
---@field ended boolean all of the input was read
local Source = {}
Source.__index = Source

function Source:fault(code, line, fmt, ...)
  return errors.new("input", code, "%s:%d: " .. fmt, self.label, line, ...)
end

local function add_columns(source, names, line)
  for _, name in ipairs(names) do
    if not source.at[name] then
      if #source.columns == COLUMNS then
        return source:fault("too_many_columns", line, "more than %d columns", COLUMNS)
      end
      table.insert(source.columns, name)
      source.at[name] = #source.columns
    end
  end
end

-- Both kinds of reader as one: names, at, cells, line; nil, err or nil at the end.
function Source:read()
  if self.format == "csv" then
    local cells, line = self.reader:next()
    if not cells then return nil, line end
    return self.columns, self.at, cells, line
  end
  local names, cells, line = self.reader:next()
  if not names then return nil, cells end
  local err = add_columns(self, names, line)
  if err then return nil, err end
  return names, columns.places(names), cells, line
end

local function count_fault(source, cells, line)
  local have, want = #cells, #source.columns
  local hint = have < want and "is a comma missing?"
    or "a cell with a comma in it must stand in double quotes"
  local code = have < want and "short_row" or "long_row"
  return source:fault(code, line, "the row has %d cell%s, the header %d: %s", have,
    have == 1 and "" or "s", want, hint)
end

local function index_of(text)
  return text:match("^[+-]?%d+$") and math.tointeger(tonumber(text))
end

-- Sets state.index, or state.fault; an error ends the input.
function Source:take_index(state)
  local text = state.cells[state.at.index]
  if not text then return nil end
  local index = index_of(text)
  if not index then
    state.fault = self:fault("bad_index", state.line, 'index "%s" is not a whole number', text)
    return nil
  end
  state.index = index
  if self.seen and not self.seen:add(index) then
    return self:fault("duplicate_index", state.line, "index %d stands twice", index)
  end
end

--- The next row; nil at the end; nil, err if the input is broken from here on.
---@return diffgentor.Row?, table? err
function Source:next()
  if self.pending then
    local row = self.pending
    self.pending = nil
    return row
  end
  local names, at, cells, line = self:read()
  if not names then
    self.ended = at == nil
    return nil, at
  end
  local state = {
    names = names, at = at, cells = cells, line = line, position = self.position,
    index = self.position, fault = nil, -- named here so that the table has room for it
  }
  if self.format == "csv" and #cells ~= #self.columns then
    state.fault = count_fault(self, cells, line)
  end
  local err = at.index and not state.fault and self:take_index(state)
  if err then return nil, err end
  self.position = self.position + 1
  return row_object.new(state)
end

--- For generic `for`; a broken input raises.
function Source:each()
  return function()
    local row, err = self:next()
    if err then error(err, 0) end
    return row
  end
end

--- nil if the column is there, else an error that names those there are.
---@param name string
---@param hint string? how to name another one
---@return table? err
function Source:missing(name, hint)
  if self.at[name] then return nil end
  local text = columns.missing(name, self.columns, hint)
  return self:fault("missing_column", self.header_line, "%s", text)
end

--- nil if there is an image column, else an error.
---@return table? err
function Source:missing_image()
  if row_object.image_name(self.at) then return nil end
  local text = columns.missing_image(self.columns)
  return self:fault("missing_column", self.header_line, "%s", text)
end

function Source:close()
  if self.reader then self.reader:close() end
  self.reader = nil
end

local CONVERT = {
  parquet = "Parquet is not read; convert it to CSV first, with DuckDB for one: "
    .. "COPY 'FILE.parquet' TO 'FILE.csv' (HEADER)",
  xlsx = "an Excel workbook is not read; save it as \"CSV UTF-8\"",
  xls = "an Excel workbook is not read; save it as \"CSV UTF-8\"",
  ods = "a spreadsheet is not read; save it as CSV (UTF-8)",
  tsv = "tab-separated text is not read; save it as CSV, with commas",
  json = "a JSON document is not read; write one object a line and name the file .jsonl",
  gz = "a compressed file is not read; pipe it in: zcat FILE | diffgentor edit --input -",
  zst = "a compressed file is not read; pipe it in: zstdcat FILE | diffgentor edit --input -",
  zip = "an archive is not read; unpack it first",
}

local function unusable(input)
  if input == "-" then return nil end
  local hint = CONVERT[path.extension(input)]
  if hint then return errors.new("input", "format", "%s: %s", input, hint) end
  local kind = file.kind(input)
  if kind == "directory" then
    return errors.new("input", "directory", "%s is a folder; name the CSV file in it", input)
  end
  if not kind then return errors.new("input", "missing", "%s: no such file", input) end
end

local function header_fault(source, names, line)
  local seen = {}
  for _, name in ipairs(names) do
    if seen[name] and name ~= "" then
      return source:fault("duplicate_column", line, 'the header names "%s" twice', name)
    end
    seen[name] = true
  end
end

local function read_header(source)
  local names, line = source.reader:next()
  if not names then
    return line or source:fault("empty", 1, "the file is empty: there is no header")
  end
  source.header_line = line
  source.columns, source.at = names, columns.places(names)
  return header_fault(source, names, line)
end

-- JSON Lines has no header: its first row tells the columns.
local function read_first(source)
  source.columns, source.at, source.header_line = {}, {}, 1
  local row, err = source:next()
  if row then
    source.header_line = row.line
    source.pending = row
  end
  return err
end

--- A reader of all data rows, for the ledger's import; the source itself must not
--- be read any more.
---@return table reader
function Source:rest()
  if self.format == "jsonl" and self.pending then self.reader:again() end
  return self.reader
end

------------------------------------------------------------------ rows of the ledger

--- The source of a ledger whose input is not read again.
---@param ledger table
---@return diffgentor.Source?, table? err
function rows.of_ledger(ledger)
  local names, err = ledger:columns()
  if not names then return nil, err end
  return setmetatable({
    columns = names, at = columns.places(names), format = ledger:get("format") or "csv",
    label = ledger:get("label") or "the input", folder = ledger:get("folder") or ".",
    position = 0, ended = true,
  }, Source)
end

-- Cells of JSON Lines: those that this row has, by place.
local function named_cells(claimed, names_of)
  local names, cells, places = {}, {}, {}
  for place in pairs(claimed.cells) do
    table.insert(places, place)
  end
  table.sort(places)
  for i, place in ipairs(places) do
    names[i], cells[i] = names_of(place), claimed.cells[place]
  end
  return names, columns.places(names), cells
end

--- A row as the ledger keeps it.
---@param claimed table as of the ledger
---@param names_of fun(place: integer): string the column at a place (JSON Lines)
---@return diffgentor.Row
function Source:row_of(claimed, names_of)
  local state = {
    names = self.columns, at = self.at, cells = claimed.cells, line = claimed.line,
    position = claimed.position, index = claimed.index or claimed.position,
  }
  if self.format == "jsonl" then
    state.names, state.at, state.cells = named_cells(claimed, names_of)
  elseif #claimed.cells ~= #self.columns then
    state.fault = count_fault(self, claimed.cells, claimed.line)
  end
  if not claimed.index and not state.fault then
    state.fault = self:fault("bad_index", claimed.line, 'index "%s" is not a whole number',
      state.cells[state.at.index] or "")
  end
  return row_object.new(state)
end

local function reader_of(format, name)
  local reader, err = (format == "jsonl" and csv.jsonl or csv.open)(name)
  if reader then reader:hash() end -- for the import, which may know it the next time
  return reader, err
end

local function prepare(source)
  local err, survey
  if source.stream then
    source.seen = set.new()
  else
    survey, err = csv.survey(source.path, source.format)
    if err then return err end
    source.total, source.digest = survey.rows, survey.digest
  end
  source.reader, err = reader_of(source.format, source.path)
  if err then return err end
  return source.format == "csv" and read_header(source) or
    source.format == "jsonl" and read_first(source) or nil
end

-- A fault of a copy is one of what was copied.
local function relabelled(err, source)
  local at, text = source.path .. ":", err.message
  if text:sub(1, #at) ~= at then return err end
  return errors.new(err.kind, err.code, "%s:%s", source.label, text:sub(#at + 1))
end

-- A quote as the file's second character is how JSON Lines begin.
local function hinted(err)
  if err.code ~= "quote" or not err.message:find(":1:2: ", 1, true) then return err end
  return errors.new("input", "format", "%s; if these are JSON Lines, save them in a file named "
    .. ".jsonl", err.message)
end

--- Opens the input.  A copy of a pipe has the pipe's `label` and `folder`.
---@param settings { input: string, label: string?, folder: string? }
---@return diffgentor.Source?, table? err
function rows.open(settings)
  local input = settings.input
  local err = not settings.label and unusable(input)
  if err then return nil, err end
  local source = setmetatable({
    path = input,
    label = settings.label or input == "-" and "standard input" or input,
    folder = settings.folder or input == "-" and "." or path.parent(input),
    format = path.extension(input) == "jsonl" and "jsonl" or "csv",
    stream = input == "-" or file.kind(input) ~= "file",
    position = 0,
    ended = false,
  }, Source)
  err = prepare(source)
  if not err then return source end
  source:close()
  return nil, hinted(relabelled(err, source))
end

return rows
