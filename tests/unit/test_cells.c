/* SPDX-License-Identifier: MIT
 *
 * core/cells: what is packed comes out again, and damaged data ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "core/cells.h"

enum { LIMIT = 1024 * 1024, LONG_BYTES = 20000 };

static const struct {
    uint64_t number;
    const char *text;
    size_t size;
} CASES[] = {
    { 0, "", 0 },
    { 1, "a", 1 },
    { 127, "\0\xff,\"\n", 5 },
    { 128, "zwei Bytes Zahl", 15 },
    { 16383, "", 0 },
    { 16384, "x", 1 },
    { UINT32_MAX, "x", 1 },
    { INT64_MAX, "x", 1 },
    { UINT64_MAX, "the largest", 11 },
    { 0, "the same number again", 21 },
};

enum { CASE_COUNT = sizeof CASES / sizeof *CASES };

static void pack(struct dg_buffer *b)
{
    dg_buffer_init(b, LIMIT);
    for (size_t k = 0; k < CASE_COUNT; k++)
        assert_true(dg_cells_add(b, CASES[k].number, CASES[k].text, CASES[k].size));
}

static void what_goes_in_comes_out(void **state)
{
    struct dg_buffer b;
    struct dg_packed cell;
    uint64_t number;
    (void)state;
    pack(&b);
    struct dg_cells c = { b.data, b.size };
    for (size_t k = 0; k < CASE_COUNT; k++) {
        assert_true(dg_cells_next(&c, &number, &cell));
        assert_true(number == CASES[k].number);
        assert_int_equal(cell.size, CASES[k].size);
        assert_memory_equal(cell.text, CASES[k].text, cell.size);
    }
    assert_false(dg_cells_next(&c, &number, &cell));
    assert_false(dg_cells_next(&c, &number, &cell));
    dg_buffer_done(&b);
}

static void a_long_text_needs_a_long_length(void **state)
{
    struct dg_buffer b;
    struct dg_packed cell;
    uint64_t number;
    char *text = dg_alloc(LONG_BYTES);
    (void)state;
    memset(text, 'x', LONG_BYTES);
    dg_buffer_init(&b, LIMIT);
    assert_true(dg_cells_add(&b, 3, text, LONG_BYTES));
    assert_int_equal(b.size, 1 + 3 + LONG_BYTES);
    struct dg_cells c = { b.data, b.size };
    assert_true(dg_cells_next(&c, &number, &cell));
    assert_int_equal(cell.size, LONG_BYTES);
    assert_memory_equal(cell.text, text, LONG_BYTES);
    dg_buffer_done(&b);
    dg_free(text);
}

static void a_full_buffer_keeps_no_half_cell(void **state)
{
    struct dg_buffer b;
    (void)state;
    dg_buffer_init(&b, 8);
    assert_true(dg_cells_add(&b, 1, "abc", 3));
    assert_false(dg_cells_add(&b, 2, "ab", 2)); /* its head would fit, its text not */
    assert_int_equal(b.size, 5);
    assert_true(dg_cells_add(&b, 2, "a", 1));
    dg_buffer_done(&b);
}

/* Reads to the end from memory of exactly this size, so that a sanitizer sees
 * one byte too many; returns how many cells there were. */
static size_t read_all(const char *data, size_t size)
{
    char *copy = dg_alloc(size ? size : 1);
    struct dg_cells c = { copy, size };
    struct dg_packed cell;
    uint64_t number;
    size_t count = 0;
    memcpy(copy, data, size);
    while (dg_cells_next(&c, &number, &cell)) {
        assert_true(cell.text >= copy && cell.text + cell.size <= copy + size);
        assert_true(++count <= size);
    }
    dg_free(copy);
    return count;
}

static void every_truncation_ends(void **state)
{
    struct dg_buffer b;
    size_t before = 0;
    (void)state;
    pack(&b);
    for (size_t size = 0; size <= b.size; size++) {
        size_t count = read_all(b.data, size);
        assert_true(count >= before && count <= before + 1);
        before = count;
    }
    assert_int_equal(before, CASE_COUNT);
    dg_buffer_done(&b);
}

static void every_damaged_byte_ends(void **state)
{
    struct dg_buffer b;
    (void)state;
    pack(&b);
    for (size_t at = 0; at < b.size; at++) {
        char good = b.data[at];
        for (int byte = 0; byte < 256; byte++) {
            b.data[at] = (char)byte;
            read_all(b.data, b.size);
        }
        b.data[at] = good;
    }
    dg_buffer_done(&b);
}

static void lengths_that_are_none_end(void **state)
{
    static const struct {
        const char *data;
        size_t size;
    } bad[] = {
        { "\x80", 1 }, /* a number without an end */
        { "\x01", 1 }, /* no length */
        { "\x01\x05"
          "abcd",
          6 },                                                   /* longer than the rest */
        { "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 12 }, /* 2^64 - 1 */
        { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00", 14 },
    };
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_int_equal(read_all(bad[k].data, bad[k].size), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(a_long_text_needs_a_long_length),
        cmocka_unit_test(a_full_buffer_keeps_no_half_cell),
        cmocka_unit_test(every_truncation_ends),
        cmocka_unit_test(every_damaged_byte_ends),
        cmocka_unit_test(lengths_that_are_none_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
