/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.ledger: rows as they are claimed, and what became of them.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/ledger.h"
#include "bind/options.h"
#include "core/cells.h"

enum { CLAIM_MOST = 10000, PACKED_BYTES = 64 * 1024 * 1024 };

static const char CLAIM[] = "diffgentor.native.ledger.claim";

/* ---- rows for Lua ---- */

/* The cells by place, from 1; a row of JSON Lines has not every place. */
static void push_cells(lua_State *L, const struct dg_ledger_row *row)
{
    struct dg_cells c = { row->cells, row->cells_size };
    struct dg_packed cell;
    uint64_t place;
    lua_newtable(L);
    while (dg_cells_next(&c, &place, &cell)) {
        lua_pushlstring(L, cell.text, cell.size);
        lua_rawseti(L, -2, (lua_Integer)place + 1);
    }
}

/* {{name=, size=, extension=}, ...} */
static void push_pictures(lua_State *L, const struct dg_ledger_row *row)
{
    struct dg_cells c = { row->pictures, row->pictures_size };
    struct dg_packed name, extension;
    uint64_t size, unused;
    lua_newtable(L);
    for (lua_Integer k = 1;
         dg_cells_next(&c, &size, &name) && dg_cells_next(&c, &unused, &extension); k++) {
        lua_createtable(L, 0, 3); /* pictures picture */
        dg_lua_set_bytes(L, "name", name.text, name.size);
        dg_lua_set_bytes(L, "extension", extension.text, extension.size);
        dg_lua_set_integer(L, "size", (int64_t)size);
        lua_rawseti(L, -2, k);
    }
}

static void push_answer(lua_State *L, const struct dg_ledger_row *row)
{
    lua_createtable(L, 0, 9);
    dg_lua_set_text(L, "stem", row->stem);
    dg_lua_set_bytes(L, "text", row->text, row->text_size);
    dg_lua_set_integer(L, "attempt", row->attempt);
    dg_lua_set_text(L, "request_id", row->request_id);
    dg_lua_set_text(L, "endpoint", row->endpoint);
    dg_lua_set_text(L, "model", row->model);
    dg_lua_set_integer(L, "status", row->status);
    dg_lua_set_seconds(L, "latency", row->latency_ms);
    push_pictures(L, row);
    lua_setfield(L, -2, "pictures"); /* answer */
}

/* {{name=, size=}, ...} */
static void push_outputs(lua_State *L, const struct dg_ledger_row *row)
{
    struct dg_cells c = { row->outputs, row->outputs ? row->outputs_size : 0 };
    struct dg_packed name;
    uint64_t size;
    lua_newtable(L);
    for (lua_Integer k = 1; dg_cells_next(&c, &size, &name); k++) {
        lua_createtable(L, 0, 2); /* outputs output */
        dg_lua_set_bytes(L, "name", name.text, name.size);
        dg_lua_set_integer(L, "size", (int64_t)size);
        lua_rawseti(L, -2, k);
    }
}

static void push_row(lua_State *L, const struct dg_ledger_row *row)
{
    luaL_checkstack(L, 8, "no room for a row");
    lua_createtable(L, 0, 8);
    dg_lua_set_integer(L, "position", row->position);
    if (row->indexed)
        dg_lua_set_integer(L, "index", row->index);
    dg_lua_set_integer(L, "line", row->line);
    dg_lua_set_integer(L, "attempts", row->attempts);
    dg_lua_set_text(L, "state", dg_row_state_name(row->state));
    push_cells(L, row);
    lua_setfield(L, -2, "cells");
    push_outputs(L, row);
    lua_setfield(L, -2, "outputs");
    if (row->stem) {
        push_answer(L, row);
        lua_setfield(L, -2, "answer"); /* row */
    }
}

/* Claimed rows on their way to Lua: an error on the way leaks none. */
struct claim {
    struct dg_ledger_row *rows; /* in this userdata, behind it */
    size_t count;               /* still owned */
};

static int claim_gc(lua_State *L)
{
    struct claim *c = luaL_checkudata(L, 1, CLAIM);
    while (c->count > 0)
        dg_ledger_row_done(&c->rows[--c->count]);
    return 0;
}

static struct claim *new_claim(lua_State *L, size_t most)
{
    static const luaL_Reg none[] = { { NULL, NULL } };
    static const luaL_Reg metamethods[] = { { "__gc", claim_gc }, { NULL, NULL } };
    struct claim *c = lua_newuserdatauv(L, sizeof(*c) + most * sizeof(*c->rows), 0);
    *c = (struct claim){ (struct dg_ledger_row *)(void *)(c + 1), 0 };
    dg_lua_class(L, CLAIM, none, metamethods);
    luaL_setmetatable(L, CLAIM);
    return c;
}

