-- SPDX-License-Identifier: MIT
--
-- A row's way from its request to its pictures.  Mostly that is one request; where the
-- reply hook wants another go, what the earlier ones brought is kept in the ledger as
-- steps of the row, so that nothing is paid twice.
--
--     local status = goes.row(workflow, row)          "done" or "skipped"

local backends = require("diffgentor.backends")
local errors = require("diffgentor.error")
local file = require("diffgentor.file")
local image = require("diffgentor.image")
local images = require("diffgentor.images")
local json = require("diffgentor.json")
local layers = require("diffgentor.layers")
local log = require("diffgentor.log")
local output = require("diffgentor.output")
local path = require("diffgentor.path")
local picture = require("diffgentor.picture")
local row_object = require("diffgentor.row")
local sandbox = require("diffgentor.sandbox")
local sys = require("diffgentor.sys")
local task = require("diffgentor.task")

local goes = {}

-- A picture that was paid for is not refused for its size, within reason.
local PICTURE_BYTES = 256 * 1024 * 1024

local MOST_GOES = 16 -- requests for the pictures of one row: a script that wants more is broken

-- The value, or its error raised for the row's guard.
local function must(result, err, ...)
  if result == nil then error(err or "a hook returned nil", 0) end
  return result, err, ...
end

local function fail(kind, code, fmt, ...) error(errors.new(kind, code, fmt, ...), 0) end

------------------------------------------------------------------ sending

-- What the answer says, pictures that are named by URL loaded.
local function read_answer(workflow, trace, outcome, stem, trusted)
  trace.outcome = outcome
  trace.usage, trace.told_model = workflow.backend.usage(outcome)
  local reply, err, kept = workflow.backend.read(outcome, {
    downloads = workflow.downloads, directory = workflow.output.temporary, stem = stem,
    trusted = trusted, max_bytes = PICTURE_BYTES,
  })
  trace.reply, trace.pictures = reply, reply and reply.pictures or kept
  must(reply, err)
  for _, found in ipairs(reply.pictures) do
    picture.readable(found)
  end
  return reply
end

-- Pictures that a request asks for, as far as it says a number.
local function asked_for(request)
  local count = math.tointeger(tonumber(request.n)) or 1
  return math.max(1, math.min(count, output.MOST_CLAIMED))
end

-- The body: a form that is streamed, or a text of the backend's own.
local function body_of(backend, request)
  if backend.form then return { form = must(backend.form(request)) } end
  return { body = must(backend.body(request)), body_type = backend.body_type }
end

local function send(workflow, row, request, stem)
  local settings, backend, trace = workflow.settings, workflow.backend, workflow.traces[row]
  if task.stopping() then fail("stopped", "stopped", "not sent: the run was told to stop") end
  trace.model = request.model
  local order = body_of(backend, request)
  order.pool, order.path, order.sink = workflow.pool, backends.path_of(backend, request), "reply"
  order.picture_keys = backend.picture_keys
  order.directory, order.stem, order.max_bytes = workflow.output.temporary, stem, PICTURE_BYTES
  order.row, order.model, order.images = row.position, sys.mask(request.model), asked_for(request)
  order.timeout, order.connect_timeout = settings.timeout, settings.connect_timeout
  order.stall_timeout, order.first_byte_timeout = settings.stall_timeout,
    settings.first_byte_timeout
  order.max_retries, order.retry_delay = settings.api_max_retries, settings.retry_delay
  return read_answer(workflow, trace, task.send(order), stem, workflow.pool)
end

