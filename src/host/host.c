/* SPDX-License-Identifier: MIT
 *
 * The state: what is in it when it is born, and how it is left.
 */
#include "host/host.h"

#include <string.h>

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lualib.h>

#include "base/memory.h"
#include "bind/bind.h"
#include "host/embedded.h"
#include "host/state.h"

enum { AFTER_PRELOAD = 2 };

int luaopen_cjson_safe(lua_State *L); /* lua-cjson.h forgets it */

static const struct dg_embedded *find_embedded(const char *name)
{
    const struct dg_embedded *e = dg_embedded;
    while (e->name && strcmp(e->name, name) != 0)
        e++;
    return e;
}

/* A searcher of `require`: the chunk of an embedded file, compiled. */
static int search_embedded(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct dg_embedded *e = find_embedded(name);
    if (!e->name) {
        lua_pushfstring(L, "no embedded module '%s'", name);
        return 1;
    }
    if (luaL_loadbufferx(L, (const char *)e->text, e->size_bytes, e->chunk, "t") != LUA_OK)
        return luaL_error(L, "module '%s': %s", name, lua_tostring(L, -1));
    lua_pushstring(L, e->chunk + 1);
    return 2;
}

/* With the table `package` on top: our searcher goes behind that of preload. */
static void add_searcher(lua_State *L)
{
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= AFTER_PRELOAD; i--) {
        lua_rawgeti(L, -1, i); /* package searchers searcher */
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search_embedded);
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
    lua_pushcfunction(L, luaopen_cjson);
    lua_setfield(L, -2, "cjson");
    lua_pushcfunction(L, luaopen_cjson_safe);
    lua_setfield(L, -2, "cjson.safe");
    lua_pop(L, 1);
}

/* With `package` on top: takes the working folder, which may be anybody's, out
 * of the standard search path; where the user's own variable names it, it stays. */
static void leave_out_here(lua_State *L, const char *field, const char *standard)
{
    static const char *const HERE[] = { ";./?.lua", ";./?/init.lua", ";./?.so" };
    int package = lua_gettop(L);
    const char *kept = standard;
    for (size_t i = 0; i < sizeof(HERE) / sizeof(HERE[0]); i++)
        kept = luaL_gsub(L, kept, HERE[i], "");
    lua_getfield(L, package, field); /* package kept ... path */
    luaL_gsub(L, lua_tostring(L, -1), standard, kept);
    lua_setfield(L, package, field);
    lua_settop(L, package);
}

static int furnish(lua_State *L)
{
    luaL_openlibs(L);
    add_native(L);
    lua_getglobal(L, LUA_LOADLIBNAME);
    add_searcher(L);
    leave_out_here(L, "path", LUA_PATH_DEFAULT);
    leave_out_here(L, "cpath", LUA_CPATH_DEFAULT);
    return 0;
}

struct dg_host *dg_host_new(struct dg_error *err)
{
    lua_State *L = luaL_newstate();
    if (!L) {
        dg_error_set(err, DG_KIND_SCRIPT, "memory", "no memory for a Lua state");
        return NULL;
    }
    struct dg_host *h = dg_alloc(sizeof(*h));
    h->L = L;
    if (dg_host_protect(h, furnish, NULL, err))
        return h;
    dg_host_free(h);
    return NULL;
}

void dg_host_free(struct dg_host *h)
{
    if (!h)
        return;
    lua_close(h->L);
    dg_free(h);
}

struct file {
    const char *path; /* what to run */
    int argc;         /* how many */
    char **argv;      /* stand behind it */
    int code;         /* what it returned */
};

static void set_arg(lua_State *L, const struct file *f)
{
    lua_createtable(L, f->argc, 1);
    lua_pushstring(L, f->path); /* arg path */
    lua_rawseti(L, -2, 0);
    for (int i = 0; i < f->argc; i++) {
        lua_pushstring(L, f->argv[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setglobal(L, "arg");
}

static int run_file(lua_State *L)
{
    struct file *f = lua_touserdata(L, 1);
    set_arg(L, f);
    if (luaL_loadfilex(L, f->path, "t") != LUA_OK)
        return lua_error(L);
    luaL_checkstack(L, f->argc, "too many arguments");
    for (int i = 0; i < f->argc; i++)
        lua_pushstring(L, f->argv[i]);
    dg_host_call(L, f->argc);
    f->code = lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : 0;
    return 0;
}

int dg_host_file(struct dg_host *h, const char *path, int argc, char **argv)
{
    struct file f = { .path = path, .argc = argc, .argv = argv };
    return dg_host_protect(h, run_file, &f, NULL) ? f.code : 1;
}
