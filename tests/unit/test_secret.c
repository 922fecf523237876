/* SPDX-License-Identifier: MIT
 *
 * base/secret: what is masked, and how much of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"

static const struct {
    const char *secrets[4];
    const char *text;
    const char *masked;
} cases[] = {
    { { 0 }, "nothing is secret", "nothing is secret" },
    { { "sk-0123456789abcd" }, "key sk-0123456789abcd.", "key *************abcd." },
    { { "sk-0123456789abcd" }, "sk-0123456789abcX", "sk-0123456789abcX" },
    { { "elevenchars" }, "is elevenchars long", "is *********** long" },
    { { "twelve-chars" }, "twelve-chars", "********hars" },
    { { "four" }, "fourfour for four", "******** for ****" },
    { { "abc" }, "abc is too short to hide", "abc is too short to hide" },
    { { "" }, "none", "none" },
    { { "aaaa" }, "aaaaaa", "****aa" },
    { { "sk-proj-12345678", "sk-proj-12345678-longer" },
      "sk-proj-12345678-longer sk-proj-12345678",
      "*******************nger ************5678" },
    { { "long-secret-abcd", "abcd" }, "long-secret-abcd", "****************" },
    { { "sk-one-key", "sk-two-key", "sk-one-key" },
      "sk-two-key,sk-one-key",
      "**********,**********" },
    { { "sk-0123\"456\\9" },
      "sk-0123\"456\\9 {\"key\":\"sk-0123\\\"456\\\\9\"}",
      "*********56\\9 {\"key\":\"***************\"}" },
    { { "tab\t" }, "tab\t tab\\t", "**** *****" },
};

static void masks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[128];
        size_t size = strlen(cases[i].text);
        memcpy(text, cases[i].text, size + 1);
        for (size_t s = 0; s < 4 && cases[i].secrets[s]; s++)
            dg_secret_add(cases[i].secrets[s]);
        dg_secret_mask(text, size);
        assert_string_equal(text, cases[i].masked);
        dg_secret_clear();
    }
}

static void masks_around_nuls(void **state)
{
    char text[] = "a\0hide-me\0b";

    (void)state;
    dg_secret_add("hide-me");
    dg_secret_mask(text, sizeof(text) - 1);
    assert_memory_equal(text, "a\0*******\0b", sizeof(text));
    dg_secret_mask(text, 0);
    dg_secret_clear();
}

static void only_within_the_size(void **state)
{
    char text[] = "hide-me";

    (void)state;
    dg_secret_add("hide-me");
    dg_secret_mask(text, 6);
    assert_string_equal(text, "hide-me");
    dg_secret_clear();
}

static void a_copy_is_kept(void **state)
{
    char secret[] = "changing";
    char text[] = "changing";

    (void)state;
    dg_secret_add(secret);
    memset(secret, 'x', sizeof(secret) - 1);
    dg_secret_mask(text, strlen(text));
    assert_string_equal(text, "********");
    dg_secret_clear();
}

static void clear_forgets(void **state)
{
    char text[] = "forgotten";

    (void)state;
    dg_secret_add("forgotten");
    dg_secret_clear();
    dg_secret_mask(text, strlen(text));
    assert_string_equal(text, "forgotten");
    dg_secret_clear();
}

static void any_order_of_adding(void **state)
{
    (void)state;
    for (int longest_first = 0; longest_first < 2; longest_first++) {
        char text[] = "aaaabbbbcccc aaaabbbb aaaa";
        dg_secret_add(longest_first ? "aaaabbbbcccc" : "aaaa");
        dg_secret_add("aaaabbbb");
        dg_secret_add(longest_first ? "aaaa" : "aaaabbbbcccc");
        dg_secret_mask(text, strlen(text));
        assert_string_equal(text, "********cccc ******** ****");
        dg_secret_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks),
        cmocka_unit_test(masks_around_nuls),
        cmocka_unit_test(only_within_the_size),
        cmocka_unit_test(a_copy_is_kept),
        cmocka_unit_test(clear_forgets),
        cmocka_unit_test(any_order_of_adding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
