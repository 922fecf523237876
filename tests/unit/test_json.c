/* SPDX-License-Identifier: MIT
 *
 * base/json: texts from all of the grammar, each whole, byte by byte and in
 * every cut in two; tokens told exactly; limits; writing strings.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "json_cases.h"

/* What one reading gave: all tokens as text, and how it ended. */
struct record {
    struct dg_buffer tokens; /* [ { s"..." k"..." n"..." ... */
    bool in_text;            /* the last token was a piece of a string or name */
    size_t pieces;           /* of strings and names */
    unsigned stop_after;     /* tokens to hear before returning false; 0: all */
    unsigned heard;          /* tokens */
    bool ok;                 /* feed and end were content */
    const char *error;       /* the tokenizer's */
    uint64_t offset;         /* the tokenizer's */
};

static void record_piece(struct record *r, char mark, const char *text, size_t n)
{
    if (!r->in_text)
        dg_buffer_printf(&r->tokens, "%c\"", mark);
    r->in_text = true;
    r->pieces++;
    assert_true(n > 0);
    assert_true(dg_buffer_add(&r->tokens, text, n));
}

static void record_end(struct record *r, char mark)
{
    if (!r->in_text)
        dg_buffer_printf(&r->tokens, "%c\"", mark);
    r->in_text = false;
    dg_buffer_text(&r->tokens, "\" ");
}

static bool hear(void *self, enum dg_json_token token, const char *text, size_t n)
{
    static const char *const names[] = {
        [DG_JSON_OBJECT] = "{ ",    [DG_JSON_OBJECT_END] = "} ", [DG_JSON_ARRAY] = "[ ",
        [DG_JSON_ARRAY_END] = "] ", [DG_JSON_TRUE] = "true ",    [DG_JSON_FALSE] = "false ",
        [DG_JSON_NULL] = "null ",
    };
    struct record *r = self;

    if (token == DG_JSON_KEY || token == DG_JSON_STRING)
        record_piece(r, token == DG_JSON_KEY ? 'k' : 's', text, n);
    else if (token == DG_JSON_KEY_END || token == DG_JSON_STRING_END)
        record_end(r, token == DG_JSON_KEY_END ? 'k' : 's');
    else if (token == DG_JSON_NUMBER)
        dg_buffer_printf(&r->tokens, "n%.*s ", (int)n, text);
    else
        dg_buffer_text(&r->tokens, names[token]);
    return ++r->heard != r->stop_after;
}

static dg_json_taker *taker; /* of every reading */

/* Takes letters and digits out of the tokenizer's sight. */
static bool take_plain(void *self, const char *text, size_t n, size_t *taken)
{
    while (*taken < n && isalnum((uint8_t)text[*taken]))
        ++*taken;
    if (*taken > 0)
        record_piece(self, 's', text, *taken);
    return true;
}

/* Reads `text` in a first piece of `first` bytes, then pieces of `step`.  Each
 * is a block of its own, so that a read past its end is seen. */
static void read_pieces(struct record *r, const char *text, size_t size, size_t first, size_t step)
{
    struct dg_json j;
    size_t piece = first;

    memset(r, 0, sizeof(*r));
    dg_buffer_init(&r->tokens, 16 * 1024 * 1024);
    dg_json_init(&j, hear, r);
    j.taker = taker;
    for (size_t at = 0; at < size; at += piece, piece = step) {
        if (piece > size - at)
            piece = size - at;
        char *block = dg_alloc(piece);
        memcpy(block, text + at, piece);
        dg_json_feed(&j, block, piece);
        dg_free(block);
    }
    r->ok = dg_json_end(&j);
    r->error = j.error;
    r->offset = j.offset;
}

static void read_whole(struct record *r, const char *text)
{
    read_pieces(r, text, strlen(text), strlen(text), 1);
}

static void same(const struct record *a, const struct record *b, const char *name)
{
    if (a->ok != b->ok || a->offset != b->offset || a->tokens.size != b->tokens.size ||
        memcmp(a->tokens.data, b->tokens.data, a->tokens.size) != 0 || a->error != b->error)
        fail_msg("%s: another result when cut: %s / %s", name, a->tokens.data, b->tokens.data);
}

/* Whole, byte by byte, and in every cut in two: the result must be the same. */
static void read_all_ways(const struct json_case *c, bool accept)
{
    struct record whole, cut;

    read_pieces(&whole, c->text, c->size, c->size, c->size);
    if (whole.ok != accept)
        fail_msg("%s: %s", c->name, whole.ok ? "accepted" : whole.error);
    assert_int_equal(whole.error == NULL, whole.ok);
    for (size_t first = 0; first < c->size; first++) {
        read_pieces(&cut, c->text, c->size, first + 1, first ? c->size : 1);
        same(&whole, &cut, c->name);
        dg_buffer_done(&cut.tokens);
    }
    dg_buffer_done(&whole.tokens);
}

