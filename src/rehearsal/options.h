/* SPDX-License-Identifier: MIT
 *
 * The rehearsal server's options, by the names of their flags.
 */
#ifndef DG_REHEARSAL_OPTIONS_H
#define DG_REHEARSAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "rehearsal/latency.h"
#include "rehearsal/mishap.h"

enum { DG_REHEARSAL_FAULTS_MAX = 64, DG_REHEARSAL_KEYS_MAX = 64, DG_REHEARSAL_HOST_BYTES = 64 };

struct dg_rehearsal_options {
    char host[DG_REHEARSAL_HOST_BYTES]; /* address to listen on, default 127.0.0.1 */
    uint16_t port;                      /* 0, the default: any free one */
    struct dg_latency latency;          /* of good answers; default none */
    char **keys;                        /* the only ones accepted, owned */
    size_t key_count;                   /* 0, the default: any key but none */
    unsigned rate_limit;                /* requests per key and minute; 0: no limit */
    bool fixed;                         /* one constant picture, for load tests */
    uint64_t seed;                      /* of everything left to chance; default 1 */
    char *request_log;                  /* path, owned; NULL: none */
    struct dg_mishap *faults;           /* the plan, in the order given, owned */
    size_t fault_count;                 /* entries in it */
};

void dg_rehearsal_options_init(struct dg_rehearsal_options *o);
void dg_rehearsal_options_done(struct dg_rehearsal_options *o);

/* false: no such option, or a value it cannot have; nothing is changed then. */
bool dg_rehearsal_options_set(struct dg_rehearsal_options *o, const char *name, const char *value,
                              struct dg_error *err);

#endif
