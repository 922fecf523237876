/* SPDX-License-Identifier: MIT
 *
 * The engine: thousands of HTTP requests in flight on one thread, one
 * curl_multi and one epoll.  It knows requests, not edits.  Each submitted
 * request gets an id; the end of each comes out of dg_engine_wait once.
 *
 *     struct dg_engine *e = dg_engine_new(&options, &err);
 *     uint64_t id = dg_engine_submit(e, &request, &err);        0: refused
 *     struct dg_outcome *o;
 *     while (dg_engine_wait(e, 1000, &id, &o)) { ...; dg_outcome_free(o); }
 */
#ifndef DG_CORE_ENGINE_H
#define DG_CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "core/request.h"

struct dg_pace;

struct dg_engine_options {
    const char *ca_file;      /* NULL: libcurl's default bundle */
    bool http2;               /* over TLS, where the server speaks it; else HTTP/1.1 */
    unsigned in_flight;       /* requests at once, of this engine and those alike, by which
                                 buffers are sized; 0: a few */
    struct dg_ledger *ledger; /* of recorded requests, NULL: none; the caller's */
    struct dg_pace *pace;     /* told of each attempt's end, NULL: none; the caller's ... */
    unsigned processes;       /* ... and that of so many engines alike, 0 counts 1 */
    bool durable;             /* pictures of those are on disk before the ledger says so */
    int wake_fd;              /* readable: dg_engine_wait returns early; -1: none.  Only the owner
                                 reads it (dg_stop_quiet); until then each wait returns early */
};

struct dg_engine;

struct dg_engine *dg_engine_new(const struct dg_engine_options *options, struct dg_error *err);

/* Aborts what is in flight, removes its temporary files.  Recorded answers that
 * were not handed out are noted in the ledger and keep theirs. */
void dg_engine_free(struct dg_engine *e);

/* Copies what it needs (references the pool and the body).  0 on a bad request,
 * with `err`; nothing was sent then. */
uint64_t dg_engine_submit(struct dg_engine *e, const struct dg_request *request,
                          struct dg_error *err);

/* A timer as a request: it ends, ok, after `delay`. */
uint64_t dg_engine_sleep(struct dg_engine *e, dg_msec delay);

/* Files and folders as a request: it ends, ok, when all of them are on disk, by a
 * thread beside the loop.  0, with `err`, if there can be no such thread. */
uint64_t dg_engine_sync(struct dg_engine *e, const char *const *paths, size_t count,
                        struct dg_error *err);

/* Runs the loop until a request ends, at most `timeout` (-1: no limit).  true:
 * *id and *outcome (the caller's, dg_outcome_free) are set; what has ended comes
 * out before anything else is heeded.  false: the time is over, or the wake
 * descriptor is readable, or nothing is under way. */
bool dg_engine_wait(struct dg_engine *e, dg_msec timeout, uint64_t *id,
                    struct dg_outcome **outcome);

/* Ends a request at once, with kind stopped; its outcome still comes out.  One
 * that has ended, or an unknown id, is left alone. */
void dg_engine_cancel(struct dg_engine *e, uint64_t id);

/* The same for a request that waits for a place in its pool or for its next
 * attempt; false, and nothing happens, if it is on the wire, asleep or ended. */
bool dg_engine_recall(struct dg_engine *e, uint64_t id);

size_t dg_engine_pending(const struct dg_engine *e);   /* submitted, not yet handed out */
size_t dg_engine_in_flight(const struct dg_engine *e); /* on the wire now */

#endif
