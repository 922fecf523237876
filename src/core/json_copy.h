/* SPDX-License-Identifier: MIT
 *
 * Writes JSON tokens as compact JSON text, as they come from base/json.
 *
 *     struct dg_json_copy c;
 *     dg_json_copy_init(&c, &buffer);
 *     dg_json_copy(&c, DG_JSON_OBJECT, NULL, 0) ...       false: the buffer is full
 */
#ifndef DG_CORE_JSON_COPY_H
#define DG_CORE_JSON_COPY_H

#include "base/buffer.h"
#include "base/json.h"

struct dg_json_copy {
    struct dg_buffer *out; /* the caller's */
    bool comma;            /* something stands before, on the same level */
    bool member;           /* a member's name was written, its value is next */
    bool in_string;        /* a string's opening quote was written */
};

void dg_json_copy_init(struct dg_json_copy *c, struct dg_buffer *out);

/* Appends one token.  Pieces of strings and names may be cut anywhere. */
bool dg_json_copy(struct dg_json_copy *c, enum dg_json_token token, const char *text, size_t n);

#endif
