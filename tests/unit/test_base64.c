/* SPDX-License-Identifier: MIT
 *
 * base/base64: what is well formed, in every split; each way of
 * decoding groups that this machine has against the plain one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/base64_groups.h"
#include "base/memory.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* xorshift64: the same numbers in every run. */
static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static uint32_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

static void random_bytes(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)random_number();
}

static const struct {
    const char *text;
    const char *bytes; /* NULL: not well formed */
} cases[] = {
    { "", "" },
    { "Zg==", "f" },
    { "Zm8=", "fo" },
    { "Zm9v", "foo" },
    { "Zm9vYg==", "foob" },
    { "Zm9vYmE=", "fooba" },
    { "Zm9vYmFy", "foobar" },
    { "+/+/", "\xFB\xFF\xBF" },
    { "Zh==", "f" }, /* bits left over are not looked at */
    { "Zm9=", "fo" },
    { "Zm9v\nYmFy\r\n", "foobar" },
    { " Z\tm 9\nv", "foo" },
    { "Z g = =", "f" },
    { "Zm8=\n", "fo" },
    { "Z", NULL },
    { "Zm", NULL },
    { "Zm9", NULL },
    { "Zg=", NULL },
    { "Zg", NULL },
    { "Zm9vY", NULL },
    { "=", NULL },
    { "==", NULL },
    { "====", NULL },
    { "Z===", NULL },
    { "Z=", NULL },
    { "Zg===", NULL },
    { "Zm8==", NULL },
    { "Zm9v=", NULL },
    { "Zg=a", NULL },
    { "Zg=a=", NULL },
    { "Zg==Zg==", NULL },
    { "Zg==Z", NULL },
    { "Zg==Zm9v", NULL },
    { "Zm8=Zm9v", NULL },
    { "Zg=aa", NULL },
    { "Zm8=A", NULL },
    { "Zm9-", NULL },
    { "Zm9_", NULL },
    { "Zm9.", NULL },
    { "Zm9\x80", NULL },
    { "Zm9\xFF", NULL },
    { "Zm9\"", NULL },
    { "Zm9v\v", NULL },
    { "Zm9v\f", NULL },
    { "data:image/png;base64,Zm9v", NULL },
};

/* Decodes in three pieces into exactly the room promised for each. */
static bool decode(const char *text, size_t n, size_t cut1, size_t cut2, uint8_t *out, size_t *made)
{
    struct dg_base64 b = { 0 };
    size_t cuts[] = { 0, cut1, cut2, n };

    *made = 0;
    for (int i = 0; i < 3; i++) {
        size_t size = cuts[i + 1] - cuts[i];
        uint8_t *piece = dg_alloc(dg_base64_room(size));
        size_t got = dg_base64_decode(&b, text + cuts[i], size, piece);
        assert_true(got <= dg_base64_room(size));
        memcpy(out + *made, piece, got);
        *made += got;
        dg_free(piece);
    }
    return dg_base64_end(&b);
}

static void well_formed_or_not_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t n = strlen(cases[i].text);
        for (size_t a = 0; a <= n; a++) {
            for (size_t b = a; b <= n; b++) {
                uint8_t out[64];
                size_t made;
                bool ok = decode(cases[i].text, n, a, b, out, &made);
                if (ok != (cases[i].bytes != NULL))
                    fail_msg("\"%s\" cut at %zu and %zu", cases[i].text, a, b);
                if (!ok)
                    continue;
                assert_int_equal(made, strlen(cases[i].bytes));
                assert_memory_equal(out, cases[i].bytes, made);
            }
        }
    }
}

/* Every byte in every place of a group: only the alphabet passes. */
static void every_character_in_every_place(void **state)
{
    (void)state;
    for (int place = 0; place < 4; place++) {
        for (int c = 0; c < 256; c++) {
            char text[5] = "AAAA";
            uint8_t out[6];
            struct dg_base64 b = { 0 };
            text[place] = (char)c;
            dg_base64_decode(&b, text, 4, out);
            bool in_alphabet = c != 0 && strchr(alphabet, c);
            bool last_padding = c == '=' && place == 3;
            assert_int_equal(dg_base64_end(&b), in_alphabet || last_padding);
        }
    }
}

