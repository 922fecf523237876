/* SPDX-License-Identifier: MIT
 *
 * Group commit: when what waits for a transaction is to get one.  While there is
 * more to do it waits for others to share it, but not long; with nothing else to
 * do it gets one at once.  Knows no clock.
 *
 *     if (dg_grouping_due(&g, facts, jobs, quiet, now) && !commit())
 *         dg_grouping_failed(&g, now);
 */
#ifndef DG_CORE_GROUPING_H
#define DG_CORE_GROUPING_H

#include <stdbool.h>

#include "base/clock.h"

enum {
    DG_GROUPING_MS = 5,      /* at most something waits for others ... */
    DG_GROUPING_BAR_MS = 250 /* ... and facts alone after a commit that failed */
};

struct dg_grouping {
    dg_msec due_at;       /* when what waits gets its commit, -1: nothing waits */
    dg_msec barred_until; /* after a failure facts alone are no reason until then */
};

void dg_grouping_init(struct dg_grouping *g);

/* Whether to commit now.  `facts` can wait for any time, `jobs` cannot go on
 * without; `quiet`: there is nothing else to do. */
bool dg_grouping_due(struct dg_grouping *g, bool facts, bool jobs, bool quiet, dg_msec now);

void dg_grouping_failed(struct dg_grouping *g, dg_msec now);

/* Whether something waits, so that nobody should sleep. */
bool dg_grouping_waits(const struct dg_grouping *g);

#endif
