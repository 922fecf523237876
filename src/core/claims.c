/* SPDX-License-Identifier: MIT
 *
 * See claims.h.  The names lie one behind another, as they came; an index over them
 * says which are there.  Both are given their addresses at the start and their memory
 * as they grow: the index uses a part of its place that is doubled when it is three
 * quarters full, and made anew from the names then.  So it is, too, if a holder of the
 * lock has died; a name counts from when `count` says so, which is last.
 */
#include "core/claims.h"

#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "base/shared.h"

enum { LEAST_NAMES = 64, FIRST_SLOTS = 128 };

struct name {
    uint64_t digest;  /* ... */
    int64_t position; /* of the row that has it, -1: none */
};

struct table {
    struct dg_mutex mutex; /* guards all of it */
    _Atomic size_t count;  /* names taken */
    size_t slots;          /* of the index in use, a power of two */
    struct name names[];   /* room for all; the index is behind them */
};

struct dg_claims {
    struct table *table; /* shared */
    uint32_t *index;     /* in it: 0: free, else a name's place, from 1 */
    size_t room;         /* for names */
    size_t size_bytes;   /* of the table */
};

/* Slots that so many names need. */
static size_t slots_for(size_t names)
{
    size_t slots = FIRST_SLOTS;
    while (slots / 4 * 3 < names)
        slots *= 2;
    return slots;
}

struct dg_claims *dg_claims_new(size_t names, struct dg_error *err)
{
    struct dg_claims *c = dg_zalloc(sizeof *c);
    c->room = names < LEAST_NAMES ? LEAST_NAMES : names;
    size_t names_bytes = sizeof(struct table) + c->room * sizeof(struct name);
    c->size_bytes = names_bytes + slots_for(c->room) * sizeof *c->index;
    c->table = dg_shared_new(c->size_bytes);
    if (!c->table) {
        dg_free(c);
        dg_error_set(err, DG_KIND_FILE, "memory", "there is no memory that processes can share");
        return NULL;
    }
    c->index = (uint32_t *)(void *)((char *)c->table + names_bytes);
    c->table->slots = FIRST_SLOTS;
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

/* The slot of this digest, or the free one where it belongs. */
static uint32_t *find(const struct dg_claims *c, uint64_t digest)
{
    const struct table *t = c->table;
    size_t k = (size_t)(digest * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (t->slots - 1);
    while (c->index[k] != 0 && t->names[c->index[k] - 1].digest != digest)
        k = (k + 1) & (t->slots - 1);
    return &c->index[k];
}

static void make_index(struct dg_claims *c, size_t slots)
{
    struct table *t = c->table;
    t->slots = slots;
    memset(c->index, 0, slots * sizeof *c->index);
    for (size_t k = 0; k < t->count; k++)
        *find(c, t->names[k].digest) = (uint32_t)k + 1;
}

static bool add(struct dg_claims *c, uint32_t *slot, uint64_t digest, int64_t position)
{
    struct table *t = c->table;
    size_t count = t->count;
    if (count == c->room)
        return false;
    t->names[count] = (struct name){ digest, position };
    *slot = (uint32_t)++count;
    t->count = count;
    size_t slots = slots_for(count + 1);
    if (slots > t->slots && count < c->room)
        make_index(c, slots);
    return true;
}

bool dg_claims_take(struct dg_claims *c, uint64_t digest, int64_t position)
{
    struct table *t = c->table;
    if (dg_mutex_lock(&t->mutex))
        make_index(c, t->slots);
    uint32_t *slot = find(c, digest);
    bool taken = *slot == 0 ? add(c, slot, digest, position)
                            : position >= 0 && t->names[*slot - 1].position == position;
    dg_mutex_unlock(&t->mutex);
    return taken;
}
