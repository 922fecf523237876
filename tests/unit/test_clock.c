/* SPDX-License-Identifier: MIT
 *
 * base/clock: the calendar stamp, and that the clocks are the right ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static const struct {
    dg_msec wall;
    const char *stamp;
} stamps[] = {
    { 0, "1970-01-01T00:00:00.000Z" },
    { 1, "1970-01-01T00:00:00.001Z" },
    { -1, "1969-12-31T23:59:59.999Z" },
    { -1000, "1969-12-31T23:59:59.000Z" },
    { 951782400000, "2000-02-29T00:00:00.000Z" },
    { 1795459200123, "2026-11-23T18:40:00.123Z" },
    { 2147483648000, "2038-01-19T03:14:08.000Z" },
    { 253402300799999, "9999-12-31T23:59:59.999Z" },
};

static void stamps_are_iso_8601(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stamps) / sizeof(*stamps); i++) {
        char stamp[DG_STAMP_BYTES];
        dg_clock_stamp(stamps[i].wall, stamp);
        assert_string_equal(stamp, stamps[i].stamp);
    }
}

static void absurd_times_stay_in_bounds(void **state)
{
    static const dg_msec absurd[] = { INT64_MAX, INT64_MIN, INT64_MAX / 2, 253402300800000 };

    (void)state;
    for (size_t i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
        char stamp[DG_STAMP_BYTES + 1];
        stamp[DG_STAMP_BYTES] = '!';
        dg_clock_stamp(absurd[i], stamp);
        assert_int_equal(stamp[DG_STAMP_BYTES], '!');
    }
}

static void now_never_goes_back(void **state)
{
    dg_msec before = dg_clock_now();

    (void)state;
    assert_true(before > 0);
    for (int i = 0; i < 1000; i++) {
        dg_msec after = dg_clock_now();
        assert_true(after >= before);
        before = after;
    }
}

static void wall_is_the_calendar(void **state)
{
    time_t before = time(NULL);
    dg_msec wall = dg_clock_wall();
    time_t after = time(NULL);

    (void)state;
    /* time() reads a coarser clock, which may be a tick behind. */
    assert_true(wall >= (dg_msec)before * 1000);
    assert_true(wall < ((dg_msec)after + 2) * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_are_iso_8601),
        cmocka_unit_test(absurd_times_stay_in_bounds),
        cmocka_unit_test(now_never_goes_back),
        cmocka_unit_test(wall_is_the_calendar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
