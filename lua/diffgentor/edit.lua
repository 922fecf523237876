-- SPDX-License-Identifier: MIT
--
-- The bundled workflow: every row of a CSV is one image edit.  A script changes
-- what is its own:
--
--     local edit = require("diffgentor.edit"):extend()
--     function edit:keep(row) return row.lang == "en" end
--     function edit:prompt(row) return "In one word: " .. row.instruction end
--     function edit:request(row, request) request.quality = "high"; return request end
--     function edit:result(row, reply) row.note = reply.revised_prompt end
--     return edit
--
-- Any hook may raise, or return nil and an error: that row fails, others go on.

local errors = require("diffgentor.error")
local goes = require("diffgentor.goes")
local images = require("diffgentor.images")
local layers = require("diffgentor.layers")
local models = require("diffgentor.models")
local openai = require("diffgentor.backends.openai")
local output = require("diffgentor.output")
local row_object = require("diffgentor.row")
local sandbox = require("diffgentor.sandbox")

---@class diffgentor.Edit
---@field backend table how requests and answers look, as backends/openai.lua
---@field settings table the run's settings
---@field source diffgentor.Source its input
---@field output diffgentor.Output its output folder
---@field pool table? its endpoints; not in a dry run
---@field downloads diffgentor.Downloads?
---@field copy string? the file that holds a copy of piped input
---@field traces table<diffgentor.Row, diffgentor.Trace> how far each row came
---@field hook table<string, function> its hooks through their layers, see layers.lua
---@field columns string[]? those that the hooks of a script read, beside the bundled ones': a
---  row whose other columns change keeps its picture.  nil with hooks of one's own: all
---@field flags diffgentor.Option[]? options of the script's own
---@field label string? the script's file
local edit = { backend = openai }
edit.__index = edit

---@class diffgentor.Trace
---@field answer table? of an earlier run: paid for, spooled, not yet processed
---@field outcome table? what the engine said
---@field reply diffgentor.Reply?
---@field pictures table[]? paid for and not yet in place
---@field files string[]? in place
---@field usage table? what the answer says was used
---@field model string? asked for
---@field told_model string? as the server names it
---@field own table<string, boolean>? names of the files that were made for the row before
---@field position integer? of the row
---@field redo boolean? files that are there may be replaced
---@field refs diffgentor.ImageRef[]? what it is made from
---@field go integer? the present one of the requests for the row's pictures, from 1
---@field spent integer? nanodollars, for requests but the last one
---@field asked integer? attempts of requests but the last one
---@field attempted boolean? the ledger knows of attempts of earlier runs
---@field from_step boolean? its answer was a step of the row
---@field spoiled string[]? files of earlier goes, needed until the row has ended
---@field stepped boolean? the ledger holds steps of the row

--- A workflow that is this one but for what is set in it.
---@return diffgentor.Edit
function edit:extend()
  local child = setmetatable({}, self)
  child.__index = child
  return child
end

--- A workflow that is this one but for the hooks of a table, as a hook file returns it.
---@param hooks table
---@return diffgentor.Edit
function edit:with(hooks)
  local child = self:extend()
  for name, member in next, hooks do
    child[name] = member
  end
  return child
end

--- A workflow of its own to be run: what a run needs stands in it.
---@param settings table
---@return diffgentor.Edit
function edit:instance(settings)
  local instance = self:extend()
  instance.settings = settings
  instance.backend = settings.backend_module or self.backend
  instance.hook = layers.bind(instance)
  instance.is_boxed = instance.boxed
  return instance
end

------------------------------------------------------------------ hooks

-- A cell that a hook may have set anew; also of columns called index or line.
local function cell_of(row, name)
  local value = row[name]
  if type(value) == "string" then return value end
  return row_object.cell(row, name)
end

-- luacheck: push ignore 212

--- Once, before the first row; raising, or nil and an error, ends the run.
---@param settings table
function edit:setup(settings) end

--- Whether the row is to be edited.
---@param row diffgentor.Row
---@return boolean
function edit:keep(row) return true end

--- The row's pictures: a cell's text, or a list of paths and URLs.
---@param row diffgentor.Row
---@return string|string[]?, table? err
function edit:images(row)
  local name = row_object.image_column(row)
  return name and cell_of(row, name) or ""
