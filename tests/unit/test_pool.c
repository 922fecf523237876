/* SPDX-License-Identifier: MIT
 *
 * core/pool: choice by weight, limit, keys and health, with the clock passed in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/secret.h"
#include "core/limiter.h"
#include "core/pool.h"

static const char *const one_key[] = { "key-one-0001" };
static const char *const three_keys[] = { "key-a-000001", "key-b-000002", "key-c-000003" };

static struct dg_endpoint endpoint(const char *base, unsigned weight, unsigned limit)
{
    return (struct dg_endpoint){
        .base = base, .keys = one_key, .key_count = 1, .weight = weight, .limit = limit
    };
}

static struct dg_pool *make(const struct dg_endpoint *endpoints, size_t count)
{
    struct dg_error err = { 0 };
    struct dg_pool *p = dg_pool_new(endpoints, count, &err);
    if (!p)
        fail_msg("%s", err.message);
    return p;
}

/* Picks and ends at once; the endpoint's index. */
static unsigned serve(struct dg_pool *p, dg_msec now)
{
    struct dg_pick pick;
    dg_msec delay;
    assert_true(dg_pool_pick(p, now, &pick, &delay));
    dg_pool_sent(p, &pick, now);
    dg_pool_report(p, &pick, DG_OK, now);
    return pick.endpoint;
}

static void shares_follow_weights(void **state)
{
    enum { PICKS = 10000, MOST = 50 };
    (void)state;
    for (size_t count = 2; count <= MOST; count++) {
        struct dg_endpoint endpoints[MOST];
        unsigned served[MOST] = { 0 };
        unsigned total = 0;
        for (size_t k = 0; k < count; k++) {
            endpoints[k] = endpoint("http://a.example/v1", (unsigned)(k * 7 % 5 + 1), 0);
            total += endpoints[k].weight;
        }
        struct dg_pool *p = make(endpoints, count);
        for (int k = 0; k < PICKS; k++)
            served[serve(p, k)]++;
        for (size_t k = 0; k < count; k++) {
            double share = (double)served[k] / PICKS;
            double due = (double)endpoints[k].weight / total;
            assert_true(share > due - 0.01 && share < due + 0.01);
        }
        dg_pool_free(p);
    }
}

static void round_robin_is_smooth(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 5, 0), endpoint("http://b/v1", 1, 0),
                                       endpoint("http://c/v1", 1, 0) };
    static const unsigned order[] = { 0, 0, 1, 0, 2, 0, 0 };
    struct dg_pool *p = make(endpoints, 3);
    (void)state;
    for (int k = 0; k < 21; k++)
        assert_int_equal(serve(p, 0), order[k % 7]);
    dg_pool_free(p);
}

static void a_full_endpoint_holds_up_nobody(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1000, 1),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    assert_int_equal(serve(p, 0), 0);
    for (int k = 0; k < 60; k++)
        assert_int_equal(serve(p, k), 1);
    assert_int_equal(serve(p, DG_POOL_WINDOW_MS), 0);
    dg_pool_free(p);
}

static void the_shortest_wait_is_told(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 1),
                                       endpoint("http://b/v1", 1, 1) };
    struct dg_pool *p = make(endpoints, 2);
    struct dg_pick pick;
    dg_msec delay;
    (void)state;
    serve(p, 100);
    serve(p, 700);
    assert_false(dg_pool_pick(p, 1000, &pick, &delay));
    assert_int_equal(delay, 100 + DG_POOL_WINDOW_MS - 1000);
    dg_pool_free(p);
}

static void a_slot_counts_from_the_upload(void **state)
{
    struct dg_endpoint limited = endpoint("http://a/v1", 1, 1);
    struct dg_pool *p = make(&limited, 1);
    struct dg_pick first, second;
    dg_msec delay;
    (void)state;
    assert_true(dg_pool_pick(p, 0, &first, &delay));
    assert_false(dg_pool_pick(p, 100000, &second, &delay));
    assert_int_equal(delay, DG_LIMITER_LOOK_MS);
    dg_pool_sent(p, &first, 5000);
    dg_pool_report(p, &first, DG_OK, 9000);
    assert_false(dg_pool_pick(p, 9000, &second, &delay));
    assert_int_equal(delay, 5000 + DG_POOL_WINDOW_MS - 9000);
    dg_pool_free(p);
}

static void a_report_closes_an_unsent_slot(void **state)
{
    struct dg_endpoint limited = endpoint("http://a/v1", 1, 1);
    struct dg_pool *p = make(&limited, 1);
    struct dg_pick pick;
    dg_msec delay;
    (void)state;
    assert_true(dg_pool_pick(p, 0, &pick, &delay));
    dg_pool_report(p, &pick, DG_RETRY, 2000);
    assert_false(dg_pool_pick(p, 2000, &pick, &delay));
    assert_int_equal(delay, DG_POOL_WINDOW_MS);
    assert_true(dg_pool_pick(p, 2000 + DG_POOL_WINDOW_MS, &pick, &delay));
    dg_pool_free(p);
}

