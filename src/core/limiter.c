/* SPDX-License-Identifier: MIT
 *
 * The sliding window, exactly and in O(1).  Two things count against the limit:
 * open slots (taken, upload not complete) and the moments of the last sends.
 * With `open` slots open a take is allowed once the (limit - open)th latest
 * send is a window old, which is one look into a ring.
 */
#include "core/limiter.h"

#include <stdbool.h>

/* Three independent columns of `limit` cells each, kept as one array so that
 * the whole limiter is one piece of the caller's memory. */
struct cell {
    dg_msec sent;   /* ring: when the n-th request left, n counting modulo limit */
    uint64_t open;  /* slot table: the number of the open slot here, 0 = none */
    uint64_t spare; /* stack: a free place in the slot table */
};

struct dg_limiter {
    dg_msec window_ms;   /* length of the window */
    uint64_t limit;      /* requests in a window, 0 = no limit */
    uint64_t open;       /* slots taken whose request has not left */
    uint64_t sent;       /* requests that have left since the start */
    uint64_t round;      /* numbers slots: number = round * limit + place */
    struct cell cells[]; /* `limit` of them */
};

size_t dg_limiter_size(unsigned limit)
{
    return sizeof(struct dg_limiter) + limit * sizeof(struct cell);
}

void dg_limiter_init(struct dg_limiter *l, unsigned limit, dg_msec window_ms)
{
    *l = (struct dg_limiter){ .window_ms = window_ms, .limit = limit };
    for (uint64_t place = 0; place < limit; place++)
        l->cells[place] = (struct cell){ .spare = place };
}

dg_msec dg_limiter_delay(const struct dg_limiter *l, dg_msec now)
{
    if (l->limit == 0)
        return 0;
    if (l->open == l->limit)
        return l->window_ms;
    uint64_t places = l->limit - l->open;
    if (l->sent < places)
        return 0;
    dg_msec free_at = l->cells[(l->sent - places) % l->limit].sent + l->window_ms;
    return free_at > now ? free_at - now : 0;
}

/* A request has left. */
static void stamp(struct dg_limiter *l, dg_msec now)
{
    l->cells[l->sent % l->limit].sent = now;
    l->sent++;
}

dg_msec dg_limiter_take(struct dg_limiter *l, dg_msec now, uint64_t *slot)
{
    dg_msec delay = dg_limiter_delay(l, now);
    if (slot)
        *slot = 0;
    if (delay > 0 || l->limit == 0)
        return delay;
    if (!slot) {
        stamp(l, now);
        return 0;
    }
    uint64_t place = l->cells[l->open++].spare;
    *slot = ++l->round * l->limit + place;
    l->cells[place].open = *slot;
    return 0;
}

void dg_limiter_sent(struct dg_limiter *l, uint64_t slot, dg_msec now)
{
    if (l->limit == 0 || slot == 0)
        return;
    uint64_t place = slot % l->limit;
    if (l->cells[place].open != slot)
        return; /* told before: its first moment stands */
    l->cells[place].open = 0;
    l->cells[--l->open].spare = place;
    stamp(l, now);
}
