/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.ratelimit: the sliding-window limiter, in the userdata itself, or in
 * memory that all programs of this user on this machine share under a name.
 */
#include <string.h>

#include "base/hash.h"
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/options.h"
#include "core/limiter.h"
#include "core/limits_file.h"

static const char RATELIMIT[] = "diffgentor.ratelimit";
static const char FOLDER[] = "diffgentor.ratelimit.folder"; /* in the registry */

enum { LIMIT_MAX = 1000000, FILE_NAME_BYTES = 4096 };

struct ratelimit {
    unsigned limit;              /* takes in a window, 0 = no limit */
    dg_msec window_ms;           /* its length */
    const char *name;            /* to share it by, NULL: it is shared by nobody */
    const char *folder;          /* where those are that are shared */
    struct dg_limits_file *file; /* there, or NULL: */
    struct dg_limiter *limiter;  /* behind this, at a multiple of 8 */
    uint16_t meter;              /* of all takes */
};

static const struct dg_option OPTIONS[] = {
    { "limit", dg_option_count, offsetof(struct ratelimit, limit) },
    { "window", dg_option_seconds, offsetof(struct ratelimit, window_ms) },
    { "name", dg_option_text, offsetof(struct ratelimit, name) },
    { NULL, NULL, 0 },
};

/* The file of a name: hex digits, and never that of an endpoint. */
static bool open_shared(struct ratelimit *r, struct dg_error *err)
{
    char hex[DG_HASH_HEX_BYTES];
    struct dg_buffer text;
    dg_buffer_init(&text, FILE_NAME_BYTES);
    bool fits = dg_buffer_printf(&text, "ratelimit:%s", r->name);
    dg_hash_hex(text.data, text.size, hex);
    dg_buffer_done(&text);
    if (!fits)
        return dg_error_set(err, DG_KIND_USAGE, "bad_name", "the limit's name is too long");
    r->file = dg_limits_folder_make(r->folder, err)
                  ? dg_limits_file_open(r->folder, hex, r->limit, err)
                  : NULL;
    r->limiter = r->file ? dg_limits_file_limiter(r->file) : NULL;
    return r->file != NULL;
}

/* ratelimit.folder(path: string)
 * Where limiters with a name are shared from now on. */
static int ratelimit_folder(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, FOLDER);
    return 0;
}

/* ratelimit.new{limit: integer, window: number = 60, name: string?}: limiter | nil, err
 * With a name all limiters of that name in the folder are one. */
static int ratelimit_new(lua_State *L)
{
    struct dg_error err;
    struct ratelimit f = { .limit = UINT32_MAX, .window_ms = 60000 };
    dg_lua_options(L, 1, 0, OPTIONS, &f);
    if (f.limit == UINT32_MAX)
        dg_lua_option_missing(L, 1, 0, "limit");
    luaL_argcheck(L, f.limit <= LIMIT_MAX, 1, "option 'limit' is over 1000000");
    luaL_argcheck(L, f.window_ms > 0, 1, "option 'window' is 0");
    if (lua_getfield(L, LUA_REGISTRYINDEX, FOLDER) == LUA_TSTRING)
        f.folder = lua_tostring(L, -1);
    luaL_argcheck(L, !f.name || f.folder, 1, "option 'name': no folder is set");
    size_t size = f.name ? 0 : dg_limiter_size(1, f.limit);
    struct ratelimit *r = lua_newuserdatauv(L, sizeof *r + size, 0);
    *r = f;
    luaL_setmetatable(L, RATELIMIT);
    if (f.name && f.limit > 0 && !open_shared(r, &err))
        return dg_lua_fail(L, &err);
    if (!f.name) {
        r->limiter = memset(r + 1, 0, size);
        dg_limiter_init(r->limiter, 1, r->limit);
    }
    if (r->limiter)
        r->meter = (uint16_t)dg_limiter_meter(r->limiter, 0);
    return 1;
}

static int ratelimit_gc(lua_State *L)
{
    struct ratelimit *r = luaL_checkudata(L, 1, RATELIMIT);
    dg_limits_file_close(r->file);
    r->file = NULL;
    r->limiter = NULL;
    return 0;
}

/* Milliseconds to wait; 0: a slot is free, and is used up at once if `take`. */
static dg_msec ask(struct ratelimit *r, dg_msec now, bool take)
{
    struct dg_cap cap = { .meters = &r->meter, .count = 1, .most = { .requests = r->limit } };
    struct dg_take t = {
        .caps = &cap, .cap_count = 1, .meter = r->meter, .window_ms = r->window_ms
    };
    uint64_t slot;
    if (r->limit == 0 || !r->limiter)
        return 0;
    if (!take)
        return dg_limiter_delay(r->limiter, &t, now);
    dg_msec delay = dg_limiter_take(r->limiter, &t, now, &slot);
    dg_limiter_sent(r->limiter, slot, now);
    return delay;
}

/* limiter:take(now: number?): seconds: number
 * 0: go; else ask again then. */
static int ratelimit_take(lua_State *L)
{
    struct ratelimit *r = luaL_checkudata(L, 1, RATELIMIT);
    dg_lua_push_seconds(L, ask(r, dg_lua_now(L, 2), true));
    return 1;
}

/* limiter:delay(now: number?): seconds: number */
static int ratelimit_delay(lua_State *L)
{
    struct ratelimit *r = luaL_checkudata(L, 1, RATELIMIT);
    dg_lua_push_seconds(L, ask(r, dg_lua_now(L, 2), false));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", ratelimit_new },
    { "folder", ratelimit_folder },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "take", ratelimit_take },
    { "delay", ratelimit_delay },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", ratelimit_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_native_ratelimit(lua_State *L)
{
    dg_lua_class(L, RATELIMIT, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    dg_lua_methods(L, RATELIMIT);
    return 1;
}
