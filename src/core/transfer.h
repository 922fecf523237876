/* SPDX-License-Identifier: MIT
 *
 * One attempt on the wire: one HTTP exchange through libcurl, from the moment
 * it is handed to the reactor until its end.  Sends what it is told to, once,
 * and hands the answer to a receiver; what the end means is the job's business.
 *
 *     struct dg_transfer *t = dg_transfer_new(reactor, &order);
 *     dg_reactor_add(reactor, t);
 *     ...dg_reactor_ended(reactor) returns t...
 *     dg_transfer_end(t, &end);
 *     dg_transfer_free(t);
 */
#ifndef DG_CORE_TRANSFER_H
#define DG_CORE_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "core/advice.h"
#include "core/fault.h"
#include "core/receiver.h"
#include "core/request.h"

struct dg_reactor;
struct dg_transfer;

/* What to do.  Everything pointed at must outlive the transfer. */
struct dg_transfer_order {
    const struct dg_request *request; /* body, headers, limits */
    const char *url;                  /* where to, whole */
    const char *key;                  /* NULL = none ... */
    const char *key_header;           /* ... and its header: "Authorization" or "api-key" */
    const char *idempotency;          /* Idempotency-Key, NULL = none */
    enum dg_image_field field;        /* how pictures of a form are named */
    bool fresh;                       /* not on a kept connection */
    const char *where;                /* the server, for messages */
    struct dg_receiver *receiver;     /* who takes the answer */
    bool public_only;                 /* refuse addresses that are not public */
    bool bare;                        /* leave the request's headers out */
    void (*sent)(void *self);         /* called once: libcurl has taken the last byte */
    void *self;                       /* passed to it; dg_transfer_owner */
};

/* How it went.  Texts live as long as the transfer. */
struct dg_transfer_end {
    bool whole;               /* a whole answer arrived; else `error` tells */
    struct dg_error error;    /* why not */
    int status;               /* HTTP, 0: none */
    struct dg_advice advice;  /* of the answer's headers */
    bool stale;               /* a kept connection had died before the upload was complete */
    const char *location;     /* 3xx with Location: the absolute URL, else NULL */
    const char *content_type; /* "" if none */
    const char *request_id;   /* x-request-id, apim-request-id, else "" */
    dg_msec first_byte_ms;    /* from the start to the answer's first byte, -1: none came */
    uint64_t bytes_up;        /* of the body, handed to libcurl */
    uint64_t bytes_down;      /* of the answer's body */
};

struct dg_transfer *dg_transfer_new(struct dg_reactor *reactor,
                                    const struct dg_transfer_order *order);

/* Also when it has not ended: the reactor must have let it go. */
void dg_transfer_free(struct dg_transfer *t);

void dg_transfer_end(const struct dg_transfer *t, struct dg_transfer_end *end);

/* Its time limits: the next moment at which one may be over.  Where one is, it is
 * noted, and 0 comes back: the transfer is to be removed and has ended. */
dg_msec dg_transfer_deadline(struct dg_transfer *t, dg_msec now);

/* Every byte of the upload has left this machine and arrived at the peer's: its
 * socket's send queue is empty, or an answer has begun. */
bool dg_transfer_drained(const struct dg_transfer *t);

/* Whoever gave the order (`self`). */
void *dg_transfer_owner(const struct dg_transfer *t);

/* For the reactor: libcurl's handle, and its result code when it has ended. */
void *dg_transfer_handle(const struct dg_transfer *t);
void dg_transfer_finish(struct dg_transfer *t, int code);
void dg_transfer_on_socket(struct dg_transfer *t, int fd); /* the one libcurl watches for it */

#endif
