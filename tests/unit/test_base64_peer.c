/* SPDX-License-Identifier: MIT
 *
 * base/base64 against OpenSSL's decoder: random texts, good and damaged, plain
 * and folded, cut at every place into two pieces, short ones into three.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/memory.h"
#include "peer_base64.h"

enum { BYTES = 110, TEXT_CHARS = 300, SHORT_CHARS = 40 };

/* xorshift64: the same numbers in every run. */
static uint32_t random_below(uint32_t n)
{
    static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

struct text {
    char chars[TEXT_CHARS];
    size_t n;                 /* of them */
    uint8_t peer[TEXT_CHARS]; /* what OpenSSL makes of it */
    size_t made;              /* bytes of that */
    bool good;                /* and whether it is well formed to it */
};

static void insert(struct text *t, size_t at, char c)
{
    memmove(t->chars + at + 1, t->chars + at, t->n - at);
    t->chars[at] = c;
    t->n++;
}

/* A byte is replaced, put in or left out. */
static void damage(struct text *t)
{
    static const char likely[] = "=== \n\r\t\v\f-_*.\"\\\0\x7f\x80\xff";
    char c = likely[random_below(sizeof likely)];
    size_t at = random_below((uint32_t)t->n + 1);
    uint32_t how = random_below(3);

    if (at == t->n || how == 0) {
        insert(t, at, c);
    } else if (how == 1) {
        t->chars[at] = c;
    } else {
        memmove(t->chars + at, t->chars + at + 1, t->n - at - 1);
        t->n--;
    }
}

static void make_text(struct text *t, size_t bytes, unsigned folds, unsigned faults)
{
    uint8_t raw[BYTES];

    for (size_t i = 0; i < bytes; i++)
        raw[i] = (uint8_t)random_below(256);
    t->n = (size_t)EVP_EncodeBlock((uint8_t *)t->chars, raw, (int)bytes);
    while (folds-- > 0)
        insert(t, random_below((uint32_t)t->n + 1), " \n\r\t"[random_below(4)]);
    while (faults-- > 0)
        damage(t);
    t->good = peer_decode(t->chars, t->n, t->peer, &t->made);
}

/* In three pieces, each into a block of its own. */
static void as_peer(const struct text *t, size_t cut1, size_t cut2)
{
    size_t cuts[] = { 0, cut1, cut2, t->n };
    struct dg_base64 b = { 0 };
    uint8_t all[2 * TEXT_CHARS];
    size_t made = 0;

    for (int i = 0; i < 3; i++) {
        size_t n = cuts[i + 1] - cuts[i];
        uint8_t *piece = dg_alloc(dg_base64_room(n));
        size_t got = dg_base64_decode(&b, t->chars + cuts[i], n, piece);
        memcpy(all + made, piece, got);
        made += got;
        dg_free(piece);
    }
    bool good = dg_base64_end(&b);
    if (good != t->good || (good && (made != t->made || memcmp(all, t->peer, made) != 0)))
        fail_msg("\"%.*s\" cut at %zu and %zu: %s to us", (int)t->n, t->chars, cut1, cut2,
                 good ? "good" : "bad");
}

static void in_every_split(const struct text *t)
{
    for (size_t a = 0; a <= t->n; a++) {
        as_peer(t, a, t->n);
        for (size_t b = a; t->n <= SHORT_CHARS && b < t->n; b++)
            as_peer(t, a, b);
    }
}

static void good_texts(void **state)
{
    struct text t;

    (void)state;
    for (size_t bytes = 0; bytes <= BYTES; bytes++) {
        for (unsigned folds = 0; folds < 5; folds++) {
            make_text(&t, bytes, folds * folds, 0);
            assert_true(t.good);
            assert_int_equal(t.made, bytes);
            in_every_split(&t);
        }
    }
}

static void damaged_texts(void **state)
{
    struct text t;
    size_t good = 0;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        make_text(&t, random_below(round % 2 ? BYTES : SHORT_CHARS / 2), random_below(3),
                  1 + random_below(3));
        good += t.good;
        in_every_split(&t);
    }
    assert_in_range(good, 1, 1000); /* spaces do no damage, all else does */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts),
        cmocka_unit_test(damaged_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
