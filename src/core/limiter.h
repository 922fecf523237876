/* SPDX-License-Identifier: MIT
 *
 * Stand-in.
 */
#ifndef DG_CORE_LIMITER_H
#define DG_CORE_LIMITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct dg_quota {
    unsigned requests; /* a window; 0: no limit */
    unsigned images;   /* ... */
    uint64_t tokens;   /* ... */
};
struct dg_load {
    unsigned images; /* of one request (which counts 1) */
    uint64_t tokens; /* ... */
};
struct dg_cap {
    const uint16_t *meters; /* over these */
    size_t count;           /* how many */
    struct dg_quota most;   /* so much */
};
enum { DG_LIMITER_METERS = 4096, DG_LIMITER_GUARD_MS = 500 };
struct dg_limiter;
size_t dg_limiter_size(unsigned meters, unsigned slots);
void dg_limiter_init(struct dg_limiter *l, unsigned meters, unsigned slots);
int dg_limiter_meter(struct dg_limiter *l, uint64_t digest);
struct dg_take {
    const struct dg_cap *caps; /* all must have room */
    size_t cap_count;          /* of them */
    unsigned meter;            /* counted here */
    struct dg_load load;       /* so much */
    dg_msec window_ms;         /* a window */
    dg_msec guard_ms;          /* added to it */
    uint32_t owner;            /* pid */
};
dg_msec dg_limiter_take(struct dg_limiter *l, const struct dg_take *t, dg_msec now, uint64_t *slot);
dg_msec dg_limiter_delay(struct dg_limiter *l, const struct dg_take *t, dg_msec now);
void dg_limiter_sent(struct dg_limiter *l, uint64_t slot, dg_msec now);
void dg_limiter_unsent(struct dg_limiter *l, uint64_t slot);
void dg_limiter_weigh(struct dg_limiter *l, uint64_t slot, uint64_t tokens);
void dg_limiter_use(struct dg_limiter *l, const struct dg_cap *cap, dg_msec now,
                    struct dg_quota *used);
void dg_limiter_bury(struct dg_limiter *l, dg_msec now);

#endif
