/* SPDX-License-Identifier: MIT
 *
 * See guard.h.  A count hook counts, which makes Lua a fifth slower: it is there once
 * a text that is not the program's own is to run.  When a turn has used up what it may, the hook
 * fires at every further instruction and raises at each, so that no pcall, no
 * comparator and no __close goes on.  It is inherited by coroutines.
 */
#include "host/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "base/memory.h"
#include "base/stop.h"
#include "bind/bind.h"
#include "host/embedded.h"

enum {
    COARSE = 10000,         /* instructions between two looks */
    FINE = 1,               /* the same once they are used up */
    STOP_AFTER = 1000000,   /* of a turn that a second request to stop ends */
    STOPS_HEEDED = 2,       /* requests to stop that end an endless loop */
    MEBIBYTE = 1024 * 1024, /* bytes */
    WHERE_BYTES = LUA_IDSIZE + 16
};

/* For the program itself, outside turns: a row that took all is still noted. */
static const size_t HEADROOM_BYTES = 64 * (size_t)MEBIBYTE;

struct dg_guard {
    lua_Alloc alloc;       /* Lua's own */
    void *alloc_data;      /* for it */
    size_t used_bytes;     /* of the state */
    size_t most_bytes;     /* that a turn may come to, 0: any */
    bool refused;          /* some were, since the last collection */
    int64_t most;          /* instructions of a turn, 0: any */
    int64_t used;          /* by this one */
    lua_State *thread;     /* that the turn began in; valid while `active` */
    bool active;           /* a turn runs */
    bool spent;            /* it is to end */
    struct dg_error cause; /* why */
};

static struct dg_guard *guard_of(lua_State *L)
{
    void *guard;
    lua_getallocf(L, &guard);
    return guard;
}

/* ---- memory ---- */

static bool is_too_much(const struct dg_guard *g, size_t more)
{
    size_t most = g->most_bytes + (g->active ? 0 : HEADROOM_BYTES);
    return g->most_bytes > 0 && (g->used_bytes > most || more > most - g->used_bytes);
}

static void *allocate(void *guard, void *block, size_t old, size_t size)
{
    struct dg_guard *g = guard;
    size_t before = block ? old : 0; /* else `old` is a kind of object */
    if (size > before && is_too_much(g, size - before)) {
        g->refused = true;
        return NULL;
    }
    void *memory = g->alloc(g->alloc_data, block, old, size);
    if (memory || size == 0)
        g->used_bytes = g->used_bytes - before + size;
    return memory;
}

/* What took so much is garbage by now; buffers of the standard library ask for no
 * collection themselves. */
static void collect(lua_State *L, struct dg_guard *g)
{
    g->refused = false;
    lua_gc(L, LUA_GCCOLLECT);
}

static void memory_error(const struct dg_guard *g, struct dg_error *err)
{
    if (g->most_bytes == 0)
        dg_error_set(err, DG_KIND_SCRIPT, "script_memory", "the machine has no more memory");
    else
        dg_error_set(err, DG_KIND_SCRIPT, "script_memory",
                     "more than %zu MiB of memory for scripts; --max_memory allows more",
                     g->most_bytes / MEBIBYTE);
}

/* ---- instructions ---- */

static void on_count(lua_State *L, lua_Debug *ar);

static void look_every(lua_State *L, int instructions)
{
    if (lua_gethookcount(L) != instructions)
        lua_sethook(L, on_count, LUA_MASKCOUNT, instructions);
}

static bool is_embedded(const char *source)
{
    for (const struct dg_embedded *e = dg_embedded; e->name; e++)
        if (strcmp(e->chunk, source) == 0)
            return true;
    return false;
}

/* "my.lua:12: ": the innermost line that is none of the program's own. */
static void find_line(lua_State *L, char where[WHERE_BYTES])
{
    lua_Debug ar;
    where[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && !is_embedded(ar.source)) {
            snprintf(where, WHERE_BYTES, "%s:%d: ", ar.short_src, ar.currentline);
            return;
        }
    }
}

/* Whether the turn is to end; `cause` says why. */
static bool is_over(lua_State *L, struct dg_guard *g)
{
    char where[WHERE_BYTES];
    bool stopped = dg_stop_count() >= STOPS_HEEDED && g->used >= STOP_AFTER;
    bool excess = g->most > 0 && g->used > g->most;
    if (!stopped && !excess)
        return false;
    find_line(L, where);
    if (stopped)
        dg_error_set(&g->cause, DG_KIND_STOPPED, "stopped", "%sstopped", where);
    else
        dg_error_set(&g->cause, DG_KIND_SCRIPT, "instruction_budget",
                     "%smore than %" PRId64
                     " instructions without waiting; --max_instructions allows more",
                     where, g->most);
    return true;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct dg_guard *g = guard_of(L);
    if (!g->active || !g->spent) {
        g->used += lua_gethookcount(L);
        look_every(L, COARSE);
        if (!g->active || !is_over(L, g))
            return;
        g->spent = true;
        look_every(g->thread, FINE); /* whoever resumed this coroutine */
    }
    look_every(L, FINE);
    dg_lua_error(L, &g->cause);
    lua_error(L);
}

