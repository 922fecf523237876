-- SPDX-License-Identifier: MIT
--
-- A run's link to its importer: a process at the other end of a line, or one
-- that is stepped here, between the rows.  Both look alike to the run.
--
--     local link = import_link.beside(descriptor)     or import_link.within(prepared)
--     local run = assert(link:open())
--     link:turn()                       news are heard, or some rows taken up
--     link.before                       counts of the ledger as it was then
--     link.sums, link.fault             what the import found; why it broke off
--     local counts = assert(link:finish())

local errors = require("diffgentor.error")
local importer = require("diffgentor.importer")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local peer = require("diffgentor.peer")
local sys = require("diffgentor.sys")

local import_link = {}

local function say(level, text)
  if level == "warn" then log.warn(text) else log.info(text) end
end

------------------------------------------------------------------ within

---@class diffgentor.ImportLink
---@field before table<string, integer> counts of the ledger, once that is open
---@field sums table<string, integer>? once the import has ended
---@field fault table? the input or the ledger broke: no more rows come
local Within = {}
Within.__index = Within

--- An importer in this process.
---@param prepared diffgentor.Prepared
---@return diffgentor.ImportLink
function import_link.within(prepared)
  return setmetatable({ importer = importer.new(prepared, say) }, Within)
end

function Within:open()
  local run, err = self.importer:open()
  self.before = self.importer.before
  return run, err
end

--- Takes up some rows; true: ask for rows again at once.
---@return boolean
function Within:turn()
  if self.importer.ended or self.fault then return false end
  local got, err = self.importer:step()
  if not got then self.fault = err end
  if got == "end" or not got then self.sums = self.importer:sums() end
  return got ~= "wait"
end

function Within:finish()
  self.importer.broken = self.fault ~= nil
  local counts, err = self.importer:finish()
  if self.importer.ended then self.sums = self.importer:sums() end
  return counts, err
end

function Within:close() self.importer:close() end

------------------------------------------------------------------ without

local Without = setmetatable({}, { __index = Within })
Without.__index = Without

--- No import: the ledger is as it is.
---@param prepared diffgentor.Prepared
---@return diffgentor.ImportLink
function import_link.without(prepared)
  return setmetatable({ importer = importer.new(prepared, say) }, Without)
end

function Without:open()
  local run, err = self.importer:open_as_it_is()
  self.before = self.importer.before
  return run, err
end

function Without.turn(_) return false end

function Without:finish() return self.importer:finish() end

------------------------------------------------------------------ beside

local Beside = {}
Beside.__index = Beside

--- The importer process at the other end of this descriptor.
---@param descriptor integer
---@return diffgentor.ImportLink
function import_link.beside(descriptor)
  return setmetatable({ line = peer.on(descriptor) }, Beside)
end

local function rebuilt(e) return errors.new(e.kind, e.code, "%s", e.message) end

local function gone()
  return errors.new("stopped", "importer", "the importer has ended; rows that it had not taken up "
    .. "are sent by the next run")
end

-- The next message; nil and why there is none: "ended", "timeout" or "stop".
function Beside:hear(seconds, heed_stop)
  local text, why = self.line:receive(seconds, heed_stop)
  if not text then
    if why == "ended" and not self.fault then self.fault = gone() end
    return nil, why
  end
  local message = json.decode(text)
  if message.say then say(message.say, message.text) end
  if message.sums then self.sums = message.sums end
  if message.fault then self.fault = rebuilt(message.fault) end
  return message
end

--- Waits for its judgement, and heeds a request to stop.
---@return integer? run, table? err
function Beside:open()
  while true do
    local message, why = self:hear(nil, true)
    if message and message.go then
      self.before = message.before
      return message.go
    end
    if message and message.refused then return nil, rebuilt(message.refused) end
    if self.fault then return nil, self.fault end
    if why == "stop" and sys.stop_count() > 0 then
      return nil, errors.new("stopped", "stopped", "stopped before anything was sent")
    end
  end
end

function Beside:turn()
  repeat
    local message = self:hear(0)
  until not message
  return false
end

--- Has the results written; a second request to stop does not wait for them.
---@return table<string, integer>? counts, table? err
function Beside:finish()
  local ended = errors.new("stopped", "importer", "the importer has ended")
  if not self.line:send(json.encode({ finish = true })) then return nil, ended end
  while sys.stop_count() < 2 do
    local message, why = self:hear(nil, true)
    if message and message.counts then return message.counts end
    if message and message.unwritten then return nil, rebuilt(message.unwritten) end
    if why == "ended" then return nil, ended end
  end
  return nil, errors.new("stopped", "stopped", "aborted")
end

-- Asks for something and waits for the answer that has this name; nil: it is gone.
local function ask(self, message, name)
  if not self.line:send(json.encode(message)) then return nil end
  while true do
    local answer, why = self:hear()
    if answer and answer[name] ~= nil then return answer end
    if not answer and why == "ended" then return nil end
  end
end

--- Rows by state, as the ledger has them now.
---@return table<string, integer>?
function Beside:counts()
  local answer = ask(self, { count = true }, "counted")
  return answer and answer.counted
end

--- A run's end, for the ledger; nil: nobody is there to note it.
function Beside:run_over(number, code)
  return ask(self, { over = { number = number, code = code } }, "noted")
end

--- The rows of a worker that has died are pending again, but for one that fails.
---@param owner integer
---@param row { position: integer, code: string, message: string, keeps: boolean? }? keeps: an
---  answer of it
---@return integer? lost requests that may have been billed
---@return boolean? kept its answer is
function Beside:release(owner, row)
  local answer = ask(self, { release = owner, fail = row }, "released")
  if answer then return answer.released, answer.kept end
end

function Beside:close() self.line:close() end

return import_link
