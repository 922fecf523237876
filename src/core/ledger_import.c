/* SPDX-License-Identifier: MIT
 *
 * The import's side of the ledger: what is known of a span of rows, and what
 * changes in it, a transaction a batch.
 */
#include "core/ledger_import.h"

#include <string.h>

#include "core/ledger_home.h"

/* ---- what is known ---- */

static void take_known(sqlite3_stmt *s, struct dg_import_batch *b, struct dg_import_row *row)
{
    int64_t state = sqlite3_column_int64(s, 1);
    const void *digest = sqlite3_column_blob(s, 2);
    const void *outputs = sqlite3_column_blob(s, 4);
    row->known = state >= 0 && state < DG_ROW_STATES ? (enum dg_row_state)state : DG_ROW_PENDING;
    if (digest && sqlite3_column_bytes(s, 2) == DG_DIGEST_BYTES)
        memcpy(row->known_digest, digest, DG_DIGEST_BYTES);
    row->known_line = sqlite3_column_int64(s, 3);
    row->outputs_at = b->outputs.size;
    row->outputs_size = outputs ? (size_t)sqlite3_column_bytes(s, 4) : 0;
    dg_buffer_add(&b->outputs, outputs, row->outputs_size);
}

static void know_nothing(struct dg_import_batch *b)
{
    static const uint8_t no_digest[DG_DIGEST_BYTES];
    dg_buffer_clear(&b->outputs);
    for (size_t k = 0; k < b->count; k++) {
        b->rows[k].known = DG_ROW_STATES;
        b->rows[k].outputs_size = 0;
        memcpy(b->rows[k].known_digest, no_digest, sizeof no_digest);
    }
}

bool dg_ledger_import_look(struct dg_ledger *l, struct dg_import_batch *b, bool outputs,
                           struct dg_error *err)
{
    bool there;
    know_nothing(b);
    sqlite3_stmt *s =
        dg_home_statement(l, outputs ? DG_SQL_IMPORT_LOOK : DG_SQL_IMPORT_COMPARE, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, b->first);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)b->count);
    do {
        if (!dg_home_step(l, s, &there, err))
            return false;
        int64_t k = there ? sqlite3_column_int64(s, 0) - b->first : -1;
        there = k >= 0 && k < (int64_t)b->count;
        if (there)
            take_known(s, b, &b->rows[k]);
    } while (there);
    sqlite3_reset(s); /* the batch is written without an old snapshot being held */
    return true;
}

/* ---- what changes ---- */

static void bind_index(sqlite3_stmt *s, int place, const struct dg_import_row *row)
{
    if (row->indexed)
        sqlite3_bind_int64(s, place, row->index);
}

/* Rows k to k + n - 1, n being 1 or DG_SQL_TOGETHER. */
static bool write_new(struct dg_ledger *l, const struct dg_import_batch *b, size_t k, size_t n,
                      struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, n == 1 ? DG_SQL_IMPORT_ROW : DG_SQL_IMPORT_ROWS, err);
    if (!s)
        return false;
    for (int place = 0; n > 0; k++, n--) {
        const struct dg_import_row *row = &b->rows[k];
        sqlite3_bind_int64(s, ++place, b->first + (int64_t)k);
        sqlite3_bind_int(s, ++place, (int)row->after);
        bind_index(s, ++place, row);
        sqlite3_bind_int64(s, ++place, row->line);
        sqlite3_bind_blob(s, ++place, row->digest, DG_DIGEST_BYTES, SQLITE_STATIC);
    }
    return dg_home_run(l, s, err);
}

