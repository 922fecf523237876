/* SPDX-License-Identifier: MIT
 *
 * Takes and answers.  What counts is summed by meter, so a grant looks at sums
 * alone; a refusal walks over the closed slots in the order of their ends, until
 * enough of them will be gone.
 */
#include "core/limiter.h"

#include "core/limiter_slots.h"

enum { VERDICTS = 16 }; /* owners remembered in one sweep */

static const dg_msec NEVER = INT64_MAX; /* not by time alone */

/* Sums over a cap, wide enough for any. */
struct sums {
    uint64_t requests; /* slots that count */
    uint64_t images;   /* they ask for */
    uint64_t tokens;   /* they take */
};

/* A cap's meters, to ask for one in O(1). */
struct meter_set {
    uint64_t words[DG_LIMITER_METERS / 64]; /* a bit each */
};

size_t dg_limiter_size(unsigned meters, unsigned slots)
{
    return sizeof(struct dg_limiter) + meters * sizeof(struct dg_meter) +
           slots * sizeof(struct dg_slot);
}

void dg_limiter_init(struct dg_limiter *l, unsigned meters, unsigned slots)
{
    *l = (struct dg_limiter){ .meters_most = meters, .slots = slots, .swept_ms = INT64_MIN / 2 };
    dg_mutex_init(&l->mutex);
}

unsigned dg_limiter_slots(struct dg_limiter *l)
{
    dg_slots_lock(l);
    unsigned slots = l->slots;
    dg_slots_unlock(l);
    return slots;
}

void dg_limiter_grow(struct dg_limiter *l, unsigned slots)
{
    dg_slots_lock(l);
    if (slots > l->slots)
        l->slots = slots;
    dg_slots_unlock(l);
}

static int find_meter(struct dg_limiter *l, uint64_t digest)
{
    struct dg_meter *meters = dg_meters(l);
    for (uint32_t k = 0; k < l->meters; k++)
        if (meters[k].digest == digest)
            return (int)k;
    if (l->meters == l->meters_most)
        return -1;
    meters[l->meters] = (struct dg_meter){ .digest = digest };
    atomic_signal_fence(memory_order_seq_cst); /* known only once it is whole */
    return (int)l->meters++;
}

int dg_limiter_meter(struct dg_limiter *l, uint64_t digest)
{
    dg_slots_lock(l);
    int meter = find_meter(l, digest);
    dg_slots_unlock(l);
    return meter;
}

/* Frees the slots whose end has come. */
static void collect(struct dg_limiter *l, dg_msec now)
{
    uint32_t first;
    while ((first = l->lists[DG_SLOT_CLOSED].first) && dg_slot_at(l, first)->until_ms <= now)
        dg_slots_free(l, first);
}

static struct sums sum_up(struct dg_limiter *l, const struct dg_cap *cap)
{
    const struct dg_meter *meters = dg_meters(l);
    struct sums sums = { 0 };
    for (size_t k = 0; k < cap->count; k++) {
        const struct dg_meter *m = &meters[cap->meters[k]];
        sums.requests += m->requests;
        sums.images += m->images;
        sums.tokens += m->tokens;
    }
    return sums;
}

/* One quantity: its quota, what counts, what would be added. */
static bool one_fits(uint64_t most, uint64_t used, uint64_t added)
{
    return most == 0 || used == 0 || (used < most && added <= most - used);
}

static bool fits(const struct dg_cap *cap, const struct sums *used, const struct dg_load *load)
{
    return one_fits(cap->most.requests, used->requests, 1) &&
           one_fits(cap->most.images, used->images, load->images) &&
           one_fits(cap->most.tokens, used->tokens, load->tokens);
}

static struct meter_set set_of(const struct dg_cap *cap)
{
    struct meter_set set = { { 0 } };
    for (size_t k = 0; k < cap->count; k++)
        set.words[cap->meters[k] / 64] |= UINT64_C(1) << cap->meters[k] % 64;
    return set;
}

/* When the cap has room, if nothing is sent and nothing more taken. */
static dg_msec room_at(struct dg_limiter *l, const struct dg_cap *cap, const struct dg_load *load)
{
    struct sums used = sum_up(l, cap);
    if (fits(cap, &used, load))
        return 0;
    struct meter_set set = set_of(cap);
    for (uint32_t at = l->lists[DG_SLOT_CLOSED].first; at; at = dg_slot_at(l, at)->next) {
        const struct dg_slot *s = dg_slot_at(l, at);
        if (!(set.words[s->meter / 64] >> s->meter % 64 & 1))
            continue;
        used.requests--;
        used.images -= s->images;
        used.tokens -= s->tokens;
        if (fits(cap, &used, load))
            return s->until_ms;
    }
    return NEVER;
}

/* When all caps have room, and a slot is free. */
static dg_msec free_at(struct dg_limiter *l, const struct dg_take *t)
{
    dg_msec at = 0;
    if (!dg_slots_room(l)) {
        uint32_t first = l->lists[DG_SLOT_CLOSED].first;
        at = first ? dg_slot_at(l, first)->until_ms : NEVER;
    }
    for (size_t k = 0; k < t->cap_count; k++) {
        dg_msec moment = room_at(l, &t->caps[k], &t->load);
        at = moment > at ? moment : at;
    }
    return at;
}

