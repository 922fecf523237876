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
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "core/transfer.h"

struct dg_reactor_options {
    const char *ca_file; /* NULL: libcurl's default bundle */
    bool http2;          /* over TLS, where the server speaks it; else HTTP/1.1 */
    int wake_fd;         /* ends a turn when it is readable, -1: none */
    size_t in_flight;    /* transfers at once, of all processes: the more, the smaller
                            their buffers; 0: a few */
};

struct dg_reactor;

struct dg_reactor *dg_reactor_new(const struct dg_reactor_options *options, struct dg_error *err);
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

/* Whether the last turn found nothing to do at any descriptor. */
bool dg_reactor_quiet(const struct dg_reactor *r);

/* The next transfer that has ended and was not returned before, or NULL. */
struct dg_transfer *dg_reactor_ended(struct dg_reactor *r);

/* For transfers: a libcurl handle with the options all have in common, and its
 * return.  Handles are kept for reuse. */
void *dg_reactor_take_handle(struct dg_reactor *r);
void dg_reactor_give_handle(struct dg_reactor *r, void *handle);

#endif
