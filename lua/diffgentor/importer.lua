-- SPDX-License-Identifier: MIT
--
-- The importer: takes the input up into the ledger ahead of the work, judges
-- what earlier runs have left, and writes the results at the end.  Mostly a
-- process of its own beside the run (serve); a program without one steps it
-- between its rows (import_link.lua).
--
--     local im = importer.new(prepared, say)
--     local run = assert(im:open())          the number of this run
--     im:step()                              "more", "wait" (a pipe has nothing now), "end"
--     local counts = assert(im:finish())     results.csv is written

local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local native = require("diffgentor.native.ledger")
local opening = require("diffgentor.opening")
local path = require("diffgentor.path")
local peer = require("diffgentor.peer")
local results = require("diffgentor.results")
local resume = require("diffgentor.resume")
local rows = require("diffgentor.rows")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local importer = {}

local CHECKPOINT_SECONDS = 1
local COPIES = { ["input.csv"] = true, ["input.jsonl"] = true } -- of piped inputs, see opening.lua

---@class diffgentor.Importer
---@field ledger table
---@field import table
---@field ended boolean all of the input is in the ledger
---@field known boolean? it was so before
---@field version integer? of the ledger when it was opened
---@field before table<string, integer>? counts of the ledger when it was opened
---@field say fun(level: string, text: string)
local Importer = {}
Importer.__index = Importer

--- `say` gets what people are to be told: its level, "info" or "warn", and the text.
---@param prepared diffgentor.Prepared
---@param say fun(level: string, text: string)
---@return diffgentor.Importer
function importer.new(prepared, say)
  return setmetatable({
    settings = prepared.settings, workflow = prepared.workflow, shared = prepared.shared,
    say = say, ended = false,
  }, Importer)
end

------------------------------------------------------------------ what was left

-- Files in the making that a killed run has left, but for those it was paid for.
function Importer:sweep()
  local needed, err = self.ledger:spooled()
  if not needed then return nil, err end
  local folder = self.workflow.output.temporary
  for _, name in ipairs(file.list(folder) or {}) do
    local whole = path.join(folder, name)
    local stray = name:find("%.part$") or COPIES[name] and whole ~= self.workflow.copy
    if stray and not needed[name] then file.remove(whole) end
  end
  return true
end

-- What the rows that the ledger holds are those of, and what is a change of them: a file
-- with these bytes, taken up by a run.
function Importer:mark_of(run, digest)
  local keys = opening.keys(self.workflow, self.settings)
  return json.encode({ run = run, digest = digest, format = self.workflow.source.format,
    keys = keys and json.array(keys) })
end

-- Whether the run before has taken up this very input, every row: it need not be read again.
function Importer:is_known()
  local digest = self.workflow.source.digest
  local mark = digest and self:mark_of(self.ledger:last_run(), digest)
  return mark ~= nil and self.ledger:get("taken_up") == mark
end

-- An import as of today's settings; `reader` is read to its end by it, if at all.
function Importer:new_import(reader)
  local settings, source = self.settings, self.workflow.source
  return self.ledger:import({
    reader = reader, shared = self.shared, label = source.label, folder = settings.output_dir,
    columns = source.format == "csv" and source.columns or nil,
    keys = opening.keys(self.workflow, settings), ranges = settings.ranges,
    retry_failed = settings.retry_failed, redo = not settings.resume, unseen = source.stream,
    known = self.known,
  })
end

-- Lays the whole input beside the finished rows, before anything is sent.
function Importer:compare()
  local source = self.workflow.source
  local again, err = rows.open({ input = source.path, label = source.label,
    folder = source.folder })
  if not again then return nil, err end
  local import <close>, fault = self:new_import(again:rest())
  if not import then return nil, fault end
  local found
  found, err = import:compare()
  again:close()
  if not found then return nil, err end
  local before = self.ledger:get("input")
  local note
  note, err = resume.check(found, self.settings, before, self.identity)
  if note and note ~= "" then self.say("warn", note) end
  return note and true, err
end

function Importer:judge()
  local done, kept = self.before.done, self.before.answered
  local ok, err = resume.check_afresh(done, self.settings)
  if not ok or done + kept == 0 then return ok, err end
  if self.settings.resume and not self.workflow.source.stream and not self.known then
    ok, err = self:compare()
    if not ok then return nil, err end
  end
  local other = resume.differences(self.ledger:settings(), self.settings)
  if other and self.settings.resume then
    local rehearsed = other:find("backend ", 1, true) -- those pictures are not the real ones
    self.say(rehearsed and "warn" or "info", ("other settings than in the earlier run: %s; "
      .. "finished rows are not sent again (--no_resume --overwrite does that)"):format(other))
  end
  return true
