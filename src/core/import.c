/* SPDX-License-Identifier: MIT
 *
 * The import: batches of rows laid beside the ledger, and what becomes of each.
 * All reading and judging is done before the ledger's lock is taken.
 */
#include "core/import.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/stop.h"
#include "core/cells.h"
#include "core/import_rows.h"

enum {
    FIRST_ROWS = 64, /* of a batch, until it is known what rows cost */
    MAX_ROWS = 2048,
    BATCH_BYTES = 1024 * 1024, /* of cells; one row may be larger */
    TARGET_MS = 4              /* of a transaction, its commit adds a quarter; or of a look */
};

struct dg_import {
    struct dg_ledger *ledger;         /* borrowed */
    struct dg_import_options options; /* what they point at is borrowed */
    struct dg_import_columns columns; /* of the ledger, then of the input */
    struct dg_import_rows input;      /* rows not read yet */
    struct dg_import_batch batch;     /* rows being taken up */
    size_t batch_rows;                /* most rows of the next batch */
    dg_msec wrote;                    /* what writing this one took */
    size_t range;                     /* the first of the ranges not passed yet */
    struct dg_import_sums sums;       /* so far */
    struct dg_buffer name;            /* of a file that is looked for ... */
    int folder;                       /* ... in this one; -1: not opened yet */
    enum dg_csv_got over;             /* END or FAULT once it is, till then ROW */
    struct dg_error fault;            /* the one it ended with */
};

struct dg_import *dg_import_new(struct dg_ledger *l, const struct dg_import_options *options,
                                struct dg_error *err)
{
    struct dg_import *im = dg_zalloc(sizeof *im);
    im->ledger = l;
    im->options = *options;
    im->batch_rows = FIRST_ROWS;
    im->folder = -1;
    im->batch.rows = dg_alloc(MAX_ROWS * sizeof *im->batch.rows);
    dg_buffer_init(&im->batch.cells, SIZE_MAX / 2);
    dg_buffer_init(&im->batch.outputs, SIZE_MAX / 2);
    dg_buffer_init(&im->name, SIZE_MAX / 2);
    im->batch.total = dg_ledger_import_known_total(l);
    bool ok = dg_ledger_import_columns(l, &im->columns, err);
    dg_import_rows_init(&im->input, &im->options, &im->columns);
    if (im->batch.total < 0 || im->columns.moved || im->columns.replace)
        im->options.known = false;
    if (ok)
        return im;
    dg_import_free(im);
    return NULL;
}

void dg_import_free(struct dg_import *im)
{
    if (!im)
        return;
    if (im->folder >= 0)
        close(im->folder);
    dg_import_rows_done(&im->input);
    dg_import_columns_clear(&im->columns);
    dg_free(im->batch.rows);
    dg_buffer_done(&im->batch.cells);
    dg_buffer_done(&im->batch.outputs);
    dg_buffer_done(&im->name);
    dg_free(im);
}

const struct dg_import_sums *dg_import_sums(const struct dg_import *im)
{
    return &im->sums;
}

/* ---- a batch ---- */

/* The next rows of the ledger stand for those of the input. */
static enum dg_csv_got known_batch(struct dg_import *im)
{
    struct dg_import_batch *b = &im->batch;
    int64_t left = b->total - im->sums.rows;
    b->first = im->sums.rows;
    b->count = left < (int64_t)im->batch_rows ? (size_t)left : im->batch_rows;
    b->changed = 0;
    im->sums.rows += (int64_t)b->count;
    return im->sums.rows < b->total ? DG_CSV_ROW : DG_CSV_END;
}

static enum dg_csv_got read_batch(struct dg_import *im, struct dg_error *err)
{
    struct dg_import_batch *b = &im->batch;
    enum dg_csv_got got = DG_CSV_ROW;
    if (im->options.known)
        return known_batch(im);
    if (b->cells.capacity > 4 * BATCH_BYTES)
        dg_buffer_done(&b->cells);
    dg_buffer_clear(&b->cells);
    b->first = im->sums.rows;
    b->count = b->changed = 0;
    while (got == DG_CSV_ROW && b->count < im->batch_rows && b->cells.size < BATCH_BYTES)
        got = dg_import_rows_next(&im->input, b, err);
    im->sums.rows += (int64_t)b->count;
    return got;
}

/* Rows that nobody has read are as the ledger has them. */
static bool take_known(struct dg_import *im, struct dg_error *err)
{
    for (size_t k = 0; k < im->batch.count; k++) {
        struct dg_import_row *row = &im->batch.rows[k];
        if (row->known == DG_ROW_STATES)
            return dg_error_set(err, DG_KIND_FILE, "corrupt",
                                "the ledger has lost row %" PRId64 " of %s",
                                im->batch.first + (int64_t)k + 1, im->options.label);
        memcpy(row->digest, row->known_digest, DG_DIGEST_BYTES);
        row->line = row->known_line;
    }
    return true;
}

