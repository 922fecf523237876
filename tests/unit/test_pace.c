/* SPDX-License-Identifier: MIT
 *
 * core/pace: tables, and servers of a known capacity in simulated time.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/pace.h"

static void starts_and_stays_within(void **state)
{
    static const unsigned cases[][3] = {
        /* least, most, start */
        { 1, 256, 8 }, { 1, 4, 4 }, { 20, 30, 20 }, { 0, 0, 1 }, { 9, 3, 3 },
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct dg_pace p;
        dg_pace_init(&p, cases[k][0], cases[k][1]);
        assert_int_equal(dg_pace_width(&p), cases[k][2]);
        for (int n = 0; n < 1000; n++)
            dg_pace_ended(&p, false, 100, dg_pace_width(&p), n);
        assert_int_equal(dg_pace_width(&p), cases[k][1] > 0 ? cases[k][1] : 1);
        for (int n = 0; n < 100; n++)
            dg_pace_ended(&p, true, -1, dg_pace_width(&p), 10000 + 1000 * n);
        assert_int_equal(dg_pace_width(&p), p.least);
    }
}

static void unused_width_does_not_grow(void **state)
{
    struct dg_pace p;
    (void)state;
    dg_pace_init(&p, 1, 256);
    for (int n = 0; n < 1000; n++)
        dg_pace_ended(&p, false, 100, 5, n);
    assert_int_equal(dg_pace_width(&p), 8);
    for (int n = 0; n < 1000; n++)
        dg_pace_ended(&p, false, -1, 8, n); /* failed, and says nothing */
    assert_int_equal(dg_pace_width(&p), 8);
    dg_pace_ended(&p, false, 100, 7, 1000);
    dg_pace_ended(&p, false, 100, 8, 1000);
    assert_int_equal(dg_pace_width(&p), 10);
}

static void one_cut_a_latency(void **state)
{
    struct dg_pace p;
    (void)state;
    dg_pace_init(&p, 1, 256);
    for (int n = 0; n < 92; n++)
        dg_pace_ended(&p, false, 20000, dg_pace_width(&p), 0);
    assert_int_equal(dg_pace_width(&p), 100);
    for (int n = 0; n < 50; n++)
        dg_pace_ended(&p, true, -1, 100, 5000);
    assert_int_equal(dg_pace_width(&p), 70);
    dg_pace_ended(&p, true, -1, 100, 5000 + 19000);
    assert_int_equal(dg_pace_width(&p), 70);
    dg_pace_ended(&p, true, -1, 50, 5000 + 20010); /* only 50 of the 70 were used */
    assert_int_equal(dg_pace_width(&p), 35);
}

/* A server for `capacity` requests at once.  What is above waits its turn, or is
 * refused in 50 ms.  Latencies are even between `from` and 5 times that. */
enum { MOST = 256, REFUSED_MS = 50 };

struct request {
    dg_msec sent; /* when */
    dg_msec ends; /* when it is answered, INT64_MAX: it waits for its turn */
    bool refused; /* as one too many */
};

struct server {
    struct dg_pace p;            /* what is tested */
    struct request flying[MOST]; /* in the order sent */
    unsigned count;              /* of them */
    unsigned busy;               /* of these, being served */
    unsigned waiting;            /* and these wait for that */
    unsigned capacity;           /* at once */
    bool refuses;                /* what is above, else it waits */
    dg_msec from;                /* the shortest latency */
    dg_msec now;                 /* the clock */
    uint64_t seed;               /* of all that is random */
    double widths, inside;       /* sums over answers: width; of it, within capacity */
    unsigned answers;            /* how many */
    unsigned highest;            /* width seen */
};

static double chance(struct server *s)
{
    s->seed = s->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (double)(s->seed >> 33) / (double)(UINT64_C(1) << 31);
}

static void serve_waiting(struct server *s)
{
    for (unsigned k = 0; k < s->count && s->waiting > 0 && s->busy < s->capacity; k++) {
        if (s->flying[k].ends != INT64_MAX)
            continue;
        s->flying[k].ends = s->now + (dg_msec)((double)s->from * (1 + 4 * chance(s)));
        s->waiting--;
        s->busy++;
    }
}

static void send_all(struct server *s)
{
    while (s->count < dg_pace_width(&s->p)) {
        bool refused = s->refuses && s->busy >= s->capacity;
        s->flying[s->count++] =
            (struct request){ s->now, refused ? s->now + REFUSED_MS : INT64_MAX, refused };
        s->waiting += !refused;
        serve_waiting(s);
    }
}

/* The next answer. */
static void step(struct server *s)
{
    unsigned next = 0;
    for (unsigned k = 1; k < s->count; k++)
        if (s->flying[k].ends < s->flying[next].ends)
            next = k;
    struct request r = s->flying[next];
    s->now = r.ends;
    dg_pace_ended(&s->p, r.refused, r.refused ? -1 : r.ends - r.sent, s->count, s->now);
    s->count--;
    s->busy -= !r.refused;
    memmove(&s->flying[next], &s->flying[next + 1], (s->count - next) * sizeof r);
    serve_waiting(s);
}

