/* SPDX-License-Identifier: MIT
 *
 * base/text: UTF-8 against a decoder written another way, text made visible,
 * cuts, numbers.
 */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static const struct {
    const char *text;
    size_t good;     /* length of the good prefix */
    bool unfinished; /* it ends inside a character */
} utf8_cases[] = {
    { "", 0, false },
    { "plain ASCII that is longer than one word", 40, false },
    { "\xC3\xA9", 2, false },
    { "\xE2\x82\xAC", 3, false },
    { "\xF0\x9F\x8E\xA8", 4, false },
    { "\xC3", 1, true },
    { "\xE2\x82", 2, true },
    { "\xF0\x9F\x8E", 3, true },
    { "12345678\xC3\xA9", 10, false },
    { "1234567\xC3\xA9", 9, false },
    { "\x80", 0, false },
    { "a\xBF", 1, false },
    { "\xC0\x80", 0, false },
    { "\xC1\xBF", 0, false },
    { "\xC2\xC2", 1, false },
    { "\xE0\x80\x80", 1, false },
    { "\xE0\x9F\xBF", 1, false },
    { "\xE0\xA0\x80", 3, false },
    { "\xED\x9F\xBF", 3, false },
    { "\xED\xA0\x80", 1, false },
    { "\xED\xBF\xBF", 1, false },
    { "\xEE\x80\x80", 3, false },
    { "\xEF\xBF\xBF", 3, false },
    { "\xF0\x80\x80\x80", 1, false },
    { "\xF0\x8F\xBF\xBF", 1, false },
    { "\xF0\x90\x80\x80", 4, false },
    { "\xF4\x8F\xBF\xBF", 4, false },
    { "\xF4\x90\x80\x80", 1, false },
    { "\xF5\x80\x80\x80", 0, false },
    { "\xFE", 0, false },
    { "\xFF", 0, false },
    { "\xE2\x28\xA1", 1, false },
    { "ok\xE2\x82(", 4, false },
};

static void utf8_whole_and_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(utf8_cases) / sizeof(*utf8_cases); i++) {
        const char *text = utf8_cases[i].text;
        size_t size = strlen(text);
        for (size_t split = 0; split <= size; split++) {
            struct dg_utf8 u = { 0 };
            size_t good = dg_utf8_check(&u, text, split);
            if (good == split)
                good += dg_utf8_check(&u, text + split, size - split);
            assert_int_equal(good, utf8_cases[i].good);
            if (good == size)
                assert_int_equal(u.state != 0, utf8_cases[i].unfinished);
        }
    }
}

/* Every code point there is: encoded, found good and of the right length. */
static void every_character(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char bytes[DG_UTF8_BYTES];
        struct dg_utf8 u = { 0 };
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        size_t size = dg_utf8_encode(code, bytes);
        size_t good = dg_utf8_check(&u, bytes, size);
        if (size != (code < 0x80 ? 1u : code < 0x800 ? 2u : code < 0x10000 ? 3u : 4u))
            fail_msg("U+%04X: %zu bytes", code, size);
        if ((good == size && u.state == 0) == surrogate)
            fail_msg("U+%04X: %zu good of %zu", code, good, size);
    }
}

/* The definition of UTF-8, read the slow way: decode, then ask whether the
 * shortest encoding of that number is what was read. */
static bool is_character(const char *bytes, size_t size)
{
    const uint8_t *b = (const uint8_t *)bytes;
    size_t length = b[0] < 0x80 ? 1 : b[0] < 0xC0 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    char again[DG_UTF8_BYTES];
    uint32_t code;

    if (length != size || b[0] >= 0xF8)
        return false;
    code = size == 1 ? b[0] : b[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return false;
        code = code << 6 | (b[i] & 0x3F);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return false;
    return dg_utf8_encode(code, again) == size && memcmp(again, bytes, size) == 0;
}

static void every_short_sequence(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 0x1000000; n++) {
        char bytes[3] = { (char)(n >> 16), (char)(n >> 8), (char)n };
        size_t size = n < 0x100 ? 1 : n < 0x10000 ? 2 : 3;
        struct dg_utf8 u = { 0 };
        const char *text = bytes + 3 - size;
        if ((uint8_t)text[0] < 0xC0 && size > 1)
            continue; /* no more than what a shorter one says */
        bool good = dg_utf8_check(&u, text, size) == size && u.state == 0;
        bool pair = size == 3 && is_character(text, 2) && (uint8_t)text[2] < 0x80;
        if (good != (is_character(text, size) || pair))
            fail_msg("%zu bytes of %06X", size, n);
    }
}

