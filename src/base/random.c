/* SPDX-License-Identifier: MIT
 *
 * The kernel's generator.  Leans on getrandom(2) alone.
 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

bool dg_random(void *bytes, size_t size)
{
    char *at = bytes;

    while (size > 0) {
        ssize_t n = getrandom(at, size, 0);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
    return true;
}
