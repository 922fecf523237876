/* SPDX-License-Identifier: MIT
 *
 * The event loop: one curl_multi driven by one epoll.  It moves the bytes of
 * all transfers and knows nothing of requests, retries or pools.
 *
 *     dg_reactor_add(r, transfer);
 *     dg_reactor_turn(r, 1000);                   waits, then moves bytes
 *     while ((t = dg_reactor_ended(r))) ...
 */
#ifndef DG_CORE_REACTOR_H
#define DG_CORE_REACTOR_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "core/transfer.h"

struct dg_reactor;

/* `ca_file` NULL: libcurl's default bundle.  `http2`: over TLS, where the server speaks
 * it.  `wake_fd` -1: none. */
struct dg_reactor *dg_reactor_new(const char *ca_file, bool http2, int wake_fd,
                                  struct dg_error *err);
void dg_reactor_free(struct dg_reactor *r); /* after all transfers were removed */

/* A turn ends early when this descriptor is readable, too, and does not say so. */
bool dg_reactor_watch(struct dg_reactor *r, int fd, struct dg_error *err);

/* false: libcurl does not take it, it will not run. */
bool dg_reactor_add(struct dg_reactor *r, struct dg_transfer *t);

/* Lets a transfer go, ended or not (then its connection is closed). */
void dg_reactor_remove(struct dg_reactor *r, struct dg_transfer *t);

/* Waits at most `timeout` (-1: no limit) for something to do and does it, once.
 * false: the wake descriptor is readable. */
bool dg_reactor_turn(struct dg_reactor *r, dg_msec timeout);

/* The next transfer that has ended and was not returned before, or NULL. */
struct dg_transfer *dg_reactor_ended(struct dg_reactor *r);

/* For transfers: a libcurl handle with the options all have in common, and its
 * return.  Handles are kept for reuse. */
void *dg_reactor_take_handle(struct dg_reactor *r);
void dg_reactor_give_handle(struct dg_reactor *r, void *handle);

#endif