static void nothing_after_an_error(void **state)
{
    struct dg_base64 b = { 0 };
    uint8_t out[64];

    (void)state;
    assert_int_equal(dg_base64_decode(&b, "Zm9v*Zm9v", 9, out), 3);
    assert_true(b.bad);
    assert_int_equal(dg_base64_decode(&b, "Zm9vZm9v", 8, out), 0);
    assert_false(dg_base64_end(&b));
}

static void encode_then_decode(void **state)
{
    uint8_t bytes[200], back[201];
    char text[300];

    (void)state;
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        size_t made;
        random_bytes(bytes, n);
        size_t size = dg_base64_size(n);
        assert_int_equal(size, (n + 2) / 3 * 4);
        dg_base64_encode(bytes, n, text);
        size_t cut = random_number() % (size + 1);
        assert_true(decode(text, size, cut, cut + (size - cut) / 2, back, &made));
        assert_int_equal(made, n);
        assert_memory_equal(back, bytes, n);
    }
}

static void encode_known(void **state)
{
    char text[8];

    (void)state;
    dg_base64_encode((const uint8_t *)"fooba", 5, text);
    assert_memory_equal(text, "Zm9vYmE=", 8);
    dg_base64_encode((const uint8_t *)"\xFB\xFF\xBF", 3, text);
    assert_memory_equal(text, "+/+/", 4);
}

enum { LONG_CHARS = 4096 };

/* Text whose characters are of the alphabet, but for one in `spoil`. */
static void random_text(char *text, size_t n, unsigned spoil)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t r = random_number();
        text[i] = spoil && r % spoil == 0 ? (char)(r >> 16) : alphabet[(r >> 8) % 64];
    }
}

/* Decodes a copy of `text` into the room the way may use and no more: what it
 * writes past that, the guard sees or a sanitizer. */
static size_t groups(const struct dg_base64_way *way, const char *text, size_t n, uint8_t *out)
{
    enum { GUARD_BYTES = 64 };
    size_t room = n / 4 * 3;
    char *copy = dg_alloc(n);
    uint8_t *guarded = dg_alloc(room + GUARD_BYTES);
    uint8_t *exact = dg_alloc(room);

    memcpy(copy, text, n);
    memset(guarded, 0xA5, room + GUARD_BYTES);
    size_t taken = way->groups(copy, n, guarded);
    assert_int_equal(way->groups(copy, n, exact), taken);
    assert_int_equal(taken % 4, 0);
    assert_true(taken <= n);
    for (size_t i = room; i < room + GUARD_BYTES; i++)
        assert_int_equal(guarded[i], 0xA5);
    assert_memory_equal(guarded, exact, taken / 4 * 3);
    memcpy(out, exact, taken / 4 * 3);
    dg_free(exact);
    dg_free(guarded);
    dg_free(copy);
    return taken;
}

/* A way takes nothing the plain way does not, to the same bytes; it leaves less
 * than a step and its margin, or stops in the step of the first fault. */
static void compare_with_plain(const struct dg_base64_way *way, const char *text, size_t n)
{
    enum { LONGEST_STEP = 64 };
    static uint8_t fast[LONG_CHARS], plain[LONG_CHARS];
    size_t taken = groups(way, text, n, fast);
    size_t all = dg_base64_groups(text, n, plain);

    assert_true(taken <= all);
    assert_true(all - taken < LONGEST_STEP);
    assert_memory_equal(fast, plain, taken / 4 * 3);
}

