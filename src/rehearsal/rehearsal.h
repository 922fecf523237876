/* SPDX-License-Identifier: MIT
 *
 * The rehearsal server: an offline stand-in for an OpenAI-compatible image API,
 * with a request log, latencies and faults on demand.  One thread, one epoll.
 *
 *     struct dg_rehearsal *s = dg_rehearsal_new();
 *     dg_rehearsal_set(s, "port", "0", &err);
 *     dg_rehearsal_open(s, &err);                listens from here on
 *     printf("%s", dg_rehearsal_url(s));         http://127.0.0.1:PORT/v1
 *     dg_rehearsal_run(s, stop_fd, &err);        until stop_fd is readable
 */
#ifndef DG_REHEARSAL_REHEARSAL_H
#define DG_REHEARSAL_REHEARSAL_H

#include <stdbool.h>

#include "base/error.h"

struct dg_rehearsal;

struct dg_rehearsal *dg_rehearsal_new(void); /* defaults */
void dg_rehearsal_free(struct dg_rehearsal *s);

/* An option by the name of its flag (`diffgentor serve --help`), before open:
 *
 *     port         0 (any free one, the default) to 65535
 *     host         address to listen on, 127.0.0.1; others are warned of.  Of a
 *                  name's addresses, the first that can be listened on
 *     latency      ms of good answers: 200, 100-300, normal:200,50, exp:200
 *     keys         the only keys accepted, with commas between; else any
 *     rate_limit   requests a key and minute; 0: no limit
 *     fault        WHEN:ACTION[,option=value...], may be given often; mishap.h
 *     picture      derived from the input, or fixed (for load tests)
 *     seed         of everything left to chance, 1
 *     request_log  file for one JSON object a line and finished request
 *
 * false: `err` (kind usage) names the option, the value and what it may be. */
bool dg_rehearsal_set(struct dg_rehearsal *s, const char *name, const char *value,
                      struct dg_error *err);

/* Open, run and free in one process: after a fork, stopping the copy would shut
 * the shared socket.  A failed open leaves only dg_rehearsal_free.  Each client
 * takes a descriptor; how many there may be is the process's own affair. */
bool dg_rehearsal_open(struct dg_rehearsal *s, struct dg_error *err);
const char *dg_rehearsal_url(const struct dg_rehearsal *s); /* after open */
bool dg_rehearsal_run(struct dg_rehearsal *s, int stop_fd, struct dg_error *err);

#endif
