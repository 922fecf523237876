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
    bool is_edit;                      /* POST .../images/edits, a form of known size */
    bool keeps;                        /* the connection stays open */
    bool expects;                      /* 100-continue before the body */
    char boundary[BOUNDARY_CHARS + 1]; /* of an edit's form */
};

/* `text` is all before the empty line, NUL-terminated. */
void head_read(struct head *h, const char *text);

/* Whether `tail`, the last bytes of the body, closes the form. */
bool head_closed_by(const struct head *h, const char *tail, size_t n);

#endif
