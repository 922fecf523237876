/* SPDX-License-Identifier: MIT
 *
 * Makes files and folders durable (fdatasync, fsync) on one helper thread, so
 * that the caller's loop never waits for a disk.  What is submitted while the
 * thread is busy is its next group, in which each path is synced once: many
 * files renamed into one folder cost one sync of it.
 *
 *     struct dg_syncer *s = dg_syncer_new(&err);
 *     watch dg_syncer_fd(s);
 *     const char *paths[] = { "out/cat.png", "out" };   after the rename
 *     row->sync = dg_syncer_submit(s, row, paths, 2, &err);
 *     while ((row = dg_syncer_ended(s, &ok, &err))) ...
 *
 * All calls come from one thread.  A fork while a syncer exists is not
 * supported: make it after the fork.
 */
#ifndef DG_CORE_SYNCER_H
#define DG_CORE_SYNCER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct dg_syncer;
struct dg_sync; /* one submission */

/* Starts no thread yet.  NULL: no descriptor is to be had. */
struct dg_syncer *dg_syncer_new(struct dg_error *err);

/* Drops what is queued and what has ended, waits for the one path that is being
 * synced, and for the thread's end.  NULL is fine. */
void dg_syncer_free(struct dg_syncer *s);

/* Readable once something has ended, until dg_syncer_ended has returned NULL.
 * The syncer reads it itself. */
int dg_syncer_fd(const struct dg_syncer *s);

/* Copies the paths, which are synced in their order: name a file before its
 * folder.  What is to be kept was written, and renamed, before this call.
 * `owner`, not NULL, is what dg_syncer_ended returns.  The first submission
 * starts the thread; NULL: it cannot be started, nothing was queued. */
struct dg_sync *dg_syncer_submit(struct dg_syncer *s, void *owner, const char *const *paths,
                                 size_t count, struct dg_error *err);

/* The owner of the next submission that has ended, in the order of submission;
 * NULL: none now.  *ok false: `err` tells of the first path that failed (code
 * "sync"), those after it were not tried.  A failed sync has lost data that a
 * second would not miss: write the file anew before it is submitted again.  A
 * submission that was returned is gone. */
void *dg_syncer_ended(struct dg_syncer *s, bool *ok, struct dg_error *err);

/* Once, and before it was returned: its end will not be.  Never waits for a
 * disk; what was not begun of it is left out. */
void dg_syncer_forget(struct dg_syncer *s, struct dg_sync *sync);

#endif
