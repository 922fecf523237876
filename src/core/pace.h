/* SPDX-License-Identifier: MIT
 *
 * How many requests to keep in flight when nobody said: additive increase,
 * multiplicative decrease.  Every request that ends well while the width is used adds
 * a part of one place, so that a full round adds one; a server that says "too many",
 * or answers clearly later than it used to, takes a share away.  Knows no clock.  A
 * plain struct, all zero before dg_pace_init: it may live in shared memory.
 *
 *     dg_pace_init(&p, 1, 256);
 *     dg_pace_ended(&p, false, latency_ms, in_flight, now);
 *     dg_pace_width(&p)                                     places at this moment
 *
 * The numbers: half at "too many", as TCP does (RFC 5681, 3.1); a tenth for latency,
 * which tells less: image edits differ by a factor of 5 among themselves, so that an
 * average over about 16 of them is held against one over about 256, and must be twice
 * as long.  One decrease a round trip: what was in flight then says nothing new.
 */
#ifndef DG_CORE_PACE_H
#define DG_CORE_PACE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/shared.h"

struct dg_pace {
    struct dg_mutex mutex; /* guards the rest, which is sound at every moment */
    unsigned least;        /* places, at least 1 */
    unsigned most;         /* places */
    double width;          /* places now */
    double quick_ms;       /* latency, average of the last few; 0: none was told */
    double slow_ms;        /* ... of many */
    dg_msec deaf_until;    /* no further decrease before this */
    bool climbing;         /* nothing has decreased it yet: each round doubles it */
};

/* Begins with 8 places, or `most` if that is less. */
void dg_pace_init(struct dg_pace *p, unsigned least, unsigned most);

unsigned dg_pace_width(struct dg_pace *p);

/* A request has ended.  `too_many`: the server said so (429, slow_down); latency -1: it
 * tells nothing; `in_flight`: how many were on the wire, this one included. */
void dg_pace_ended(struct dg_pace *p, bool too_many, dg_msec latency_ms, unsigned in_flight,
                   dg_msec now);

#endif