/* ledger:claim(most: integer): row[] | nil, err
 * Rows in the order of the input, each {position=, index= (nil: no whole number),
 * line=, state= ("running" or "answered"), attempts=, cells= (by column),
 * outputs= {{name=, size=}, ...}, answer= (of an answered one)}. */
int dg_lua_ledger_claim(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    lua_Integer most = luaL_checkinteger(L, 2);
    luaL_argcheck(L, most >= 1 && most <= CLAIM_MOST, 2, "1 to 10000 expected");
    struct claim *c = new_claim(L, (size_t)most);
    if (!dg_ledger_claim(l, (size_t)most, dg_clock_wall(), c->rows, &c->count, &err))
        return dg_lua_fail(L, &err);
    lua_createtable(L, (int)c->count, 0);
    for (size_t k = 0; k < c->count; k++) {
        push_row(L, &c->rows[k]);
        lua_rawseti(L, -2, (lua_Integer)k + 1); /* ... claim rows */
    }
    while (c->count > 0)
        dg_ledger_row_done(&c->rows[--c->count]);
    return 1;
}

/* ledger:plenty(count: integer): boolean
 * Whether so many rows and more can be claimed. */
int dg_lua_ledger_plenty(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    lua_Integer count = luaL_checkinteger(L, 2);
    luaL_argcheck(L, count >= 0, 2, "0 or more expected");
    lua_pushboolean(L, dg_ledger_plenty(l, (size_t)count));
    return 1;
}

/* ledger:find(position: integer): row | nil */
int dg_lua_ledger_find(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    struct claim *c = new_claim(L, 1);
    if (!dg_ledger_find(l, luaL_checkinteger(L, 2), c->rows)) {
        lua_pushnil(L);
        return 1;
    }
    c->count = 1;
    push_row(L, c->rows);
    dg_ledger_row_done(&c->rows[--c->count]);
    return 1;
}

/* ---- what became of them ---- */

static const char *read_state(lua_State *L, void *into)
{
    static const char *const NAMES[] = { "done", "failed", "skipped", "pending", "answered", NULL };
    static const enum dg_row_state STATES[] = { DG_ROW_DONE, DG_ROW_FAILED, DG_ROW_SKIPPED,
                                                DG_ROW_PENDING, DG_ROW_ANSWERED };
    int choice = 0;
    const char *complaint = dg_option_choice(L, NAMES, &choice);
    *(enum dg_row_state *)into = STATES[choice];
    return complaint;
}

/* A member of the table on top as bytes, on the stack; its number where it has one. */
static const char *member(lua_State *L, const char *name, size_t *size_bytes)
{
    lua_getfield(L, -1, name);
    return lua_tolstring(L, -1, size_bytes);
}

/* {{name=, size=}, ...} as packed bytes that the stack keeps. */
static const char *read_files(lua_State *L, void *into)
{
    struct dg_bytes *bytes = into;
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "list of files");
    int list = lua_gettop(L);
    struct dg_buffer *packed = dg_lua_buffer(L, PACKED_BYTES);
    for (lua_Integer k = 1; lua_rawgeti(L, list, k) == LUA_TTABLE; k++) {
        size_t size;
        const char *name = member(L, "name", &size); /* list packed file name */
        lua_getfield(L, -2, "size");
        if (!name || !lua_isinteger(L, -1) ||
            !dg_cells_add(packed, (uint64_t)lua_tointeger(L, -1), name, size))
            return "files with a name and a size expected";
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
    *bytes = (struct dg_bytes){ packed->data, packed->size };
    return NULL;
}

