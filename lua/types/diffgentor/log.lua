-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.log
local M = {}

--- Shown with `--verbose`.
---@param text string
function M.debug(text) end

--- Not shown with `--quiet`.
---@param text string
function M.info(text) end

--- Always shown.
---@param text string
function M.warn(text) end

--- Always shown.
---@param text string
function M.error(text) end

--- To the file alone; `fields` is the inside of a JSON object.
---@param name string
---@param fields? string
function M.event(name, fields) end

return M
