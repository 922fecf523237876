/* SPDX-License-Identifier: MIT
 *
 * base/random over a getrandom(2) of this file's own, which is interrupted,
 * gives little at a time, or refuses; and what comes of a refusal.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/random.h"
#include "core/multipart.h"

enum { MOST = 64 };

static size_t piece;       /* the bytes one call gives at most; 0: the kernel's own */
static int refusal;        /* the errno of every call, 0: none */
static unsigned interrupt; /* every so many calls EINTR; 0: never */
static unsigned calls;     /* so far */
static uint8_t last;       /* byte given out; the next is one more */

ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    uint8_t *at = bytes;
    size_t n = size < piece ? size : piece;

    if (piece == 0) /* libraries that start or end ask, too */
        return syscall(SYS_getrandom, bytes, size, flags);
    assert_int_equal(flags, 0);
    calls++;
    if (refusal || (interrupt && calls % interrupt == 0)) {
        errno = refusal ? refusal : EINTR;
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        at[i] = ++last;
    return (ssize_t)n;
}

static int as_the_kernel(void **state)
{
    (void)state;
    piece = 0;
    return 0;
}

static void behave(size_t piece_bytes, unsigned interrupt_every, int number)
{
    piece = piece_bytes;
    interrupt = interrupt_every;
    refusal = number;
    calls = 0;
    last = 0;
}

/* Each byte once, in its place, and none behind the last. */
static void every_byte_and_no_other(void **state)
{
    static const unsigned interrupts[] = { 0, 2, 3 };

    (void)state;
    for (size_t size = 0; size <= MOST; size++) {
        for (size_t k = 0; k < 3 * 3; k++) {
            uint8_t bytes[MOST + 1] = { 0 };
            behave(1 + k % 3 * 40, interrupts[k / 3], 0);
            assert_true(dg_random(bytes, size));
            for (size_t i = 0; i <= MOST; i++)
                assert_int_equal(bytes[i], i < size ? i + 1 : 0);
        }
    }
}

static void a_refusal_is_told(void **state)
{
    uint8_t bytes[MOST];

    (void)state;
    behave(MOST, 0, ENOSYS);
    assert_false(dg_random(bytes, sizeof(bytes)));
    assert_int_equal(errno, ENOSYS);
    assert_int_equal(calls, 1);
}

static void no_form_without_a_boundary(void **state)
{
    struct dg_error err;

    (void)state;
    behave(MOST, 0, EPERM);
    assert_null(dg_multipart_new(&err));
    assert_string_equal(err.code, "random");
    assert_non_null(strstr(err.message, strerror(EPERM)));
}

static void no_temporary_file_without_a_number(void **state)
{
    struct dg_buffer path;
    struct dg_error err;

    (void)state;
    behave(MOST, 0, ENOSYS);
    dg_buffer_init(&path, 1000);
    assert_int_equal(dg_file_temp("/tmp", "stem", &path, &err), -1);
    assert_non_null(strstr(err.message, "/tmp: cannot create: "));
    assert_non_null(strstr(err.message, strerror(ENOSYS)));
    assert_int_equal(calls, 1);
    dg_buffer_done(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_and_no_other),
        cmocka_unit_test(a_refusal_is_told),
        cmocka_unit_test(no_form_without_a_boundary),
        cmocka_unit_test(no_temporary_file_without_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, as_the_kernel);
}
