/* SPDX-License-Identifier: MIT
 *
 * The rehearsal server as a command of its own, and as a process beside a run.
 *
 *     struct dg_beside server;
 *     if (dg_beside_start(&server, h, options, count, &err)) ...server.url...
 *     dg_beside_stop(&server);
 */
#ifndef DG_CLI_SERVER_H
#define DG_CLI_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/host.h"

enum { DG_BESIDE_URL_BYTES = DG_MESSAGE_BYTES };

struct dg_beside {
    pid_t pid;                     /* the server's process */
    int line;                      /* socket to it; closed: it ends */
    char url[DG_BESIDE_URL_BYTES]; /* its base URL */
};

/* Serves until a request to stop; prints "listening on URL" first. */
bool dg_serve(const struct dg_host_option *options, size_t count, struct dg_error *err);

/* Forks the server and waits until it listens, on a port that is free.  Call it
 * before anything that a fork would copy badly (libcurl, threads) exists.  The
 * child frees its copy of `h` (may be NULL), with the keys in it. */
bool dg_beside_start(struct dg_beside *b, struct dg_host *h, const struct dg_host_option *options,
                     size_t count, struct dg_error *err);

/* Ends the server and reaps it; says so if it had died before. */
void dg_beside_stop(struct dg_beside *b);

#endif
