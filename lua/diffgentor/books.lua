-- SPDX-License-Identifier: MIT
--
-- What is noted of a row in the ledger while it is under way: what its attempts cost,
-- and the steps that a script keeps of it.
--
--     local b = books.new(ledger, prices)
--     local nano = b:charge(trace, "gpt-image-1")      of trace.outcome's attempt
--     b:keep(position, "judge", '["yes"]', "")
--     b:step(position, "judge")                        '["yes"]', or nil

local cost = require("diffgentor.cost")
local sys = require("diffgentor.sys")

local books = {}

---@class diffgentor.Books
---@field ledger table
---@field prices table of cost.table
local Books = {}
Books.__index = Books

---@param ledger table
---@param prices table?
---@return diffgentor.Books
function books.new(ledger, prices)
  return setmetatable({ ledger = ledger, prices = prices or {} }, Books)
end

--- As the ledger may keep it.
---@param text string
---@return string
function books.plain(text) return (sys.mask(text):gsub("%z", "\\0")) end

--- Notes what an attempt cost, as far as its answer says.
---@param told { outcome: table?, usage: any, told_model: string?, model: string? }
---@param asked string the model, where the request names none
---@return integer? nanodollars
function Books:charge(told, asked)
  local outcome = told.outcome
  if not outcome or not outcome.attempt or outcome.attempt == 0 then return nil end
  asked = told.model or asked
  local model = told.told_model or asked
  local priced = cost.price(self.prices, model) and model or asked
  local nano = outcome.ok and cost.of(self.prices, priced, told.usage) or nil
  local input, output, total = cost.tokens(told.usage)
  self.ledger:charge({
    attempt = outcome.attempt, model = books.plain(model), cost = nano,
    input_tokens = input, output_tokens = output, total_tokens = total,
  })
  return nano
end

---@param position integer
---@param name string
---@param text string
---@param files string names in the spool that it needs, a line each
function Books:keep(position, name, text, files)
  self.ledger:keep_step({ position = position, name = name, files = files }, text)
end

---@param position integer
---@param name string
---@return string?
function Books:step(position, name) return self.ledger:step(position, name) end

--- What was kept is in the ledger from here on.
---@return true?, table? err
function Books:commit() return self.ledger:commit() end

---@param position integer
function Books:drop(position) self.ledger:drop_steps(position) end

return books
