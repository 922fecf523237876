/* SPDX-License-Identifier: MIT
 *
 * The stop request.  Leans on error and POSIX.  Lock-free atomics, since two
 * signals may interrupt each other's handlers.
 */
#include "base/stop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_int requests;
static atomic_int first_signal;
static atomic_int event_fd = -1;

bool dg_stop_init(struct dg_error *err)
{
    if (event_fd >= 0)
        return true;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return dg_error_set(err, DG_KIND_FILE, "eventfd", "cannot make an event descriptor: %s",
                            strerror(errno));
    event_fd = fd;
    return true;
}

void dg_stop_wake(void)
{
    int saved_errno = errno;
    uint64_t one = 1;

    /* It can only fail when the counter is full, so readable already. */
    if (event_fd >= 0 && write(event_fd, &one, sizeof(one)) < 0)
        errno = 0;
    errno = saved_errno;
}

void dg_stop_request(int signal_number)
{
    if (atomic_fetch_add(&requests, 1) == 0)
        first_signal = signal_number;
    dg_stop_wake();
}

int dg_stop_count(void)
{
    return requests;
}

int dg_stop_signal(void)
{
    return first_signal;
}

int dg_stop_fd(void)
{
    return event_fd;
}

void dg_stop_quiet(void)
{
    uint64_t count;

    while (event_fd >= 0 && read(event_fd, &count, sizeof(count)) > 0)
        continue;
}
