/* SPDX-License-Identifier: MIT
 *
 * core/advice: headers of servers, sensible and hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include <cmocka.h>

#include "core/advice.h"

static const dg_msec WALL = 784111777000;         /* Sun, 06 Nov 1994 08:49:37 GMT */
static const dg_msec MONTH = 30LL * 24 * 3600000; /* the most */

struct header {
    const char *name;
    const char *value;
};

/* `self` is an array ended by a name of NULL. */
static const char *get(void *self, const char *name)
{
    for (const struct header *h = self; h->name; h++)
        if (strcasecmp(h->name, name) == 0)
            return h->value;
    return NULL;
}

static struct dg_advice read_one(const char *name, const char *value)
{
    struct header headers[] = { { name, value }, { NULL, NULL } };
    struct dg_advice a;
    dg_advice_read(&a, get, headers, WALL);
    return a;
}

static void no_headers_tell_nothing(void **state)
{
    struct header none = { NULL, NULL };
    struct dg_advice a;
    (void)state;
    dg_advice_read(&a, get, &none, WALL);
    assert_int_equal(a.retry_after_ms, -1);
    assert_int_equal(a.should_retry, -1);
    assert_int_equal(a.requests_reset_ms, -1);
    assert_int_equal(a.tokens_reset_ms, -1);
    assert_int_equal(a.images_reset_ms, -1);
}

