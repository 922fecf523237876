/* SPDX-License-Identifier: MIT
 *
 * Verdicts: what an attempt's end means, by status, error code and transport
 * result, one table in one file; and how long to wait before the next.
 */
#ifndef DG_CORE_RETRY_H
#define DG_CORE_RETRY_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

enum dg_verdict {
    DG_OK,       /* the answer is good */
    DG_RETRY,    /* the same again later may succeed; spends a retry */
    DG_FAILOVER, /* this key or endpoint is out, another may serve; free */
    DG_FATAL     /* this request will never succeed */
};

const char *dg_verdict_name(enum dg_verdict v); /* "ok", "retry", "failover", "fatal" */

/* Judges an ended attempt; `status` 0 = no answer. */
enum dg_verdict dg_retry_judge(int status, const struct dg_error *err);

/* Delay before retry number `n` (from 0): retry_delay * 2^n, at most 60 s, full
 * jitter: `random` in [0,1) picks between 0 and that. */
dg_msec dg_retry_delay(dg_msec retry_delay_ms, unsigned n, double random);

#endif
