/* SPDX-License-Identifier: MIT
 *
 * core/pool: several processes, some of which are killed.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/pool_home.h"
#include "pool_world.h"

enum { CHILDREN = 4 };

/* What the children tell. */
struct tale {
    unsigned picks[CHILDREN][2]; /* of each child, at each endpoint */
    unsigned ready;              /* has come where it waits to be killed */
};

static struct tale *tale;

static int make_tale(void **state)
{
    (void)state;
    tale = mmap(NULL, sizeof *tale, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return tale == MAP_FAILED ? -1 : 0;
}

static int remove_tale(void **state)
{
    (void)state;
    return munmap(tale, sizeof *tale);
}

static void join(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void join_all(const pid_t *children)
{
    for (int k = 0; k < CHILDREN; k++)
        join(children[k]);
}

/* Waits until the child is where it should die. */
static void kill_ready(pid_t child)
{
    int status;
    while (!__atomic_load_n(&tale->ready, __ATOMIC_ACQUIRE))
        sched_yield();
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void wait_to_be_killed(void)
{
    __atomic_store_n(&tale->ready, 1, __ATOMIC_RELEASE);
    for (;;)
        pause();
}

/* Picks and ends so many times; what cannot be had is not waited for. */
static void work(struct dg_pool *p, unsigned worker, int rounds)
{
    dg_pool_join(p, worker);
    for (int k = 0; k < rounds; k++) {
        struct dg_pick pick;
        dg_msec delay;
        if (!dg_pool_pick(p, NULL, 1000, &pick, &delay))
            continue;
        tale->picks[worker][pick.endpoint]++;
        dg_pool_sent(p, &pick, 1000);
        end_ok(p, &pick, 1000);
    }
}

static void run_children(struct dg_pool *p, int rounds)
{
    pid_t children[CHILDREN];
    for (unsigned k = 0; k < CHILDREN; k++) {
        children[k] = fork();
        if (children[k] == 0) {
            work(p, k, rounds);
            _exit(0);
        }
    }
    join_all(children);
}

static unsigned sum(unsigned endpoint)
{
    unsigned total = 0;
    for (int k = 0; k < CHILDREN; k++)
        total += tale->picks[k][endpoint];
    return total;
}

static void they_choose_together(void **state)
{
    enum { ROUNDS = 3000 };
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 3, 0),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    run_children(p, ROUNDS);
    assert_int_equal(sum(0), 3 * ROUNDS);
    assert_int_equal(sum(1), ROUNDS);
    assert_int_equal(stats_at(p, 0, 0).succeeded, 3 * ROUNDS);
    assert_int_equal(stats_at(p, 0, 0).in_flight, 0);
    dg_pool_free(p);
}

static void they_share_limits(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 101),
                                       endpoint("http://b/v1", 5, 60) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    run_children(p, 500);
    assert_int_equal(sum(0), 101);
    assert_int_equal(sum(1), 60);
    dg_pool_free(p);
}

static void a_killed_one_is_buried(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 2),
                                       endpoint("http://b/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    struct dg_pick mine = pick_at(p, 0);
    struct dg_pick lost = pick_at(p, 0);
    assert_int_equal(lost.endpoint, 1);
    end_unreached(p, &lost, 0);
    pid_t child = fork();
    if (child == 0) {
        dg_pool_join(p, 7);
        struct dg_pick probe = pick_at(p, 1000), other = pick_at(p, 1000);
        if (probe.probe && other.endpoint == 0)
            wait_to_be_killed();
        _exit(1);
    }
    kill_ready(child);
    assert_int_equal(stats_at(p, 0, 1000).in_flight, 2);
    assert_int_equal(stats_at(p, 1, 1000).in_flight, 1);
    dg_pool_bury(p, 7, 2000);
    struct dg_endpoint_stats stats = stats_at(p, 0, 2000);
    assert_int_equal(stats.in_flight, 1); /* mine */
    assert_int_equal(stats.failed, 1);
    assert_int_equal(stats.sent, stats.succeeded + stats.failed + stats.in_flight);
    struct dg_pick probe = pick_at(p, 2000); /* it is nobody's now */
    assert_true(probe.probe);
    end_unreached(p, &probe, 2000);
    end_unreached(p, &mine, 2000);
    assert_int_equal(stats_at(p, 0, 2000).used.requests, 1); /* the dead one's may have left */
    assert_int_equal(stats_at(p, 0, 2000 + FULL_MS).used.requests, 0);
    dg_pool_bury(p, 7, 3000); /* twice: nothing */
    assert_int_equal(stats_at(p, 0, 2000).failed, 1);
    dg_pool_free(p);
}

/* The holder dies with half of it written. */
static void a_lock_of_a_dead_one_is_mended(void **state)
{
    struct dg_endpoint endpoints[] = { three("http://a/v1"), endpoint("http://b/v1", 2, 0) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        dg_pool_lock(p);
        p->places[0].keys[1].out = true; /* and the count was not yet */
        p->places[0].state->current = INT64_MIN / 2;
        p->places[1].state->full.until = INT64_MAX;
        p->places[1].state->keys_alive = 0;
        p->places[1].state->parked_until = INT64_MAX;
        p->places[1].state->models = 1000000;
        wait_to_be_killed();
    }
    kill_ready(child);
    unsigned served[2] = { 0 };
    for (int k = 0; k < 300; k++)
        served[serve(p, k)]++;
    assert_int_equal(served[0], 100);
    assert_int_equal(served[1], 200);
    assert_int_equal(stats_at(p, 0, 0).keys_alive, 2);
    assert_int_equal(stats_at(p, 1, 0).keys_alive, 1);
    dg_pool_free(p);
}

/* Killed at any moment, while the others go on. */
static void killed_at_random(void **state)
{
    struct dg_endpoint endpoints[] = { three("http://a/v1"), endpoint("http://b/v1", 1, 100000) };
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    for (int round = 0; round < 30; round++) {
        tale->ready = 0;
        pid_t child = fork();
        if (child == 0) {
            __atomic_store_n(&tale->ready, 1, __ATOMIC_RELEASE);
            for (;;)
                work(p, 1, 100);
        }
        dg_pool_join(p, 0);
        for (int k = 0; k < 50 * round; k++)
            serve(p, 1000);
        kill_ready(child);
        dg_pool_bury(p, 1, 1000);
        for (unsigned k = 0; k < 2; k++) {
            struct dg_endpoint_stats stats = stats_at(p, k, 1000);
            uint64_t ended = stats.succeeded + stats.failed;
            uint64_t most = (uint64_t)round + 1; /* one count for each death */
            assert_int_equal(stats.in_flight, 0);
            assert_true(stats.sent <= ended + most && ended <= stats.sent + most);
        }
    }
    dg_pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_choose_together, make_tale, remove_tale),
        cmocka_unit_test_setup_teardown(they_share_limits, make_tale, remove_tale),
        cmocka_unit_test_setup_teardown(a_killed_one_is_buried, make_tale, remove_tale),
        cmocka_unit_test_setup_teardown(a_lock_of_a_dead_one_is_mended, make_tale, remove_tale),
        cmocka_unit_test_setup_teardown(killed_at_random, make_tale, remove_tale),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
