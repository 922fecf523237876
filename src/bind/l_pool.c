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
#include "bind/pool.h"

static const char POOL[] = "diffgentor.pool";

static const struct dg_option POOL_OPTIONS[] = {
    { "limits_folder", dg_option_text, offsetof(struct dg_pool_options, limits_folder) },
    { NULL, NULL, 0 },
};

static const struct dg_option WANT[] = {
    { "model", dg_option_text, offsetof(struct dg_want, model) },
    { "images", dg_option_count, offsetof(struct dg_want, images) },
    { NULL, NULL, 0 },
};

static const struct dg_option PICK[] = {
    { "endpoint", dg_option_count, offsetof(struct dg_pick, endpoint) },
    { "key", dg_option_count, offsetof(struct dg_pick, key) },
    { "slot", dg_option_size, offsetof(struct dg_pick, slot) },
    { "probe", dg_option_boolean, offsetof(struct dg_pick, probe) },
    { NULL, NULL, 0 },
};

static struct dg_lua_pool *self(lua_State *L)
{
    return luaL_checkudata(L, 1, POOL);
}

static struct dg_lua_pool *live(lua_State *L)
{
    struct dg_lua_pool *p = self(L);
    if (!p->pool)
        luaL_error(L, "attempt to use a closed pool");
    return p;
}

struct dg_pool *dg_lua_to_pool(lua_State *L, int index)
{
    struct dg_lua_pool *p = luaL_testudata(L, index, POOL);
    return p ? p->pool : NULL;
}

/* pool.new({ {base: string, keys: (string | {key: string, limit: integer = 0, images: integer = 0,
 *   tokens: integer = 0, group: string?})[], groups: {[string]: {limit=, images=, tokens=}} = {},
 *   weight: integer = 1, limit: integer = 0, images: integer = 0, tokens: integer = 0,
 *   window: number = 60, field: "auto" | "image" | "image[]" = "auto",
 *   kind: "auto" | "openai" | "azure" | "gemini" = "auto", api_version: string?}, ... },
 *   {limits_folder: string?}?): pool | nil, err */
static int pool_new(lua_State *L)
{
    struct dg_error err;
    struct dg_pool_options options = { .limits_folder = NULL };
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        dg_lua_options(L, 2, 0, POOL_OPTIONS, &options);
    size_t count = lua_rawlen(L, 1);
    luaL_argcheck(L, count <= DG_POOL_ENDPOINTS, 1, "more than 256 endpoints");
    struct dg_lua_pool *p = lua_newuserdatauv(L, sizeof(*p) + count * sizeof(p->shapes[0]), 0);
    int place = lua_gettop(L);
    p->pool = NULL;
    p->count = count;
    luaL_setmetatable(L, POOL);
    struct dg_endpoint *endpoints = lua_newuserdatauv(L, count * sizeof(*endpoints) + 1, 0);
    for (size_t i = 0; i < count; i++) {
        endpoints[i] = dg_lua_endpoint(L, (lua_Integer)i + 1);
        p->shapes[i] = (struct dg_lua_shape){ endpoints[i].weight, endpoints[i].quota.requests,
                                              (unsigned)endpoints[i].key_count, 0 };
    }
    options.endpoints = endpoints;
    options.count = count;
    p->pool = dg_pool_new(&options, &err);
    if (!p->pool)
        return dg_lua_fail(L, &err);
    lua_pushvalue(L, place); /* list options pool ... pool */
    return 1;
}

static int pool_gc(lua_State *L)
{
    struct dg_lua_pool *p = self(L);
    if (p->pool)
        dg_pool_free(p->pool);
    p->pool = NULL;
    return 0;
}

