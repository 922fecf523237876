/* SPDX-License-Identifier: MIT
 *
 * Rows out of the ledger: read, and claimed.
 */
#include <string.h>

#include "base/memory.h"
#include "core/cells.h"
#include "core/ledger_home.h"

static const char *const STATE_NAMES[DG_ROW_STATES] = {
    [DG_ROW_PENDING] = "pending", [DG_ROW_KEPT] = "answered",     [DG_ROW_RUNNING] = "running",
    [DG_ROW_SENDING] = "sending", [DG_ROW_ANSWERED] = "answered", [DG_ROW_DONE] = "done",
    [DG_ROW_FAILED] = "failed",   [DG_ROW_SKIPPED] = "skipped",
};

const char *dg_row_state_name(enum dg_row_state state)
{
    return STATE_NAMES[state];
}

/* ---- reading rows ---- */

void dg_ledger_row_done(struct dg_ledger_row *row)
{
    dg_free(row->cells);
    dg_free(row->outputs);
    dg_free(row->stem);
    dg_free(row->text);
    dg_free(row->pictures);
    dg_free(row->request_id);
    dg_free(row->endpoint);
    dg_free(row->model);
    *row = (struct dg_ledger_row){ .position = -1 };
}

static void read_place(sqlite3_stmt *s, struct dg_ledger_row *row)
{
    *row = (struct dg_ledger_row){
        .position = sqlite3_column_int64(s, 0),
        .state = (enum dg_row_state)sqlite3_column_int(s, 1),
        .index = sqlite3_column_int64(s, 2),
        .indexed = sqlite3_column_type(s, 2) != SQLITE_NULL,
        .line = sqlite3_column_int64(s, 3),
        .attempts = (unsigned)sqlite3_column_int(s, 4),
    };
}

/* Steps a statement about one row to its line. */
static sqlite3_stmt *look_up(struct dg_ledger *l, enum dg_sql which, int64_t position, bool *found,
                             struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, which, err);
    if (!s)
        return NULL;
    sqlite3_bind_int64(s, 1, position);
    return dg_home_step(l, s, found, err) ? s : NULL;
}

static char *text_or_empty(sqlite3_stmt *s, int column)
{
    char *text = dg_home_copy(s, column, NULL);
    return text ? text : dg_strdup("");
}

static bool read_answer(struct dg_ledger *l, struct dg_ledger_row *row, struct dg_error *err)
{
    bool found;
    sqlite3_stmt *s = look_up(l, DG_SQL_ANSWER, row->position, &found, err);
    if (!s)
        return false;
    if (found) {
        row->stem = dg_home_copy(s, 0, NULL);
        row->text = dg_home_copy(s, 1, &row->text_size);
        row->pictures = dg_home_copy(s, 2, &row->pictures_size);
        row->attempt = sqlite3_column_int64(s, 3);
        row->request_id = text_or_empty(s, 4);
        row->endpoint = text_or_empty(s, 5);
        row->status = sqlite3_column_int(s, 6);
        row->latency_ms = sqlite3_column_int64(s, 7);
        row->model = text_or_empty(s, 8);
    }
    sqlite3_reset(s);
    return true;
}

static bool read_blob(struct dg_ledger *l, enum dg_sql which, int64_t position, char **into,
                      size_t *size_bytes, struct dg_error *err)
{
    bool found;
    sqlite3_stmt *s = look_up(l, which, position, &found, err);
    if (!s)
        return false;
    if (found)
        *into = dg_home_copy(s, 0, size_bytes);
    sqlite3_reset(s);
    return true;
}

static bool read_rest(struct dg_ledger *l, struct dg_ledger_row *row, struct dg_error *err)
{
    return read_blob(l, DG_SQL_CELLS, row->position, &row->cells, &row->cells_size, err) &&
           read_blob(l, DG_SQL_OUTPUTS, row->position, &row->outputs, &row->outputs_size, err) &&
           ((row->state != DG_ROW_KEPT && row->state != DG_ROW_ANSWERED) ||
            read_answer(l, row, err));
}

bool dg_ledger_find(struct dg_ledger *l, int64_t position, struct dg_ledger_row *row)
{
    bool found;
    sqlite3_stmt *s = look_up(l, DG_SQL_FIND, position, &found, NULL);
    if (!s || !found)
        return false;
    read_place(s, row);
    sqlite3_reset(s);
    if (read_rest(l, row, NULL))
        return true;
    dg_ledger_row_done(row);
    return false;
}

static bool add_names(struct dg_buffer *names, const void *packed, size_t size_bytes)
{
    struct dg_cells c = { packed, size_bytes };
    struct dg_packed name, extension;
    uint64_t number;
    bool ok = true;
    while (ok && dg_cells_next(&c, &number, &name) && dg_cells_next(&c, &number, &extension))
        ok = dg_buffer_add(names, name.text, name.size) && dg_buffer_add(names, "", 1);
    return ok;
}

static bool add_lines(struct dg_buffer *names, const char *lines)
{
    bool ok = true;
    while (ok && *lines) {
        size_t length = strcspn(lines, "\n");
        ok = dg_buffer_add(names, lines, length) && dg_buffer_add(names, "", 1);
        lines += length + (lines[length] == '\n');
    }
    return ok;
}

