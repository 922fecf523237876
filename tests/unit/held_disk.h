/* SPDX-License-Identifier: MIT
 *
 * A disk whose syncs are counted, can be held and can fail, and threads that
 * cannot start.  The linker puts these in the place of the calls (--wrap), so
 * include it in a program that is linked so, once.
 *
 *     hold_disk();            the next sync waits ...
 *     await_held();           ... it has begun ...
 *     let_go();               ... and goes on
 */
#ifndef DG_TESTS_HELD_DISK_H
#define DG_TESTS_HELD_DISK_H

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    atomic_uint files;        /* calls of fdatasync */
    atomic_uint folders;      /* calls of fsync */
    atomic_bool holding;      /* the next sync is to wait */
    atomic_bool join_lets_go; /* pthread_join calls let_go first */
    sem_t held;               /* posted when it waits */
    sem_t go;                 /* posted when it may go on */
    bool dry;                 /* no real sync; set while none runs, as all below */
    const char *failing;      /* end of the path whose sync fails, or NULL */
    int number;               /* its errno */
    int thread_number;        /* what pthread_create returns, 0: it works */
} disk;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *self);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *self);
int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);

static inline void reset_disk(void)
{
    memset(&disk, 0, sizeof disk);
    sem_init(&disk.held, 0, 0);
    sem_init(&disk.go, 0, 0);
}

static inline void hold_disk(void)
{
    disk.holding = true;
}

static inline void await_held(void)
{
    while (sem_wait(&disk.held) != 0)
        continue;
}

static inline void let_go(void)
{
    sem_post(&disk.go);
}

static inline bool fails(int fd)
{
    char link[64];
    char path[1024];
    if (!disk.failing)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path);
    size_t length = strlen(disk.failing);
    return n >= (ssize_t)length && memcmp(path + n - length, disk.failing, length) == 0;
}

static inline int play(int fd, int (*real)(int))
{
    if (atomic_exchange(&disk.holding, false)) {
        sem_post(&disk.held);
        while (sem_wait(&disk.go) != 0)
            continue;
    }
    if (fails(fd)) {
        errno = disk.number;
        return -1;
    }
    return disk.dry ? 0 : real(fd);
}

int __wrap_fsync(int fd)
{
    disk.folders++;
    return play(fd, __real_fsync);
}

int __wrap_fdatasync(int fd)
{
    disk.files++;
    return play(fd, __real_fdatasync);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *self)
{
    if (disk.thread_number != 0)
        return disk.thread_number;
    return __real_pthread_create(thread, attributes, run, self);
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    if (disk.join_lets_go)
        let_go();
    return __real_pthread_join(thread, result);
}

#endif