/* A pick that a script hands back, held against the pool's shape. */
static struct dg_pick pick_at(lua_State *L, int arg, const struct dg_lua_pool *p)
{
    struct dg_pick pick = { .endpoint = 0 };
    dg_lua_options(L, arg, 0, PICK, &pick);
    bool known = pick.endpoint >= 1 && pick.endpoint <= p->count && pick.key >= 1 &&
                 pick.key <= p->shapes[pick.endpoint - 1].keys;
    luaL_argcheck(L, known, arg, "not a pick of this pool");
    pick.endpoint--;
    pick.key--;
    if (!dg_pool_limited(p->pool, pick.endpoint))
        pick.slot = 0;
    return pick;
}

/* The same, of one that is over now. */
static struct dg_pick last_pick_at(lua_State *L, int arg, struct dg_lua_pool *p)
{
    struct dg_pick pick = pick_at(L, arg, p);
    luaL_argcheck(L, p->shapes[pick.endpoint].open > 0, arg, "reported before");
    p->shapes[pick.endpoint].open--;
    return pick;
}

/* pool:pick({model: string?, images: integer = 1}?, now: number?):
 *   pick: table | nil, seconds: number | nil, nil
 * nil, nil: no key will serve this. */
static int pool_pick(lua_State *L)
{
    struct dg_pick pick;
    struct dg_want want = { .model = NULL };
    dg_msec delay;
    struct dg_lua_pool *p = live(L);
    dg_msec now = dg_lua_now(L, 3);
    if (!lua_isnoneornil(L, 2))
        dg_lua_options(L, 2, 0, WANT, &want);
    lua_createtable(L, 0, 4);
    if (!dg_pool_pick(p->pool, &want, now, &pick, &delay)) {
        lua_pushnil(L);
        if (delay < 0)
            lua_pushnil(L);
        else
            dg_lua_push_seconds(L, delay);
        return 2;
    }
    p->shapes[pick.endpoint].open++;
    dg_lua_set_integer(L, "endpoint", (int64_t)pick.endpoint + 1);
    dg_lua_set_integer(L, "key", (int64_t)pick.key + 1);
    dg_lua_set_integer(L, "slot", (int64_t)pick.slot);
    lua_pushboolean(L, pick.probe); /* ... pick probe */
    lua_setfield(L, -2, "probe");
    return 1;
}

/* pool:sent(pick: table, now: number?)
 * The upload of the picked request is complete. */
static int pool_sent(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    dg_msec now = dg_lua_now(L, 3);
    struct dg_pick pick = pick_at(L, 2, p);
    dg_pool_sent(p->pool, &pick, now);
    return 0;
}

/* pool:report(pick: table, "ok" | "retry" | "failover" | "fatal" | {verdict: string, scope: "none"
 *   | "key" | "endpoint" | "model" | "reach" | "connection" = "none", status: integer = 0,
 *   code: string?, model: string?, tokens: integer = 0, retry_after: number?}, now: number?)
 * Once for each pick; "failover" alone is of scope "key". */
static int pool_report(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    struct dg_report report = dg_lua_report(L);
    dg_msec now = dg_lua_now(L, 4);
    struct dg_pick pick = last_pick_at(L, 2, p);
    dg_pool_report(p->pool, &pick, &report, now);
    return 0;
}

/* pool:unsent(pick: table, now: number?)
 * Nothing was sent, and there is no report. */
static int pool_unsent(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    dg_msec now = dg_lua_now(L, 3);
    struct dg_pick pick = last_pick_at(L, 2, p);
    dg_pool_return(p->pool, &pick, now);
    return 0;
}

