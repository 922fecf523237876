/* SPDX-License-Identifier: MIT
 *
 * The request log: one JSON object a line for each finished request.  Keys are
 * in it as eight hexadecimal digits of their SHA-256 and in no other way.
 */
#ifndef DG_REHEARSAL_JOURNAL_H
#define DG_REHEARSAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "rehearsal/form.h"

struct dg_journal_entry {
    uint64_t n;                 /* of the edit request, from 1; 0: none, written null */
    dg_msec time_ms;            /* when it had arrived whole, since 1970 */
    dg_msec took_ms;            /* from then until it was finished */
    const char *method;         /* "POST" */
    const char *path;           /* as sent, without the query */
    unsigned status;            /* HTTP; 0: no answer */
    bool whole;                 /* the answer went out to its last byte */
    const char *key;            /* digits of its digest, NULL: none was sent */
    const struct dg_form *form; /* fields and parts */
    unsigned in_flight;         /* edit requests when it had arrived, itself included */
    const char *fault;          /* the plan's entry that struck, or NULL */
    const char *request_id;     /* as answered */
};

/* Opens the file for appending (made 0600); -1 on failure. */
int dg_journal_open(const char *path, struct dg_error *err);

bool dg_journal_write(int fd, const struct dg_journal_entry *e, struct dg_error *err);

#endif
