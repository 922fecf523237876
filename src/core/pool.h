/* SPDX-License-Identifier: MIT
 *
 * The endpoint pool: base URLs with keys, weights and limits.  A pick asks
 * weights, health, keys and limits at once.
 *
 *     struct dg_pick pick;
 *     dg_msec delay;
 *     if (dg_pool_pick(pool, now, &pick, &delay)) ...send...
 *     else if (delay < 0) ...no endpoint is left...
 *     else ...ask again after delay...
 *     dg_pool_report(pool, &pick, DG_FAILOVER, now);
 */
#ifndef DG_CORE_POOL_H
#define DG_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "core/retry.h"

enum { DG_POOL_ENDPOINTS = 256, DG_POOL_KEYS = 4096, DG_POOL_WINDOW_MS = 60000 };
enum { DG_POOL_LIMIT = 1000000, DG_POOL_WEIGHT = 1000000 }; /* the largest of each */

/* How a picture field is named on the wire. */
enum dg_image_field { DG_FIELD_AUTO, DG_FIELD_IMAGE, DG_FIELD_IMAGE_ARRAY };

struct dg_endpoint {
    const char *base;          /* "https://api.openai.com/v1", no final slash */
    const char *const *keys;   /* Bearer keys, in order */
    size_t key_count;          /* at least 1 */
    unsigned weight;           /* share of the traffic, default 1 */
    unsigned limit;            /* requests per minute, 0 = none */
    enum dg_image_field field; /* default auto: `image`, repeated `image[]` */
};

struct dg_pick {
    unsigned endpoint; /* index, in the order added */
    unsigned key;      /* position in the endpoint's keys */
    uint64_t slot;     /* the limiter's slot */
};

struct dg_endpoint_stats {
    uint64_t sent;       /* requests started */
    uint64_t succeeded;  /* ended DG_OK */
    uint64_t failed;     /* ended otherwise */
    unsigned in_flight;  /* not reported yet */
    unsigned keys_alive; /* keys not given up */
};

struct dg_pool;

/* Copies; registers each key as a secret; checks base (http or https URL, no
 * query) and counts.  Errors name the endpoint by position from 1. */
struct dg_pool *dg_pool_new(const struct dg_endpoint *endpoints, size_t count,
                            struct dg_error *err);
struct dg_pool *dg_pool_ref(struct dg_pool *p);
void dg_pool_free(struct dg_pool *p); /* drops one reference */

/* true: the request may start now.  false: *delay_ms is the time to wait, or -1
 * if every key of every endpoint is out. */
bool dg_pool_pick(struct dg_pool *p, dg_msec now, struct dg_pick *pick, dg_msec *delay_ms);

/* The upload of a picked request is complete: its slot counts from now. */
void dg_pool_sent(struct dg_pool *p, const struct dg_pick *pick, dg_msec now);

/* The request ended, exactly one report for each pick. DG_FAILOVER gives the key
 * up for the run; a slot that was never sent counts from now. */
void dg_pool_report(struct dg_pool *p, const struct dg_pick *pick, enum dg_verdict verdict,
                    dg_msec now);

const char *dg_pool_base(const struct dg_pool *p,
                         unsigned endpoint); /* as given: may hold user:password */
const char *dg_pool_label(const struct dg_pool *p, unsigned endpoint); /* to show: without them */
const char *dg_pool_key(const struct dg_pool *p, const struct dg_pick *pick);
enum dg_image_field dg_pool_field(const struct dg_pool *p, unsigned endpoint);
void dg_pool_stats(const struct dg_pool *p, unsigned endpoint, struct dg_endpoint_stats *stats);

/* true if the URL's host and port are those of an endpoint. */
bool dg_pool_knows(const struct dg_pool *p, const char *url);

#endif
