-- SPDX-License-Identifier: MIT
--
-- What a run does before its importer is forked: everything that can refuse it
-- without the ledger, and what both processes need.
--
--     local prepared = assert(prepare(workflow, settings))
--     ...fork...                        the child: importer.serve(prepared, fd)
--     run(prepared, link)               the parent

local crew = require("diffgentor.crew")
local file = require("diffgentor.file")
local native = require("diffgentor.native.ledger")
local opening = require("diffgentor.opening")
local pool = require("diffgentor.pool") -- with all that hooks may call, in every process
local pace = require("diffgentor.native.pace")
local path = require("diffgentor.path")
local report = require("diffgentor.report")
local results = require("diffgentor.results")
local sys = require("diffgentor.sys")
local trust = require("diffgentor.trust")

---@class diffgentor.Prepared
---@field workflow diffgentor.Edit with its source and output folder open
---@field settings table
---@field shared table what the processes share
---@field report diffgentor.Report
---@field pace table? where the places of a run are learnt
local Prepared = {}
Prepared.__index = Prepared

--- Gives the output folder and the input back.
function Prepared:close()
  if self.workflow.source then self.workflow.source:close() end
  if self.workflow.copy then file.remove(self.workflow.copy) end
  if self.workflow.output then self.workflow.output:close() end
end

Prepared.__close = Prepared.close

local MOST_PICTURES = 11 -- names of a row that are counted on; nearly all have one or two

-- Names that the rows of the input may take.
local function names_of(workflow)
  local rows = workflow.source.total
  return rows and math.min(rows * MOST_PICTURES, 0x7fffffff)
end

---@param workflow diffgentor.Edit
---@param settings table
---@return diffgentor.Prepared?, table? err nothing was sent
return function(workflow, settings)
  local self = setmetatable({
    workflow = workflow:instance(settings), settings = settings,
    report = settings.report or report.new({ quiet = true }),
  }, Prepared)
  local ok, err = results.check_place(settings.output_csv, "csv")
  if ok then ok, err = trust.check(settings.endpoints) end
  if ok then ok, err = opening.open(self.workflow, settings) end
  if ok then ok, err = file.mkdirs(path.parent(settings.output_csv)) end
  if ok then
    self.workflow.pool, err = pool.new(settings.endpoints, {
      limits_folder = settings.limits_folder,
    })
    ok = self.workflow.pool ~= nil
  end
  if ok then ok, err = self.workflow.output:expect(names_of(self.workflow)) end
  if ok and settings.auto_workers then
    self.pace, err = pace.new({ -- each worker has a place at least
      least = crew.size(settings), most = settings.max_global_workers,
    })
    ok = self.pace ~= nil
  end
  if ok then ok, err = sys.stop_channels(crew.size(settings)) end
  if ok then self.shared, err = native.share() end
  if self.shared then return self end
  self:close()
  return nil, err
end
