/* SPDX-License-Identifier: MIT
 *
 * Chance that repeats: the same seed gives the same run (splitmix64).
 */
#ifndef DG_REHEARSAL_DICE_H
#define DG_REHEARSAL_DICE_H

#include <stdint.h>

struct dg_dice {
    uint64_t state; /* the seed, then wherever it has got to */
};

uint64_t dg_dice_bits(struct dg_dice *d);

/* At least 0, below 1. */
double dg_dice_share(struct dg_dice *d);

/* Bits that depend on both numbers and on nothing else. */
uint64_t dg_dice_mix(uint64_t a, uint64_t b);

#endif
