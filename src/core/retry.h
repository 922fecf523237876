/* SPDX-License-Identifier: MIT
 *
 * Verdicts: what an attempt's end means, by error code, status and kind, one
 * table in one file; and how long to wait before the next.
 *
 *     struct dg_case c = { .status = 429, .err = &err, .should_retry = -1 };
 *     struct dg_judgement j = dg_retry_judge(&c);      DG_RETRY, DG_SCOPE_NONE
 */
#ifndef DG_CORE_RETRY_H
#define DG_CORE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

enum dg_verdict {
    DG_OK,       /* the answer is good */
    DG_RETRY,    /* the same again later may succeed; spends a retry */
    DG_FAILOVER, /* another place may serve, at once; spends none */
    DG_FATAL     /* this request will never succeed */
};

/* What is out after DG_FAILOVER. */
enum dg_scope {
    DG_SCOPE_NONE,      /* nothing: another verdict */
    DG_SCOPE_KEY,       /* this key, for the run */
    DG_SCOPE_ENDPOINT,  /* this endpoint, for the run: its certificate */
    DG_SCOPE_MODEL,     /* this key for this model */
    DG_SCOPE_REACH,     /* not reached: set aside and probed; it was no attempt */
    DG_SCOPE_CONNECTION /* a kept connection had died before its upload was complete: again on a
                           fresh one */
};

/* An ended attempt. */
struct dg_case {
    int status;                 /* HTTP, 0: no answer */
    const struct dg_error *err; /* what came of it */
    int should_retry;           /* the header x-should-retry: 1, 0; -1: not told */
    bool stale;                 /* see DG_SCOPE_CONNECTION */
};

struct dg_judgement {
    enum dg_verdict verdict;
    enum dg_scope scope; /* DG_SCOPE_NONE but for DG_FAILOVER */
};

const char *dg_verdict_name(enum dg_verdict v); /* "ok", "retry", "failover", "fatal" */
const char *dg_scope_name(enum dg_scope s);     /* "none", "key", "endpoint", "model", ... */

/* Judges it.  Codes of a server's answer and codes of the wire (fault.c) are told
 * apart by the error's kind: no server can say "resolve". */
struct dg_judgement dg_retry_judge(const struct dg_case *c);

/* Delay before retry number `n` (from 0): retry_delay * 2^n, at most 60 s, full
 * jitter: `random` in [0,1) picks between 0 and that. */
dg_msec dg_retry_delay(dg_msec retry_delay_ms, unsigned n, double random);

#endif
