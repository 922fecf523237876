/* SPDX-License-Identifier: MIT
 *
 * The inside of a limiter: its memory, the slots' states and the lists over them.
 * Private to limiter*.c.
 *
 * A process may be killed between any two instructions while it holds the lock.
 * So a slot's word alone says what it is: what the state needs is written before
 * it, and all else (lists, sums) is derived and made anew by who finds the holder
 * dead.  Before a slot is used for the first time `fresh` covers it.
 */
#ifndef DG_CORE_LIMITER_SLOTS_H
#define DG_CORE_LIMITER_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/owner.h"
#include "base/shared.h"
#include "core/limiter.h"

enum dg_slot_state {
    DG_SLOT_FREE,   /* counts nowhere; a cleared slot is one */
    DG_SLOT_OPEN,   /* taken, its request has not left */
    DG_SLOT_CLOSED, /* its request has left; counts until `until_ms` */
    DG_SLOT_STATES
};

enum { DG_SLOT_PLACE_BITS = 24, DG_SLOT_STATE_BITS = 2 };

struct dg_slot {
    _Atomic uint64_t word; /* what it is: uses so far, then the state's bits */
    uint64_t tokens;       /* its request takes */
    dg_msec hold_ms;       /* window and guard */
    dg_msec until_ms;      /* closed: counts until this moment */
    struct dg_owner owner; /* who sends it */
    uint32_t images;       /* its request asks for */
    uint32_t previous;     /* derived: place before it in its state's list, 0: none */
    uint32_t next;         /* derived: place after it */
    uint16_t meter;        /* whose it is */
};

/* Slots of one state, by place from 1. */
struct dg_slot_list {
    uint32_t first; /* 0: it is empty */
    uint32_t last;  /* likewise */
    uint32_t count; /* how many */
};

struct dg_meter {
    uint64_t digest;   /* of what it measures */
    uint64_t tokens;   /* derived: of its slots that count */
    uint64_t images;   /* derived: likewise */
    uint32_t requests; /* derived: likewise */
};

/* All guarded by `mutex`.  Meters and then slots follow it in memory. */
struct dg_limiter {
    struct dg_mutex mutex;                     /* guards all of this */
    uint32_t meters_most;                      /* room for so many */
    _Atomic uint32_t meters;                   /* known so far */
    uint32_t slots;                            /* room for so many */
    _Atomic uint32_t fresh;                    /* slots used at least once: the first ones */
    dg_msec swept_ms;                          /* when dead owners were looked for */
    struct dg_slot_list lists[DG_SLOT_STATES]; /* derived: free, newest first; open, in the order
                                                  taken; closed, by their end */
};

static inline struct dg_meter *dg_meters(struct dg_limiter *l)
{
    return (struct dg_meter *)(l + 1);
}

static inline struct dg_slot *dg_slot_at(struct dg_limiter *l, uint32_t place)
{
    return (struct dg_slot *)(dg_meters(l) + l->meters_most) + (place - 1);
}

static inline enum dg_slot_state dg_slot_state(const struct dg_slot *s)
{
    uint64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    return (enum dg_slot_state)(word & ((1u << DG_SLOT_STATE_BITS) - 1));
}

/* The lock, and all that is derived made anew where its holder died. */
void dg_slots_lock(struct dg_limiter *l);
void dg_slots_unlock(struct dg_limiter *l);

/* A free slot becomes an open one; there must be room (dg_slots_room). Returns
 * its number. */
uint64_t dg_slots_open(struct dg_limiter *l, const struct dg_take *t);
bool dg_slots_room(const struct dg_limiter *l);

/* The place of the slot of this number, 0 if it has been used for another since. */
uint32_t dg_slots_find(struct dg_limiter *l, uint64_t number);

/* An open slot becomes a closed one; one that counts, a free one. */
void dg_slots_close(struct dg_limiter *l, uint32_t place, dg_msec now);
void dg_slots_free(struct dg_limiter *l, uint32_t place);

/* Another number of tokens for a slot that counts. */
void dg_slots_weigh(struct dg_limiter *l, uint32_t place, uint64_t tokens);

#endif