static void keys_rotate_and_die(void **state)
{
    struct dg_endpoint e = {
        .base = "http://a/v1", .keys = three_keys, .key_count = 3, .weight = 1
    };
    struct dg_pool *p = make(&e, 1);
    struct dg_pick picks[6];
    struct dg_endpoint_stats stats;
    dg_msec delay;
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        assert_true(dg_pool_pick(p, 0, &picks[k], &delay));
        assert_string_equal(dg_pool_key(p, &picks[k]), three_keys[k % 3]);
    }
    dg_pool_report(p, &picks[1], DG_FAILOVER, 0);
    dg_pool_report(p, &picks[4], DG_FAILOVER, 0); /* the same key once more */
    dg_pool_stats(p, 0, &stats);
    assert_int_equal(stats.keys_alive, 2);
    for (unsigned k = 0; k < 4; k++) {
        struct dg_pick pick;
        assert_true(dg_pool_pick(p, 0, &pick, &delay));
        assert_int_not_equal(pick.key, 1);
    }
    dg_pool_report(p, &picks[0], DG_FAILOVER, 0);
    dg_pool_report(p, &picks[2], DG_FAILOVER, 0);
    assert_false(dg_pool_pick(p, 0, &picks[0], &delay));
    assert_int_equal(delay, -1);
    dg_pool_free(p);
}

static void weight_zero_serves_last(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 0, 0), endpoint("http://b/v1", 1, 1),
                                       endpoint("http://c/v1", 0, 0) };
    struct dg_pool *p = make(endpoints, 3);
    struct dg_pick pick, other;
    dg_msec delay;
    (void)state;
    assert_true(dg_pool_pick(p, 0, &pick, &delay));
    assert_int_equal(pick.endpoint, 1);
    assert_false(dg_pool_pick(p, 0, &other, &delay)); /* full is not out */
    assert_int_equal(delay, DG_LIMITER_LOOK_MS);
    dg_pool_report(p, &pick, DG_FAILOVER, 0);
    unsigned served[3] = { 0 };
    for (int k = 0; k < 10; k++)
        served[serve(p, 0)]++;
    assert_int_equal(served[0], 5);
    assert_int_equal(served[2], 5);
    dg_pool_free(p);
}

static void counts(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    struct dg_pick picks[4];
    struct dg_endpoint_stats stats;
    dg_msec delay;
    (void)state;
    for (int k = 0; k < 4; k++)
        assert_true(dg_pool_pick(p, 0, &picks[k], &delay));
    dg_pool_report(p, &picks[0], DG_OK, 0);
    dg_pool_report(p, &picks[1], DG_RETRY, 0);
    dg_pool_report(p, &picks[2], DG_FATAL, 0);
    dg_pool_stats(p, 0, &stats);
    assert_int_equal(stats.sent, 4);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.failed, 2);
    assert_int_equal(stats.in_flight, 1);
    assert_int_equal(stats.keys_alive, 1);
    dg_pool_free(p);
}

static void tells_what_was_configured(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("https://user:hidden-pw@Proxy.example:8443/v1//", 1,
                                                0),
                                       endpoint("http://b/v1", 2, 3) };
    endpoints[1].field = DG_FIELD_IMAGE_ARRAY;
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    assert_string_equal(dg_pool_base(p, 0), "https://user:hidden-pw@Proxy.example:8443/v1");
    assert_string_equal(dg_pool_label(p, 0), "https://Proxy.example:8443/v1");
    assert_string_equal(dg_pool_label(p, 1), "http://b/v1");
    assert_int_equal(dg_pool_field(p, 0), DG_FIELD_AUTO);
    assert_int_equal(dg_pool_field(p, 1), DG_FIELD_IMAGE_ARRAY);
    dg_pool_free(dg_pool_ref(p));
    assert_string_equal(dg_pool_label(p, 1), "http://b/v1"); /* one reference is left */
    dg_pool_free(p);
}

