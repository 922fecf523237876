/* SPDX-License-Identifier: MIT
 *
 * core/pool: choice by weight, limit and keys, with the clock passed in.
 */
#include "pool_world.h"

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
            double due = (double)PICKS * endpoints[k].weight / total;
            double error = served[k] > due ? served[k] - due : due - served[k];
            assert_true(error <= due * 0.01 || error < 1); /* 1 % of its share, or of a pick */
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

static void the_shortest_wait_is_told(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 1),
                                       endpoint("http://b/v1", 1, 1) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    serve(p, 100);
    serve(p, 700);
    assert_int_equal(wait_at(p, 1000), 100 + FULL_MS - 1000);
    assert_int_equal(wait_at(p, 1001), 100 + FULL_MS - 1001); /* as it was remembered */
    serve(p, 100 + FULL_MS);
    assert_int_equal(wait_at(p, 100 + FULL_MS), 600);
    dg_pool_free(p);
}

static void keys_rotate_and_die(void **state)
{
    struct dg_endpoint e = three("http://a/v1");
    struct dg_pool *p = make(&e, 1);
    struct dg_pick picks[6];
    struct dg_key_stats key;
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        picks[k] = pick_at(p, 0);
        assert_string_equal(dg_pool_key(p, &picks[k]), three_keys[k % 3].text);
    }
    struct dg_report dead = report_of(DG_FAILOVER, DG_SCOPE_KEY, 401);
    dead.code = "invalid_api_key";
    dg_pool_report(p, &picks[1], &dead, 0);
    dead.status = 403;
    dg_pool_report(p, &picks[4], &dead, 0); /* the same key once more: the first reason stays */
    assert_int_equal(stats_at(p, 0, 0).keys_alive, 2);
    dg_pool_key_stats(p, 0, 1, 0, &key);
    assert_true(key.out);
    assert_int_equal(key.status, 401);
    assert_string_equal(key.code, "invalid_api_key");
    assert_string_equal(key.tail, "0002");
    dg_pool_key_stats(p, 0, 0, 0, &key);
    assert_false(key.out);
    for (unsigned k = 0; k < 4; k++)
        assert_int_not_equal(pick_at(p, 0).key, 1);
    end(p, &picks[0], DG_FAILOVER, DG_SCOPE_KEY, 401, 0);
    assert_true(dg_pool_alive(p));
    end(p, &picks[2], DG_FAILOVER, DG_SCOPE_NONE, 401, 0);
    assert_int_equal(wait_at(p, 0), -1);
    assert_false(dg_pool_alive(p));
    assert_int_equal(stats_at(p, 0, 0).standing, DG_OUT);
    dg_pool_free(p);
}

static void another_endpoint_takes_over(void **state)
{
    struct dg_endpoint endpoints[] = { three("http://a/v1"), three("http://b/v1") };
    struct dg_pool *p = make(endpoints, 2);
    struct dg_key_stats key;
    (void)state;
    end_one_at(p, 0, DG_FAILOVER, DG_SCOPE_ENDPOINT, 0, 0); /* its certificate */
    for (int k = 0; k < 10; k++)
        assert_int_equal(serve(p, 0), 1);
    for (unsigned k = 0; k < 3; k++) {
        dg_pool_key_stats(p, 0, k, 0, &key);
        assert_true(key.out);
        dg_pool_drop(p, 1, k, 401, "gone");
        dg_pool_drop(p, 1, k, 402, "gone again");
        dg_pool_key_stats(p, 1, k, 0, &key);
        assert_int_equal(key.status, 401);
        assert_string_equal(key.code, "gone");
    }
    assert_int_equal(wait_at(p, 0), -1);
    dg_pool_free(p);
}

static void weight_zero_serves_last(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 0, 0), endpoint("http://b/v1", 1, 1),
                                       endpoint("http://c/v1", 0, 0) };
    struct dg_pool *p = make(endpoints, 3);
    (void)state;
    struct dg_pick pick = pick_at(p, 0);
    assert_int_equal(pick.endpoint, 1);
    assert_in_range(wait_at(p, 0), 1, FULL_MS); /* full is not out */
    end(p, &pick, DG_FAILOVER, DG_SCOPE_KEY, 401, 0);
    unsigned served[3] = { 0 };
    for (int k = 0; k < 10; k++)
        served[serve(p, 0)]++;
    assert_int_equal(served[0], 5);
    assert_int_equal(served[2], 5);
    dg_pool_free(p);
}

