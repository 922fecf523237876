/* SPDX-License-Identifier: MIT
 *
 * One endpoint of a pool as it stands: what its requests and answers made of it,
 * in memory that processes share, under the pool's lock.  Private to the pool.
 *
 * A holder of the lock may die between any two writes.  So each value stands for
 * itself: there are no lists, and what is derived from other values (keys_alive,
 * parked_until, the `full_until` caches) is made anew by dg_place_mend.  The worst
 * that is left is one count that is one too small.
 */
#ifndef DG_CORE_PLACE_H
#define DG_CORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/endpoint.h"
#include "core/health.h"
#include "core/window.h"

enum {
    DG_PLACE_MODELS = 64,   /* models that some key does not have, known at a time */
    DG_PLACE_TOKENS = 4096, /* a request's, as long as none has told */
    DG_PLACE_BITS = 64      /* keys in a word of a bit set */
};

/* Until when a limiter refuses a request of at least so many pictures. */
struct dg_full {
    dg_msec until;   /* 0: not known to be full */
    unsigned images; /* the request that was refused */
};

struct dg_key_state {
    bool out;                 /* given up for the run */
    struct dg_full full;      /* its own quota, or its group's */
    dg_msec parked_until;     /* the server said so */
    dg_msec parked_at;        /* since when */
    dg_msec out_at;           /* since when it is out */
    int status;               /* why: the answer's, 0: none ... */
    char code[DG_CODE_BYTES]; /* ... and its code */
};

struct dg_place_state {
    int64_t current;         /* smooth weighted round robin: what it is owed, in 64ths */
    unsigned weight;         /* as configured */
    unsigned keys_alive;     /* keys that are not out */
    unsigned next_key;       /* where the rotation goes on */
    unsigned models;         /* rows in use of its table of models */
    struct dg_full full;     /* no key can take one until then */
    dg_msec parked_until;    /* the endpoint is, or all its keys are */
    dg_msec own_until;       /* the endpoint itself is parked */
    dg_msec own_at;          /* since when */
    struct dg_health health; /* see there */
    uint64_t sent;           /* as of dg_endpoint_stats */
    uint64_t succeeded;      /* ... */
    uint64_t failed;         /* ... */
    uint64_t tokens;         /* a request takes so many, about; 0: unknown */
    uint64_t model_clock;    /* numbers uses of the table of models */
};

/* A model that some keys do not have; behind it a bit for each key. */
struct dg_model_row {
    uint64_t model;  /* its hash */
    uint64_t used;   /* the last use, by model_clock: the oldest row gives way */
    uint64_t keys[]; /* 1: does not have it */
};

struct dg_place {
    struct dg_endpoint_config config; /* this process's */
    struct dg_window window;          /* its limits */
    struct dg_place_state *state;     /* shared */
    struct dg_key_state *keys;        /* shared, one each */
    unsigned char *models;            /* shared, DG_PLACE_MODELS rows */
    size_t row_size;                  /* bytes of one */
};

/* What a pick looks for. */
struct dg_ask {
    uint64_t model;  /* the hash of its model, or 0: no key lacks any */
    unsigned images; /* at least 1 */
    dg_msec now;     /* the time */
};

uint64_t dg_place_hash(const char *model); /* NULL as ""; never 0 */

/* Bytes of one row for so many keys. */
size_t dg_place_row_size(size_t key_count);

/* The state of a new one; the memory is zeroed. */
void dg_place_init(struct dg_place *p);
void dg_place_mend(struct dg_place *p);

/* Whether some key will ever serve this.  Called where some model has a row. */
bool dg_place_serves(const struct dg_place *p, const struct dg_ask *ask);

/* Takes the next key in rotation that may serve, and a slot.  0: taken; else how
 * long to wait; -1: no key will serve this. */
dg_msec dg_place_take(struct dg_place *p, const struct dg_ask *ask, unsigned *key, uint64_t *slot);

/* Some slot is free again: asks anew. */
void dg_place_not_full(struct dg_place *p);

void dg_place_drop(struct dg_place *p, unsigned key, int status, const char *code, dg_msec now);
void dg_place_drop_all(struct dg_place *p, int status, const char *code, dg_msec now);
void dg_place_exclude(struct dg_place *p, unsigned key, uint64_t model); /* does not have it */
void dg_place_park_key(struct dg_place *p, unsigned key, dg_msec until,
                       dg_msec now); /* and group */
void dg_place_park(struct dg_place *p, dg_msec until, dg_msec now);

/* The last moment at which it could serve: `now` where it can, or waits for a
 * limit; else *until is the moment at which it may again, -1: unknown. */
dg_msec dg_place_could(const struct dg_place *p, dg_msec now, dg_msec *until);

/* Whether a limiter's refusal is known for this. */
static inline dg_msec dg_full_wait(const struct dg_full *full, unsigned images, dg_msec now)
{
    return now < full->until && images >= full->images ? full->until - now : 0;
}

#endif
