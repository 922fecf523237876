/* SPDX-License-Identifier: MIT
 *
 * Numbers drawn by lot, for jitter: nothing secret, and different in every process.
 *
 *     struct dg_jitter j;
 *     dg_jitter_seed(&j);
 *     delay_ms * dg_jitter_next(&j)
 */
#ifndef DG_BASE_JITTER_H
#define DG_BASE_JITTER_H

#include <stdint.h>

struct dg_jitter {
    uint64_t state; /* of the generator, never 0 */
};

void dg_jitter_seed(struct dg_jitter *j);
double dg_jitter_next(struct dg_jitter *j); /* in [0,1) */

#endif
