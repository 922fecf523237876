/* SPDX-License-Identifier: MIT
 *
 * A binary heap of timers, see timers.h.  Leans on memory alone.
 */
#include "base/timers.h"

#include <stdbool.h>

#include "base/memory.h"

void dg_timers_init(struct dg_timers *s)
{
    *s = (struct dg_timers){ .count = 0 };
}

void dg_timers_done(struct dg_timers *s)
{
    dg_free(s->heap);
    dg_timers_init(s);
}

static bool before(const struct dg_timer *a, const struct dg_timer *b)
{
    return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void put(struct dg_timers *s, size_t k, struct dg_timer *t)
{
    s->heap[k] = t;
    t->place = k + 1;
}

static void rise(struct dg_timers *s, size_t k)
{
    struct dg_timer *t = s->heap[k];
    while (k > 0 && before(t, s->heap[(k - 1) / 2])) {
        put(s, k, s->heap[(k - 1) / 2]);
        k = (k - 1) / 2;
    }
    put(s, k, t);
}

static void sink(struct dg_timers *s, size_t k)
{
    struct dg_timer *t = s->heap[k];
    for (size_t child; (child = 2 * k + 1) < s->count; k = child) {
        if (child + 1 < s->count && before(s->heap[child + 1], s->heap[child]))
            child++;
        if (!before(s->heap[child], t))
            break;
        put(s, k, s->heap[child]);
    }
    put(s, k, t);
}

void dg_timers_set(struct dg_timers *s, struct dg_timer *t, dg_msec when, uint64_t order)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 64;
        s->heap = dg_realloc(s->heap, s->capacity * sizeof *s->heap);
    }
    t->when = when;
    t->order = order;
    put(s, s->count, t);
    s->count++;
    rise(s, s->count - 1);
}

void dg_timers_remove(struct dg_timers *s, struct dg_timer *t)
{
    if (t->place == 0)
        return;
    size_t k = t->place - 1;
    t->place = 0;
    s->count--;
    if (k == s->count)
        return;
    put(s, k, s->heap[s->count]);
    sink(s, k);
    rise(s, k);
}

struct dg_timer *dg_timers_due(struct dg_timers *s, dg_msec now)
{
    if (s->count == 0 || s->heap[0]->when > now)
        return NULL;
    struct dg_timer *t = s->heap[0];
    dg_timers_remove(s, t);
    return t;
}

dg_msec dg_timers_next(const struct dg_timers *s)
{
    return s->count > 0 ? s->heap[0]->when : -1;
}
