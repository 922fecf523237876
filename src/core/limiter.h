/* SPDX-License-Identifier: MIT
 *
 * The sliding window of an endpoint, exact as the *server* sees it: a slot is
 * taken before a request starts and counts until a window (and a guard for the
 * way there) after its upload is complete.  Each slot is of one meter, which is a
 * key; a take names its caps, each a quota over a set of meters: a key, a group
 * of keys that share one bucket, all keys of the endpoint.
 *
 * Knows no clock: the caller passes the time, so tests need no sleep.  Lives in
 * the caller's memory, perhaps shared by processes, and locks itself; a process
 * may be killed at any instruction of it.
 *
 *     struct dg_limiter *l = dg_shared_new(dg_limiter_size(1, 60));
 *     dg_limiter_init(l, 1, 60);
 *     uint16_t key = (uint16_t)dg_limiter_meter(l, digest);
 *     struct dg_cap cap = { .meters = &key, .count = 1, .most = { .requests = 60 } };
 *     struct dg_take t = { .caps = &cap, .cap_count = 1, .meter = key, .window_ms = 60000 };
 *     dg_msec delay = dg_limiter_take(l, &t, now, &slot);    0: go; else ask again then
 *     dg_limiter_sent(l, slot, later);                       the upload is complete
 */
#ifndef DG_CORE_LIMITER_H
#define DG_CORE_LIMITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "core/quota.h"

enum {
    DG_LIMITER_METERS = 4096,         /* the most of one limiter */
    DG_LIMITER_SLOTS = (1 << 24) - 1, /* likewise */
    DG_LIMITER_GUARD_MS = 500,        /* for the way to the server */
    DG_LIMITER_LOOK_MS = 1000,        /* the longest delay while slots are open */
};

/* What one request weighs; it counts as 1 request. */
struct dg_load {
    unsigned images; /* it asks for */
    uint64_t tokens; /* it takes, as far as known */
};

/* A quota over a set of meters. */
struct dg_cap {
    const uint16_t *meters; /* numbers of dg_limiter_meter, each once */
    size_t count;           /* how many */
    struct dg_quota most;   /* all of them together */
};

struct dg_take {
    const struct dg_cap *caps; /* all must have room; each holds `meter` */
    size_t cap_count;          /* how many */
    unsigned meter;            /* whose slot it is */
    struct dg_load load;       /* of the request */
    dg_msec window_ms;         /* the slot counts so long after it was sent ... */
    dg_msec guard_ms;          /* ... and so long more */
    uint32_t owner;            /* process that sends it, 0: nobody to watch */
};

struct dg_limiter;

/* Bytes for so many meters (1 to DG_LIMITER_METERS) and slots.  A slot is needed
 * for each request that counts at one time: `slots` is a limit of its own. */
size_t dg_limiter_size(unsigned meters, unsigned slots);

/* Memory of dg_limiter_size bytes, cleared, for 8-byte numbers.  Nothing is to be
 * freed in it. */
void dg_limiter_init(struct dg_limiter *l, unsigned meters, unsigned slots);

/* How many there are; and so many from now on, for which there must be memory:
 * never fewer than before. */
unsigned dg_limiter_slots(struct dg_limiter *l);
void dg_limiter_grow(struct dg_limiter *l, unsigned slots);

/* The meter of this digest, made if new; -1: all are taken. */
int dg_limiter_meter(struct dg_limiter *l, uint64_t digest);

/* 0: taken, and *slot (never 0) is its number; else milliseconds until it is
 * worth asking again, at least 1, and *slot is 0.  While slots are open that is
 * DG_LIMITER_LOOK_MS at most, since nobody knows what becomes of them.  A load
 * above a quota goes when nothing else counts there; a full quota lets none in, not
 * even one of 0. O(meters of the caps) where
 * it is granted; a refusal may walk over all slots that count. */
dg_msec dg_limiter_take(struct dg_limiter *l, const struct dg_take *t, dg_msec now, uint64_t *slot);

/* What a take would answer now; takes nothing. */
dg_msec dg_limiter_delay(struct dg_limiter *l, const struct dg_take *t, dg_msec now);

/* The request of this slot has left: it counts until a window and its guard from
 * `now`.  Telling it again changes nothing; nor does any call with slot 0. */
void dg_limiter_sent(struct dg_limiter *l, uint64_t slot, dg_msec now);

/* The request never left: an open slot is free at once.  One that was sent stays. */
void dg_limiter_unsent(struct dg_limiter *l, uint64_t slot);

/* The tokens a request really took, once they are known.  Too late is no harm. */
void dg_limiter_weigh(struct dg_limiter *l, uint64_t slot, uint64_t tokens);

/* What counts against the cap at this moment. */
void dg_limiter_use(struct dg_limiter *l, const struct dg_cap *cap, dg_msec now,
                    struct dg_quota *used);

/* Open slots of dead owners count as sent now.  A take or delay that is refused
 * while slots are open does it by itself, at most every DG_LIMITER_LOOK_MS. */
void dg_limiter_bury(struct dg_limiter *l, dg_msec now);

/* Slots that count at this moment; the meters are forgotten if there are none:
 * for who knows that nobody else uses the limiter. */
unsigned dg_limiter_tidy(struct dg_limiter *l, dg_msec now);

#endif
