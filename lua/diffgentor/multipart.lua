-- SPDX-License-Identifier: MIT
--
-- Form bodies (multipart/form-data) that are streamed from their files, never held.
--
--     local form = multipart.new():field("prompt", "a hat"):file("image", "cat.png")
--     form:size(), form:type()
--     local answer = assert(form:post("https://example.com/upload"))     answer.status, .text

local native = require("diffgentor.native.multipart")

local multipart = { new = native.new }

--- Sends the form to a URL, no key with it.
---@param url string
---@param options diffgentor.HttpOptions? as of http.post
---@return diffgentor.HttpAnswer|nil answer, any err
function native.methods:post(url, options)
  return require("diffgentor.http").post(url, self, options)
end

return multipart
