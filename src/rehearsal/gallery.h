/* SPDX-License-Identifier: MIT
 *
 * Sketches kept by the digest of what they were made from, so that the same
 * inputs are decoded once.  Bounded: the longest unused go first.
 */
#ifndef DG_REHEARSAL_GALLERY_H
#define DG_REHEARSAL_GALLERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rehearsal/form.h"
#include "rehearsal/sketch.h"

struct dg_gallery;

/* A sketch with a name that its picture's URL can carry. */
struct dg_exhibit {
    uint64_t id;              /* first bytes of the digest */
    struct dg_sketch *sketch; /* owned by the gallery */
};

struct dg_gallery *dg_gallery_new(size_t limit_bytes);
void dg_gallery_free(struct dg_gallery *g);

/* The exhibit made of these parts (whose sha256 must be filled in).  On failure
 * NULL, and `*bad` is the number, from 1, of the part that cannot be decoded.
 * Valid until dg_gallery_release. */
struct dg_exhibit *dg_gallery_show(struct dg_gallery *g, const struct dg_form_part *const *parts,
                                   size_t count, unsigned *bad);

/* The constant one, made at the first call. */
struct dg_exhibit *dg_gallery_fixed(struct dg_gallery *g);

/* By its id, NULL if it is there no more. */
struct dg_exhibit *dg_gallery_find(struct dg_gallery *g, uint64_t id);

void dg_gallery_release(struct dg_gallery *g, struct dg_exhibit *e); /* NULL is fine */

#endif