/* pool:endpoints(): {label=, weight=, limit=, keys=, field=, kind=}[] */
static int pool_endpoints(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    lua_createtable(L, (int)p->count, 0);
    for (unsigned i = 0; i < p->count; i++) {
        lua_createtable(L, 0, 6); /* endpoints endpoint */
        dg_lua_set_text(L, "label", dg_pool_label(p->pool, i));
        dg_lua_set_integer(L, "weight", p->shapes[i].weight);
        dg_lua_set_integer(L, "limit", p->shapes[i].limit);
        dg_lua_set_integer(L, "keys", p->shapes[i].keys);
        dg_lua_set_text(L, "field", dg_lua_fields[dg_pool_field(p->pool, i)]);
        dg_lua_set_text(L, "kind", dg_lua_apis[dg_pool_api(p->pool, i)]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* pool:stats(now: number?): {label=, sent=, succeeded=, failed=, in_flight=, keys=, keys_alive=,
 *   weight=, health=, standing: "serving" | "reduced" | "aside" | "parked" | "out", until_=,
 *   quota={requests=, images=, tokens=}, used={requests=, images=, tokens=},
 *   key_list={out=, status=, code=, parked=, tail=}[]}[] */
static int pool_stats(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    dg_lua_pool_stats(L, p, dg_lua_now(L, 2));
    return 1;
}

/* pool:outage(now: number?): nil | seconds: number, back: number | nil
 * nil: some endpoint may serve.  Else for how long none could, and in how long one may. */
static int pool_outage(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    dg_msec back;
    dg_msec age = dg_pool_outage(p->pool, dg_lua_now(L, 2), &back);
    if (age < 0)
        return 0;
    dg_lua_push_seconds(L, age);
    if (back < 0)
        lua_pushnil(L);
    else
        dg_lua_push_seconds(L, back);
    return 2;
}

/* pool:alive(): boolean
 * Whether some key is not out. */
static int pool_alive(lua_State *L)
{
    lua_pushboolean(L, dg_pool_alive(live(L)->pool));
    return 1;
}

/* pool:drop(endpoint: integer, key: integer, status: integer = 0, code: string = "")
 * That key is out for the run. */
static int pool_drop(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    lua_Integer endpoint = luaL_checkinteger(L, 2);
    luaL_argcheck(L, endpoint >= 1 && endpoint <= (lua_Integer)p->count, 2, "no such endpoint");
    lua_Integer key = luaL_checkinteger(L, 3);
    luaL_argcheck(L, key >= 1 && key <= p->shapes[endpoint - 1].keys, 3, "no such key");
    lua_Integer status = luaL_optinteger(L, 4, 0);
    luaL_argcheck(L, status >= 0 && status <= 999, 4, "0 to 999 expected");
    const char *code = lua_isnoneornil(L, 5) ? "" : dg_lua_text(L, 5);
    dg_pool_drop(p->pool, (unsigned)endpoint - 1, (unsigned)key - 1, (int)status, code);
    return 0;
}

static unsigned worker_at(lua_State *L, int arg)
{
    lua_Integer worker = luaL_checkinteger(L, arg);
    luaL_argcheck(L, worker >= 0 && worker < DG_POOL_WORKERS, arg, "0 to 1023 expected");
    return (unsigned)worker;
}

/* pool:join(worker: integer)
 * This process is that worker. */
static int pool_join(lua_State *L)
{
    dg_pool_join(live(L)->pool, worker_at(L, 2));
    return 0;
}

/* pool:bury(worker: integer, now: number?)
 * That worker has died. */
static int pool_bury(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    dg_pool_bury(p->pool, worker_at(L, 2), dg_lua_now(L, 3));
    return 0;
}

/* pool:knows(url: string): boolean
 * Whether host and port are those of an endpoint. */
static int pool_knows(lua_State *L)
{
    struct dg_lua_pool *p = live(L);
    const char *url = luaL_checkstring(L, 2);
    lua_pushboolean(L, strlen(url) == lua_rawlen(L, 2) && dg_pool_knows(p->pool, url));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", pool_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "pick", pool_pick },
    { "sent", pool_sent },
    { "report", pool_report },
    { "unsent", pool_unsent },
    { "stats", pool_stats },
    { "endpoints", pool_endpoints },
    { "outage", pool_outage },
    { "alive", pool_alive },
    { "drop", pool_drop },
    { "join", pool_join },
    { "bury", pool_bury },
    { "knows", pool_knows },
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
    dg_lua_methods(L, POOL);
    return 1;
}
