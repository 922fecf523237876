/* SPDX-License-Identifier: MIT
 *
 * What is synced together: submissions in their order, and each path they name
 * once, with what came of it.  Knows no threads: a group belongs to whoever
 * holds it.
 *
 *     sync = dg_sync_group_add(&group, owner, paths, count);
 *     while ((sync = dg_sync_list_take(&group.syncs)))
 *         number = dg_sync_path(sync->paths[i]);
 *     dg_sync_group_done(&group);
 */
#ifndef DG_CORE_SYNC_GROUP_H
#define DG_CORE_SYNC_GROUP_H

#include <stdbool.h>
#include <stddef.h>

/* A path of a group; belongs to it. */
struct dg_sync_path {
    struct dg_sync_path *chain; /* next in the same bucket */
    bool tried;                 /* `number` holds */
    int number;                 /* errno of what failed, 0 = it is durable */
    char text[];                /* as submitted */
};

/* A submission.  Its owner is guarded by the syncer's lock, the rest by being
 * in one list at a time: the group's, then that of the ended. */
struct dg_sync {
    struct dg_sync *next;         /* in its list */
    void *owner;                  /* as submitted, NULL = forgotten */
    char *failed;                 /* the first path that failed, NULL = none */
    int number;                   /* its errno */
    size_t count;                 /* paths */
    struct dg_sync_path *paths[]; /* the group's: gone when that is done */
};

/* Zeroed = empty. */
struct dg_sync_list {
    struct dg_sync *first; /* oldest */
    struct dg_sync *last;  /* newest, undefined while there is none */
};

void dg_sync_list_append(struct dg_sync_list *l, struct dg_sync *sync);
struct dg_sync *dg_sync_list_take(struct dg_sync_list *l); /* the oldest, or NULL */
void dg_sync_free(struct dg_sync *sync);                   /* in no list; NULL is fine */

/* Zeroed = empty. */
struct dg_sync_group {
    struct dg_sync_list syncs;     /* in the order they were added */
    struct dg_sync_path **buckets; /* of a hash table over the texts */
    size_t size;                   /* buckets, a power of two, or 0 */
    size_t count;                  /* paths, all different */
};

struct dg_sync *dg_sync_group_add(struct dg_sync_group *g, void *owner, const char *const *paths,
                                  size_t count);

/* Frees the paths and what is left in the list; the group is empty then. */
void dg_sync_group_done(struct dg_sync_group *g);

/* Makes a path durable, unless that was tried before; 0 or an errno. */
int dg_sync_path(struct dg_sync_path *path);

#endif
