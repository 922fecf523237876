/* SPDX-License-Identifier: MIT
 *
 * A picture as brightness alone, one byte a pixel, and the way to make one
 * from rows as a decoder gives them: shrunk while they pass, so a photograph of
 * 50 million pixels needs no more memory than its small copy.
 *
 *     struct dg_shrink s;
 *     dg_shrink_init(&s, width, height, 1024);
 *     for each row: dg_shrink_row(&s, gray);
 *     dg_shrink_done(&s, &plane);
 */
#ifndef DG_REHEARSAL_PLANE_H
#define DG_REHEARSAL_PLANE_H

#include <stddef.h>
#include <stdint.h>

struct dg_plane {
    unsigned width;  /* pixels */
    unsigned height; /* pixels */
    uint8_t *gray;   /* width x height, row by row, 0 = black */
};

void dg_plane_done(struct dg_plane *plane);

/* Brightness at a point between pixels, coordinates clamped to the picture. */
uint8_t dg_plane_sample(const struct dg_plane *plane, double x, double y);

struct dg_shrink {
    unsigned width;        /* of the rows given */
    unsigned height;       /* rows that will be given */
    unsigned next;         /* rows given so far */
    uint32_t *sum;         /* of each small pixel in the making */
    uint32_t *count;       /* source pixels in each sum */
    struct dg_plane plane; /* what is made */
};

/* No side of the result is longer than `limit`; nothing is ever enlarged. */
void dg_shrink_init(struct dg_shrink *s, unsigned width, unsigned height, unsigned limit);
void dg_shrink_row(struct dg_shrink *s, const uint8_t *gray);

/* Hands over the plane (dg_plane_done) if every row was given; NULL throws it
 * away. */
void dg_shrink_done(struct dg_shrink *s, struct dg_plane *plane);

#endif
