/* SPDX-License-Identifier: MIT
 *
 * The rehearsed picture: its input in two inks on a paper mat, several inputs
 * side by side.  It is kept as one PNG of sixteen colours; a variant changes
 * nothing but its palette, so ten pictures of one input cost one encoding.
 *
 *     struct dg_sketch *s = dg_sketch_new(planes, count);
 *     dg_sketch_encode(s, variant, DG_ENCODING_PNG, &bytes);
 *     dg_sketch_free(s);
 */
#ifndef DG_REHEARSAL_SKETCH_H
#define DG_REHEARSAL_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rehearsal/encoding.h"
#include "rehearsal/palette.h"
#include "rehearsal/plane.h"

struct dg_sketch {
    unsigned width;       /* pixels */
    unsigned height;      /* pixels */
    struct dg_buffer png; /* with the palette of variant 0 */
};

enum { DG_SKETCH_PANELS = 4 }; /* inputs shown; more are left out */

/* Size and shape are those of the first plane. */
struct dg_sketch *dg_sketch_new(const struct dg_plane *planes, size_t count);
void dg_sketch_free(struct dg_sketch *s);

/* The plane of the constant picture for load tests. */
void dg_sketch_fixed_plane(struct dg_plane *plane);

/* Appends the picture in the given encoding. */
bool dg_sketch_encode(const struct dg_sketch *s, uint32_t variant, enum dg_encoding encoding,
                      struct dg_buffer *out);

/* The encoders behind it.  PNG: s->png from one palette index a pixel, and back
 * (the caller frees them). */
void dg_sketch_png(struct dg_sketch *s, const uint8_t *index);
uint8_t *dg_sketch_index(const struct dg_sketch *s);
bool dg_sketch_jpeg(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out);
bool dg_sketch_webp(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out);
bool dg_sketch_gif(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out);

#endif
