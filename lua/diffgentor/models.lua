-- SPDX-License-Identifier: MIT
--
-- What models are known to refuse, as data, so that a request that cannot
-- succeed is not sent.  A model that is not listed is checked by its server
-- alone.

local errors = require("diffgentor.error")

local models = {}

local MIB = 1024 * 1024

---@class diffgentor.Limits
---@field images integer most input pictures
---@field bytes integer? a picture must be smaller
---@field kinds table<string, boolean>? kinds of picture taken
---@field square boolean? the picture must be as wide as high
---@field characters integer longest prompt
---@field response_format string? asked for unless the user asks for another
local GPT_IMAGE = {
  images = 16,
  bytes = 50 * MIB,
  kinds = { png = true, jpeg = true, webp = true },
  characters = 32000,
}

local EXACT = {
  ["dall-e-2"] = {
    images = 1,
    bytes = 4 * MIB,
    kinds = { png = true },
    square = true,
    characters = 1000,
    response_format = "b64_json",
  },
  ["dall-e-3"] = { images = 1, characters = 4000, response_format = "b64_json" },
}

local FAMILIES = {
  { "^gpt%-image%-", GPT_IMAGE },
  { "^chatgpt%-image%-", GPT_IMAGE },
}

local MASK_BYTES = 4 * MIB

--- The limits of a model, nil if it is not known.
---@param model string
---@return diffgentor.Limits?
function models.limits(model)
  if EXACT[model] then return EXACT[model] end
  for _, family in ipairs(FAMILIES) do
    if model:find(family[1]) then return family[2] end
  end
end

local function fail(code, fmt, ...) return errors.new("image", code, fmt, ...) end

local function kinds_of(limits)
  local list = {}
  for kind in pairs(limits.kinds) do
    table.insert(list, kind)
  end
  table.sort(list)
  return table.concat(list, ", ")
end

local function check_image(model, limits, image)
  if not image.kind then return nil end -- not loaded
  if limits.kinds and not limits.kinds[image.kind] then
    return fail("image_kind", "%s: is %s; %s takes %s", image.label, image.kind, model,
      kinds_of(limits))
  end
  if limits.bytes and image.size >= limits.bytes then
    return fail("image_too_large", "%s: has %d bytes; %s takes less than %d (%d MiB)",
      image.label, image.size, model, limits.bytes, limits.bytes // MIB)
  end
  if limits.square and image.width ~= image.height then
    return fail("image_not_square", "%s: is %dx%d; %s takes square pictures", image.label,
      image.width, image.height, model)
  end
end

local function check_mask(model, mask, image)
  if not mask.kind then return nil end
  if mask.kind ~= "png" then
    return fail("mask_kind", "mask %s: is %s; %s takes a PNG", mask.label, mask.kind, model)
  end
  if mask.size >= MASK_BYTES then
    return fail("mask_too_large", "mask %s: has %d bytes; %s takes less than %d (%d MiB)",
      mask.label, mask.size, model, MASK_BYTES, MASK_BYTES // MIB)
  end
  if (image.width or 0) > 0 and (mask.width ~= image.width or mask.height ~= image.height) then
    return fail("mask_size", "mask %s: is %dx%d, the image %s is %dx%d; they must be of one size",
      mask.label, mask.width, mask.height, image.label, image.width, image.height)
  end
  if not mask.alpha then
    return fail("mask_alpha",
      "mask %s: has no transparency; what is to be edited must be transparent", mask.label)
  end
end

local function check_prompt(model, limits, prompt)
  local characters = utf8.len(prompt) or #prompt
  if characters > limits.characters then
    return errors.new("input", "prompt_too_long",
      "the prompt has %d characters; %s takes at most %d", characters, model, limits.characters)
  end
end

local function check_count(model, limits, count)
  if count > limits.images then
    return fail("too_many_images", "%d images; %s takes at most %d", count, model, limits.images)
  end
end

--- Why a request cannot succeed, or nil.  An image is { kind, size, width,
--- height, alpha, label }; one without a kind is not loaded and not judged.
---@param model string
---@param images table[]
---@param mask table?
---@param prompt string
---@return table? err
function models.preflight(model, images, mask, prompt)
  local limits = models.limits(model)
  if not limits then return nil end
  local err = check_count(model, limits, #images) or check_prompt(model, limits, prompt)
  for _, image in ipairs(images) do
    err = err or check_image(model, limits, image)
  end
  if not err and mask and images[1] then err = check_mask(model, mask, images[1]) end
  return err
end

return models
