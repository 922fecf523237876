/* SPDX-License-Identifier: MIT
 *
 * See claims.h.  A hash table with open addressing that never grows.  An entry counts
 * from when its digest is written, which is last: a holder of the lock that dies leaves
 * nothing half done.
 */
#include "core/claims.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "base/shared.h"

struct entry {
    _Atomic uint64_t digest; /* 0: free */
    int64_t position;        /* the row's, -1: none's */
};

struct table {
    struct dg_mutex mutex; /* guards the entries */
    uint64_t count;        /* entries taken, about */
    struct entry entries[];
};

struct dg_claims {
    struct table *table; /* shared */
    size_t capacity;     /* entries, a power of two */
    size_t size_bytes;   /* of the table */
};

struct dg_claims *dg_claims_new(size_t names, struct dg_error *err)
{
    struct dg_claims *c = dg_zalloc(sizeof *c);
    for (c->capacity = 64; c->capacity < 2 * names; c->capacity *= 2)
        continue;
    c->size_bytes = sizeof(struct table) + c->capacity * sizeof(struct entry);
    c->table = dg_shared_new(c->size_bytes);
    if (!c->table) {
        dg_free(c);
        dg_error_set(err, DG_KIND_FILE, "memory", "there is no memory that processes can share");
        return NULL;
    }
    dg_mutex_init(&c->table->mutex);
    return c;
}

void dg_claims_free(struct dg_claims *c)
{
    if (!c)
        return;
    dg_shared_free(c->table, c->size_bytes);
    dg_free(c);
}

/* The entry of this digest, or the free one where it belongs. */
static struct entry *find(struct dg_claims *c, uint64_t digest)
{
    size_t k = (size_t)(digest * UINT64_C(0x9e3779b97f4a7c15)) & (c->capacity - 1);
    while (c->table->entries[k].digest != 0 && c->table->entries[k].digest != digest)
        k = (k + 1) & (c->capacity - 1);
    return &c->table->entries[k];
}

bool dg_claims_take(struct dg_claims *c, uint64_t digest, int64_t position)
{
    bool taken = false;
    digest = digest ? digest : 1;
    dg_mutex_lock(&c->table->mutex);
    struct entry *e = find(c, digest);
    if (e->digest != 0) {
        taken = position >= 0 && e->position == position;
    } else if (c->table->count < c->capacity - c->capacity / 8) {
        e->position = position;
        e->digest = digest;
        c->table->count++;
        taken = true;
    }
    dg_mutex_unlock(&c->table->mutex);
    return taken;
}