static void begin(struct dg_guard *g, lua_State *thread, int64_t used)
{
    g->active = true;
    g->spent = false;
    g->used = used;
    g->thread = thread;
}

/* ---- the module ---- */

/* guard.limit(instructions: integer, memory: integer)
 * What a turn may use from now on, memory in MiB; 0: any. */
static int guard_limit(lua_State *L)
{
    struct dg_guard *g = guard_of(L);
    lua_Integer instructions = luaL_checkinteger(L, 1), memory = luaL_checkinteger(L, 2);
    luaL_argcheck(L, instructions >= 0, 1, "0 or more expected");
    luaL_argcheck(L, memory >= 0 && memory <= INT32_MAX, 2, "0 to 2147483647 expected");
    g->most = instructions;
    g->most_bytes = (size_t)memory * MEBIBYTE;
    return 0;
}

/* guard.arm()
 * Instructions count from now on, here and in whatever coroutine is made after. */
static int guard_arm(lua_State *L)
{
    dg_guard_arm(L);
    return 0;
}

/* guard.armed(): boolean
 * Whether they do. */
static int guard_armed(lua_State *L)
{
    lua_pushboolean(L, lua_gethookcount(L) > 0);
    return 1;
}

/* guard.turn(co: thread): integer | nil
 * A turn begins, in which that coroutine is resumed; what the one around it has used. */
static int guard_turn(lua_State *L)
{
    struct dg_guard *g = guard_of(L);
    lua_State *thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread, 1, "thread");
    if (g->refused)
        collect(L, g);
    if (g->active)
        lua_pushinteger(L, g->used);
    else
        lua_pushnil(L);
    begin(g, thread, 0);
    return 1;
}

/* guard.rest(used: integer?)
 * It is over; `used`, as turn gave it: the one around it goes on. */
static int guard_rest(lua_State *L)
{
    struct dg_guard *g = guard_of(L);
    if (lua_isnoneornil(L, 1))
        g->active = false;
    else
        begin(g, L, luaL_checkinteger(L, 1));
    return 0;
}

/* guard.active(): boolean
 * Whether a turn runs. */
static int guard_active(lua_State *L)
{
    lua_pushboolean(L, guard_of(L)->active);
    return 1;
}

/* guard.spent(): boolean
 * Whether the turn has used up what it may. */
static int guard_spent(lua_State *L)
{
    struct dg_guard *g = guard_of(L);
    lua_pushboolean(L, g->active && g->spent);
    return 1;
}

/* guard.apart(fn: function, handler: function, ...): boolean, ...
 * As xpcall, in a turn of its own; `fn` cannot wait. */
static int guard_apart(lua_State *L)
{
    struct dg_guard *g = guard_of(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 1);
    lua_copy(L, 2, 1);
    lua_replace(L, 2); /* handler fn ... */
    begin(g, L, 0);
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1);
    g->active = false;
    if (status == LUA_ERRMEM) {
        struct dg_error err;
        memory_error(g, &err);
        dg_lua_error(L, &err);
        lua_replace(L, -2);
    }
    lua_pushboolean(L, status == LUA_OK);
    lua_replace(L, 1);
    return lua_gettop(L);
}

/* guard.memory_error(): err
 * What a refusal to allocate is to be told as. */
static int guard_memory_error(lua_State *L)
{
    struct dg_error err;
    memory_error(guard_of(L), &err);
    dg_lua_error(L, &err);
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "limit", guard_limit }, { "arm", guard_arm },     { "armed", guard_armed },
    { "turn", guard_turn },   { "rest", guard_rest },   { "active", guard_active },
    { "spent", guard_spent }, { "apart", guard_apart }, { "memory_error", guard_memory_error },
    { NULL, NULL },
};

int luaopen_diffgentor_native_guard(lua_State *L)
{
    luaL_newlib(L, FUNCTIONS);
    return 1;
}

/* ---- the state ---- */

struct dg_guard *dg_guard_new(lua_State *L)
{
    enum { KIBIBYTE = 1024 };
    struct dg_guard *g = dg_zalloc(sizeof *g);
    g->used_bytes = (size_t)lua_gc(L, LUA_GCCOUNT) * KIBIBYTE + (size_t)lua_gc(L, LUA_GCCOUNTB);
    g->alloc = lua_getallocf(L, &g->alloc_data);
    lua_setallocf(L, allocate, g);
    return g;
}

void dg_guard_arm(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    look_every(lua_tothread(L, -1), COARSE);
    look_every(L, COARSE);
    lua_pop(L, 1);
}

void dg_guard_free(struct dg_guard *g)
{
    dg_free(g);
}
