/* SPDX-License-Identifier: MIT
 *
 * base/buffer: growth, the limit, the NUL behind the content.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"

/* What holds of every buffer at every moment. */
static void check(const struct dg_buffer *b)
{
    assert_non_null(b->data);
    assert_int_equal(b->data[b->size], '\0');
    assert_true(b->size <= b->limit);
    assert_true(b->size <= b->capacity);
    assert_true(b->capacity <= b->limit);
}

static void empty_is_a_string(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 10);
    check(&b);
    assert_string_equal(b.data, "");
    assert_int_equal(b.capacity, 0);
    assert_true(dg_buffer_add(&b, NULL, 0));
    assert_true(dg_buffer_text(&b, ""));
    assert_true(dg_buffer_printf(&b, "%s", ""));
    assert_int_equal(b.capacity, 0);
    dg_buffer_clear(&b);
    dg_buffer_done(&b);
    check(&b);
}

static void grows_by_any_step(void **state)
{
    static const size_t limits[] = { 1, 63, 64, 65, 1000, 4096 };

    (void)state;
    for (size_t l = 0; l < sizeof(limits) / sizeof(*limits); l++) {
        for (size_t step = 1; step < 70; step++) {
            struct dg_buffer b;
            char bytes[70];
            dg_buffer_init(&b, limits[l]);
            memset(bytes, 'a' + (int)(step % 26), sizeof(bytes));
            while (dg_buffer_add(&b, bytes, step))
                check(&b);
            assert_int_equal(b.size, limits[l] / step * step);
            check(&b);
            dg_buffer_done(&b);
        }
    }
}

static void full_adds_nothing(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 5);
    assert_true(dg_buffer_text(&b, "abc"));
    assert_false(dg_buffer_text(&b, "def"));
    assert_false(dg_buffer_printf(&b, "%d", 123));
    assert_false(dg_buffer_add(&b, "x", SIZE_MAX));
    assert_string_equal(b.data, "abc");
    assert_true(dg_buffer_printf(&b, "%d", 12));
    assert_string_equal(b.data, "abc12");
    check(&b);
    dg_buffer_done(&b);
}

static void a_limit_of_nothing(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 0);
    assert_false(dg_buffer_text(&b, "a"));
    assert_true(dg_buffer_text(&b, ""));
    check(&b);
    dg_buffer_done(&b);
}

static void no_limit_to_speak_of(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, SIZE_MAX - 1);
    assert_true(dg_buffer_text(&b, "abc"));
    assert_int_equal(b.capacity, 64);
    check(&b);
    dg_buffer_done(&b);
}

static void clear_and_cut_keep_the_memory(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 100);
    dg_buffer_text(&b, "abcdef");
    size_t capacity = b.capacity;
    dg_buffer_cut(&b, 10);
    assert_string_equal(b.data, "abcdef");
    dg_buffer_cut(&b, 3);
    assert_string_equal(b.data, "abc");
    dg_buffer_clear(&b);
    check(&b);
    assert_string_equal(b.data, "");
    assert_int_equal(b.capacity, capacity);
    dg_buffer_done(&b);
}

static void bytes_may_be_nul(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 100);
    assert_true(dg_buffer_add(&b, "a\0b", 3));
    assert_true(dg_buffer_text(&b, "c"));
    assert_int_equal(b.size, 4);
    assert_memory_equal(b.data, "a\0bc", 5);
    dg_buffer_done(&b);
}

static void take_hands_over(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 100);
    char *nothing = dg_buffer_take(&b);
    dg_buffer_text(&b, "abc");
    char *text = dg_buffer_take(&b);
    check(&b);
    assert_int_equal(b.size, 0);
    assert_int_equal(b.limit, 100);
    assert_string_equal(nothing, "");
    assert_string_equal(text, "abc");
    dg_free(nothing);
    dg_free(text);
    dg_buffer_done(&b);
}

static void done_can_be_used_again(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 100);
    dg_buffer_text(&b, "abc");
    dg_buffer_done(&b);
    check(&b);
    assert_true(dg_buffer_text(&b, "de"));
    assert_string_equal(b.data, "de");
    dg_buffer_done(&b);
    dg_buffer_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_is_a_string),      cmocka_unit_test(grows_by_any_step),
        cmocka_unit_test(full_adds_nothing),      cmocka_unit_test(a_limit_of_nothing),
        cmocka_unit_test(no_limit_to_speak_of),   cmocka_unit_test(clear_and_cut_keep_the_memory),
        cmocka_unit_test(bytes_may_be_nul),       cmocka_unit_test(take_hands_over),
        cmocka_unit_test(done_can_be_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
