-- SPDX-License-Identifier: MIT
--
-- --dry_run: says row by row on standard output what a run would send and, where
-- prices are known, what that would cost; it neither sends nor downloads nor
-- writes anything.
--
-- Codes: 0 every row could be sent, 1 some would fail before; nil, err: a run
-- could not begin.

local backends = require("diffgentor.backends")
local base_url = require("diffgentor.base_url")
local cost = require("diffgentor.cost")
local failure = require("diffgentor.failure")
local file = require("diffgentor.file")
local guard = require("diffgentor.guard")
local images = require("diffgentor.images")
local known_rows = require("diffgentor.known_rows")
local opening = require("diffgentor.opening")
local output = require("diffgentor.output")
local path = require("diffgentor.path")
local sys = require("diffgentor.sys")

local EXIT_FAILED, EXIT_SIGNAL = 1, 128

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

local function url_of(self, request)
  local list = self.settings.endpoints
  local url = base_url.address(list[1], backends.path_of(self.workflow.backend, request),
    request.model)
  local more = #list > 1 and (" (one of %d endpoints)"):format(#list) or ""
  return url:gsub("^(%a+://)[^/]*@", "%1") .. more
end

local function request_lines(self, row, request, stem)
  local lines = { ("%s: POST %s"):format(row, shown(url_of(self, request))) }
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
  if not workflow:wanted(row) then return "skipped", ("%s: skipped by the script"):format(row) end
  local stem, refs, mask_refs = workflow:planned(row)
  local pictures = loaded(workflow, refs)
  local masks = loaded(workflow, mask_refs)
  local request = workflow:built(row, pictures, masks[1])
  return "sent", request_lines(self, row, request, stem)
end

local function verdict(self, row)
  local filter, settings = self.settings.filter, self.settings
  if filter and not filter(row.position) then return "skipped" end -- mostly nearly all
  local known = self.known and self.known:of(row)
  if known and known.state == "answered" then
    return "reused", ("%s: answered already, to be processed"):format(row)
  end
  if known and known.done and settings.resume then
    return "reused", ("%s: done already, in %s"):format(row, shown(known.names))
  end
  if known and known.state == "failed" and not settings.retry_failed then
    return "skipped", ("%s: failed before, and is left so"):format(row)
  end
  self.workflow.traces[row] = { own = known and known.own, redo = settings.overwrite }
  local ok, status, text = guard.xpcall(plan, failure.of, self, row)
  if ok then return status, text end
  return "failed", ("%s: would fail: %s"):format(row, shown(failure.text(status, {})))
end

-- What the rows would cost, as far as anybody can say.
local function estimate(self, rows)
  local settings, known = self.settings, self.known
  local mean, finished
  if known then mean, finished = known:mean_cost() end
  local found = cost.estimate(settings.prices, settings, rows, mean, finished)
  if not found or rows == 0 then return "" end
  local amount = cost.round_text(found.low)
  if found.high ~= found.low then amount = amount .. " to " .. cost.round_text(found.high) end
  return ("estimate: %s USD (%s)\n"):format(amount, found.basis)
end

local function summary(self, counts)
  return ("rows: %d would be sent, %d would fail, %d skipped, %d done already\n"):format(
    counts.sent, counts.failed, counts.skipped, counts.reused) .. estimate(self, counts.sent)
end

local function each_row(self)
  local counts = { sent = 0, failed = 0, skipped = 0, reused = 0 }
  while sys.stop_count() == 0 do
    local row, err = self.workflow.source:next()
    if err then return nil, err end
    if not row then break end
    local status, text = verdict(self, row)
    counts[status] = counts[status] + 1
    local ok = true
    if text then ok, err = sys.write(text .. "\n") end
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
  if ok and file.kind(path.join(settings.output_dir, output.LEDGER)) then
    self.known, err = known_rows.open(settings, opening.keys(workflow, settings))
    ok = self.known
    if ok then ok, err = self.known:check(workflow.source) end
  end
  if not ok then return nil, err end
  return opening.setup(workflow, settings)
end

local function run(self, settings)
  local ok, err = open(self, settings)
  if not ok then return nil, err end
  local counts
  counts, err = each_row(self)
  if not counts then return nil, err end
  ok, err = sys.write(summary(self, counts))
  if not ok then return nil, err end
  if sys.stop_count() > 0 then return EXIT_SIGNAL + (sys.stop_signal() or 2) end
  return counts.failed > 0 and EXIT_FAILED or 0
end

---@param workflow diffgentor.Edit
---@param settings table
---@return integer? exit code, table? err
return function(workflow, settings)
  local self = {
    workflow = workflow:instance(settings), settings = settings,
  }
  local code, err = run(self, settings)
  if self.known then self.known:close() end
  if self.workflow.source then self.workflow.source:close() end
  return code, err
end
