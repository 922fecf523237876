/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.pool: endpoints with keys, weights and limits.  The Lua
 * module diffgentor.pool adds its comfort to the same class, through `methods`.
 */
#include <string.h>

#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"
#include "bind/options.h"

static const char POOL[] = "diffgentor.pool";

/* What the core does not tell again about an endpoint. */
struct shape {
    unsigned weight; /* share of the traffic */
    unsigned limit;  /* requests a minute, 0 = none */
    unsigned keys;   /* how many */
    unsigned open;   /* picks of scripts that were not reported yet */
};

struct pool {
    struct dg_pool *pool;  /* one reference, NULL when closed */
    size_t count;          /* endpoints */
    struct shape shapes[]; /* one each */
};

static const char *const FIELDS[] = { "auto", "image", "image[]", NULL };

static const char *read_field(lua_State *L, void *into)
{
    int choice = 0;
    const char *complaint = dg_option_choice(L, FIELDS, &choice);
    *(enum dg_image_field *)into = (enum dg_image_field)choice;
    return complaint;
}

static const struct dg_option ENDPOINT[] = {
    { "base", dg_option_text, offsetof(struct dg_endpoint, base) },
    { "keys", dg_option_texts, offsetof(struct dg_endpoint, keys) },
    { "weight", dg_option_count, offsetof(struct dg_endpoint, weight) },
    { "limit", dg_option_count, offsetof(struct dg_endpoint, limit) },
    { "field", read_field, offsetof(struct dg_endpoint, field) },
    { NULL, NULL, 0 },
};

static const struct dg_option PICK[] = {
    { "endpoint", dg_option_count, offsetof(struct dg_pick, endpoint) },
    { "key", dg_option_count, offsetof(struct dg_pick, key) },
    { "slot", dg_option_size, offsetof(struct dg_pick, slot) },
    { NULL, NULL, 0 },
};

static struct pool *self(lua_State *L)
{
    return luaL_checkudata(L, 1, POOL);
}

static struct pool *live(lua_State *L)
{
    struct pool *p = self(L);
    if (!p->pool)
        luaL_error(L, "attempt to use a closed pool");
    return p;
}

struct dg_pool *dg_lua_to_pool(lua_State *L, int index)
{
    struct pool *p = luaL_testudata(L, index, POOL);
    return p ? p->pool : NULL;
}

/* Reads endpoint number `item` of argument 1; its lists stay on the stack. */
static struct dg_endpoint endpoint_at(lua_State *L, lua_Integer item)
{
    struct dg_endpoint e = { .weight = 1 };
    dg_lua_options(L, 1, item, ENDPOINT, &e);
    if (!e.base)
        dg_lua_option_missing(L, 1, item, "base");
    if (!e.keys)
        dg_lua_option_missing(L, 1, item, "keys");
    while (e.keys[e.key_count])
        e.key_count++;
    return e;
}

/* pool.new{ {base: string, keys: string[], weight: integer = 1, limit: integer = 0,
 *   field: "auto" | "image" | "image[]" = "auto"}, ... }: pool | nil, err */
static int pool_new(lua_State *L)
{
    struct dg_error err;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    size_t count = lua_rawlen(L, 1);
    luaL_argcheck(L, count <= DG_POOL_ENDPOINTS, 1, "more than 256 endpoints");
    struct pool *p = lua_newuserdatauv(L, sizeof(*p) + count * sizeof(p->shapes[0]), 0);
    p->pool = NULL;
    p->count = count;
    luaL_setmetatable(L, POOL);
    struct dg_endpoint *endpoints = lua_newuserdatauv(L, count * sizeof(*endpoints) + 1, 0);
    for (size_t i = 0; i < count; i++) {
        endpoints[i] = endpoint_at(L, (lua_Integer)i + 1);
        p->shapes[i] = (struct shape){ endpoints[i].weight, endpoints[i].limit,
                                       (unsigned)endpoints[i].key_count, 0 };
    }
    p->pool = dg_pool_new(endpoints, count, &err);
    if (!p->pool)
        return dg_lua_fail(L, &err);
    lua_pushvalue(L, 2); /* list pool ... pool */
    return 1;
}

static int pool_gc(lua_State *L)
{
    struct pool *p = self(L);
    if (p->pool)
        dg_pool_free(p->pool);
    p->pool = NULL;
    return 0;
}

/* A pick that a script hands back, held against the pool's shape. */
static struct dg_pick pick_at(lua_State *L, int arg, const struct pool *p)
{
    struct dg_pick pick = { .endpoint = 0 };
    dg_lua_options(L, arg, 0, PICK, &pick);
    bool known = pick.endpoint >= 1 && pick.endpoint <= p->count && pick.key >= 1 &&
                 pick.key <= p->shapes[pick.endpoint - 1].keys;
    luaL_argcheck(L, known, arg, "not a pick of this pool");
    pick.endpoint--;
    pick.key--;
    return pick;
}

