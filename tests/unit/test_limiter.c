/* SPDX-License-Identifier: MIT
 *
 * core/limiter: the window as the server sees it, in tables with the clock
 * passed in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limiter_world.h"

enum { WINDOW = 10000, GUARD = 500, SLOTS = 16 };

/* One key with a limit of `requests`. */
struct world {
    struct dg_limiter *l; /* 4 meters */
    struct dg_cap caps[2];
    struct dg_take take; /* of meter 0, by caps[0] */
};

static void open_world(struct world *w, unsigned requests)
{
    w->l = make_limiter(4, SLOTS);
    w->caps[0] = cap_of(0, 1, requests);
    w->take = (struct dg_take){ .caps = w->caps, .cap_count = 1, .window_ms = WINDOW };
}

static void close_world(struct world *w)
{
    free_limiter(w->l, 4, SLOTS);
}

/* Takes and sends at once; the delay. */
static dg_msec go(struct world *w, dg_msec now)
{
    uint64_t slot;
    dg_msec delay = dg_limiter_take(w->l, &w->take, now, &slot);
    assert_true((delay == 0) == (slot != 0));
    dg_limiter_sent(w->l, slot, now);
    return delay;
}

static uint64_t take(struct world *w, dg_msec now)
{
    uint64_t slot;
    assert_int_equal(dg_limiter_take(w->l, &w->take, now, &slot), 0);
    assert_int_not_equal(slot, 0);
    return slot;
}

static dg_msec delay(struct world *w, dg_msec now)
{
    return dg_limiter_delay(w->l, &w->take, now);
}

static void fills_and_frees(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 2);
    assert_int_equal(go(&w, 100), 0);
    assert_int_equal(go(&w, 300), 0);
    assert_int_equal(go(&w, 300), WINDOW - 200);
    assert_int_equal(delay(&w, WINDOW + 99), 1);
    assert_int_equal(delay(&w, WINDOW + 100), 0);
    assert_int_equal(go(&w, WINDOW + 100), 0);
    assert_int_equal(go(&w, WINDOW + 100), 200);
    close_world(&w);
}

static void the_guard_comes_after_the_window(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 1);
    w.take.guard_ms = GUARD;
    assert_int_equal(go(&w, 0), 0);
    assert_int_equal(delay(&w, WINDOW), GUARD);
    assert_int_equal(delay(&w, WINDOW + GUARD), 0);
    close_world(&w);
}

/* Nobody knows when it is sent, or that it never will be: one looks again. */
static void an_open_slot_does_not_run_out(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 1);
    uint64_t slot = take(&w, 0);
    assert_int_equal(delay(&w, 50 * WINDOW), DG_LIMITER_LOOK_MS);
    dg_limiter_sent(w.l, slot, 50 * WINDOW);
    assert_int_equal(delay(&w, 50 * WINDOW + 1), WINDOW - 1);
    assert_int_equal(delay(&w, 51 * WINDOW), 0);
    close_world(&w);
}

static void a_slow_upload_does_not_block_others(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 2);
    take(&w, 0);
    for (dg_msec now = 0; now < 10 * WINDOW; now += WINDOW)
        assert_int_equal(go(&w, now), 0);
    close_world(&w);
}

static void the_first_moment_stands(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 1);
    uint64_t slot = take(&w, 0);
    dg_limiter_sent(w.l, slot, 10);
    dg_limiter_sent(w.l, slot, 500);
    assert_int_equal(delay(&w, 500), WINDOW - 490);
    uint64_t later = take(&w, WINDOW + 10);
    assert_int_not_equal(slot, later);
    dg_limiter_sent(w.l, slot, WINDOW + 20); /* stale: must not close the other's */
    dg_limiter_unsent(w.l, slot);
    dg_limiter_weigh(w.l, slot, 5);
    dg_limiter_sent(w.l, 0, WINDOW + 20);
    dg_limiter_sent(w.l, later + 1, WINDOW + 20); /* no slot at all */
    assert_int_equal(delay(&w, 5 * WINDOW), DG_LIMITER_LOOK_MS);
    assert_int_equal(used_of(w.l, w.caps, 5 * WINDOW).tokens, 0);
    close_world(&w);
}

static void what_never_left_counts_nothing(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 1);
    for (int k = 0; k < 100; k++)
        dg_limiter_unsent(w.l, take(&w, k));
    uint64_t slot = take(&w, 100);
    dg_limiter_sent(w.l, slot, 100);
    dg_limiter_unsent(w.l, slot); /* it did leave */
    assert_int_equal(delay(&w, 101), WINDOW - 1);
    close_world(&w);
}