/* {{name, text}, ...}, the same way. */
static const char *read_pairs(lua_State *L, void *into)
{
    struct dg_bytes *bytes = into;
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "list of pairs");
    int list = lua_gettop(L);
    struct dg_buffer *packed = dg_lua_buffer(L, PACKED_BYTES);
    for (lua_Integer k = 1; lua_rawgeti(L, list, k) == LUA_TTABLE; k++) {
        for (int half = 1; half <= 2; half++) {
            size_t size;
            lua_rawgeti(L, -1, half); /* list packed pair half */
            const char *text = lua_tolstring(L, -1, &size);
            if (!text || !dg_cells_add(packed, 0, text, size))
                return "pairs of texts expected";
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *bytes = (struct dg_bytes){ packed->data, packed->size };
    return NULL;
}

static const char *read_integer(lua_State *L, void *into)
{
    int exact;
    *(int64_t *)into = lua_tointegerx(L, -1, &exact);
    return exact ? NULL : dg_option_expected(L, "whole number");
}

struct end_fields {
    struct dg_row_end end;   /* most go straight there */
    struct dg_bytes outputs; /* packed */
    struct dg_bytes extra;   /* packed */
};

#define END(member) offsetof(struct end_fields, member)

static const struct dg_option END_OPTIONS[] = {
    { "position", read_integer, END(end.position) },
    { "state", read_state, END(end.state) },
    { "attempt", read_integer, END(end.attempt) },
    { "error_kind", dg_option_text, END(end.error_kind) },
    { "error_code", dg_option_text, END(end.error_code) },
    { "error", dg_option_text, END(end.error) },
    { "outputs", read_files, END(outputs) },
    { "extra", read_pairs, END(extra) },
    { NULL, NULL, 0 },
};

/* ledger:ended{position=, state= "done" | "failed" | "skipped" | "pending" | "answered",
 *              attempt=, error_kind=, error_code=, error=, outputs= {{name=, size=}, ...},
 *              extra= {{name, text}, ...}}
 * Noted; committed with the next group. */
int dg_lua_ledger_ended(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    struct end_fields f = { .end = {
                                .position = -1, .error_kind = "", .error_code = "", .error = "" } };
    dg_lua_options(L, 2, 0, END_OPTIONS, &f);
    if (f.end.position < 0)
        dg_lua_option_missing(L, 2, 0, "position");
    f.end.outputs = f.outputs.data;
    f.end.outputs_size = f.outputs.size;
    f.end.extra = f.extra.data;
    f.end.extra_size = f.extra.size;
    f.end.wall = dg_clock_wall();
    dg_ledger_ended(l, &f.end);
    return 0;
}

static const struct dg_option CHARGE_OPTIONS[] = {
    { "attempt", read_integer, offsetof(struct dg_charge, attempt) },
    { "model", dg_option_text, offsetof(struct dg_charge, model) },
    { "input_tokens", read_integer, offsetof(struct dg_charge, input_tokens) },
    { "output_tokens", read_integer, offsetof(struct dg_charge, output_tokens) },
    { "total_tokens", read_integer, offsetof(struct dg_charge, total_tokens) },
    { "cost", read_integer, offsetof(struct dg_charge, cost_nano) },
    { NULL, NULL, 0 },
};

/* ledger:charge{attempt=, model=, input_tokens=, output_tokens=, total_tokens=, cost=}
 * What an attempt cost, in billionths of a dollar; what is left out is unknown. */
int dg_lua_ledger_charge(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    struct dg_charge c = {
        .input_tokens = -1, .output_tokens = -1, .total_tokens = -1, .cost_nano = -1
    };
    dg_lua_options(L, 2, 0, CHARGE_OPTIONS, &c);
    dg_ledger_charge(l, &c);
    return 0;
}

/* ---- steps ---- */

static const struct dg_option STEP_OPTIONS[] = {
    { "position", read_integer, offsetof(struct dg_step_kept, position) },
    { "name", dg_option_text, offsetof(struct dg_step_kept, name) },
    { "files", dg_option_text, offsetof(struct dg_step_kept, files) },
    { NULL, NULL, 0 },
};

/* ledger:keep_step({position=, name=, files= names in the spool, a line each}, value: string)
 * Noted; committed with the next group. */
int dg_lua_ledger_keep_step(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    struct dg_step_kept s = { .position = -1, .files = "" };
    s.value = luaL_checklstring(L, 3, &s.value_size);
    dg_lua_options(L, 2, 0, STEP_OPTIONS, &s);
    if (!s.name)
        dg_lua_option_missing(L, 2, 0, "name");
    dg_ledger_keep_step(l, &s);
    return 0;
}

/* ledger:step(position: integer, name: string): string | nil */
int dg_lua_ledger_step(lua_State *L)
{
    struct dg_ledger *l = dg_lua_ledger(L);
    lua_Integer position = luaL_checkinteger(L, 2);
    const char *name = luaL_checkstring(L, 3);
    struct dg_buffer *value = dg_lua_buffer(L, PACKED_BYTES);
    if (dg_ledger_step(l, position, name, value))
        lua_pushlstring(L, value->data ? value->data : "", value->size);
    else
        lua_pushnil(L);
    return 1;
}

/* ledger:drop_steps(position: integer?)
 * Those of a row, or of all. */
int dg_lua_ledger_drop_steps(lua_State *L)
{
    dg_ledger_drop_steps(dg_lua_ledger(L), luaL_optinteger(L, 2, -1));
    return 0;
}
