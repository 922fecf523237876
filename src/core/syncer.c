/* SPDX-License-Identifier: MIT
 *
 * The syncer's thread and its two queues, see syncer.h.  The thread takes all
 * that is queued as one group and hands back each submission as soon as its own
 * paths are durable.  A path submitted meanwhile goes to the next group, so it
 * is synced again: the sync that is running may not see what was just written.
 *
 * The thread never makes an error's text: masking secrets is not for two
 * threads.  Leans on base/file, base/memory and core/sync_group.
 */
#include "core/syncer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "core/sync_group.h"

struct dg_syncer {
    int fd;                      /* eventfd, set once */
    bool started;                /* there is a thread; the caller's alone */
    pthread_t thread;            /* if so; the caller's alone */
    pthread_mutex_t lock;        /* guards what follows and the owners of all submissions */
    pthread_cond_t change;       /* `queued` or `ending` has changed */
    struct dg_sync_group queued; /* the next group */
    struct dg_sync_list ended;   /* to be reported */
    bool rung;                   /* `fd` is readable; so it is while `ended` holds any */
    bool ending;                 /* the thread is to end */
};

/* --- on the thread --------------------------------------------------------- */

/* Waits for work and takes all there is; false: the end. */
static bool take_group(struct dg_syncer *s, struct dg_sync_group *group)
{
    pthread_mutex_lock(&s->lock);
    while (!s->ending && !s->queued.syncs.first)
        pthread_cond_wait(&s->change, &s->lock);
    bool more = !s->ending;
    if (more) {
        *group = s->queued;
        s->queued = (struct dg_sync_group){ 0 };
    }
    pthread_mutex_unlock(&s->lock);
    return more;
}

static bool is_wanted(struct dg_syncer *s, const struct dg_sync *sync)
{
    pthread_mutex_lock(&s->lock);
    bool wanted = sync->owner && !s->ending;
    pthread_mutex_unlock(&s->lock);
    return wanted;
}

/* Until one fails, or until nobody wants them any more. */
static void sync_paths(struct dg_syncer *s, struct dg_sync *sync)
{
    for (size_t k = 0; k < sync->count && !sync->failed && is_wanted(s, sync); k++) {
        sync->number = dg_sync_path(sync->paths[k]);
        if (sync->number != 0)
            sync->failed = dg_strdup(sync->paths[k]->text);
    }
}

/* Under the lock.  Fails only if the counter is full, so readable already. */
static void ring(struct dg_syncer *s)
{
    uint64_t one = 1;
    if (!s->rung && write(s->fd, &one, sizeof one) < 0)
        errno = 0;
    s->rung = true;
}

/* One that became unwanted may be synced by half: it must not be reported. */
static void put_ended(struct dg_syncer *s, struct dg_sync *sync)
{
    pthread_mutex_lock(&s->lock);
    bool wanted = sync->owner && !s->ending;
    if (wanted) {
        dg_sync_list_append(&s->ended, sync);
        ring(s);
    }
    pthread_mutex_unlock(&s->lock);
    if (!wanted)
        dg_sync_free(sync);
}

static void *run(void *self)
{
    struct dg_syncer *s = self;
    struct dg_sync_group group;
    struct dg_sync *sync;
    while (take_group(s, &group)) {
        while ((sync = dg_sync_list_take(&group.syncs))) {
            sync_paths(s, sync);
            put_ended(s, sync);
        }
        dg_sync_group_done(&group);
    }
    return NULL;
}

/* --- on the caller's ------------------------------------------------------- */

struct dg_syncer *dg_syncer_new(struct dg_error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        dg_error_set(err, DG_KIND_FILE, "eventfd", "cannot make an event descriptor: %s",
                     strerror(errno));
        return NULL;
    }
    struct dg_syncer *s = dg_zalloc(sizeof *s);
    s->fd = fd;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->change, NULL);
    return s;
}

static void stop_thread(struct dg_syncer *s)
{
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_signal(&s->change);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
}

void dg_syncer_free(struct dg_syncer *s)
{
    struct dg_sync *sync;
    if (!s)
        return;
    if (s->started)
        stop_thread(s);
    dg_sync_group_done(&s->queued);
    while ((sync = dg_sync_list_take(&s->ended)))
        dg_sync_free(sync);
    pthread_cond_destroy(&s->change);
    pthread_mutex_destroy(&s->lock);
    close(s->fd);
    dg_free(s);
}

int dg_syncer_fd(const struct dg_syncer *s)
{
    return s->fd;
}

/* Signals are blocked before there is a thread that could get one: handlers run
 * on the caller's, whose waits they are to interrupt. */
static bool start_thread(struct dg_syncer *s, struct dg_error *err)
{
    sigset_t all;
    sigset_t before;
    if (s->started)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0)
        return dg_error_set(err, DG_KIND_FILE, "thread", "cannot start a thread to sync files: %s",
                            strerror(number));
    pthread_setname_np(s->thread, "syncer"); /* for top and gdb */
    s->started = true;
    return true;
}

struct dg_sync *dg_syncer_submit(struct dg_syncer *s, void *owner, const char *const *paths,
                                 size_t count, struct dg_error *err)
{
    if (!start_thread(s, err))
        return NULL;
    pthread_mutex_lock(&s->lock);
    struct dg_sync *sync = dg_sync_group_add(&s->queued, owner, paths, count);
    pthread_cond_signal(&s->change);
    pthread_mutex_unlock(&s->lock);
    return sync;
}

/* Under the lock. */
static void silence(struct dg_syncer *s)
{
    uint64_t count;
    if (s->rung)
        s->rung = read(s->fd, &count, sizeof count) < 0;
}

/* The next that was not forgotten since it ended. */
static struct dg_sync *take_ended(struct dg_syncer *s)
{
    pthread_mutex_lock(&s->lock);
    struct dg_sync *sync = dg_sync_list_take(&s->ended);
    while (sync && !sync->owner) {
        dg_sync_free(sync);
        sync = dg_sync_list_take(&s->ended);
    }
    if (!sync)
        silence(s);
    pthread_mutex_unlock(&s->lock);
    return sync;
}

void *dg_syncer_ended(struct dg_syncer *s, bool *ok, struct dg_error *err)
{
    struct dg_sync *sync = take_ended(s);
    if (!sync)
        return NULL;
    void *owner = sync->owner;
    *ok = !sync->failed || dg_file_failed(err, "sync", sync->failed, sync->number);
    dg_sync_free(sync);
    return owner;
}

void dg_syncer_forget(struct dg_syncer *s, struct dg_sync *sync)
{
    pthread_mutex_lock(&s->lock);
    sync->owner = NULL;
    pthread_mutex_unlock(&s->lock);
}
