/* SPDX-License-Identifier: MIT
 *
 * core/pace: against a server of a given capacity, on a clock of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pace.h"

enum { LATENCY_MS = 1000, STEPS = 4000 };

/* A server that serves `capacity` at once and refuses the others.  Every step is the
 * end of one request of the width; the mean width over the last half. */
static double settle(struct dg_pace *p, unsigned capacity, dg_msec *now)
{
    double sum = 0;
    for (int k = 0; k < STEPS; k++) {
        unsigned width = dg_pace_width(p);
        *now += LATENCY_MS / width;
        dg_pace_ended(p, width > capacity, LATENCY_MS, width, *now);
        sum += k >= STEPS / 2 ? width : 0;
    }
    return sum / (STEPS / 2);
}

static void finds_the_capacity(void **state)
{
    static const unsigned capacities[] = { 3, 10, 40, 150 };
    (void)state;
    for (size_t k = 0; k < sizeof capacities / sizeof *capacities; k++) {
        struct dg_pace p;
        dg_msec now = 0;
        dg_pace_init(&p, 1, 256);
        double width = settle(&p, capacities[k], &now);
        assert_true(width <= capacities[k] + 1.0);
        assert_true(width >= 0.6 * capacities[k]);
    }
}

static void follows_when_it_changes(void **state)
{
    struct dg_pace p;
    dg_msec now = 0;
    (void)state;
    dg_pace_init(&p, 1, 256);
    settle(&p, 10, &now);
    double more = settle(&p, 30, &now);
    assert_true(more > 18.0 && more <= 31.0);
    double less = settle(&p, 5, &now);
    assert_true(less >= 3.0 && less <= 6.0);
}

static void is_bounded(void **state)
{
    struct dg_pace p;
    dg_msec now = 0;
    (void)state;
    dg_pace_init(&p, 2, 20);
    assert_int_equal(dg_pace_width(&p), 8);
    settle(&p, 1000, &now);
    assert_int_equal(dg_pace_width(&p), 20);
    for (int k = 0; k < 20; k++)
        dg_pace_ended(&p, true, -1, 20, now += 10 * LATENCY_MS);
    assert_int_equal(dg_pace_width(&p), 2);
}

/* What is not used proves nothing. */
static void an_idle_width_does_not_grow(void **state)
{
    struct dg_pace p;
    (void)state;
    dg_pace_init(&p, 1, 100);
    for (dg_msec now = 0; now < 100; now++)
        dg_pace_ended(&p, false, 10, 2, now);
    assert_int_equal(dg_pace_width(&p), 8);
}

/* All that were in flight at once are refused: that counts once. */
static void one_decrease_a_round(void **state)
{
    struct dg_pace p;
    (void)state;
    dg_pace_init(&p, 1, 8);
    dg_pace_ended(&p, false, LATENCY_MS, 8, 0);
    for (int k = 0; k < 8; k++)
        dg_pace_ended(&p, true, LATENCY_MS, 8, 10 + k);
    assert_int_equal(dg_pace_width(&p), 4);
}

static void a_clearly_later_answer_takes_some_away(void **state)
{
    struct dg_pace p;
    dg_msec now = 0;
    (void)state;
    dg_pace_init(&p, 1, 64);
    for (int k = 0; k < 2000; k++) /* between 200 and 1000 ms: no sign of anything */
        dg_pace_ended(&p, false, 200 + k * 37 % 800, 64, now += 10);
    assert_int_equal(dg_pace_width(&p), 64);
    for (int k = 0; k < 60; k++)
        dg_pace_ended(&p, false, 4000, 64, now += 100);
    assert_true(dg_pace_width(&p) < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_capacity),
        cmocka_unit_test(follows_when_it_changes),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(an_idle_width_does_not_grow),
        cmocka_unit_test(one_decrease_a_round),
        cmocka_unit_test(a_clearly_later_answer_takes_some_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
