/* SPDX-License-Identifier: MIT
 *
 * core/pool: limits together with weights and keys, with the clock passed in.
 */
#include <unistd.h>

#include "base/log.h"
#include "pool_world.h"
#include "temp_folder.h"

static void a_full_endpoint_holds_up_nobody(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1000, 1),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    assert_int_equal(serve(p, 0), 0);
    for (int k = 0; k < 60; k++)
        assert_int_equal(serve(p, k), 1);
    assert_int_equal(serve(p, FULL_MS), 0);
    dg_pool_free(p);
}

/* All are limited: nobody waits as long as one has room, and none gets more. */
static void limits_add_up(void **state)
{
    enum { COUNT = 5 };
    struct dg_endpoint endpoints[COUNT];
    unsigned served[COUNT] = { 0 }, total = 0;
    (void)state;
    for (unsigned k = 0; k < COUNT; k++) {
        endpoints[k] = endpoint("http://a/v1", COUNT - k, 3 * k + 2);
        total += 3 * k + 2;
    }
    struct dg_pool *p = make(endpoints, COUNT);
    for (unsigned k = 0; k < total; k++)
        served[serve(p, k)]++;
    for (unsigned k = 0; k < COUNT; k++) {
        assert_int_equal(served[k], 3 * k + 2);
        assert_int_equal(stats_at(p, k, total).used.requests, 3 * k + 2);
    }
    assert_int_equal(wait_at(p, total), FULL_MS - total);
    dg_pool_free(p);
}

static void a_slot_counts_from_the_upload(void **state)
{
    struct dg_endpoint limited = endpoint("http://a/v1", 1, 1);
    struct dg_pool *p = make(&limited, 1);
    (void)state;
    assert_true(dg_pool_limited(p, 0));
    struct dg_pick first = pick_at(p, 0);
    assert_in_range(wait_at(p, 100000), 1, FULL_MS);
    dg_pool_sent(p, &first, 105000);
    end_ok(p, &first, 109000);
    assert_int_equal(wait_at(p, 110000), 105000 + FULL_MS - 110000);
    dg_pool_free(p);
}

static void a_report_closes_an_unsent_slot(void **state)
{
    struct dg_endpoint limited = endpoint("http://a/v1", 1, 1);
    struct dg_pool *p = make(&limited, 1);
    (void)state;
    struct dg_pick pick = pick_at(p, 0);
    end_error(p, &pick, 2000);
    assert_int_equal(wait_at(p, 2000), FULL_MS);
    pick_at(p, 2000 + FULL_MS);
    dg_pool_free(p);
}

/* Nothing was sent: whoever waits may go at once. */
static void a_free_slot_is_seen(void **state)
{
    struct dg_endpoint limited = endpoint("http://a/v1", 1, 1);
    struct dg_pool *p = make(&limited, 1);
    (void)state;
    struct dg_pick pick = pick_at(p, 0);
    wait_at(p, 10);
    dg_pool_return(p, &pick, 10);
    pick = pick_at(p, 10);
    wait_at(p, 10);
    end_unreached(p, &pick, 10);
    assert_true(pick_at(p, 1010).probe);
    dg_pool_free(p);
}

static void a_window_may_have_another_length(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 2);
    e.window_ms = 2000;
    struct dg_pool *p = make(&e, 1);
    (void)state;
    serve(p, 0);
    serve(p, 100);
    assert_int_equal(wait_at(p, 200), 2000 + DG_LIMITER_GUARD_MS - 200);
    dg_pool_free(p);
}

static void nobody_counts_without_a_limit(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    (void)state;
    assert_false(dg_pool_limited(p, 0));
    assert_int_equal(pick_at(p, 0).slot, 0);
    dg_pool_free(p);
}

/* --- keys and groups --------------------------------------------------------- */

static struct dg_endpoint with_keys(const struct dg_key *keys, size_t count,
                                    const struct dg_key_group *groups, size_t group_count)
{
    return (struct dg_endpoint){ .base = "http://a/v1",
                                 .keys = keys,
                                 .key_count = count,
                                 .groups = groups,
                                 .group_count = group_count,
                                 .weight = 1 };
}

