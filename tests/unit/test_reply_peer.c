/* SPDX-License-Identifier: MIT
 *
 * core/reply against a plain JSON parser and OpenSSL: generated answers with
 * pictures in all kinds of places, escapes and white space everywhere, cut at
 * every place into two pieces, short ones into three.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "peer_reply.h"
#include "scratch.h"

enum { ANSWERS = 100, MOST_BYTES = 400, SHORT_BYTES = 60, PICTURE_BYTES = 70 };

/* xorshift64: the same numbers in every run. */
static uint32_t random_below(uint32_t n)
{
    static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

static bool one_in(uint32_t n)
{
    return random_below(n) == 0;
}

/* ---- an answer ---- */

static void write_space(struct dg_buffer *b)
{
    static const char *const spaces[] = { " ", "\n", "\r\n", "\t", "    " };

    while (one_in(5))
        dg_buffer_text(b, spaces[random_below(5)]);
}

static void write_token(struct dg_buffer *b, const char *text)
{
    write_space(b);
    dg_buffer_text(b, text);
    write_space(b);
}

/* One character of base64 or a name, perhaps escaped. */
static void write_character(struct dg_buffer *b, char c)
{
    if (one_in(40))
        dg_buffer_printf(b, one_in(2) ? "\\u%04x" : "\\u%04X", (unsigned)(uint8_t)c);
    else if (c == '/' && one_in(2))
        dg_buffer_text(b, "\\/");
    else
        dg_buffer_add(b, &c, 1);
}

static void write_picture(struct dg_buffer *b)
{
    uint8_t raw[PICTURE_BYTES];
    char text[2 * PICTURE_BYTES];
    size_t bytes = random_below(PICTURE_BYTES);
    unsigned fold = one_in(4) ? 1 + random_below(20) : UINT32_MAX;

    for (size_t i = 0; i < bytes; i++)
        raw[i] = (uint8_t)(one_in(3) ? 0xFF : random_below(256)); /* gives slashes */
    int n = EVP_EncodeBlock((uint8_t *)text, raw, (int)bytes);
    if (one_in(8))
        text[random_below((uint32_t)n + 1)] = "=*-,\\d A"[random_below(8)];
    dg_buffer_text(b, one_in(5) ? "\"data:image\\/png;base64," : "\"");
    for (int i = 0; i < n; i++) {
        if (text[i] == '\\')
            dg_buffer_text(b, "\\");
        write_character(b, text[i]);
        if ((unsigned)i % fold == fold - 1)
            dg_buffer_text(b, one_in(2) ? "\\n" : "\\r\\n");
    }
    dg_buffer_text(b, "\"");
}

static void write_scalar(struct dg_buffer *b)
{
    static const char *const scalars[] = { "null",
                                           "true",
                                           "false",
                                           "0",
                                           "-12.5e-3",
                                           "1795451669",
                                           "\"\"",
                                           "\"b64_json\"",
                                           "\"a \\\"b\\\" \\\\ \\u00e9\\ud83c\\udfa8\\n\"",
                                           "\"caf\xC3\xA9 {[,:]}\"" };

    dg_buffer_text(b, scalars[random_below(10)]);
}

static void write_value(struct dg_buffer *b, unsigned depth);

static void write_object(struct dg_buffer *b, unsigned depth)
{
    static const char *const names[] = { "data", "url", "", "b64_jso", "b64_json2", "caf\\u00e9" };
    unsigned members = random_below(4);
    unsigned picture = random_below(6); /* at most one name b64_json, at any place */

    write_token(b, "{");
    for (unsigned i = 0; i < members; i++) {
        dg_buffer_text(b, i ? "," : "");
        write_space(b);
        dg_buffer_text(b, "\"");
        if (i == picture)
            for (const char *c = "b64_json"; *c; c++)
                write_character(b, *c);
        else
            dg_buffer_printf(b, "%s%u", names[random_below(6)], i * 10);
        dg_buffer_text(b, "\"");
        write_token(b, ":");
        if (i == picture && !one_in(5))
            write_picture(b);
        else
            write_value(b, depth + 1);
    }
    write_token(b, "}");
}

static void write_array(struct dg_buffer *b, unsigned depth)
{
    unsigned items = random_below(4);

    write_token(b, "[");
    for (unsigned i = 0; i < items; i++) {
        dg_buffer_text(b, i ? "," : "");
        write_value(b, depth + 1);
    }
    write_token(b, "]");
}

static void write_value(struct dg_buffer *b, unsigned depth)
{
    uint32_t what = depth < 4 ? random_below(4) : 3;

    if (what < 2 || depth == 0)
        write_object(b, depth);
    else if (what == 2)
        write_array(b, depth);
    else
        write_scalar(b);
}

/* ---- held against the peer ---- */

static void feed_piece(struct dg_reply *r, const char *text, size_t n)
{
    char *alone = dg_alloc(n); /* so that a sanitizer sees a read behind it */

    memcpy(alone, text, n);
    dg_reply_feed(r, alone, n);
    dg_free(alone);
}

static void as_peer(struct scratch *s, const struct peer *p, const struct dg_buffer *b, size_t cut1,
                    size_t cut2)
{
    struct dg_reply_options options = { .directory = s->dir, .stem = "row" };
    struct dg_reply *r = dg_reply_new(&options);
    struct dg_error err;

    feed_piece(r, b->data, cut1);
    feed_piece(r, b->data + cut1, cut2 - cut1);
    feed_piece(r, b->data + cut2, b->size - cut2);
    bool ok = dg_reply_end(r, 200, &err);
    const char *why = peer_objects(p, r, ok, &err);
    if (why)
        fail_msg("%s cut at %zu and %zu: %s; %s", b->data, cut1, cut2, why,
                 ok ? dg_reply_rest(r, NULL) : err.message);
    assert_int_equal(ok, p->all_good);
    dg_reply_free(r);
}

static void in_every_split(struct scratch *s, const struct peer *p, const struct dg_buffer *b)
{
    for (size_t cut1 = 0; cut1 <= b->size; cut1++) {
        as_peer(s, p, b, cut1, b->size);
        for (size_t cut2 = cut1; b->size <= SHORT_BYTES && cut2 < b->size; cut2++)
            as_peer(s, p, b, cut1, cut2);
    }
}

static void generated_answers(void **state)
{
    size_t pictures = 0, bad = 0;
    struct dg_buffer b;
    struct scratch s;

    (void)state;
    scratch_make(&s);
    dg_buffer_init(&b, 1024 * 1024);
    for (int i = 0; i < ANSWERS; i++) {
        struct peer p;
        do {
            dg_buffer_clear(&b);
            write_value(&b, 0);
        } while (b.size > MOST_BYTES || (b.size < SHORT_BYTES && !one_in(10)));
        peer_read(&p, b.data, b.size);
        if (!p.tree)
            fail_msg("jansson does not read %s", b.data);
        in_every_split(&s, &p, &b);
        pictures += p.count;
        bad += !p.all_good;
        peer_done(&p);
    }
    assert_in_range(pictures, ANSWERS / 4, 10 * ANSWERS);
    assert_in_range(bad, 3, ANSWERS / 2);
    assert_int_equal(scratch_files(&s, 0), 0);
    dg_buffer_done(&b);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
