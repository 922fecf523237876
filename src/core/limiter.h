/* SPDX-License-Identifier: MIT
 *
 * Sliding-window rate limiter: at most `limit` takes in any `window_ms`.
 * Knows no clock: the caller passes the time, so tests need no sleep.  Lives in
 * the caller's memory (dg_limiter_size bytes), so it can be shared.
 *
 *     dg_msec delay = dg_limiter_take(l, now);    0: go; else come back then
 *     ...
 *     dg_limiter_sent(l, slot, later);            the upload is complete
 */
#ifndef DG_CORE_LIMITER_H
#define DG_CORE_LIMITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct dg_limiter;

/* Bytes a limiter of this size needs; limit 0 = no limit. */
size_t dg_limiter_size(unsigned limit);
void dg_limiter_init(struct dg_limiter *l, unsigned limit, dg_msec window_ms);

/* Milliseconds from `now` until a take is allowed; 0: it is allowed now.  An
 * open slot (taken, not yet sent) never runs out by time: where all are open the
 * answer is the window. O(1). */
dg_msec dg_limiter_delay(const struct dg_limiter *l, dg_msec now);

/* The same, and at 0 the slot is taken; its number goes to `slot` (may be NULL:
 * the slot then counts from `now`). */
dg_msec dg_limiter_take(struct dg_limiter *l, dg_msec now, uint64_t *slot);

/* The request of this slot has left: the slot counts from `now`.  Telling it
 * again changes nothing. */
void dg_limiter_sent(struct dg_limiter *l, uint64_t slot, dg_msec now);

#endif
