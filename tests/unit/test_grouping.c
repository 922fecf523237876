/* SPDX-License-Identifier: MIT
 *
 * When a group of changes gets its commit: src/core/grouping.h.
 */
#include "core/grouping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_is_never_due(void **state)
{
    (void)state;
    struct dg_grouping g;
    dg_grouping_init(&g);
    assert_false(dg_grouping_due(&g, false, false, true, 1000));
    assert_false(dg_grouping_waits(&g));
}

static void with_nothing_else_to_do_it_is_due_at_once(void **state)
{
    (void)state;
    struct dg_grouping g;
    dg_grouping_init(&g);
    assert_true(dg_grouping_due(&g, true, false, true, 1000));
    assert_true(dg_grouping_due(&g, false, true, true, 1000));
    assert_false(dg_grouping_waits(&g));
}

static void with_more_to_do_it_waits_but_not_long(void **state)
{
    (void)state;
    struct dg_grouping g;
    dg_grouping_init(&g);
    for (dg_msec now = 1000; now < 1000 + DG_GROUPING_MS; now++) {
        assert_false(dg_grouping_due(&g, true, true, false, now));
        assert_true(dg_grouping_waits(&g));
    }
    assert_true(dg_grouping_due(&g, true, true, false, 1000 + DG_GROUPING_MS));
    assert_false(dg_grouping_waits(&g));
    /* The next group has a time of its own. */
    assert_false(dg_grouping_due(&g, false, true, false, 1000 + DG_GROUPING_MS));
}

static void after_a_failure_facts_alone_are_no_reason(void **state)
{
    (void)state;
    struct dg_grouping g;
    dg_grouping_init(&g);
    dg_grouping_failed(&g, 1000);
    assert_false(dg_grouping_due(&g, true, false, true, 1000 + DG_GROUPING_BAR_MS - 1));
    assert_false(dg_grouping_waits(&g));
    assert_true(dg_grouping_due(&g, true, true, true, 1001)); /* a job is told why not */
    assert_true(dg_grouping_due(&g, true, false, true, 1000 + DG_GROUPING_BAR_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_never_due),
        cmocka_unit_test(with_nothing_else_to_do_it_is_due_at_once),
        cmocka_unit_test(with_more_to_do_it_waits_but_not_long),
        cmocka_unit_test(after_a_failure_facts_alone_are_no_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
