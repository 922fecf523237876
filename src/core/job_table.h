/* SPDX-License-Identifier: MIT
 *
 * Jobs by id: every job the engine holds.  Ids are consecutive, so their low
 * bits spread evenly and a job is found in O(1).
 */
#ifndef DG_CORE_JOB_TABLE_H
#define DG_CORE_JOB_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/job.h"

struct dg_job_table {
    struct dg_job **buckets; /* chained through job->chain */
    size_t size;             /* buckets, a power of two, or 0 */
    size_t count;            /* jobs */
    size_t first;            /* no job stands in a bucket before it */
};

void dg_job_table_init(struct dg_job_table *t);
void dg_job_table_done(struct dg_job_table *t); /* the jobs are not touched */

void dg_job_table_add(struct dg_job_table *t, struct dg_job *j);
void dg_job_table_remove(struct dg_job_table *t, struct dg_job *j);
struct dg_job *dg_job_table_find(const struct dg_job_table *t, uint64_t id);

/* Any job, NULL if there is none: to empty the table, in linear time. */
struct dg_job *dg_job_table_any(struct dg_job_table *t);

#endif
