/* SPDX-License-Identifier: MIT
 *
 * Lists of jobs and lanes, see lane.h.  There are as many lanes as pools with
 * waiting jobs, nearly always none or one, so walking them is cheap.
 */
#include "core/lane.h"

#include <stddef.h>

#include "base/memory.h"

void dg_job_list_append(struct dg_job_list *l, struct dg_job *j)
{
    j->next = NULL;
    j->prev = l->last;
    if (l->last)
        l->last->next = j;
    else
        l->first = j;
    l->last = j;
}

void dg_job_list_prepend(struct dg_job_list *l, struct dg_job *j)
{
    j->prev = NULL;
    j->next = l->first;
    if (l->first)
        l->first->prev = j;
    else
        l->last = j;
    l->first = j;
}

void dg_job_list_remove(struct dg_job_list *l, struct dg_job *j)
{
    if (j->prev)
        j->prev->next = j->next;
    else
        l->first = j->next;
    if (j->next)
        j->next->prev = j->prev;
    else
        l->last = j->prev;
    j->prev = NULL;
    j->next = NULL;
}

struct dg_lane *dg_lane_find(struct dg_lane *lanes, const struct dg_pool *pool)
{
    while (lanes && lanes->pool != pool)
        lanes = lanes->next;
    return lanes;
}

struct dg_lane *dg_lane_open(struct dg_lane **lanes, struct dg_pool *pool)
{
    struct dg_lane *lane = dg_lane_find(*lanes, pool);
    if (lane)
        return lane;
    lane = dg_zalloc(sizeof *lane);
    lane->pool = pool;
    lane->next = *lanes;
    *lanes = lane;
    return lane;
}

void dg_lane_sweep(struct dg_lane **lanes)
{
    while (*lanes) {
        struct dg_lane *lane = *lanes;
        if (lane->jobs.first) {
            lanes = &lane->next;
            continue;
        }
        *lanes = lane->next;
        dg_free(lane);
    }
}

dg_msec dg_lane_next(const struct dg_lane *lanes)
{
    dg_msec next = -1;
    for (; lanes; lanes = lanes->next)
        if (lanes->jobs.first && (next < 0 || lanes->when < next))
            next = lanes->when;
    return next;
}