static void counts(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 3, 0);
    struct dg_pool *p = make(&e, 1);
    struct dg_pick picks[6];
    (void)state;
    for (int k = 0; k < 6; k++)
        picks[k] = pick_at(p, 0);
    end_ok(p, &picks[0], 0);
    end_error(p, &picks[1], 0);
    end(p, &picks[2], DG_FATAL, DG_SCOPE_NONE, 400, 0);
    end_unreached(p, &picks[3], 0); /* no attempt */
    dg_pool_return(p, &picks[4], 0);
    struct dg_endpoint_stats stats = stats_at(p, 0, 0);
    assert_int_equal(stats.sent, 4);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.failed, 2);
    assert_int_equal(stats.in_flight, 1);
    assert_int_equal(stats.keys, 1);
    assert_int_equal(stats.keys_alive, 1);
    assert_int_equal(stats.weight, 3);
    assert_int_equal(stats.used.requests, 0);
    dg_pool_free(p);
}

/* --- models ----------------------------------------------------------------- */

static void exclude(struct dg_pool *p, const char *model)
{
    struct dg_want want = { .model = model };
    struct dg_report r = report_of(DG_FAILOVER, DG_SCOPE_MODEL, 404);
    struct dg_pick pick;
    dg_msec delay;
    r.model = model;
    assert_true(dg_pool_pick(p, &want, 0, &pick, &delay));
    dg_pool_report(p, &pick, &r, 0);
}

static void a_model_that_a_key_lacks(void **state)
{
    struct dg_endpoint endpoints[] = { three("http://a/v1"), endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    struct dg_want want = { .model = "new" }, other = { .model = "old" };
    struct dg_pick pick;
    dg_msec delay;
    (void)state;
    for (int k = 0; k < 4; k++)
        exclude(p, "new");
    assert_false(dg_pool_pick(p, &want, 0, &pick, &delay));
    assert_int_equal(delay, -1);
    unsigned served[2] = { 0 };
    for (int k = 0; k < 8; k++) {
        assert_true(dg_pool_pick(p, &other, 0, &pick, &delay));
        served[pick.endpoint]++;
    }
    assert_int_equal(served[0], 4);
    assert_true(dg_pool_pick(p, NULL, 0, &pick, &delay)); /* no model at all */
    assert_int_equal(stats_at(p, 0, 0).keys_alive, 3);
    assert_true(dg_pool_alive(p));
    dg_pool_free(p);
}

static void one_key_has_it(void **state)
{
    struct dg_endpoint e = three("http://a/v1");
    struct dg_pool *p = make(&e, 1);
    struct dg_want want = { .model = "new" };
    struct dg_pick pick;
    dg_msec delay;
    (void)state;
    exclude(p, "new"); /* the first key's */
    exclude(p, "new"); /* the second's */
    for (int k = 0; k < 5; k++) {
        assert_true(dg_pool_pick(p, &want, 0, &pick, &delay));
        assert_int_equal(pick.key, 2);
    }
    end(p, &pick, DG_FAILOVER, DG_SCOPE_KEY, 401, 0);
    assert_false(dg_pool_pick(p, &want, 0, &pick, &delay));
    assert_int_equal(delay, -1);
    assert_true(dg_pool_pick(p, NULL, 0, &pick, &delay));
    dg_pool_free(p);
}

static void the_oldest_model_is_forgotten(void **state)
{
    enum { MANY = 65 };
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    char name[16];
    struct dg_want want = { .model = name };
    struct dg_pick pick;
    dg_msec delay;
    (void)state;
    for (int k = 0; k < MANY; k++) {
        snprintf(name, sizeof name, "model-%d", k);
        exclude(p, name);
    }
    for (int k = 0; k < MANY; k++) {
        snprintf(name, sizeof name, "model-%d", k);
        assert_int_equal(dg_pool_pick(p, &want, 0, &pick, &delay), k == 0);
    }
    dg_pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_follow_weights),
        cmocka_unit_test(round_robin_is_smooth),
        cmocka_unit_test(the_shortest_wait_is_told),
        cmocka_unit_test(keys_rotate_and_die),
        cmocka_unit_test(another_endpoint_takes_over),
        cmocka_unit_test(weight_zero_serves_last),
        cmocka_unit_test(counts),
        cmocka_unit_test(a_model_that_a_key_lacks),
        cmocka_unit_test(one_key_has_it),
        cmocka_unit_test(the_oldest_model_is_forgotten),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
