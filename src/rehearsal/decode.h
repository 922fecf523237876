/* SPDX-License-Identifier: MIT
 *
 * From the bytes of a picture to its size, or to its brightness plane.  PNG,
 * JPEG and WebP, by their first bytes; whatever is broken gives false.
 */
#ifndef DG_REHEARSAL_DECODE_H
#define DG_REHEARSAL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rehearsal/encoding.h"
#include "rehearsal/plane.h"

enum {
    DG_DECODE_SIDE = 1024,          /* longest side of a plane */
    DG_DECODE_PIXELS_MAX = 50000000 /* larger pictures are not decoded */
};

struct dg_glance {
    enum dg_encoding encoding; /* by its first bytes */
    unsigned width;            /* pixels, 0 if the header makes no sense */
    unsigned height;           /* pixels */
    bool alpha;                /* has transparency to tell of */
};

/* Reads the header only. */
bool dg_decode_glance(const uint8_t *bytes, size_t size_bytes, struct dg_glance *glance);

/* The whole picture, no side longer than DG_DECODE_SIDE; transparent parts are
 * white.  On true the caller owns the plane. */
bool dg_decode(const uint8_t *bytes, size_t size_bytes, struct dg_plane *plane);

/* One kind each, behind the two above. */
bool dg_decode_png_glance(const uint8_t *bytes, size_t size_bytes, struct dg_glance *glance);
bool dg_decode_png(const uint8_t *bytes, size_t size_bytes, struct dg_plane *plane);
bool dg_decode_jpeg_glance(const uint8_t *bytes, size_t size_bytes, struct dg_glance *glance);
bool dg_decode_jpeg(const uint8_t *bytes, size_t size_bytes, struct dg_plane *plane);
bool dg_decode_webp_glance(const uint8_t *bytes, size_t size_bytes, struct dg_glance *glance);
bool dg_decode_webp(const uint8_t *bytes, size_t size_bytes, struct dg_plane *plane);

/* Brightness of `pixels` RGBA pixels over white. */
void dg_decode_gray(const uint8_t *rgba, size_t pixels, uint8_t *gray);

#endif
