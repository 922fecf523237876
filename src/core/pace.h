/* SPDX-License-Identifier: MIT
 *
 * How many requests to have in flight when nobody has said: additive increase,
 * multiplicative decrease.  More while all of the width is used and all goes well;
 * fewer when a server says that it is too much, or when its answers take clearly
 * longer than they did.  Knows no clock; may lie in memory that processes share.
 *
 *     struct dg_pace *p = dg_shared_new(sizeof *p);
 *     dg_pace_init(p, 1, 256);
 *     ...
 *     while (in_flight < dg_pace_width(p)) ...start one...
 *     dg_pace_ended(p, false, latency_ms, in_flight, now);     for each that ended
 */
#ifndef DG_CORE_PACE_H
#define DG_CORE_PACE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/shared.h"

enum { DG_PACE_START = 8 };

/* Any member may be a little older than another when a process dies in the middle
 * of a change: nothing here has to fit together. */
struct dg_pace {
    struct dg_mutex mutex;     /* guards all but `now_wide` */
    _Atomic unsigned now_wide; /* the width, read by all without the lock */
    unsigned least;            /* it never is below this ... */
    unsigned most;             /* ... nor above this */
    double width;              /* with its fraction */
    bool settled;              /* it was cut once: no more doubling */
    unsigned clean_rounds;     /* since the last cut, each a width's worth of answers */
    unsigned in_round;         /* answers of this round so far */
    unsigned samples;          /* latencies seen since the averages began anew */
    double fast;               /* logarithm of the latency in ms, of the last few dozen */
    double base;       /* the same where nothing queues: falls soon, never rises by itself */
    dg_msec cut_ms;    /* when it was cut last */
    double ceiling;    /* what was in flight when it last was too much, less 1; 0: none */
    unsigned on_trial; /* answers until a cut for latency is judged, 0: none is */
    unsigned judged;   /* the last so many of them are averaged for that */
    bool chained;      /* it followed one that helped */
    bool doubtful;     /* `base` may be of requests that waited: the next cut that helps goes on */
    double before_cut; /* the width before that cut */
    double slow;       /* mean logarithm of the latencies of what was sent before it */
    double sum;        /* of those averaged now */
    double squares;    /* likewise */
};

/* 1 <= least <= most is made so.  Starts at DG_PACE_START, or what of it they allow. */
void dg_pace_init(struct dg_pace *p, unsigned least, unsigned most);

/* Requests that may be in flight now.  Takes no lock. */
unsigned dg_pace_width(const struct dg_pace *p);

/* A request ended: refused as one too many (429, 503 slow_down), or with a good
 * answer after latency_ms (-1: it says nothing about the server's speed, as when
 * it failed otherwise).  in_flight counts all of them, this one too. */
void dg_pace_ended(struct dg_pace *p, bool too_many, dg_msec latency_ms, unsigned in_flight,
                   dg_msec now);

#endif
