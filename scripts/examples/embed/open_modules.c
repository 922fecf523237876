/* SPDX-License-Identifier: MIT
 *
 * The modules in a Lua state of this program's own: a script given as text sends
 * one request through the endpoints of the environment.
 *
 *     open_modules
 */
#include <stdio.h>

#include <diffgentor.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static const char SCRIPT[] =
    "local pool = assert(require('diffgentor.pool').from_env('OPENAI'))\n"
    "local reply = assert(pool:send { path = '/models' })\n"
    "print('open_modules: ' .. reply.status .. ' ' .. reply.data.object)\n";

/* What may raise runs protected. */
static int work(lua_State *L)
{
    luaL_openlibs(L);
    dg_openlibs(L);
    if (luaL_loadstring(L, SCRIPT) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

int main(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return 1;
    lua_pushcfunction(L, work);
    int status = lua_pcall(L, 0, 0, 0);
    if (status != LUA_OK)
        fprintf(stderr, "open_modules: %s\n", luaL_tolstring(L, -1, NULL));
    lua_close(L);
    return status == LUA_OK ? 0 : 1;
}
