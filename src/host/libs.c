/* SPDX-License-Identifier: MIT
 *
 * What a state is given so that `require` finds the modules: native ones in
 * package.preload, embedded Lua through a searcher, the environment as a table.
 */
#include "host/libs.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "base/stop.h"
#include "bind/bind.h"
#include "host/embedded.h"
#include "host/state.h"

enum { AFTER_PRELOAD = 2, STACK_NEEDED = 8 };

static const char OPENED[] = "diffgentor.opened"; /* in the registry: all is there */
static const char OWN[] = "diffgentor";           /* what our names begin with */

static const struct dg_embedded *find_embedded(const char *name)
{
    const struct dg_embedded *e = dg_embedded;
    while (e->name && strcmp(e->name, name) != 0)
        e++;
    return e;
}

/* An interpreter that we are loaded into may not tell its release. */
#pragma weak lua_ident

/* Byte code is taken by the very Lua that made it; any other gets the text. */
static int load(lua_State *L, const struct dg_embedded *e)
{
    const char *code = (const char *)e->code;
    bool own = lua_ident && strcmp(lua_ident, dg_embedded_for) == 0;
    if (own && luaL_loadbufferx(L, code, e->code_bytes, e->chunk, "b") == LUA_OK)
        return LUA_OK;
    if (own)
        lua_pop(L, 1);
    return luaL_loadbufferx(L, (const char *)e->text, e->size_bytes, e->chunk, "t");
}

/* Pushes the chunk of an embedded file, compiled, and its path; returns 0 if
 * there is none of that name. */
static int push_chunk(lua_State *L, const char *name)
{
    const struct dg_embedded *e = find_embedded(name);
    if (!e->name)
        return 0;
    if (load(L, e) != LUA_OK)
        return luaL_error(L, "module '%s': %s", name, lua_tostring(L, -1));
    lua_pushstring(L, e->chunk + 1);
    return 2;
}

/* A searcher of `require`, for names that begin with its upvalue. */
static int search_embedded(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *prefix = lua_tostring(L, lua_upvalueindex(1));
    int pushed = strncmp(name, prefix, strlen(prefix)) == 0 ? push_chunk(L, name) : 0;
    if (pushed == 0)
        lua_pushfstring(L, "no embedded module '%s'", name);
    return pushed == 0 ? 1 : pushed;
}

/* With the table `package` on top: our searcher goes behind that of preload. */
static void add_searcher(lua_State *L, const char *prefix)
{
    if (lua_getfield(L, -1, "searchers") != LUA_TTABLE)
        luaL_error(L, "package.searchers is a %s, not a table", luaL_typename(L, -1));
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= AFTER_PRELOAD; i--) {
        lua_rawgeti(L, -1, i); /* package searchers searcher */
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushstring(L, prefix);
    lua_pushcclosure(L, search_embedded, 1);
    lua_rawseti(L, -2, AFTER_PRELOAD);
    lua_pop(L, 1);
}

/* The bundled workflow as a script, for those who change it: a text. */
static int open_bundled(lua_State *L)
{
    const struct dg_embedded *e = find_embedded("scripts.edit");
    lua_pushlstring(L, (const char *)e->text, e->size_bytes);
    return 1;
}

static void add_native(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const struct dg_module *m = dg_modules; m->name; m++) {
        lua_pushcfunction(L, m->open); /* preload open */
        lua_setfield(L, -2, m->name);
    }
    lua_pushcfunction(L, open_bundled);
    lua_setfield(L, -2, "diffgentor.native.bundled");
    lua_pop(L, 1);
}

void dg_libs_environment(lua_State *L, char **environment)
{
    lua_newtable(L);
    for (char **entry = environment; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals)
            continue;
        lua_pushlstring(L, *entry, (size_t)(equals - *entry)); /* environment name */
        lua_pushstring(L, equals + 1);
        lua_rawset(L, -3);
    }
}

void dg_libs_add(lua_State *L, const char *prefix, char **environment)
{
    add_native(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    dg_libs_environment(L, environment); /* loaded environment */
    lua_setfield(L, -2, "diffgentor.environment");
    if (lua_getfield(L, -1, LUA_LOADLIBNAME) != LUA_TTABLE) /* loaded package */
        luaL_error(L, "there is no module 'package': open Lua's standard libraries first");
    add_searcher(L, prefix);
    lua_pop(L, 2);
}

void dg_openlibs(lua_State *L)
{
    struct dg_error err;
    luaL_checkstack(L, STACK_NEEDED, "dg_openlibs");
    bool opened = lua_getfield(L, LUA_REGISTRYINDEX, OPENED) != LUA_TNIL;
    lua_pop(L, 1);
    if (opened)
        return;
    if (!dg_stop_init(&err))
        luaL_error(L, "%s", err.message);
    dg_libs_add(L, OWN, environ);
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, OPENED);
}

int dg_libs_module(lua_State *L, const char *name)
{
    dg_openlibs(L);
    if (push_chunk(L, name) == 0) /* chunk path */
        return luaL_error(L, "no embedded module '%s'", name);
    lua_pushstring(L, name);
    lua_insert(L, -2); /* chunk name path */
    dg_host_call(L, 2);
    return 1;
}