static bool has_changed(const struct dg_import_row *row)
{
    return memcmp(row->digest, row->known_digest, DG_DIGEST_KEYS_BYTES) != 0;
}

/* ---- judging a row ---- */

/* Positions are asked for in order. */
static bool is_wanted(struct dg_import *im, int64_t position)
{
    const struct dg_import_options *o = &im->options;
    while (im->range < o->range_count && o->ranges[im->range].end <= position)
        im->range++;
    return !o->filtered || (im->range < o->range_count && o->ranges[im->range].first <= position);
}

/* Bytes of a picture, -1 if it is not there. */
static int64_t size_there(struct dg_import *im, const struct dg_packed *name)
{
    if (im->folder < 0)
        im->folder = dg_file_folder(im->options.folder);
    dg_buffer_clear(&im->name);
    dg_buffer_add(&im->name, name->text, name->size);
    return dg_file_size_in(im->folder, im->name.data);
}

/* true if a picture of a done row is missing or shorter than it was. */
static bool is_lost(struct dg_import *im, const struct dg_import_row *row)
{
    struct dg_cells outputs = { im->batch.outputs.data + row->outputs_at, row->outputs_size };
    struct dg_packed name;
    uint64_t size;
    bool lost = row->outputs_size == 0;
    while (!lost && dg_cells_next(&outputs, &size, &name)) {
        int64_t there = size_there(im, &name);
        lost = there < 0 || (uint64_t)there < size;
    }
    return lost;
}

static enum dg_row_state judge_done(struct dg_import *im, const struct dg_import_row *row,
                                    bool wanted)
{
    im->sums.finished++;
    if (!wanted)
        return DG_ROW_DONE;
    if (im->options.redo)
        return DG_ROW_PENDING;
    if (is_lost(im, row)) {
        im->sums.lost++;
        return DG_ROW_PENDING;
    }
    im->sums.reused++;
    return DG_ROW_DONE;
}

static enum dg_row_state judge_failed(struct dg_import *im, bool wanted)
{
    if (wanted && im->options.retry_failed)
        return DG_ROW_PENDING;
    im->sums.failed += wanted;
    return DG_ROW_FAILED;
}

static enum dg_row_state judge_same(struct dg_import *im, const struct dg_import_row *row,
                                    bool wanted)
{
    switch (row->known) {
    case DG_ROW_DONE:
        return judge_done(im, row, wanted);
    case DG_ROW_FAILED:
        return judge_failed(im, wanted);
    case DG_ROW_KEPT: /* paid for, and nothing more to pay */
        return DG_ROW_KEPT;
    default:
        return wanted ? DG_ROW_PENDING : DG_ROW_SKIPPED;
    }
}

/* What of the row must be written for it to be as it is in the input. */
static unsigned differences(const struct dg_import_row *row)
{
    if (memcmp(row->digest, row->known_digest, DG_DIGEST_BYTES) != 0)
        return DG_IMPORT_PLACE | DG_IMPORT_CELLS;
    return row->line != row->known_line ? DG_IMPORT_PLACE : 0;
}

/* A picture or an answer that nobody asks to be renewed stays with the digest it
 * was made for, so that a later run sees the change; with its cells too, unless
 * they would stand under other columns' names. */
static void judge_changed(struct dg_import *im, struct dg_import_row *row, bool wanted)
{
    bool done = row->known == DG_ROW_DONE, kept = row->known == DG_ROW_KEPT;
    im->sums.finished += done;
    im->sums.changed += done;
    row->after = wanted ? DG_ROW_PENDING : done || kept ? row->known : DG_ROW_SKIPPED;
    if (wanted || !(done || kept))
        row->changes = differences(row);
    im->sums.apart += row->changes == 0;
    if (wanted && kept)
        row->changes |= DG_IMPORT_FORGET;
}

static void judge_known(struct dg_import *im, struct dg_import_row *row, bool wanted)
{
    if (has_changed(row)) {
        judge_changed(im, row, wanted);
    } else {
        row->after = judge_same(im, row, wanted);
        row->changes = differences(row);
    }
    if (im->columns.moved)
        row->changes |= DG_IMPORT_CELLS;
    if (row->after != row->known)
        row->changes |= DG_IMPORT_STATE;
}

static void judge(struct dg_import *im, struct dg_import_row *row, bool wanted)
{
    if (row->known == DG_ROW_STATES) {
        im->sums.fresh++;
        row->changes = DG_IMPORT_NEW;
        row->after = wanted ? DG_ROW_PENDING : DG_ROW_SKIPPED;
    } else {
        judge_known(im, row, wanted);
    }
    im->batch.changed += row->changes != 0;
    im->sums.written += row->changes != 0;
    im->sums.pending += row->after == DG_ROW_PENDING;
    im->sums.kept += row->after == DG_ROW_KEPT;
    im->sums.skipped += !wanted && row->after != DG_ROW_KEPT;
}

