/* SPDX-License-Identifier: MIT
 *
 * base/error: one safe sentence, whatever goes in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/secret.h"

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < DG_KIND_COUNT; i++) {
        const char *name = dg_kind_name((enum dg_kind)i);
        assert_non_null(name);
        assert_true(name[0] != '\0');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name, dg_kind_name((enum dg_kind)k));
    }
    assert_string_equal(dg_kind_name(DG_KIND_NONE), "none");
    assert_string_equal(dg_kind_name(DG_KIND_API), "api");
    assert_string_equal(dg_kind_name(DG_KIND_COUNT), "none");
}

static void set_fills_all(void **state)
{
    struct dg_error err;

    (void)state;
    memset(&err, 'x', sizeof(err));
    assert_false(dg_error_set(&err, DG_KIND_FILE, "open", "%s: %d", "a.csv", 7));
    assert_int_equal(err.kind, DG_KIND_FILE);
    assert_string_equal(err.code, "open");
    assert_string_equal(err.message, "a.csv: 7");
    assert_false(dg_error_set(&err, DG_KIND_API, NULL, "no"));
    assert_string_equal(err.code, "");
}

static void nobody_may_listen(void **state)
{
    (void)state;
    assert_false(dg_error_set(NULL, DG_KIND_FILE, "open", "%s", "x"));
    assert_false(dg_error_at(NULL, "%s", "x"));
}

static void at_says_where(void **state)
{
    struct dg_error err;

    (void)state;
    dg_error_set(&err, DG_KIND_INPUT, "columns", "5 cells, not 4");
    assert_false(dg_error_at(&err, "%s, line %d", "in.csv", 3));
    assert_false(dg_error_at(&err, "row 2"));
    assert_string_equal(err.message, "row 2: in.csv, line 3: 5 cells, not 4");
    assert_int_equal(err.kind, DG_KIND_INPUT);
    assert_string_equal(err.code, "columns");
}

static void an_error_may_quote_itself(void **state)
{
    struct dg_error err;

    (void)state;
    dg_error_set(&err, DG_KIND_FILE, "open", "first");
    dg_error_set(&err, DG_KIND_CONFIG, err.code, "second, after %s", err.message);
    assert_string_equal(err.code, "open");
    assert_string_equal(err.message, "second, after first");
}

static void foreign_text_is_made_visible(void **state)
{
    struct dg_error err;

    (void)state;
    dg_error_set(&err, DG_KIND_API, "a\nb", "said \x1b[2J\n\xFF");
    assert_string_equal(err.code, "a\\nb");
    assert_string_equal(err.message, "said \\x1b[2J\\n\\xff");
    dg_error_at(&err, "a\tb");
    assert_string_equal(err.message, "a\\tb: said \\x1b[2J\\n\\xff");
}

static void secrets_are_masked(void **state)
{
    struct dg_error err;

    (void)state;
    dg_secret_add("sk-0123456789abcd");
    dg_error_set(&err, DG_KIND_API, "sk-0123456789abcd", "key sk-0123456789abcd");
    assert_string_equal(err.code, "*************abcd");
    assert_string_equal(err.message, "key *************abcd");
    dg_error_at(&err, "at sk-0123456789abcd");
    assert_string_equal(err.message, "at *************abcd: key *************abcd");
    dg_secret_clear();
}

/* A key that the cut divides must be masked nevertheless. */
static void the_cut_hides_no_key(void **state)
{
    struct dg_error err;
    char filler[DG_MESSAGE_BYTES + 1];

    (void)state;
    dg_secret_add("sk-0123456789abcd");
    for (size_t n = DG_MESSAGE_BYTES - 20; n < DG_MESSAGE_BYTES; n++) {
        memset(filler, '.', n);
        filler[n] = '\0';
        dg_error_set(&err, DG_KIND_API, "x", "%ssk-0123456789abcd", filler);
        assert_true(strlen(err.message) >= n);
        assert_null(strstr(err.message, "s"));
    }
    dg_secret_clear();
}

static void a_cut_falls_between_characters(void **state)
{
    static char text[5 * DG_MESSAGE_BYTES];
    struct dg_error err;

    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, '.', shift);
        for (size_t at = shift; at + 4 < sizeof(text); at += 4)
            memcpy(text + at, "\xF0\x9F\x8E\xA8", 5);
        dg_error_set(&err, DG_KIND_API, "x", "%s", text);
        size_t size = strlen(err.message);
        assert_true(size > DG_MESSAGE_BYTES - 5 && size < DG_MESSAGE_BYTES);
        assert_int_equal((size - shift) % 4, 0);
        assert_null(strchr(err.message, '\\'));
    }
}

static void an_overlong_code_is_cut(void **state)
{
    char code[3 * DG_CODE_BYTES];
    struct dg_error err;

    (void)state;
    memset(code, 'c', sizeof(code) - 1);
    code[sizeof(code) - 1] = '\0';
    dg_error_set(&err, DG_KIND_API, code, "x");
    assert_int_equal(strlen(err.code), DG_CODE_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name),
        cmocka_unit_test(set_fills_all),
        cmocka_unit_test(nobody_may_listen),
        cmocka_unit_test(at_says_where),
        cmocka_unit_test(an_error_may_quote_itself),
        cmocka_unit_test(foreign_text_is_made_visible),
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(the_cut_hides_no_key),
        cmocka_unit_test(a_cut_falls_between_characters),
        cmocka_unit_test(an_overlong_code_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