/* Runs for so many served latencies; figures of that time in the sums. */
static void run(struct server *s, unsigned periods)
{
    dg_msec until = s->now + (dg_msec)periods * 3 * s->from, before;
    s->widths = s->inside = 0;
    s->highest = 0;
    dg_msec start = s->now;
    while (s->now < until) {
        send_all(s);
        unsigned width = dg_pace_width(&s->p);
        unsigned busy = s->busy;
        before = s->now;
        step(s);
        s->widths += (double)width * (double)(s->now - before);
        s->inside += (double)busy * (double)(s->now - before);
        s->highest = width > s->highest ? width : s->highest;
    }
    s->widths /= (double)(s->now - start);
    s->inside /= (double)(s->now - start) * s->capacity;
    if (getenv("DG_PACE_TALK")) /* for who tries other numbers */
        fprintf(stderr, "capacity %u %s: width %.1f, highest %u, used %.3f\n", s->capacity,
                s->refuses ? "refuses" : "queues", s->widths, s->highest, s->inside);
}

static void open_server(struct server *s, unsigned capacity, bool refuses, uint64_t seed)
{
    *s = (struct server){ .capacity = capacity, .refuses = refuses, .from = 10000, .seed = seed };
    dg_pace_init(&s->p, 1, MOST);
}

static void finds_what_a_server_refuses_above(void **state)
{
    static const unsigned capacities[] = { 4, 16, 60, 150 };
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        struct server s;
        open_server(&s, capacities[k], true, k + 1);
        run(&s, 30);
        run(&s, 200);
        assert_true(s.inside > 0.8);
        assert_true(s.widths < 1.15 * capacities[k] + 1);
        s.capacity = capacities[k] * 3 / 2;
        run(&s, 20);
        run(&s, 100);
        assert_true(s.inside > 0.8);
        s.capacity = (capacities[k] + 1) / 2;
        run(&s, 20);
        run(&s, 100);
        assert_true(s.inside > 0.8);
        assert_true(s.widths < 1.15 * s.capacity + 1);
    }
}

static void finds_where_a_server_queues(void **state)
{
    static const unsigned capacities[] = { 12, 30, 80 };
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct server s;
        open_server(&s, capacities[k], false, k + 11);
        run(&s, 100);
        run(&s, 400);
        assert_true(s.inside > 0.85);
        assert_true(s.widths < 2.25 * capacities[k]);
        s.capacity = capacities[k] * 2;
        run(&s, 60);
        run(&s, 200);
        assert_true(s.inside > 0.85);
        assert_true(s.widths < 2.25 * s.capacity);
    }
}

/* Latencies between one and five times the shortest are no sign of anything. */
static void unsteady_answers_do_not_narrow_it(void **state)
{
    struct server s;
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        open_server(&s, 1000, false, seed);
        run(&s, 20);
        run(&s, 200);
        assert_true(s.widths > 0.9 * MOST);
    }
}

/* Larger pictures take three times as long, for ever: that costs one trial. */
static void slower_work_is_not_a_queue(void **state)
{
    struct server s;
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        open_server(&s, 1000, false, seed);
        run(&s, 20);
        s.from *= 3;
        run(&s, 30);
        run(&s, 100);
        assert_true(s.widths > 0.9 * MOST);
    }
}

static void processes_share_it(void **state)
{
    struct dg_pace *p = dg_shared_new(sizeof *p);
    (void)state;
    dg_pace_init(p, 1, 1000000);
    for (int k = 0; k < 4; k++) {
        pid_t child = fork();
        if (child == 0) {
            for (int n = 0; n < 10000; n++)
                dg_pace_ended(p, false, 100, dg_pace_width(p), n);
            _exit(0);
        }
        assert_true(child > 0);
    }
    for (int k = 0, status; k < 4; k++)
        assert_true(wait(&status) > 0 && status == 0);
    assert_true(dg_pace_width(p) > 4 * 9000 && dg_pace_width(p) <= 8 + 4 * 10000);
    dg_shared_free(p, sizeof *p);
}

static void a_killed_process_harms_nobody(void **state)
{
    struct dg_pace *p = dg_shared_new(sizeof *p);
    (void)state;
    dg_pace_init(p, 1, 64);
    for (int k = 0; k < 50; k++) {
        double before = p->width;
        pid_t child = fork();
        if (child == 0)
            for (int n = 0;; n++)
                dg_pace_ended(p, n % 100 == 0, 100, dg_pace_width(p), n);
        for (int n = 0; n < 100000 && p->width == before; n++)
            atomic_signal_fence(memory_order_seq_cst);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        dg_pace_ended(p, false, 100, 1, 0);
        assert_true(dg_pace_width(p) >= 1 && dg_pace_width(p) <= 64);
    }
    dg_shared_free(p, sizeof *p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_stays_within),
        cmocka_unit_test(unused_width_does_not_grow),
        cmocka_unit_test(one_cut_a_latency),
        cmocka_unit_test(finds_what_a_server_refuses_above),
        cmocka_unit_test(finds_where_a_server_queues),
        cmocka_unit_test(unsteady_answers_do_not_narrow_it),
        cmocka_unit_test(slower_work_is_not_a_queue),
        cmocka_unit_test(processes_share_it),
        cmocka_unit_test(a_killed_process_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
