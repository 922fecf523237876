/* SPDX-License-Identifier: MIT
 *
 * The fault plan: which edit requests get something else than a good answer.
 * One entry is WHEN:ACTION[,option=value...]
 *
 *     3:500                          the third edit request
 *     10-20:429,retry_after=2        the tenth to the twentieth
 *     %7:reset                       every seventh
 *     5%:429/insufficient_quota      a random twentieth, the same for one seed
 *     *:slow,ms=3000                 every one
 *
 * Requests count from 1; the first entry that strikes is taken.
 */
#ifndef DG_REHEARSAL_MISHAP_H
#define DG_REHEARSAL_MISHAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

enum dg_mishap_action {
    DG_MISHAP_STATUS, /* an HTTP status in place of the answer */
    /* Nothing, or nonsense, whatever was asked. */
    DG_MISHAP_RESET,    /* TCP reset */
    DG_MISHAP_CLOSE,    /* connection closed without an answer */
    DG_MISHAP_HANG,     /* no answer ever */
    DG_MISHAP_GARBAGE,  /* 200 with random bytes */
    DG_MISHAP_HTML,     /* 200 with a web page */
    DG_MISHAP_ERROR200, /* 200 with an error object */
    DG_MISHAP_DETAIL,   /* 422 in FastAPI's shape */
    DG_MISHAP_PLAIN,    /* 500 as plain text */
    /* The good answer, spoilt; a request that is refused anyway stays so. */
    DG_MISHAP_RESET_MID,  /* half of it, then a TCP reset */
    DG_MISHAP_TRUNCATE,   /* half of it, then closed */
    DG_MISHAP_CUT_JSON,   /* half of its JSON in a whole HTTP answer */
    DG_MISHAP_SLOW,       /* in small pieces over `ms` */
    DG_MISHAP_EMPTY,      /* no picture in `data` */
    DG_MISHAP_BAD_BASE64, /* b64_json with characters that are none */
    DG_MISHAP_NOT_IMAGE,  /* b64_json of a text */
    DG_MISHAP_FEWER,      /* one picture less than asked */
    DG_MISHAP_URL,        /* a URL in place of b64_json */
    DG_MISHAP_JPEG,       /* pictures of another kind than asked */
    DG_MISHAP_WEBP,
    DG_MISHAP_GIF,
    DG_MISHAP_SVG
};

enum dg_mishap_when {
    DG_MISHAP_RANGE, /* first to last */
    DG_MISHAP_EVERY, /* each multiple of first */
    DG_MISHAP_SHARE  /* by chance */
};

enum { DG_MISHAP_TEXT_BYTES = 128, DG_MISHAP_VALUE_BYTES = 128, DG_MISHAP_HEADERS = 4 };

struct dg_mishap {
    enum dg_mishap_when when;                               /* how requests are picked */
    uint64_t first;                                         /* RANGE, EVERY */
    uint64_t last;                                          /* RANGE, inclusive */
    double share;                                           /* SHARE, 0 to 1 */
    uint64_t salt;                                          /* SHARE: each entry has its own luck */
    enum dg_mishap_action action;                           /* what happens */
    unsigned status;                                        /* STATUS */
    char code[64];                                          /* STATUS: error code, "" = its usual */
    dg_msec ms;                                             /* delay or drip time, -1 = not given */
    char headers[DG_MISHAP_HEADERS][DG_MISHAP_VALUE_BYTES]; /* by dg_mishap_header; "" = none */
    char text[DG_MISHAP_TEXT_BYTES];                        /* as it was given, for the log */
};

/* Name of the header that slot `i` of `headers` sets, such as "Retry-After". */
const char *dg_mishap_header(unsigned i);

bool dg_mishap_parse(struct dg_mishap *f, const char *text, struct dg_error *err);

/* Does it strike edit request `n` (from 1)?  The same answer for one seed. */
bool dg_mishap_strikes(const struct dg_mishap *f, uint64_t n, uint64_t seed);

/* true: it spoils a good answer; false: it takes its place. */
bool dg_mishap_spoils(const struct dg_mishap *f);

#endif
