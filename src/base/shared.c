/* SPDX-License-Identifier: MIT
 *
 * See shared.h.  What a lock guards must be sound at every moment, or be mended
 * by whoever finds its holder dead: SQLite's own journal does that for the ledger,
 * the limiter counts its slots again.
 */
#include "base/shared.h"

#include <errno.h>
#include <sys/mman.h>

void *dg_shared_new(size_t size_bytes)
{
    void *memory =
        mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void dg_shared_free(void *memory, size_t size_bytes)
{
    if (memory)
        munmap(memory, size_bytes);
}

void dg_mutex_init(struct dg_mutex *m)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&m->raw, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

bool dg_mutex_lock(struct dg_mutex *m)
{
    if (pthread_mutex_lock(&m->raw) != EOWNERDEAD)
        return false;
    pthread_mutex_consistent(&m->raw); /* who dies while mending leaves it to the next */
    return true;
}

void dg_mutex_unlock(struct dg_mutex *m)
{
    pthread_mutex_unlock(&m->raw);
}
