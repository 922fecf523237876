/* SPDX-License-Identifier: MIT
 *
 * core/board: numbers by name, and what each worker is at, as other processes see it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/board.h"

static struct dg_board *board(void)
{
    static const char *const names[] = { "active", "halted" };
    struct dg_error err;
    struct dg_board *b = dg_board_new(names, 2, &err);
    assert_non_null(b);
    return b;
}

static void numbers_have_names(void **state)
{
    struct dg_board *b = board();
    (void)state;
    assert_int_equal(dg_board_find(b, "halted"), 1);
    assert_int_equal(dg_board_find(b, "other"), -1);
    assert_int_equal(dg_board_add(b, 0, 5), 5);
    assert_int_equal(dg_board_add(b, 0, -2), 3);
    assert_false(dg_board_swap(b, 0, 5, 7));
    assert_true(dg_board_swap(b, 0, 3, 7));
    assert_int_equal(dg_board_get(b, 0), 7);
    dg_board_set(b, 1, INT64_MIN);
    assert_int_equal(dg_board_get(b, 1), INT64_MIN);
    dg_board_free(b);
}

static void assert_at(struct dg_board *b, unsigned worker, struct dg_board_work expected)
{
    struct dg_board_work work = dg_board_under_way(b, worker);
    assert_int_equal(work.position, expected.position);
    assert_int_equal(work.hook, expected.hook);
    assert_int_equal(work.since, expected.since);
}

static void each_worker_is_at_its_own(void **state)
{
    struct dg_board *b = board();
    const unsigned last = DG_BOARD_WORKERS - 1;
    const struct dg_board_work none = { .position = -1 }, first = { 0, 4, 1000 },
                               other = { INT64_MAX - 1, 0, 1 };
    (void)state;
    assert_at(b, 0, none);
    dg_board_at(b, 0, &first);
    dg_board_at(b, last, &other);
    assert_at(b, 0, first);
    assert_at(b, 1, none);
    assert_at(b, last, other);
    dg_board_at(b, 0, &none);
    assert_at(b, 0, none);
    assert_at(b, last, other);
    dg_board_free(b);
}

static void the_dead_are_still_seen(void **state)
{
    struct dg_board *b = board();
    const struct dg_board_work work = { 7, 2, 12345 };
    int status;
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        dg_board_at(b, 3, &work);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_at(b, 3, work);
    dg_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_names),
        cmocka_unit_test(each_worker_is_at_its_own),
        cmocka_unit_test(the_dead_are_still_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
