/* SPDX-License-Identifier: MIT
 *
 * The server's whole state, for the files of this folder: one thread, one
 * epoll over libmicrohttpd's own, timers, and what requests need.
 */
#ifndef DG_REHEARSAL_SERVER_H
#define DG_REHEARSAL_SERVER_H

#include "base/buffer.h"
#include "base/clock.h"
#include "base/timers.h"
#include "rehearsal/gallery.h"
#include "rehearsal/options.h"
#include "rehearsal/quota.h"
#include "rehearsal/rehearsal.h"
#include "rehearsal/tally.h"

enum { DG_REHEARSAL_URL_BYTES = 128 };

struct MHD_Daemon;
struct dg_visit;

struct dg_rehearsal {
    struct dg_rehearsal_options options; /* fixed once it is open */
    char url[DG_REHEARSAL_URL_BYTES];    /* "http://127.0.0.1:8080/v1", "" until open */
    int listen_fd;                       /* -1 until open; then MHD's to close */
    int epoll_fd;                        /* ours: MHD's, the stop, waiting clients */
    int journal_fd;                      /* the request log, or -1 */
    struct MHD_Daemon *daemon;           /* HTTP itself */
    struct dg_timers timers;             /* visits that wait for their moment */
    struct dg_visit *waiting;            /* all suspended visits, a list */
    struct dg_quota *quota;              /* rate limits */
    struct dg_gallery *gallery;          /* pictures */
    struct dg_buffer fixed_base64;       /* the constant picture; "" where derived */
    struct dg_tally tally;               /* for the stats */
    uint64_t visits;                     /* requests of any kind so far */
    uint64_t edits;                      /* edit requests so far */
    dg_msec opened_ms;                   /* dg_clock_now at the start */
    dg_msec opened_wall_ms;              /* dg_clock_wall at the same moment */
};

/* Listens as the options say; the descriptor, or -1.  Sets s->url. */
int dg_rehearsal_listen(struct dg_rehearsal *s, struct dg_error *err);

/* From the listening socket to HTTP, and back: ends every request at once. */
bool dg_rehearsal_start(struct dg_rehearsal *s, struct dg_error *err);
void dg_rehearsal_halt(struct dg_rehearsal *s);

#endif
