/* SPDX-License-Identifier: MIT
 *
 * Jobs by id, see job_table.h.
 */
#include "core/job_table.h"

#include "base/memory.h"

enum { SMALLEST_SIZE = 64 };

void dg_job_table_init(struct dg_job_table *t)
{
    *t = (struct dg_job_table){ .size = 0 };
}

void dg_job_table_done(struct dg_job_table *t)
{
    dg_free(t->buckets);
    dg_job_table_init(t);
}

static struct dg_job **bucket(const struct dg_job_table *t, uint64_t id)
{
    return &t->buckets[id & (t->size - 1)];
}

static void link_job(struct dg_job_table *t, struct dg_job *j)
{
    struct dg_job **head = bucket(t, j->id);
    j->chain = *head;
    *head = j;
    t->first = 0;
}

static void grow(struct dg_job_table *t)
{
    struct dg_job_table old = *t;
    t->size = old.size ? old.size * 2 : SMALLEST_SIZE;
    t->buckets = dg_zalloc(t->size * sizeof(struct dg_job *));
    for (size_t k = 0; k < old.size; k++) {
        for (struct dg_job *j = old.buckets[k], *next; j; j = next) {
            next = j->chain;
            link_job(t, j);
        }
    }
    dg_free(old.buckets);
}

void dg_job_table_add(struct dg_job_table *t, struct dg_job *j)
{
    if (t->count == t->size)
        grow(t);
    link_job(t, j);
    t->count++;
}

void dg_job_table_remove(struct dg_job_table *t, struct dg_job *j)
{
    struct dg_job **place = bucket(t, j->id);
    while (*place != j)
        place = &(*place)->chain;
    *place = j->chain;
    t->count--;
}

struct dg_job *dg_job_table_find(const struct dg_job_table *t, uint64_t id)
{
    struct dg_job *j = t->size > 0 ? *bucket(t, id) : NULL;
    while (j && j->id != id)
        j = j->chain;
    return j;
}

struct dg_job *dg_job_table_any(struct dg_job_table *t)
{
    while (t->first < t->size && !t->buckets[t->first])
        t->first++;
    return t->first < t->size ? t->buckets[t->first] : NULL;
}