local function warn_missing(row, request, reply)
  local asked = math.tointeger(tonumber(request.n)) or 1
  if #reply.pictures < asked then
    log.warn(("%s: %d pictures asked for, %d came"):format(row, asked, #reply.pictures))
  end
end

------------------------------------------------------------------ answers of before

-- A spooled picture as the engine would have told of it; one that is in place
-- already is no more in the spool.
local function spooled(workflow, kept)
  local name = path.join(workflow.output.temporary, kept.name)
  local found = image.file(name)
  if not found then
    found = { kind = kept.extension, extension = kept.extension }
  end
  found.path, found.size, found.kept = name, kept.size, true
  return found
end

local function spooled_all(workflow, answer)
  local pictures = {}
  for i, kept in ipairs(answer.pictures) do
    pictures[i] = spooled(workflow, kept)
  end
  must(workflow.output:check_kept(answer.stem, pictures))
  return pictures
end

local function again_from(workflow, trace, answer)
  local outcome = {
    ok = true, verdict = "ok", text = answer.text, pictures = spooled_all(workflow, answer),
    status = answer.status, attempts = 1, attempt = answer.attempt,
    request_id = answer.request_id, endpoint = answer.endpoint, latency = answer.latency,
    possibly_billed = false,
  }
  return read_answer(workflow, trace, outcome, answer.stem, workflow.pool)
end

-- The answer that an earlier run was paid for and could not finish.
local function kept_answer(workflow, row)
  local trace = workflow.traces[row]
  local answer = trace.answer
  trace.model = answer.model ~= "" and answer.model or nil
  workflow:count_claimed()
  must(workflow.output:claim_again(answer.stem, workflow.claimed, row.position))
  return answer.stem, again_from(workflow, trace, answer)
end

------------------------------------------------------------------ goes

local function step_name(go) return ("%sgo %d"):format(row_object.RESERVED, go) end

-- An earlier go of the row as the ledger has it.
local function earlier(row, go)
  local text = row_object.books(row) and row_object.kept_step(row, step_name(go))
  return text and json.decode(text)
end

-- The same, nil if its pictures are gone: it is sent again.
local function usable(workflow, row, go)
  local kept = earlier(row, go)
  for _, found in ipairs(kept and kept.pictures or {}) do
    if not file.kind(path.join(workflow.output.temporary, found.name)) then return nil end
  end
  return kept
end

-- What the go brought, and the next one's request, stay beside the row until that has ended.
local function keep_go(workflow, row, stem, request)
  local trace = workflow.traces[row]
  local outcome, names, list = trace.outcome, {}, json.array({})
  for i, found in ipairs(outcome.pictures) do
    names[i] = path.name(found.path)
    list[i] = { name = names[i], size = found.size, extension = found.extension }
    table.insert(trace.spoiled, found.path)
  end
  row_object.keep_step(row, step_name(trace.go), json.encode({
    stem = stem, text = outcome.text, pictures = list, attempt = outcome.attempt or 0,
    status = outcome.status, request_id = outcome.request_id, endpoint = outcome.endpoint,
    latency = outcome.latency, model = trace.model or "",
    next = { model = request.model, prompt = request.prompt,
      fields = json.array(workflow.backend.fields(request)) },
  }), table.concat(names, "\n"))
end

-- One go: as an earlier run had it, or sent now.
local function one_go(workflow, row, request, stem)
  local trace = workflow.traces[row]
  local before = usable(workflow, row, trace.go)
  if before then
    trace.model = before.model ~= "" and before.model or nil
    local reply = again_from(workflow, trace, before)
    trace.from_step = true
    for _, found in ipairs(trace.outcome.pictures) do
      table.insert(trace.spoiled, found.path)
    end
    return reply
  end
  trace.from_step = false
  local reply = send(workflow, row, request, stem)
  warn_missing(row, request, reply)
  return reply
end

-- The request of this go as the one before it has kept it; the pictures are the row's.
local function as_it_was(row, trace, request)
  local before = trace.go > 1 and earlier(row, trace.go - 1)
  local kept = before and before.next
  if not kept then return request end
  request.model, request.prompt = kept.model, kept.prompt
  for _, pair in ipairs(kept.fields) do
    if pair[1] ~= "model" and pair[1] ~= "prompt" then request[pair[1]] = pair[2] end
  end
  return request
end

-- Built when a hook asks for it: the answer may be of an earlier run.
local function lazy_request(workflow, row, reply, request)
  local trace = workflow.traces[row]
  local function know(known)
    if workflow.is_boxed then
      trace.request, trace.request_files = known, sandbox.files(sandbox.pictures(known))
    end
    reply.request = known
  end
  if request then return know(request) end
  setmetatable(reply, {
    __index = function(_, name)
      if name ~= "request" then return nil end
      local held = trace.held
      held[1] = must(images.load(workflow:refs(row), workflow.loading))
      held[2] = must(images.load(workflow:mask_refs(row) or {}, workflow.loading))
      know(as_it_was(row, trace, workflow:built(row, held[1], held[2][1])))
      return reply.request
    end,
  })
end

-- A hook in the sandbox leads to no other files.
local function unbox(trace, reply, result, files)
  sandbox.restore_reply(reply, files, "reply(row, reply)")
  if result == reply then return end
  if result ~= trace.request then
    error("--sandbox: reply(row, reply) gives the reply or its request", 0)
  end
  sandbox.restore_request(result, trace.request_files, "reply(row, reply)")
end

--- Whether a value is a list of pictures, as replies and requests have them.
---@param list any
---@return boolean
function goes.is_list(list)
  if type(list) ~= "table" or #list == 0 then return false end
  for _, item in ipairs(list) do
    if type(item) ~= "table" then return false end
  end
  return true
end

-- What the reply hook makes of a reply: that one or another, or a request.
local function heard(workflow, row, reply, request)
  local trace = workflow.traces[row]
  reply.go = trace.go
  lazy_request(workflow, row, reply, request)
  local files = workflow.is_boxed and sandbox.files(reply.pictures)
  local result, err = workflow.hook.reply(row, reply)
  if result == nil and err ~= nil then error(err, 0) end
  result = result or reply
  if files then unbox(trace, reply, result, files) end
  if type(result) ~= "table" or not (result.pictures or result.images) then
    fail("script", "bad_reply", "reply(row, reply) gives the reply or a request, not a %s",
      type(result))
  end
  if result.pictures and not goes.is_list(result.pictures) then
    fail("script", "bad_reply", "reply.pictures is a list of at least one picture")
  end
  return result
end

-- The next request is about to be sent: this answer is no more the row's last.
local function go_on(workflow, row, stem, request)
  local trace = workflow.traces[row]
  if trace.go >= MOST_GOES then
    fail("script", "too_many_goes", "reply(row, reply) asked for more than %d goes", MOST_GOES)
  end
  if not trace.from_step then
    keep_go(workflow, row, stem, request)
    row_object.charge_last(row, trace)
  end
  trace.outcome, trace.reply, trace.pictures = nil, nil, nil
  trace.usage, trace.told_model = nil, nil
  trace.go = trace.go + 1
end

-- Until the hook is content with a reply.
local function settle(workflow, row, stem, reply, request)
  local trace = workflow.traces[row]
  while true do
    local result = heard(workflow, row, reply, request)
    if result.pictures then return result end
    request = result
    go_on(workflow, row, stem, request)
    trace.answer = nil
    reply = one_go(workflow, row, request, stem)
  end
end

------------------------------------------------------------------ one row

-- From the row to a reply that is good enough.
local function ask(workflow, row)
  local stem, refs, mask_refs = workflow:planned(row)
  local pictures <close> = must(images.load(refs, workflow.loading))
  local masks <close> = must(images.load(mask_refs, workflow.loading))
  local request = workflow:built(row, pictures, masks[1])
  local reply = one_go(workflow, row, request, stem)
  return stem, settle(workflow, row, stem, reply, request)
end

-- The answer that was kept may be a step already, where its next request was not sent yet.
local function take_up(workflow, row)
  local trace = workflow.traces[row]
  local before = earlier(row, trace.go)
  while before and before.attempt ~= trace.answer.attempt do
    for _, kept in ipairs(before.pictures) do
      table.insert(trace.spoiled, path.join(workflow.output.temporary, kept.name))
    end
    trace.go = trace.go + 1
    before = earlier(row, trace.go)
  end
  local stem, reply = kept_answer(workflow, row)
  return stem, settle(workflow, row, stem, reply, nil)
end

-- The names of the single pictures, where a script gives them others than the row's.
local function names_of(workflow, row, stem, pictures)
  if layers.is_bundled(workflow, "name") then return nil end
  local names, other = {}, false
  for k, found in ipairs(pictures) do
    local name, err = workflow.hook.name(row, found, k)
    if name == nil and err ~= nil then error(err, 0) end
    names[k] = must(workflow.output:stem_of(row, name, 1))
    other = other or names[k] ~= stem
  end
  return other and names or nil
end

local function remove_spoiled(trace, files)
  local placed = {}
  for _, name in ipairs(files) do
    placed[name] = true
  end
  for _, name in ipairs(trace.spoiled) do
    if not placed[name] then file.remove(name) end
  end
end

-- Pictures that are given back when the row has ended.
local HELD = {
  __close = function(self)
    for _, list in ipairs(self) do
      local _ <close> = list
    end
  end,
}

--- One row from start to end; what it raises fails the row.
---@param workflow diffgentor.Edit
---@param row diffgentor.Row
---@return "done"|"skipped" status
function goes.row(workflow, row)
  local trace = workflow.traces[row]
  local held <close> = setmetatable({}, HELD)
  trace.go, trace.spoiled, trace.held = 1, {}, held
  local stem, reply
  if trace.answer then
    stem, reply = take_up(workflow, row)
  else
    if row.fault then error(row.fault, 0) end
    if not workflow:wanted(row) then return "skipped" end
    stem, reply = ask(workflow, row)
  end
  if trace.stepped then must(row_object.books(row):commit()) end -- what it hangs on is known
  trace.pictures = nil -- from here on the output says where they are
  local names = names_of(workflow, row, stem, reply.pictures)
  reply.files = must(workflow.output:save(stem, reply.pictures, workflow.claimed, trace, names))
  trace.files = reply.files
  for k, found in ipairs(reply.pictures) do
    picture.placed(found, path.join(workflow.settings.output_dir, reply.files[k]))
  end
  local ok, err = workflow.hook.result(row, reply)
  if ok == nil and err ~= nil then error(err, 0) end
  if #trace.spoiled > 0 then remove_spoiled(trace, reply.files) end
  return "done"
end

return goes
