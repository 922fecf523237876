/* SPDX-License-Identifier: MIT
 *
 * An endpoint's health: how much of its weight it gets after errors, and when it
 * is put aside and probed.  Pure functions of what happened and of the time.
 *
 *     dg_health_failed(&h, true, now);                   half the weight
 *     dg_health_weight(&h, weight, now)                  64: the whole of weight 1
 *
 * Every error halves the weight, down to 1/64; every success doubles it back, and
 * so does every 10 s.  Five errors in a row, or one connect that fails, put the
 * endpoint aside: a probe, one request, may then go out after 1 s, and after each
 * that fails the pause doubles, up to 60 s.
 */
#ifndef DG_CORE_HEALTH_H
#define DG_CORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum {
    DG_HEALTH_HALVINGS = 6,             /* at most */
    DG_HEALTH_ONE = 64,                 /* 2^DG_HEALTH_HALVINGS: weight 1 in full health */
    DG_HEALTH_RECOVERY_MS = 10000,      /* a halving is forgotten after this */
    DG_HEALTH_STREAK = 5,               /* errors in a row that put aside */
    DG_HEALTH_PAUSE_MS = 1000,          /* until the first probe ... */
    DG_HEALTH_PAUSE_MOST_MS = 60 * 1000 /* ... until all later ones, at most */
};

enum dg_health_state {
    DG_HEALTH_WELL,     /* gets its share */
    DG_HEALTH_FAILING,  /* aside: it answers, with errors */
    DG_HEALTH_UNREACHED /* aside: nobody answers */
};

/* All zero: well.  Any values are sound: a holder that dies while it writes leaves
 * nothing to mend. */
struct dg_health {
    enum dg_health_state state; /* see there */
    unsigned halvings;          /* of the weight, at `since` */
    dg_msec since;              /* the last halving or doubling */
    unsigned streak;            /* errors in a row */
    dg_msec pause_ms;           /* aside: the pause that goes on, or went before the probe */
    dg_msec probe_at;           /* aside: when the next probe may go out */
    dg_msec aside_at;           /* aside: since when in this state */
    unsigned prober;            /* worker + 1 whose request is the probe, 0: none is out */
};

/* A good answer: the endpoint is back if it was aside. */
void dg_health_succeeded(struct dg_health *h, dg_msec now);

/* An answer that is good for nothing but shows that somebody is there: a refusal
 * of this request or key. */
void dg_health_answered(struct dg_health *h);

/* An error; `counts`: it is one of a row that puts aside.  `probe`: it was one. */
void dg_health_failed(struct dg_health *h, bool counts, bool probe, dg_msec now);

/* Not reached. */
void dg_health_unreached(struct dg_health *h, bool probe, dg_msec now);

/* A probe may go out now. */
bool dg_health_probe_due(const struct dg_health *h, dg_msec now);
void dg_health_probe(struct dg_health *h, unsigned worker); /* it does */
void dg_health_probe_over(struct dg_health *h);             /* it has ended, whatever came of it */

/* Halvings at this moment, recovered by time. */
unsigned dg_health_halvings(const struct dg_health *h, dg_msec now);

/* The effective weight, in 64ths, at least 1 if `weight` is. */
int64_t dg_health_weight(const struct dg_health *h, unsigned weight, dg_msec now);

#endif
