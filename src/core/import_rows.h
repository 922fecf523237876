/* SPDX-License-Identifier: MIT
 *
 * The rows of an input, whichever reader brings them, into a batch: cells packed
 * by the places of their columns, digests, indexes.  Private to import*.c.
 *
 *     dg_import_rows_init(&rows, &options, columns);
 *     while ((got = dg_import_rows_next(&rows, &batch, &err)) == DG_CSV_ROW) ...
 *     dg_import_rows_done(&rows);
 */
#ifndef DG_CORE_IMPORT_ROWS_H
#define DG_CORE_IMPORT_ROWS_H

#include "core/import.h"
#include "core/ledger_import.h"
#include "core/set.h"

struct dg_import_rows {
    const struct dg_import_options *options; /* readers, keys, label */
    struct dg_import_columns *columns;       /* of the ledger, then of the input */
    struct dg_cell *header;                  /* CSV: its names */
    struct dg_buffer scratch;                /* what a digest is taken of */
    struct dg_set seen;                      /* indexes, if nobody has looked */
    bool keys_only;                          /* of digests only the part of the keys is asked for */
    uint16_t guess[DG_CSV_COLUMNS];          /* JSON Lines: place of a row's k-th name, last time */
    uint16_t sorted[DG_CSV_COLUMNS];         /* JSON Lines: places, by name */
    size_t sorted_count;                     /* of them */
};

/* Takes over `columns` as the ledger has them; keeps both pointers. */
void dg_import_rows_init(struct dg_import_rows *r, const struct dg_import_options *options,
                         struct dg_import_columns *columns);
void dg_import_rows_done(struct dg_import_rows *r);

/* Adds the next row to the batch, which has room for it. */
enum dg_csv_got dg_import_rows_next(struct dg_import_rows *r, struct dg_import_batch *b,
                                    struct dg_error *err);

#endif
