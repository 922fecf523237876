/* SPDX-License-Identifier: MIT
 *
 * A connection costs a client up to three open files and the server one; the soft
 * limit of 1,024 is too low for thousands.
 */
#ifndef DG_BENCH_MANY_FILES_H
#define DG_BENCH_MANY_FILES_H

#include <sys/resource.h>

static inline void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

#endif
