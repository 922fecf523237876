-- SPDX-License-Identifier: MIT
--
-- What a person sees of a run: one progress line on a terminal, else a line
-- every few seconds, and a summary at the end on standard output.
--
--     local r = report.new { terminal = true }
--     r:expect(500)                         rows of the input, if known
--     r:row("done", { attempts = 1 })       also failed (code=), skipped, reused, pending
--     r:tick(in_flight)                     often; it decides when to show something
--     r:finish("out/results.csv")           once; nil, err if it could not be written

local log = require("diffgentor.log")
local sys = require("diffgentor.sys")
local value = require("diffgentor.value")

local report = {}

local LINE_EVERY = 5 -- seconds between two lines where there is no terminal
local SAMPLES = 40 -- ticks over which the rate is taken
local BAR = 10 -- characters of the bar
local TOP_ERRORS = 5

local STATUSES = { "done", "failed", "skipped", "reused", "pending" }

---@class diffgentor.Report
---@field written string? results.csv, once a run has written it
---@field cost string? what this run has spent, in dollars
local Report = {}
Report.__index = Report

---@class diffgentor.ReportOptions
---@field quiet boolean? no progress
---@field terminal boolean? standard error is a terminal that can redraw a line
---@field clock fun(): number? seconds, default sys.now
---@field progress fun(text: string)? default log.progress
---@field line fun(text: string)? default log.info
---@field write fun(text: string): true|nil, any? default sys.write

---@param options diffgentor.ReportOptions?
---@return diffgentor.Report
function report.new(options)
  options = options or {}
  local self = setmetatable({}, Report)
  self.quiet, self.terminal = options.quiet, options.terminal
  self.clock = options.clock or sys.now
  self.show_progress = options.progress or log.progress
  self.show_line = options.line or log.info
  self.write = options.write or sys.write
  self.counts, self.codes = {}, {}
  for _, status in ipairs(STATUSES) do
    self.counts[status] = 0
  end
  self.total, self.attempts = nil, 0
  self.started = self.clock()
  self.samples, self.line_at = {}, self.started + LINE_EVERY
  return self
end

--- Rows the input holds; without it (piped input) there is no bar and no ETA.
---@param total integer?
function Report:expect(total) self.total = total end

--- Rows that are nobody's work now.
---@param status "done"|"failed"|"skipped"|"reused"|"pending"
---@param count integer
function Report:add(status, count)
  self.counts[status] = assert(self.counts[status], "unknown status") + count
end

--- What the import found of earlier runs; told once.
---@param sums { rows: integer, reused: integer, skipped: integer, failed: integer }
function Report:found(sums)
  if self.sums then return end
  self.sums = sums
  self:expect(self.total or sums.rows)
  self:add("reused", sums.reused)
  self:add("skipped", sums.skipped)
  self:add("failed", sums.failed)
end

--- One row has ended.
---@param status "done"|"failed"|"skipped"|"reused"|"pending"
---@param fields { code: string?, attempts: integer? | false }?
function Report:row(status, fields)
  self:add(status, 1)
  self.attempts = self.attempts + (fields and fields.attempts or 0)
  if status == "failed" then
    local code = fields and fields.code
    if not code or code == "" then code = "unknown" end
    self.codes[code] = (self.codes[code] or 0) + 1
  end
end

-- Rows per second over the last ticks, or nil before the second one.
function Report:rate(now, ended)
  local samples = self.samples
  table.insert(samples, { now, ended })
  if #samples > SAMPLES then table.remove(samples, 1) end
  local first = samples[1]
  if now - first[1] <= 0 then return nil end
  return (ended - first[2]) / (now - first[1])
end

-- "120 done, 3 failed of 500 | 12.3/s | 64 in flight | ETA 0:31", and how far it is (0 to 1).
function Report:state(in_flight)
  local counts = self.counts
  local ended = counts.done + counts.failed
  local to_do = self.total and math.max(ended, self.total - counts.skipped - counts.reused)
  local rate = self:rate(self.clock(), ended)
  local parts = { ("%d done, %d failed"):format(counts.done, counts.failed) }
  if to_do then parts[1] = parts[1] .. (" of %d"):format(to_do) end
  if rate then table.insert(parts, ("%.1f/s"):format(rate)) end
  table.insert(parts, ("%d in flight"):format(in_flight))
  if rate and rate > 0 and to_do then
    table.insert(parts, "ETA " .. value.duration((to_do - ended) / rate))
  end
  return table.concat(parts, " | "), to_do and to_do > 0 and ended / to_do or nil
end

local function bar(part)
  local full = math.floor(part * BAR)
  local head = full < BAR and ">" or ""
  return ("[%s%s%s] "):format(("="):rep(full), head, (" "):rep(BAR - full - #head))
end

--- Shows progress if it is time for it.
---@param in_flight integer
function Report:tick(in_flight)
  if self.quiet or self.finished then return end
  local text, part = self:state(in_flight)
  if self.terminal then
    self.show_progress((part and bar(part) or "") .. text)
  elseif self.clock() >= self.line_at then
    self.line_at = self.clock() + LINE_EVERY
    self.show_line(text)
  end
end

local function top_errors(codes)
  local list = {}
  for code, count in pairs(codes) do
    table.insert(list, { code = code, count = count })
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.code < b.code
  end)
  return list
end

local function error_lines(codes)
  local list, lines = top_errors(codes), {}
  local more = 0
  for i, entry in ipairs(list) do
    if i <= TOP_ERRORS then
      table.insert(lines, ("  %6d  %s"):format(entry.count, sys.visible(sys.mask(entry.code))))
    else
      more = more + entry.count
    end
  end
  if more > 0 then table.insert(lines, ("  %6d  others"):format(more)) end
  if #list > 0 then table.insert(lines, 1, "errors:") end
  return lines
end

--- The summary's text.
---@param results_path string?
---@return string
function Report:summary(results_path)
  local counts, parts = self.counts, {}
  local names = { reused = "reused from earlier runs" }
  for _, status in ipairs(STATUSES) do
    local shown = status == "done" or status == "failed" or counts[status] > 0
    if shown then table.insert(parts, ("%d %s"):format(counts[status], names[status] or status)) end
  end
  local wall = self.clock() - self.started
  local lines = {
    table.concat(parts, ", "),
    ("%s in %s%s"):format(value.counted(self.attempts, "attempt"), value.duration(wall),
      self.cost and ", " .. self.cost or ""),
  }
  table.move(error_lines(self.codes), 1, TOP_ERRORS + 2, #lines + 1, lines)
  if results_path then table.insert(lines, "results: " .. sys.visible(results_path)) end
  return table.concat(lines, "\n") .. "\n"
end

--- Removes the progress line and writes the summary; further calls do nothing.
---@param results_path string?
---@return true|nil, any err
function Report:finish(results_path)
  if self.finished then return true end
  self.finished = true
  if self.terminal and not self.quiet then self.show_progress("") end
  return self.write(self:summary(results_path))
end

return report
