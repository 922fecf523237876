/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.pace: how many requests to have in flight, found by trying.
 * It lies in shared memory: processes forked after `new` share it.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"
#include "bind/options.h"
#include "core/pace.h"

static const char PACE[] = "diffgentor.pace";

enum { WIDTH_MOST = 1000000 };

struct pace {
    struct dg_pace *pace; /* shared, NULL when closed */
};

struct fields {
    unsigned least; /* width that always is */
    unsigned most;  /* width that never is exceeded */
};

static const struct dg_option OPTIONS[] = {
    { "least", dg_option_count, offsetof(struct fields, least) },
    { "most", dg_option_count, offsetof(struct fields, most) },
    { NULL, NULL, 0 },
};

/* pace.new{least: integer = 1, most: integer = 256}: pace */
static int pace_new(lua_State *L)
{
    struct fields f = { .least = 1, .most = 256 };
    dg_lua_options(L, 1, 0, OPTIONS, &f);
    luaL_argcheck(L, f.least >= 1 && f.least <= f.most, 1, "not 1 <= least <= most");
    luaL_argcheck(L, f.most <= WIDTH_MOST, 1, "option 'most' is over 1000000");
    struct pace *p = lua_newuserdatauv(L, sizeof *p, 0);
    p->pace = NULL;
    luaL_setmetatable(L, PACE);
    p->pace = dg_shared_new(sizeof *p->pace);
    if (!p->pace)
        return luaL_error(L, "not enough memory");
    dg_pace_init(p->pace, f.least, f.most);
    return 1;
}

static int pace_gc(lua_State *L)
{
    struct pace *p = luaL_checkudata(L, 1, PACE);
    dg_shared_free(p->pace, sizeof *p->pace);
    p->pace = NULL;
    return 0;
}

struct dg_pace *dg_lua_to_pace(lua_State *L, int index)
{
    struct pace *p = luaL_testudata(L, index, PACE);
    return p ? p->pace : NULL;
}

static struct dg_pace *live(lua_State *L)
{
    struct pace *p = luaL_checkudata(L, 1, PACE);
    if (!p->pace)
        luaL_error(L, "attempt to use a closed pace");
    return p->pace;
}

/* pace:width(): integer
 * Requests that may be in flight now. */
static int pace_width(lua_State *L)
{
    lua_pushinteger(L, dg_pace_width(live(L)));
    return 1;
}

/* pace:ended(too_many: boolean, latency: number | nil, in_flight: integer, now: number?)
 * Once for each request; latency in seconds, nil if it says nothing. */
static int pace_ended(lua_State *L)
{
    struct dg_pace *p = live(L);
    luaL_checktype(L, 2, LUA_TBOOLEAN);
    dg_msec latency_ms = lua_isnil(L, 3) ? -1 : dg_lua_seconds(L, 3);
    lua_Integer in_flight = luaL_checkinteger(L, 4);
    luaL_argcheck(L, in_flight >= 0 && in_flight <= WIDTH_MOST, 4, "from 0 to 1000000 expected");
    dg_pace_ended(p, lua_toboolean(L, 2), latency_ms, (unsigned)in_flight, dg_lua_now(L, 5));
    return 0;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", pace_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "width", pace_width },
    { "ended", pace_ended },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", pace_gc },
    { "__close", pace_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_native_pace(lua_State *L)
{
    dg_lua_class(L, PACE, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
