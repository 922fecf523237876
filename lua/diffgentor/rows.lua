-- SPDX-License-Identifier: MIT
--
-- Input rows: CSV or JSON Lines, as a stream of constant memory.  A regular
-- file is surveyed first, so that its faults come before anything is done; a
-- pipe is read as it comes, and kept in `spool` if it must be read again.
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

--- From now on a pipe that has nothing is asked again by and by, while `pause`
--- lets others run; `pause` gives false to end the reading.
---@param pause fun(): boolean
function Source:while_waiting(pause)
  self.pause = pause
  self.reader:impatient()
end

-- The reader's next row, with all that next() gives.
function Source:next_of_reader()
  local first, second, third = self.reader:next()
  while first == false do
    if not self.pause() then
      return nil, errors.new("stopped", "stopped", "stopped while reading %s", self.label)
    end
    first, second, third = self.reader:next()
  end
  return first, second, third
end

-- Both kinds of reader as one: names, at, cells, line; nil, err or nil at the end.
function Source:read()
  if self.format == "csv" then
    local cells, line = self:next_of_reader()
    if not cells then return nil, line end
    return self.columns, self.at, cells, line
  end
  local names, cells, line = self:next_of_reader()
  if not names then return nil, cells end
  local err = add_columns(self, names, line)
  if err then return nil, err end
  return names, columns.places(names), cells, line
end

local function count_fault(source, cells, line)
  local have, want = #cells, #source.columns
  if have == want then return nil end
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
  state.index = state.position
  local at = state.at.index
  local text = at and state.cells[at]
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

function Source:keep_for_later(cells)
  if not self.spool then return nil end
  local ok, message = self.spool.file:write(csv.encode(cells))
  if ok then return nil end
  return errors.new("file", "spool", "%s: %s", self.spool.path, message)
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
  local state = { names = names, at = at, cells = cells, line = line, position = self.position }
  if self.format == "csv" then state.fault = count_fault(self, cells, line) end
  local err = self:keep_for_later(cells)
  if not err and not state.fault then err = self:take_index(state) end
  if err then return nil, err end
  state.index = state.index or state.position
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
  if self.spool and self.spool.file then
    self.spool.file:close()
    self.spool.file = nil
  end
end

--- Removes what was kept of a pipe.
function Source:discard()
  self:close()
  if self.spool then file.remove(self.spool.path) end
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

local function new_spool(folder)
  local name, err = file.temp(folder, "input")
  if not name then return nil, err end
  local handle, message = io.open(name, "wb")
  if not handle then return nil, errors.new("file", "spool", "%s", message) end
  return { path = name, file = handle }
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
  return header_fault(source, names, line) or source:keep_for_later(names)
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

local function reader_of(format, name)
  if format == "jsonl" then return csv.jsonl(name) end
  return csv.open(name)
end

local function prepare(source, spool)
  local err, survey
  if source.stream then
    source.seen = set.new()
    if spool then
      source.spool, err = new_spool(spool)
      if err then return err end
    end
  else
    survey, err = csv.survey(source.path, source.format)
    if err then return err end
    source.total = survey.rows
  end
  source.reader, err = reader_of(source.format, source.path)
  if err then return err end
  return source.format == "csv" and read_header(source) or
    source.format == "jsonl" and read_first(source) or nil
end

-- A quote as the file's second character is how JSON Lines begin.
local function hinted(err)
  if err.code ~= "quote" or not err.message:find(":1:2: ", 1, true) then return err end
  return errors.new("input", "format", "%s; if these are JSON Lines, save them in a file named "
    .. ".jsonl", err.message)
end

--- Opens the input.  A pipe ("-", a FIFO) is copied to a file in `spool` as it
--- is read, if that is given; then source:again() can read it once more.
---@param settings { input: string }
---@param spool string? folder
---@return diffgentor.Source?, table? err
function rows.open(settings, spool)
  local input = settings.input
  local err = unusable(input)
  if err then return nil, err end
  local source = setmetatable({
    path = input,
    label = input == "-" and "standard input" or input,
    folder = input == "-" and "." or path.parent(input),
    format = path.extension(input) == "jsonl" and "jsonl" or "csv",
    stream = input == "-" or file.kind(input) ~= "file",
    position = 0,
    ended = false,
  }, Source)
  err = prepare(source, spool)
  if not err then return source end
  source:discard()
  return nil, hinted(err)
end

--- A second pass over what was read: a function that gives names, cells of the
--- next row, nil at the end, or nil, err.  `source` is closed by it.
---@return (fun(): string[]?, any)?, table? err
function Source:again()
  self:close()
  local reader, err = reader_of(self.format, self.spool and self.spool.path or self.path)
  if not reader then return nil, err end
  if self.format == "jsonl" then
    return function()
      local names, cells = reader:next()
      return names, cells
    end
  end
  local names, fault = reader:next()
  if not names then return nil, fault or errors.new("input", "empty", "%s: empty", self.label) end
  return function()
    local cells, failure = reader:next()
    if cells then return names, cells end
    return nil, failure
  end
end

return rows