static void grammar_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(*accepted); i++)
        read_all_ways(&accepted[i], true);
}

static void grammar_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        read_all_ways(&refused[i], false);
}

static const struct {
    const char *text;
    const char *tokens;
} token_cases[] = {
    { "{}", "{ } " },
    { "[]", "[ ] " },
    { " [ 1 , -0.5e+10 ] ", "[ n1 n-0.5e+10 ] " },
    { "0", "n0 " },
    { "-1E5", "n-1E5 " },
    { "[true,false,null]", "[ true false null ] " },
    { "{\"a\":{\"b\":[{}]},\"c\":\"d\"}", "{ k\"a\" { k\"b\" [ { } ] } k\"c\" s\"d\" } " },
    { "\"\"", "s\"\" " },
    { "{\"\":\"\"}", "{ k\"\" s\"\" } " },
    { "{\"k\\u0065y\":1}", "{ k\"key\" n1 } " },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s\"\"\\/\b\f\n\r\t\" " },
    { "\"caf\xC3\xA9\"", "s\"caf\xC3\xA9\" " },
    { "\"\\u00e9\\u20AC\"", "s\"\xC3\xA9\xE2\x82\xAC\" " },
    { "\"\\uD83C\\uDFA8\"", "s\"\xF0\x9F\x8E\xA8\" " },
    { "\"\\uDBFF\\uDFFF\"", "s\"\xF4\x8F\xBF\xBF\" " },
    { "\"\\uD800\"", "s\"\xEF\xBF\xBD\" " },
    { "\"\\uD800x\"", "s\"\xEF\xBF\xBDx\" " },
    { "\"\\uD800\\n\"", "s\"\xEF\xBF\xBD\n\" " },
    { "\"\\uD800\\u0041\"", "s\"\xEF\xBF\xBD"
                            "A\" " },
    { "\"\\uD800\\uD800\\uDC00\"", "s\"\xEF\xBF\xBD\xF0\x90\x80\x80\" " },
    { "\"\\uDC00\\uD800\"", "s\"\xEF\xBF\xBD\xEF\xBF\xBD\" " },
    { "{\"\\uD800\":1}", "{ k\"\xEF\xBF\xBD\" n1 } " },
    { "\xEF\xBB\xBF[1]", "[ n1 ] " },
    { "\"\x7F\"", "s\"\x7F\" " },
};

static void tokens_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(token_cases) / sizeof(*token_cases); i++) {
        struct json_case c = { "tokens", token_cases[i].text, strlen(token_cases[i].text) };
        struct record r;
        read_whole(&r, c.text);
        assert_string_equal(r.tokens.data, token_cases[i].tokens);
        assert_int_equal(r.offset, c.size);
        dg_buffer_done(&r.tokens);
        read_all_ways(&c, true);
    }
}

static const struct {
    const char *text;
    uint64_t offset;
    const char *error;
} error_cases[] = {
    { "", 0, "the text ends too early" },
    { "  ", 2, "the text ends too early" },
    { "[1", 2, "the text ends too early" },
    { "-", 1, "the text ends too early" },
    { "1.", 2, "the text ends too early" },
    { "1e+", 3, "the text ends too early" },
    { "tru", 3, "the text ends too early" },
    { "\"abc", 4, "the text ends too early" },
    { "\"\\uD83C", 7, "the text ends too early" },
    { "\xEF\xBB\xBF", 3, "the text ends too early" },
    { "\xEF\xBBx", 2, "a value was expected" },
    { " \xEF\xBB\xBF[]", 1, "a value was expected" },
    { "\xEF\xBB\xBF\xEF\xBB\xBF[]", 3, "a value was expected" },
    { "<html>", 0, "a value was expected" },
    { "tRue", 1, "a value was expected" },
    { "[1,]", 3, "a value was expected" },
    { "{\"a\":1,}", 7, "a name in double quotes was expected" },
    { "{'a':1}", 1, "a name in double quotes was expected" },
    { "{\"a\" 1}", 5, "':' was expected after a name" },
    { "[1 2]", 3, "',' or ']' was expected" },
    { "[1}", 2, "',' or ']' was expected" },
    { "{\"a\":1]", 6, "',' or '}' was expected" },
    { "[01]", 2, "',' or ']' was expected" },
    { "[-x]", 2, "a digit was expected" },
    { "[1.e1]", 3, "a digit was expected" },
    { "[] x", 3, "something follows the end of the value" },
    { "1 2", 2, "something follows the end of the value" },
    { "\"a\nb\"", 2, "a control character in a string" },
    { "\"\\q\"", 2, "an unknown escape in a string" },
    { "\"\\u12G4\"", 5, "\\u without four hexadecimal digits" },
    { "\"a\xFF\"", 2, "invalid UTF-8 in a string" },
    { "\"a\xC3z\"", 3, "invalid UTF-8 in a string" },
    { "\"a\xC3\"", 3, "invalid UTF-8 in a string" },
    { "\"a\xC3\\n\"", 3, "invalid UTF-8 in a string" },
    { "\"\xED\xA0\x80\"", 2, "invalid UTF-8 in a string" },
    { "\"ab\xC3\n\"", 4, "a control character in a string" },
    { "\"a\xFF"
      "b\n\"",
      2, "invalid UTF-8 in a string" },
};

