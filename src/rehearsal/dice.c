/* SPDX-License-Identifier: MIT
 *
 * splitmix64, by Sebastiano Vigna; not for secrets.
 */
#include "rehearsal/dice.h"

uint64_t dg_dice_bits(struct dg_dice *d)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

double dg_dice_share(struct dg_dice *d)
{
    return (double)(dg_dice_bits(d) >> 11) * 0x1.0p-53;
}

uint64_t dg_dice_mix(uint64_t a, uint64_t b)
{
    struct dg_dice d = { a };
    d.state = dg_dice_bits(&d) ^ b;
    return dg_dice_bits(&d);
}