static void keys_have_quotas(void **state)
{
    static const struct dg_key keys[] = { { .text = "key-1", .quota = { .requests = 1 } },
                                          { .text = "key-2", .quota = { .requests = 3 } },
                                          { .text = "key-3" } };
    struct dg_endpoint e = with_keys(keys, 3, NULL, 0);
    struct dg_pool *p = make(&e, 1);
    unsigned served[3] = { 0 };
    (void)state;
    for (int k = 0; k < 20; k++) {
        struct dg_pick pick = pick_at(p, k);
        served[pick.key]++;
        end_ok(p, &pick, k);
    }
    assert_int_equal(served[0], 1);
    assert_int_equal(served[1], 3);
    assert_int_equal(served[2], 16); /* it has none */
    dg_pool_drop(p, 0, 2, 401, "");
    assert_int_equal(wait_at(p, 20), FULL_MS - 20);
    assert_int_equal(pick_at(p, FULL_MS).key, 0);
    dg_pool_free(p);
}

static void groups_share_a_quota(void **state)
{
    static const struct dg_key_group groups[] = { { .name = "a", .quota = { .requests = 4 } },
                                                  { .name = "b", .quota = { .requests = 2 } } };
    static const struct dg_key keys[] = { { .text = "key-1", .group = "a" },
                                          { .text = "key-2", .group = "b" },
                                          { .text = "key-3", .group = "a" },
                                          { .text = "key-3", .group = "a" } /* twice */ };
    struct dg_endpoint e = with_keys(keys, 4, groups, 2);
    struct dg_pool *p = make(&e, 1);
    unsigned served[4] = { 0 };
    (void)state;
    for (int k = 0; k < 6; k++) {
        struct dg_pick pick = pick_at(p, 0);
        served[pick.key]++;
        end_ok(p, &pick, 0);
    }
    assert_int_equal(served[0] + served[2] + served[3], 4);
    assert_int_equal(served[1], 2);
    assert_int_equal(wait_at(p, 0), FULL_MS);
    dg_pool_free(p);
}

/* The endpoint's quota is above those of its keys. */
static void quotas_lie_within_each_other(void **state)
{
    static const struct dg_key keys[] = { { .text = "key-1", .quota = { .requests = 3 } },
                                          { .text = "key-2", .quota = { .requests = 3 } } };
    struct dg_endpoint e = with_keys(keys, 2, NULL, 0);
    e.quota.requests = 4;
    struct dg_pool *p = make(&e, 1);
    (void)state;
    for (int k = 0; k < 4; k++)
        serve(p, 0);
    assert_int_equal(wait_at(p, 0), FULL_MS);
    for (int k = 0; k < 4; k++)
        serve(p, FULL_MS);
    dg_pool_free(p);
}

/* --- images and tokens ------------------------------------------------------- */

static bool take_images(struct dg_pool *p, unsigned images, dg_msec now, dg_msec *delay)
{
    struct dg_want want = { .images = images };
    struct dg_pick pick;
    if (!dg_pool_pick(p, &want, now, &pick, delay))
        return false;
    end_ok(p, &pick, now);
    return true;
}

static void images_are_counted(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    e.quota.images = 10;
    struct dg_pool *p = make(&e, 1);
    dg_msec delay;
    (void)state;
    assert_true(take_images(p, 4, 0, &delay));
    assert_true(take_images(p, 4, 100, &delay));
    assert_false(take_images(p, 4, 200, &delay));
    assert_int_equal(delay, FULL_MS - 200);
    assert_true(take_images(p, 2, 200, &delay)); /* a smaller one goes first */
    assert_false(take_images(p, 0, 200, &delay));
    assert_int_equal(stats_at(p, 0, 200).used.images, 10);
    assert_false(take_images(p, 100, FULL_MS, &delay));
    assert_true(take_images(p, 100, 200 + FULL_MS, &delay)); /* more than fits goes alone */
    dg_pool_free(p);
}

