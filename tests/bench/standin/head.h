/* SPDX-License-Identifier: MIT
 *
 * What the server needs of a request's head.
 */
#ifndef DG_STANDIN_HEAD_H
#define DG_STANDIN_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOUNDARY_CHARS = 70 }; /* RFC 2046 allows no more */

struct head {
    uint64_t body_bytes;               /* by Content-Length; 0 without one */
    bool is_chunked;                   /* the body */
    bool is_edit;                      /* POST .../images/edits */
    bool keeps;                        /* the connection stays open */
    bool expects;                      /* 100-continue before the body */
    char boundary[BOUNDARY_CHARS + 1]; /* empty: no form */
};

/* `text` is all before the empty line, NUL-terminated. */
void head_read(struct head *h, const char *text);

/* Whether the body was a form that `tail`, its last bytes, closes. */
bool head_closed_by(const struct head *h, const char *tail, size_t n);

#endif