/* ---- steps ---- */

/* The next batch's size by what this one took: in writing, or in all if little was
 * to be written.  A small one tells little. */
static void adapt(struct dg_import *im, dg_msec took)
{
    size_t changed = im->batch.changed, count = im->batch.count;
    bool by_writing = changed >= im->batch_rows / 2 || im->wrote > TARGET_MS;
    if (!by_writing && count < im->batch_rows)
        return;
    dg_msec ms = by_writing ? im->wrote : took;
    size_t rows = (by_writing ? changed : count) * TARGET_MS / (size_t)(ms > 0 ? ms : 1);
    if (rows > 2 * im->batch_rows)
        rows = 2 * im->batch_rows;
    im->batch_rows = rows < FIRST_ROWS ? FIRST_ROWS : rows > MAX_ROWS ? MAX_ROWS : rows;
}

static bool write_batch(struct dg_import *im, struct dg_error *err)
{
    const struct dg_import_columns *columns = &im->columns;
    im->wrote = 0;
    if (im->batch.changed == 0 && !columns->replace && columns->written == columns->count &&
        !dg_import_is_longer(&im->batch))
        return true;
    return dg_ledger_import_write(im->ledger, &im->batch, &im->columns, &im->wrote, err);
}

/* The rows read are in the ledger as they are to be, and may be claimed. */
static bool take_up(struct dg_import *im, struct dg_error *err)
{
    struct dg_import_batch *b = &im->batch;
    if (!dg_ledger_import_look(im->ledger, b, true, err))
        return false;
    if (im->options.known && !take_known(im, err))
        return false;
    for (size_t k = 0; k < b->count; k++)
        judge(im, &b->rows[k], is_wanted(im, b->first + (int64_t)k));
    if (!write_batch(im, err))
        return false;
    atomic_store(&im->options.shared->imported, im->sums.rows);
    return true;
}

static bool finish(struct dg_import *im, struct dg_error *err)
{
    if (!dg_ledger_import_total(im->ledger, im->sums.rows, &im->columns, err))
        return false;
    atomic_store(&im->options.shared->imported, im->sums.rows);
    atomic_store(&im->options.shared->import_ended, 1);
    return true;
}

enum dg_csv_got dg_import_step(struct dg_import *im, struct dg_error *err)
{
    enum dg_csv_got got = im->over;
    dg_msec start = dg_clock_now();
    if (got == DG_CSV_ROW) {
        got = read_batch(im, &im->fault);
        bool some = im->batch.count > 0 || got == DG_CSV_END; /* a header may be all there is */
        bool ok =
            (!some || take_up(im, &im->fault)) && (got != DG_CSV_END || finish(im, &im->fault));
        if (!ok)
            got = DG_CSV_FAULT;
        adapt(im, dg_clock_now() - start);
    }
    if (got == DG_CSV_END || got == DG_CSV_FAULT)
        im->over = got;
    if (got == DG_CSV_FAULT && err)
        *err = im->fault;
    return got;
}

/* ---- comparing ---- */

static bool compare_batch(struct dg_import *im, struct dg_error *err)
{
    if (!dg_ledger_import_look(im->ledger, &im->batch, false, err))
        return false;
    for (size_t k = 0; k < im->batch.count; k++) {
        const struct dg_import_row *row = &im->batch.rows[k];
        bool paid = row->known == DG_ROW_DONE || row->known == DG_ROW_KEPT;
        im->sums.finished += paid;
        im->sums.changed += paid && has_changed(row);
    }
    return true;
}

static bool compare_all(struct dg_import *im, struct dg_error *err)
{
    enum dg_csv_got got;
    int64_t beyond = 0;
    im->batch_rows = MAX_ROWS;
    im->input.keys_only = true;
    do {
        if (dg_stop_count() > 0)
            return dg_error_set(err, DG_KIND_STOPPED, "stopped", "stopped while reading %s",
                                im->options.label);
        got = read_batch(im, err);
        if (got == DG_CSV_FAULT || !compare_batch(im, err))
            return false;
    } while (got != DG_CSV_END);
    if (!dg_ledger_import_beyond(im->ledger, im->sums.rows, &beyond, err))
        return false;
    im->sums.finished += beyond;
    im->sums.changed += beyond;
    return true;
}

bool dg_import_compare(struct dg_import *im, struct dg_import_sums *sums, struct dg_error *err)
{
    bool ok = compare_all(im, err);
    *sums = im->sums;
    return ok;
}
