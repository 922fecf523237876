/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.ledger: the ledger of an output folder, for the processes of
 * a run and for those that only look.  Its rows are l_ledger_row.c's business,
 * the import and the views have files of their own.
 */
#include <string.h>

#include "bind/bind.h"
#include "bind/check.h"
#include "bind/ledger.h"
#include "bind/objects.h"
#include "bind/options.h"

static const char LEDGER[] = "diffgentor.native.ledger";
static const char SHARED[] = "diffgentor.native.ledger.shared";

enum { TEXT_BYTES = 64 * 1024 * 1024 };

struct ledger {
    struct dg_ledger *ledger; /* NULL when closed */
    int users;                /* engines that are open on it */
};

struct shared {
    struct dg_ledger_shared *shared; /* unmapped with the state */
};

/* ---- what the processes share ---- */

/* ledger.share(): shared | nil, err
 * To be made before the first fork. */
static int ledger_share(lua_State *L)
{
    struct dg_error err;
    struct shared *s = lua_newuserdatauv(L, sizeof(*s), 0);
    s->shared = NULL;
    luaL_setmetatable(L, SHARED);
    s->shared = dg_ledger_share();
    if (s->shared)
        return 1;
    dg_error_set(&err, DG_KIND_FILE, "memory", "there is no memory that processes can share");
    return dg_lua_fail(L, &err);
}

struct dg_ledger_shared *dg_lua_to_shared(lua_State *L, int index)
{
    struct shared *s = luaL_testudata(L, index, SHARED);
    return s ? s->shared : NULL;
}

static struct dg_ledger_shared *check_shared(lua_State *L)
{
    struct shared *s = luaL_checkudata(L, 1, SHARED);
    return s->shared;
}

/* shared:imported(): integer, ended: boolean
 * Rows that may be claimed, and whether these are all. */
static int shared_imported(lua_State *L)
{
    struct dg_ledger_shared *s = check_shared(L);
    lua_pushinteger(L, atomic_load(&s->imported));
    lua_pushboolean(L, atomic_load(&s->import_ended));
    return 2;
}

/* shared:open_all()
 * Every row may be claimed: nothing is imported in this run. */
static int shared_open_all(lua_State *L)
{
    struct dg_ledger_shared *s = check_shared(L);
    atomic_store(&s->imported, INT64_MAX);
    atomic_store(&s->import_ended, 1);
    return 0;
}

/* shared:end_import()
 * No more rows will come than those that may be claimed. */
static int shared_end_import(lua_State *L)
{
    struct dg_ledger_shared *s = check_shared(L);
    atomic_store(&s->import_ended, 1);
    return 0;
}

static int shared_gc(lua_State *L)
{
    struct shared *s = luaL_checkudata(L, 1, SHARED);
    dg_ledger_unshare(s->shared);
    s->shared = NULL;
    return 0;
}

/* ---- opening ---- */

static const char *read_shared(lua_State *L, void *into)
{
    struct dg_ledger_shared *shared = dg_lua_to_shared(L, -1);
    *(struct dg_ledger_shared **)into = shared;
    return shared ? NULL : dg_option_expected(L, "shared object of ledger.share");
}

static const struct dg_option OPTIONS[] = {
    { "folder", dg_option_text, offsetof(struct dg_ledger_options, folder) },
    { "shared", read_shared, offsetof(struct dg_ledger_options, shared) },
    { "owner", dg_option_count, offsetof(struct dg_ledger_options, owner) },
    { "durable", dg_option_boolean, offsetof(struct dg_ledger_options, durable) },
    { "lazy", dg_option_boolean, offsetof(struct dg_ledger_options, lazy) },
    { "kept_only", dg_option_boolean, offsetof(struct dg_ledger_options, kept_only) },
    { "spool", dg_option_text, offsetof(struct dg_ledger_options, spool) },
    { "reserve", dg_option_size, offsetof(struct dg_ledger_options, reserve_bytes) },
    { "sharers", dg_option_count, offsetof(struct dg_ledger_options, sharers) },
    { NULL, NULL, 0 },
};

/* ledger.open{folder: string, shared: shared?, owner: integer?, durable: boolean?,
 *             lazy: boolean?, kept_only: boolean?, spool: string?, reserve: integer?,
 *             sharers: integer?}: ledger | nil, err
 * Without `shared` it is read only. */
static int ledger_open(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger_options options = { .owner = 1 };
    dg_lua_options(L, 1, 0, OPTIONS, &options);
    if (!options.folder)
        dg_lua_option_missing(L, 1, 0, "folder");
    if (options.reserve_bytes > 0 && !options.spool)
        dg_lua_option_missing(L, 1, 0, "spool");
    struct ledger *l = lua_newuserdatauv(L, sizeof(*l), 1);
    *l = (struct ledger){ NULL, 0 };
    luaL_setmetatable(L, LEDGER);
    lua_pushliteral(L, "shared");
    lua_rawget(L, 1); /* options ... ledger shared */
    lua_setiuservalue(L, -2, 1);
    l->ledger = dg_ledger_open(&options, &err);
    return l->ledger ? 1 : dg_lua_fail(L, &err);
}

