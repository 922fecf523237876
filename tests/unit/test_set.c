/* SPDX-License-Identifier: MIT
 *
 * core/set: every number once, whatever their pattern.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/set.h"

enum { MANY = 20000 };

static void edges_are_numbers_too(void **state)
{
    static const uint64_t numbers[] = { 0, 1, 7, 8, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN };
    struct dg_set s;
    (void)state;
    dg_set_init(&s);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(dg_set_add(&s, numbers[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_false(dg_set_add(&s, numbers[i]));
    dg_set_done(&s);
    assert_true(dg_set_add(&s, 0));
    dg_set_done(&s);
}

/* Patterns that would pile up in a table that hashes carelessly. */
static uint64_t pattern(int which, uint64_t i)
{
    switch (which) {
    case 0:
        return i;
    case 1:
        return i << 3;
    case 2:
        return i << 32;
    case 3:
        return UINT64_MAX - i;
    default:
        return i * UINT64_C(0x9e3779b97f4a7c15);
    }
}

static void each_number_is_new_once(void **state)
{
    (void)state;
    for (int which = 0; which < 5; which++) {
        struct dg_set s;
        dg_set_init(&s);
        for (uint64_t i = 0; i < MANY; i++)
            assert_true(dg_set_add(&s, pattern(which, i)));
        for (uint64_t i = 0; i < MANY; i++)
            assert_false(dg_set_add(&s, pattern(which, i)));
        assert_int_equal(s.count + s.has_zero, MANY);
        assert_true(s.capacity <= 4 * MANY);
        dg_set_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_numbers_too),
        cmocka_unit_test(each_number_is_new_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
