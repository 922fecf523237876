/* SPDX-License-Identifier: MIT
 *
 * base/lock: one holder at a time, named to the others, free when it has gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lock.h"
#include "scratch.h"

static void one_at_a_time(void **state)
{
    struct scratch s;
    struct dg_error err = { 0 };
    char path[256], wanted[512];
    (void)state;
    scratch_make(&s);
    snprintf(path, sizeof path, "%s/lock", s.dir);
    int fd = dg_lock_take(path, &err);
    assert_true(fd >= 0);
    assert_int_equal(dg_lock_take(path, &err), -1);
    assert_int_equal(err.kind, DG_KIND_CONFIG);
    assert_string_equal(err.code, "locked");
    snprintf(wanted, sizeof wanted, "%s: held by process %ld; one run at a time", path,
             (long)getpid());
    assert_string_equal(err.message, wanted);
    close(fd);
    fd = dg_lock_take(path, &err);
    assert_true(fd >= 0);
    close(fd);
    scratch_remove(&s);
}

static void goes_with_its_holder(void **state)
{
    struct scratch s;
    struct dg_error err = { 0 };
    char path[256];
    int status;
    (void)state;
    scratch_make(&s);
    snprintf(path, sizeof path, "%s/lock", s.dir);
    pid_t child = fork();
    if (child == 0)
        _exit(dg_lock_take(path, &err) < 0); /* never closed */
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    int fd = dg_lock_take(path, &err);
    assert_true(fd >= 0);
    close(fd);
    scratch_remove(&s);
}

/* One whose number is not known here, as in another container, is not waited for
 * without end. */
static void a_holder_out_of_sight_is_named(void **state)
{
    struct scratch s;
    struct dg_error err = { 0 };
    char path[256];
    static const char word[] = "process 2147483647\n";
    (void)state;
    scratch_make(&s);
    snprintf(path, sizeof path, "%s/lock", s.dir);
    int fd = dg_lock_take(path, &err);
    assert_int_equal(pwrite(fd, word, sizeof word - 1, 0), sizeof word - 1);
    alarm(60);
    assert_int_equal(dg_lock_take(path, &err), -1);
    alarm(0);
    assert_string_equal(err.code, "locked");
    assert_non_null(strstr(err.message, "held by process 2147483647;"));
    close(fd);
    scratch_remove(&s);
}

static void a_removed_file_locks_nobody_out(void **state)
{
    struct scratch s;
    struct dg_error err = { 0 };
    char path[256];
    (void)state;
    scratch_make(&s);
    snprintf(path, sizeof path, "%s/lock", s.dir);
    int first = dg_lock_take(path, &err);
    assert_int_equal(unlink(path), 0);
    int second = dg_lock_take(path, &err);
    assert_true(second >= 0);
    assert_int_equal(dg_lock_take(path, &err), -1);
    close(first);
    assert_int_equal(dg_lock_take(path, &err), -1);
    close(second);
    scratch_remove(&s);
}

static void says_why_not(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    assert_int_equal(dg_lock_take("/nonexistent/lock", &err), -1);
    assert_int_equal(err.kind, DG_KIND_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(goes_with_its_holder),
        cmocka_unit_test(a_holder_out_of_sight_is_named),
        cmocka_unit_test(a_removed_file_locks_nobody_out),
        cmocka_unit_test(says_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