static struct ledger *self(lua_State *L)
{
    return luaL_checkudata(L, 1, LEDGER);
}

struct dg_ledger *dg_lua_ledger(lua_State *L)
{
    struct ledger *l = self(L);
    if (!l->ledger)
        luaL_error(L, "attempt to use a closed ledger");
    return l->ledger;
}

struct dg_ledger *dg_lua_to_ledger(lua_State *L, int index)
{
    struct ledger *l = luaL_testudata(L, index, LEDGER);
    return l ? l->ledger : NULL;
}

void dg_lua_ledger_used(lua_State *L, int index, int more)
{
    struct ledger *l = luaL_checkudata(L, index, LEDGER);
    l->users += more;
}

/* ledger:close()
 * Commits what is noted, if it can; not while an engine is open on it. */
static int ledger_close(lua_State *L)
{
    struct ledger *l = self(L);
    if (l->users > 0)
        return luaL_error(L, "attempt to close a ledger before the engine that uses it");
    dg_ledger_close(l->ledger);
    l->ledger = NULL;
    return 0;
}

/* ---- named texts and runs ---- */

static int push_text(lua_State *L, struct dg_buffer *text, bool found)
{
    if (found)
        lua_pushlstring(L, text->data, text->size);
    else
        lua_pushnil(L);
    dg_buffer_done(text);
    return 1;
}

/* ledger:get(name: string): string | nil */
static int ledger_get(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    const char *name = dg_lua_text(L, 2);
    struct dg_buffer *text = dg_lua_buffer(L, TEXT_BYTES);
    return push_text(L, text, dg_ledger_get(l, name, text));
}

/* ledger:set(name: string, text: string): true | nil, err */
static int ledger_set(lua_State *L)
{
    struct dg_error err;
    size_t size;
    struct dg_ledger *l = dg_lua_ledger(L);
    const char *name = dg_lua_text(L, 2);
    const char *text = luaL_checklstring(L, 3, &size);
    return dg_lua_done(L, dg_ledger_set(l, name, text, size, &err), &err);
}

/* ledger:columns(): string[] | nil, err
 * Of the input, by their places from 1. */
static int ledger_columns(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    struct dg_buffer *names = dg_lua_buffer(L, TEXT_BYTES);
    if (!dg_ledger_columns(l, names, &err))
        return dg_lua_fail(L, &err);
    lua_newtable(L);
    lua_Integer place = 1;
    for (size_t at = 0; at < names->size; at += strlen(names->data + at) + 1) {
        lua_pushstring(L, names->data + at);
        lua_rawseti(L, -2, place++);
    }
    dg_buffer_done(names);
    return 1;
}

/* ledger:run(settings: string): integer | nil, err
 * A run begins; its number. */
static int ledger_run(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    int64_t run = dg_ledger_run(l, dg_lua_text(L, 2), dg_clock_wall(), &err);
    if (!run)
        return dg_lua_fail(L, &err);
    lua_pushinteger(L, run);
    return 1;
}

/* ledger:last_run(): integer
 * 0: there was none. */
static int ledger_last_run(lua_State *L)
{
    lua_pushinteger(L, dg_ledger_last_run(dg_lua_ledger(L)));
    return 1;
}

/* ledger:version(): integer | nil
 * Another one than before once others have committed anything. */
static int ledger_version(lua_State *L)
{
    int64_t version = dg_ledger_version(dg_lua_ledger(L));
    if (version < 0)
        return 0;
    lua_pushinteger(L, version);
    return 1;
}

/* ledger:join(run: integer)
 * For a process that did not begin the run itself. */
static int ledger_join(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    dg_ledger_join(l, luaL_checkinteger(L, 2));
    return 0;
}

/* ledger:run_over(run: integer, code: integer): true | nil, err */
static int ledger_run_over(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    int64_t run = luaL_checkinteger(L, 2);
    int code = (int)luaL_checkinteger(L, 3);
    return dg_lua_done(L, dg_ledger_run_over(l, run, code, dg_clock_wall(), &err), &err);
}

/* ledger:settings(run: integer?): string | nil
 * Of the last run before `run` that attempted something. */
static int ledger_settings(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    int64_t run = luaL_optinteger(L, 2, 0);
    struct dg_buffer *text = dg_lua_buffer(L, TEXT_BYTES);
    return push_text(L, text, dg_ledger_settings(l, run, text));
}

/* ---- the whole ---- */

/* ledger:commit(): true | nil, err */
static int ledger_commit(lua_State *L)
{
    struct dg_error err;
    return dg_lua_done(L, dg_ledger_commit(dg_lua_ledger(L), &err), &err);
}

