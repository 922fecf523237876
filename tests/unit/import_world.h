/* SPDX-License-Identifier: MIT
 *
 * A ledger in this test's folder, inputs beside it, and rows put into states as
 * a worker would.  For cmocka programs; include after temp_folder.h.
 *
 *     struct world w;
 *     world_open(&w);
 *     put(at("in.csv"), "a\n1\n");
 *     assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
 *     world_put(&w, "D");
 *     assert_states(&w, "D");
 *     world_close(&w);
 */
#ifndef DG_TESTS_IMPORT_WORLD_H
#define DG_TESTS_IMPORT_WORLD_H

#include "core/cells.h"
#include "core/import.h"
#include "core/ledger_import.h"

enum { WORLD_ROWS = 64, WORLD_COLUMNS = 16 };

struct world {
    struct dg_ledger_shared *shared; /* ... */
    struct dg_ledger *ledger;        /* ... */
    struct dg_import_options o;      /* of the next import, but for its reader */
    struct dg_import_sums sums;      /* of the last one */
    struct dg_error err;             /* of the last fault */
    char *columns[WORLD_COLUMNS];    /* of the reader that is open */
};

static inline void world_open(struct world *w)
{
    *w = (struct world){ .shared = dg_ledger_share() };
    struct dg_ledger_options options = { .folder = root, .shared = w->shared, .owner = 1 };
    w->ledger = dg_ledger_open(&options, &w->err);
    assert_non_null(w->ledger);
    assert_true(dg_ledger_run(w->ledger, "", 1, &w->err) > 0);
    w->o = (struct dg_import_options){ .label = "in", .folder = root, .shared = w->shared };
}

static inline void world_close(struct world *w)
{
    dg_ledger_close(w->ledger);
    dg_ledger_unshare(w->shared);
}

/* ---- readers ---- */

static inline void read_header(struct world *w)
{
    struct dg_csv_row row;
    assert_int_equal(dg_csv_next(w->o.csv, &row, &w->err), DG_CSV_ROW);
    assert_true(row.count <= WORLD_COLUMNS);
    for (size_t k = 0; k < row.count; k++)
        w->columns[k] = strdup(row.cells[k].text);
    w->o.columns = (const char *const *)w->columns;
    w->o.column_count = row.count;
}

static inline struct dg_import *import_open(struct world *w, const char *name)
{
    if (strstr(name, ".jsonl")) {
        w->o.jsonl = dg_jsonl_open(at(name), &w->err);
        assert_non_null(w->o.jsonl);
    } else {
        w->o.csv = dg_csv_open(at(name), &w->err);
        assert_non_null(w->o.csv);
        read_header(w);
    }
    atomic_store(&w->shared->imported, 0);
    atomic_store(&w->shared->import_ended, 0);
    struct dg_import *im = dg_import_new(w->ledger, &w->o, &w->err);
    assert_non_null(im);
    return im;
}

static inline void import_close(struct world *w, struct dg_import *im)
{
    dg_import_free(im);
    dg_csv_free(w->o.csv);
    dg_jsonl_free(w->o.jsonl);
    w->o.csv = NULL;
    w->o.jsonl = NULL;
    for (size_t k = 0; k < w->o.column_count; k++)
        free(w->columns[k]);
    w->o.column_count = 0;
}

static inline enum dg_csv_got world_import(struct world *w, const char *name)
{
    enum dg_csv_got got;
    struct dg_import *im = import_open(w, name);
    while ((got = dg_import_step(im, &w->err)) == DG_CSV_ROW)
        continue;
    w->sums = *dg_import_sums(im);
    assert_int_equal(atomic_load(&w->shared->import_ended), got == DG_CSV_END);
    assert_int_equal(dg_import_step(im, &w->err), got); /* it stays so */
    import_close(w, im);
    return got;
}

/* ---- states ---- */

/* A picture of four bytes named after the row. */
static inline void end_done(struct world *w, int64_t position)
{
    char name[32];
    struct dg_buffer outputs;
    dg_buffer_init(&outputs, 100);
    snprintf(name, sizeof name, "%d.png", (int)position);
    put(at(name), "four");
    dg_cells_add(&outputs, 4, name, strlen(name));
    struct dg_row_end end = { .position = position,
                              .state = DG_ROW_DONE,
                              .error_kind = "",
                              .error_code = "",
                              .error = "",
                              .outputs = outputs.data,
                              .wall = 1,
                              .outputs_size = outputs.size };
    dg_ledger_ended(w->ledger, &end);
    dg_buffer_done(&outputs);
}

