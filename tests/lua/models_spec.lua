-- SPDX-License-Identifier: MIT

local models = require("diffgentor.models")

local MIB = 1024 * 1024

local function picture(changes)
  local p = { kind = "png", size = 1000, width = 64, height = 64, alpha = true, label = "a.png" }
  for key, value in pairs(changes or {}) do p[key] = value end
  return p
end

local function many(count)
  local list = {}
  for i = 1, count do list[i] = picture() end
  return list
end

describe("models.preflight", function()
  local one = { picture() }
  local refused = {
    { "gpt-image-1", many(17), "x", "too_many_images", "17 images; gpt-image-1 takes at most 16" },
    { "gpt-image-2.6-sunburst", { picture({ size = 50 * MIB }) }, "x", "image_too_large",
      "a.png: has 52428800 bytes; gpt-image-2.6-sunburst takes less than 52428800 (50 MiB)" },
    { "chatgpt-image-latest", { picture({ kind = "gif" }) }, "x", "image_kind",
      "a.png: is gif; chatgpt-image-latest takes jpeg, png, webp" },
    { "gpt-image-1.5", one, ("ä"):rep(32001), "prompt_too_long",
      "the prompt has 32001 characters; gpt-image-1.5 takes at most 32000" },
    { "dall-e-2", many(2), "x", "too_many_images", "2 images; dall-e-2 takes at most 1" },
    { "dall-e-2", { picture({ kind = "jpeg" }) }, "x", "image_kind",
      "a.png: is jpeg; dall-e-2 takes png" },
    { "dall-e-2", { picture({ size = 4 * MIB }) }, "x", "image_too_large",
      "a.png: has 4194304 bytes; dall-e-2 takes less than 4194304 (4 MiB)" },
    { "dall-e-2", { picture({ height = 32 }) }, "x", "image_not_square",
      "a.png: is 64x32; dall-e-2 takes square pictures" },
    { "dall-e-2", one, ("x"):rep(1001), "prompt_too_long",
      "the prompt has 1001 characters; dall-e-2 takes at most 1000" },
    { "dall-e-3", many(2), "x", "too_many_images", "2 images; dall-e-3 takes at most 1" },
    { "dall-e-3", one, ("x"):rep(4001), "prompt_too_long",
      "the prompt has 4001 characters; dall-e-3 takes at most 4000" },
  }

  it("names what a model is known to refuse", function()
    for _, case in ipairs(refused) do
      local err = models.preflight(case[1], case[2], nil, case[3])
      assert.same({ case[4], case[5] }, { err.code, err.message })
    end
  end)

  it("lets through what is within the limits", function()
    local jpeg = picture({ kind = "jpeg", width = 100, size = 50 * MIB - 1 })
    assert.is_nil(models.preflight("gpt-image-1", many(16), nil, ("ä"):rep(32000)))
    assert.is_nil(models.preflight("gpt-image-1-mini", { jpeg }, nil, "x"))
    assert.is_nil(models.preflight("dall-e-2", one, nil, ("x"):rep(1000)))
    assert.is_nil(models.preflight("dall-e-3", { jpeg }, nil, "x"))
    assert.is_nil(models.preflight("gpt-image-1", { { label = "not loaded" } }, nil, "x"))
  end)

  it("leaves unknown models to their server", function()
    local gif = picture({ kind = "gif", size = 90 * MIB })
    assert.is_nil(models.limits("my-model"))
    assert.is_nil(models.preflight("my-model", { gif, gif }, gif, ("x"):rep(99999)))
  end)

  it("holds a mask against the first image", function()
    local cases = {
      { { kind = "jpeg" }, "mask_kind", "mask a.png: is jpeg; gpt-image-1 takes a PNG" },
      { { size = 4 * MIB }, "mask_too_large",
        "mask a.png: has 4194304 bytes; gpt-image-1 takes less than 4194304 (4 MiB)" },
      { { width = 32 }, "mask_size",
        "mask a.png: is 32x64, the image a.png is 64x64; they must be of one size" },
      { { alpha = false }, "mask_alpha",
        "mask a.png: has no transparency; what is to be edited must be transparent" },
    }
    for _, case in ipairs(cases) do
      local err = models.preflight("gpt-image-1", one, picture(case[1]), "x")
      assert.same({ case[2], case[3] }, { err.code, err.message })
    end
    assert.is_nil(models.preflight("gpt-image-1", { picture(), picture({ width = 9 }) }, picture(),
      "x"))
  end)

  it("asks for b64_json where a model needs that said", function()
    assert.equal("b64_json", models.limits("dall-e-2").response_format)
    assert.equal("b64_json", models.limits("dall-e-3").response_format)
    assert.is_nil(models.limits("gpt-image-1").response_format)
  end)
end)
