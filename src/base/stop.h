/* SPDX-License-Identifier: MIT
 *
 * A request to stop, from a signal handler to the event loop.  The first asks
 * to drain (finish what is in flight), the second to abort.
 */
#ifndef DG_BASE_STOP_H
#define DG_BASE_STOP_H

#include <stdbool.h>

#include "base/error.h"

/* Makes the descriptor; call once before the handlers are set. */
bool dg_stop_init(struct dg_error *err);

/* Async-signal-safe: counts the request and makes dg_stop_fd readable. */
void dg_stop_request(int signal_number);

/* Makes dg_stop_fd readable without a request, also that of the process this one
 * was forked from: there is something new to look at. */
void dg_stop_wake(void);

int dg_stop_count(void);  /* requests so far */
int dg_stop_signal(void); /* the first one's signal, 0 if none */
int dg_stop_fd(void);     /* an eventfd, readable after a request; -1 before init */
void dg_stop_quiet(void); /* reads the descriptor empty, keeps the count */

#endif
