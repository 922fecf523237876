/* SPDX-License-Identifier: MIT
 *
 * The state: what is in it when it is born, and how it is left.
 */
#include "host/host.h"

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lualib.h>

#include "base/memory.h"
#include "host/guard.h"
#include "host/state.h"

int luaopen_cjson_safe(lua_State *L); /* lua-cjson.h forgets it */

/* The guard of this state; and lua-cjson is in the program, so that it needs no
 * file beside it. */
static void add_own(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_diffgentor_native_guard);
    lua_setfield(L, -2, "diffgentor.native.guard");
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

/* Whoever sets a hook has the guard's no more. */
static void remove_sethook(lua_State *L)
{
    lua_getglobal(L, LUA_DBLIBNAME);
    lua_pushnil(L);
    lua_setfield(L, -2, "sethook");
    lua_pop(L, 1);
}

static int furnish(lua_State *L)
{
    luaL_openlibs(L);
    dg_libs_add(L, "", NULL);
    remove_sethook(L);
    add_own(L);
    lua_getglobal(L, LUA_LOADLIBNAME);
    leave_out_here(L, "path", LUA_PATH_DEFAULT);
    leave_out_here(L, "cpath", LUA_CPATH_DEFAULT);
    return 0;
}

/* A build for tests: each allocation that may collect does a part of a collection, and
 * the next one begins at once.  What C holds without an anchor does not last long. */
static void collect_always(lua_State *L)
{
#if DG_COLLECT
    enum { MOST_WORK = 1000, SMALLEST_STEP = 1 };
    lua_gc(L, LUA_GCSETPAUSE, 0);
    lua_gc(L, LUA_GCINC, 0, MOST_WORK, SMALLEST_STEP);
#else
    (void)L;
#endif
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
    h->guard = dg_guard_new(L);
    collect_always(L);
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
    dg_guard_free(h->guard);
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
    luaL_requiref(L, "debug.whole", luaopen_debug, 0); /* the specs need sethook */
    lua_pop(L, 1);
    dg_guard_arm(L);
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
