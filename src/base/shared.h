/* SPDX-License-Identifier: MIT
 *
 * Memory that a process shares with those it forks, and a lock that lives in
 * it.  A holder that dies gives the lock up: whoever comes next has it.
 *
 *     struct thing *t = dg_shared_new(sizeof *t);          zeroed
 *     dg_mutex_init(&t->mutex);
 *     ...fork...
 *     dg_mutex_lock(&t->mutex);
 */
#ifndef DG_BASE_SHARED_H
#define DG_BASE_SHARED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* NULL if there is no memory. */
void *dg_shared_new(size_t size_bytes);
void dg_shared_free(void *memory, size_t size_bytes); /* this process's view of it */

struct dg_mutex {
    pthread_mutex_t raw; /* process-shared and robust */
};

void dg_mutex_init(struct dg_mutex *m);

/* true: the holder before died with it, perhaps half-way through a change. What
 * the lock guards is to be mended before anything else is done with it. */
bool dg_mutex_lock(struct dg_mutex *m);
void dg_mutex_unlock(struct dg_mutex *m);

#endif