static void retry_after(void **state)
{
    const struct {
        const char *text;
        dg_msec ms;
    } table[] = {
        { "0", 0 },
        { "20", 20000 },
        { " 20\t", 20000 },
        { "1.5", 1500 },
        { "0.0001", 1 },
        { "0.0000001", 1 },
        { "3600", 3600000 },
        { "2592001", MONTH },
        { "99999999999999999999999999999999", MONTH },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
        { "Sun, 06 Nov 1994 08:50:37 GMT", 60000 },
        { "Mon, 07 Nov 1994 08:49:37 GMT ", 86400000 },
        { "Sun, 06 Nov 1994 08:00:00 GMT", 0 }, /* over */
        { "Fri, 31 Dec 9999 23:59:59 GMT", MONTH },
        /* no sense */
        { "", -1 },
        { " ", -1 },
        { "-5", -1 },
        { "+5", -1 },
        { "5 apples", -1 },
        { "5,5", -1 },
        { ".5", -1 },
        { "1e9", -1 },
        { "0x10", -1 },
        { "inf", -1 },
        { "nan", -1 },
        { "Sun, 06 Nov 1994 08:49:37", -1 },
        { "Sun, 06 Nov 1994 08:49:37 CET", -1 },
        { "Sun, 06 Xxx 1994 08:49:37 GMT", -1 },
        { "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
        { "Sun, 32 Nov 1994 08:49:37 GMT", -1 },
        { "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
        { "Sun, 06 Nov 1994 08:60:37 GMT", -1 },
        { "Sun, 06 Nov 1994 08:49:61 GMT", -1 },
        { "Sun, 06 Nov 1969 08:49:37 GMT", -1 },
        { "Sun, 0x Nov 1994 08:49:37 GMT", -1 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
        { "Sun, 06 Nov 1994 08:49:37 GMT and more", -1 },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (read_one("Retry-After", table[k].text).retry_after_ms != table[k].ms)
            fail_msg("\"%s\": %lld", table[k].text,
                     (long long)read_one("Retry-After", table[k].text).retry_after_ms);
}

static void retry_after_ms(void **state)
{
    (void)state;
    assert_int_equal(read_one("retry-after-ms", "1500").retry_after_ms, 1500);
    assert_int_equal(read_one("retry-after-ms", "1500.2").retry_after_ms, 1501);
    assert_int_equal(read_one("retry-after-ms", "0").retry_after_ms, 0);
    assert_int_equal(read_one("retry-after-ms", "99999999999999999999").retry_after_ms, MONTH);
    assert_int_equal(read_one("retry-after-ms", "1s").retry_after_ms, -1);
    assert_int_equal(read_one("retry-after-ms", "-1").retry_after_ms, -1);
    struct header both[] = { { "retry-after-ms", "250" }, { "retry-after", "1" }, { NULL, NULL } };
    struct dg_advice a;
    dg_advice_read(&a, get, both, WALL);
    assert_int_equal(a.retry_after_ms, 250);
    both[0].value = "soon";
    dg_advice_read(&a, get, both, WALL);
    assert_int_equal(a.retry_after_ms, 1000);
}

static void should_retry(void **state)
{
    (void)state;
    assert_int_equal(read_one("x-should-retry", "true").should_retry, 1);
    assert_int_equal(read_one("X-Should-Retry", "False").should_retry, 0);
    assert_int_equal(read_one("x-should-retry", "maybe").should_retry, -1);
    assert_int_equal(read_one("x-should-retry", "").should_retry, -1);
}

static dg_msec requests_reset(const char *remaining, const char *reset)
{
    struct header headers[] = { { "x-ratelimit-remaining-requests", remaining },
                                { "x-ratelimit-reset-requests", reset },
                                { NULL, NULL } };
    struct dg_advice a;
    dg_advice_read(&a, get, headers, WALL);
    assert_int_equal(a.tokens_reset_ms, -1);
    return a.requests_reset_ms;
}

static void resets(void **state)
{
    static const struct {
        const char *text;
        dg_msec ms;
    } table[] = {
        { "1s", 1000 },
        { "6m0s", 360000 },
        { "750ms", 750 },
        { "1h2m3.5s", 3723500 },
        { "0.5ms", 1 },
        { "1d2h", 93600000 },
        { "0s", 0 },
        { "20", 20000 },
        { "0.25", 250 },
        { "784111837", 30LL * 24 * 3600000 },  /* a span yet */
        { "1600000000", 30LL * 24 * 3600000 }, /* a moment, years ahead */
        { "9999999999999d", 30LL * 24 * 3600000 },
        { "99999999999999999999999s", 30LL * 24 * 3600000 },
        { "", -1 },
        { "s", -1 },
        { "5x", -1 },
        { "1h2", -1 },
        { "-1s", -1 },
        { "1s ago", -1 },
        { "1 s", -1 },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (requests_reset("0", table[k].text) != table[k].ms)
            fail_msg("\"%s\": %lld", table[k].text, (long long)requests_reset("0", table[k].text));
}

static void a_reset_counts_where_nothing_remains(void **state)
{
    (void)state;
    assert_int_equal(requests_reset("1", "20s"), -1);
    assert_int_equal(requests_reset("0.5", "20s"), -1);
    assert_int_equal(requests_reset("none", "20s"), -1);
    assert_int_equal(requests_reset("-1", "20s"), -1);
    assert_int_equal(requests_reset(NULL, "20s"), -1);
    assert_int_equal(requests_reset("0", NULL), -1);
    assert_int_equal(requests_reset(" 0 ", " 20s "), 20000);
}

static void a_moment_is_held_against_the_wall(void **state)
{
    struct header headers[] = { { "x-ratelimit-remaining-requests", "0" },
                                { "x-ratelimit-reset-requests", "1700000060" },
                                { NULL, NULL } };
    struct dg_advice a;
    (void)state;
    dg_advice_read(&a, get, headers, 1700000000000);
    assert_int_equal(a.requests_reset_ms, 60000);
    dg_advice_read(&a, get, headers, 1700000100000);
    assert_int_equal(a.requests_reset_ms, 0);
}

static void every_allowance_has_its_own(void **state)
{
    struct header headers[] = { { "x-ratelimit-remaining-requests", "0" },
                                { "x-ratelimit-reset-requests", "1s" },
                                { "x-ratelimit-remaining-tokens", "0" },
                                { "x-ratelimit-reset-tokens", "2s" },
                                { "x-ratelimit-remaining-project-tokens", "0" },
                                { "x-ratelimit-reset-project-tokens", "9s" },
                                { "x-ratelimit-remaining-images", "0" },
                                { "x-ratelimit-reset-images", "4s" },
                                { NULL, NULL } };
    struct dg_advice a;
    (void)state;
    dg_advice_read(&a, get, headers, WALL);
    assert_int_equal(a.requests_reset_ms, 1000);
    assert_int_equal(a.tokens_reset_ms, 9000);
    assert_int_equal(a.images_reset_ms, 4000);
    headers[4].value = "5";
    dg_advice_read(&a, get, headers, WALL);
    assert_int_equal(a.tokens_reset_ms, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_headers_tell_nothing),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(retry_after_ms),
        cmocka_unit_test(should_retry),
        cmocka_unit_test(resets),
        cmocka_unit_test(a_reset_counts_where_nothing_remains),
        cmocka_unit_test(a_moment_is_held_against_the_wall),
        cmocka_unit_test(every_allowance_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