end

-- A longer input than the last one counts as such from its beginning; a shorter one
-- when it has been read.
local function longer_total(ledger, source)
  local known = tonumber(ledger:get("total"))
  return known and source.total and source.total > known and tostring(source.total) or nil
end

function Importer:note_input()
  local settings = self.settings
  local source = self.workflow.source
  local texts = {
    { "input", self.identity }, { "label", source.label }, { "folder", source.folder },
    { "format", source.format }, { "output_csv", results.kept_name(settings) },
    { "total", longer_total(self.ledger, source) },
  }
  for _, pair in ipairs(texts) do
    local ok, err = true, nil
    local other = pair[2] and self.ledger:get(pair[1]) ~= pair[2]
    if other then ok, err = self.ledger:set(pair[1], pair[2]) end
    if not ok then return nil, err end
  end
  return self.ledger:run(resume.settings_text(settings))
end

function Importer:connect()
  local settings = self.settings
  local err
  self.ledger, err = native.open({
    folder = settings.output_dir, shared = self.shared, durable = settings.durable, lazy = true,
  })
  if not self.ledger then return nil, err end
  local lost
  lost, err = self.ledger:release()
  if lost and lost > 0 then
    self.say("warn", ("%s of a run that was cut off may have been billed without an answer; "
      .. "those rows are pending again (column possibly_billed)"):format(
      value.counted(lost, "request")))
  end
  if lost then
    self.version = self.ledger:version()
    self.before, err = self.ledger:counts()
  end
  return self.before ~= nil, err
end

--- Opens the ledger without an input to take up.
---@return integer? run, table? err
function Importer:open_as_it_is()
  self.ended = true
  local ok, err = self:connect()
  if not ok then return nil, err end
  return self.ledger:run(self.settings.settings_text)
end

--- Opens the ledger and judges what is in it.
---@return integer? run, table? err of kind config: nothing must be sent
function Importer:open()
  local settings, source = self.settings, self.workflow.source
  local err, ok
  self.identity = source.label == "standard input" and "-" or file.absolute(settings.input)
  ok, err = self:connect()
  if ok then ok, err = self:sweep() end
  if ok then
    self.known = self:is_known()
    ok, err = self:judge()
  end
  if ok and not self.settings.resume then self.ledger:drop_steps() end
  if ok then self.run, err = self:note_input() end
  if not self.run then return nil, err end
  local reader = source:rest()
  if source.stream then reader:impatient() end
  self.import, err = self:new_import(reader)
  return self.import and self.run, err
end

------------------------------------------------------------------ all along

-- They are paid for again: the ledger is right, the folder is not.
function Importer:tell_lost()
  local lost = self:sums().lost
  if lost == 0 then return end
  self.say("warn", ("the pictures of %s are missing or shorter than they were; those rows are sent "
    .. "again"):format(value.counted(lost, "finished row")))
end

-- Failing that, the next run reads it again.
function Importer:note_known()
  local source = self.workflow.source
  local digest = source.reader:digest() or self.known and source.digest
  if digest and self:sums().apart == 0 then
    self.ledger:set("taken_up", self:mark_of(self.run, digest))
  end
end

--- Takes up some rows; nil, err if the input or the ledger is broken.
---@return "more"|"wait"|"end"|nil, table? err
function Importer:step()
  local got, err = self.import:step()
  if got == "end" then
    self.ended = true
    self:note_known()
    self:tell_lost()
  end
  return got, err
end

--- What the import has found so far, by kind.
---@return table<string, integer>
function Importer:sums() return self.import:sums() end

-- The counts at the end, which are those of the beginning if nobody has written since.
function Importer:counts()
  local still = self.known and self.ended and self:sums().written == 0 and not self.died
    and self.version ~= nil and self.version == self.ledger:version()
  if still then return self.before end
  return self.ledger:counts()
end

