/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.csv: rows of CSV and JSON Lines files, one at a time.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"
#include "core/csv.h"
#include "core/jsonl.h"
#include "core/survey.h"

static const char READER[] = "diffgentor.csv.reader";
static const char JSONL[] = "diffgentor.csv.jsonl";

struct reader {
    struct dg_csv *csv; /* NULL when closed */
};

struct jsonl {
    struct dg_jsonl *jsonl; /* NULL when closed */
};

static struct reader *reader_self(lua_State *L)
{
    return luaL_checkudata(L, 1, READER);
}

static struct dg_csv *reader_live(lua_State *L)
{
    struct reader *r = reader_self(L);
    if (!r->csv)
        luaL_error(L, "attempt to use a closed reader");
    return r->csv;
}

static struct jsonl *jsonl_self(lua_State *L)
{
    return luaL_checkudata(L, 1, JSONL);
}

static struct dg_jsonl *jsonl_live(lua_State *L)
{
    struct jsonl *j = jsonl_self(L);
    if (!j->jsonl)
        luaL_error(L, "attempt to use a closed reader");
    return j->jsonl;
}

struct dg_csv *dg_lua_to_csv(lua_State *L, int index)
{
    struct reader *r = luaL_testudata(L, index, READER);
    return r ? r->csv : NULL;
}

struct dg_jsonl *dg_lua_to_jsonl(lua_State *L, int index)
{
    struct jsonl *j = luaL_testudata(L, index, JSONL);
    return j ? j->jsonl : NULL;
}

static void push_cells(lua_State *L, const struct dg_cell *cells, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(L, cells[i].text, cells[i].size);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* csv.open(path: string): reader | nil, err
 * "-" is standard input. */
static int csv_open(lua_State *L)
{
    struct dg_error err;
    const char *path = dg_lua_path(L, 1, &err);
    if (!path)
        return dg_lua_fail(L, &err);
    struct reader *r = lua_newuserdatauv(L, sizeof(*r), 0);
    r->csv = NULL;
    luaL_setmetatable(L, READER);
    r->csv = dg_csv_open(path, &err);
    return r->csv ? 1 : dg_lua_fail(L, &err);
}

/* What next() answers where there is no row. */
static int no_row(lua_State *L, enum dg_csv_got got, const struct dg_error *err)
{
    if (got == DG_CSV_FAULT)
        return dg_lua_fail(L, err);
    if (got == DG_CSV_WAIT)
        lua_pushboolean(L, false);
    else
        lua_pushnil(L);
    return 1;
}

/* reader:next(): cells: string[], line: integer | nil | nil, err | false
 * nil alone: the end; false: an impatient reader's pipe has no whole row yet. */
static int reader_next(lua_State *L)
{
    struct dg_error err;
    struct dg_csv_row row;
    enum dg_csv_got got = dg_csv_next(reader_live(L), &row, &err);
    if (got != DG_CSV_ROW)
        return no_row(L, got, &err);
    push_cells(L, row.cells, row.count);
    lua_pushinteger(L, (lua_Integer)row.line);
    return 2;
}

/* reader:impatient()
 * From now on a pipe is not waited for. */
static int reader_impatient(lua_State *L)
{
    dg_csv_impatient(reader_live(L));
    return 0;
}

/* reader:fd(): integer
 * The descriptor to wait for when next() gave false. */
static int reader_fd(lua_State *L)
{
    lua_pushinteger(L, dg_csv_fd(reader_live(L)));
    return 1;
}

/* reader:offset(): integer
 * Bytes of the file taken so far. */
static int reader_offset(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_csv_offset(reader_live(L)));
    return 1;
}

/* reader:hash()
 * Before the first row: a digest will be asked for. */
static int reader_hash(lua_State *L)
{
    dg_csv_hash(reader_live(L));
    return 0;
}

/* reader:digest(): string | nil
 * Of all bytes of the file, in hexadecimal digits; nil before its end, or if not hashed. */
static int reader_digest(lua_State *L)
{
    char hex[DG_HASH_HEX_BYTES];
    bool over = dg_csv_digest(reader_live(L), hex);
    lua_pushstring(L, over ? hex : NULL);
    return 1;
}

/* reader:close() */
static int reader_close(lua_State *L)
{
    struct reader *r = reader_self(L);
    if (r->csv)
        dg_csv_free(r->csv);
    r->csv = NULL;
    return 0;
}

/* csv.jsonl(path: string): reader | nil, err
 * "-" is standard input. */
static int csv_jsonl(lua_State *L)
{
    struct dg_error err;
    const char *path = dg_lua_path(L, 1, &err);
    if (!path)
        return dg_lua_fail(L, &err);
    struct jsonl *j = lua_newuserdatauv(L, sizeof(*j), 0);
    j->jsonl = NULL;
    luaL_setmetatable(L, JSONL);
    j->jsonl = dg_jsonl_open(path, &err);
    return j->jsonl ? 1 : dg_lua_fail(L, &err);
}

/* reader:impatient()
 * From now on a pipe is not waited for. */
static int jsonl_impatient(lua_State *L)
{
    dg_jsonl_impatient(jsonl_live(L));
    return 0;
}

/* reader:next(): names: string[], cells: string[], line: integer | nil | nil, err | false
 * nil alone: the end; false: as of a CSV reader. */