static bool add_spooled(sqlite3_stmt *s, enum dg_sql which, struct dg_buffer *names)
{
    if (which == DG_SQL_STEPS_FILES)
        return add_lines(names, (const char *)sqlite3_column_text(s, 0));
    const void *packed = sqlite3_column_blob(s, 0);
    return add_names(names, packed, (size_t)sqlite3_column_bytes(s, 0));
}

static bool read_spooled(struct dg_ledger *l, enum dg_sql which, struct dg_buffer *names,
                         struct dg_error *err)
{
    bool row = true;
    sqlite3_stmt *s = dg_home_statement(l, which, err);
    while (s && dg_home_step(l, s, &row, err)) {
        if (!row)
            return sqlite3_reset(s) == SQLITE_OK;
        if (add_spooled(s, which, names))
            continue;
        sqlite3_reset(s);
        return dg_error_set(err, DG_KIND_FILE, "ledger", "%s: too many spooled files", l->path);
    }
    return false;
}

bool dg_ledger_spooled(struct dg_ledger *l, struct dg_buffer *names, struct dg_error *err)
{
    return read_spooled(l, DG_SQL_SPOOLED, names, err) &&
           read_spooled(l, DG_SQL_STEPS_FILES, names, err);
}

/* ---- claiming ---- */

static bool find_claimable(struct dg_ledger *l, size_t max, struct dg_ledger_row *rows,
                           size_t *count, struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_CLAIMABLE, err);
    bool row = true;
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, atomic_load(&l->shared->imported));
    sqlite3_bind_int(s, 3, l->kept_only ? DG_ROW_KEPT : DG_ROW_PENDING);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)max);
    while (dg_home_step(l, s, &row, err)) {
        if (!row) {
            sqlite3_reset(s);
            return true;
        }
        read_place(s, &rows[(*count)++]);
    }
    return false;
}

static bool take(struct dg_ledger *l, struct dg_ledger_row *row, dg_msec wall, struct dg_error *err)
{
    sqlite3_stmt *s;
    if (!read_rest(l, row, err) || !(s = dg_home_statement(l, DG_SQL_CLAIM, err)))
        return false;
    row->state = row->state == DG_ROW_KEPT ? DG_ROW_ANSWERED : DG_ROW_RUNNING;
    sqlite3_bind_int64(s, 1, row->position);
    sqlite3_bind_int(s, 2, (int)row->state);
    sqlite3_bind_int64(s, 3, l->owner);
    sqlite3_bind_int64(s, 4, wall + DG_LEDGER_LEASE_MS);
    return dg_home_run(l, s, err);
}

static bool claim(struct dg_ledger *l, size_t max, dg_msec wall, struct dg_ledger_row *rows,
                  size_t *count, struct dg_error *err)
{
    *count = 0;
    if (!dg_home_begin(l, err))
        return false;
    bool ok = dg_notes_run(l, &l->facts, err) && find_claimable(l, max, rows, count, err);
    for (size_t k = 0; ok && k < *count; k++)
        ok = take(l, &rows[k], wall, err);
    if (dg_home_end(l, ok, err))
        return true;
    while (*count > 0)
        dg_ledger_row_done(&rows[--*count]);
    return false;
}

/* Nothing to claim is seen without a transaction: it is asked often. */
static bool anything_there(struct dg_ledger *l)
{
    bool row = true;
    sqlite3_stmt *s = l->shared ? dg_home_statement(l, DG_SQL_CLAIMABLE, NULL) : NULL;
    if (!s)
        return true; /* the claim says why not */
    sqlite3_bind_int64(s, 1, atomic_load(&l->shared->imported));
    sqlite3_bind_int(s, 3, l->kept_only ? DG_ROW_KEPT : DG_ROW_PENDING);
    sqlite3_bind_int64(s, 2, 1);
    bool ok = dg_home_step(l, s, &row, NULL);
    sqlite3_reset(s);
    return !ok || row;
}

bool dg_ledger_plenty(struct dg_ledger *l, size_t count)
{
    bool row = false;
    bool all = l->shared && !l->kept_only; /* the index does not tell kept rows apart */
    sqlite3_stmt *s = all ? dg_home_statement(l, DG_SQL_CLAIMABLE_NTH, NULL) : NULL;
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, atomic_load(&l->shared->imported));
    sqlite3_bind_int64(s, 2, (sqlite3_int64)(count > 0 ? count - 1 : 0));
    bool ok = dg_home_step(l, s, &row, NULL);
    sqlite3_reset(s);
    return ok && row;
}

bool dg_ledger_claim(struct dg_ledger *l, size_t max, dg_msec wall, struct dg_ledger_row *rows,
                     size_t *count, struct dg_error *err)
{
    struct dg_error fault;
    *count = 0;
    if (!anything_there(l))
        return dg_home_commit_facts(l, err);
    bool ok = claim(l, max, wall, rows, count, &fault);
    if (!ok && dg_home_make_room(l, &fault))
        ok = claim(l, max, wall, rows, count, &fault);
    if (ok)
        dg_home_facts_done(l);
    else if (err)
        *err = fault;
    return ok;
}
