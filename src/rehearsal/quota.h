/* SPDX-License-Identifier: MIT
 *
 * How many requests each key has made in the last minute.  A sliding window
 * that knows no clock: the caller passes the time.  Keys are known by a digest.
 */
#ifndef DG_REHEARSAL_QUOTA_H
#define DG_REHEARSAL_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum { DG_QUOTA_WINDOW_MS = 60 * 1000, DG_QUOTA_KEYS_MAX = 4096 };

struct dg_quota;

/* At most `limit` requests a key and window; 0: no limit, keys are counted only. */
struct dg_quota *dg_quota_new(unsigned limit);
void dg_quota_free(struct dg_quota *q);

/* What the x-ratelimit headers tell. */
struct dg_quota_state {
    unsigned limit;     /* requests a window */
    unsigned remaining; /* of them, after this one */
    dg_msec reset_ms;   /* until all are there again */
    dg_msec retry_ms;   /* until one more is allowed, 0: now */
};

/* Takes one request for the key: true, or false where it is one too many and
 * is not counted.  Fills `state` in both cases. */
bool dg_quota_take(struct dg_quota *q, uint64_t key, dg_msec now, struct dg_quota_state *state);

/* Different keys seen. */
size_t dg_quota_keys(const struct dg_quota *q);

#endif
