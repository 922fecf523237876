/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.ledger: the import of an input.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/ledger.h"
#include "bind/objects.h"
#include "bind/options.h"
#include "core/import.h"

static const char IMPORT[] = "diffgentor.native.ledger.import";

struct import {
    struct dg_import *import; /* NULL when closed */
};

/* Places of its uservalues: all that it borrows, and of that the two that can be
 * closed. */
enum { KEPT = 1, LEDGER, READER };

static struct dg_import *live(lua_State *L)
{
    struct import *im = luaL_checkudata(L, 1, IMPORT);
    if (!im->import)
        luaL_error(L, "attempt to use a closed import");
    return im->import;
}

/* To be asked before it reads or writes. */
static struct dg_import *able(lua_State *L)
{
    struct dg_import *im = live(L);
    lua_getiuservalue(L, 1, LEDGER);
    lua_getiuservalue(L, 1, READER); /* ... ledger reader */
    if (!dg_lua_to_ledger(L, -2))
        luaL_error(L, "attempt to use an import whose ledger is closed");
    if (!dg_lua_to_csv(L, -1) && !dg_lua_to_jsonl(L, -1))
        luaL_error(L, "attempt to use an import whose reader is closed");
    lua_pop(L, 2);
    return im;
}

struct ranges {
    struct dg_range *list; /* in a userdata that the stack keeps */
    size_t count;          /* of them */
    bool given;            /* also if none is in it */
};

struct fields {
    struct dg_import_options options; /* most go straight there */
    struct ranges ranges;
};

static const char *read_reader(lua_State *L, void *into)
{
    struct dg_import_options *options = into;
    options->csv = dg_lua_to_csv(L, -1);
    options->jsonl = dg_lua_to_jsonl(L, -1);
    return options->csv || options->jsonl ? NULL : dg_option_expected(L, "open reader");
}

static const char *read_shared(lua_State *L, void *into)
{
    struct dg_ledger_shared *shared = dg_lua_to_shared(L, -1);
    *(struct dg_ledger_shared **)into = shared;
    return shared ? NULL : dg_option_expected(L, "shared object");
}

static int64_t bound_of(lua_State *L, int which)
{
    lua_rawgeti(L, -1, which);
    int64_t bound = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return bound;
}

/* {{first, end}, ...} */
static const char *read_ranges(lua_State *L, void *into)
{
    struct ranges *r = into;
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "list of ranges");
    int list = lua_gettop(L);
    r->given = true;
    r->count = lua_rawlen(L, list);
    r->list = lua_newuserdatauv(L, r->count * sizeof(*r->list) + 1, 0);
    for (size_t k = 0; k < r->count; k++) {
        if (lua_rawgeti(L, list, (lua_Integer)k + 1) != LUA_TTABLE) /* list ranges range */
            return "list of {first, end} expected";
        r->list[k] = (struct dg_range){ bound_of(L, 1), bound_of(L, 2) };
        lua_pop(L, 1);
    }
    return NULL;
}

#define FIELD(member) offsetof(struct fields, options.member)

static const struct dg_option OPTIONS[] = {
    { "reader", read_reader, offsetof(struct fields, options) },
    { "shared", read_shared, FIELD(shared) },
    { "label", dg_option_text, FIELD(label) },
    { "columns", dg_option_texts, FIELD(columns) },
    { "keys", dg_option_texts, FIELD(keys) },
    { "ranges", read_ranges, offsetof(struct fields, ranges) },
    { "retry_failed", dg_option_boolean, FIELD(retry_failed) },
    { "redo", dg_option_boolean, FIELD(redo) },
    { "known", dg_option_boolean, FIELD(known) },
    { "unseen", dg_option_boolean, FIELD(unseen) },
    { "folder", dg_option_text, FIELD(folder) },
    { NULL, NULL, 0 },
};

/* The import on top keeps all that is below it alive: the ledger, the options, the
 * lists made of them. */
