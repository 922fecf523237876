/* SPDX-License-Identifier: MIT
 *
 * The table of results while it is written, for ledger_results*.c alone: its
 * columns, and the row at hand.
 */
#ifndef DG_CORE_LEDGER_RESULTS_H
#define DG_CORE_LEDGER_RESULTS_H

#include "core/csv.h"
#include "core/ledger_home.h"
#include "core/ledger_view.h"

/* What the row at hand has in a column. */
enum dg_value_kind {
    DG_VALUE_ABSENT,  /* the row has no such column */
    DG_VALUE_NOTHING, /* it has, and nothing is in it */
    DG_VALUE_NUMBER,  /* decimal text */
    DG_VALUE_TEXT
};

struct dg_results_column {
    char *name;              /* as the table shows it */
    char *key;               /* JSON Lines: the name quoted, and its colon */
    char *raw;               /* a hook's: as rows name it, else NULL */
    size_t raw_size;         /* bytes of it */
    uint64_t place;          /* an input's: the number of its cells */
    enum dg_value_kind kind; /* of the row at hand ... */
    struct dg_buffer text;   /* ... and its text, where it is ours or a hook's */
};

struct dg_results {
    enum dg_results_format format;     /* of `out` */
    struct dg_buffer out;              /* text that is not written yet */
    struct dg_results_column *columns; /* the input's, ours, the hooks' */
    size_t count;                      /* of them */
    size_t input_count;                /* the input's among them */
    struct dg_cell *cells;             /* the row at hand, by column ... */
    enum dg_row_state state;           /* ... and its state */
};

enum { DG_RESULTS_OWN = 13 }; /* columns of ours */

const char *dg_results_own_name(size_t which);

/* Text of a server or a hook, made harmless for whoever opens the table; replaces
 * what `out` holds. */
void dg_results_foreign(const struct dg_results *r, struct dg_buffer *out, const char *text,
                        size_t size_bytes, bool numbers_are_fine);

/* Appends the names to `out`: CSV's first line, nothing in JSON Lines. */
void dg_results_head(struct dg_results *r);

/* Appends the row that DG_SQL_RESULTS stands at. */
void dg_results_row(struct dg_results *r, sqlite3_stmt *s);

#endif
