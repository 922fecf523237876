/* SPDX-License-Identifier: MIT
 *
 * core/limiter: the window as the server sees it, against a plain model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "core/limiter.h"

enum { WINDOW = 1000 };

static struct dg_limiter *make(unsigned limit)
{
    struct dg_limiter *l = dg_alloc(dg_limiter_size(limit));
    dg_limiter_init(l, limit, WINDOW);
    return l;
}

static void no_limit_never_waits(void **state)
{
    struct dg_limiter *l = make(0);
    uint64_t slot = 7;
    (void)state;
    for (int k = 0; k < 1000; k++) {
        assert_int_equal(dg_limiter_delay(l, 5), 0);
        assert_int_equal(dg_limiter_take(l, 5, &slot), 0);
        dg_limiter_sent(l, slot, 5);
    }
    dg_free(l);
}

static void fills_and_frees(void **state)
{
    struct dg_limiter *l = make(2);
    (void)state;
    assert_int_equal(dg_limiter_take(l, 100, NULL), 0);
    assert_int_equal(dg_limiter_take(l, 300, NULL), 0);
    assert_int_equal(dg_limiter_take(l, 300, NULL), 800);
    assert_int_equal(dg_limiter_delay(l, 1099), 1);
    assert_int_equal(dg_limiter_delay(l, 1100), 0);
    assert_int_equal(dg_limiter_take(l, 1100, NULL), 0);
    assert_int_equal(dg_limiter_take(l, 1100, NULL), 200);
    dg_free(l);
}

static void an_open_slot_does_not_run_out(void **state)
{
    struct dg_limiter *l = make(1);
    uint64_t slot;
    (void)state;
    assert_int_equal(dg_limiter_take(l, 0, &slot), 0);
    assert_int_equal(dg_limiter_delay(l, 50 * WINDOW), WINDOW);
    dg_limiter_sent(l, slot, 50 * WINDOW);
    assert_int_equal(dg_limiter_delay(l, 50 * WINDOW + 1), WINDOW - 1);
    assert_int_equal(dg_limiter_delay(l, 51 * WINDOW), 0);
    dg_free(l);
}

/* A slow upload holds its own place only. */
static void a_slow_upload_does_not_block_others(void **state)
{
    struct dg_limiter *l = make(2);
    uint64_t slow, quick;
    (void)state;
    assert_int_equal(dg_limiter_take(l, 0, &slow), 0);
    assert_int_equal(dg_limiter_take(l, 0, &quick), 0);
    dg_limiter_sent(l, quick, 10);
    assert_int_equal(dg_limiter_take(l, 10 + WINDOW, &quick), 0);
    dg_limiter_sent(l, quick, 10 + WINDOW);
    assert_int_equal(dg_limiter_take(l, 10 + 2 * WINDOW, &quick), 0);
    dg_free(l);
}

static void the_first_moment_stands(void **state)
{
    struct dg_limiter *l = make(1);
    uint64_t slot, later;
    (void)state;
    assert_int_equal(dg_limiter_take(l, 0, &slot), 0);
    dg_limiter_sent(l, slot, 10);
    dg_limiter_sent(l, slot, 500);
    assert_int_equal(dg_limiter_delay(l, 500), 510);
    assert_int_equal(dg_limiter_take(l, 1010, &later), 0);
    assert_int_not_equal(slot, later);
    dg_limiter_sent(l, slot, 1020); /* stale: must not close the other's */
    assert_int_equal(dg_limiter_delay(l, 1020), WINDOW);
    dg_free(l);
}

static void time_going_back_is_no_gift(void **state)
{
    struct dg_limiter *l = make(2);
    (void)state;
    assert_int_equal(dg_limiter_take(l, 1000, NULL), 0);
    assert_int_equal(dg_limiter_take(l, 400, NULL), 0);
    assert_int_equal(dg_limiter_delay(l, 1500), 500);
    dg_free(l);
}

/* The model: all slots ever, judged one by one. */
enum { MODEL_SLOTS = 64, EVENTS = 200000 };

struct model_slot {
    uint64_t slot; /* the limiter's number */
    dg_msec sent;  /* -1 = open */
    bool used;     /* counts, or may be overwritten */
};

static unsigned busy_at(const struct model_slot *slots, dg_msec moment)
{
    unsigned busy = 0;
    for (int k = 0; k < MODEL_SLOTS; k++)
        busy += slots[k].used && (slots[k].sent < 0 || slots[k].sent + WINDOW > moment);
    return busy;
}

/* The first moment at which a slot ends and a place is free. */
static dg_msec model_delay(const struct model_slot *slots, unsigned limit, dg_msec now)
{
    dg_msec delay = WINDOW;
    if (busy_at(slots, now) < limit)
        return 0;
    for (int k = 0; k < MODEL_SLOTS; k++) {
        dg_msec end = slots[k].sent + WINDOW;
        if (slots[k].used && slots[k].sent >= 0 && end > now && end - now < delay &&
            busy_at(slots, end) < limit)
            delay = end - now;
    }
    return delay;
}

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

static struct model_slot *any(struct model_slot *slots, bool open, uint64_t *seed)
{
    size_t first = next(seed) % MODEL_SLOTS;
    for (size_t k = 0; k < MODEL_SLOTS; k++) {
        struct model_slot *m = &slots[(first + k) % MODEL_SLOTS];
        if (open ? m->used && m->sent < 0 : !m->used)
            return m;
    }
    return NULL;
}

static void expire(struct model_slot *slots, dg_msec now)
{
    for (int k = 0; k < MODEL_SLOTS; k++)
        if (slots[k].used && slots[k].sent >= 0 && slots[k].sent + WINDOW <= now)
            slots[k].used = false;
}

static void take_both(struct dg_limiter *l, struct model_slot *slots, unsigned limit, dg_msec now,
                      uint64_t *seed)
{
    dg_msec expected = model_delay(slots, limit, now);
    struct model_slot *m = any(slots, false, seed);
    uint64_t slot;
    assert_int_equal(dg_limiter_delay(l, now), expected);
    assert_int_equal(dg_limiter_take(l, now, &slot), expected);
    if (expected == 0)
        *m = (struct model_slot){ .slot = slot, .sent = -1, .used = true };
}

static void agrees_with_the_model(void **state)
{
    static const unsigned limits[] = { 1, 2, 7, 60 };
    uint64_t seed = 20261123;
    (void)state;
    for (size_t c = 0; c < sizeof limits / sizeof *limits; c++) {
        struct dg_limiter *l = make(limits[c]);
        struct model_slot slots[MODEL_SLOTS] = { 0 };
        dg_msec now = 0;
        for (int event = 0; event < EVENTS / 4; event++) {
            struct model_slot *m = any(slots, true, &seed);
            now += (dg_msec)(next(&seed) % (2 * WINDOW / limits[c] + 1));
            expire(slots, now);
            if (m && next(&seed) % 2) {
                dg_limiter_sent(l, m->slot, now);
                m->sent = now;
            } else if (next(&seed) % 8 == 0 || model_delay(slots, limits[c], now) == 0) {
                take_both(l, slots, limits[c], now, &seed);
            }
        }
        dg_free(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limit_never_waits),
        cmocka_unit_test(fills_and_frees),
        cmocka_unit_test(an_open_slot_does_not_run_out),
        cmocka_unit_test(a_slow_upload_does_not_block_others),
        cmocka_unit_test(the_first_moment_stands),
        cmocka_unit_test(time_going_back_is_no_gift),
        cmocka_unit_test(agrees_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