static inline void end_row(struct world *w, int64_t position, char letter)
{
    struct dg_attempt a = { .position = position, .endpoint = "", .wall = 1 };
    struct dg_answer answer = {
        .position = position, .stem = "s", .text = "{}", .text_size = 2, .pictures = ""
    };
    struct dg_row_end end = {
        .position = position, .error_kind = "x", .error_code = "x", .error = "x"
    };
    switch (letter) {
    case 'D':
        end_done(w, position);
        break;
    case 'K':
        answer.attempt = dg_ledger_sending(w->ledger, &a);
        assert_true(dg_ledger_commit(w->ledger, &w->err));
        dg_ledger_answered(w->ledger, &answer);
        break;
    case 'F':
    case 'S':
        end.state = letter == 'F' ? DG_ROW_FAILED : DG_ROW_SKIPPED;
        dg_ledger_ended(w->ledger, &end);
        break;
    default:
        break;
    }
}

/* Claims all rows that are pending and ends each by its letter: Done, Kept,
 * Failed, Skipped; Pending: its worker dies. */
static inline void world_put(struct world *w, const char *letters)
{
    struct dg_ledger_row rows[WORLD_ROWS];
    size_t count;
    assert_true(dg_ledger_claim(w->ledger, WORLD_ROWS, 1, rows, &count, &w->err));
    assert_int_equal(count, strlen(letters));
    for (size_t k = 0; k < count; k++) {
        end_row(w, rows[k].position, letters[k]);
        dg_ledger_row_done(&rows[k]);
    }
    assert_true(dg_ledger_commit(w->ledger, &w->err));
    assert_true(dg_ledger_release(w->ledger, 0, 1, NULL, &w->err));
}

static inline void assert_states(struct world *w, const char *letters)
{
    char found[WORLD_ROWS + 1] = "";
    struct dg_ledger_row row;
    for (size_t k = 0; k < WORLD_ROWS && dg_ledger_find(w->ledger, (int64_t)k, &row); k++) {
        found[k] = "PKRRADFS"[row.state];
        dg_ledger_row_done(&row);
    }
    assert_string_equal(found, letters);
}

/* "PLACE=TEXT;..." */
static inline void assert_cells(struct world *w, int64_t position, const char *text)
{
    char found[512] = "";
    size_t n = 0;
    uint64_t place;
    struct dg_packed cell;
    struct dg_ledger_row row;
    assert_true(dg_ledger_find(w->ledger, position, &row));
    struct dg_cells cells = { row.cells, row.cells_size };
    while (n < sizeof found && dg_cells_next(&cells, &place, &cell))
        n += (size_t)snprintf(found + n, sizeof found - n, "%d=%.*s;", (int)place, (int)cell.size,
                              cell.text);
    assert_string_equal(found, text);
    dg_ledger_row_done(&row);
}

static inline void assert_place(struct world *w, int64_t position, bool indexed, int64_t index,
                                int line)
{
    struct dg_ledger_row row;
    assert_true(dg_ledger_find(w->ledger, position, &row));
    assert_int_equal(row.indexed, indexed);
    if (indexed)
        assert_int_equal(row.index, index);
    assert_int_equal(row.line, line);
    dg_ledger_row_done(&row);
}

/* "NAME,NAME,..." by place. */
static inline void assert_columns(struct world *w, const char *names)
{
    static struct dg_import_columns columns;
    char found[256] = "";
    size_t n = 0;
    assert_true(dg_ledger_import_columns(w->ledger, &columns, &w->err));
    for (size_t k = 0; k < columns.count; k++)
        n += (size_t)snprintf(found + n, sizeof found - n, "%s,", columns.list[k].name);
    dg_import_columns_clear(&columns);
    assert_string_equal(found, names);
}

static inline void assert_total(struct world *w, const char *text)
{
    struct dg_buffer total;
    dg_buffer_init(&total, 100);
    assert_true(dg_ledger_get(w->ledger, "total", &total));
    assert_string_equal(total.data, text);
    dg_buffer_done(&total);
}

#endif
