-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.EditRequest
---@field model string
---@field prompt string
---@field images table[]
---@field mask table?
---@field [string] any an API field

---@class diffgentor.Reply
---@field pictures diffgentor.Picture[]
---@field usage { input_tokens: integer?, output_tokens: integer?, total_tokens: integer? }
---@field revised_prompt string?
---@field model string?
---@field raw table
---@field go integer
---@field request diffgentor.EditRequest
---@field files string[]?

---@alias diffgentor.RequestHook
---| fun(self: diffgentor.Edit, row: diffgentor.Row, request: diffgentor.EditRequest): any, any

---@alias diffgentor.ReplyHook
---| fun(self: diffgentor.Edit, row: diffgentor.Row, reply: diffgentor.Reply): any, any

---@alias diffgentor.NameHook
---| fun(self: diffgentor.Edit, row: diffgentor.Row, picture: diffgentor.Picture?, k: integer?): any

---@class diffgentor.Hooks
---@field super diffgentor.Edit
---@field settings table
---@field pool diffgentor.Pool
---@field flags table[]?
---@field columns string[]?
---@field api integer?
---@field setup fun(self: diffgentor.Edit, settings: table)?
---@field keep fun(self: diffgentor.Edit, row: diffgentor.Row): boolean?
---@field images fun(self: diffgentor.Edit, row: diffgentor.Row): string|string[]|nil, any
---@field prompt fun(self: diffgentor.Edit, row: diffgentor.Row): string?, any
---@field request diffgentor.RequestHook?
---@field reply diffgentor.ReplyHook?
---@field name diffgentor.NameHook?
---@field result fun(self: diffgentor.Edit, row: diffgentor.Row, reply: diffgentor.Reply)?
---@field done fun(self: diffgentor.Edit, summary: table<string, integer>)?

---@class diffgentor.Edit: diffgentor.Hooks
local Edit = {}

--- A workflow that is this one but for what is set in it.
---@return diffgentor.Edit
function Edit:extend() end

--- Pictures for request.images, from paths, URLs and pictures of replies.
---@param list (string|diffgentor.Picture)[]
---@return table[]|nil, diffgentor.Error?
function Edit:load(list) end

return Edit
