/* SPDX-License-Identifier: MIT
 *
 * core/limiter against a plain list of all requests, judged one by one: a million
 * random events over several meters and caps, with holders of the lock that die.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limiter_sound.h"
#include "limiter_world.h"

enum { EVENTS = 1000000, ROUNDS = 20, KEYS = 6, CAPS = 3, SLOTS = 40 };
enum { DEATH_EVERY = 5000, SOUND_EVERY = 1000 };

/* One request, from its take until it counts no more. */
struct request {
    uint64_t slot;       /* the limiter's number */
    unsigned meter;      /* whose it is */
    struct dg_load load; /* what it weighs */
    dg_msec hold;        /* counts so long after it was sent */
    dg_msec until;       /* end of that, -1: open */
};

struct model {
    struct request requests[SLOTS]; /* those that count */
    size_t count;                   /* how many */
    struct dg_cap caps[CAPS];       /* of a take: its key, its group, all */
    struct dg_cap keys[KEYS];       /* each one's own */
    struct dg_cap groups[2];        /* the first and the last three keys */
    struct dg_limiter *l;           /* what is tested */
    uint64_t seed;                  /* of all that is random */
    dg_msec now;                    /* the clock */
};

static uint64_t below(struct model *m, uint64_t most)
{
    return next_number(&m->seed) % most;
}

static struct dg_quota any_quota(struct model *m)
{
    struct dg_quota most = { 0 };
    if (below(m, 4) > 0)
        most.requests = (unsigned)below(m, 20) + 1;
    if (below(m, 2) > 0)
        most.images = (unsigned)below(m, 60) + 1;
    if (below(m, 2) > 0)
        most.tokens = below(m, 5000) + 1;
    return most;
}

static bool room(uint64_t most, uint64_t used, uint64_t added)
{
    return most == 0 || used == 0 || (used < most && used + added <= most);
}

/* What counts at a moment in keys first..first+count-1. */
static struct dg_quota count_at(const struct model *m, const struct dg_cap *cap, dg_msec moment)
{
    struct dg_quota used = { 0 };
    for (size_t k = 0; k < m->count; k++) {
        const struct request *r = &m->requests[k];
        unsigned first = cap->meters[0];
        if (r->meter < first || r->meter >= first + cap->count ||
            (r->until >= 0 && r->until <= moment))
            continue;
        used.requests++;
        used.images += r->load.images;
        used.tokens += r->load.tokens;
    }
    return used;
}

static bool fits_at(const struct model *m, struct dg_load load, dg_msec moment)
{
    size_t busy = 0;
    for (size_t k = 0; k < m->count; k++)
        busy += m->requests[k].until < 0 || m->requests[k].until > moment;
    bool fits = busy < SLOTS;
    for (size_t k = 0; k < CAPS && fits; k++) {
        const struct dg_quota *most = &m->caps[k].most;
        struct dg_quota used = count_at(m, &m->caps[k], moment);
        fits = room(most->requests, used.requests, 1) &&
               room(most->images, used.images, load.images) &&
               room(most->tokens, used.tokens, load.tokens);
    }
    return fits;
}

/* The first end of a request at which there is room; a look a second while any is
 * open. */
static dg_msec delay_of(const struct model *m, struct dg_load load)
{
    dg_msec delay = INT64_MAX;
    if (fits_at(m, load, m->now))
        return 0;
    for (size_t k = 0; k < m->count; k++) {
        dg_msec until = m->requests[k].until;
        if (until < 0 && delay > DG_LIMITER_LOOK_MS)
            delay = DG_LIMITER_LOOK_MS;
        if (until > m->now && until - m->now < delay && fits_at(m, load, until))
            delay = until - m->now;
    }
    return delay;
}

static void forget(struct model *m, size_t k)
{
    m->requests[k] = m->requests[--m->count];
}

static void step_clock(struct model *m)
{
    m->now += (dg_msec)below(m, 200);
    for (size_t k = m->count; k-- > 0;)
        if (m->requests[k].until >= 0 && m->requests[k].until <= m->now)
            forget(m, k);
}

