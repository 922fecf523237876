/* SPDX-License-Identifier: MIT
 *
 * core/health: weights after errors, and who is put aside and probed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/health.h"

static void errors_halve(void **state)
{
    struct dg_health h = { .halvings = 0 };
    static const int64_t weights[] = { 32, 16, 8, 4, 2, 1, 1, 1 };
    (void)state;
    assert_int_equal(dg_health_weight(&h, 1, 0), DG_HEALTH_ONE);
    assert_int_equal(dg_health_weight(&h, 1000000, 0), 64000000);
    assert_int_equal(dg_health_weight(&h, 0, 0), 0);
    for (int k = 0; k < 8; k++) {
        dg_health_failed(&h, false, false, 100);
        assert_int_equal(dg_health_weight(&h, 1, 100), weights[k]);
    }
    assert_int_equal(h.state, DG_HEALTH_WELL);
}

static void successes_double(void **state)
{
    struct dg_health h = { .halvings = 0 };
    (void)state;
    for (int k = 0; k < 3; k++)
        dg_health_failed(&h, true, false, 0);
    for (unsigned left = 3; left-- > 0;) {
        dg_health_succeeded(&h, 0);
        assert_int_equal(dg_health_halvings(&h, 0), left);
    }
    dg_health_succeeded(&h, 0);
    assert_int_equal(dg_health_halvings(&h, 0), 0);
}

static void time_heals(void **state)
{
    struct dg_health h = { .halvings = 0 };
    (void)state;
    for (int k = 0; k < 3; k++)
        dg_health_failed(&h, true, false, 5000);
    assert_int_equal(dg_health_halvings(&h, 14999), 3);
    assert_int_equal(dg_health_halvings(&h, 15000), 2);
    assert_int_equal(dg_health_halvings(&h, 25000), 1);
    assert_int_equal(dg_health_halvings(&h, 35000), 0);
    assert_int_equal(dg_health_halvings(&h, INT64_MAX), 0);
    assert_int_equal(dg_health_halvings(&h, 0), 3); /* no time runs backwards */
    dg_health_failed(&h, true, false, 25000);       /* one more on what is left */
    assert_int_equal(dg_health_halvings(&h, 25000), 2);
    dg_health_succeeded(&h, 35000);
    assert_int_equal(dg_health_halvings(&h, 35000), 0);
}

static void errors_in_a_row_put_aside(void **state)
{
    struct dg_health h = { .halvings = 0 };
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < DG_HEALTH_STREAK - 1; k++)
            dg_health_failed(&h, true, false, 0);
        assert_int_equal(h.state, DG_HEALTH_WELL);
        if (round == 0)
            dg_health_succeeded(&h, 0);
        else
            dg_health_answered(&h);
    }
    for (int k = 0; k < 20; k++)
        dg_health_failed(&h, false, false, 0); /* busy is not failing */
    assert_int_equal(h.state, DG_HEALTH_WELL);
    for (int k = 0; k < DG_HEALTH_STREAK; k++)
        dg_health_failed(&h, true, false, 0);
    assert_int_equal(h.state, DG_HEALTH_FAILING);
    assert_false(dg_health_probe_due(&h, DG_HEALTH_PAUSE_MS - 1));
    assert_true(dg_health_probe_due(&h, DG_HEALTH_PAUSE_MS));
}

/* Requests that were under way when it was put aside tell nothing new. */
static void late_errors_lengthen_no_pause(void **state)
{
    struct dg_health h = { .halvings = 0 };
    (void)state;
    for (int k = 0; k < 100; k++)
        dg_health_failed(&h, true, false, k);
    assert_int_equal(h.pause_ms, DG_HEALTH_PAUSE_MS);
    assert_int_equal(h.probe_at, DG_HEALTH_STREAK - 1 + DG_HEALTH_PAUSE_MS);
    struct dg_health u = { .halvings = 0 };
    for (int k = 0; k < 100; k++)
        dg_health_unreached(&u, false, k);
    assert_int_equal(u.pause_ms, DG_HEALTH_PAUSE_MS);
    assert_int_equal(u.probe_at, DG_HEALTH_PAUSE_MS);
    for (int k = 0; k < 10; k++)
        dg_health_failed(&u, true, false, 100); /* it stays unreached */
    assert_int_equal(u.state, DG_HEALTH_UNREACHED);
}

static void pauses_double(void **state)
{
    static const dg_msec pauses[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    struct dg_health h = { .halvings = 0 };
    dg_msec now = 500;
    (void)state;
    dg_health_unreached(&h, false, now);
    assert_int_equal(h.aside_at, 500);
    for (size_t k = 0; k < sizeof pauses / sizeof *pauses; k++) {
        now = h.probe_at;
        assert_true(dg_health_probe_due(&h, now));
        dg_health_probe(&h, 3);
        assert_false(dg_health_probe_due(&h, now)); /* one at a time */
        dg_health_probe_over(&h);
        dg_health_unreached(&h, true, now);
        assert_int_equal(h.probe_at, now + pauses[k]);
    }
    assert_int_equal(h.aside_at, 500);
    dg_health_succeeded(&h, now);
    assert_int_equal(h.state, DG_HEALTH_WELL);
    dg_health_unreached(&h, false, now);
    assert_int_equal(h.pause_ms, DG_HEALTH_PAUSE_MS);
}

static void a_probe_tells_what_is_wrong(void **state)
{
    struct dg_health h = { .halvings = 0 };
    (void)state;
    dg_health_unreached(&h, false, 0);
    dg_health_failed(&h, true, true, 1000); /* somebody answers */
    assert_int_equal(h.state, DG_HEALTH_FAILING);
    assert_int_equal(h.aside_at, 1000);
    assert_int_equal(h.probe_at, 3000);
    dg_health_unreached(&h, true, 3000);
    assert_int_equal(h.state, DG_HEALTH_UNREACHED);
    assert_int_equal(h.probe_at, 7000);
    dg_health_answered(&h);
    assert_int_equal(h.state, DG_HEALTH_WELL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_halve),
        cmocka_unit_test(successes_double),
        cmocka_unit_test(time_heals),
        cmocka_unit_test(errors_in_a_row_put_aside),
        cmocka_unit_test(late_errors_lengthen_no_pause),
        cmocka_unit_test(pauses_double),
        cmocka_unit_test(a_probe_tells_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