-- In the output folder nothing half made is seen, whatever happens meanwhile.
local function write_results(self)
  local settings = self.settings
  local folder, name = path.parent(settings.output_csv), path.name(settings.output_csv)
  local own = file.same(folder, settings.output_dir)
  local making = own and self.workflow.output.temporary or folder
  local ok, err = self.ledger:results("csv", folder, name, making)
  if ok then return self:counts() end
  return nil, err
end

--- Takes up what is left of a file, and writes the results.
---@return table<string, integer>? counts rows by state, table? err
function Importer:finish()
  while not self.ended and not self.broken and not self.workflow.source.stream do
    local got = self:step()
    self.broken = got == nil
  end
  self:note_pool()
  if self.died then self:sweep() end -- of the files that it was making
  return write_results(self)
end

function Importer:close()
  if self.import then self.import:close() end
  if self.ledger then self.ledger:close() end
end

------------------------------------------------------------------ as a process

local function tell(line, message) return line:send(json.encode(message)) end

local function error_message(err)
  return { kind = err.kind, code = err.code, message = err.message }
end

-- What the run asks for; false: it is gone.
local function answer(self, line, text)
  local message = text and json.decode(text)
  if not message then return false end
  if message.finish then
    local counts, err = self:finish()
    local sums = self.ended and self:sums() or nil
    tell(line, counts and { counts = counts, sums = sums } or { unwritten = error_message(err) })
  elseif message.count then
    tell(line, { counted = self.ledger:counts() or false })
  elseif message.over then
    self:note_pool()
    self.ledger:run_over(message.over.number, message.over.code)
    tell(line, { noted = true })
  elseif message.release then
    local lost, kept = self:release(message.release, message.fail)
    tell(line, { released = lost or false, kept = kept })
  end
  return true
end

-- What a worker that has died was at; the row that it died of fails first, so that
-- nobody takes it up again.  An answer that its hook hung at is kept for a better one.
function Importer:release(owner, row)
  local kept
  if row then
    local found = self.ledger:find(row.position)
    kept = row.keeps and found ~= nil and found.state == "answered"
    self.ledger:ended({ position = row.position, state = kept and "answered" or "failed",
      error_kind = "script", error_code = row.code, error = row.message })
    self.ledger:commit()
  end
  self.died = true
  return self.ledger:release(owner), kept
end

-- How the endpoints stand, for those that look at the run (`diffgentor status`).
function Importer:note_pool()
  local pool = self.workflow.pool
  local text = pool and json.encode(pool:stats())
  if not text or text == self.pool_text then return end
  self.pool_text = text
  self.ledger:set("pool", text)
end

-- Waits for the run's word; what a pipe has is taken up meanwhile.
local function attend(self, line, seconds, input)
  local text, why = line:receive(seconds, false, input)
  if text then return answer(self, line, text) end
  return why ~= "ended"
end

-- The run is woken by rows that it may claim now; of those that are done it need not hear.
local function import_all(self, line)
  local source = self.workflow.source
  local told = 0
  while not self.ended do
    local got, err = self:step()
    local sums = self:sums()
    if not got then
      self.broken = true
      tell(line, { fault = error_message(err), sums = sums })
      sys.wake()
      return true
    end
    local claimable = sums.pending + sums.kept
    if claimable > told then sys.wake() end
    told = claimable
    local input = got == "wait" and source.reader:fd() or -1
    local seconds = got == "wait" and CHECKPOINT_SECONDS or 0
    if not attend(self, line, seconds, input) then return false end
  end
  tell(line, { sums = self:sums() })
  sys.wake()
  return true
end

local function be(self, line)
  local run, err = self:open()
  if not run then return tell(line, { refused = error_message(err) }) end
  tell(line, { go = run, before = self.before })
  local alive = import_all(self, line)
  while alive do
    self.ledger:checkpoint()
    self:note_pool()
    alive = attend(self, line, CHECKPOINT_SECONDS, -1)
  end
end

--- Is the importer of a run until that closes the line.
---@param prepared diffgentor.Prepared
---@param descriptor integer
---@return integer exit code
function importer.serve(prepared, descriptor)
  local line = peer.on(descriptor)
  local self = importer.new(prepared, function(level, text)
    tell(line, { say = level, text = text })
  end)
  local ok, err = xpcall(be, debug.traceback, self, line)
  if not ok then
    local broken = errors.new("script", "importer", "the importer failed: %s", err)
    tell(line, { fault = error_message(broken) })
    sys.wake()
  end
  self:close()
  return ok and 0 or 1
end

return importer
