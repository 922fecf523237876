-- SPDX-License-Identifier: MIT
--
-- A run of a workflow in one process: the ledger says what is to be done, the worker
-- does it, the importer at the other end of the link writes the results.  With several
-- processes it is crew.lua that runs.
--
--     local code, err = run(prepared, link)
--
-- Codes as of ending.lua; nil, err: it could not begin, nothing was sent (of kind
-- "stopped": it was told to stop before).

local desk = require("diffgentor.desk")
local ending = require("diffgentor.ending")
local errors = require("diffgentor.error")
local hand = require("diffgentor.hand")
local limits = require("diffgentor.limits")
local log = require("diffgentor.log")
local stopping = require("diffgentor.stopping")
local task = require("diffgentor.task")

local EXIT_REFUSED = 2
local REFUSING = { input = true, config = true } -- faults that are told before anything is sent

local function open(self)
  local settings = self.settings
  local err
  self.number, err = self.link:open()
  if not self.number then return nil, err end
  self.before = self.link.before
  local run_limits = limits.new(settings, self.before)
  self.desk = desk.new(self.prepared, run_limits)
  self.hand, err = hand.new(self.prepared, {
    owner = 1, run = self.number, places = settings.max_global_workers, link = self.link,
    desk = self.desk, limits = run_limits,
  })
  if not self.hand then return nil, err end
  self.books = self.hand.ledger
  return self.hand:open()
end

-- Nothing was sent: the ledger is to know that this run has ended, too.
local function refused(self, err)
  if self.books then self.books:run_over(self.number, EXIT_REFUSED) end
  return nil, err
end

local function begun(self) return task.submitted() > self.submitted end

local function close(self)
  if self.hand then self.hand:close() end
  self.link:close()
end

---@param prepared diffgentor.Prepared
---@param link diffgentor.ImportLink
---@return integer? exit code, table? err
return function(prepared, link)
  local self <close> = setmetatable({
    prepared = prepared, workflow = prepared.workflow, settings = prepared.settings, link = link,
    submitted = task.submitted(), -- by whatever ran before in this program
  }, { __close = close })
  prepared.report:expect(self.workflow.source.total)
  local ok, err = open(self)
  if not ok then return refused(self, err) end
  local stop_told = stopping.new()
  self.fault = self.hand:work(function(in_flight)
    prepared.report:tick(in_flight)
    stop_told(in_flight)
  end)
  if self.fault then
    local foreseen = errors.is(self.fault) and REFUSING[self.fault.kind]
    if not begun(self) and foreseen then return refused(self, self.fault) end
  end
  local unwritten = self.hand:commit()
  if unwritten then
    log.error(unwritten.message)
    self.unwritten, self.behind, self.gone = true, true, unwritten.gone
  end
  return ending(self)
end
