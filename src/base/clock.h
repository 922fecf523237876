/* SPDX-License-Identifier: MIT
 *
 * The one owner of the clocks.  Durations use CLOCK_BOOTTIME, which goes on
 * while a laptop sleeps and never jumps; only log lines and names use the
 * calendar.
 */
#ifndef DG_BASE_CLOCK_H
#define DG_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t dg_msec; /* milliseconds, a moment or a span */

dg_msec dg_clock_now(void);  /* since boot, monotonic */
dg_msec dg_clock_wall(void); /* since 1970, UTC */

enum { DG_STAMP_BYTES = 32 };

/* "2026-11-23T18:40:00.123Z" */
void dg_clock_stamp(dg_msec wall, char stamp[DG_STAMP_BYTES]);

#endif
