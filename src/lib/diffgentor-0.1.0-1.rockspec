rockspec_format = "3.0"
package = "diffgentor"
version = "0.1.0-1"
source = {
  url = "file://.", -- of a checkout: luarocks make
}
description = {
  summary = "Very many image edits through OpenAI-compatible APIs",
  detailed = [[
The engine, the endpoint pool and the edit workflow as modules for Lua 5.4, and the program.]],
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua ~> 5.4", "lua-cjson ~> 2.1" }
-- The C libraries are those of third_party/packages.txt; CMake says what is missing.
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    CMAKE_INSTALL_PREFIX = "$(PREFIX)",
    DG_LUA_CDIR = "$(LIBDIR)",
    DG_LIBRARY = "OFF", -- luarocks does not deploy its links
    BUILD_TESTING = "OFF",
  },
}