static void keep_all(lua_State *L)
{
    int top = lua_gettop(L);
    lua_createtable(L, top, 0);
    for (int k = 1; k < top; k++) {
        lua_pushvalue(L, k); /* ledger options ... import kept value */
        lua_rawseti(L, -2, k);
    }
    lua_setiuservalue(L, -2, KEPT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, LEDGER);
    lua_pushliteral(L, "reader");
    lua_rawget(L, 2);
    lua_setiuservalue(L, -2, READER);
}

/* ledger:import{reader=, shared=, label=, folder=, columns=, keys=, ranges=, retry_failed=,
 *               redo=, known=, unseen=}: import | nil, err
 * See core/import.h.  Ledger and reader stay open until it has ended. */
int dg_lua_ledger_import(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    struct fields f = { .options = { .label = "", .folder = "." } };
    dg_lua_options(L, 2, 0, OPTIONS, &f);
    if (!f.options.csv && !f.options.jsonl)
        dg_lua_option_missing(L, 2, 0, "reader");
    if (!f.options.shared)
        dg_lua_option_missing(L, 2, 0, "shared");
    while (f.options.columns && f.options.columns[f.options.column_count])
        f.options.column_count++;
    f.options.ranges = f.ranges.list;
    f.options.range_count = f.ranges.count;
    f.options.filtered = f.ranges.given;
    struct import *im = lua_newuserdatauv(L, sizeof(*im), READER);
    im->import = NULL;
    luaL_setmetatable(L, IMPORT);
    keep_all(L);
    im->import = dg_import_new(l, &f.options, &err);
    return im->import ? 1 : dg_lua_fail(L, &err);
}

static int push_sums(lua_State *L, const struct dg_import_sums *s)
{
    const struct {
        const char *name;
        int64_t sum;
    } sums[] = {
        { "rows", s->rows },       { "fresh", s->fresh },     { "finished", s->finished },
        { "changed", s->changed }, { "lost", s->lost },       { "reused", s->reused },
        { "skipped", s->skipped }, { "failed", s->failed },   { "kept", s->kept },
        { "pending", s->pending }, { "written", s->written }, { "apart", s->apart },
    };
    lua_createtable(L, 0, sizeof sums / sizeof *sums);
    for (size_t k = 0; k < sizeof sums / sizeof *sums; k++) {
        lua_pushinteger(L, sums[k].sum);
        lua_setfield(L, -2, sums[k].name);
    }
    return 1;
}

/* import:compare(): sums: table | nil, err
 * Reads all of the input and changes nothing. */
static int import_compare(lua_State *L)
{
    struct dg_error err;
    struct dg_import_sums sums;
    if (!dg_import_compare(able(L), &sums, &err))
        return dg_lua_fail(L, &err);
    return push_sums(L, &sums);
}

/* import:step(): "more" | "wait" | "end" | nil, err
 * Takes up rows for some milliseconds. */
static int import_step(lua_State *L)
{
    struct dg_error err;
    enum dg_csv_got got = dg_import_step(able(L), &err);
    if (got == DG_CSV_FAULT)
        return dg_lua_fail(L, &err);
    lua_pushstring(L, got == DG_CSV_ROW ? "more" : got == DG_CSV_WAIT ? "wait" : "end");
    return 1;
}

/* import:sums(): table */
static int import_sums(lua_State *L)
{
    return push_sums(L, dg_import_sums(live(L)));
}

/* import:close() */
static int import_close(lua_State *L)
{
    struct import *im = luaL_checkudata(L, 1, IMPORT);
    if (im->import)
        dg_import_free(im->import);
    im->import = NULL;
    return 0;
}

static const luaL_Reg METHODS[] = {
    { "compare", import_compare }, { "step", import_step }, { "sums", import_sums },
    { "close", import_close },     { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", import_close },
    { "__close", import_close },
    { NULL, NULL },
};

void dg_lua_import_class(lua_State *L)
{
    dg_lua_class(L, IMPORT, METHODS, METAMETHODS);
}
