-- SPDX-License-Identifier: MIT
--
-- --dry_run: says row by row on standard output what a run would send, and
-- neither sends nor downloads nor writes anything.
--
-- Codes: 0 every row could be sent, 1 some would fail before; nil, err: a run
-- could not begin.

local edit = require("diffgentor.edit")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local images = require("diffgentor.images")
local openai = require("diffgentor.backends.openai")
local opening = require("diffgentor.opening")
local output = require("diffgentor.output")
local path = require("diffgentor.path")
local previous = require("diffgentor.previous")
local sys = require("diffgentor.sys")

local EXIT_FAILED, EXIT_SIGNAL = 1, 128

-- Stands for a picture that would be loaded first.
local function unloaded(_, url)
  local extension = path.extension((url:gsub("[?#].*", "")))
  return { extension = extension ~= "" and extension or "png" }
end

local function shown(text) return sys.visible(sys.mask(tostring(text))) end

local function picture_line(name, picture)
  if not picture.kind then return ("  %s = %s (to be loaded)"):format(name, picture.label) end
  local size = ""
  if picture.width > 0 then size = (", %dx%d"):format(picture.width, picture.height) end
  return ("  %s = %s (%s%s, %d bytes)"):format(name, shown(picture.filename), picture.kind, size,
    picture.size)
end

-- Endpoints may name the field differently.
local function field_names(endpoints, count)
  local names, seen = {}, {}
  for _, endpoint in ipairs(endpoints) do
    local name = openai.image_field(endpoint.field or "auto", count)
    if not seen[name] then table.insert(names, name) end
    seen[name] = true
  end
  return table.concat(names, " or ")
end

local function url_of(endpoints)
  local base = endpoints[1].base:gsub("^(%a+://)[^/]*@", "%1")
  local more = #endpoints > 1 and (" (or one of %d other endpoints)"):format(#endpoints - 1) or ""
  return base .. openai.path .. more
end

local function request_lines(self, row, request, stem)
  local lines = { ("%s: POST %s"):format(row, shown(self.url)) }
  for _, pair in ipairs(openai.fields(request)) do
    table.insert(lines, ("  %s = %s"):format(shown(pair[1]), shown(pair[2])))
  end
  local name = field_names(self.settings.endpoints, #request.images)
  for _, picture in ipairs(request.images) do
    table.insert(lines, picture_line(name, picture))
  end
  if request.mask then table.insert(lines, picture_line("mask", request.mask)) end
  table.insert(lines, ("  -> %s"):format(shown(path.join(self.settings.output_dir, stem))))
  return table.concat(lines, "\n")
end

-- What workflow:row does, up to the sending.
local function plan(self, row)
  local workflow = self.workflow
  if row.fault then error(row.fault, 0) end
  if not workflow:keep(row) then return "skipped", ("%s: skipped by the script"):format(row) end
  local stem, err = workflow:claim(row)
  if not stem then error(err, 0) end
  local refs, mask_refs = workflow:refs(row), workflow:mask_refs(row)
  local pictures, masks
  pictures, err = images.load(refs, workflow.loading)
  if not pictures then error(err, 0) end
  masks, err = images.load(mask_refs or {}, workflow.loading)
  if not masks then error(err, 0) end
  local request = workflow:built(row, pictures, masks[1])
  return "sent", request_lines(self, row, request, stem)
end

local function verdict(self, row, before)
  local filter = self.settings.filter
  if filter and not filter(row.position) then
    if before and before.status == "done" then pcall(self.workflow.claim, self.workflow, row) end
    return "skipped", ("%s: skipped by --filter_rows"):format(row)
  end
  if before and before.whole then
    pcall(self.workflow.claim, self.workflow, row)
    return "reused", ("%s: done already, in %s"):format(row, shown(before.cells[1]))
  end
  local ok, status, text = xpcall(plan, failure.of, self, row)
  if ok then return status, text end
  return "failed", ("%s: would fail: %s"):format(row, shown(failure.text(status, {})))
end

local function summary(counts)
  local total = counts.sent + counts.failed + counts.skipped + counts.reused
  return ("%d rows: %d would be sent, %d would fail, %d skipped, %d done already\n"):format(total,
    counts.sent, counts.failed, counts.skipped, counts.reused)
end

local function each_row(self)
  local counts = { sent = 0, failed = 0, skipped = 0, reused = 0 }
  while sys.stop_count() == 0 do
    local row, err = self.workflow.source:next()
    if err then return nil, err end
    if not row then break end
    local before = self.previous and self.previous:match(row)
    local status, text = verdict(self, row, before)
    counts[status] = counts[status] + 1
    local ok
    ok, err = sys.write(text .. "\n")
    if not ok then return nil, err end
  end
  return counts
end

local function open(self, settings)
  local workflow = self.workflow
  workflow.output = output.names_of(settings.output_dir)
  workflow.traces = setmetatable({}, { __mode = "k" })
  workflow.loading = { downloads = { get = unloaded }, max_bytes = settings.max_image_bytes }
  local ok, err = opening.input(workflow, settings)
  if not ok then return nil, err end
  if file.kind(settings.output_csv) then
    self.previous, err = previous.open(settings.output_csv, settings.output_dir)
    if err then return nil, err end
    if not settings.resume then self.previous = nil end
  end
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
    workflow = (workflow or edit):extend(), settings = settings, url = url_of(settings.endpoints),
  }
  local code, err = run(self, settings)
  if self.previous then self.previous:close() end
  if self.workflow.source then self.workflow.source:discard() end
  return code, err
end
