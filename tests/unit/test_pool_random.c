/* SPDX-License-Identifier: MIT
 *
 * core/pool: a thousand small worlds with random faults on a virtual clock.  After
 * each step holds: what was sent has ended or is under way; no key that is out is
 * chosen; no window holds more than its limit; no slot is lost; nobody waits while
 * a healthy endpoint with a weight has room.
 */
#include "pool_world.h"

enum { WORLDS = 1000, STEPS = 400, MOST = 6, KEYS = 4, FLIGHTS = 32, WINDOW_MS = 1000 };
enum { COUNTS_MS = WINDOW_MS + DG_LIMITER_GUARD_MS };

struct flight {
    struct dg_pick pick; /* under way */
    bool sent;           /* its upload is complete */
};

struct world {
    struct dg_pool *pool;               /* under test */
    struct dg_endpoint endpoints[MOST]; /* as made */
    size_t count;                       /* of them */
    bool out[MOST][KEYS];               /* keys we gave up */
    struct flight flights[FLIGHTS];     /* under way */
    size_t flying;                      /* how many */
    dg_msec starts[MOST][STEPS];        /* when uploads were complete, as the server sees it */
    size_t started[MOST];               /* how many */
    uint64_t attempts[MOST];            /* picks that were attempts, or are under way */
    dg_msec now;                        /* the virtual clock */
};

static uint64_t seed = 1;

