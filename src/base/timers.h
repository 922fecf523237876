/* SPDX-License-Identifier: MIT
 *
 * Moments to come, as a binary heap: the next one in O(1), setting and removing
 * in O(log n).  Timers live in their owners; the heap points at them.  Knows no
 * clock.
 *
 *     dg_timers_set(&heap, &job->timer, now + delay, job->id);
 *     struct dg_timer *t = dg_timers_due(&heap, now);
 */
#ifndef DG_BASE_TIMERS_H
#define DG_BASE_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct dg_timer {
    dg_msec when;   /* the moment */
    uint64_t order; /* decides between equal moments, lowest first */
    size_t place;   /* in the heap, from 1; 0 = not set */
};

struct dg_timers {
    struct dg_timer **heap; /* heap[0] is the next */
    size_t count;           /* timers set */
    size_t capacity;        /* places allocated */
};

void dg_timers_init(struct dg_timers *s);
void dg_timers_done(struct dg_timers *s);

/* `t` must not be set already. */
void dg_timers_set(struct dg_timers *s, struct dg_timer *t, dg_msec when, uint64_t order);
void dg_timers_remove(struct dg_timers *s, struct dg_timer *t); /* unset is fine */

/* The next timer if its moment has come, removed; else NULL. */
struct dg_timer *dg_timers_due(struct dg_timers *s, dg_msec now);

/* The next moment, or -1. */
dg_msec dg_timers_next(const struct dg_timers *s);

#endif
