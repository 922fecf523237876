/* SPDX-License-Identifier: MIT
 *
 * A request's body, of known size or in chunks (some clients stream their forms), of
 * which nothing but the end is looked at.
 */
#ifndef DG_STANDIN_BODY_H
#define DG_STANDIN_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "head.h"

enum { TAIL_BYTES = 128 }; /* the closing boundary fits */

enum body_state {
    BODY_DATA, /* in data: of the body, or of a chunk */
    BODY_SIZE, /* in a chunk's size, or at the line's end before it */
    BODY_LAST, /* at the empty line after the last chunk */
    BODY_OVER,
    BODY_BAD /* no chunks, or with trailers */
};

struct body {
    enum body_state state;
    bool is_chunked;
    bool has_digits;       /* BODY_SIZE: of the size */
    uint64_t left;         /* bytes of data still to come */
    size_t tail_size;      /* bytes in `tail` */
    char tail[TAIL_BYTES]; /* the last bytes of data, as far as they were seen */
};

void body_begin(struct body *b, const struct head *h);

/* Takes bytes that were read; returns how many belong to the body. */
size_t body_take(struct body *b, const char *bytes, size_t n);

/* How many of the next bytes need not be seen; and that this many were not. */
uint64_t body_unseen(const struct body *b);
void body_skip(struct body *b, size_t n);

#endif