static const struct {
    const char *text;
    const char *visible;
} visible_cases[] = {
    { "", "" },
    { "plain \\ text", "plain \\ text" },
    { "caf\xC3\xA9 \xF0\x9F\x8E\xA8", "caf\xC3\xA9 \xF0\x9F\x8E\xA8" },
    { "a\nb\rc\td", "a\\nb\\rc\\td" },
    { "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f" },
    { "\x1b]0;title\x07", "\\x1b]0;title\\x07" },
    { "\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", "\\u0080\\u009b\\u009f\xC2\xA0" },
    { "\xD8\x9C", "\\u061c" },
    { "\xE2\x80\x8D\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\x90",
      "\xE2\x80\x8D\\u200e\\u200f\xE2\x80\x90" },
    { "\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\xE2\x80\xAE\xE2\x80\xAF",
      "\xE2\x80\xA7\\u2028\\u2029\\u202a\\u202e\xE2\x80\xAF" },
    { "\xE2\x81\xA5\xE2\x81\xA6\xE2\x81\xA9\xE2\x81\xAA",
      "\xE2\x81\xA5\\u2066\\u2069\xE2\x81\xAA" },
    { "\xEF\xBB\xBFtext", "\\ufefftext" },
    { "\xFF", "\\xff" },
    { "a\x9B\x41", "a\\x9bA" },
    { "\xE2\x82", "\\xe2\\x82" },
    { "\xED\xA0\x80", "\\xed\\xa0\\x80" },
    { "\xE2\x28", "\\xe2(" },
};

static void visible_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(visible_cases) / sizeof(*visible_cases); i++) {
        struct dg_buffer once, twice;
        dg_buffer_init(&once, 1000);
        dg_buffer_init(&twice, 1000);
        dg_text_visible(&once, visible_cases[i].text, strlen(visible_cases[i].text));
        assert_string_equal(once.data, visible_cases[i].visible);
        dg_text_visible(&twice, once.data, once.size);
        assert_string_equal(twice.data, once.data);
        dg_buffer_done(&once);
        dg_buffer_done(&twice);
    }
}

static void visible_nul(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 100);
    dg_text_visible(&b, "a\0b", 3);
    assert_string_equal(b.data, "a\\x00b");
    dg_buffer_done(&b);
}

/* At every limit: the start of the whole, no character or escape cut. */
static void visible_stops_at_the_limit(void **state)
{
    static const char text[] = "ab\xC3\xA9\x1b"
                               "c\xF0\x9F\x8E\xA8\n";
    static const char whole[] = "ab\xC3\xA9\\x1bc\xF0\x9F\x8E\xA8\\n";
    static const size_t sizes[] = { 0, 1, 2, 2, 4, 4, 4, 4, 8, 9, 9, 9, 9, 13, 13, 15 };

    (void)state;
    for (size_t limit = 0; limit < sizeof(sizes) / sizeof(*sizes); limit++) {
        struct dg_buffer b;
        dg_buffer_init(&b, limit);
        dg_text_visible(&b, text, sizeof(text) - 1);
        assert_int_equal(b.size, sizes[limit]);
        assert_memory_equal(b.data, whole, b.size);
        dg_buffer_done(&b);
    }
}

static const struct {
    const char *text;
    size_t size, cut;
} cut_cases[] = {
    { "", 0, 0 },
    { "abc", 3, 3 },
    { "abc", 2, 2 },
    { "a\xC3\xA9", 3, 3 },
    { "a\xC3\xA9", 2, 1 },
    { "\xE2\x82\xAC", 3, 3 },
    { "\xE2\x82\xAC", 2, 0 },
    { "\xE2\x82\xAC", 1, 0 },
    { "\xF0\x9F\x8E\xA8", 4, 4 },
    { "\xF0\x9F\x8E\xA8", 3, 0 },
    { "\xF0\x9F\x8E\xA8", 2, 0 },
    { "\xF0\x9F\x8E\xA8", 1, 0 },
    { "\x80\x80\x80\x80\x80", 5, 5 },
};

