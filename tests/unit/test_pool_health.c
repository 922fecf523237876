/* SPDX-License-Identifier: MIT
 *
 * core/pool: errors, probes, parks and outages, with the clock passed in.
 */
#include "core/health.h"
#include "pool_world.h"

/* How many of so many picks go to endpoint 0; all end well and change nothing. */
static unsigned share_of_first(struct dg_pool *p, int picks, dg_msec now)
{
    struct dg_pick pick[1000];
    unsigned first = 0;
    for (int k = 0; k < picks; k++) {
        pick[k] = pick_at(p, now);
        first += pick[k].endpoint == 0;
    }
    for (int k = 0; k < picks; k++)
        dg_pool_return(p, &pick[k], now);
    return first;
}

static void errors_halve_the_share(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0),
                                       endpoint("http://b/v1", 1, 0) };
    static const unsigned due[] = { 500, 333, 200, 111 }; /* of 1000: 1/2, 1/3, 1/5, 1/9 */
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    for (unsigned errors = 0; errors < 4; errors++) {
        assert_in_range(share_of_first(p, 1000, 0), due[errors] - 2, due[errors] + 2);
        end_one_at(p, 0, DG_RETRY, DG_SCOPE_NONE, 500, 0);
    }
    assert_int_equal(stats_at(p, 0, 0).standing, DG_REDUCED);
    assert_true(stats_at(p, 0, 0).health == 1.0 / 16);
    assert_in_range(share_of_first(p, 1000, 30000), 331, 336);
    assert_in_range(share_of_first(p, 1000, 40000), 498, 502);
    assert_int_equal(stats_at(p, 0, 40000).standing, DG_SERVING);
    dg_pool_free(p);
}

static void successes_bring_it_back(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    for (int k = 0; k < 3; k++)
        end_one_at(p, 0, DG_RETRY, DG_SCOPE_NONE, 500, 0);
    for (int k = 0; k < 3; k++)
        end_one_at(p, 0, DG_OK, DG_SCOPE_NONE, 200, 0);
    assert_true(stats_at(p, 0, 0).health == 1.0);
    dg_pool_free(p);
}

/* Five errors in a row. */
static void break_it(struct dg_pool *p, unsigned k, dg_msec now)
{
    for (int errors = 0; errors < DG_HEALTH_STREAK; errors++)
        end_one_at(p, k, DG_RETRY, DG_SCOPE_NONE, 500, now);
    assert_int_equal(stats_at(p, k, now).standing, DG_ASIDE);
}

static void a_failing_one_is_probed(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 9, 0),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    break_it(p, 0, 0);
    assert_int_equal(stats_at(p, 0, 400).until_ms, 600);
    assert_true(stats_at(p, 0, 0).health == 0);
    assert_int_equal(share_of_first(p, 100, 999), 0);
    struct dg_pick probe = pick_at(p, 1000);
    assert_int_equal(probe.endpoint, 0);
    assert_true(probe.probe);
    assert_int_equal(share_of_first(p, 100, 5000), 0); /* one request only */
    end_error(p, &probe, 5000);
    assert_int_equal(share_of_first(p, 100, 6999), 0);
    probe = pick_at(p, 7000);
    assert_true(probe.probe);
    end_ok(p, &probe, 7000);
    assert_true(share_of_first(p, 100, 7000) > 10);
    assert_false(pick_at(p, 7000).probe);
    dg_pool_free(p);
}

static void a_returned_probe_is_due_again(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    (void)state;
    struct dg_pick pick = pick_at(p, 0);
    end_unreached(p, &pick, 0);
    struct dg_pick probe = pick_at(p, 1000);
    assert_true(probe.probe);
    assert_in_range(wait_at(p, 1000), 1, 1000);
    dg_pool_return(p, &probe, 1000);
    probe = pick_at(p, 1000);
    assert_true(probe.probe);
    end(p, &probe, DG_FATAL, DG_SCOPE_NONE, 400, 1000); /* it answers */
    assert_int_equal(stats_at(p, 0, 1000).standing, DG_SERVING);
    dg_pool_free(p);
}

/* The only one goes on, whatever it answers. */
static void the_only_one_is_used_though_it_fails(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    dg_msec back;
    (void)state;
    for (int k = 0; k < 100; k++) {
        struct dg_pick pick = pick_at(p, k);
        end_error(p, &pick, k);
    }
    assert_int_equal(dg_pool_outage(p, 100, &back), -1);
    dg_pool_free(p);
}

