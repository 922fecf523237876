-- SPDX-License-Identifier: MIT
--
-- One worker process of a run: a hand whose desk, limits and link are at the other
-- end of a line (crew.lua).  Its messages, JSON objects each:
--
--     {say=, text=}   a line for people          {row=}       a row has ended (desk.lua)
--     {halt=}         the run is to end
--     {ask=places}    answered by {room=n}       {unused=n}   of that room
--     {over=true, fault=, unwritten=, gone=}     nothing is left to do here

local errors = require("diffgentor.error")
local failure = require("diffgentor.failure")
local guard = require("diffgentor.guard")
local hand = require("diffgentor.hand")
local json = require("diffgentor.json")
local log = require("diffgentor.log")
local peer = require("diffgentor.peer")
local sys = require("diffgentor.sys")

local crew_hand = {}

local MOST_TEXT = 1536 -- bytes of one text: three of them, made visible, fit into a message
local LEVELS = { "debug", "info", "warn", "error" }

local function tell(line, message) return line:send(json.quick(message)) end

-- As a message may carry it, whatever bytes it is of.
local function short(text) return text and sys.visible(text:sub(1, MOST_TEXT)) end

local function error_message(err)
  return err and { kind = err.kind, code = err.code, message = short(err.message) }
end

-- From here on what people are told goes to the one who has the terminal.
local function redirect_log(line)
  for _, level in ipairs(LEVELS) do
    log[level] = function(text) tell(line, { say = level, text = short(text) }) end
  end
end

------------------------------------------------------------------ desk, limits and link

local function new_desk(line)
  local desk = {}
  function desk.row(_, note)
    note.shown, note.traceback = short(note.shown), short(note.traceback)
    note.message = short(note.message)
    tell(line, { row = note })
  end
  function desk.halt(_, err)
    if err.code ~= "halted" then tell(line, { halt = error_message(err) }) end
  end
  return desk
end

-- Room under --max_cost is the run's to give.
local function ask_room(line, places)
  if places < 1 then return 0 end
  tell(line, { ask = places })
  local text = line:receive()
  local answer = text and json.decode(text)
  return answer and answer.room or 0
end

local function new_limits(line, board, settings)
  local limits = {}
  function limits.room(_, places)
    return settings.max_cost and ask_room(line, places) or places
  end
  function limits.unused(_, count)
    if settings.max_cost and count > 0 then tell(line, { unused = count }) end
  end
  function limits.overdue()
    if board:get("halted") == 0 then return nil end
    return errors.new("stopped", "halted", "the run has ended")
  end
  return limits
end

-- The import is the run's to hear of; it halts where that breaks.
local LINK = { turn = function() return false end }

------------------------------------------------------------------ the process

local function new_hand(crew, number, line)
  local prepared = crew.prepared
  prepared.workflow.pool:join(number - 1)
  guard.watch(crew.board, number - 1)
  return hand.new(prepared, {
    owner = number, run = crew.number, places = crew:places_of(number), link = LINK,
    desk = new_desk(line), limits = new_limits(line, crew.board, prepared.settings),
    board = crew.board, processes = #crew.members,
  })
end

local function be(crew, number, line)
  local own, err = new_hand(crew, number, line)
  if not own then return { over = true, fault = error_message(err) } end
  local ok
  ok, err = own:open()
  local fault, unwritten = err, nil
  if ok then
    fault = own:work(function() end)
    guard.watch(nil)
    unwritten = own:commit()
  end
  own:close()
  return { over = true, fault = error_message(fault), unopened = not ok,
    unwritten = unwritten and short(unwritten.message), gone = unwritten and unwritten.gone }
end

--- Is worker `number` until its work is over.
---@param crew diffgentor.Crew as it was when this process was forked
---@param number integer from 1
---@param descriptor integer line to the run
---@return integer exit code
function crew_hand.serve(crew, number, descriptor)
  local line = peer.on(descriptor)
  redirect_log(line)
  local ok, last = xpcall(be, failure.of, crew, number, line)
  if not ok then
    log.error(("worker %d: %s"):format(number, last.message))
    if last.traceback then log.debug(last.traceback) end
    return 1
  end
  tell(line, last)
  line:close()
  return 0
end

return crew_hand
