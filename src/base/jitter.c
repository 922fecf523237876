/* SPDX-License-Identifier: MIT
 *
 * See jitter.h: xorshift64*, of which the upper 53 bits are a number.
 */
#include "base/jitter.h"

#include "base/clock.h"
#include "base/random.h"

/* The clock will do at need. */
void dg_jitter_seed(struct dg_jitter *j)
{
    if (!dg_random(&j->state, sizeof j->state))
        j->state = (uint64_t)dg_clock_wall();
    if (j->state == 0)
        j->state = 1;
}

double dg_jitter_next(struct dg_jitter *j)
{
    j->state ^= j->state >> 12;
    j->state ^= j->state << 25;
    j->state ^= j->state >> 27;
    return (double)((j->state * UINT64_C(0x2545f4914f6cdd1d)) >> 11) / 9007199254740992.0;
}
