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

/* An option by the name of its flag (`diffgentor serve --help`): port, host,
 * latency, keys, rate_limit, fault (may be given often), picture, seed,
 * request_log. */
bool dg_rehearsal_set(struct dg_rehearsal *s, const char *name, const char *value,
                      struct dg_error *err);

bool dg_rehearsal_open(struct dg_rehearsal *s, struct dg_error *err);
const char *dg_rehearsal_url(const struct dg_rehearsal *s); /* after open */
bool dg_rehearsal_run(struct dg_rehearsal *s, int stop_fd, struct dg_error *err);

#endif
