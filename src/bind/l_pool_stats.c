/* SPDX-License-Identifier: MIT
 *
 * A pool's figures as tables.
 */
#include "bind/check.h"
#include "bind/pool.h"

static const char *const STANDINGS[] = { "serving", "reduced", "aside", "parked", "out" };

/* Sets `name` to {requests=, images=, tokens=}. */
static void set_quota(lua_State *L, const char *name, const struct dg_quota *q)
{
    lua_createtable(L, 0, 3);
    dg_lua_set_integer(L, "requests", q->requests);
    dg_lua_set_integer(L, "images", q->images);
    dg_lua_set_integer(L, "tokens", (int64_t)q->tokens);
    lua_setfield(L, -2, name);
}

static void push_key(lua_State *L, struct dg_pool *pool, unsigned endpoint, unsigned key,
                     dg_msec now)
{
    struct dg_key_stats stats;
    dg_pool_key_stats(pool, endpoint, key, now, &stats);
    lua_createtable(L, 0, 5);
    lua_pushboolean(L, stats.out); /* ... key out */
    lua_setfield(L, -2, "out");
    dg_lua_set_integer(L, "status", stats.status);
    dg_lua_set_text(L, "code", stats.code);
    dg_lua_set_seconds(L, "parked", stats.parked_ms);
    dg_lua_set_text(L, "tail", stats.tail);
}

static void set_keys(lua_State *L, struct dg_pool *pool, unsigned endpoint, unsigned keys,
                     dg_msec now)
{
    lua_createtable(L, (int)keys, 0);
    for (unsigned k = 0; k < keys; k++) {
        push_key(L, pool, endpoint, k, now); /* ... list key */
        lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_setfield(L, -2, "key_list");
}

static void push_endpoint(lua_State *L, struct dg_pool *pool, unsigned endpoint, dg_msec now)
{
    struct dg_endpoint_stats stats;
    dg_pool_stats(pool, endpoint, now, &stats);
    lua_createtable(L, 0, 14);
    dg_lua_set_text(L, "label", dg_pool_label(pool, endpoint));
    dg_lua_set_integer(L, "sent", (int64_t)stats.sent);
    dg_lua_set_integer(L, "succeeded", (int64_t)stats.succeeded);
    dg_lua_set_integer(L, "failed", (int64_t)stats.failed);
    dg_lua_set_integer(L, "in_flight", stats.in_flight);
    dg_lua_set_integer(L, "keys", stats.keys);
    dg_lua_set_integer(L, "keys_alive", stats.keys_alive);
    dg_lua_set_integer(L, "weight", stats.weight);
    dg_lua_set_text(L, "standing", STANDINGS[stats.standing]);
    dg_lua_set_seconds(L, "until_", stats.until_ms);
    lua_pushnumber(L, stats.health); /* ... endpoint health */
    lua_setfield(L, -2, "health");
    set_quota(L, "quota", &stats.quota);
    set_quota(L, "used", &stats.used);
    set_keys(L, pool, endpoint, stats.keys, now);
}

void dg_lua_pool_stats(lua_State *L, const struct dg_lua_pool *p, dg_msec now)
{
    lua_createtable(L, (int)p->count, 0);
    for (unsigned i = 0; i < p->count; i++) {
        push_endpoint(L, p->pool, i, now); /* list endpoint */
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}