/* pool:pick(now: number?): pick: table | nil, seconds: number | nil, nil
 * nil, nil: no endpoint is left. */
static int pool_pick(lua_State *L)
{
    struct dg_pick pick;
    dg_msec delay;
    struct pool *p = live(L);
    dg_msec now = dg_lua_now(L, 2);
    lua_createtable(L, 0, 3);
    if (!dg_pool_pick(p->pool, now, &pick, &delay)) {
        lua_pushnil(L);
        if (delay < 0)
            lua_pushnil(L);
        else
            dg_lua_push_seconds(L, delay);
        return 2;
    }
    p->shapes[pick.endpoint].open++;
    lua_pushinteger(L, (lua_Integer)pick.endpoint + 1);
    lua_setfield(L, -2, "endpoint");
    lua_pushinteger(L, (lua_Integer)pick.key + 1);
    lua_setfield(L, -2, "key");
    lua_pushinteger(L, (lua_Integer)pick.slot);
    lua_setfield(L, -2, "slot");
    return 1;
}

/* pool:sent(pick: table, now: number?)
 * The upload of the picked request is complete. */
static int pool_sent(lua_State *L)
{
    struct pool *p = live(L);
    dg_msec now = dg_lua_now(L, 3);
    struct dg_pick pick = pick_at(L, 2, p);
    dg_pool_sent(p->pool, &pick, now);
    return 0;
}

/* pool:report(pick: table, verdict: "ok" | "retry" | "failover" | "fatal", now: number?)
 * Once for each pick. */
static int pool_report(lua_State *L)
{
    static const char *const VERDICTS[] = { "ok", "retry", "failover", "fatal", NULL };
    struct pool *p = live(L);
    int verdict = luaL_checkoption(L, 3, NULL, VERDICTS);
    dg_msec now = dg_lua_now(L, 4);
    struct dg_pick pick = pick_at(L, 2, p);
    luaL_argcheck(L, p->shapes[pick.endpoint].open > 0, 2, "reported before");
    p->shapes[pick.endpoint].open--;
    dg_pool_report(p->pool, &pick, (enum dg_verdict)verdict, now);
    return 0;
}

/* pool:endpoints(): {label=, weight=, limit=, keys=, field=}[] */
static int pool_endpoints(lua_State *L)
{
    struct pool *p = live(L);
    lua_createtable(L, (int)p->count, 0);
    for (unsigned i = 0; i < p->count; i++) {
        lua_createtable(L, 0, 5);
        lua_pushstring(L, dg_pool_label(p->pool, i)); /* endpoints endpoint label */
        lua_setfield(L, -2, "label");
        lua_pushinteger(L, p->shapes[i].weight);
        lua_setfield(L, -2, "weight");
        lua_pushinteger(L, p->shapes[i].limit);
        lua_setfield(L, -2, "limit");
        lua_pushinteger(L, p->shapes[i].keys);
        lua_setfield(L, -2, "keys");
        lua_pushstring(L, FIELDS[dg_pool_field(p->pool, i)]);
        lua_setfield(L, -2, "field");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* pool:stats(): {sent=, succeeded=, failed=, in_flight=, keys_alive=}[] */
static int pool_stats(lua_State *L)
{
    struct pool *p = live(L);
    lua_createtable(L, (int)p->count, 0);
    for (unsigned i = 0; i < p->count; i++) {
        struct dg_endpoint_stats stats;
        dg_pool_stats(p->pool, i, &stats);
        lua_createtable(L, 0, 5);
        lua_pushinteger(L, (lua_Integer)stats.sent); /* list stats sent */
        lua_setfield(L, -2, "sent");
        lua_pushinteger(L, (lua_Integer)stats.succeeded);
        lua_setfield(L, -2, "succeeded");
        lua_pushinteger(L, (lua_Integer)stats.failed);
        lua_setfield(L, -2, "failed");
        lua_pushinteger(L, stats.in_flight);
        lua_setfield(L, -2, "in_flight");
        lua_pushinteger(L, stats.keys_alive);
        lua_setfield(L, -2, "keys_alive");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* pool:knows(url: string): boolean
 * Whether host and port are those of an endpoint. */
static int pool_knows(lua_State *L)
{
    struct pool *p = live(L);
    const char *url = luaL_checkstring(L, 2);
    lua_pushboolean(L, strlen(url) == lua_rawlen(L, 2) && dg_pool_knows(p->pool, url));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", pool_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "pick", pool_pick },   { "sent", pool_sent },   { "report", pool_report },
    { "stats", pool_stats }, { "knows", pool_knows }, { "endpoints", pool_endpoints },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", pool_gc },
    { "__close", pool_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_native_pool(lua_State *L)
{
    dg_lua_class(L, POOL, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    luaL_getmetatable(L, POOL);
    lua_getfield(L, -1, "__index"); /* functions metatable methods */
    lua_setfield(L, -3, "methods");
    lua_pop(L, 1);
    return 1;
}