static void ends_come_in_order_whatever_the_windows(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 3);
    assert_int_equal(go(&w, 0), 0);
    w.take.window_ms = WINDOW / 4;
    assert_int_equal(go(&w, 100), 0);
    w.take.window_ms = WINDOW / 2;
    assert_int_equal(go(&w, 0), 0); /* its clock was read before the last one's */
    assert_int_equal(delay(&w, 100), WINDOW / 4);
    assert_int_equal(go(&w, WINDOW / 4 + 100), 0);
    assert_int_equal(delay(&w, WINDOW / 4 + 100), WINDOW / 4 - 100);
    close_world(&w);
}

static void all_caps_must_have_room(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 2);
    w.caps[1] = cap_of(0, 3, 3);
    w.take.cap_count = 2;
    assert_int_equal(go(&w, 0), 0);
    assert_int_equal(go(&w, 1), 0);
    assert_int_equal(delay(&w, 2), WINDOW - 2); /* the key is full */
    w.caps[0] = cap_of(1, 1, 2);
    w.take.meter = 1;
    assert_int_equal(go(&w, 2), 0);
    assert_int_equal(delay(&w, 3), WINDOW - 3); /* all keys together are */
    assert_int_equal(used_of(w.l, &w.caps[0], 3).requests, 1);
    assert_int_equal(used_of(w.l, &w.caps[1], 3).requests, 3);
    assert_int_equal(used_of(w.l, &w.caps[1], WINDOW).requests, 2);
    close_world(&w);
}

static void images_and_tokens_have_quotas(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 0);
    w.caps[0].most = (struct dg_quota){ .images = 10, .tokens = 1000 };
    w.take.load = (struct dg_load){ .images = 4 };
    uint64_t first = take(&w, 0);
    dg_limiter_sent(w.l, first, 0);
    dg_limiter_sent(w.l, take(&w, 10), 10);
    assert_int_equal(delay(&w, 20), WINDOW - 20);
    w.take.load.images = 2;
    dg_limiter_weigh(w.l, first, 999);
    assert_int_equal(delay(&w, 20), 0);
    w.take.load.tokens = 2;
    assert_int_equal(delay(&w, 20), WINDOW - 20);
    dg_limiter_weigh(w.l, first, 1500); /* more than there was */
    w.take.load.tokens = 0;
    assert_int_equal(delay(&w, 20), WINDOW - 20);
    assert_int_equal(used_of(w.l, w.caps, 20).tokens, 1500);
    assert_int_equal(used_of(w.l, w.caps, 20).images, 8);
    assert_int_equal(used_of(w.l, w.caps, WINDOW).tokens, 0);
    close_world(&w);
}

static void a_load_above_the_quota_goes_alone(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 0);
    w.caps[0].most.images = 3;
    w.take.load.images = 8;
    assert_int_equal(go(&w, 0), 0);
    assert_int_equal(go(&w, 1), WINDOW - 1);
    w.take.load.images = 1;
    assert_int_equal(go(&w, 1), WINDOW - 1);
    w.take.load.images = 8;
    assert_int_equal(go(&w, WINDOW), 0);
    close_world(&w);
}

static void without_a_slot_there_is_no_take(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, 0);
    for (int k = 0; k < SLOTS; k++)
        assert_int_equal(go(&w, k), 0);
    assert_int_equal(go(&w, SLOTS), WINDOW - SLOTS);
    assert_int_equal(go(&w, WINDOW), 0);
    close_world(&w);
}

static void more_memory_is_more_slots(void **state)
{
    struct dg_limiter *l = make_limiter(1, 4);
    struct dg_take t = { .window_ms = WINDOW };
    uint64_t slot;
    (void)state;
    dg_limiter_init(l, 1, 1);
    assert_int_equal(dg_limiter_take(l, &t, 0, &slot), 0);
    assert_int_equal(dg_limiter_take(l, &t, 0, &slot), DG_LIMITER_LOOK_MS);
    dg_limiter_grow(l, 4);
    dg_limiter_grow(l, 2);
    assert_int_equal(dg_limiter_slots(l), 4);
    for (int k = 0; k < 3; k++)
        assert_int_equal(dg_limiter_take(l, &t, 0, &slot), 0);
    assert_int_equal(dg_limiter_take(l, &t, 0, &slot), DG_LIMITER_LOOK_MS);
    free_limiter(l, 1, 4);
}

