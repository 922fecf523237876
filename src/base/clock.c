/* SPDX-License-Identifier: MIT
 *
 * The clocks.  Leans on POSIX only.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static dg_msec read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (dg_msec)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

dg_msec dg_clock_now(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

dg_msec dg_clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

void dg_clock_stamp(dg_msec wall, char stamp[DG_STAMP_BYTES])
{
    time_t seconds = (time_t)(wall / 1000);
    int rest_ms = (int)(wall % 1000);
    struct tm tm;
    char day[DG_STAMP_BYTES - 8];

    if (rest_ms < 0) {
        rest_ms += 1000;
        seconds--;
    }
    if (!gmtime_r(&seconds, &tm) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
        snprintf(day, sizeof(day), "0000-00-00T00:00:00");
    snprintf(stamp, DG_STAMP_BYTES, "%s.%03uZ", day, (unsigned)rest_ms % 1000);
}
