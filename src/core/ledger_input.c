/* SPDX-License-Identifier: MIT
 *
 * What the ledger knows of an input as a whole: its columns, and how many rows
 * it has.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "core/ledger_home.h"
#include "core/ledger_import.h"

enum { TEXT_BYTES = 32 };

/* The named texts: rows of the input; 1 while dg_import_columns.moved, else 0. */
static const char TOTAL[] = "total", MOVED[] = "columns_moved";

/* Its number, -1: there is none. */
static int64_t read_number(struct dg_ledger *l, const char *name)
{
    struct dg_buffer text;
    int64_t number = -1;
    dg_buffer_init(&text, TEXT_BYTES);
    if (dg_ledger_get(l, name, &text))
        dg_text_int(text.data, 0, INT64_MAX, &number);
    dg_buffer_done(&text);
    return number;
}

/* As part of a transaction. */
static bool write_number(struct dg_ledger *l, const char *name, int64_t number,
                         struct dg_error *err)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "%" PRId64, number);
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_META_SET, err);
    if (!s)
        return false;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob(s, 2, text, (int)strlen(text), SQLITE_STATIC);
    return dg_home_run(l, s, err);
}

/* ---- columns ---- */

void dg_import_columns_add(struct dg_import_columns *columns, const char *name, size_t size_bytes)
{
    columns->list[columns->count++] =
        (struct dg_import_column){ dg_strndup(name, size_bytes), size_bytes };
}

void dg_import_columns_clear(struct dg_import_columns *columns)
{
    while (columns->count > 0)
        dg_free(columns->list[--columns->count].name);
    columns->written = 0;
}

bool dg_ledger_import_columns(struct dg_ledger *l, struct dg_import_columns *columns,
                              struct dg_error *err)
{
    bool there = true;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_COLUMNS, err);
    if (!s)
        return false;
    while (columns->count < DG_CSV_COLUMNS) {
        if (!dg_home_step(l, s, &there, err))
            return false;
        if (!there)
            break;
        const void *name = sqlite3_column_text(s, 1);
        dg_import_columns_add(columns, name ? name : "", (size_t)sqlite3_column_bytes(s, 1));
    }
    columns->written = columns->count;
    sqlite3_reset(s);
    columns->moved = read_number(l, MOVED) == 1;
    return true;
}

static bool drop_columns(struct dg_ledger *l, struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_COLUMNS_DROP, err);
    return s && dg_home_run(l, s, err);
}

static bool write_column(struct dg_ledger *l, size_t place, const struct dg_import_column *column,
                         struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_COLUMN_NEW, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)place);
    sqlite3_bind_text64(s, 2, column->name, column->size, SQLITE_STATIC, SQLITE_UTF8);
    return dg_home_run(l, s, err);
}

static bool write_columns(struct dg_ledger *l, const struct dg_import_columns *columns,
                          struct dg_error *err)
{
    bool ok = !columns->replace ||
              (drop_columns(l, err) && (!columns->moved || write_number(l, MOVED, 1, err)));
    for (size_t k = columns->written; ok && k < columns->count; k++)
        ok = write_column(l, k, &columns->list[k], err);
    return ok;
}

/* ---- its length ---- */

int64_t dg_ledger_import_known_total(struct dg_ledger *l)
{
    return read_number(l, TOTAL);
}

static int64_t end_of(const struct dg_import_batch *b)
{
    return b->first + (int64_t)b->count;
}

bool dg_import_is_longer(const struct dg_import_batch *b)
{
    return b->total >= 0 && end_of(b) > b->total;
}

bool dg_ledger_import_whole(struct dg_ledger *l, const struct dg_import_batch *b,
                            const struct dg_import_columns *columns, struct dg_error *err)
{
    return write_columns(l, columns, err) &&
           (!dg_import_is_longer(b) || write_number(l, TOTAL, end_of(b), err));
}

static bool write_total(struct dg_ledger *l, int64_t rows, bool moved, struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return false;
    bool ok = write_number(l, TOTAL, rows, err) && (!moved || write_number(l, MOVED, 0, err));
    return dg_home_end(l, ok, err);
}

bool dg_ledger_import_total(struct dg_ledger *l, int64_t rows, struct dg_import_columns *columns,
                            struct dg_error *err)
{
    struct dg_error fault;
    if (read_number(l, TOTAL) == rows && !columns->moved)
        return true;
    bool ok = write_total(l, rows, columns->moved, &fault);
    if (!ok && dg_home_make_room(l, &fault))
        ok = write_total(l, rows, columns->moved, &fault);
    if (ok)
        columns->moved = false;
    else if (err)
        *err = fault;
    return ok;
}

bool dg_ledger_import_beyond(struct dg_ledger *l, int64_t rows, int64_t *count,
                             struct dg_error *err)
{
    bool there;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_IMPORT_BEYOND, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, rows);
    if (!dg_home_step(l, s, &there, err))
        return false;
    *count = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return true;
}
