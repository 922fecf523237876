/* SPDX-License-Identifier: MIT
 *
 * One endpoint of a pool: what was configured, checked once and never changed,
 * and apart from it what changes while requests run.  Private to the pool.
 */
#ifndef DG_CORE_ENDPOINT_H
#define DG_CORE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limiter.h"
#include "core/pool.h"
#include "core/url.h"

/* As configured. */
struct dg_endpoint_config {
    char *base;                /* URL without a final slash */
    char *label;               /* the same without user and password */
    struct dg_url url;         /* its parts; they point into base */
    char **keys;               /* Bearer keys */
    size_t key_count;          /* how many, at least 1 */
    unsigned weight;           /* share of the traffic */
    unsigned limit;            /* requests a window, 0 = none */
    enum dg_image_field field; /* how a picture field is named */
};

/* As it stands now. */
struct dg_endpoint_state {
    struct dg_limiter *limiter; /* its window */
    bool *key_dead;             /* for each key: given up */
    unsigned keys_alive;        /* keys not given up */
    unsigned next_key;          /* where the rotation goes on */
    int64_t current;            /* smooth weighted round robin: what it is owed */
    uint64_t sent;              /* requests started */
    uint64_t succeeded;         /* ended DG_OK */
    uint64_t failed;            /* ended otherwise */
    unsigned in_flight;         /* started, not reported */
};

/* Copies; registers keys and password as secrets.  Errors do not say where:
 * that is the caller's. */
bool dg_endpoint_config_init(struct dg_endpoint_config *c, const struct dg_endpoint *given,
                             struct dg_error *err);
void dg_endpoint_config_done(struct dg_endpoint_config *c);

void dg_endpoint_state_init(struct dg_endpoint_state *s, const struct dg_endpoint_config *c);
void dg_endpoint_state_done(struct dg_endpoint_state *s);

/* The next living key in rotation; there must be one. */
unsigned dg_endpoint_next_key(struct dg_endpoint_state *s, const struct dg_endpoint_config *c);

/* Gives a key up; doing so twice changes nothing. */
void dg_endpoint_drop_key(struct dg_endpoint_state *s, unsigned key);

#endif