static void errors_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(error_cases) / sizeof(*error_cases); i++) {
        struct json_case c = { "error", error_cases[i].text, strlen(error_cases[i].text) };
        struct record r;
        read_whole(&r, c.text);
        assert_false(r.ok);
        assert_string_equal(r.error, error_cases[i].error);
        assert_int_equal(r.offset, error_cases[i].offset);
        dg_buffer_done(&r.tokens);
        read_all_ways(&c, false);
    }
}

static void a_taker_changes_nothing(void **state)
{
    taker = take_plain;
    grammar_accepted(state);
    grammar_refused(state);
    tokens_as_written(state);
    errors_say_what_and_where(state);
    taker = NULL;
}

/* `n` times `open`, then `n` times `close`. */
static void read_nested(struct record *r, size_t n, const char *open, const char *close)
{
    struct dg_buffer b;

    dg_buffer_init(&b, 1024 * 1024);
    for (size_t i = 0; i < n; i++)
        dg_buffer_text(&b, open);
    for (size_t i = 0; i < n; i++)
        dg_buffer_text(&b, close);
    read_whole(r, b.data);
    dg_buffer_done(&r->tokens);
    dg_buffer_done(&b);
}

static void depth_has_a_limit(void **state)
{
    struct record r;

    (void)state;
    read_nested(&r, DG_JSON_DEPTH, "[", "]");
    assert_true(r.ok);
    read_nested(&r, DG_JSON_DEPTH + 1, "[", "]");
    assert_string_equal(r.error, "nested too deep");
    assert_int_equal(r.offset, DG_JSON_DEPTH);
    read_nested(&r, 100000, "[", "");
    assert_string_equal(r.error, "nested too deep");
    read_nested(&r, 50000, "[{\"\":", "");
    assert_string_equal(r.error, "nested too deep");
}

static void numbers_have_a_limit(void **state)
{
    char text[DG_JSON_NUMBER_BYTES + 2] = "";
    struct record r;

    (void)state;
    memset(text, '7', DG_JSON_NUMBER_BYTES);
    read_whole(&r, text);
    assert_true(r.ok);
    assert_int_equal(r.tokens.size, DG_JSON_NUMBER_BYTES + 2);
    dg_buffer_done(&r.tokens);
    text[DG_JSON_NUMBER_BYTES] = '7';
    read_whole(&r, text);
    assert_string_equal(r.error, "a number is too long");
    dg_buffer_done(&r.tokens);
}

/* The handler says no at its n-th token: no further token is told. */
static void a_handler_can_stop(void **state)
{
    static const char text[] = "{\"a\":[1,\"\\ud800x\",true,null]}";
    unsigned total = 100;

    (void)state;
    for (unsigned stop = 1; stop < total; stop++) {
        struct record r = { .stop_after = stop };
        struct dg_json j;
        dg_buffer_init(&r.tokens, 1000);
        dg_json_init(&j, hear, &r);
        bool fed = dg_json_feed(&j, text, sizeof(text) - 1);
        assert_int_equal(fed, r.heard < stop);
        assert_true(r.heard <= stop);
        if (fed)
            total = stop;
        else
            assert_string_equal(j.error, "stopped");
        assert_int_equal(dg_json_feed(&j, " ", 1), fed);
        assert_int_equal(dg_json_end(&j), fed);
        dg_buffer_done(&r.tokens);
    }
    assert_int_equal(total, 13);
}

static void a_handler_can_stop_at_the_end(void **state)
{
    struct record r = { .stop_after = 1 };
    struct dg_json j;

    (void)state;
    dg_buffer_init(&r.tokens, 1000);
    dg_json_init(&j, hear, &r);
    assert_true(dg_json_feed(&j, "12", 2));
    assert_false(dg_json_end(&j));
    assert_string_equal(j.error, "stopped");
    dg_buffer_done(&r.tokens);
}