static void meters_are_known_by_their_digest(void **state)
{
    struct dg_limiter *l = make_limiter(2, 1);
    struct dg_take t = { .window_ms = WINDOW };
    uint64_t slot;
    (void)state;
    assert_int_equal(dg_limiter_meter(l, 1001), 1);
    assert_int_equal(dg_limiter_meter(l, 5), -1);
    assert_int_equal(dg_limiter_take(l, &t, 0, &slot), 0);
    assert_int_equal(dg_limiter_tidy(l, 0), 1);
    assert_int_equal(dg_limiter_meter(l, 5), -1);
    dg_limiter_sent(l, slot, 0);
    assert_int_equal(dg_limiter_tidy(l, WINDOW), 0);
    assert_int_equal(dg_limiter_meter(l, 5), 0);
    free_limiter(l, 2, 1);
}

/* A server with uploads of `UPLOAD_MOST` at most, and work always waiting: no
 * window of what may be an arrival holds more than the limit. */
enum { LIMIT = 60, MINUTE = 60000, UPLOAD_MOST = 4000, ARRIVALS = LIMIT * 30 };

struct uploads {
    uint64_t slots[LIMIT]; /* on the way, 0: none */
    dg_msec done[LIMIT];   /* when the last byte leaves */
};

static void end_uploads(struct dg_limiter *l, struct uploads *u, dg_msec now)
{
    for (int k = 0; k < LIMIT; k++) {
        if (u->slots[k] && u->done[k] <= now) {
            dg_limiter_sent(l, u->slots[k], now);
            u->slots[k] = 0;
        }
    }
}

static void start_upload(struct uploads *u, uint64_t slot, dg_msec done)
{
    int k = 0;
    while (u->slots[k])
        k++;
    u->slots[k] = slot;
    u->done[k] = done;
}

static int by_time(const void *a, const void *b)
{
    dg_msec x = *(const dg_msec *)a, y = *(const dg_msec *)b;
    return (x > y) - (x < y);
}

static void no_window_of_the_server_holds_more(void **state)
{
    struct dg_limiter *l = make_limiter(1, LIMIT);
    struct dg_cap cap = cap_of(0, 1, LIMIT);
    struct dg_take t = { .caps = &cap, .cap_count = 1, .window_ms = MINUTE, .guard_ms = GUARD };
    struct uploads u = { { 0 }, { 0 } };
    static dg_msec arrivals[ARRIVALS];
    uint64_t seed = 7, slot;
    size_t count = 0;
    dg_msec now = 0;
    (void)state;
    for (; count < ARRIVALS; now += 5) {
        end_uploads(l, &u, now);
        while (count < ARRIVALS && dg_limiter_take(l, &t, now, &slot) == 0) {
            dg_msec upload = (dg_msec)(next_number(&seed) % UPLOAD_MOST);
            start_upload(&u, slot, now + upload);
            arrivals[count++] =
                now + (dg_msec)(next_number(&seed) % (uint64_t)(upload + GUARD + 1));
        }
    }
    qsort(arrivals, count, sizeof *arrivals, by_time);
    for (size_t k = LIMIT; k < count; k++)
        assert_true(arrivals[k] - arrivals[k - LIMIT] >= MINUTE);
    /* all but the first window's worth took this long: 95 % of the limit at least */
    assert_true((double)(count - LIMIT) >= 0.95 * LIMIT * (double)now / MINUTE);
    free_limiter(l, 1, LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_and_frees),
        cmocka_unit_test(the_guard_comes_after_the_window),
        cmocka_unit_test(an_open_slot_does_not_run_out),
        cmocka_unit_test(a_slow_upload_does_not_block_others),
        cmocka_unit_test(the_first_moment_stands),
        cmocka_unit_test(what_never_left_counts_nothing),
        cmocka_unit_test(ends_come_in_order_whatever_the_windows),
        cmocka_unit_test(all_caps_must_have_room),
        cmocka_unit_test(images_and_tokens_have_quotas),
        cmocka_unit_test(a_load_above_the_quota_goes_alone),
        cmocka_unit_test(without_a_slot_there_is_no_take),
        cmocka_unit_test(more_memory_is_more_slots),
        cmocka_unit_test(meters_are_known_by_their_digest),
        cmocka_unit_test(no_window_of_the_server_holds_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
