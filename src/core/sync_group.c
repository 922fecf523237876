/* SPDX-License-Identifier: MIT
 *
 * Groups of submissions, see sync_group.h, and the system calls that make a
 * path durable.  Leans on base/memory and POSIX.
 */
#include "core/sync_group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { SMALLEST_SIZE = 16 };

/* O_NONBLOCK: a pipe in a file's place must not hold up the thread. */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* --- lists ----------------------------------------------------------------- */

void dg_sync_list_append(struct dg_sync_list *l, struct dg_sync *sync)
{
    sync->next = NULL;
    if (l->first)
        l->last->next = sync;
    else
        l->first = sync;
    l->last = sync;
}

struct dg_sync *dg_sync_list_take(struct dg_sync_list *l)
{
    struct dg_sync *sync = l->first;
    if (sync)
        l->first = sync->next;
    return sync;
}

void dg_sync_free(struct dg_sync *sync)
{
    if (!sync)
        return;
    dg_free(sync->failed);
    dg_free(sync);
}

/* --- groups ---------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return h;
}

static struct dg_sync_path **bucket(const struct dg_sync_group *g, const char *text)
{
    return &g->buckets[hash(text) & (g->size - 1)];
}

static void link_path(struct dg_sync_group *g, struct dg_sync_path *path)
{
    struct dg_sync_path **head = bucket(g, path->text);
    path->chain = *head;
    *head = path;
}

static void grow(struct dg_sync_group *g)
{
    struct dg_sync_group old = *g;
    g->size = old.size ? old.size * 2 : SMALLEST_SIZE;
    g->buckets = dg_zalloc(g->size * sizeof(struct dg_sync_path *));
    for (size_t k = 0; k < old.size; k++) {
        for (struct dg_sync_path *path = old.buckets[k], *next; path; path = next) {
            next = path->chain;
            link_path(g, path);
        }
    }
    dg_free(old.buckets);
}

/* The group's entry for a path, made if it is new. */
static struct dg_sync_path *enter(struct dg_sync_group *g, const char *text)
{
    size_t size_bytes = strlen(text) + 1;
    struct dg_sync_path *path = g->size > 0 ? *bucket(g, text) : NULL;
    while (path && strcmp(path->text, text) != 0)
        path = path->chain;
    if (path)
        return path;
    if (g->count == g->size)
        grow(g);
    path = dg_zalloc(sizeof *path + size_bytes);
    memcpy(path->text, text, size_bytes);
    link_path(g, path);
    g->count++;
    return path;
}

struct dg_sync *dg_sync_group_add(struct dg_sync_group *g, void *owner, const char *const *paths,
                                  size_t count)
{
    struct dg_sync *sync = dg_zalloc(sizeof *sync + count * sizeof sync->paths[0]);
    sync->owner = owner;
    sync->count = count;
    for (size_t k = 0; k < count; k++)
        sync->paths[k] = enter(g, paths[k]);
    dg_sync_list_append(&g->syncs, sync);
    return sync;
}

void dg_sync_group_done(struct dg_sync_group *g)
{
    struct dg_sync *sync;
    while ((sync = dg_sync_list_take(&g->syncs)))
        dg_sync_free(sync);
    for (size_t k = 0; k < g->size; k++) {
        for (struct dg_sync_path *path = g->buckets[k], *next; path; path = next) {
            next = path->chain;
            dg_free(path);
        }
    }
    dg_free(g->buckets);
    *g = (struct dg_sync_group){ 0 };
}

/* --- the disk -------------------------------------------------------------- */

/* A descriptor for a file, through no symbolic link, or for a folder, where one
 * may be: people put links to other disks in the output folder's place. */
static int open_path(const char *text)
{
    int fd = open(text, OPEN_FLAGS | O_NOFOLLOW);
    if (fd >= 0 || errno != ELOOP)
        return fd;
    fd = open(text, OPEN_FLAGS | O_DIRECTORY);
    if (fd < 0 && errno == ENOTDIR)
        errno = ELOOP; /* a link to a file: it is the link that is wrong */
    return fd;
}

/* false: errno tells why.  A new descriptor hears of a write that failed before
 * it was opened, if nobody was told yet (Linux 4.17). */
static bool sync_open(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    if (S_ISREG(st.st_mode))
        return fdatasync(fd) == 0;
    if (S_ISDIR(st.st_mode)) /* EINVAL: a file system that knows no sync of folders */
        return fsync(fd) == 0 || errno == EINVAL;
    errno = EINVAL;
    return false;
}

int dg_sync_path(struct dg_sync_path *path)
{
    if (path->tried)
        return path->number;
    path->tried = true;
    int fd = open_path(path->text);
    path->number = fd >= 0 && sync_open(fd) ? 0 : errno;
    if (fd >= 0)
        close(fd);
    return path->number;
}
