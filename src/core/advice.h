/* SPDX-License-Identifier: MIT
 *
 * What a server's headers advise: when to come again, whether to, and until when
 * an allowance is used up.  Reads no clock.
 *
 *     struct dg_advice a;
 *     dg_advice_read(&a, header_of, answer, dg_clock_wall());
 *     a.retry_after_ms                                   -1: not told
 *
 * Values that make no sense are not told; spans are 30 days at most.
 */
#ifndef DG_CORE_ADVICE_H
#define DG_CORE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

struct dg_advice {
    dg_msec retry_after_ms;    /* Retry-After or retry-after-ms, which wins; -1: not told */
    int should_retry;          /* x-should-retry: 1, 0; -1: not told */
    dg_msec requests_reset_ms; /* x-ratelimit-remaining-requests is 0: until then; else -1 */
    dg_msec tokens_reset_ms;   /* the same of tokens, the project's too: the longer one */
    dg_msec images_reset_ms;   /* the same of images */
};

/* Nothing is told. */
void dg_advice_init(struct dg_advice *a);

/* Whether a header's line may be one that advises. */
bool dg_advice_is_header(const char *line, size_t size_bytes);

/* `get` gives the value of a header, whatever its case, or NULL; `wall` is the
 * time that dates are held against (since 1970). */
void dg_advice_read(struct dg_advice *a, const char *(*get)(void *self, const char *name),
                    void *self, dg_msec wall);

#endif
