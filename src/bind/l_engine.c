/* SPDX-License-Identifier: MIT
 *
 * diffgentor.engine: requests go in, ids and outcomes come out.  Who waits for
 * which id is Lua's business.
 */
#include "base/stop.h"
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"
#include "bind/options.h"
#include "core/engine.h"

static const char ENGINE[] = "diffgentor.engine";
static const char SUBMITTED[] = "diffgentor.submitted";

struct engine {
    struct dg_engine *engine;   /* NULL when closed */
    struct dg_outcome *outcome; /* being handed to Lua, else NULL: an error on the way leaks none */
};

static const char *read_ledger(lua_State *L, void *into)
{
    struct dg_ledger *ledger = dg_lua_to_ledger(L, -1);
    *(struct dg_ledger **)into = ledger;
    return ledger ? NULL : dg_option_expected(L, "open ledger");
}

static const char *read_pace(lua_State *L, void *into)
{
    struct dg_pace *pace = dg_lua_to_pace(L, -1);
    *(struct dg_pace **)into = pace;
    return pace ? NULL : dg_option_expected(L, "open pace");
}

static const struct dg_option OPTIONS[] = {
    { "ca_file", dg_option_text, offsetof(struct dg_engine_options, ca_file) },
    { "http2", dg_option_boolean, offsetof(struct dg_engine_options, http2) },
    { "ledger", read_ledger, offsetof(struct dg_engine_options, ledger) },
    { "pace", read_pace, offsetof(struct dg_engine_options, pace) },
    { "in_flight", dg_option_count, offsetof(struct dg_engine_options, in_flight) },
    { "processes", dg_option_count, offsetof(struct dg_engine_options, processes) },
    { "durable", dg_option_boolean, offsetof(struct dg_engine_options, durable) },
    { NULL, NULL, 0 },
};

static struct engine *self(lua_State *L)
{
    return luaL_checkudata(L, 1, ENGINE);
}

static struct dg_engine *live(lua_State *L)
{
    struct engine *e = self(L);
    if (!e->engine)
        luaL_error(L, "attempt to use a closed engine");
    return e->engine;
}

bool dg_lua_submitted(lua_State *L)
{
    bool submitted = lua_getfield(L, LUA_REGISTRYINDEX, SUBMITTED) == LUA_TBOOLEAN;
    lua_pop(L, 1);
    return submitted;
}

/* Of its ledger, if it has one. */
static void count_use(lua_State *L, int engine, int more)
{
    if (lua_getiuservalue(L, engine, 1) == LUA_TUSERDATA)
        dg_lua_ledger_used(L, -1, more);
    lua_pop(L, 1);
}

/* engine.new{ca_file: string?, http2: boolean?, ledger: ledger?, durable: boolean?, pace: pace?,
 *   processes: integer?, in_flight: integer?}?: engine | nil, err
 * The pace is told of each attempt's end, by one of so many processes; keep it open.  The
 * ledger of requests that name a row; it stays open as long as the engine. */
static int engine_new(lua_State *L)
{
    struct dg_error err;
    struct dg_engine_options options = { .wake_fd = dg_stop_fd() };
    if (!lua_isnoneornil(L, 1))
        dg_lua_options(L, 1, 0, OPTIONS, &options);
    struct engine *e = lua_newuserdatauv(L, sizeof(*e), 1);
    *e = (struct engine){ NULL, NULL };
    luaL_setmetatable(L, ENGINE);
    if (options.ledger) {
        lua_pushliteral(L, "ledger");
        lua_rawget(L, 1); /* options engine ledger */
        lua_setiuservalue(L, -2, 1);
    }
    e->engine = dg_engine_new(&options, &err);
    if (!e->engine)
        return dg_lua_fail(L, &err);
    count_use(L, -1, 1);
    return 1;
}

static void drop_outcome(struct engine *e)
{
    if (e->outcome)
        dg_outcome_free(e->outcome);
    e->outcome = NULL;
}

