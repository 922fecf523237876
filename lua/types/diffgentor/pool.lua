-- SPDX-License-Identifier: MIT
---@meta

---@class diffgentor.pool
local M = {}

--- The pool that `OPENAI_API_KEY`, `DG_OPENAI_ENDPOINTS` and so on describe; another prefix
--- reads variables of that name.
---@param prefix? string
---@param env? table<string, string>
---@param options? { rate_window: number?, private_limits: boolean? }
---@return diffgentor.Pool|nil, diffgentor.Error?
function M.from_env(prefix, env, options) end

--- A pool of a list: `base` and `keys`, and where wanted `weight`, `limit` (requests),
--- `images`, `tokens`, `window` (60 s), `field`, `kind`, `api_version`, `groups`; a key may be
--- `{ key =, limit =, group = }`.
---@param endpoints table[]
---@param options? table
---@return diffgentor.Pool|nil, diffgentor.Error?
function M.new(endpoints, options) end

---@class diffgentor.Pool
local Pool = {}

--- Sends to whichever endpoint is free and waits: `path`; `body`: a form, a text, or a table
--- that becomes JSON; `row`: the workflow's row whose attempt it is; and what `engine:submit`
--- takes. Gives the outcome with `images` (pictures) and, of JSON, `data`.
---@param request diffgentor.PoolRequest
---@return diffgentor.PoolReply|nil, diffgentor.Error?
function Pool:send(request) end

--- Takes a place, or tells in how many seconds to ask again; `nil, nil`: no key will serve
--- this.
---@param request? { model: string?, images: integer? }
---@param now? number
---@return table|nil, number?
function Pool:pick(request, now) end

--- The upload of the picked request is complete: its slot counts from now.
---@param place table
---@param now? number
function Pool:sent(place, now) end

--- Nothing was sent: the slot is free again, and there is no report.
---@param place table
---@param now? number
function Pool:unsent(place, now) end

--- How it went, once for each pick: `ok`, `retry`, `failover` or `fatal`, or a table with
--- `verdict`, `scope`, `status`, `code`, `retry_after`.
---@param place table
---@param verdict string|table
---@param now? number
function Pool:report(place, verdict, now) end

--- Each endpoint's sums and standing; never a key.
---@param now? number
---@return table[]
function Pool:stats(now) end

--- Each endpoint's label, weight, limit, number of keys, field and kind.
---@return table[]
function Pool:endpoints() end

--- nil while some endpoint may serve; else for how many seconds none could, and in how many one
--- may.
---@param now? number
---@return number?, number?
function Pool:outage(now) end

--- Whether some key is not out for good.
---@return boolean
function Pool:alive() end

return M
