/* SPDX-License-Identifier: MIT
 *
 * base/owner: a process is itself, whatever its number.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/owner.h"

static void lives(void **state)
{
    struct dg_owner me = dg_owner_of((uint32_t)getpid());
    (void)state;
    assert_int_equal(me.pid, getpid());
    assert_true(me.started > 0);
    assert_true(dg_owner_alive(&me));
    assert_int_equal(dg_owner_of((uint32_t)getpid()).started, me.started);
}

static void nobody_and_the_unknown_live(void **state)
{
    struct dg_owner nobody = dg_owner_of(0);
    struct dg_owner unknown = { .pid = (uint32_t)getpid() };
    (void)state;
    assert_int_equal(nobody.pid, 0);
    assert_true(dg_owner_alive(&nobody));
    assert_true(dg_owner_alive(&unknown));
}

static void another_of_the_same_number_is_another(void **state)
{
    struct dg_owner me = dg_owner_of((uint32_t)getpid());
    (void)state;
    me.started++;
    assert_false(dg_owner_alive(&me));
}

static void ends(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    struct dg_owner o = dg_owner_of((uint32_t)child);
    assert_true(o.started > 0);
    assert_true(dg_owner_alive(&o));
    siginfo_t info;
    kill(child, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_false(dg_owner_alive(&o)); /* a zombie */
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(dg_owner_alive(&o));
    assert_int_equal(dg_owner_of((uint32_t)child).started, o.started); /* remembered */
}

/* A name like the rest of the line. */
static void a_name_confuses_nobody(void **state)
{
    (void)state;
    struct dg_owner me = dg_owner_of((uint32_t)getpid());
    prctl(PR_SET_NAME, "a) Z (1 2 3)");
    assert_true(dg_owner_alive(&me));
    dg_owner_of(1); /* forget */
    assert_int_equal(dg_owner_of((uint32_t)getpid()).started, me.started);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives),
        cmocka_unit_test(nobody_and_the_unknown_live),
        cmocka_unit_test(another_of_the_same_number_is_another),
        cmocka_unit_test(ends),
        cmocka_unit_test(a_name_confuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
