/* SPDX-License-Identifier: MIT
 *
 * diffgentor.ratelimit: the sliding-window limiter.  The userdata is the
 * limiter: nothing to close.
 */
#include <string.h>

#include "bind/bind.h"
#include "bind/check.h"
#include "bind/options.h"
#include "core/limiter.h"

static const char RATELIMIT[] = "diffgentor.ratelimit";

enum { LIMIT_MAX = 1000000 };

static const uint16_t ONLY_METER;

struct ratelimit {
    unsigned limit;             /* takes in a window, 0 = no limit */
    dg_msec window_ms;          /* its length */
    struct dg_limiter *limiter; /* behind this, at a multiple of 8 */
};

static const struct dg_option OPTIONS[] = {
    { "limit", dg_option_count, offsetof(struct ratelimit, limit) },
    { "window", dg_option_seconds, offsetof(struct ratelimit, window_ms) },
    { NULL, NULL, 0 },
};

/* ratelimit.new{limit: integer, window: number = 60}: limiter */
static int ratelimit_new(lua_State *L)
{
    struct ratelimit f = { .limit = UINT32_MAX, .window_ms = 60000 };
    dg_lua_options(L, 1, 0, OPTIONS, &f);
    if (f.limit == UINT32_MAX)
        dg_lua_option_missing(L, 1, 0, "limit");
    luaL_argcheck(L, f.limit <= LIMIT_MAX, 1, "option 'limit' is over 1000000");
    luaL_argcheck(L, f.window_ms > 0, 1, "option 'window' is 0");
    size_t size = dg_limiter_size(1, f.limit);
    struct ratelimit *r = lua_newuserdatauv(L, sizeof *r + size, 0);
    *r = f;
    r->limiter = memset(r + 1, 0, size);
    dg_limiter_init(r->limiter, 1, r->limit);
    dg_limiter_meter(r->limiter, 0);
    luaL_setmetatable(L, RATELIMIT);
    return 1;
}

/* Milliseconds to wait; 0: a slot is free, and is used up at once if `take`. */
static dg_msec ask(struct ratelimit *r, dg_msec now, bool take)
{
    struct dg_cap cap = { .meters = &ONLY_METER, .count = 1, .most = { .requests = r->limit } };
    struct dg_take t = { .caps = &cap, .cap_count = 1, .window_ms = r->window_ms };
    uint64_t slot;
    if (r->limit == 0)
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
