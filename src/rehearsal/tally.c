/* SPDX-License-Identifier: MIT
 *
 * Counting.
 */
#include "rehearsal/tally.h"

#include <inttypes.h>

void dg_tally_begin(struct dg_tally *t)
{
    t->in_flight++;
    if (t->in_flight > t->max_in_flight)
        t->max_in_flight = t->in_flight;
}

void dg_tally_end(struct dg_tally *t, unsigned status, bool whole)
{
    t->in_flight--;
    t->answered += whole;
    t->by_status[status < DG_TALLY_STATUSES ? status : 0]++;
}

void dg_tally_print(const struct dg_tally *t, size_t keys, struct dg_buffer *out)
{
    const char *between = "";

    dg_buffer_printf(out,
                     "{\"requests\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"in_flight\":%u,"
                     "\"max_in_flight\":%u,\"by_status\":{",
                     t->requests, t->answered, t->in_flight, t->max_in_flight);
    for (unsigned status = 0; status < DG_TALLY_STATUSES; status++) {
        if (t->by_status[status] == 0)
            continue;
        if (status == 0)
            dg_buffer_printf(out, "\"none\":%" PRIu64, t->by_status[0]);
        else
            dg_buffer_printf(out, "%s\"%u\":%" PRIu64, between, status, t->by_status[status]);
        between = ",";
    }
    dg_buffer_printf(out, "},\"keys\":%zu}\n", keys);
}
