/* SPDX-License-Identifier: MIT
 *
 * What a server's error body says: the fields it may say it in, gathered while
 * the answer is scanned, and the readable text of any other body.
 */
#ifndef DG_CORE_COMPLAINT_H
#define DG_CORE_COMPLAINT_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"

/* Where a text of use was found, the best message first. */
enum dg_complaint_field {
    DG_COMPLAINT_MESSAGE, /* error.message, or error if that is a string */
    DG_COMPLAINT_DETAIL,  /* detail, detail.message, detail.error, detail[].msg */
    DG_COMPLAINT_PLAIN,   /* message; `msg` counts as `message` everywhere */
    DG_COMPLAINT_CODE,    /* error.code */
    DG_COMPLAINT_TYPE,    /* error.type */
    DG_COMPLAINT_PARAM,   /* error.param */
    DG_COMPLAINT_FIELDS,
    DG_COMPLAINT_NONE = DG_COMPLAINT_FIELDS
};

/* Names that matter on the way to a field. */
enum dg_complaint_name {
    DG_NAME_OTHER,
    DG_NAME_ERROR,
    DG_NAME_DETAIL,
    DG_NAME_MESSAGE,
    DG_NAME_CODE,
    DG_NAME_TYPE,
    DG_NAME_PARAM
};

enum { DG_COMPLAINT_NAME_BYTES = 64 }; /* DG_REPLY_KEY_BYTES: picture keys are found by it */

/* Bytes to be kept behind those that are shown, before keys are masked: one that
 * stands across the cut is then found. */
enum { DG_COMPLAINT_MARGIN_BYTES = 4096 };

struct dg_complaint {
    struct dg_buffer fields[DG_COMPLAINT_FIELDS]; /* what was gathered; long ones are cut */
    bool complete[DG_COMPLAINT_FIELDS];           /* no more is added: the first one counts */
    bool error_seen;                              /* an `error` but null, false and "" */
    unsigned objects;                             /* open objects */
    enum dg_complaint_name path[2];               /* current member of the two outer ones */
    char name[DG_COMPLAINT_NAME_BYTES];           /* the member name under way */
    size_t name_size;                             /* its bytes, also those not kept */
};

void dg_complaint_init(struct dg_complaint *c);
void dg_complaint_done(struct dg_complaint *c);

/* Listens to a token.  Arrays are looked through: [{"error":...}] counts. */
void dg_complaint_token(struct dg_complaint *c, enum dg_json_token token, const char *text,
                        size_t n);

/* After the last token: makes the fields fit to be shown. */
void dg_complaint_end(struct dg_complaint *c);

/* The field's text, "" if there was none. */
const char *dg_complaint_text(const struct dg_complaint *c, enum dg_complaint_field field);

/* Sets an error of kind api from the fields, or from the `body` as text, which
 * has been masked. */
void dg_complaint_error(const struct dg_complaint *c, int status, const char *body, size_t n,
                        struct dg_error *err);

/* Sets the error that a good status came with no JSON but this, masked. */
void dg_complaint_not_json(int status, const char *body, size_t n, struct dg_error *err);

#endif
