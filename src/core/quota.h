/* SPDX-License-Identifier: MIT
 *
 * What a limit's window may hold, as a pool is told it and a limiter keeps it.
 */
#ifndef DG_CORE_QUOTA_H
#define DG_CORE_QUOTA_H

#include <stdint.h>

/* 0: no limit. */
struct dg_quota {
    unsigned requests; /* that start in it */
    unsigned images;   /* that they ask for */
    uint64_t tokens;   /* that they take */
};

#endif
