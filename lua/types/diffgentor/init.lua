-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor
---@field version string
---@field base64 diffgentor.base64
---@field csv diffgentor.csv
---@field edit diffgentor.Edit
---@field engine diffgentor.engine
---@field error diffgentor.error
---@field file diffgentor.file
---@field hash diffgentor.hash
---@field http diffgentor.http
---@field image diffgentor.image
---@field json diffgentor.json
---@field ledger diffgentor.ledger
---@field log diffgentor.log
---@field pool diffgentor.pool
---@field ratelimit diffgentor.ratelimit
---@field task diffgentor.task
local M = {}

---@return diffgentor.Form
function M.multipart() end

--- The rows of a CSV or JSON Lines file, for `task.each`; `-` is standard input. Raises what
--- cannot be read.
---@param input string
---@return diffgentor.Source
function M.rows(input) end

--- template.render
---@param text string
---@param row table
---@return string
function M.template(text, row) end

local task = require("diffgentor.task")
M.each, M.run, M.send, M.sleep = task.each, task.run, task.send, task.sleep
M.spawn, M.stop, M.wait = task.spawn, task.stop, task.wait

---@class diffgentor.Source
local Source = {}

--- The next row; nil at the end, nil and an error where the input is broken.
---@return diffgentor.Row|nil, diffgentor.Error?
function Source:next() end

--- The rows for `for`; raises where the input is broken.
---@return fun(): diffgentor.Row?
function Source:each() end

--- Gives the file back.
function Source:close() end

return M
