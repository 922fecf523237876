/* SPDX-License-Identifier: MIT
 *
 * Named texts, runs, and the sums over the whole ledger.
 */
#include "core/ledger_home.h"

#include <stdlib.h>
#include <string.h>

/* ---- named texts ---- */

/* The first column of the first row into the buffer; false if there is none. */
static bool get_text(struct dg_ledger *l, sqlite3_stmt *s, struct dg_buffer *value)
{
    bool row = false;
    if (!dg_home_step(l, s, &row, NULL))
        return false;
    dg_buffer_clear(value);
    bool ok =
        row && dg_buffer_add(value, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    sqlite3_reset(s);
    return ok;
}

bool dg_ledger_get(struct dg_ledger *l, const char *name, struct dg_buffer *value)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_META_GET, NULL);
    if (!s)
        return false;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    return get_text(l, s, value);
}

bool dg_ledger_set(struct dg_ledger *l, const char *name, const char *value, size_t size_bytes,
                   struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return false;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_META_SET, err);
    if (s) {
        sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_blob64(s, 2, value, size_bytes, SQLITE_STATIC);
    }
    return dg_home_end(l, s && dg_home_run(l, s, err), err);
}

bool dg_ledger_columns(struct dg_ledger *l, struct dg_buffer *names, struct dg_error *err)
{
    bool row = true;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_COLUMNS, err);
    while (s && dg_home_step(l, s, &row, err)) {
        if (!row)
            return sqlite3_reset(s) == SQLITE_OK;
        const void *name = sqlite3_column_blob(s, 1);
        dg_buffer_add(names, name ? name : "", (size_t)sqlite3_column_bytes(s, 1));
        dg_buffer_add(names, "", 1);
    }
    return false;
}

/* ---- runs ---- */

int64_t dg_ledger_run(struct dg_ledger *l, const char *settings, dg_msec wall, struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return 0;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_RUN_NEW, err);
    if (s) {
        sqlite3_bind_text(s, 1, settings, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, wall);
    }
    bool ok = s && dg_home_run(l, s, err);
    int64_t run = sqlite3_last_insert_rowid(l->db);
    if (!dg_home_end(l, ok, err))
        return 0;
    dg_ledger_join(l, run);
    return run;
}

/* The first number of what a statement gives, `none` if it gives nothing. */
static int64_t ask_number(struct dg_ledger *l, enum dg_sql which, int64_t none)
{
    bool row = false;
    sqlite3_stmt *s = dg_home_statement(l, which, NULL);
    if (!s || !dg_home_step(l, s, &row, NULL) || !row)
        return none;
    int64_t number = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return number;
}

int64_t dg_ledger_last_run(struct dg_ledger *l)
{
    return ask_number(l, DG_SQL_LAST_RUN, 0);
}

int64_t dg_ledger_version(struct dg_ledger *l)
{
    return ask_number(l, DG_SQL_VERSION, -1);
}

/* An owner's number may be that of a worker that has died in this run. */
static uint64_t numbered_before(struct dg_ledger *l)
{
    bool row = false;
    int64_t first = l->run << DG_LEDGER_RUN_SHIFT | (int64_t)l->owner << DG_LEDGER_OWNER_SHIFT;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_ATTEMPT_LAST, NULL);
    if (!s)
        return 0;
    sqlite3_bind_int64(s, 1, first);
    sqlite3_bind_int64(s, 2, first + ((int64_t)1 << DG_LEDGER_OWNER_SHIFT));
    bool ok = dg_home_step(l, s, &row, NULL) && row;
    int64_t last = ok ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return last > first ? (uint64_t)(last - first) : 0;
}

void dg_ledger_join(struct dg_ledger *l, int64_t run)
{
    l->run = run;
    l->numbered = numbered_before(l);
}

bool dg_ledger_run_over(struct dg_ledger *l, int64_t run, int code, dg_msec wall,
                        struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return false;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_RUN_OVER, err);
    if (s) {
        sqlite3_bind_int64(s, 1, run);
        sqlite3_bind_int(s, 2, code);
        sqlite3_bind_int64(s, 3, wall);
    }
    return dg_home_end(l, s && dg_home_run(l, s, err), err);
}

bool dg_ledger_settings(struct dg_ledger *l, int64_t run, struct dg_buffer *settings)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_RUN_SETTINGS, NULL);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, run);
    return get_text(l, s, settings);
}

/* ---- sums ---- */

static bool count_rows(struct dg_ledger *l, struct dg_ledger_counts *counts, struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_COUNT_ROWS, err);
    bool row, ok = s != NULL;
    while (ok && (ok = dg_home_step(l, s, &row, err)) && row) {
        int64_t state = sqlite3_column_int64(s, 0);
        if (state >= 0 && state < DG_ROW_STATES)
            counts->rows[state]++;
    }
    return ok;
}

static bool count_attempts(struct dg_ledger *l, struct dg_ledger_counts *counts,
                           struct dg_error *err)
{
    bool row;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_COUNT_ATTEMPTS, err);
    if (!s || !dg_home_step(l, s, &row, err))
        return false;
    int64_t *const into[] = { &counts->attempts,      &counts->possibly_billed,
                              &counts->cost_nano,     &counts->dearest_nano,
                              &counts->unpriced,      &counts->input_tokens,
                              &counts->output_tokens, &counts->total_tokens,
                              &counts->priced };
    for (size_t k = 0; k < sizeof into / sizeof *into; k++)
        *into[k] = sqlite3_column_int64(s, (int)k);
    sqlite3_reset(s);
    return true;
}

bool dg_ledger_counts(struct dg_ledger *l, struct dg_ledger_counts *counts, struct dg_error *err)
{
    *counts = (struct dg_ledger_counts){ .attempts = 0 };
    return count_rows(l, counts, err) && count_attempts(l, counts, err);
}
