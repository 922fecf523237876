-- SPDX-License-Identifier: MIT
--
-- --dry_run: says row by row on standard output what a run would send, and
-- neither sends nor downloads nor writes anything.
--
-- Codes: 0 every row could be sent, 1 some would fail before; nil, err: a run
-- could not begin.

local earlier = require("diffgentor.earlier")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local images = require("diffgentor.images")
local opening = require("diffgentor.opening")
local output = require("diffgentor.output")
local path = require("diffgentor.path")
local previous = require("diffgentor.previous")
local records = require("diffgentor.records")
local resume = require("diffgentor.resume")
local sys = require("diffgentor.sys")

local EXIT_FAILED, EXIT_SIGNAL = 1, 128
local HIDDEN = ".diffgentor" -- where a run keeps what is in the making

-- Stands for a picture that would be loaded first.
local function unloaded(_, url)
  local extension = path.extension((url:gsub("[?#].*", "")))
  return { extension = extension ~= "" and extension or "png" }
end

local function shown(text) return sys.visible(sys.mask(tostring(text))) end

local function picture_line(name, picture)
  if not picture.kind then
    return ("  %s = %s (to be loaded)"):format(name, shown(picture.label))
  end
  local size = ""
  if picture.width > 0 then size = (", %dx%d"):format(picture.width, picture.height) end
  return ("  %s = %s (%s%s, %d bytes)"):format(name, shown(picture.filename), picture.kind, size,
    picture.size)
end

-- Endpoints may name the field differently.
local function field_names(self, count)
  local names, seen = {}, {}
  for _, endpoint in ipairs(self.settings.endpoints) do
    local name = self.workflow.backend.image_field(endpoint.field or "auto", count)
    if not seen[name] then table.insert(names, name) end
    seen[name] = true
  end
  return table.concat(names, " or ")
end

local function url_of(workflow, endpoints)
  local base = endpoints[1].base:gsub("^(%a+://)[^/]*@", "%1")
  local more = #endpoints > 1 and (" (one of %d endpoints)"):format(#endpoints) or ""
  return base .. workflow.backend.path .. more
end

local function request_lines(self, row, request, stem)
  local lines = { ("%s: POST %s"):format(row, shown(self.url)) }
  for _, pair in ipairs(self.workflow.backend.fields(request)) do
    table.insert(lines, ("  %s = %s"):format(shown(pair[1]), shown(pair[2])))
  end
  local name = field_names(self, #request.images)
  for _, picture in ipairs(request.images) do
    table.insert(lines, picture_line(name, picture))
  end
  if request.mask then table.insert(lines, picture_line("mask", request.mask)) end
  table.insert(lines, ("  -> %s"):format(shown(path.join(self.settings.output_dir, stem))))
  return table.concat(lines, "\n")
end

local function loaded(workflow, refs)
  local list, err = images.load(refs, workflow.loading)
  if not list then error(err, 0) end
  return list
end

-- What workflow:row does, up to the sending.
local function plan(self, row)
  local workflow = self.workflow
  if row.fault then error(row.fault, 0) end
  if not workflow:keep(row) then return "skipped", ("%s: skipped by the script"):format(row) end
  local stem, refs, mask_refs = workflow:planned(row)
  local pictures = loaded(workflow, refs)
  local masks = loaded(workflow, mask_refs)
  local request = workflow:built(row, pictures, masks[1])
  return "sent", request_lines(self, row, request, stem)
end

local function verdict(self, row, before, made)
  local decision = resume.decide(self.workflow, self.settings, row, before)
  if decision == "skip" then return "skipped" end -- a filter mostly leaves out nearly all
  if decision == "reuse" then
    return "reused", ("%s: done already, in %s"):format(row, shown(before.cells[1]))
  end
  self.workflow.traces[row] = { before = before, made = made, redo = not self.settings.resume }
  local ok, status, text = xpcall(plan, failure.of, self, row)
  if ok then return status, text end
  return "failed", ("%s: would fail: %s"):format(row, shown(failure.text(status, {})))
end

local function summary(counts)
  return ("rows: %d would be sent, %d would fail, %d skipped, %d done already\n"):format(
    counts.sent, counts.failed, counts.skipped, counts.reused)
end

local function each_row(self)
  local counts = { sent = 0, failed = 0, skipped = 0, reused = 0 }
  while sys.stop_count() == 0 do
    local row, err = self.workflow.source:next()
    if err then return nil, err end
    if not row then break end
    local status, text = verdict(self, row, self.past:before(row))
    counts[status] = counts[status] + 1
    local ok = true
    if text then ok, err = sys.write(text .. "\n") end
    if not ok then return nil, err end
  end
  return counts
end

-- What earlier runs say, to be asked once; nil, err if it cannot be read.
local function past_of(self, settings)
  local past, err = previous.open(settings.output_csv)
  if err then return nil, err end
  self.past = earlier.new(past, self.store, settings.output_dir)
  return self.past
end

-- Whether a run would begin, as far as earlier runs decide it.
local function check_earlier(self, settings)
  local past, err = past_of(self, settings)
  if not past then return nil, err end
  if self.workflow.source.stream or not (past.previous or self.store) then return true end
  local reader
  reader, err = earlier.reader(self.workflow.source)
  if not reader then return nil, err end
  local found
  found, err = past:compare(reader)
  reader.close()
  past:close()
  if not found then return nil, err end
  return resume.check(found, settings)
end

local function open_earlier(self, settings)
  local hidden = path.join(settings.output_dir, HIDDEN)
  local journal = earlier.journal(hidden, settings.output_csv)
  local err
  if file.kind(journal) then
    self.store, err = records.look(journal)
    if err then return nil, err end
  end
  local ok
  ok, err = check_earlier(self, settings)
  if not ok then return nil, err end
  if not self.workflow.source.stream then self.past, err = past_of(self, settings) end
  return self.past and true, err
end

local function open(self, settings)
  local workflow = self.workflow
  workflow.output = output.names_of(settings.output_dir)
  workflow.traces = setmetatable({}, { __mode = "k" })
  workflow.loading = { downloads = { get = unloaded }, max_bytes = settings.max_image_bytes }
  local ok, err = opening.input(workflow, settings)
  if ok then ok, err = open_earlier(self, settings) end
  if not ok then return nil, err end
  return opening.setup(workflow, settings)
end

local function run(self, settings)
  local ok, err = open(self, settings)
  if not ok then return nil, err end
  local counts
  counts, err = each_row(self)
  if not counts then return nil, err end
  ok, err = sys.write(summary(counts))
  if not ok then return nil, err end
  if sys.stop_count() > 0 then return EXIT_SIGNAL + (sys.stop_signal() or 2) end
  return counts.failed > 0 and EXIT_FAILED or 0
end

---@param workflow diffgentor.Edit
---@param settings table
---@return integer? exit code, table? err
return function(workflow, settings)
  local self = {
    workflow = workflow:extend(), settings = settings,
    url = url_of(workflow, settings.endpoints),
  }
  local code, err = run(self, settings)
  if self.past then self.past:close() end
  if self.store then self.store:close() end
  if self.workflow.source then self.workflow.source:discard() end
  return code, err
end