static void take(struct model *m)
{
    unsigned meter = (unsigned)below(m, KEYS);
    struct request r = { .meter = meter, .until = -1 };
    r.load = (struct dg_load){ (unsigned)below(m, 10), below(m, 4) ? below(m, 800) : 0 };
    r.hold = below(m, 8) ? 3500 : 700;
    m->caps[0] = m->keys[meter];
    m->caps[1] = m->groups[meter / (KEYS / 2)];
    struct dg_take t = { .caps = m->caps,
                         .cap_count = CAPS,
                         .meter = meter,
                         .load = r.load,
                         .window_ms = r.hold - 500,
                         .guard_ms = 500 };
    dg_msec expected = delay_of(m, r.load);
    if (below(m, 4) == 0)
        assert_int_equal(dg_limiter_delay(m->l, &t, m->now), expected);
    assert_int_equal(dg_limiter_take(m->l, &t, m->now, &r.slot), expected);
    if (expected == 0)
        m->requests[m->count++] = r;
}

static void send_one(struct model *m)
{
    struct request *r = &m->requests[below(m, m->count)];
    dg_limiter_sent(m->l, r->slot, m->now);
    if (r->until < 0)
        r->until = m->now + r->hold;
}

static void take_one_back(struct model *m)
{
    size_t k = below(m, m->count);
    dg_limiter_unsent(m->l, m->requests[k].slot);
    if (m->requests[k].until < 0)
        forget(m, k);
}

static void weigh_one(struct model *m)
{
    struct request *r = &m->requests[below(m, m->count)];
    r->load.tokens = below(m, 1500);
    dg_limiter_weigh(m->l, r->slot, r->load.tokens);
}

static void compare_use(struct model *m)
{
    const struct dg_cap *caps[] = { &m->caps[2], &m->keys[below(m, KEYS)], &m->groups[0] };
    const struct dg_cap *cap = caps[below(m, 3)];
    struct dg_quota used = used_of(m->l, cap, m->now), expected = count_at(m, cap, m->now);
    assert_int_equal(used.requests, expected.requests);
    assert_int_equal(used.images, expected.images);
    assert_int_equal(used.tokens, expected.tokens);
}

static void happen(struct model *m)
{
    uint64_t what = below(m, 100);
    if (what < 40 || m->count == 0)
        take(m);
    else if (what < 70)
        send_one(m);
    else if (what < 75)
        take_one_back(m);
    else if (what < 80)
        weigh_one(m);
    else if (what < 98)
        step_clock(m);
    else
        compare_use(m);
}

static void open_model(struct model *m)
{
    m->l = make_limiter(KEYS, SLOTS);
    m->count = 0;
    for (unsigned k = 0; k < KEYS; k++) {
        m->keys[k] = cap_of(k, 1, 0);
        m->keys[k].most = any_quota(m);
    }
    for (unsigned k = 0; k < 2; k++) {
        m->groups[k] = cap_of(k * KEYS / 2, KEYS / 2, 0);
        m->groups[k].most = any_quota(m);
    }
    m->caps[2] = cap_of(0, KEYS, 0);
    m->caps[2].most = any_quota(m);
}

static void agrees_with_the_model(void **state)
{
    static struct model m = { .seed = 20261123 };
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        open_model(&m);
        for (int event = 1; event <= EVENTS / ROUNDS; event++) {
            happen(&m);
            if (event % DEATH_EVERY == 0)
                die_with_the_lock(m.l);
            if (event % SOUND_EVERY == 0)
                assert_sound(m.l);
        }
        free_limiter(m.l, KEYS, SLOTS);
    }
}

/* Many closed slots with mixed ends, found again in their order. */
static void a_large_one_is_mended(void **state)
{
    enum { MANY = 10000 };
    struct dg_limiter *l = make_limiter(1, MANY);
    struct dg_take t = { .window_ms = 1 };
    uint64_t seed = 3, slots[MANY];
    (void)state;
    for (int k = 0; k < MANY; k++)
        assert_int_equal(dg_limiter_take(l, &t, 0, &slots[k]), 0);
    for (int k = 0; k < MANY; k += 1 + (int)(next_number(&seed) % 4))
        dg_limiter_sent(l, slots[k], (dg_msec)(next_number(&seed) % 1000 + (uint64_t)k / 10));
    for (int k = 1; k < MANY; k += 7)
        dg_limiter_unsent(l, slots[k]);
    assert_sound(l);
    die_with_the_lock(l);
    assert_sound(l);
    free_limiter(l, 1, MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_model),
        cmocka_unit_test(a_large_one_is_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