/* Weight 0 comes before what fails, and is probed only in need. */
static void tiers(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0),
                                       endpoint("http://b/v1", 0, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    break_it(p, 0, 0);
    assert_int_equal(share_of_first(p, 10, 500), 0);
    struct dg_pick pick = pick_at(p, 500);
    assert_int_equal(pick.endpoint, 1);
    end_unreached(p, &pick, 500);
    assert_int_equal(share_of_first(p, 10, 500), 10); /* it fails, and is all there is */
    pick = pick_at(p, 1000);
    assert_true(pick.probe && pick.endpoint == 0);
    end_ok(p, &pick, 1000);
    for (int k = 0; k < 20; k++)
        assert_int_equal(serve(p, 2000 + k), 0); /* the spare one is not probed now */
    dg_pool_free(p);
}

static void an_unreached_one_is_waited_for(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    static const dg_msec pauses[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    dg_msec now = 100, back;
    (void)state;
    struct dg_pick first = pick_at(p, 0), late = pick_at(p, 0), pick = first;
    for (size_t k = 0; k < sizeof pauses / sizeof *pauses; k++) {
        end_unreached(p, &pick, now);
        assert_int_equal(wait_at(p, now), pauses[k]);
        assert_int_equal(dg_pool_outage(p, now, &back), now == 100 ? -1 : now - 100);
        assert_int_equal(stats_at(p, 0, now).standing, DG_ASIDE);
        now += pauses[k];
        pick = pick_at(p, now);
        assert_true(pick.probe);
    }
    assert_int_equal(back, -1);
    end_ok(p, &late, now); /* it was under way all the time */
    assert_int_equal(stats_at(p, 0, now).standing, DG_SERVING);
    assert_int_equal(dg_pool_outage(p, now, &back), -1);
    assert_int_equal(stats_at(p, 0, now).sent, 2); /* the late one and a probe that is out */
    dg_pool_free(p);
}

static void too_many_requests_put_nobody_aside(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    (void)state;
    for (int k = 0; k < 20; k++)
        end_one_at(p, 0, DG_RETRY, DG_SCOPE_NONE, 429, 0);
    assert_int_equal(stats_at(p, 0, 0).standing, DG_REDUCED);
    end_one_at(p, 0, DG_FAILOVER, DG_SCOPE_CONNECTION, 0, 0);
    assert_int_equal(stats_at(p, 0, 0).keys_alive, 1);
    assert_int_equal(stats_at(p, 0, 0).standing, DG_REDUCED);
    dg_pool_free(p);
}

/* --- parks ------------------------------------------------------------------ */

static void end_advised(struct dg_pool *p, const struct dg_pick *pick, int status,
                        dg_msec retry_after_ms, dg_msec reset_ms, dg_msec now)
{
    struct dg_report r = report_of(status == 200 ? DG_OK : DG_RETRY, DG_SCOPE_NONE, status);
    r.advice.retry_after_ms = retry_after_ms;
    r.advice.tokens_reset_ms = reset_ms;
    dg_pool_report(p, pick, &r, now);
}

static dg_msec parked(struct dg_pool *p, unsigned key, dg_msec now)
{
    struct dg_key_stats stats;
    dg_pool_key_stats(p, 0, key, now, &stats);
    return stats.parked_ms;
}

static void a_key_is_parked(void **state)
{
    struct dg_endpoint e = three("http://a/v1");
    struct dg_pool *p = make(&e, 1);
    dg_msec back;
    (void)state;
    struct dg_pick picks[3];
    for (int k = 0; k < 3; k++)
        picks[k] = pick_at(p, 0);
    end_advised(p, &picks[1], 429, 5000, 90000, 0); /* the time outweighs the allowance */
    assert_int_equal(parked(p, 1, 1000), 4000);
    for (int k = 0; k < 6; k++)
        assert_int_not_equal(pick_at(p, 4999).key, 1);
    assert_int_equal(dg_pool_outage(p, 10, &back), -1);
    end_advised(p, &picks[0], 200, -1, 8000, 10); /* its allowance is used up */
    end_advised(p, &picks[2], 429, 3000, -1, 20);
    assert_int_equal(parked(p, 0, 10), 8000);
    assert_int_equal(wait_at(p, 20), 3000);
    assert_int_equal(stats_at(p, 0, 20).standing, DG_PARKED);
    assert_int_equal(stats_at(p, 0, 20).until_ms, 3000);
    assert_int_equal(dg_pool_outage(p, 1020, &back), 1000);
    assert_int_equal(back, 2000);
    assert_int_equal(pick_at(p, 3020).key, 2);
    assert_int_equal(dg_pool_outage(p, 3020, &back), -1);
    dg_pool_free(p);
}

static void an_endpoint_is_parked(void **state)
{
    struct dg_endpoint endpoints[] = { three("http://a/v1"), endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    dg_msec back;
    (void)state;
    struct dg_pick first = pick_at(p, 0), second = pick_at(p, 0);
    end_advised(p, &first, 503, 20000, -1, 0);
    assert_int_equal(parked(p, first.key, 0), 0);
    for (int k = 0; k < 10; k++)
        assert_int_equal(serve(p, 19999), 1);
    assert_int_equal(dg_pool_outage(p, 100, &back), -1);
    end_advised(p, &second, 429, 40000, -1, 100);
    assert_int_equal(wait_at(p, 100), 19900);
    assert_int_equal(dg_pool_outage(p, 200, &back), 100);
    assert_int_equal(back, 19800);
    assert_int_equal(serve(p, 20000), 0);
    dg_pool_free(p);
}

/* Keys of one group share what the server counts. */
static void a_group_is_parked(void **state)
{
    static const struct dg_key_group group = { .name = "team" };
    static const struct dg_key keys[] = { { .text = "key-1", .group = "team" },
                                          { .text = "key-2" },
                                          { .text = "key-3", .group = "team" } };
    struct dg_endpoint e = { .base = "http://a/v1",
                             .keys = keys,
                             .key_count = 3,
                             .groups = &group,
                             .group_count = 1,
                             .weight = 1 };
    struct dg_pool *p = make(&e, 1);
    (void)state;
    struct dg_pick pick = pick_at(p, 0);
    end_advised(p, &pick, 429, 5000, -1, 0);
    assert_int_equal(parked(p, 0, 0), 5000);
    assert_int_equal(parked(p, 1, 0), 0);
    assert_int_equal(parked(p, 2, 0), 5000);
    dg_pool_free(p);
}

/* Who is parked for a minute holds up no spare one; a moment is waited for. */
static void a_long_park_is_as_good_as_out(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0),
                                       endpoint("http://b/v1", 0, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    struct dg_pick pick = pick_at(p, 0), other = pick_at(p, 0);
    end_advised(p, &pick, 503, 30000, -1, 0);
    assert_int_equal(wait_at(p, 0), 30000);
    end_advised(p, &other, 503, 3600000, -1, 0);
    assert_int_equal(serve(p, 0), 1);
    assert_int_equal(wait_at(p, 3600000 - 60000), 60000);
    assert_int_equal(serve(p, 3600000), 0);
    dg_pool_free(p);
}

/* --- outages ---------------------------------------------------------------- */

static void an_outage_is_as_old_as_the_last_one(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    dg_msec back;
    (void)state;
    struct dg_pick picks[] = { pick_at(p, 0), pick_at(p, 0) };
    end_unreached(p, &picks[0], 1000);
    assert_int_equal(dg_pool_outage(p, 2000, &back), -1);
    end_advised(p, &picks[1], 503, 9000, -1, 5000);
    assert_int_equal(dg_pool_outage(p, 7000, &back), 2000);
    assert_int_equal(back, 7000);
    end_one_at(p, 0, DG_FAILOVER, DG_SCOPE_REACH, 0, 7500);
    assert_int_equal(dg_pool_outage(p, 14000, &back), -1);
    dg_pool_drop(p, 1, 0, 401, "");
    assert_int_equal(dg_pool_outage(p, 15000, &back), 1000);
    assert_int_equal(back, -1);
    dg_pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_halve_the_share),
        cmocka_unit_test(successes_bring_it_back),
        cmocka_unit_test(a_failing_one_is_probed),
        cmocka_unit_test(a_returned_probe_is_due_again),
        cmocka_unit_test(the_only_one_is_used_though_it_fails),
        cmocka_unit_test(tiers),
        cmocka_unit_test(an_unreached_one_is_waited_for),
        cmocka_unit_test(too_many_requests_put_nobody_aside),
        cmocka_unit_test(a_key_is_parked),
        cmocka_unit_test(an_endpoint_is_parked),
        cmocka_unit_test(a_group_is_parked),
        cmocka_unit_test(a_long_park_is_as_good_as_out),
        cmocka_unit_test(an_outage_is_as_old_as_the_last_one),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
