/* SPDX-License-Identifier: MIT
 *
 * core/url: what is a URL here, its parts, and how it is shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "core/url.h"

static void splits(void **state)
{
    static const struct {
        const char *url;
        bool tls;
        const char *host;
        unsigned port;
        const char *user;
        const char *rest;
        const char *where;
    } table[] = {
        { "http://a", false, "a", 80, "", "", "a" },
        { "https://Host.Example/v1", true, "host.example", 443, "", "/v1", "host.example" },
        { "HTTPS://h:8443?q=1#f", true, "h", 8443, "", "?q=1#f", "h:8443" },
        { "http://u:p@h:1/x@y:2", false, "h", 1, "u:p", "/x@y:2", "h:1" },
        { "http://[::1]/x", false, "::1", 80, "", "/x", "[::1]" },
        { "http://[2001:DB8::1]:65535", false, "2001:db8::1", 65535, "", "",
          "[2001:db8::1]:65535" },
        { "http://b\xc3\xbc"
          "cher.example/a b",
          false,
          "b\xc3\xbc"
          "cher.example",
          80, "", "/a b",
          "b\xc3\xbc"
          "cher.example" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_url u;
        char where[DG_URL_WHERE_BYTES];
        assert_true(dg_url_split(table[k].url, &u));
        assert_int_equal(u.tls, table[k].tls);
        assert_string_equal(u.host, table[k].host);
        assert_int_equal(u.port, table[k].port);
        assert_int_equal(u.user_length, strlen(table[k].user));
        assert_memory_equal(u.user, table[k].user, u.user_length);
        assert_string_equal(u.rest, table[k].rest);
        dg_url_where(&u, where);
        assert_string_equal(where, table[k].where);
    }
}

static void refuses(void **state)
{
    static const char *const bad[] = {
        "",
        "a",
        "/a",
        "//a/b",
        "http:/a",
        "http:///a",
        "http://",
        "http://:80",
        "ftp://a",
        "file:///etc/passwd",
        "http://a:",
        "http://a:0",
        "http://a:65536",
        "http://a:8x",
        "http://a:+8",
        "http://a b/",
        "http://a\n/",
        "http://a/\x01",
        "http://a\\b",
        "http://a%2eb/",
        "http://a@b@c/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[::1%25eth0]/",
        "http://a:1:2/",
        "http://::1/",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
    };
    struct dg_url u;
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        if (dg_url_split(bad[k], &u))
            fail_msg("%s", bad[k]);
}

static void labels_and_encodes(void **state)
{
    static const struct {
        const char *url;
        const char *label;
        const char *encoded;
    } table[] = {
        { "http://a/b", "http://a/b", "http://a/b" },
        { "http://u:p@a/b", "http://a/b", "http://u:p@a/b" },
        { "http://u@a:8", "http://a:8", "http://u@a:8" },
        { "https://a/b c/\xc3\xbc?x y", "https://a/b c/\xc3\xbc?x y",
          "https://a/b%20c/%C3%BC?x%20y" },
        { "https://a/b%20c", "https://a/b%20c", "https://a/b%20c" },
        { "no url", "no url", "no url" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        char *label = dg_url_label(table[k].url);
        char *encoded = dg_url_encode(table[k].url);
        assert_string_equal(label, table[k].label);
        assert_string_equal(encoded, table[k].encoded);
        dg_free(label);
        dg_free(encoded);
    }
}

static void follows(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        bool may;
    } table[] = {
        { "http://a/", "http://b/", true },     { "http://a/", "https://b/", true },
        { "https://a/", "https://b/", true },   { "https://a/", "http://a/", false },
        { "HTTPS://a/", "http://b/", false },   { "http://a/", "ftp://b/", false },
        { "http://a/", "file:///x", false },    { "http://a/", "/relative", false },
        { "http://a/", "https://a b/", false }, { "http://a/", "", false },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (dg_url_may_follow(table[k].from, table[k].to) != table[k].may)
            fail_msg("%s -> %s", table[k].from, table[k].to);
}

static void tells_origins_apart(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        bool same;
    } table[] = {
        { "http://a/x", "http://a:80/y?z", true }, { "https://me@A:443/", "https://a", true },
        { "http://a/", "https://a/", false },      { "http://a:443/", "https://a/", false },
        { "http://a/", "http://a:81/", false },    { "http://a/", "http://a.b/", false },
        { "http://a/", "/relative", false },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (dg_url_same_origin(table[k].one, table[k].other) != table[k].same)
            fail_msg("%s %s", table[k].one, table[k].other);
}

static void decodes(void **state)
{
    static const char *const table[][2] = {
        { "plain", "plain" }, { "a%40b%2Fc", "a@b/c" }, { "%4", "%4" },
        { "100%", "100%" },   { "%zz%7a", "%zzz" },     { "%2540", "%40" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        char *decoded = dg_url_decode(table[k][0], strlen(table[k][0]));
        assert_string_equal(decoded, table[k][1]);
        dg_free(decoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits),  cmocka_unit_test(refuses),
        cmocka_unit_test(follows), cmocka_unit_test(tells_origins_apart),
        cmocka_unit_test(decodes), cmocka_unit_test(labels_and_encodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
