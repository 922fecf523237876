/* SPDX-License-Identifier: MIT
 *
 * core/claims: every name once, whichever process takes it and whenever that dies.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/shared.h"
#include "core/claims.h"

enum { MANY = 50000, KILLS = 40, STEP = 500 };

static struct dg_claims *claims(size_t names)
{
    struct dg_error err;
    struct dg_claims *c = dg_claims_new(names, &err);
    assert_non_null(c);
    return c;
}

static void a_row_may_take_its_own_again(void **state)
{
    struct dg_claims *c = claims(10);
    (void)state;
    assert_true(dg_claims_take(c, 7, 3));
    assert_true(dg_claims_take(c, 7, 3));
    assert_false(dg_claims_take(c, 7, 4));
    assert_true(dg_claims_take(c, 8, -1));
    assert_false(dg_claims_take(c, 8, -1));
    assert_true(dg_claims_take(c, 0, 5));
    assert_false(dg_claims_take(c, 0, 6));
    dg_claims_free(c);
}

static void there_is_room_for_so_many(void **state)
{
    struct dg_claims *c = claims(MANY);
    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        assert_true(dg_claims_take(c, i << 32, (int64_t)i));
    assert_false(dg_claims_take(c, 1, MANY));
    for (uint64_t i = 0; i < MANY; i++) {
        assert_true(dg_claims_take(c, i << 32, (int64_t)i));
        assert_false(dg_claims_take(c, i << 32, MANY));
    }
    dg_claims_free(c);
}

/* Takes names from *next on for a row of its own, and says how far it is. */
static void take_all(struct dg_claims *c, _Atomic uint64_t *next)
{
    for (;;) {
        uint64_t number = *next;
        dg_claims_take(c, number, 1);
        *next = number + 1;
    }
}

static void kill_one(struct dg_claims *c, _Atomic uint64_t *next)
{
    uint64_t enough = *next + STEP;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        take_all(c, next);
    while (*next < enough)
        continue;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void none_is_lost_with_its_process(void **state)
{
    struct dg_claims *c = claims(1 << 24);
    _Atomic uint64_t *next = dg_shared_new(sizeof *next);
    (void)state;
    assert_non_null(next);
    for (int k = 0; k < KILLS; k++) {
        kill_one(c, next);
        assert_true(dg_claims_take(c, *next, 1)); /* taken by then or not */
        (*next)++;
    }
    for (uint64_t i = 0; i < *next; i++)
        assert_false(dg_claims_take(c, i, 2));
    for (uint64_t i = *next; i < *next + MANY; i++)
        assert_true(dg_claims_take(c, i, 2));
    dg_shared_free(next, sizeof *next);
    dg_claims_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_may_take_its_own_again),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(none_is_lost_with_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