static void as_plain(const struct dg_base64_way *way)
{
    char text[LONG_CHARS] = "";

    for (size_t n = 0; n <= 200; n++) {
        random_text(text, n, 0);
        compare_with_plain(way, text, n);
    }
    for (unsigned round = 0; round < 2000; round++) {
        size_t n = random_number() % (round % 2 ? 200 : LONG_CHARS);
        random_text(text, n, round % 3 ? 50 * (round % 3) * (round % 3) : 0);
        compare_with_plain(way, text, n);
    }
}

/* The plain way itself, against the textbook. */
static void plain_as_written(void **state)
{
    char text[200];
    uint8_t out[150];

    (void)state;
    for (unsigned round = 0; round < 1000; round++) {
        random_text(text, sizeof(text), round % 2 ? 50 : 0);
        size_t taken = dg_base64_groups(text, sizeof(text), out);
        for (size_t at = 0; at < taken; at += 4) {
            uint32_t bits = 0;
            for (size_t i = 0; i < 4; i++)
                bits = bits << 6 | (uint32_t)(strchr(alphabet, text[at + i]) - alphabet);
            for (size_t i = 0; i < 3; i++)
                assert_int_equal(out[at / 4 * 3 + i], (uint8_t)(bits >> (16 - 8 * i)));
        }
        if (taken < sizeof(text)) {
            bool good = true;
            for (size_t i = 0; i < 4; i++)
                good = good && text[taken + i] && strchr(alphabet, text[taken + i]);
            assert_false(good);
        }
    }
}

/* One wrong byte, any byte, in any place of two of the longest steps. */
static void sees_every_fault(const struct dg_base64_way *way)
{
    enum { CHARS = 256, BEFORE = 128 };
    char text[CHARS];
    uint8_t out[CHARS];

    memset(text, 'A', sizeof(text));
    size_t whole = groups(way, text, CHARS, out);
    for (size_t place = 0; place < BEFORE; place++) {
        for (int c = 0; c < 256; c++) {
            text[place] = (char)c;
            size_t taken = groups(way, text, CHARS, out);
            bool good = c != 0 && strchr(alphabet, c);
            if (good ? taken != whole : taken > place || place - taken >= 64)
                fail_msg("%s: byte %d in place %zu: %zu taken", way->name, c, place, taken);
        }
        text[place] = 'A';
    }
}

static void every_way(void (*test)(const struct dg_base64_way *way))
{
    for (size_t i = 0; i < dg_base64_way_count; i++)
        if (dg_base64_ways[i].there())
            test(&dg_base64_ways[i]);
}

static void every_way_as_plain(void **state)
{
    (void)state;
    every_way(as_plain);
}

static void every_way_sees_every_fault(void **state)
{
    (void)state;
    every_way(sees_every_fault);
}

/* Long folded text through the front door, cut anywhere. */
static void folded_and_cut_at_random(void **state)
{
    static uint8_t bytes[3000], back[3100];
    static char flat[LONG_CHARS], folded[2 * LONG_CHARS];

    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t n = random_number() % sizeof(bytes), size = 0, made;
        size_t width = 1 + random_number() % 100;
        random_bytes(bytes, n);
        dg_base64_encode(bytes, n, flat);
        for (size_t i = 0; i < dg_base64_size(n); i++) {
            if (i % width == width - 1)
                folded[size++] = '\n';
            folded[size++] = flat[i];
        }
        size_t cut = random_number() % (size + 1);
        size_t cut2 = cut + random_number() % (size - cut + 1);
        assert_true(decode(folded, size, cut, cut2, back, &made));
        assert_int_equal(made, n);
        assert_memory_equal(back, bytes, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_or_not_in_every_split),
        cmocka_unit_test(every_character_in_every_place),
        cmocka_unit_test(nothing_after_an_error),
        cmocka_unit_test(encode_then_decode),
        cmocka_unit_test(encode_known),
        cmocka_unit_test(plain_as_written),
        cmocka_unit_test(every_way_as_plain),
        cmocka_unit_test(every_way_sees_every_fault),
        cmocka_unit_test(folded_and_cut_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
