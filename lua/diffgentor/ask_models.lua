-- SPDX-License-Identifier: MIT
--
-- Asks every endpoint for its models with every key, all at once: what a key is
-- worth can be learnt so without paying.
--
--     task.run(function()
--       for _, asked in ipairs(ask_models(pool, 2)) do
--         print(asked.endpoint, asked.key, asked.outcome.status)
--       end
--     end)
--
-- Takes no slot of a limit, and is no request as task.submitted counts them.

local task = require("diffgentor.task")

local MOST_BYTES = 8 * 1024 * 1024 -- some hosts list thousands of models

-- Shares of the time: whoever is not reached is told from whoever does not answer,
-- and both from what is cut off.
local CONNECT, WHOLE = 0.8, 0.95

---@class diffgentor.Asked
---@field endpoint integer position from 1
---@field key integer position from 1
---@field outcome table

local function request_of(pool, endpoint, key, seconds)
  return {
    pool = pool, place = { endpoint = endpoint, key = key }, path = "/models", method = "GET",
    sink = "text", max_bytes = MOST_BYTES, timeout = seconds * WHOLE,
    connect_timeout = seconds * CONNECT,
  }
end

local function submit_all(pool, seconds)
  local list = {}
  for i, endpoint in ipairs(pool:endpoints()) do
    for k = 1, endpoint.keys do
      local id, err = task.engine():submit(request_of(pool, i, k, seconds))
      local outcome = not id and { ok = false, status = 0, verdict = "fatal", error = err } or nil
      table.insert(list, { endpoint = i, key = k, id = id, outcome = outcome })
    end
  end
  return list
end

local function cancel_open(list)
  for _, asked in ipairs(list) do
    if not asked.outcome then task.engine():cancel(asked.id) end
  end
end

---@param pool table
---@param seconds number that it lasts at most
---@return diffgentor.Asked[]
return function(pool, seconds)
  local list, handles = submit_all(pool, seconds), {}
  local alarm = task.engine():sleep(seconds)
  local watch = task.spawn(function()
    task.await(alarm)
    cancel_open(list)
  end)
  for _, asked in ipairs(list) do
    if asked.id then
      table.insert(handles, task.spawn(function() asked.outcome = task.await(asked.id) end))
    end
  end
  for _, handle in ipairs(handles) do
    task.wait(handle)
  end
  task.engine():cancel(alarm)
  task.wait(watch)
  return list
end
