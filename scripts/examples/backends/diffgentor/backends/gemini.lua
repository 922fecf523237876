-- Gemini's generateContent as a backend: pictures go in and come out as base64 in JSON.
-- https://ai.google.dev/gemini-api/docs/image-generation
--
--     LUA_PATH='backends/?.lua;;' GEMINI_API_KEY=... diffgentor edit --backend gemini \
--       --model_name gemini-2.5-flash-image --input data/data.csv

local base64 = require("diffgentor.base64")
local file = require("diffgentor.file")
local json = require("diffgentor.json")
local errors = require("diffgentor.error")

local gemini = {
  prefix = "GEMINI", -- GEMINI_API_KEY, DG_GEMINI_ENDPOINTS, ...
  base = "https://generativelanguage.googleapis.com/v1beta",
  kind = "gemini", -- the key goes into x-goog-api-key
  picture_keys = { "data" }, -- the member of the answer that holds a picture
}

local MOST_BYTES = 20 * 1024 * 1024 -- of a request: https://ai.google.dev/gemini-api/docs/files

function gemini.path(request) return "/models/" .. request.model .. ":generateContent" end

local function inline(picture)
  local bytes = picture.bytes or assert(file.read(picture.path, MOST_BYTES))
  return { inlineData = { mimeType = picture.type, data = base64.encode(bytes) } }
end

function gemini.body(request)
  local parts = { { text = request.prompt } }
  for _, picture in ipairs(request.images) do
    table.insert(parts, inline(picture))
  end
  return json.encode({
    contents = { { role = "user", parts = parts } },
    generationConfig = { responseModalities = { "TEXT", "IMAGE" } },
  })
end

local function decoded(outcome) return outcome.ok and json.decode(outcome.text) or {} end

function gemini.usage(outcome)
  local raw = decoded(outcome)
  local used = raw.usageMetadata or {}
  return {
    input_tokens = used.promptTokenCount, output_tokens = used.candidatesTokenCount,
    total_tokens = used.totalTokenCount,
  }, raw.modelVersion
end

-- Each picture's text stands in the answer as its number from 0.
function gemini.read(outcome)
  if not outcome.ok then return nil, outcome.error end
  local raw, pictures, said = decoded(outcome), {}, nil
  local candidate = (raw.candidates or {})[1] or {}
  for _, part in ipairs((candidate.content or {}).parts or {}) do
    local number = part.inlineData and part.inlineData.data
    if number then table.insert(pictures, outcome.pictures[number + 1]) end
    said = part.text or said
  end
  if #pictures > 0 then return { pictures = pictures, raw = raw, text = said } end
  return nil, errors.new("reply", "no_image", "the answer has no picture: %s",
    said or candidate.finishReason or "nothing is said")
end

return gemini