end

--- The row's prompt.
---@param row diffgentor.Row
---@return string?, table? err
function edit:prompt(row)
  local settings = self.settings
  if settings.template then return settings.template:render(row) end
  return cell_of(row, settings.instruction_key)
end

--- The request before it is sent; its API fields are set by name.
---@param row diffgentor.Row
---@param request diffgentor.EditRequest
---@return diffgentor.EditRequest? nil: as it is
function edit:request(row, request) return request end

--- The reply before its pictures are put into place; a request that it returns, as
--- reply.request changed, is sent in its stead: another go, reply.go says which this was.
---@param row diffgentor.Row
---@param reply diffgentor.Reply
---@return diffgentor.Reply|diffgentor.EditRequest|nil nil: as it is
function edit:reply(row, reply) return reply end

--- The name of the row's pictures, without extension; nil or blank: by its index.
--- Asked before anything is sent, without a picture, so that two rows never have one name;
--- a script's own is asked again for each picture.
---@param row diffgentor.Row
---@param picture diffgentor.Picture?
---@param k integer? its place in the answer, from 1
---@return string?
function edit:name(row, picture, k)
  local column = self.settings.output_name_column
  return column and cell_of(row, column) or nil
end

--- After the pictures are in place (reply.files); assignments to the row become
--- columns of results.csv.
---@param row diffgentor.Row
---@param reply diffgentor.Reply
function edit:result(row, reply) end

--- Once, after results.csv is written.
---@param summary table<string, integer> rows by status, and `code`
function edit:done(summary) end

-- luacheck: pop

------------------------------------------------------------------ one row

-- The value, or its error raised for the row's guard.
local function must(value, err, ...)
  if value == nil then error(err or "a hook returned nil", 0) end
  return value, err, ...
end

local function fail(kind, code, fmt, ...) error(errors.new(kind, code, fmt, ...), 0) end

local function refs_of(list, folder)
  if type(list) == "string" then return must(images.split(list, folder)) end
  if type(list) ~= "table" then
    fail("script", "bad_images", "images(row) gives a text or a list, not a %s", type(list))
  end
  local refs = {}
  for i, item in ipairs(list) do
    if type(item) ~= "string" then
      fail("script", "bad_images", "images(row) gives a list of texts, not of a %s", type(item))
    end
    refs[i] = images.ref(item, folder)
  end
  if #refs == 0 then fail("input", "no_image", "the row has no image") end
  return refs
end

--- The pictures' references, checked but not loaded.
---@param row diffgentor.Row
function edit:refs(row) return refs_of(must(self.hook.images(row)), self.source.folder) end

--- The mask's reference, nil if the row has none.
---@param row diffgentor.Row
function edit:mask_refs(row)
  local column = self.settings.mask_column
  local cell = column and cell_of(row, column)
  if not cell or not cell:find("%S") then return nil end
  local refs = must(images.split(cell, self.source.folder))
  if #refs > 1 then fail("input", "many_masks", "%d masks; a request takes one", #refs) end
  return refs
end

--- The prompt, which must not be blank.
---@param row diffgentor.Row
---@return string
function edit:checked_prompt(row)
  local prompt, err = self.hook.prompt(row)
  if prompt == nil and err then error(err, 0) end
  if prompt ~= nil and type(prompt) ~= "string" then
    fail("script", "bad_prompt", "prompt(row) gives text, not a %s", type(prompt))
  end
  if not prompt or not prompt:find("%S") then
    fail("input", "empty_instruction", "empty instruction")
  end
  return prompt
end

-- The pictures of a row whose names are kept free.
local function picture_count(settings)
  local count = 1
  for _, pair in ipairs(settings.params or {}) do
    if pair[1] == "n" then count = math.tointeger(tonumber(pair[2])) or 1 end
  end
  return math.max(1, math.min(count, output.MOST_CLAIMED))
end

--- Takes the row's name; nil, err if it cannot be had.
---@param row diffgentor.Row
---@return string? stem, table? err
function edit:claim(row)
  local name, err = self.hook.name(row)
  if name == nil and err then return nil, err end
  if name ~= nil and type(name) ~= "string" then
    return nil, errors.new("script", "bad_name", "name(row) gives text, not a %s", type(name))
  end
  self:count_claimed()
  return self.output:claim(row, name, self.claimed)
