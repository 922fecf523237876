/* SPDX-License-Identifier: MIT
 *
 * What a pool is made of.  Private to pool*.c and its tests.
 *
 * `shared` and what the places' pointers lead to is one piece of shared memory,
 * guarded by its lock; the rest is each process's own and never changes but for
 * `references` and `worker`.
 */
#ifndef DG_CORE_POOL_HOME_H
#define DG_CORE_POOL_HOME_H

#include "base/shared.h"
#include "core/place.h"

struct dg_pool_shared {
    struct dg_mutex mutex; /* guards all of it */
    dg_msec latest;        /* the last moment that was told */
    bool excluded;         /* some place has a row in its table of models */
    unsigned workers;      /* the highest worker that ever picked + 1 */
    uint32_t in_flight[];  /* of each worker, for each endpoint */
};

struct dg_pool {
    unsigned references;           /* holders in this process */
    unsigned worker;               /* this process's number */
    size_t count;                  /* endpoints */
    struct dg_place *places;       /* one each */
    struct dg_pool_shared *shared; /* see above */
    size_t shared_size;            /* bytes of it */
};

/* Takes the lock; after a holder that died in it, mends first. */
void dg_pool_lock(struct dg_pool *p);
void dg_pool_unlock(struct dg_pool *p);

/* Where the picks of a worker at an endpoint are counted. */
static inline uint32_t *dg_pool_in_flight(const struct dg_pool *p, unsigned worker, size_t endpoint)
{
    return &p->shared->in_flight[worker * p->count + endpoint];
}

#endif