static int jsonl_next(lua_State *L)
{
    struct dg_error err;
    struct dg_jsonl_row row;
    enum dg_csv_got got = dg_jsonl_next(jsonl_live(L), &row, &err);
    if (got != DG_CSV_ROW)
        return no_row(L, got, &err);
    push_cells(L, row.names, row.count);
    push_cells(L, row.cells, row.count);
    lua_pushinteger(L, (lua_Integer)row.line); /* reader names cells line */
    return 3;
}

/* reader:fd(): integer */
static int jsonl_fd(lua_State *L)
{
    lua_pushinteger(L, dg_jsonl_fd(jsonl_live(L)));
    return 1;
}

/* reader:again()
 * The row just read comes once more. */
static int jsonl_again(lua_State *L)
{
    dg_jsonl_again(jsonl_live(L));
    return 0;
}

/* reader:offset(): integer
 * Bytes of the file taken so far. */
static int jsonl_offset(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_jsonl_offset(jsonl_live(L)));
    return 1;
}

/* reader:hash()
 * Before the first row: a digest will be asked for. */
static int jsonl_hash(lua_State *L)
{
    dg_jsonl_hash(jsonl_live(L));
    return 0;
}

/* reader:digest(): string | nil
 * As of a CSV reader. */
static int jsonl_digest(lua_State *L)
{
    char hex[DG_HASH_HEX_BYTES];
    bool over = dg_jsonl_digest(jsonl_live(L), hex);
    lua_pushstring(L, over ? hex : NULL);
    return 1;
}

/* reader:close() */
static int jsonl_close(lua_State *L)
{
    struct jsonl *j = jsonl_self(L);
    if (j->jsonl)
        dg_jsonl_free(j->jsonl);
    j->jsonl = NULL;
    return 0;
}

/* Reads the cells of argument 1 into a list that the stack keeps, with the bytes
 * that they need at most when all are quoted. */
static const struct dg_cell *check_cells(lua_State *L, size_t count, size_t *most)
{
    struct dg_cell *cells = lua_newuserdatauv(L, count * sizeof(*cells) + 1, 0);
    *most = 1;
    luaL_checkstack(L, (int)count, "too many cells");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1); /* list cells ... cell */
        cells[i].text = lua_tolstring(L, -1, &cells[i].size);
        if (!cells[i].text)
            luaL_argerror(L, 1,
                          lua_pushfstring(L, "cell %d: string expected, got %s", (int)i + 1,
                                          luaL_typename(L, -1)));
        *most += 2 * cells[i].size + 3;
    }
    return cells;
}

/* csv.encode(cells: (string | number)[]): line: string
 * One line of a file, with its end. */
static int csv_encode(lua_State *L)
{
    size_t most;
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t count = lua_rawlen(L, 1);
    luaL_argcheck(L, count <= DG_CSV_COLUMNS, 1, "more than 4096 cells");
    const struct dg_cell *cells = check_cells(L, count, &most);
    struct dg_buffer *out = dg_lua_buffer(L, most);
    if (!dg_csv_write(out, cells, count))
        return luaL_error(L, "a row of %d cells does not fit its buffer", (int)count);
    lua_pushlstring(L, out->data, out->size);
    dg_buffer_done(out);
    return 1;
}

/* csv.survey(path: string, format: "csv" | "jsonl"): {rows=, columns=, digest=} | nil, err
 * Reads the whole file once. */
static int csv_survey(lua_State *L)
{
    static const char *const FORMATS[] = { "csv", "jsonl", NULL };
    struct dg_survey survey;
    struct dg_error err;
    enum dg_format format = (enum dg_format)luaL_checkoption(L, 2, NULL, FORMATS);
    const char *path = dg_lua_path(L, 1, &err);
    if (!path || !dg_survey(path, format, &survey, &err))
        return dg_lua_fail(L, &err);
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, (lua_Integer)survey.rows);
    lua_setfield(L, -2, "rows");
    lua_pushinteger(L, (lua_Integer)survey.columns); /* path format survey columns */
    lua_setfield(L, -2, "columns");
    lua_pushstring(L, survey.digest);
    lua_setfield(L, -2, "digest");
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "open", csv_open },     { "jsonl", csv_jsonl }, { "encode", csv_encode },
    { "survey", csv_survey }, { NULL, NULL },
};

static const luaL_Reg READER_METHODS[] = {
    { "next", reader_next },   { "impatient", reader_impatient },
    { "fd", reader_fd },       { "offset", reader_offset },
    { "hash", reader_hash },   { "digest", reader_digest },
    { "close", reader_close }, { NULL, NULL },
};

static const luaL_Reg READER_METAMETHODS[] = {
    { "__gc", reader_close },
    { "__close", reader_close },
    { NULL, NULL },
};

static const luaL_Reg JSONL_METHODS[] = {
    { "next", jsonl_next },           { "again", jsonl_again },   { "fd", jsonl_fd },
    { "impatient", jsonl_impatient }, { "offset", jsonl_offset }, { "digest", jsonl_digest },
    { "hash", jsonl_hash },           { "close", jsonl_close },   { NULL, NULL },
};

static const luaL_Reg JSONL_METAMETHODS[] = {
    { "__gc", jsonl_close },
    { "__close", jsonl_close },
    { NULL, NULL },
};

int luaopen_diffgentor_native_csv(lua_State *L)
{
    dg_lua_class(L, READER, READER_METHODS, READER_METAMETHODS);
    dg_lua_class(L, JSONL, JSONL_METHODS, JSONL_METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
