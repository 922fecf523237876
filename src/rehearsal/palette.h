/* SPDX-License-Identifier: MIT
 *
 * The sixteen colours of a rehearsed picture: paper, a line, and fourteen tones
 * of two inks from dark to light.
 */
#ifndef DG_REHEARSAL_PALETTE_H
#define DG_REHEARSAL_PALETTE_H

#include <stddef.h>
#include <stdint.h>

enum {
    DG_PALETTE_PAPER = 0, /* the mat around the picture */
    DG_PALETTE_LINE = 1,  /* the thin line where they meet */
    DG_PALETTE_TONES = 2, /* the darkest tone; lighter ones follow */
    DG_PALETTE_SIZE = 16
};

struct dg_palette {
    uint8_t rgb[DG_PALETTE_SIZE][3]; /* red, green, blue */
};

/* Any number gives a palette: neighbours differ at first sight, and 768 in a row
 * are all different. */
void dg_palette_make(struct dg_palette *palette, uint32_t variant);

#endif
