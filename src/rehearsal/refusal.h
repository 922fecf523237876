/* SPDX-License-Identifier: MIT
 *
 * A "no" in the API's own words: status, type, param, code and message.
 */
#ifndef DG_REHEARSAL_REFUSAL_H
#define DG_REHEARSAL_REFUSAL_H

#include <stdbool.h>

enum { DG_REFUSAL_WORD_BYTES = 64, DG_REFUSAL_MESSAGE_BYTES = 1024 };

struct dg_refusal {
    unsigned status;                        /* HTTP; 0: nothing is refused */
    const char *type;                       /* static text */
    char param[DG_REFUSAL_WORD_BYTES];      /* "" is null on the wire */
    char code[DG_REFUSAL_WORD_BYTES];       /* "" is null on the wire */
    char message[DG_REFUSAL_MESSAGE_BYTES]; /* one paragraph */
};

/* Type invalid_request_error; `param` and `code` may be NULL.  Returns false. */
bool dg_refuse(struct dg_refusal *r, unsigned status, const char *param, const char *code,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* What the real API says with this status and code; an empty code stands for
 * the status' usual one, an unknown code gets a plain message. */
void dg_refusal_known(struct dg_refusal *r, unsigned status, const char *code);

#endif
