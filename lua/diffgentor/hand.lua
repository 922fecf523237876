-- SPDX-License-Identifier: MIT
--
-- Whoever sends rows: its own connection to the ledger, its own engine, a worker.  The
-- run's one process has one, or each of its worker processes.
--
--     local h = assert(hand.new(prepared, { owner = 1, run = 7, places = 16, link = link,
--       desk = desk, limits = limits }))
--     assert(h:open())
--     local fault = h:work(on_tick)         what broke the work off, or nil
--     local unwritten = h:commit()          { gone =, message = }: the ledger lacks some
--     h:close()

local download = require("diffgentor.download")
local engine = require("diffgentor.engine")
local failure = require("diffgentor.failure")
local log = require("diffgentor.log")
local native = require("diffgentor.native.ledger")
local opening = require("diffgentor.opening")
local pool = require("diffgentor.pool")
local task = require("diffgentor.task")
local trust = require("diffgentor.trust")
local worker = require("diffgentor.worker")

local hand = {}

local TICK_SECONDS = 0.25

-- Kept free for what is in flight when the disk fills up: a picture and a note a
-- request, within reason.
local RESERVE_BYTES, RESERVE_MOST = 4 * 1024 * 1024, 64 * 1024 * 1024

---@class diffgentor.Hand
---@field ledger table
---@field worker diffgentor.Worker
local Hand = {}
Hand.__index = Hand

--- `with`: owner, the number of its claims; run; places; link, desk, limits; and where
--- the run has several, board and processes, how many.
---@param prepared diffgentor.Prepared
---@param with table
---@return diffgentor.Hand?, table? err
function hand.new(prepared, with)
  local settings = prepared.settings
  local ledger, err = native.open({
    folder = settings.output_dir, shared = prepared.shared, owner = with.owner,
    durable = settings.durable, kept_only = settings.command == "reprocess",
    spool = prepared.workflow.output.temporary,
    reserve = math.min(with.places * RESERVE_BYTES, RESERVE_MOST),
    sharers = with.processes,
  })
  if not ledger then return nil, err end
  ledger:join(with.run)
  return setmetatable({
    prepared = prepared, settings = settings, workflow = prepared.workflow, ledger = ledger,
    with = with,
  }, Hand)
end

local function connect(self)
  local workflow, settings = self.workflow, self.settings
  local err
  workflow.downloads, err = download.new({
    folder = workflow.output.temporary, cache = settings.image_cache_dir,
    max_bytes = settings.max_image_bytes, timeout = settings.timeout,
    max_retries = settings.api_max_retries, retry_delay = settings.retry_delay,
    allow_private = settings.allow_private_urls, trusted = workflow.pool,
  })
  pool.defaults(workflow.pool, { -- of the requests that hooks send
    timeout = settings.timeout, connect_timeout = settings.connect_timeout,
    stall_timeout = settings.stall_timeout, max_retries = settings.api_max_retries,
    retry_delay = settings.retry_delay, directory = workflow.output.temporary,
    max_outage = (settings.max_outage or 0) > 0 and settings.max_outage or nil,
  })
  workflow.loading = { downloads = workflow.downloads, max_bytes = settings.max_image_bytes }
  return workflow.downloads, err
end

-- The places of this hand at this moment, where the run's are learnt.
local function share_of(self)
  local pace, with = self.prepared.pace, self.with
  if not pace then return nil end
  local count, owner = with.processes or 1, with.owner
  return function()
    local width = pace:width()
    return width // count + (owner <= width % count and 1 or 0)
  end
end

--- Makes ready what rows need, and calls the workflow's setup.
---@return true?, table? err
function Hand:open()
  local workflow, with = self.workflow, self.with
  workflow.traces = setmetatable({}, { __mode = "k" })
  local ok, err = connect(self)
  if ok then ok, err = opening.setup(workflow, self.settings) end
  if not ok then return nil, err end
  self.worker = worker.new(self.prepared, {
    ledger = self.ledger, link = with.link, desk = with.desk, limits = with.limits,
    places = with.places, board = with.board, share = share_of(self),
  })
  return true
end

-- Showing how far it is never ends the run.
local function guarded(self, on_tick, in_flight)
  if self.mute then return end
  local ok, err = xpcall(on_tick, failure.of, in_flight)
  if ok then return end
  self.mute = true
  log.error("no further progress is shown: " .. err.message)
end

--- Takes rows through the workflow until there are none, or a halt.
---@param on_tick fun(in_flight: integer) called often
---@return table? fault
function Hand:work(on_tick)
  local client <close>, refused = engine.new({
    ledger = self.ledger, durable = self.settings.durable, pace = self.prepared.pace,
    processes = self.with.processes, in_flight = self.settings.max_global_workers,
    ca_file = trust.file(),
    http2 = self.settings.http_version == "2",
  })
  if not client then return refused end
  local function work() return self.worker:work() end
  local function tick(in_flight)
    self.worker:tick()
    guarded(self, on_tick, in_flight)
  end
  local options = { tick, every = TICK_SECONDS, engine = client }
  local returned, ok, fault = xpcall(task.run, failure.of, work, options)
  if returned then return not ok and fault or nil end
  self.worker:fail_open(ok)
  return ok
end

--- What could not be committed is to be told: those rows are done twice.
---@return { gone: boolean, message: string }? unwritten
function Hand:commit()
  local ok, err = self.ledger:commit()
  if ok then return nil end
  local halted = self.worker.halted
  local told = halted and halted.message:find(err.message, 1, true)
  local why = told and "" or ": " .. err.message
  local what = "the ledger could not be written%s; the last rows may be sent again by the next run"
  return { gone = err.code == "gone", message = what:format(why) }
end

function Hand:close() self.ledger:close() end

return hand
