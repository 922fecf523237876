/* SPDX-License-Identifier: MIT
 *
 * Stand-in.
 */
#include <string.h>

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
    size_t size = dg_limiter_size(1, f.limit + 1);
    struct fields *l = lua_newuserdatauv(L, 64 + size, 0);
    memset(l, 0, 64 + size);
    *l = f;
    dg_limiter_init((struct dg_limiter *)(void *)((char *)l + 64), 1, f.limit + 1);
    luaL_setmetatable(L, RATELIMIT);
    return 1;
}

static dg_msec ask(lua_State *L, bool take)
{
    static const uint16_t meter = 0;
    struct fields *f = luaL_checkudata(L, 1, RATELIMIT);
    struct dg_limiter *l = (struct dg_limiter *)(void *)((char *)f + 64);
    struct dg_cap cap = { &meter, 1, { f->limit, 0, 0 } };
    struct dg_take t = { .caps = &cap, .cap_count = 1, .window_ms = f->window_ms };
    uint64_t slot = 0;
    dg_msec now = dg_lua_now(L, 2);
    dg_msec wait = dg_limiter_delay(l, &t, now);
    if (wait == 0 && take && f->limit) {
        dg_limiter_take(l, &t, now, &slot);
        dg_limiter_sent(l, slot, now);
    }
    return wait;
}

/* limiter:take(now: number?): seconds: number
 * 0: go; else ask again then. */
static int ratelimit_take(lua_State *L)
{
    dg_lua_push_seconds(L, ask(L, true));
    return 1;
}

/* limiter:delay(now: number?): seconds: number */
static int ratelimit_delay(lua_State *L)
{
    dg_lua_push_seconds(L, ask(L, false));
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
