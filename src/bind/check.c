/* SPDX-License-Identifier: MIT
 *
 * Arguments and results that several modules share.
 */
#include "bind/check.h"

#include <math.h>
#include <string.h>

#include "bind/bind.h"

static const char BUFFER[] = "diffgentor.buffer";

const char *dg_lua_text(lua_State *L, int arg)
{
    size_t size;
    const char *text = luaL_checklstring(L, arg, &size);
    luaL_argcheck(L, strlen(text) == size, arg, "string contains a zero byte");
    return text;
}

const char *dg_lua_path(lua_State *L, int arg, struct dg_error *err)
{
    size_t size;
    const char *path = luaL_checklstring(L, arg, &size);
    if (strlen(path) == size)
        return path;
    dg_error_set(err, DG_KIND_FILE, "bad_path", "%s: a zero byte follows; no path can hold one",
                 path);
    return NULL;
}

int dg_lua_done(lua_State *L, bool ok, const struct dg_error *err)
{
    if (!ok)
        return dg_lua_fail(L, err);
    lua_pushboolean(L, true);
    return 1;
}

bool dg_lua_milliseconds(double seconds, dg_msec *span)
{
    if (!(seconds >= 0 && seconds <= DG_SECONDS_MAX))
        return false;
    *span = (dg_msec)ceil(seconds * 1000 - 1e-6);
    return true;
}

dg_msec dg_lua_seconds(lua_State *L, int arg)
{
    dg_msec span = 0;
    if (!dg_lua_milliseconds(luaL_checknumber(L, arg), &span))
        luaL_argerror(L, arg, "seconds from 0 to 1e12 expected");
    return span;
}

dg_msec dg_lua_now(lua_State *L, int arg)
{
    return lua_isnoneornil(L, arg) ? dg_clock_now() : dg_lua_seconds(L, arg);
}

void dg_lua_push_seconds(lua_State *L, dg_msec span)
{
    lua_pushnumber(L, (double)span / 1000);
}

void dg_lua_set_integer(lua_State *L, const char *name, int64_t number)
{
    lua_pushinteger(L, number);
    lua_setfield(L, -2, name);
}

void dg_lua_set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text ? text : "");
    lua_setfield(L, -2, name);
}

void dg_lua_set_bytes(lua_State *L, const char *name, const char *bytes, size_t size_bytes)
{
    lua_pushlstring(L, bytes, size_bytes);
    lua_setfield(L, -2, name);
}

void dg_lua_set_seconds(lua_State *L, const char *name, dg_msec span)
{
    if (span < 0)
        return;
    dg_lua_push_seconds(L, span);
    lua_setfield(L, -2, name);
}

static int buffer_gc(lua_State *L)
{
    dg_buffer_done(luaL_checkudata(L, 1, BUFFER));
    return 0;
}

struct dg_buffer *dg_lua_buffer(lua_State *L, size_t limit_bytes)
{
    struct dg_buffer *b = lua_newuserdatauv(L, sizeof(*b), 0);
    dg_buffer_init(b, limit_bytes);
    if (luaL_newmetatable(L, BUFFER)) {
        lua_pushcfunction(L, buffer_gc); /* buffer metatable gc */
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return b;
}

void dg_lua_class(lua_State *L, const char *name, const luaL_Reg *methods,
                  const luaL_Reg *metamethods)
{
    if (luaL_newmetatable(L, name)) {
        luaL_setfuncs(L, metamethods, 0);
        lua_newtable(L); /* metatable methods */
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

void dg_lua_methods(lua_State *L, const char *name)
{
    luaL_getmetatable(L, name);
    lua_getfield(L, -1, "__index"); /* functions metatable methods */
    lua_setfield(L, -3, "methods");
    lua_pop(L, 1);
}