static void end_weighed(struct dg_pool *p, const struct dg_pick *pick, uint64_t tokens, dg_msec now)
{
    struct dg_report r = report_of(DG_OK, DG_SCOPE_NONE, 200);
    r.tokens = tokens;
    dg_pool_report(p, pick, &r, now);
}

static void tokens_are_weighed(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 0);
    e.quota.tokens = 10000;
    struct dg_pool *p = make(&e, 1);
    (void)state;
    struct dg_pick first = pick_at(p, 0), second = pick_at(p, 0); /* 4096 each, as long as */
    wait_at(p, 0);                                                /* nobody knows */
    end_weighed(p, &first, 1000, 0);
    struct dg_pick third = pick_at(p, 0);
    end_weighed(p, &second, 8000, 0);
    end_weighed(p, &third, 1000, 0);
    assert_int_equal(stats_at(p, 0, 0).used.tokens, 10000);
    assert_int_equal(wait_at(p, 10), FULL_MS - 10);
    pick_at(p, FULL_MS);
    dg_pool_free(p);
}

/* --- other runs -------------------------------------------------------------- */

static struct dg_pool *make_in(const char *folder, const struct dg_endpoint *e)
{
    struct dg_error err;
    struct dg_pool *p = dg_pool_new(
        &(struct dg_pool_options){ .endpoints = e, .count = 1, .limits_folder = folder }, &err);
    if (!p)
        fail_msg("%s", err.message);
    return p;
}

/* The same endpoint and key, however the URL is written. */
static void runs_share_a_window(void **state)
{
    char folder[] = "/dev/shm/diffgentor-test-XXXXXX";
    struct dg_endpoint one = endpoint("https://A.example/v1/", 1, 3);
    struct dg_endpoint same = endpoint("https://user:secret-pw@a.example:443/v1", 1, 3);
    struct dg_endpoint elsewhere = endpoint("https://a.example/v2", 1, 3);
    (void)state;
    if (!mkdtemp(folder))
        skip();
    struct dg_pool *p = make_in(folder, &one), *q = make_in(folder, &same);
    struct dg_pool *r = make_in(folder, &elsewhere);
    serve(p, 1000);
    serve(q, 1000);
    assert_int_equal(stats_at(p, 0, 1000).used.requests, 2);
    serve(p, 1000);
    assert_int_equal(wait_at(q, 1000), FULL_MS);
    serve(r, 1000);
    dg_pool_free(p);
    dg_pool_free(q);
    dg_pool_free(r);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void without_a_folder_it_goes_on(void **state)
{
    struct dg_endpoint e = endpoint("http://a/v1", 1, 1);
    char path[] = "/tmp/diffgentor-log-XXXXXX";
    char text[2048] = "";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dg_log_file(path, NULL));
    struct dg_pool *p = make_in("/nowhere/at all", &e);
    dg_log_file(NULL, NULL);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "limits are not shared with other runs"));
    serve(p, 0);
    assert_int_equal(wait_at(p, 0), FULL_MS);
    dg_pool_free(p);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_endpoint_holds_up_nobody),
        cmocka_unit_test(limits_add_up),
        cmocka_unit_test(a_slot_counts_from_the_upload),
        cmocka_unit_test(a_report_closes_an_unsent_slot),
        cmocka_unit_test(a_free_slot_is_seen),
        cmocka_unit_test(a_window_may_have_another_length),
        cmocka_unit_test(nobody_counts_without_a_limit),
        cmocka_unit_test(keys_have_quotas),
        cmocka_unit_test(groups_share_a_quota),
        cmocka_unit_test(quotas_lie_within_each_other),
        cmocka_unit_test(images_are_counted),
        cmocka_unit_test(tokens_are_weighed),
        cmocka_unit_test(runs_share_a_window),
        cmocka_unit_test(without_a_folder_it_goes_on),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
