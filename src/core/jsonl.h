/* SPDX-License-Identifier: MIT
 *
 * JSON Lines: one object a line, as rows of named cells.  A string is its
 * text, null is empty; numbers, booleans, arrays and objects keep their JSON
 * text exactly as written, so no digit is lost.
 */
#ifndef DG_CORE_JSONL_H
#define DG_CORE_JSONL_H

#include <stdint.h>

#include "core/csv.h"

struct dg_jsonl_row {
    struct dg_cell *names; /* in the order of the line */
    struct dg_cell *cells; /* as many as names */
    size_t count;
    uint64_t line; /* from 1 */
};

struct dg_jsonl;

struct dg_jsonl *dg_jsonl_open(const char *path, struct dg_error *err); /* "-": standard input */
void dg_jsonl_free(struct dg_jsonl *j);

/* Blank lines are skipped.  A fault (not an object, invalid JSON or UTF-8, a
 * name twice, a NUL as \u0000, a line over DG_CSV_CELL_BYTES) names FILE:LINE:COLUMN. */
enum dg_csv_got dg_jsonl_next(struct dg_jsonl *j, struct dg_jsonl_row *row, struct dg_error *err);

/* Where in its line the value of cell `k` of the row just read starts, in bytes
 * from 1 (for messages). */
uint64_t dg_jsonl_column(const struct dg_jsonl *j, size_t k);

/* The row just read comes once more: its names had to be known beforehand. */
void dg_jsonl_again(struct dg_jsonl *j);

void dg_jsonl_impatient(struct dg_jsonl *j); /* as dg_csv_impatient */

int dg_jsonl_fd(const struct dg_jsonl *j); /* as dg_csv_fd */

uint64_t dg_jsonl_offset(const struct dg_jsonl *j);

/* Before the first row: a digest will be asked for. */
void dg_jsonl_hash(struct dg_jsonl *j);

/* Of all bytes of the file, after DG_CSV_END; false before. */
bool dg_jsonl_digest(const struct dg_jsonl *j, char hex[DG_HASH_HEX_BYTES]);

#endif