static void keys_and_passwords_are_secrets(void **state)
{
    struct dg_endpoint e = endpoint("https://user:hidden-pw@proxy.example/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    char text[] = "sent key-one-0001 and hidden-pw";
    (void)state;
    dg_secret_mask(text, strlen(text));
    assert_null(strstr(text, "key-one"));
    assert_null(strstr(text, "hidden"));
    dg_pool_free(p);
}

/* As written, as meant, and as libcurl sends it. */
static void every_form_of_a_password_is_a_secret(void **state)
{
    static const struct {
        const char *base;
        const char *secrets[3]; /* NULL = none */
    } table[] = {
        { "http://me:p%40ss%2Fword@h/v1", { "p%40ss%2Fword", "p@ss/word", "bWU6cEBzcy93b3Jk" } },
        { "http://just-a-token@h/v1", { "just-a-token", "anVzdC1hLXRva2VuOg==", NULL } },
        { "http://me:odd%4@h/v1", { "odd%4", "bWU6b2RkJTQ=", NULL } },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_endpoint e = endpoint(table[k].base, 1, 0);
        dg_pool_free(make(&e, 1));
        for (size_t i = 0; i < 3 && table[k].secrets[i]; i++) {
            char text[100];
            snprintf(text, sizeof text, "it is <%s>", table[k].secrets[i]);
            dg_secret_mask(text, strlen(text));
            if (strstr(text, table[k].secrets[i]))
                fail_msg("%s", text);
        }
    }
}

static void a_base_is_bounded(void **state)
{
    enum { LIMIT = 32 * 1024 };
    static char base[LIMIT + 2];
    struct dg_error err = { 0 };
    (void)state;
    memset(base, 'x', LIMIT + 1);
    memcpy(base, "http://h/", 9);
    struct dg_endpoint e = endpoint(base, 1, 0);
    assert_null(dg_pool_new(&e, 1, &err));
    assert_string_equal(err.message, "endpoint 1: a base URL has at most 32 KiB");
    base[LIMIT] = '\0';
    dg_pool_free(make(&e, 1));
}

static void knows_host_and_port(void **state)
{
    static const struct {
        const char *url;
        bool known;
    } urls[] = {
        { "https://api.example/files/1.png", true },
        { "https://API.EXAMPLE:443/x", true },
        { "http://api.example/x", false },
        { "https://api.example:444/x", false },
        { "https://api.example.evil/x", false },
        { "https://api.example@evil/x", false },
        { "https://evil/@api.example", false },
        { "http://[::1]:8080/a", true },
        { "http://[::1]/a", false },
        { "http://10.0.0.1:9/a?b", true },
        { "ftp://api.example/x", false },
        { "https://api.example\\@evil/", false },
        { "", false },
    };
    struct dg_endpoint endpoints[] = { endpoint("https://api.example/v1", 1, 0),
                                       endpoint("http://[::1]:8080", 1, 0),
                                       endpoint("http://u:secret-x@10.0.0.1:9/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 3);
    (void)state;
    for (size_t k = 0; k < sizeof urls / sizeof *urls; k++)
        if (dg_pool_knows(p, urls[k].url) != urls[k].known)
            fail_msg("%s", urls[k].url);
    dg_pool_free(p);
}

static void refuses(void **state)
{
    static const char *const bad_key[] = { "good-key", "bad\r\nkey" };
    static const char *const empty_key[] = { "" };
    static const struct {
        struct dg_endpoint e;
        const char *message;
    } table[] = {
        { { .base = "api.openai.com/v1", .keys = one_key, .key_count = 1 },
          "endpoint 2: \"api.openai.com/v1\" is not a base URL; it should look like "
          "https://HOST/v1" },
        { { .base = "ftp://u:swordfish@x/", .keys = one_key, .key_count = 1 },
          "endpoint 2: \"(not shown: it may hold a password)\" is not a base URL; it should look "
          "like https://HOST/v1" },
        { { .base = "https://a/v1?x=1", .keys = one_key, .key_count = 1 },
          "endpoint 2: a base URL has no query, fragment or spaces: remove them from "
          "\"https://a/v1?x=1\"" },
        { { .base = "https://a/v1", .keys = one_key, .key_count = 0 },
          "endpoint 2: an endpoint has 1 to 4096 keys, this one has 0" },
        { { .base = "https://a/v1", .keys = bad_key, .key_count = 2 },
          "endpoint 2: key 2 holds a space, a line end or another character that no key has; was "
          "it copied whole?" },
        { { .base = "https://a/v1", .keys = empty_key, .key_count = 1 },
          "endpoint 2: key 1 is empty" },
        { { .base = "https://a/v1", .keys = one_key, .key_count = 1, .limit = 1000001 },
          "endpoint 2: a limit of 1000001 requests a minute is above 1000000; use 0 for no limit" },
        { { .base = "https://a/v1", .keys = one_key, .key_count = 1, .weight = 1000001 },
          "endpoint 2: a weight of 1000001 is above 1000000" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0), table[k].e };
        struct dg_error err = { 0 };
        assert_null(dg_pool_new(endpoints, 2, &err));
        assert_int_equal(err.kind, DG_KIND_CONFIG);
        assert_string_equal(err.message, table[k].message);
    }
    struct dg_error err = { 0 };
    assert_null(dg_pool_new(&table[0].e, 0, &err));
    assert_string_equal(err.message, "a pool has 1 to 256 endpoints, this one has 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_follow_weights),
        cmocka_unit_test(round_robin_is_smooth),
        cmocka_unit_test(a_full_endpoint_holds_up_nobody),
        cmocka_unit_test(the_shortest_wait_is_told),
        cmocka_unit_test(a_slot_counts_from_the_upload),
        cmocka_unit_test(a_report_closes_an_unsent_slot),
        cmocka_unit_test(keys_rotate_and_die),
        cmocka_unit_test(weight_zero_serves_last),
        cmocka_unit_test(counts),
        cmocka_unit_test(tells_what_was_configured),
        cmocka_unit_test(keys_and_passwords_are_secrets),
        cmocka_unit_test(every_form_of_a_password_is_a_secret),
        cmocka_unit_test(a_base_is_bounded),
        cmocka_unit_test(knows_host_and_port),
        cmocka_unit_test(refuses),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
