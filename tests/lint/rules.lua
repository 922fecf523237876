-- SPDX-License-Identifier: MIT
--
-- The house rules as data: layers, owners, numbers.  lint.lua applies them.

local rules = {}

-- What each layer under src may include; each knows only those to its left.
rules.layers = {
  base = { "base" },
  core = { "base", "core" },
  bind = { "base", "core", "bind" },
  host = { "base", "core", "bind", "host" },
  lib = { "base", "core", "bind", "host", "lib" },
  rehearsal = { "base", "rehearsal" },
  cli = { "base", "host", "rehearsal", "cli" },
}

-- Outside headers, and the files of src that may include them (Lua patterns).
rules.headers = {
  { "curl/", { "^core/transfer[_%w]*%.[ch]$", "^core/reactor%.[ch]$" } },
  { "csv%.h", { "^core/csv[%w_]*%.c$" } },
  { "sqlite3%.h", { "^core/ledger[%w_]*%.[ch]$" } },
  { "nettle/", { "^base/hash%.c$" } },
  { "microhttpd%.h", { "^rehearsal/" } },
  { "spng%.h", { "^rehearsal/" } },
  { "jpeglib%.h", { "^rehearsal/" } },
  { "webp/", { "^rehearsal/" } },
  { "lua%.h", { "^bind/", "^host/", "^lib/" } },
  { "lauxlib%.h", { "^bind/", "^host/" } },
  { "lualib%.h", { "^bind/", "^host/" } },
  { "luaconf%.h", { "^bind/", "^host/" } },
  { "lua%-cjson%.h", { "^host/" } },
  { "lua5%.4/", { "^bind/", "^host/" } },
}

-- Calls in C, and the files of src that may make them; none: banned everywhere.
rules.calls = {
  { { "malloc", "calloc", "realloc", "free", "strdup", "strndup", "asprintf", "vasprintf" },
    { "^base/memory%.c$" } },
  { { "clock_gettime", "gettimeofday", "time", "clock" }, { "^base/clock%.c$" } },
  { { "lua_pcall", "lua_pcallk", "luaL_dofile", "luaL_dostring" }, { "^host/" } },
  { { "lua_call", "lua_callk", "lua_yield", "lua_yieldk", "lua_resume", "luaL_ref" }, {} },
  { { "getenv", "secure_getenv", "setenv", "putenv" }, { "^cli/" } },
  { { "fork", "vfork", "system", "popen", "execve", "execvp" }, { "^cli/" } },
  { { "exit", "_exit", "_Exit", "quick_exit" }, { "^cli/" } },
  { { "abort" }, { "^base/memory%.c$" } },
  { { "sleep", "usleep", "nanosleep" }, {} },
  { { "sprintf", "vsprintf", "strcpy", "stpcpy", "strcat", "strncat", "strncpy", "atoi", "atol",
      "atof", "gets", "strtok", "tmpnam", "mktemp", "scanf", "sscanf", "alloca" }, {} },
}

-- Uses in lua/, and the files that may make them.
rules.lua_uses = {
  { "coroutine%.", { "^diffgentor/task%.lua$" } },
  { "os%.exit", {} },
  { "os%.getenv", {} },
  { "os%.execute", {} },
  { "io%.popen", {} },
  { "loadstring", {} },
  { "require%s*%(?[\"']cjson", { "^diffgentor/json%.lua$" } },
}

rules.file_lines = 600
rules.function_lines = 60
rules.columns = 100

-- Words that mark unfinished work.
rules.words = { "TO" .. "DO", "FIX" .. "ME", "XX" .. "X" }

-- Folders that carry a README.md: these, and every folder below src and tests.
rules.readmes = { "src", "lua", "scripts", "scripts/examples", "tests", "third_party", "docs" }

return rules
