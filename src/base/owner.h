/* SPDX-License-Identifier: MIT
 *
 * Who owns something in shared memory, and whether it still lives.  A process
 * number may be given out again, so its start time goes with it.
 *
 *     struct dg_owner me = dg_owner_of((uint32_t)getpid());
 *     ...later, in another process...
 *     if (!dg_owner_alive(&me)) ...
 */
#ifndef DG_BASE_OWNER_H
#define DG_BASE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

struct dg_owner {
    uint32_t pid;     /* process number, 0: nobody */
    uint64_t started; /* ticks since boot, 0: unknown */
};

/* The process of this number as it is now.  Cheap for the one this thread asked
 * for last: that is remembered, since who asks for itself does not change. */
struct dg_owner dg_owner_of(uint32_t pid);

/* false: it is gone, is a zombie, or its number belongs to another one now. What
 * cannot be told counts as alive.  Reads /proc, about 10 microseconds. */
bool dg_owner_alive(const struct dg_owner *o);

#endif
