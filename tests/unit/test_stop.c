/* SPDX-License-Identifier: MIT
 *
 * base/stop: requests are counted and wake whoever waits.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/stop.h"

static bool readable(void)
{
    struct pollfd p = { .fd = dg_stop_fd(), .events = POLLIN };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* One story: the module has one state for the whole program. */
static void from_start_to_second_request(void **state)
{
    struct dg_error err;

    (void)state;
    assert_int_equal(dg_stop_fd(), -1);
    dg_stop_quiet();
    assert_true(dg_stop_init(&err));
    int fd = dg_stop_fd();
    assert_true(fd >= 0);
    assert_true(dg_stop_init(&err));
    assert_int_equal(dg_stop_fd(), fd);
    assert_int_equal(dg_stop_count(), 0);
    assert_int_equal(dg_stop_signal(), 0);
    assert_false(readable());

    errno = EBUSY;
    dg_stop_request(SIGTERM);
    assert_int_equal(errno, EBUSY);
    assert_int_equal(dg_stop_count(), 1);
    assert_int_equal(dg_stop_signal(), SIGTERM);
    assert_true(readable());
    dg_stop_quiet();
    assert_false(readable());
    assert_int_equal(dg_stop_count(), 1);

    dg_stop_request(SIGINT);
    assert_int_equal(dg_stop_count(), 2);
    assert_int_equal(dg_stop_signal(), SIGTERM);
    assert_true(readable());
}

static void from_a_signal_handler(void **state)
{
    int before = dg_stop_count();
    struct sigaction action = { .sa_handler = dg_stop_request };

    (void)state;
    dg_stop_quiet();
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    assert_int_equal(dg_stop_count(), before + 2);
    assert_true(readable());
    dg_stop_quiet();
    assert_false(readable());
}

/* The descriptor's counter is full: no matter, it is readable already. */
static void errno_survives_a_failed_write(void **state)
{
    uint64_t most = UINT64_MAX - 1;

    (void)state;
    dg_stop_quiet();
    assert_int_equal(write(dg_stop_fd(), &most, sizeof(most)), sizeof(most));
    errno = EBUSY;
    int before = dg_stop_count();
    dg_stop_request(SIGTERM);
    assert_int_equal(errno, EBUSY);
    assert_int_equal(dg_stop_count(), before + 1);
    assert_true(readable());
    dg_stop_quiet();
    assert_false(readable());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_start_to_second_request),
        cmocka_unit_test(from_a_signal_handler),
        cmocka_unit_test(errno_survives_a_failed_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
