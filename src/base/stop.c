/* SPDX-License-Identifier: MIT
 *
 * The stop request.  Leans on error, shared and POSIX.  Lock-free atomics, since two
 * signals may interrupt each other's handlers.
 */
#include "base/stop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/shared.h"

struct asked {
    atomic_int requests;     /* so far, by whichever process got the signals */
    atomic_int first_signal; /* 0: none */
};

static struct asked alone;           /* before init */
static struct asked *asked = &alone; /* shared from then on */
static int channels[DG_STOP_CHANNELS];
static atomic_uint channel_count;
static unsigned own;

static bool add_channel(struct dg_error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return dg_error_set(err, DG_KIND_FILE, "eventfd", "cannot make an event descriptor: %s",
                            strerror(errno));
    channels[channel_count] = fd;
    channel_count++; /* a handler sees whole entries only */
    return true;
}

bool dg_stop_init(struct dg_error *err)
{
    if (asked != &alone)
        return true;
    struct asked *shared = dg_shared_new(sizeof *shared);
    if (!shared)
        return dg_error_set(err, DG_KIND_FILE, "memory",
                            "there is no memory that processes can share");
    asked = shared;
    return add_channel(err);
}

bool dg_stop_channels(unsigned count, struct dg_error *err)
{
    while (channel_count < count + 1 && channel_count < DG_STOP_CHANNELS)
        if (!add_channel(err))
            return false;
    return true;
}

void dg_stop_use(unsigned channel)
{
    own = channel;
}

/* A write can only fail when the counter is full, so readable already. */
void dg_stop_wake(void)
{
    int saved_errno = errno;
    uint64_t one = 1;
    for (unsigned k = 0; k < channel_count; k++)
        if (write(channels[k], &one, sizeof one) < 0)
            errno = 0;
    errno = saved_errno;
}

void dg_stop_request(int signal_number)
{
    if (atomic_fetch_add(&asked->requests, 1) == 0)
        asked->first_signal = signal_number;
    dg_stop_wake();
}

int dg_stop_count(void)
{
    return asked->requests;
}

int dg_stop_signal(void)
{
    return asked->first_signal;
}

int dg_stop_fd(void)
{
    return own < channel_count ? channels[own] : -1;
}

void dg_stop_quiet(void)
{
    uint64_t count;
    while (own < channel_count && read(channels[own], &count, sizeof count) > 0)
        continue;
}
