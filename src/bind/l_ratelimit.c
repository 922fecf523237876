/* SPDX-License-Identifier: MIT
 *
 * diffgentor.ratelimit: the sliding-window limiter.  The userdata is the
 * limiter: nothing to close.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/options.h"
#include "core/limiter.h"

static const char RATELIMIT[] = "diffgentor.ratelimit";

enum { LIMIT_MAX = 1000000 };

struct fields {
    unsigned limit;    /* takes in a window, 0 = no limit */
    dg_msec window_ms; /* its length */
};

static const struct dg_option OPTIONS[] = {
    { "limit", dg_option_count, offsetof(struct fields, limit) },
    { "window", dg_option_seconds, offsetof(struct fields, window_ms) },
    { NULL, NULL, 0 },
};

/* ratelimit.new{limit: integer, window: number = 60}: limiter */
static int ratelimit_new(lua_State *L)
{
    struct fields f = { .limit = UINT32_MAX, .window_ms = 60000 };
    dg_lua_options(L, 1, 0, OPTIONS, &f);
    if (f.limit == UINT32_MAX)
        dg_lua_option_missing(L, 1, 0, "limit");
    luaL_argcheck(L, f.limit <= LIMIT_MAX, 1, "option 'limit' is over 1000000");
    luaL_argcheck(L, f.window_ms > 0, 1, "option 'window' is 0");
    struct dg_limiter *l = lua_newuserdatauv(L, dg_limiter_size(f.limit), 0);
    dg_limiter_init(l, f.limit, f.window_ms);
    luaL_setmetatable(L, RATELIMIT);
    return 1;
}

/* limiter:take(now: number?): seconds: number
 * 0: go; else ask again then. */
static int ratelimit_take(lua_State *L)
{
    struct dg_limiter *l = luaL_checkudata(L, 1, RATELIMIT);
    dg_lua_push_seconds(L, dg_limiter_take(l, dg_lua_now(L, 2), NULL));
    return 1;
}

/* limiter:delay(now: number?): seconds: number */
static int ratelimit_delay(lua_State *L)
{
    const struct dg_limiter *l = luaL_checkudata(L, 1, RATELIMIT);
    dg_lua_push_seconds(L, dg_limiter_delay(l, dg_lua_now(L, 2)));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", ratelimit_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "take", ratelimit_take },
    { "delay", ratelimit_delay },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { NULL, NULL },
};

int luaopen_diffgentor_ratelimit(lua_State *L)
{
    dg_lua_class(L, RATELIMIT, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
