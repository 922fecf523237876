/* SPDX-License-Identifier: MIT
 *
 * core/limiter among processes that are killed at any instruction, with the lock
 * and without; what they left open counts from then.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "limiter_sound.h"
#include "limiter_world.h"

enum { LIMIT = 50, SLOTS = 64, KEYS = 4, WINDOW = 100, PROCESSES = 3, KILLS = 300 };

/* What the processes of one test share. */
struct crowd {
    struct dg_limiter *l; /* of KEYS meters */
    _Atomic int64_t now;  /* the clock, stepped by everybody */
    _Atomic int over;     /* times that more than LIMIT counted */
    _Atomic int taken;    /* slots granted */
};

static struct crowd *open_crowd(void)
{
    struct crowd *c = dg_shared_new(sizeof *c);
    assert_non_null(c);
    c->l = make_limiter(KEYS, SLOTS);
    return c;
}

static void close_crowd(struct crowd *c)
{
    free_limiter(c->l, KEYS, SLOTS);
    dg_shared_free(c, sizeof *c);
}

static struct dg_take take_of(const struct dg_cap *cap, uint64_t *seed)
{
    return (struct dg_take){ .caps = cap,
                             .cap_count = 1,
                             .meter = (unsigned)(next_number(seed) % KEYS),
                             .load = { 2, next_number(seed) % 100 },
                             .window_ms = WINDOW,
                             .guard_ms = 5,
                             .owner = (uint32_t)getpid() };
}

/* Takes and ends slots for ever. */
static _Noreturn void hammer(struct crowd *c, uint64_t seed)
{
    struct dg_cap cap = cap_of(0, KEYS, LIMIT);
    uint64_t held = 0, slot;
    for (;;) {
        struct dg_take t = take_of(&cap, &seed);
        dg_msec now = c->now += (int64_t)(next_number(&seed) % 3);
        if (dg_limiter_take(c->l, &t, now, &slot) == 0) {
            c->taken++;
            dg_limiter_weigh(c->l, slot, next_number(&seed) % 200);
            dg_limiter_sent(c->l, held, now); /* the one before: one stays open */
            if (next_number(&seed) % 8 == 0)
                dg_limiter_unsent(c->l, slot);
            held = slot;
        }
        c->over += used_of(c->l, &cap, now).requests > LIMIT;
    }
}

static pid_t start(struct crowd *c, uint64_t seed)
{
    pid_t child = fork();
    if (child == 0)
        hammer(c, seed);
    assert_true(child > 0);
    return child;
}

static void end(pid_t child)
{
    int status;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Waits until somebody took more; how many doings later the kill comes is chance. */
static void await_takes(struct crowd *c, uint64_t *seed)
{
    int least = c->taken + 1 + (int)(next_number(seed) % 3);
    while (c->taken < least)
        sched_yield();
    for (uint64_t k = next_number(seed) % 4000; k > 0; k--)
        atomic_signal_fence(memory_order_seq_cst);
}

/* A thread that inherits the lock dies with it, too: the next one is told. */
static void *inherit(void *limiter)
{
    struct dg_limiter *l = limiter;
    if (pthread_mutex_trylock(&l->mutex.raw) == EOWNERDEAD)
        return limiter;
    pthread_mutex_unlock(&l->mutex.raw);
    return NULL;
}

static bool died_with_the_lock(struct dg_limiter *l)
{
    pthread_t thread;
    void *inherited;
    assert_int_equal(pthread_create(&thread, NULL, inherit, l), 0);
    assert_int_equal(pthread_join(thread, &inherited), 0);
    return inherited != NULL;
}

/* All that is open is of the dead: it counts from now, and then it is over. */
static void assert_all_ends(struct crowd *c)
{
    struct dg_cap cap = cap_of(0, KEYS, LIMIT);
    uint64_t seed = 1, slot;
    struct dg_take t = take_of(&cap, &seed);
    dg_msec now = c->now + WINDOW;
    assert_sound(c->l);
    dg_limiter_bury(c->l, now);
    assert_int_equal(c->l->lists[DG_SLOT_OPEN].count, 0);
    assert_int_equal(used_of(c->l, &cap, now + WINDOW + 5).requests, 0);
    for (int k = 0; k < LIMIT; k++)
        assert_int_equal(dg_limiter_take(c->l, &t, now + 2 * WINDOW, &slot), 0);
    assert_true(dg_limiter_take(c->l, &t, now + 2 * WINDOW, &slot) > 0);
    assert_sound(c->l);
}

static void any_may_be_killed_at_any_time(void **state)
{
    struct crowd *c = open_crowd();
    pid_t children[PROCESSES];
    uint64_t seed = 11;
    (void)state;
    for (unsigned k = 0; k < PROCESSES; k++)
        children[k] = start(c, k);
    for (unsigned k = 0; k < KILLS; k++) {
        unsigned victim = k % PROCESSES;
        await_takes(c, &seed);
        end(children[victim]);
        children[victim] = start(c, 100 + k);
        if (k % 16 == 0)
            assert_sound(c->l);
    }
    for (unsigned k = 0; k < PROCESSES; k++)
        end(children[k]);
    assert_int_equal(c->over, 0);
    assert_all_ends(c);
    close_crowd(c);
}

/* One at a time, so that nobody else mends what it left. */
static void killed_with_the_lock(void **state)
{
    enum { LEAST = 20, MOST_KILLS = 5000 };
    struct crowd *c = open_crowd();
    uint64_t seed = 5;
    int hits = 0;
    (void)state;
    for (unsigned k = 0; hits < LEAST && k < MOST_KILLS; k++) {
        pid_t child = start(c, k);
        await_takes(c, &seed);
        end(child);
        hits += died_with_the_lock(c->l);
        assert_sound(c->l);
    }
    assert_int_equal(hits, LEAST);
    assert_int_equal(c->over, 0);
    assert_all_ends(c);
    close_crowd(c);
}

/* What a killed process had open is found by who is refused, and counts from then. */
static void the_dead_are_found(void **state)
{
    struct crowd *c = open_crowd();
    struct dg_cap cap = cap_of(0, KEYS, 1);
    uint64_t seed = 1, slot;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct dg_take own = take_of(&cap, &seed);
        c->taken += dg_limiter_take(c->l, &own, 0, &slot) == 0;
        for (;;)
            pause();
    }
    while (c->taken == 0)
        sched_yield();
    struct dg_take t = take_of(&cap, &seed);
    assert_int_equal(dg_limiter_take(c->l, &t, 5000, &slot), DG_LIMITER_LOOK_MS);
    end(child);
    assert_int_equal(dg_limiter_take(c->l, &t, 5999, &slot), DG_LIMITER_LOOK_MS);
    assert_int_equal(dg_limiter_take(c->l, &t, 6000, &slot), WINDOW + 5);
    assert_int_equal(dg_limiter_take(c->l, &t, 6000 + WINDOW + 5, &slot), 0);
    dg_limiter_bury(c->l, 9000);
    assert_int_equal(c->l->lists[DG_SLOT_OPEN].count, 1); /* one's own is alive */
    close_crowd(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_may_be_killed_at_any_time),
        cmocka_unit_test(killed_with_the_lock),
        cmocka_unit_test(the_dead_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
