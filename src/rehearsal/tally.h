/* SPDX-License-Identifier: MIT
 *
 * What the server has seen of edit requests, for GET /v1/rehearsal/stats.
 */
#ifndef DG_REHEARSAL_TALLY_H
#define DG_REHEARSAL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { DG_TALLY_STATUSES = 600 };

struct dg_tally {
    uint64_t requests;                     /* read to their end */
    uint64_t answered;                     /* answered to the last byte */
    unsigned in_flight;                    /* begun and not yet finished */
    unsigned max_in_flight;                /* the most there ever were at once */
    uint64_t by_status[DG_TALLY_STATUSES]; /* finished, by HTTP status; 0: no answer */
};

void dg_tally_begin(struct dg_tally *t);
void dg_tally_end(struct dg_tally *t, unsigned status, bool whole);

/* Appends it as a JSON object; `keys`: different ones seen. */
void dg_tally_print(const struct dg_tally *t, size_t keys, struct dg_buffer *out);

#endif
