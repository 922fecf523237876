/* SPDX-License-Identifier: MIT
 *
 * Lists of jobs, and lanes: the jobs that wait for a place in one pool, first
 * come first served, with one moment to ask again for all of them.
 */
#ifndef DG_CORE_LANE_H
#define DG_CORE_LANE_H

#include <stdbool.h>

#include "base/clock.h"
#include "core/job.h"
#include "core/pool.h"

/* Doubly linked through the jobs; zeroed = empty.  A job is in one at most. */
struct dg_job_list {
    struct dg_job *first; /* oldest */
    struct dg_job *last;  /* newest */
};

void dg_job_list_append(struct dg_job_list *l, struct dg_job *j);
void dg_job_list_prepend(struct dg_job_list *l, struct dg_job *j);
void dg_job_list_remove(struct dg_job_list *l, struct dg_job *j);

struct dg_lane {
    struct dg_pool *pool;    /* whose places are waited for; the jobs hold references */
    struct dg_job_list jobs; /* in the order they will be served */
    dg_msec when;            /* ask again at this moment */
    struct dg_lane *next;    /* lane of another pool */
};

/* The lane of this pool, or NULL if nobody waits for it. */
struct dg_lane *dg_lane_find(struct dg_lane *lanes, const struct dg_pool *pool);

/* The same, made at the head of `*lanes` if there is none. */
struct dg_lane *dg_lane_open(struct dg_lane **lanes, struct dg_pool *pool);

/* Frees the lanes in which nobody waits. */
void dg_lane_sweep(struct dg_lane **lanes);

/* The earliest moment of all lanes, or -1. */
dg_msec dg_lane_next(const struct dg_lane *lanes);

#endif
