/* SPDX-License-Identifier: MIT
 *
 * A request's body on its way into a form, piece by piece, by its Content-Type:
 * multipart through libmicrohttpd's own parser (so that it is not the sender's
 * code that reads what the sender wrote), JSON through base/json.  Whatever is
 * wrong with it goes to form->trouble.
 */
#ifndef DG_REHEARSAL_BODY_H
#define DG_REHEARSAL_BODY_H

#include <stddef.h>

#include "rehearsal/form.h"

struct MHD_Connection;
struct MHD_PostProcessor;
struct dg_json_body;

struct dg_body {
    struct dg_form *form;           /* where it goes */
    struct MHD_PostProcessor *post; /* set while it is multipart */
    struct dg_json_body *json;      /* set while it is JSON */
    struct dg_form_field *field;    /* multipart: the one being read */
    struct dg_form_part *part;      /* or this one */
};

void dg_body_begin(struct dg_body *b, struct dg_form *form, struct MHD_Connection *connection);
void dg_body_feed(struct dg_body *b, const char *bytes, size_t n);

/* After the last piece, or to give up; may be called twice. */
void dg_body_end(struct dg_body *b);

/* The JSON half. */
struct dg_json_body *dg_json_body_new(struct dg_form *form);
void dg_json_body_feed(struct dg_json_body *b, const char *text, size_t n);
void dg_json_body_free(struct dg_json_body *b); /* the end of the text, too */

#endif
