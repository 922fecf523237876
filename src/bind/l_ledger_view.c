/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.ledger: the table of results, and figures for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/ledger.h"
#include "core/ledger_view.h"

enum { PATH_BYTES = 64 * 1024, STEM_BYTES = 64 };

/* ---- the table ---- */

static bool write_and_close(struct dg_ledger *l, enum dg_results_format format, int fd,
                            const char *path, struct dg_error *err)
{
    bool ok = dg_ledger_results(l, format, fd, path, err);
    return (close(fd) == 0 || !ok || dg_file_failed(err, "write", path, errno)) && ok;
}

/* The whole file at once, or what was there before; made in the folder `making`. */
static bool write_file(struct dg_ledger *l, enum dg_results_format format, const char *dir,
                       const char *name, const char *making, struct dg_buffer *temp,
                       struct dg_error *err)
{
    int fd = dg_file_temp(making, name, temp, err);
    if (fd < 0)
        return false;
    if (write_and_close(l, format, fd, temp->data, err) &&
        dg_file_place(temp->data, dir, name, err))
        return true;
    unlink(temp->data);
    return false;
}

/* ledger:results(format: "csv" | "jsonl", dir: string, name: string,
 *                making: string = dir): true | nil, err
 * Writes DIR/NAME, which appears whole or not at all; until then it is in the
 * folder `making`, of the same file system. */
int dg_lua_ledger_results(lua_State *L)
{
    static const char *const FORMATS[] = { "csv", "jsonl", NULL };
    struct dg_error err;
    struct dg_ledger *l = dg_lua_ledger(L);
    enum dg_results_format format = (enum dg_results_format)luaL_checkoption(L, 2, NULL, FORMATS);
    const char *dir = dg_lua_path(L, 3, &err);
    const char *name = dg_lua_path(L, 4, &err);
    const char *making = lua_isnoneornil(L, 5) ? dir : dg_lua_path(L, 5, &err);
    struct dg_buffer *temp = dg_lua_buffer(L, PATH_BYTES);
    bool ok = dir && name && making && write_file(l, format, dir, name, making, temp, &err);
    dg_buffer_done(temp);
    return dg_lua_done(L, ok, &err);
}

/* ---- figures ---- */

static void push_endpoints(lua_State *L, const struct dg_ledger_view *v)
{
    lua_createtable(L, (int)v->endpoint_count, 0);
    for (size_t k = 0; k < v->endpoint_count; k++) {
        const struct dg_endpoint_view *e = &v->endpoints[k];
        lua_createtable(L, 0, 8);
        dg_lua_set_text(L, "endpoint", e->label);
        dg_lua_set_integer(L, "attempts", e->attempts);
        dg_lua_set_integer(L, "ok", e->ok);
        dg_lua_set_integer(L, "failed", e->failed);
        dg_lua_set_integer(L, "open", e->open);
        dg_lua_set_seconds(L, "p50", e->p50);
        dg_lua_set_seconds(L, "p90", e->p90);
        dg_lua_set_seconds(L, "p99", e->p99);
        lua_rawseti(L, -2, (lua_Integer)k + 1); /* endpoints */
    }
}

static void push_codes(lua_State *L, const struct dg_ledger_view *v)
{
    lua_createtable(L, (int)v->code_count, 0);
    for (size_t k = 0; k < v->code_count; k++) {
        lua_createtable(L, 0, 3);
        dg_lua_set_text(L, "endpoint", v->codes[k].endpoint);
        dg_lua_set_text(L, "code", v->codes[k].code);
        dg_lua_set_integer(L, "count", v->codes[k].count);
        lua_rawseti(L, -2, (lua_Integer)k + 1); /* codes */
    }
}

/* ledger:view(span: number): table | nil, err
 * {endpoints=, codes=, ended_lately=, ended_in_run=, last_ended=, run=, run_started=, run_ended=,
 * run_code=}; "lately" is the last `span` seconds, moments are seconds since 1970. */
int dg_lua_ledger_view(lua_State *L)
{
    struct dg_error err;
    struct dg_ledger_view v;
    struct dg_ledger *l = dg_lua_ledger(L);
    if (!dg_ledger_view(l, dg_clock_wall(), dg_lua_seconds(L, 2), &v, &err))
        return dg_lua_fail(L, &err);
    lua_createtable(L, 0, 9);
    push_endpoints(L, &v);
    lua_setfield(L, -2, "endpoints");
    push_codes(L, &v);
    lua_setfield(L, -2, "codes"); /* view */
    dg_lua_set_integer(L, "ended_lately", v.ended_lately);
    dg_lua_set_integer(L, "ended_in_run", v.ended_in_run);
    dg_lua_set_seconds(L, "last_ended", v.last_ended > 0 ? v.last_ended : -1);
    if (v.run > 0) {
        dg_lua_set_integer(L, "run", v.run);
        dg_lua_set_seconds(L, "run_started", v.run_started);
        dg_lua_set_seconds(L, "run_ended", v.run_ended > 0 ? v.run_ended : -1);
        if (v.run_code >= 0)
            dg_lua_set_integer(L, "run_code", v.run_code);
    }
    dg_ledger_view_done(&v);
    return 1;
}
