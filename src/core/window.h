/* SPDX-License-Identifier: MIT
 *
 * The limits of one endpoint: its limiter, in memory that processes share, and
 * for each key the caps a request of that key is under.  Private to the pool.
 *
 *     dg_window_open(&w, &config, folder, &err);         w.limiter NULL: no limits
 *     dg_msec wait = dg_window_take(&w, key, &load, now, &slot);
 *
 * With a folder the window is a file there, named by a digest of the base URL:
 * other runs use the same one.  A key is known in it by a digest of base URL and
 * key, of which 64 bits are kept: nobody makes a key of that again.
 */
#ifndef DG_CORE_WINDOW_H
#define DG_CORE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/endpoint.h"
#include "core/limiter.h"

enum { DG_WINDOW_CAPS = 3 }; /* a key's at most: the endpoint's, its own, its group's */

/* What the requests of one key are under. */
struct dg_key_caps {
    struct dg_cap caps[DG_WINDOW_CAPS]; /* their meters are the window's */
    size_t count;                       /* of them; 0: none */
    struct dg_load most;                /* a request counts no more than this; 0: it has no limit */
    uint16_t meter;                     /* the key's */
};

struct dg_window {
    struct dg_limiter *limiter;  /* NULL: no limits */
    struct dg_limits_file *file; /* whose limiter it is, or NULL: ... */
    size_t private_size;         /* ... it is this much memory of its own */
    struct dg_key_caps *keys;    /* one each */
    uint16_t *meters;            /* what caps point into */
    struct dg_cap all;           /* the endpoint's quota over all keys */
    bool by_key;                 /* some key or group has a quota of its own */
    dg_msec window_ms;           /* of all quotas */
};

/* Without any quota there is no limiter.  false, with `err`: the folder cannot be
 * used, or there is no memory; then the window is open with private memory, or is
 * not limited, and the caller may warn. */
bool dg_window_open(struct dg_window *w, const struct dg_endpoint_config *c, const char *folder,
                    struct dg_error *err);
void dg_window_close(struct dg_window *w); /* this process's view of it */

/* What a request of `images` pictures and about `tokens` tokens counts for a key:
 * never more than its smallest quota, which it would wait for in vain. */
struct dg_load dg_window_load(const struct dg_window *w, unsigned key, unsigned images,
                              uint64_t tokens);

/* 0: *slot is taken; else milliseconds to wait. */
dg_msec dg_window_take(struct dg_window *w, unsigned key, struct dg_load load, dg_msec now,
                       uint64_t *slot);

/* How long the endpoint's own quota keeps all keys waiting; 0: it does not. */
dg_msec dg_window_full(struct dg_window *w, unsigned key, struct dg_load load, dg_msec now);

#endif
