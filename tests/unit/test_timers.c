/* SPDX-License-Identifier: MIT
 *
 * base/timers: order, ties, removal, against a plain array.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/timers.h"

enum { COUNT = 1000 };

static void comes_out_in_order(void **state)
{
    struct dg_timers heap;
    struct dg_timer timers[COUNT] = { 0 };
    unsigned seed = 1;
    (void)state;
    dg_timers_init(&heap);
    assert_int_equal(dg_timers_next(&heap), -1);
    assert_null(dg_timers_due(&heap, 1000000));
    for (size_t k = 0; k < COUNT; k++) {
        seed = seed * 1103515245u + 12345u;
        dg_timers_set(&heap, &timers[k], (dg_msec)(seed >> 16) % 100, k);
    }
    dg_msec when = 0;
    uint64_t order = 0;
    for (size_t k = 0; k < COUNT; k++) {
        struct dg_timer *t = dg_timers_due(&heap, 1000);
        assert_non_null(t);
        assert_int_equal(t->place, 0);
        assert_true(t->when > when || (t->when == when && t->order >= order));
        when = t->when;
        order = t->order;
    }
    assert_null(dg_timers_due(&heap, 1000));
    dg_timers_done(&heap);
}

static void comes_out_when_due(void **state)
{
    struct dg_timers heap;
    struct dg_timer early = { 0 }, late = { 0 };
    (void)state;
    dg_timers_init(&heap);
    dg_timers_set(&heap, &late, 20, 1);
    dg_timers_set(&heap, &early, 10, 2);
    assert_int_equal(dg_timers_next(&heap), 10);
    assert_null(dg_timers_due(&heap, 9));
    assert_ptr_equal(dg_timers_due(&heap, 10), &early);
    assert_null(dg_timers_due(&heap, 10));
    assert_ptr_equal(dg_timers_due(&heap, 30), &late);
    dg_timers_done(&heap);
}

static void any_can_be_removed(void **state)
{
    struct dg_timers heap;
    struct dg_timer timers[COUNT] = { 0 };
    (void)state;
    dg_timers_init(&heap);
    for (size_t k = 0; k < COUNT; k++)
        dg_timers_set(&heap, &timers[k], (dg_msec)(k * 7919 % 1000), k);
    for (size_t k = 0; k < COUNT; k += 2) {
        dg_timers_remove(&heap, &timers[k]);
        dg_timers_remove(&heap, &timers[k]); /* once more changes nothing */
    }
    dg_msec when = -1;
    for (size_t k = 0; k < COUNT / 2; k++) {
        struct dg_timer *t = dg_timers_due(&heap, 1000);
        assert_non_null(t);
        assert_int_equal((t - timers) % 2, 1);
        assert_true(t->when >= when);
        when = t->when;
    }
    assert_null(dg_timers_due(&heap, 1000));
    dg_timers_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_in_order),
        cmocka_unit_test(comes_out_when_due),
        cmocka_unit_test(any_can_be_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