/* engine:close()
 * Aborts what is in flight. */
static int engine_close(lua_State *L)
{
    struct engine *e = self(L);
    drop_outcome(e);
    if (!e->engine)
        return 0;
    dg_engine_free(e->engine);
    e->engine = NULL;
    count_use(L, 1, -1);
    return 0;
}

/* engine:submit(request: table): id: integer | nil, err */
static int engine_submit(lua_State *L)
{
    struct dg_error err;
    struct dg_request request;
    struct dg_engine *e = live(L);
    dg_lua_request(L, 2, &request);
    lua_pushboolean(L, true);
    lua_setfield(L, LUA_REGISTRYINDEX, SUBMITTED);
    uint64_t id = dg_engine_submit(e, &request, &err);
    if (!id)
        return dg_lua_fail(L, &err);
    lua_pushinteger(L, (lua_Integer)id);
    return 1;
}

/* engine:sleep(seconds: number): id: integer */
static int engine_sleep(lua_State *L)
{
    struct dg_engine *e = live(L);
    lua_pushinteger(L, (lua_Integer)dg_engine_sleep(e, dg_lua_seconds(L, 2)));
    return 1;
}

/* engine:sync(paths: string[]): id: integer | nil, err
 * Ends when all of them are on disk. */
static int engine_sync(lua_State *L)
{
    struct dg_error err;
    struct dg_engine *e = live(L);
    const char *const *paths = NULL;
    lua_settop(L, 2);
    const char *complaint = dg_option_texts(L, &paths);
    if (complaint)
        return luaL_argerror(L, 2, complaint);
    uint64_t id = dg_engine_sync(e, paths, lua_rawlen(L, 2), &err);
    if (!id)
        return dg_lua_fail(L, &err);
    lua_pushinteger(L, (lua_Integer)id);
    return 1;
}

/* engine:wait(seconds: number?): id: integer, outcome: table | nil
 * nil: the time is over, a request to stop came in, or nothing is under way. */
static int engine_wait(lua_State *L)
{
    uint64_t id;
    struct engine *e = self(L);
    struct dg_engine *engine = live(L);
    dg_msec timeout = lua_isnoneornil(L, 2) ? -1 : dg_lua_seconds(L, 2);
    drop_outcome(e);
    if (!dg_engine_wait(engine, timeout, &id, &e->outcome)) {
        e->outcome = NULL;
        dg_stop_quiet(); /* else the next wait would return at once, again and again */
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)id);
    dg_lua_outcome(L, e->outcome);
    e->outcome->pictures_taken = true;
    drop_outcome(e);
    return 2;
}

/* engine:cancel(id: integer) */
static int engine_cancel(lua_State *L)
{
    struct dg_engine *e = live(L);
    dg_engine_cancel(e, (uint64_t)luaL_checkinteger(L, 2));
    return 0;
}

/* engine:recall(id: integer): boolean
 * Cancels a request that is not on the wire; false: it is, or has ended. */
static int engine_recall(lua_State *L)
{
    struct dg_engine *e = live(L);
    lua_pushboolean(L, dg_engine_recall(e, (uint64_t)luaL_checkinteger(L, 2)));
    return 1;
}

/* engine:pending(): integer
 * Submitted and not handed out yet. */
static int engine_pending(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_engine_pending(live(L)));
    return 1;
}

/* engine:in_flight(): integer
 * On the wire now. */
static int engine_in_flight(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_engine_in_flight(live(L)));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", engine_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "submit", engine_submit },   { "sleep", engine_sleep },
    { "sync", engine_sync },       { "wait", engine_wait },
    { "cancel", engine_cancel },   { "recall", engine_recall },
    { "pending", engine_pending }, { "in_flight", engine_in_flight },
    { "close", engine_close },     { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", engine_close },
    { "__close", engine_close },
    { NULL, NULL },
};

int luaopen_diffgentor_engine(lua_State *L)
{
    dg_lua_class(L, ENGINE, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
