/* SPDX-License-Identifier: MIT
 *
 * Between the import, which reads and judges, and the ledger, which holds: a
 * batch of rows, and the columns they have.  For import*.c, ledger_import.c and
 * ledger_input.c.
 *
 *     ...rows are added to the batch...
 *     dg_ledger_import_look(l, &batch, true, &err);        what is known of them
 *     ...their `changes` and `after` are decided...
 *     dg_ledger_import_write(l, &batch, &columns, &took, &err);
 */
#ifndef DG_CORE_LEDGER_IMPORT_H
#define DG_CORE_LEDGER_IMPORT_H

#include "core/csv.h"
#include "core/ledger.h"

/* Of the digest: what the picture hangs on, then everything in the row. */
enum { DG_DIGEST_KEYS_BYTES = 16, DG_DIGEST_BYTES = 24 };

/* What is to be written of a row; may be combined. */
enum dg_import_change {
    DG_IMPORT_NEW = 1,    /* all of it: the ledger has it not */
    DG_IMPORT_PLACE = 2,  /* its index, line and digest */
    DG_IMPORT_CELLS = 4,  /* its cells */
    DG_IMPORT_STATE = 8,  /* its state */
    DG_IMPORT_FORGET = 16 /* that its answer is spooled */
};

struct dg_import_row {
    int64_t line;                    /* of the input */
    int64_t index;                   /* if indexed */
    bool indexed;                    /* false: its cell is no whole number */
    uint8_t digest[DG_DIGEST_BYTES]; /* of its cells */
    size_t cells_at, cells_size;     /* its packed cells in the batch's */
    /* what the ledger knows: */
    enum dg_row_state known;               /* its state, DG_ROW_STATES: there is no such row */
    int64_t known_line;                    /* ... */
    uint8_t known_digest[DG_DIGEST_BYTES]; /* ... */
    size_t outputs_at, outputs_size;       /* of a done row, in the batch's */
    /* what is to become of it: */
    unsigned changes;        /* of enum dg_import_change; 0: it stays as it is */
    enum dg_row_state after; /* its state then */
};

struct dg_import_batch {
    int64_t first;              /* position of the first row; the others follow */
    struct dg_import_row *rows; /* ... */
    size_t count;               /* of them */
    size_t changed;             /* of them with `changes` */
    int64_t total;              /* of the input as the ledger says, -1: it does not */
    struct dg_buffer cells;     /* of all, packed */
    struct dg_buffer outputs;   /* of all that are done, packed */
};

struct dg_import_column {
    char *name;  /* owned */
    size_t size; /* bytes of it */
};

struct dg_import_columns {
    struct dg_import_column list[DG_CSV_COLUMNS]; /* by place */
    size_t count;                                 /* of them */
    size_t written;                               /* the first ones, which the ledger has */
    bool replace;                                 /* the ledger's others go */
    bool moved; /* they have gone: rows not taken up since have cells at other places */
};

/* Those of the ledger. */
bool dg_ledger_import_columns(struct dg_ledger *l, struct dg_import_columns *columns,
                              struct dg_error *err);
/* Appends one, of the DG_CSV_COLUMNS at most. */
void dg_import_columns_add(struct dg_import_columns *columns, const char *name, size_t size_bytes);
void dg_import_columns_clear(struct dg_import_columns *columns);

/* Fills in what is known, with or without the outputs; writes nothing. */
bool dg_ledger_import_look(struct dg_ledger *l, struct dg_import_batch *b, bool outputs,
                           struct dg_error *err);

/* How many rows the ledger says the input has, -1: it says nothing. */
int64_t dg_ledger_import_known_total(struct dg_ledger *l);

/* true if the batch leads beyond what the ledger takes for the input. */
bool dg_import_is_longer(const struct dg_import_batch *b);

/* Writes, in a transaction that is open, what a batch tells of the whole input:
 * columns that are new, and that it is longer. */
bool dg_ledger_import_whole(struct dg_ledger *l, const struct dg_import_batch *b,
                            const struct dg_import_columns *columns, struct dg_error *err);

/* Writes all changes, the columns that are new and that the input is longer, as
 * one transaction; *took: how long, without the wait for it and for the disk that
 * commits it. */
bool dg_ledger_import_write(struct dg_ledger *l, struct dg_import_batch *b,
                            struct dg_import_columns *columns, dg_msec *took, struct dg_error *err);

/* Notes how many rows the input has, and that all of them were taken up; writes
 * only what is new. */
bool dg_ledger_import_total(struct dg_ledger *l, int64_t rows, struct dg_import_columns *columns,
                            struct dg_error *err);

/* Done rows of the input as it was, from position `rows` on. */
bool dg_ledger_import_beyond(struct dg_ledger *l, int64_t rows, int64_t *count,
                             struct dg_error *err);

#endif