/* As write_new. */
static bool write_cells(struct dg_ledger *l, const struct dg_import_batch *b, size_t k, size_t n,
                        struct dg_error *err)
{
    sqlite3_stmt *s =
        dg_home_statement(l, n == 1 ? DG_SQL_IMPORT_CELLS : DG_SQL_IMPORT_CELLS_ALL, err);
    if (!s)
        return false;
    for (int place = 0; n > 0; k++, n--) {
        const char *cells = b->cells.data + b->rows[k].cells_at;
        sqlite3_bind_int64(s, ++place, b->first + (int64_t)k);
        sqlite3_bind_blob64(s, ++place, cells, b->rows[k].cells_size, SQLITE_STATIC);
    }
    return dg_home_run(l, s, err);
}

static bool write_place(struct dg_ledger *l, int64_t position, const struct dg_import_row *row,
                        struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_IMPORT_PLACE, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, position);
    bind_index(s, 2, row);
    sqlite3_bind_int64(s, 3, row->line);
    sqlite3_bind_blob(s, 4, row->digest, DG_DIGEST_BYTES, SQLITE_STATIC);
    return dg_home_run(l, s, err);
}

static bool write_state(struct dg_ledger *l, int64_t position, enum dg_row_state state,
                        struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_IMPORT_STATE, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, position);
    sqlite3_bind_int(s, 2, (int)state);
    return dg_home_run(l, s, err);
}

static bool forget_answer(struct dg_ledger *l, int64_t position, struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_ANSWER_DROP, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, position);
    return dg_home_run(l, s, err);
}

static bool write_known(struct dg_ledger *l, const struct dg_import_batch *b, size_t k,
                        struct dg_error *err)
{
    const struct dg_import_row *row = &b->rows[k];
    int64_t position = b->first + (int64_t)k;
    unsigned changes = row->changes;
    return (!(changes & DG_IMPORT_PLACE) || write_place(l, position, row, err)) &&
           (!(changes & DG_IMPORT_CELLS) || write_cells(l, b, k, 1, err)) &&
           (!(changes & DG_IMPORT_STATE) || write_state(l, position, row->after, err)) &&
           (!(changes & DG_IMPORT_FORGET) || forget_answer(l, position, err));
}

/* How many new rows, from `k` on, go into one statement: 0, 1 or DG_SQL_TOGETHER. */
static size_t new_together(const struct dg_import_batch *b, size_t k)
{
    size_t n = 0;
    while (n < DG_SQL_TOGETHER && k + n < b->count && b->rows[k + n].changes == DG_IMPORT_NEW)
        n++;
    return n == DG_SQL_TOGETHER ? n : n > 0;
}

static bool write_rows(struct dg_ledger *l, const struct dg_import_batch *b, struct dg_error *err)
{
    bool ok = true;
    for (size_t k = 0, n; ok && k<b->count; k += n> 0 ? n : 1) {
        n = new_together(b, k);
        if (n > 0)
            ok = write_new(l, b, k, n, err) && write_cells(l, b, k, n, err);
        else
            ok = write_known(l, b, k, err);
    }
    return ok;
}

static bool write_batch(struct dg_ledger *l, const struct dg_import_batch *b,
                        const struct dg_import_columns *columns, dg_msec *took,
                        struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return false;
    dg_msec start = dg_clock_now();
    bool ok = dg_ledger_import_whole(l, b, columns, err) && write_rows(l, b, err);
    *took = dg_clock_now() - start;
    return dg_home_end(l, ok, err);
}

bool dg_ledger_import_write(struct dg_ledger *l, struct dg_import_batch *b,
                            struct dg_import_columns *columns, dg_msec *took, struct dg_error *err)
{
    struct dg_error fault;
    bool ok = write_batch(l, b, columns, took, &fault);
    if (!ok && dg_home_make_room(l, &fault))
        ok = write_batch(l, b, columns, took, &fault);
    if (ok) {
        columns->written = columns->count;
        columns->replace = false;
        if (dg_import_is_longer(b))
            b->total = b->first + (int64_t)b->count;
        if (dg_home_log_is_long(l))
            dg_ledger_checkpoint(l);
    } else if (err) {
        *err = fault;
    }
    return ok;
}