end

--- Sees to it that it is known how many names a row takes.
function edit:count_claimed() self.claimed = self.claimed or picture_count(self.settings) end

--- Whether the row is to be edited: --where, then the hook.
---@param row diffgentor.Row
---@return boolean
function edit:wanted(row)
  local where = self.settings.where_test
  if where and not where(row) then return false end
  local kept, err = self.hook.keep(row)
  if kept == nil and err ~= nil then error(err, 0) end
  return not not kept
end

--- Pictures for request.images, from paths, URLs and pictures of replies.
---@param list (string|diffgentor.Picture)[]
---@return table[]? pictures, table? err
function edit:load(list)
  if type(list) ~= "table" then error("self:load: a list expected, got a " .. type(list), 2) end
  local refs = {}
  for i, item in ipairs(list) do
    local text, folder = item, self.source.folder
    if type(item) == "table" then
      text, folder = item.path, "."
    end
    if type(text) ~= "string" then
      error(("self:load: item %d is no path, URL or picture but a %s"):format(i, type(item)), 2)
    end
    refs[i] = images.ref(text, folder)
  end
  return images.load(refs, self.loading)
end

-- An edit takes the place of nothing but what earlier runs made for its row.
local function check_free(self, row, stem, refs, mask_refs)
  local trace = self.traces[row]
  trace.refs = table.move(mask_refs, 1, #mask_refs, #refs + 1, table.move(refs, 1, #refs, 1, {}))
  must(self.output:check_free(stem, self.claimed, trace, trace.refs))
end

--- What a row needs before anything of it is loaded: name, pictures, mask.
---@param row diffgentor.Row
---@return string stem, diffgentor.ImageRef[] images, diffgentor.ImageRef[] masks
function edit:planned(row)
  local stem = must(self:claim(row))
  local refs, mask_refs = self:refs(row), self:mask_refs(row) or {}
  check_free(self, row, stem, refs, mask_refs)
  return stem, refs, mask_refs
end

-- What the request hook made of a request.
local function check_request(request)
  if type(request) ~= "table" or request.images == nil then
    fail("script", "bad_request", "request(row, request) gives the request, not a %s",
      type(request))
  end
  if type(request.model) ~= "string" then
    fail("script", "bad_request", "request.model is a text, not a %s", type(request.model))
  end
  if not goes.is_list(request.images) then
    fail("script", "bad_request", "request.images is a list of pictures, as self:load gives it")
  end
end

--- The request of a row whose pictures are loaded, checked as far as the model
--- is known.
---@param row diffgentor.Row
---@param pictures table[]
---@param mask table?
---@return diffgentor.EditRequest
function edit:built(row, pictures, mask)
  local settings = self.settings
  local request = self.backend.request({
    model = settings.model_name, prompt = self:checked_prompt(row), images = pictures,
    mask = mask, params = settings.params,
  })
  local files = self.is_boxed and sandbox.files(sandbox.pictures(request))
  local changed, fault = self.hook.request(row, request)
  if files then
    if changed ~= nil and changed ~= request then
      fail("script", "bad_request", "--sandbox: request(row, request) gives the request it has")
    end
    sandbox.restore_request(request, files, "request(row, request)")
  end
  if changed == nil and fault ~= nil then error(fault, 0) end
  request = changed or request
  check_request(request)
  local err = models.preflight(request.model, request.images, request.mask, request.prompt)
  if err then error(err, 0) end
  return request
end

--- One row from start to end; what it raises fails the row.
---@param row diffgentor.Row
---@return "done"|"skipped" status
function edit:row(row) return goes.row(self, row) end

--- Runs a workflow over the input of `settings`, all in this process.
--- `edit.run(settings)` runs the bundled one.
---@param settings table
---@return integer? exit code, table? err
function edit:run(settings)
  if not settings then
    self, settings = edit, self
  end
  if type(settings) ~= "table" then error("edit.run: a table of settings expected", 2) end
  if settings.dry_run then return require("diffgentor.dry_run")(self, settings) end
  local prepared <close>, err = require("diffgentor.prepare")(self, settings)
  if not prepared then return nil, err end
  local link = require("diffgentor.import_link").within(prepared)
  return require("diffgentor.run")(prepared, link)
end

return edit
