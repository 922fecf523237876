/* SPDX-License-Identifier: MIT
 *
 * How long an answer takes, as `--latency` says it:
 *
 *     200              always 200 ms
 *     100-300          evenly between the two
 *     normal:200,50    mean 200 ms, standard deviation 50, never below 0
 *     exp:200          exponential with mean 200 ms
 */
#ifndef DG_REHEARSAL_LATENCY_H
#define DG_REHEARSAL_LATENCY_H

#include <stdbool.h>

#include "base/clock.h"
#include "rehearsal/dice.h"

enum dg_latency_kind {
    DG_LATENCY_FIXED,      /* a */
    DG_LATENCY_UNIFORM,    /* a to b */
    DG_LATENCY_NORMAL,     /* mean a, deviation b */
    DG_LATENCY_EXPONENTIAL /* mean a */
};

struct dg_latency {
    enum dg_latency_kind kind; /* which distribution */
    double a_ms;               /* its first number */
    double b_ms;               /* its second, where it has one */
};

enum { DG_LATENCY_MAX_MS = 3600 * 1000 };

/* false: not one of the four, a number above DG_LATENCY_MAX_MS, or a range
 * that runs backwards. */
bool dg_latency_parse(struct dg_latency *latency, const char *text);

/* 0 to DG_LATENCY_MAX_MS. */
dg_msec dg_latency_draw(const struct dg_latency *latency, struct dg_dice *dice);

#endif