static bool may_go(struct dg_limiter *l, const struct dg_take *t)
{
    if (!dg_slots_room(l))
        return false;
    for (size_t k = 0; k < t->cap_count; k++) {
        struct sums used = sum_up(l, &t->caps[k]);
        if (!fits(&t->caps[k], &used, &t->load))
            return false;
    }
    return true;
}

/* Asks for each owner once: a few hundred open slots are of a few processes. */
static bool alive(const struct dg_owner *o, struct dg_owner known[VERDICTS], bool lives[VERDICTS])
{
    size_t k = o->pid % VERDICTS;
    if (known[k].pid != o->pid || known[k].started != o->started) {
        known[k] = *o;
        lives[k] = dg_owner_alive(o);
    }
    return lives[k];
}

static void bury(struct dg_limiter *l, dg_msec now)
{
    struct dg_owner known[VERDICTS] = { { 0 } };
    bool lives[VERDICTS] = { [0] = true }; /* pid 0 is nobody, and stays */
    uint32_t next;
    l->swept_ms = now;
    for (uint32_t at = l->lists[DG_SLOT_OPEN].first; at; at = next) {
        next = dg_slot_at(l, at)->next;
        if (!alive(&dg_slot_at(l, at)->owner, known, lives))
            dg_slots_close(l, at, now);
    }
}

void dg_limiter_bury(struct dg_limiter *l, dg_msec now)
{
    dg_slots_lock(l);
    bury(l, now);
    dg_slots_unlock(l);
}

/* 0, or how long to wait. */
static dg_msec ask(struct dg_limiter *l, const struct dg_take *t, dg_msec now)
{
    collect(l, now);
    if (may_go(l, t))
        return 0;
    if (l->lists[DG_SLOT_OPEN].count > 0 && now - l->swept_ms >= DG_LIMITER_LOOK_MS)
        bury(l, now);
    dg_msec at = free_at(l, t);
    dg_msec delay = at > now ? at - now : 1;
    bool open = at == NEVER || l->lists[DG_SLOT_OPEN].count > 0;
    return open && delay > DG_LIMITER_LOOK_MS ? DG_LIMITER_LOOK_MS : delay;
}

dg_msec dg_limiter_take(struct dg_limiter *l, const struct dg_take *t, dg_msec now, uint64_t *slot)
{
    dg_slots_lock(l);
    dg_msec delay = ask(l, t, now);
    *slot = delay == 0 ? dg_slots_open(l, t) : 0;
    dg_slots_unlock(l);
    return delay;
}

dg_msec dg_limiter_delay(struct dg_limiter *l, const struct dg_take *t, dg_msec now)
{
    dg_slots_lock(l);
    dg_msec delay = ask(l, t, now);
    dg_slots_unlock(l);
    return delay;
}

void dg_limiter_sent(struct dg_limiter *l, uint64_t slot, dg_msec now)
{
    dg_slots_lock(l);
    uint32_t place = dg_slots_find(l, slot);
    if (place && dg_slot_state(dg_slot_at(l, place)) == DG_SLOT_OPEN)
        dg_slots_close(l, place, now);
    dg_slots_unlock(l);
}

void dg_limiter_unsent(struct dg_limiter *l, uint64_t slot)
{
    dg_slots_lock(l);
    uint32_t place = dg_slots_find(l, slot);
    if (place && dg_slot_state(dg_slot_at(l, place)) == DG_SLOT_OPEN)
        dg_slots_free(l, place);
    dg_slots_unlock(l);
}

void dg_limiter_weigh(struct dg_limiter *l, uint64_t slot, uint64_t tokens)
{
    dg_slots_lock(l);
    uint32_t place = dg_slots_find(l, slot);
    if (place && dg_slot_state(dg_slot_at(l, place)) != DG_SLOT_FREE)
        dg_slots_weigh(l, place, tokens);
    dg_slots_unlock(l);
}

void dg_limiter_use(struct dg_limiter *l, const struct dg_cap *cap, dg_msec now,
                    struct dg_quota *used)
{
    dg_slots_lock(l);
    collect(l, now);
    struct sums sums = sum_up(l, cap);
    dg_slots_unlock(l);
    *used =
        (struct dg_quota){ .requests = (unsigned)sums.requests,
                           .images = sums.images > UINT32_MAX ? UINT32_MAX : (unsigned)sums.images,
                           .tokens = sums.tokens };
}

unsigned dg_limiter_tidy(struct dg_limiter *l, dg_msec now)
{
    dg_slots_lock(l);
    bury(l, now);
    collect(l, now);
    unsigned count = l->lists[DG_SLOT_OPEN].count + l->lists[DG_SLOT_CLOSED].count;
    if (count == 0)
        l->meters = 0;
    dg_slots_unlock(l);
    return count;
}
