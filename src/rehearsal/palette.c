/* SPDX-License-Identifier: MIT
 *
 * A dozen pairs of inks that look well together, each in sixty-four shades.
 */
#include "rehearsal/palette.h"

struct inks {
    uint8_t dark[3];   /* shadows */
    uint8_t middle[3]; /* half tones */
    uint8_t light[3];  /* highlights */
};

/* Ordered so that the middles of neighbours are as far apart as can be. */
static const struct inks pairs[] = {
    { { 22, 28, 74 }, { 214, 84, 96 }, { 255, 226, 178 } },   /* navy, coral, cream */
    { { 24, 52, 24 }, { 142, 162, 56 }, { 250, 246, 206 } },  /* moss, olive, cream */
    { { 68, 14, 44 }, { 196, 58, 120 }, { 255, 230, 190 } },  /* berry, magenta, butter */
    { { 6, 40, 72 }, { 30, 152, 168 }, { 255, 214, 166 } },   /* deep sea, teal, peach */
    { { 74, 18, 26 }, { 206, 76, 82 }, { 255, 222, 206 } },   /* wine, rose, blush */
    { { 30, 34, 44 }, { 116, 126, 142 }, { 240, 236, 224 } }, /* slate, steel, bone */
    { { 62, 16, 60 }, { 208, 104, 52 }, { 255, 232, 150 } },  /* plum, orange, lemon */
    { { 12, 34, 66 }, { 52, 136, 196 }, { 232, 246, 240 } },  /* ink, sky, mist */
    { { 58, 34, 16 }, { 186, 126, 62 }, { 252, 238, 204 } },  /* umber, ochre, ivory */
    { { 44, 24, 92 }, { 146, 92, 206 }, { 250, 220, 240 } },  /* indigo, violet, pink */
    { { 18, 44, 40 }, { 196, 112, 58 }, { 238, 232, 196 } },  /* forest, copper, sand */
    { { 10, 48, 52 }, { 38, 146, 128 }, { 244, 236, 196 } },  /* pine, jade, straw */
};

enum { PAIRS = sizeof(pairs) / sizeof(pairs[0]), SHADES = 64 };

static uint8_t mix(unsigned from, unsigned to, unsigned part, unsigned whole)
{
    return (uint8_t)((from * (whole - part) + to * part) / whole);
}

/* A shade is a step from a pair's own inks towards another pair's. */
static struct inks shade(uint32_t variant)
{
    const struct inks *own = &pairs[variant % PAIRS];
    const struct inks *next = &pairs[(variant + 2) % PAIRS];
    unsigned step = variant / PAIRS % SHADES;
    struct inks inks;

    for (int i = 0; i < 3; i++) {
        inks.dark[i] = mix(own->dark[i], next->dark[i], step, 3 * SHADES);
        inks.middle[i] = mix(own->middle[i], next->middle[i], step, 3 * SHADES);
        inks.light[i] = mix(own->light[i], next->light[i], step, 3 * SHADES);
    }
    return inks;
}

void dg_palette_make(struct dg_palette *palette, uint32_t variant)
{
    const unsigned last = DG_PALETTE_SIZE - DG_PALETTE_TONES - 1, half = last / 2;
    const struct inks inks = shade(variant);

    for (int i = 0; i < 3; i++) {
        palette->rgb[DG_PALETTE_PAPER][i] = mix(inks.light[i], 255, 3, 4);
        palette->rgb[DG_PALETTE_LINE][i] = inks.dark[i];
        for (unsigned t = 0; t <= last; t++) {
            uint8_t *out = &palette->rgb[DG_PALETTE_TONES + t][i];
            if (t <= half)
                *out = mix(inks.dark[i], inks.middle[i], t, half);
            else
                *out = mix(inks.middle[i], inks.light[i], t - half, last - half);
        }
    }
}
