/* SPDX-License-Identifier: MIT
 *
 * CSV (RFC 4180) through libcsv in strict mode, as a stream: rows come one at a
 * time, memory does not grow with the file.  A UTF-8 BOM is dropped; CRLF, CR
 * and LF end lines; blank lines are skipped; quoted newlines and all spaces are
 * kept.  UTF-16, NUL, invalid UTF-8 and broken quoting are refused with line
 * and column.
 *
 *     struct dg_csv *c = dg_csv_open(path, &err);      "-" is standard input
 *     while ((got = dg_csv_next(c, &row, &err)) == DG_CSV_ROW) ...
 *     dg_csv_free(c);
 */
#ifndef DG_CORE_CSV_H
#define DG_CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"

enum {
    DG_CSV_CELL_BYTES = 64 * 1024 * 1024, /* largest cell */
    DG_CSV_ROW_BYTES = 128 * 1024 * 1024, /* all cells of a row together */
    DG_CSV_COLUMNS = 4096                 /* cells in a row */
};

struct dg_cell {
    const char *text; /* NUL-terminated, valid until the next call */
    size_t size;      /* bytes without the NUL */
};

struct dg_csv_row {
    struct dg_cell *cells;
    size_t count;  /* cells in this row */
    uint64_t line; /* line of the file the row starts at, from 1 */
};

enum dg_csv_got {
    DG_CSV_ROW,
    DG_CSV_END,
    DG_CSV_FAULT,
    DG_CSV_WAIT /* impatient only: the pipe has no whole row yet; ask again */
};

struct dg_csv;

struct dg_csv *dg_csv_open(const char *path, struct dg_error *err);
void dg_csv_free(struct dg_csv *c);

/* Messages read "FILE:LINE:COLUMN: what, and what to do"; column counts bytes
 * from 1. */
enum dg_csv_got dg_csv_next(struct dg_csv *c, struct dg_csv_row *row, struct dg_error *err);

/* A pipe that has no whole row yet is not waited for any more. */
void dg_csv_impatient(struct dg_csv *c);

int dg_csv_fd(const struct dg_csv *c); /* to be polled after DG_CSV_WAIT */

/* Bytes of the file taken so far (for progress). */
uint64_t dg_csv_offset(const struct dg_csv *c);

/* Before the first row: a digest will be asked for. */
void dg_csv_hash(struct dg_csv *c);

/* Of all bytes of the file, after DG_CSV_END; false before. */
bool dg_csv_digest(const struct dg_csv *c, char hex[DG_HASH_HEX_BYTES]);

/* Appends one row, quoting only cells that need it (comma, quote, CR, LF, or
 * spaces at an end); ends with LF.  A row of one empty cell is written as "". */
bool dg_csv_write(struct dg_buffer *out, const struct dg_cell *cells, size_t count);

#endif