/* A long string goes through in one piece for each piece fed. */
static void long_strings_are_not_chopped(void **state)
{
    enum { SIZE = 1024 * 1024, PIECE = 128 * 1024 };
    char *text = dg_alloc(SIZE);
    struct record r;

    (void)state;
    memset(text, 'A', SIZE);
    text[0] = text[SIZE - 1] = '"';
    read_pieces(&r, text, SIZE, PIECE, PIECE);
    assert_true(r.ok);
    assert_int_equal(r.pieces, SIZE / PIECE);
    assert_int_equal(r.tokens.size, SIZE + 2);
    dg_buffer_done(&r.tokens);
    dg_free(text);
}

static const struct {
    const char *text;
    const char *quoted;
} quote_cases[] = {
    { "", "\"\"" },
    { "plain", "\"plain\"" },
    { "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
    { "\n\r\t\b\x1f\x7f", "\"\\n\\r\\t\\b\\u001f\x7f\"" },
    { "\f\v", "\"\\f\\u000b\"" },
    { "caf\xC3\xA9\xF0\x9F\x8E\xA8", "\"caf\xC3\xA9\xF0\x9F\x8E\xA8\"" },
    { "\xFF", "\"\xEF\xBF\xBD\"" },
    { "a\xC3", "\"a\xEF\xBF\xBD\"" },
    { "\xC3\"\xA9", "\"\xEF\xBF\xBD\\\"\xEF\xBF\xBD\"" },
    { "\xE2\x82x", "\"\xEF\xBF\xBD\xEF\xBF\xBDx\"" },
};

static void quoting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(quote_cases) / sizeof(*quote_cases); i++) {
        struct dg_buffer b;
        struct record r;
        dg_buffer_init(&b, 1000);
        assert_true(dg_json_quote(&b, quote_cases[i].text, strlen(quote_cases[i].text)));
        assert_string_equal(b.data, quote_cases[i].quoted);
        read_whole(&r, b.data);
        assert_true(r.ok);
        dg_buffer_done(&r.tokens);
        dg_buffer_done(&b);
    }
}

static void quoting_nul(void **state)
{
    struct dg_buffer b;

    (void)state;
    dg_buffer_init(&b, 1000);
    assert_true(dg_json_quote(&b, "a\0b", 3));
    assert_string_equal(b.data, "\"a\\u0000b\"");
    dg_buffer_done(&b);
}

static void quoting_adds_all_or_nothing(void **state)
{
    static const char text[] = "a\n\xFF"
                               "b";
    static const char quoted[] = "\"a\\n\xEF\xBF\xBD"
                                 "b\"";

    (void)state;
    for (size_t limit = 0; limit <= sizeof(quoted) + 1; limit++) {
        struct dg_buffer b;
        dg_buffer_init(&b, limit);
        dg_buffer_text(&b, "x");
        size_t before = b.size;
        bool ok = dg_json_quote(&b, text, sizeof(text) - 1);
        assert_int_equal(ok, limit >= before + sizeof(quoted) - 1);
        assert_int_equal(b.size, ok ? before + sizeof(quoted) - 1 : before);
        dg_buffer_done(&b);
    }
}

/* Pieces may be cut inside a character; what is escaped stands alone. */
static void escaping_pieces(void **state)
{
    static const char text[] = "a\"\xC3\xA9\n\x01";
    static const char escaped[] = "a\\\"\xC3\xA9\\n\\u0001";

    (void)state;
    for (size_t cut = 0; cut < sizeof(text); cut++) {
        struct dg_buffer b;
        dg_buffer_init(&b, 1000);
        assert_true(dg_json_escape(&b, text, cut));
        assert_true(dg_json_escape(&b, text + cut, sizeof(text) - 1 - cut));
        assert_string_equal(b.data, escaped);
        dg_buffer_done(&b);
    }
}

static void escaping_adds_all_or_nothing(void **state)
{
    (void)state;
    for (size_t limit = 0; limit <= 10; limit++) {
        struct dg_buffer b;
        dg_buffer_init(&b, limit);
        assert_int_equal(dg_json_escape(&b, "ab\x1f", 3), limit >= 8);
        assert_string_equal(b.data, limit >= 8 ? "ab\\u001f" : "");
        dg_buffer_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar_accepted),
        cmocka_unit_test(grammar_refused),
        cmocka_unit_test(tokens_as_written),
        cmocka_unit_test(errors_say_what_and_where),
        cmocka_unit_test(a_taker_changes_nothing),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(numbers_have_a_limit),
        cmocka_unit_test(a_handler_can_stop),
        cmocka_unit_test(a_handler_can_stop_at_the_end),
        cmocka_unit_test(long_strings_are_not_chopped),
        cmocka_unit_test(quoting),
        cmocka_unit_test(quoting_nul),
        cmocka_unit_test(quoting_adds_all_or_nothing),
        cmocka_unit_test(escaping_pieces),
        cmocka_unit_test(escaping_adds_all_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