/* ledger:noted(): integer
 * Changes that wait for a commit. */
static int ledger_noted(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_ledger_noted(dg_lua_ledger(L)));
    return 1;
}

/* ledger:is_full(): boolean
 * The disk was full once: what is noted still fits, no more should come. */
static int ledger_is_full(lua_State *L)
{
    lua_pushboolean(L, dg_ledger_is_full(dg_lua_ledger(L)));
    return 1;
}

/* ledger:release(owner: integer?): lost: integer | nil, err
 * Rows of a dead owner, or of all, can be claimed again; `lost` requests of theirs
 * may have been billed without an answer. */
static int ledger_release(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    unsigned owner = (unsigned)luaL_optinteger(L, 2, 0);
    int64_t lost;
    if (!dg_ledger_release(l, owner, dg_clock_wall(), &lost, &err))
        return dg_lua_fail(L, &err);
    lua_pushinteger(L, lost);
    return 1;
}

/* ledger:spooled(): {[name]= true} | nil, err
 * The files in the spool that kept answers still need. */
static int ledger_spooled(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    struct dg_buffer *names = dg_lua_buffer(L, TEXT_BYTES);
    if (!dg_ledger_spooled(l, names, &err))
        return dg_lua_fail(L, &err);
    lua_newtable(L);
    for (size_t at = 0; at < names->size; at += strlen(names->data + at) + 1) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, names->data + at);
    }
    dg_buffer_done(names);
    return 1;
}

/* ledger:checkpoint() */
static int ledger_checkpoint(lua_State *L)
{
    dg_ledger_checkpoint(dg_lua_ledger(L));
    return 0;
}

/* ledger:counts(): table | nil, err
 * Rows by state, and the sums over all attempts; costs in billionths of a dollar. */
static int ledger_counts(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger_counts c;
    if (!dg_ledger_counts(dg_lua_ledger(L), &c, &err))
        return dg_lua_fail(L, &err);
    lua_createtable(L, 0, 16);
    for (int state = 0; state < DG_ROW_STATES; state++)
        if (state != DG_ROW_KEPT && state != DG_ROW_ANSWERED)
            dg_lua_set_integer(L, dg_row_state_name((enum dg_row_state)state), c.rows[state]);
    dg_lua_set_integer(L, "answered", c.rows[DG_ROW_KEPT] + c.rows[DG_ROW_ANSWERED]);
    dg_lua_set_integer(L, "attempts", c.attempts);
    dg_lua_set_integer(L, "possibly_billed", c.possibly_billed);
    dg_lua_set_integer(L, "cost", c.cost_nano);
    dg_lua_set_integer(L, "dearest", c.dearest_nano);
    dg_lua_set_integer(L, "unpriced", c.unpriced);
    dg_lua_set_integer(L, "priced", c.priced);
    dg_lua_set_integer(L, "input_tokens", c.input_tokens);
    dg_lua_set_integer(L, "output_tokens", c.output_tokens);
    dg_lua_set_integer(L, "total_tokens", c.total_tokens);
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "share", ledger_share },
    { "open", ledger_open },
    { NULL, NULL },
};

static const luaL_Reg SHARED_METHODS[] = {
    { "imported", shared_imported },
    { "open_all", shared_open_all },
    { "end_import", shared_end_import },
    { NULL, NULL },
};

static const luaL_Reg SHARED_METAMETHODS[] = {
    { "__gc", shared_gc },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "get", ledger_get },
    { "set", ledger_set },
    { "columns", ledger_columns },
    { "run", ledger_run },
    { "join", ledger_join },
    { "run_over", ledger_run_over },
    { "settings", ledger_settings },
    { "last_run", ledger_last_run },
    { "version", ledger_version },
    { "claim", dg_lua_ledger_claim },
    { "plenty", dg_lua_ledger_plenty },
    { "find", dg_lua_ledger_find },
    { "ended", dg_lua_ledger_ended },
    { "charge", dg_lua_ledger_charge },
    { "step", dg_lua_ledger_step },
    { "keep_step", dg_lua_ledger_keep_step },
    { "drop_steps", dg_lua_ledger_drop_steps },
    { "commit", ledger_commit },
    { "noted", ledger_noted },
    { "is_full", ledger_is_full },
    { "release", ledger_release },
    { "spooled", ledger_spooled },
    { "checkpoint", ledger_checkpoint },
    { "counts", ledger_counts },
    { "import", dg_lua_ledger_import },
    { "results", dg_lua_ledger_results },
    { "view", dg_lua_ledger_view },
    { "close", ledger_close },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", ledger_close },
    { "__close", ledger_close },
    { NULL, NULL },
};

int luaopen_diffgentor_native_ledger(lua_State *L)
{
    dg_lua_class(L, SHARED, SHARED_METHODS, SHARED_METAMETHODS);
    dg_lua_class(L, LEDGER, METHODS, METAMETHODS);
    dg_lua_import_class(L);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
