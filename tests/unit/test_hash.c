/* SPDX-License-Identifier: MIT
 *
 * base/hash against the examples of FIPS 180-4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/memory.h"

static const struct {
    const char *text;
    const char *hex;
} cases[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void the_standards_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char hex[DG_HASH_HEX_BYTES];
        dg_hash_hex(cases[i].text, strlen(cases[i].text), hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void a_million_bytes(void **state)
{
    char *bytes = dg_alloc(1000000);
    char hex[DG_HASH_HEX_BYTES];

    (void)state;
    memset(bytes, 'a', 1000000);
    dg_hash_hex(bytes, 1000000, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    dg_free(bytes);
}

static void pieces_are_one_text(void **state)
{
    char hex[DG_HASH_HEX_BYTES], whole[DG_HASH_HEX_BYTES];
    struct dg_hasher *h = dg_hasher_new();

    (void)state;
    dg_hasher_add(h, "ab", 2);
    dg_hasher_hex(h, hex);
    dg_hash_hex("ab", 2, whole);
    assert_string_equal(hex, whole);
    dg_hasher_add(h, "", 0);
    dg_hasher_add(h, "c", 1);
    dg_hasher_hex(h, hex);
    dg_hash_hex("abc", 3, whole);
    assert_string_equal(hex, whole);
    dg_hasher_free(h);
}

static void hex_is_the_digest(void **state)
{
    uint8_t digest[DG_HASH_BYTES];

    (void)state;
    dg_hash("abc", 3, digest);
    assert_int_equal(digest[0], 0xba);
    assert_int_equal(digest[31], 0xad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_examples),
        cmocka_unit_test(a_million_bytes),
        cmocka_unit_test(pieces_are_one_text),
        cmocka_unit_test(hex_is_the_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
