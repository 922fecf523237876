/* SPDX-License-Identifier: MIT
 *
 * See grouping.h.
 */
#include "core/grouping.h"

void dg_grouping_init(struct dg_grouping *g)
{
    *g = (struct dg_grouping){ .due_at = -1 };
}

bool dg_grouping_due(struct dg_grouping *g, bool facts, bool jobs, bool quiet, dg_msec now)
{
    bool waiting = jobs || (facts && now >= g->barred_until);
    if (waiting && g->due_at < 0)
        g->due_at = now + DG_GROUPING_MS;
    bool due = waiting && (quiet || now >= g->due_at);
    if (due || !waiting)
        g->due_at = -1;
    return due;
}

void dg_grouping_failed(struct dg_grouping *g, dg_msec now)
{
    g->barred_until = now + DG_GROUPING_BAR_MS;
}

bool dg_grouping_waits(const struct dg_grouping *g)
{
    return g->due_at >= 0;
}
