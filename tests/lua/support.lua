-- SPDX-License-Identifier: MIT
--
-- What the specs of the native modules share.

local support = {}

--- An empty folder of its own; `support.sweep` removes it.
local folders = {}

function support.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(require("diffgentor.file").mkdirs(path))
  folders[#folders + 1] = path
  return path
end

function support.sweep()
  for _, path in ipairs(folders) do os.execute("rm -rf '" .. path .. "'") end
  folders = {}
end

function support.put(path, bytes)
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
  return path
end

function support.get(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("a")
  file:close()
  return bytes
end

--- A ledger with the rows of `text` (JSON Lines if it begins with a brace) taken
--- up, and what its processes share.  `more`: further options of the import.
function support.ledger(folder, text, more)
  local native = require("diffgentor.native.ledger")
  local name = folder .. (text:find("^{") and "/in.jsonl" or "/in.csv")
  local source = assert(require("diffgentor.rows").open({ input = support.put(name, text) }))
  local shared = assert(native.share())
  local ledger = assert(native.open({ folder = folder, shared = shared }))
  local options = {
    reader = source:rest(), shared = shared, label = name, folder = folder, retry_failed = true,
    columns = source.format == "csv" and source.columns or nil,
  }
  for key, value in pairs(more or {}) do options[key] = value end
  local import = assert(ledger:import(options))
  while assert(import:step()) == "more" do end
  local sums = import:sums()
  import:close()
  source:close()
  return ledger, shared, sums
end

--- Every case { message, function } must raise just that message.
function support.raises(cases)
  for _, case in ipairs(cases) do
    local ok, message = pcall(case[2])
    message = tostring(message):gsub("^[^:]*_spec%.lua:%d+: ", "")
    assert(not ok, "raised nothing: " .. case[1])
    if message ~= case[1] then error(("expected: %s\n     got: %s"):format(case[1], message), 2) end
  end
end

--- Runs `fn` with the collector in each mode at its most eager.
function support.stressed(fn)
  for _, mode in ipairs { "generational", "incremental" } do
    collectgarbage(mode)
    debug.sethook(function() collectgarbage("step") end, "", 7)
    local ok, err = pcall(fn)
    debug.sethook()
    collectgarbage("incremental")
    collectgarbage()
    if not ok then error(err, 2) end
  end
end

--- The smallest PNG there is: one transparent pixel.
support.png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\8\6\0\0\0\x1f\x15\xc4\x89"
  .. "\0\0\0\vIDATx\x9cc`\0\2\0\0\5\0\1z^\xab?\0\0\0\0IEND\xaeB`\x82"

return support
