/* SPDX-License-Identifier: MIT
 *
 * Base64 text in pieces into a temporary file, judged as a picture on the way.
 * A leading "data:...," is skipped.  What is decoded stands in one room that all
 * pictures share, until it is written, in large pieces or when another picture comes;
 * an error of that write is told to its own picture's next call.  Holds a file and,
 * while others have the room, at most 8 KiB.  One that was begun is to be ended or
 * dropped before its memory is given back.
 *
 *     struct dg_unpack u;
 *     if (dg_unpack_begin(&u, dir, stem, limit, &picture, &err))
 *         while (dg_unpack_feed(&u, text, n, &err)) ...
 *     dg_unpack_end(&u, &err);
 */
#ifndef DG_CORE_UNPACK_H
#define DG_CORE_UNPACK_H

#include "base/base64.h"
#include "core/reply.h"

struct dg_unpack {
    struct dg_picture *picture; /* the caller's, filled as it arrives */
    uint64_t limit_bytes;       /* decoded size at most */
    int fd;                     /* its file, -1: none is open */
    uint8_t *held;              /* decoded, not yet written; NULL: nothing was held yet */
    size_t held_size;           /* bytes of it */
    uint8_t prefix;             /* characters of "data:" seen, or further: private */
    struct dg_base64 base64;    /* the decoder */
    struct dg_error fault;      /* of a write that was put off; kind none: there was none */
};

/* Makes the file; picture->path is the caller's to unlink and free. */
bool dg_unpack_begin(struct dg_unpack *u, const char *dir, const char *stem, uint64_t limit_bytes,
                     struct dg_picture *picture, struct dg_error *err);

/* Errors: kind reply "invalid_base64", "too_large"; kind file. */
bool dg_unpack_feed(struct dg_unpack *u, const char *text, size_t n, struct dg_error *err);

/* Takes the characters of base64's alphabet that `text` begins with, *taken of them,
 * which may be none.  The same errors. */
bool dg_unpack_take(struct dg_unpack *u, const char *text, size_t n, size_t *taken,
                    struct dg_error *err);

/* After the last piece: checks, writes what is held, closes. */
bool dg_unpack_end(struct dg_unpack *u, struct dg_error *err);

/* Closes without more ado; fine after an end. */
void dg_unpack_drop(struct dg_unpack *u);

#endif