static unsigned dice(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

static const struct dg_key keys[KEYS] = {
    { .text = "key-1" }, { .text = "key-2" }, { .text = "key-3" }, { .text = "key-4" }
};

static void build(struct world *w)
{
    *w = (struct world){ .count = 1 + dice(MOST), .now = 1 };
    for (size_t k = 0; k < w->count; k++) {
        w->endpoints[k] = (struct dg_endpoint){ .base = "http://a/v1",
                                                .keys = keys,
                                                .key_count = 1 + dice(KEYS),
                                                .weight = dice(4),
                                                .window_ms = WINDOW_MS };
        if (dice(2))
            w->endpoints[k].quota.requests = 1 + dice(8);
    }
    w->pool = make(w->endpoints, w->count);
}

/* A request that the server saw: none of its windows holds more than the limit. */
static void server_sees(struct world *w, unsigned k)
{
    unsigned limit = w->endpoints[k].quota.requests;
    w->starts[k][w->started[k]++] = w->now;
    if (limit > 0 && w->started[k] > limit)
        assert_true(w->now - w->starts[k][w->started[k] - 1 - limit] >= WINDOW_MS);
}

/* Whether nothing speaks against a pick: then it is wrong to wait. */
static bool has_room(struct world *w, unsigned k)
{
    struct dg_endpoint_stats s = stats_at(w->pool, k, w->now);
    bool full = s.quota.requests > 0 && s.used.requests >= s.quota.requests;
    bool free_key = false;
    for (unsigned key = 0; key < w->endpoints[k].key_count; key++) {
        struct dg_key_stats stats;
        dg_pool_key_stats(w->pool, k, key, w->now, &stats);
        free_key = free_key || (!stats.out && stats.parked_ms == 0);
    }
    return s.weight > 0 && s.standing <= DG_REDUCED && !full && free_key;
}

static void take(struct world *w)
{
    struct dg_pick pick;
    dg_msec delay;
    if (w->flying == FLIGHTS)
        return;
    if (!dg_pool_pick(w->pool, NULL, w->now, &pick, &delay)) {
        assert_true(delay != 0);
        assert_int_equal(delay < 0, !dg_pool_alive(w->pool));
        for (unsigned k = 0; k < w->count; k++)
            assert_false(has_room(w, k));
        return;
    }
    assert_false(w->out[pick.endpoint][pick.key]);
    w->attempts[pick.endpoint]++;
    w->flights[w->flying++] = (struct flight){ .pick = pick };
}

static struct dg_report random_end(void)
{
    static const struct {
        enum dg_verdict verdict;
        enum dg_scope scope;
        int status;
    } ends[] = {
        { DG_OK, DG_SCOPE_NONE, 200 },           { DG_OK, DG_SCOPE_NONE, 200 },
        { DG_OK, DG_SCOPE_NONE, 200 },           { DG_OK, DG_SCOPE_NONE, 200 },
        { DG_RETRY, DG_SCOPE_NONE, 500 },        { DG_RETRY, DG_SCOPE_NONE, 429 },
        { DG_RETRY, DG_SCOPE_NONE, 503 },        { DG_RETRY, DG_SCOPE_NONE, 0 },
        { DG_FATAL, DG_SCOPE_NONE, 400 },        { DG_FAILOVER, DG_SCOPE_REACH, 0 },
        { DG_FAILOVER, DG_SCOPE_CONNECTION, 0 }, { DG_FAILOVER, DG_SCOPE_KEY, 401 },
    };
    unsigned end = dice(sizeof ends / sizeof *ends);
    if (ends[end].scope == DG_SCOPE_KEY && dice(8) > 0)
        end = 0; /* keys die seldom */
    struct dg_report r = report_of(ends[end].verdict, ends[end].scope, ends[end].status);
    if (dice(4) == 0)
        r.advice.retry_after_ms = dice(3000);
    if (dice(16) == 0)
        r.advice.requests_reset_ms = dice(3000);
    return r;
}

static struct flight remove_flight(struct world *w, size_t k)
{
    struct flight f = w->flights[k];
    w->flights[k] = w->flights[--w->flying];
    return f;
}

static void end_flight(struct world *w)
{
    if (w->flying == 0)
        return;
    struct flight f = remove_flight(w, dice((unsigned)w->flying));
    unsigned k = f.pick.endpoint;
    struct dg_report r = random_end();
    if (!f.sent && dice(4) == 0) {
        dg_pool_return(w->pool, &f.pick, w->now);
        w->attempts[k]--;
        return;
    }
    bool unreached = r.judgement.scope == DG_SCOPE_REACH;
    if (unreached && f.sent) { /* it was reached */
        end_ok(w->pool, &f.pick, w->now);
        return;
    }
    if (unreached)
        w->attempts[k]--;
    else if (!f.sent)
        server_sees(w, k);
    if (r.judgement.scope == DG_SCOPE_KEY)
        w->out[k][f.pick.key] = true;
    dg_pool_report(w->pool, &f.pick, &r, w->now);
}

static void send_flight(struct world *w)
{
    if (w->flying == 0)
        return;
    struct flight *f = &w->flights[dice((unsigned)w->flying)];
    if (f->sent)
        return;
    f->sent = true;
    dg_pool_sent(w->pool, &f->pick, w->now);
    server_sees(w, f->pick.endpoint);
}

static void check(struct world *w)
{
    unsigned in_flight = 0;
    for (unsigned k = 0; k < w->count; k++) {
        struct dg_endpoint_stats s = stats_at(w->pool, k, w->now);
        assert_int_equal(s.sent, w->attempts[k]);
        assert_int_equal(s.sent, s.succeeded + s.failed + s.in_flight);
        assert_true(s.quota.requests == 0 || s.used.requests <= s.quota.requests);
        assert_true(s.health >= 0 && s.health <= 1);
        in_flight += s.in_flight;
    }
    assert_int_equal(in_flight, w->flying);
}

/* All end, and a window later nothing counts any more. */
static void no_slot_is_lost(struct world *w)
{
    while (w->flying > 0) {
        struct flight f = remove_flight(w, 0);
        end_ok(w->pool, &f.pick, w->now);
    }
    for (unsigned k = 0; k < w->count; k++)
        assert_int_equal(stats_at(w->pool, k, w->now + COUNTS_MS).used.requests, 0);
}

static void live(struct world *w)
{
    for (int step = 0; step < STEPS; step++) {
        switch (dice(6)) {
        case 0:
        case 1:
            take(w);
            break;
        case 2:
            send_flight(w);
            break;
        case 3:
            end_flight(w);
            break;
        default:
            w->now += dice(10) ? dice(40) : dice(5000);
        }
        check(w);
    }
    no_slot_is_lost(w);
}

static void worlds(void **state)
{
    struct world *w = dg_alloc(sizeof *w);
    (void)state;
    for (int k = 0; k < WORLDS; k++) {
        seed = (uint64_t)k + 1;
        build(w);
        live(w);
        dg_pool_free(w->pool);
    }
    dg_free(w);
}

/* After the worst the shares come back to the weights. */
static void shares_come_back(void **state)
{
    enum { PICKS = 10000 };
    struct world *w = dg_alloc(sizeof *w);
    (void)state;
    for (int k = 0; k < 100; k++) {
        unsigned served[MOST] = { 0 }, total = 0;
        seed = (uint64_t)k + 5000;
        build(w);
        for (int step = 0; step < STEPS; step++) {
            take(w);
            end_flight(w);
            w->now += dice(100);
        }
        no_slot_is_lost(w);
        w->now += 3600000;
        bool alive = dg_pool_alive(w->pool);
        for (int picks = 0; picks < 20 && alive; picks++) /* probes */
            serve(w->pool, w->now += COUNTS_MS);
        for (unsigned e = 0; e < w->count; e++)
            total += stats_at(w->pool, e, w->now).keys_alive > 0 ? w->endpoints[e].weight : 0;
        for (int picks = 0; picks < PICKS && alive; picks++)
            served[serve(w->pool, w->now += COUNTS_MS)]++;
        for (unsigned e = 0; e < w->count && total > 0; e++) {
            bool serves = stats_at(w->pool, e, w->now).keys_alive > 0;
            double due = serves ? (double)PICKS * w->endpoints[e].weight / total : 0;
            assert_true(served[e] >= due * 0.95 - 1 && served[e] <= due * 1.05 + 1);
        }
        dg_pool_free(w->pool);
    }
    dg_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worlds),
        cmocka_unit_test(shares_come_back),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
