/* SPDX-License-Identifier: MIT
 *
 * diffgentor.error: the one shape of errors in Lua, a table {kind=, code=,
 * message=} whose tostring is the message.
 */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "bind/bind.h"
#include "bind/check.h"

static const char ERROR[] = "diffgentor.error";

static int error_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushliteral(L, "message");
    if (lua_rawget(L, 1) != LUA_TSTRING)
        lua_pushliteral(L, "error without a message");
    return 1;
}

static const luaL_Reg METAMETHODS[] = {
    { "__tostring", error_tostring },
    { NULL, NULL },
};

static void push_metatable(lua_State *L)
{
    if (luaL_newmetatable(L, ERROR))
        luaL_setfuncs(L, METAMETHODS, 0);
}

void dg_lua_error(lua_State *L, const struct dg_error *err)
{
    luaL_checkstack(L, 3, "no room for an error");
    lua_createtable(L, 0, 5);
    lua_pushstring(L, dg_kind_name(err->kind)); /* error kind */
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, err->code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, err->message);
    lua_setfield(L, -2, "message");
    push_metatable(L); /* error metatable */
    lua_setmetatable(L, -2);
}

int dg_lua_fail(lua_State *L, const struct dg_error *err)
{
    lua_pushnil(L);
    dg_lua_error(L, err);
    return 2;
}

static enum dg_kind check_kind(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    for (int kind = DG_KIND_NONE + 1; kind < DG_KIND_COUNT; kind++) {
        if (strcmp(dg_kind_name((enum dg_kind)kind), name) == 0)
            return (enum dg_kind)kind;
    }
    luaL_argerror(L, arg, lua_pushfstring(L, "unknown kind '%s'", name));
    return DG_KIND_NONE;
}

/* The text of arguments `first` and on, as string.format (the upvalue) makes
 * it.  It is C and is called as such, on this frame. */
static const char *format(lua_State *L, int first)
{
    if (lua_gettop(L) == first)
        return lua_tostring(L, first);
    lua_rotate(L, 1, lua_gettop(L) - first + 1); /* format ... kind code */
    lua_settop(L, lua_gettop(L) - first + 1);    /* format ... */
    lua_tocfunction(L, lua_upvalueindex(1))(L);  /* format ... text */
    return lua_tostring(L, -1);
}

/* error.new(kind: string, code: string, format: string, ...): err
 * Without further values the text is taken as it is. */
static int error_new(lua_State *L)
{
    struct dg_error err;
    char code[DG_CODE_BYTES];
    enum dg_kind kind = check_kind(L, 1);
    snprintf(code, sizeof(code), "%s", dg_lua_text(L, 2));
    luaL_checkstring(L, 3);
    dg_error_set(&err, kind, code, "%s", format(L, 3));
    dg_lua_error(L, &err);
    return 1;
}

/* error.is(value: any): boolean */
static int error_is(lua_State *L)
{
    luaL_checkany(L, 1);
    bool is = lua_getmetatable(L, 1);
    if (is) {
        push_metatable(L); /* ... own wanted */
        is = lua_rawequal(L, -1, -2);
    }
    lua_pushboolean(L, is);
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", error_new },
    { "is", error_is },
    { NULL, NULL },
};

int luaopen_diffgentor_error(lua_State *L)
{
    luaL_newlibtable(L, FUNCTIONS);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, LUA_STRLIBNAME);
    lua_getfield(L, -1, "format"); /* functions loaded string format */
    if (!lua_iscfunction(L, -1))
        return luaL_error(L, "diffgentor.error needs the standard string.format");
    lua_replace(L, -3); /* functions format string */
    lua_pop(L, 1);
    luaL_setfuncs(L, FUNCTIONS, 1);
    return 1;
}
