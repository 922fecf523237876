/* SPDX-License-Identifier: MIT
 *
 * base/shared: memory that forked processes see together, and a lock that
 * outlives its holder.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/shared.h"

enum { PROCESSES = 4, ROUNDS = 20000, KILLED = 8 };

struct place {
    struct dg_mutex mutex; /* guards what follows */
    int sum;               /* counted up by everybody */
};

static struct place *make_place(void)
{
    struct place *p = dg_shared_new(sizeof *p);
    assert_non_null(p);
    assert_int_equal(p->sum, 0);
    dg_mutex_init(&p->mutex);
    return p;
}

static void count_up(struct place *p, int times)
{
    for (int k = 0; k < times; k++) {
        dg_mutex_lock(&p->mutex);
        p->sum++;
        dg_mutex_unlock(&p->mutex);
    }
}

static void one_at_a_time_across_processes(void **state)
{
    struct place *p = make_place();
    int status;
    (void)state;
    for (int k = 0; k < PROCESSES; k++) {
        pid_t child = fork();
        if (child == 0) {
            count_up(p, ROUNDS);
            _exit(0);
        }
        assert_true(child > 0);
    }
    while (wait(&status) > 0)
        assert_int_equal(status, 0);
    assert_int_equal(p->sum, PROCESSES * ROUNDS);
    dg_shared_free(p, sizeof *p);
}

/* Returns when the child holds the lock; it never gives it back. */
static pid_t start_holder(struct place *p)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dg_mutex_lock(&p->mutex);
        p->sum++;
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void a_killed_holder_gives_the_lock_up(void **state)
{
    struct place *p = make_place();
    int status;
    (void)state;
    for (int k = 0; k < KILLED; k++) {
        pid_t child = start_holder(p);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    count_up(p, 2); /* once as the heir, once as anybody */
    assert_int_equal(p->sum, KILLED + 2);
    dg_shared_free(p, sizeof *p);
}

/* Who waits already when the holder dies has it too. */
static void a_waiting_process_inherits(void **state)
{
    struct place *p = make_place();
    int status;
    (void)state;
    pid_t holder = start_holder(p);
    pid_t waiting = fork();
    if (waiting == 0) {
        count_up(p, 1);
        _exit(p->sum != 2);
    }
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(waiting, &status, 0), waiting);
    assert_int_equal(status, 0);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    dg_shared_free(p, sizeof *p);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    assert_null(dg_shared_new(SIZE_MAX / 2));
    dg_shared_free(NULL, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time_across_processes),
        cmocka_unit_test(a_killed_holder_gives_the_lock_up),
        cmocka_unit_test(a_waiting_process_inherits),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
