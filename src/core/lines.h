/* SPDX-License-Identifier: MIT
 *
 * The physical lines of a UTF-8 text file, as a stream through one 64 KiB
 * buffer; what both input readers stand on.  A UTF-8 BOM is dropped.  UTF-16,
 * UTF-32, NUL, invalid UTF-8 and files that are no text at all are refused,
 * but only after the good lines before them were handed out.  A request to stop
 * (base/stop.h) ends the waiting for a pipe with an error of kind stopped; files
 * on disk are read to their end.
 *
 *     struct dg_lines *l = dg_lines_open(path, true, &err);
 *     while (dg_lines_next(l, &piece, &err) && piece.size > 0) ...
 *     dg_lines_free(l);
 */
#ifndef DG_CORE_LINES_H
#define DG_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

/* A whole line with its end, or as much of a long one as was at hand. */
struct dg_piece {
    const char *text; /* not NUL-terminated, valid until the next call */
    size_t size;      /* bytes, with the line's end; 0: the file is over */
    bool ends;        /* the line's end is in it */
    bool waits;       /* size 0: nothing is there yet (dg_lines_impatient) */
    uint64_t line;    /* the line it stands in, from 1 */
    uint64_t column;  /* where in the line it starts, in bytes from 1 */
};

struct dg_lines;

/* "-" is standard input.  `cr_ends`: a CR alone ends a line too. */
struct dg_lines *dg_lines_open(const char *path, bool cr_ends, struct dg_error *err);
void dg_lines_free(struct dg_lines *l);

/* Impatient, a pipe that has nothing yet is not waited for: the next piece says
 * `waits`, and the same call goes on later.  Files on disk never wait. */
void dg_lines_impatient(struct dg_lines *l, bool impatient);

/* false: a fault, with its place in the message. */
bool dg_lines_next(struct dg_lines *l, struct dg_piece *piece, struct dg_error *err);

/* To be polled where a piece `waits`. */
int dg_lines_fd(const struct dg_lines *l);

/* Bytes of the file handed out so far. */
uint64_t dg_lines_offset(const struct dg_lines *l);

/* Before anything is read: a digest will be asked for. */
void dg_lines_hash(struct dg_lines *l);

/* Of all bytes of the file, once the last piece was handed out; false before. */
bool dg_lines_digest(const struct dg_lines *l, char hex[DG_HASH_HEX_BYTES]);

/* Sets an input error "FILE:LINE:COLUMN: TEXT"; returns false. */
bool dg_lines_fault(const struct dg_lines *l, uint64_t line, uint64_t column, const char *code,
                    struct dg_error *err, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

#endif
