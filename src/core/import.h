/* SPDX-License-Identifier: MIT
 *
 * The import: an input streams into the ledger, row by row in transactions of a
 * few milliseconds, and is laid beside what the ledger knows of it already.
 * What has changed, and what today's filter wants, becomes pending.
 *
 *     struct dg_import *im = dg_import_new(ledger, &options, &err);
 *     dg_import_compare(im, &sums, &err);             a finished run: what has changed?
 *     while ((got = dg_import_step(im, &err)) == DG_CSV_ROW) ...     or DG_CSV_WAIT
 *     dg_import_free(im);
 */
#ifndef DG_CORE_IMPORT_H
#define DG_CORE_IMPORT_H

#include "core/csv.h"
#include "core/jsonl.h"
#include "core/ledger.h"

struct dg_range {
    int64_t first; /* position, from 0 */
    int64_t end;   /* the first one behind it */
};

struct dg_import_options {
    /* One of the two; a CSV reader whose header was read.  What is pointed at is
     * borrowed until the import is freed. */
    struct dg_csv *csv;
    struct dg_jsonl *jsonl;
    const char *label;               /* of the input, for messages */
    const char *const *columns;      /* CSV: the header */
    size_t column_count;             /* of it */
    const char *const *keys;         /* columns a picture hangs on, NULL-terminated; NULL: all */
    const struct dg_range *ranges;   /* rows wanted, sorted, without overlaps ... */
    size_t range_count;              /* ... */
    bool filtered;                   /* false: all rows are wanted, whatever `ranges` */
    bool retry_failed;               /* wanted rows that failed become pending */
    bool redo;                       /* wanted rows that are done become pending */
    bool known;                      /* the ledger has just these rows: nothing is read */
    bool unseen;                     /* nobody has looked for an `index` that stands twice */
    const char *folder;              /* of the pictures: those of done rows must be there, whole */
    struct dg_ledger_shared *shared; /* told how far it is, and of the end */
};

struct dg_import_sums {
    int64_t rows;     /* read */
    int64_t fresh;    /* not in the ledger before */
    int64_t finished; /* done in the ledger, in or out of the filter */
    int64_t changed;  /* finished, and their pictures hang on other cells now */
    int64_t lost;     /* done, but a picture is missing or shorter than it was */
    int64_t reused;   /* done, wanted, and nothing is to be sent */
    int64_t skipped;  /* not wanted (those done stay done) */
    int64_t failed;   /* wanted, failed, and left so */
    int64_t kept;     /* answered, to be processed without a request */
    int64_t pending;  /* to be sent */
    int64_t written;  /* not in the ledger as they are to be, until now */
    int64_t apart;    /* changed, and in the ledger as they were */
};

struct dg_import;

struct dg_import *dg_import_new(struct dg_ledger *l, const struct dg_import_options *options,
                                struct dg_error *err);
void dg_import_free(struct dg_import *im);

/* Reads the rest of the input (its reader is patient), writes nothing, and sums
 * `rows`, `finished`, `changed`: finished rows of the ledger whose row has
 * changed or is not there any more.  Kept answers, which are paid for too, count
 * as finished here.  One import either compares or steps. */
bool dg_import_compare(struct dg_import *im, struct dg_import_sums *sums, struct dg_error *err);

/* Takes up rows for at most about 10 ms of writing.  DG_CSV_ROW: there may be
 * more; DG_CSV_WAIT: an impatient reader has nothing now; DG_CSV_END: all is
 * there, `total` among the ledger's named texts, and shared->import_ended is set. */
enum dg_csv_got dg_import_step(struct dg_import *im, struct dg_error *err);

const struct dg_import_sums *dg_import_sums(const struct dg_import *im);

#endif
