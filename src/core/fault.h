/* SPDX-License-Identifier: MIT
 *
 * Faults of the wire in words: what ended a transfer before a whole answer
 * arrived, and the error a person can act on.  Knows no libcurl.
 */
#ifndef DG_CORE_FAULT_H
#define DG_CORE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

enum dg_cause {
    DG_CAUSE_NONE,            /* nothing: a whole answer arrived, whatever it says */
    DG_CAUSE_URL,             /* libcurl cannot read the URL */
    DG_CAUSE_PROXY,           /* the proxy's name or its refusal */
    DG_CAUSE_RESOLVE,         /* the host's name is not known */
    DG_CAUSE_CONNECT,         /* refused, unreachable */
    DG_CAUSE_CONNECT_TIMEOUT, /* no connection in time */
    DG_CAUSE_PRIVATE,         /* an address that is not public, refused by us */
    DG_CAUSE_TLS,             /* no TLS session */
    DG_CAUSE_CERTIFICATE,     /* the server's certificate is not trusted */
    DG_CAUSE_CA_FILE,         /* our own bundle cannot be read */
    DG_CAUSE_TIMEOUT,         /* no whole answer in time */
    DG_CAUSE_FIRST_BYTE,      /* no byte of an answer in time */
    DG_CAUSE_STALLED,         /* no byte moved for a while */
    DG_CAUSE_RESET,           /* the connection broke */
    DG_CAUSE_CLOSED,          /* closed before the first byte of an answer */
    DG_CAUSE_IDLE,            /* a kept connection had died; not sent again */
    DG_CAUSE_TRUNCATED,       /* the answer ended before its announced end */
    DG_CAUSE_NOT_HTTP,        /* something answered, not in HTTP */
    DG_CAUSE_ENCODING,        /* Content-Encoding does not fit the body */
    DG_CAUSE_OURS,            /* the body could not be read or the answer was refused; told apart */
    DG_CAUSE_OTHER,           /* libcurl's own words must do */
    DG_CAUSE_COUNT
};

/* What is known about the transfer when it ends. */
struct dg_fault {
    enum dg_cause cause; /* what happened */
    const char *where;   /* endpoint label or host */
    const char *detail;  /* libcurl's text, the refused address; "" if none */
    uint64_t sent;       /* bytes of the body handed to the socket */
    uint64_t size;       /* bytes the body has */
    uint64_t received;   /* bytes of the answer's body */
    dg_msec limit_ms;    /* the time limit that was passed */
};

/* Fills `err`; the cause must not be DG_CAUSE_NONE or DG_CAUSE_OURS. */
void dg_fault_error(const struct dg_fault *f, struct dg_error *err);

#endif
