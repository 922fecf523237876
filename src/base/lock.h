/* SPDX-License-Identifier: MIT
 *
 * A folder's owner: a lock file that one process at a time holds (flock), with
 * the holder's process number in it.  It goes with its holder, however that ends.
 */
#ifndef DG_BASE_LOCK_H
#define DG_BASE_LOCK_H

#include <stdbool.h>

#include "base/error.h"

/* Makes and locks `path`; returns the descriptor to close, or -1: kind config,
 * code "locked", if another process holds it, else kind file.  Where the holder
 * is dead and a child of it still has the lock, that is waited for, 2 s at most. */
int dg_lock_take(const char *path, struct dg_error *err);

/* Whether some process holds it now. */
bool dg_lock_held(const char *path);

#endif
