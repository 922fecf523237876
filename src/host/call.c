/* SPDX-License-Identifier: MIT
 *
 * Protected calls, tracebacks, and how an unforeseen error is shown.
 */
#include <string.h>

#include <lauxlib.h>

#include "base/log.h"
#include "host/state.h"

static const char TRACEBACK[] = "\nstack traceback:";

/* The error's text on top: what tostring gives, and the traceback that a task
 * has put into an error table. */
static const char *describe(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL)
        luaL_tolstring(L, 1, NULL);
    else
        lua_pushfstring(L, "an error that is no text but a %s", luaL_typename(L, 1));
    if (!lua_istable(L, 1))
        return lua_tostring(L, -1);
    lua_pushliteral(L, "traceback");
    if (lua_rawget(L, 1) != LUA_TSTRING) /* error ... text traceback */
        lua_pop(L, 1);
    else
        lua_pushfstring(L, "%s\n%s", lua_tostring(L, -2), lua_tostring(L, -1));
    return lua_tostring(L, -1);
}

static int on_error(lua_State *L)
{
    const char *text = describe(L);
    if (!strstr(text, TRACEBACK))
        luaL_traceback(L, L, text, 1);
    return 1;
}

void dg_host_call(lua_State *L, int arguments)
{
    int function = lua_gettop(L) - arguments;
    lua_pushcfunction(L, on_error);
    lua_insert(L, function); /* ... handler function arguments */
    int status = lua_pcall(L, arguments, 1, function);
    lua_remove(L, function); /* ... result */
    if (status != LUA_OK)
        lua_error(L);
}

void dg_host_function(lua_State *L, const char *module, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    dg_host_call(L, 1);
    if (!lua_istable(L, -1))
        luaL_error(L, "module '%s' is a %s, not a table", module, luaL_typename(L, -1));
    if (lua_getfield(L, -1, name) != LUA_TFUNCTION)
        luaL_error(L, "module '%s' has no function '%s'", module, name);
    lua_remove(L, -2); /* ... function */
}

/* The first line as an error, the others below it. */
static void show(const char *text, struct dg_error *err)
{
    struct dg_error first;
    size_t size = strcspn(text, "\n");
    dg_error_set(&first, DG_KIND_SCRIPT, "lua", "%.*s", (int)size, text);
    dg_log_progress("");
    dg_log(DG_LOG_ERROR, "%s", first.message);
    for (text += size; *text; text += size) {
        text++;
        size = strcspn(text, "\n");
        const char *start = text + strspn(text, "\t");
        dg_log(DG_LOG_INFO, "%s%.*s", start > text ? "    " : "", (int)(text + size - start),
               start);
    }
    if (err)
        *err = first;
}

bool dg_host_protect(struct dg_host *h, lua_CFunction task, void *data, struct dg_error *err)
{
    lua_State *L = h->L;
    int top = lua_gettop(L);
    lua_pushcfunction(L, task); /* no memory is needed for these two */
    lua_pushlightuserdata(L, data);
    bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!ok)
        show(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error without a text", err);
    lua_settop(L, top);
    return ok;
}
