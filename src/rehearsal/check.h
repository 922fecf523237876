/* SPDX-License-Identifier: MIT
 *
 * Would the real API take this request?  If not, the refusal says why in its
 * words; if so, the order says what was asked for.
 */
#ifndef DG_REHEARSAL_CHECK_H
#define DG_REHEARSAL_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "rehearsal/encoding.h"
#include "rehearsal/form.h"
#include "rehearsal/model.h"
#include "rehearsal/options.h"
#include "rehearsal/refusal.h"

struct dg_order {
    const struct dg_model *model;                         /* which model */
    const char *prompt;                                   /* points into the form */
    const char *quality;                                  /* as asked, or "auto" */
    const char *background;                               /* as asked, or "auto" */
    const struct dg_form_part *images[DG_FORM_PARTS_MAX]; /* in order, point into the form */
    size_t image_count;                                   /* at least 1 */
    unsigned n;                                           /* pictures wanted */
    enum dg_encoding encoding;                            /* of the pictures */
    bool url;                                             /* as URLs, not in base64 */
};

/* The key of an Authorization header ("Bearer KEY"), or NULL. */
const char *dg_check_bearer(const char *authorization);

/* `key` may be NULL: none was sent. */
bool dg_check_key(const struct dg_rehearsal_options *o, const char *key, struct dg_refusal *r);

/* Everything that needs no decoding; fills the order. */
bool dg_check_form(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r);

/* Parts of it, in other files. */
bool dg_check_value(const struct dg_form_field *field, const struct dg_model *model,
                    struct dg_refusal *r);
bool dg_check_images(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r);

/* true for the names under which files are sent. */
bool dg_check_is_file(const struct dg_form *form, const char *name);

/* "'a', 'b', and 'c'" of a NULL-ended list. */
void dg_check_list(const char *const *names, struct dg_buffer *out);

#endif