static void cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cut_cases) / sizeof(*cut_cases); i++)
        assert_int_equal(dg_text_cut(cut_cases[i].text, cut_cases[i].size), cut_cases[i].cut);
}

static const struct {
    const char *text;
    int64_t min, max;
    bool ok;
    int64_t value;
} int_cases[] = {
    { "0", 0, 10, true, 0 },
    { "10", 0, 10, true, 10 },
    { "007", 0, 10, true, 7 },
    { "-3", -3, 3, true, -3 },
    { "-0", 0, 1, true, 0 },
    { "11", 0, 10, false, 0 },
    { "-1", 0, 10, false, 0 },
    { "", 0, 10, false, 0 },
    { "-", -10, 10, false, 0 },
    { "--1", -10, 10, false, 0 },
    { "+1", 0, 10, false, 0 },
    { " 1", 0, 10, false, 0 },
    { "1 ", 0, 10, false, 0 },
    { "- 1", -10, 10, false, 0 },
    { "1x", 0, 10, false, 0 },
    { "0x1", 0, 10, false, 0 },
    { "1.0", 0, 10, false, 0 },
    { "1e1", 0, 10, false, 0 },
    { "\xD9\xA1", 0, 10, false, 0 },
    { "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
    { "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
    { "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
    { "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
    { "99999999999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
};

static void integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(int_cases) / sizeof(*int_cases); i++) {
        int64_t value = 4711;
        bool ok = dg_text_int(int_cases[i].text, int_cases[i].min, int_cases[i].max, &value);
        if (ok != int_cases[i].ok)
            fail_msg("\"%s\"", int_cases[i].text);
        assert_int_equal(value, ok ? int_cases[i].value : 4711);
    }
}

static const struct {
    const char *text;
    bool ok;
    double value;
} number_cases[] = {
    { "0", true, 0 },       { "1.5", true, 1.5 },     { "-2.25", true, -2.25 },
    { ".5", true, 0.5 },    { "5.", true, 5 },        { "1e3", true, 1000 },
    { "1E-2", true, 0.01 }, { "2.5e+1", true, 25 },   { "1e-400", true, 0 },
    { "", false, 0 },       { "-", false, 0 },        { ".", false, 0 },
    { "-.", false, 0 },     { "e1", false, 0 },       { ".e1", false, 0 },
    { "1e", false, 0 },     { "1e+", false, 0 },      { "1.2.3", false, 0 },
    { "1,5", false, 0 },    { " 1", false, 0 },       { "1 ", false, 0 },
    { "+1", false, 0 },     { "0x10", false, 0 },     { "nan", false, 0 },
    { "inf", false, 0 },    { "infinity", false, 0 }, { "1e999", false, 0 },
    { "-1e999", false, 0 }, { "1_000", false, 0 },    { "1s", false, 0 },
};

static void numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(number_cases) / sizeof(*number_cases); i++) {
        double value = 4711;
        bool ok = dg_text_number(number_cases[i].text, -INFINITY, INFINITY, &value);
        if (ok != number_cases[i].ok)
            fail_msg("\"%s\"", number_cases[i].text);
        assert_true(fabs(value - (ok ? number_cases[i].value : 4711)) < 1e-12);
    }
}

static void numbers_in_range(void **state)
{
    double value = 0;

    (void)state;
    assert_true(dg_text_number("0.5", 0.5, 1, &value));
    assert_true(dg_text_number("1", 0.5, 1, &value));
    assert_false(dg_text_number("0.49", 0.5, 1, &value));
    assert_false(dg_text_number("1.01", 0.5, 1, &value));
}

/* A script may set a locale whose decimal point is a comma; where none such is
 * installed there is nothing to show. */
static void numbers_in_any_locale(void **state)
{
    double value = 0;

    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        skip();
    bool ok = dg_text_number("1.5", 0, 10, &value);
    setlocale(LC_ALL, "C");
    assert_true(ok && fabs(value - 1.5) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_whole_and_in_every_split),
        cmocka_unit_test(every_character),
        cmocka_unit_test(every_short_sequence),
        cmocka_unit_test(visible_text),
        cmocka_unit_test(visible_nul),
        cmocka_unit_test(visible_stops_at_the_limit),
        cmocka_unit_test(cuts),
        cmocka_unit_test(integers),
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_in_range),
        cmocka_unit_test(numbers_in_any_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
