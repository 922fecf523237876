/* SPDX-License-Identifier: MIT
 *
 * A request to stop, from a signal handler to the event loops of all processes of
 * a run.  The first asks to drain (finish what is in flight), the second to abort.
 * Whoever gets the signal tells all: the count is in memory that they share, and
 * each has a descriptor of its own to be woken by.
 */
#ifndef DG_BASE_STOP_H
#define DG_BASE_STOP_H

#include <stdbool.h>

#include "base/error.h"

enum { DG_STOP_CHANNELS = 1025 }; /* processes that can be woken, the first included */

/* Makes the first descriptor; call once before the handlers are set. */
bool dg_stop_init(struct dg_error *err);

/* Makes descriptors for so many further processes, before they are forked; what was
 * made before stays. */
bool dg_stop_channels(unsigned count, struct dg_error *err);

/* In such a process: number `channel` (from 1) is its own from now on. */
void dg_stop_use(unsigned channel);

/* Async-signal-safe: counts the request and makes all descriptors readable. */
void dg_stop_request(int signal_number);

/* Makes them readable without a request: there is something new to look at. */
void dg_stop_wake(void);

int dg_stop_count(void);  /* requests so far */
int dg_stop_signal(void); /* the first one's signal, 0 if none */
int dg_stop_fd(void);     /* this process's, readable after a request; -1 before init */
void dg_stop_quiet(void); /* reads that one empty, keeps the count */

#endif
