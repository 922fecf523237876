/* SPDX-License-Identifier: MIT
 *
 * The JSON of the API's answers.
 */
#ifndef DG_REHEARSAL_ANSWER_H
#define DG_REHEARSAL_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rehearsal/check.h"
#include "rehearsal/gallery.h"
#include "rehearsal/refusal.h"

enum dg_spoil {
    DG_SPOIL_NOTHING,
    DG_SPOIL_BASE64, /* characters that are no base64 */
    DG_SPOIL_IMAGE   /* base64 of a text */
};

enum { DG_ANSWER_BYTES_MAX = 256 * 1024 * 1024 };

/* Pictures for an order. */
struct dg_answer {
    const struct dg_order *order;     /* what was asked for */
    const struct dg_exhibit *exhibit; /* what is shown */
    const char *base64;               /* the constant picture, encoded; NULL: derive one */
    const char *site;                 /* "http://127.0.0.1:8080/v1", for URLs */
    unsigned count;                   /* pictures */
    bool url;                         /* URLs in place of base64 */
    enum dg_encoding encoding;        /* of the pictures */
    enum dg_spoil spoil;              /* what is wrong with them */
};

/* Appends it; false: a picture could not be encoded. */
bool dg_answer_print(const struct dg_answer *a, struct dg_buffer *out);

/* {"error":{...}} */
void dg_answer_refusal(const struct dg_refusal *r, struct dg_buffer *out);

/* The list of models, or the one named; false: there is none of that name. */
bool dg_answer_models(const char *id, struct dg_buffer *out);

/* "NAME.png" to the picture it means, as in an answer's URLs. */
bool dg_answer_parse_name(const char *name, uint64_t *id, uint32_t *variant,
                          enum dg_encoding *encoding);

#endif
