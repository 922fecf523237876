/* SPDX-License-Identifier: MIT
 *
 * Who is to be woken when: a heap of moments.  Knows no clock.
 */
#ifndef DG_REHEARSAL_ALARMS_H
#define DG_REHEARSAL_ALARMS_H

#include <stddef.h>

#include "base/clock.h"

/* Stands in whatever waits; zeroed = not waiting. */
struct dg_alarm {
    dg_msec due;  /* when */
    size_t place; /* 1 + its index in the heap, 0 = not in it */
};

struct dg_alarms {
    struct dg_alarm **heap; /* the earliest first */
    size_t count;           /* how many wait */
    size_t room;            /* how many there is memory for */
};

void dg_alarms_done(struct dg_alarms *t);

/* The alarm must not be waiting yet; it must stay where it is until it is
 * popped or removed.  O(log n). */
void dg_alarms_add(struct dg_alarms *t, struct dg_alarm *alarm, dg_msec due);
void dg_alarms_remove(struct dg_alarms *t, struct dg_alarm *alarm); /* not waiting is fine */

/* The earliest alarm that is due, taken out; NULL: none is. */
struct dg_alarm *dg_alarms_pop(struct dg_alarms *t, dg_msec now);

/* Milliseconds until the earliest is due, 0 if one is, -1 if nobody waits. */
dg_msec dg_alarms_wait(const struct dg_alarms *t, dg_msec now);

#endif
