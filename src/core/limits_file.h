/* SPDX-License-Identifier: MIT
 *
 * A limiter that all runs of this user on this machine share: a mapped file in
 * memory (tmpfs or ramfs: a lock word must not outlive a reboot), one for each
 * endpoint.  It stays when the runs have ended, since what they sent still counts.
 *
 *     struct dg_limits_file *f = dg_limits_file_open("/run/user/1000/diffgentor", name, 60, &err);
 *     struct dg_limiter *l = f ? dg_limits_file_limiter(f) : ...private memory, and a warning...
 *     dg_limits_file_close(f);
 *
 * Open it before the first fork: the children share the view, and the run lasts
 * until the last of them has ended.
 */
#ifndef DG_CORE_LIMITS_FILE_H
#define DG_CORE_LIMITS_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "core/limiter.h"

struct dg_limits_file;

enum { DG_LIMITS_SLOTS = 1 << 20 }; /* the most of one file, of all its runs together */

/* Makes the folder (its parent must be there), or finds it made: mode 0700, of
 * this user, no symbolic link, in memory.  Codes: limits_folder. */
bool dg_limits_folder_make(const char *path, struct dg_error *err);

/* Maps the window `name` (hex digits) in `folder`, made if need be,
 * with room for `slots` more requests than those of the other runs that have it open. NULL:
 * limits_folder; limits_file (no file of ours, cut short, of another user or container);
 * limits_version (of another version of this program); limits_busy (another run
 * keeps it locked for 2 s); limits_full (no memory left there, or no room). */
struct dg_limits_file *dg_limits_file_open(const char *folder, const char *name, unsigned slots,
                                           struct dg_error *err);

/* Lives as long as the file is open; DG_LIMITER_METERS meters. */
struct dg_limiter *dg_limits_file_limiter(struct dg_limits_file *f);

/* This process's view; NULL is fine.  Its slots stay. */
void dg_limits_file_close(struct dg_limits_file *f);

#endif
