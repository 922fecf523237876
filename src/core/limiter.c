/* SPDX-License-Identifier: MIT
 *
 * Stand-in: looks at every slot.
 */
#include "core/limiter.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "base/shared.h"

struct slot {
    uint64_t number; /* 0: free */
    dg_msec until;   /* 0: open */
    dg_msec span;    /* window and guard */
    struct dg_load load;
    uint32_t owner;
    uint16_t meter;
};

struct dg_limiter {
    struct dg_mutex mutex;
    unsigned meters;
    unsigned slots;
    uint64_t number;
    unsigned used;
    uint64_t digests[DG_LIMITER_METERS];
    struct slot table[];
};

size_t dg_limiter_size(unsigned meters, unsigned slots)
{
    (void)meters;
    return sizeof(struct dg_limiter) + slots * sizeof(struct slot);
}

void dg_limiter_init(struct dg_limiter *l, unsigned meters, unsigned slots)
{
    dg_mutex_init(&l->mutex);
    l->meters = meters;
    l->slots = slots;
}

int dg_limiter_meter(struct dg_limiter *l, uint64_t digest)
{
    for (unsigned k = 0; k < l->used; k++)
        if (l->digests[k] == digest)
            return (int)k;
    if (l->used == l->meters)
        return -1;
    l->digests[l->used] = digest;
    return (int)l->used++;
}

static void use(struct dg_limiter *l, const struct dg_cap *cap, dg_msec now, struct dg_quota *used,
                dg_msec *first)
{
    *used = (struct dg_quota){ 0 };
    *first = INT64_MAX;
    for (unsigned k = 0; k < l->slots && k < l->number; k++) {
        struct slot *s = &l->table[k];
        if (s->number == 0)
            continue;
        if (s->until && now >= s->until) {
            s->number = 0;
            continue;
        }
        bool in = false;
        for (size_t m = 0; m < cap->count; m++)
            in = in || cap->meters[m] == s->meter;
        if (!in)
            continue;
        used->requests++;
        used->images += s->load.images;
        used->tokens += s->load.tokens;
        if (s->until && s->until < *first)
            *first = s->until;
    }
}

static dg_msec delay(struct dg_limiter *l, const struct dg_take *t, dg_msec now)
{
    dg_msec most = 0;
    for (size_t k = 0; k < t->cap_count; k++) {
        struct dg_quota used, q = t->caps[k].most;
        dg_msec first;
        use(l, &t->caps[k], now, &used, &first);
        bool full = (q.requests && used.requests + 1 > q.requests) ||
                    (q.images && used.images + t->load.images > q.images) ||
                    (q.tokens && used.tokens + t->load.tokens > q.tokens);
        dg_msec wait = !full ? 0 : first == INT64_MAX ? t->window_ms : first - now;
        if (wait > most)
            most = wait;
    }
    return most;
}

dg_msec dg_limiter_delay(struct dg_limiter *l, const struct dg_take *t, dg_msec now)
{
    dg_mutex_lock(&l->mutex);
    dg_msec d = delay(l, t, now);
    dg_mutex_unlock(&l->mutex);
    return d;
}

dg_msec dg_limiter_take(struct dg_limiter *l, const struct dg_take *t, dg_msec now, uint64_t *slot)
{
    dg_mutex_lock(&l->mutex);
    dg_msec d = delay(l, t, now);
    for (unsigned k = 0; d == 0 && k < l->slots; k++) {
        struct slot *s = &l->table[k];
        if (s->number && (!s->until || now < s->until))
            continue;
        *s = (struct slot){
            ++l->number * l->slots + k, 0, t->window_ms + t->guard_ms, t->load, t->owner,
            (uint16_t)t->meter
        };
        *slot = s->number;
        break;
    }
    dg_mutex_unlock(&l->mutex);
    return d;
}

void dg_limiter_sent(struct dg_limiter *l, uint64_t slot, dg_msec now)
{
    struct slot *s = &l->table[slot % l->slots];
    dg_mutex_lock(&l->mutex);
    if (s->number == slot && !s->until)
        s->until = now + s->span;
    dg_mutex_unlock(&l->mutex);
}

void dg_limiter_unsent(struct dg_limiter *l, uint64_t slot)
{
    struct slot *s = &l->table[slot % l->slots];
    dg_mutex_lock(&l->mutex);
    if (s->number == slot)
        s->number = 0;
    dg_mutex_unlock(&l->mutex);
}

void dg_limiter_weigh(struct dg_limiter *l, uint64_t slot, uint64_t tokens)
{
    struct slot *s = &l->table[slot % l->slots];
    dg_mutex_lock(&l->mutex);
    if (s->number == slot)
        s->load.tokens = tokens;
    dg_mutex_unlock(&l->mutex);
}

void dg_limiter_use(struct dg_limiter *l, const struct dg_cap *cap, dg_msec now,
                    struct dg_quota *used)
{
    dg_msec first;
    dg_mutex_lock(&l->mutex);
    use(l, cap, now, used, &first);
    dg_mutex_unlock(&l->mutex);
}

void dg_limiter_bury(struct dg_limiter *l, dg_msec now)
{
    dg_mutex_lock(&l->mutex);
    for (unsigned k = 0; k < l->slots && k < l->number; k++) {
        struct slot *s = &l->table[k];
        if (s->number && !s->until && kill((pid_t)s->owner, 0) != 0 && errno == ESRCH)
            s->until = now + s->span;
    }
    dg_mutex_unlock(&l->mutex);
}
