/* SPDX-License-Identifier: MIT
 *
 * Inside transfer*.c only: one attempt, as its two halves see it, the sending and
 * the judgement of how it ended.
 */
#ifndef DG_CORE_TRANSFER_STATE_H
#define DG_CORE_TRANSFER_STATE_H

#include <curl/curl.h>

#include "core/address.h"
#include "core/transfer.h"

enum { DG_TRANSFER_REFUSED_BYTES = DG_ADDRESS_BYTES + 64 };

/* A download that stands still for so long is given up. */
enum { DG_TRANSFER_STILL_SECONDS = 30 };

struct dg_transfer {
    struct dg_transfer_order order;          /* what to do */
    struct dg_reactor *reactor;              /* owner of the handle */
    CURL *handle;                            /* libcurl's side */
    struct curl_slist *headers;              /* request headers */
    unsigned port;                           /* of order.url */
    struct dg_multipart_reader *reader;      /* a form being read, else NULL */
    uint64_t size;                           /* bytes of the body */
    uint64_t sent;                           /* bytes handed to libcurl */
    uint64_t received;                       /* bytes of the answer's body */
    dg_msec answered_at;                     /* when its first line came, 0: none has */
    bool advised;                            /* a header of core/advice.h came */
    bool head_whole;                         /* the empty line behind the headers was seen */
    dg_msec made_at;                         /* from then on it waits for a connection */
    bool started;                            /* a connection stood and the request began ... */
    dg_msec started_at;                      /* ... then ... */
    bool reused;                             /* ... on one that had been kept */
    dg_msec moved_at;                        /* when libcurl last took bytes of the body */
    int fd;                                  /* its socket, -1: not known */
    enum dg_cause overdue;                   /* a time limit was passed, else none */
    bool resend_refused;                     /* libcurl was about to send once more */
    bool told_sent;                          /* order.sent was called */
    char refused[DG_TRANSFER_REFUSED_BYTES]; /* an address that is not public, "" = none */
    struct dg_error fault;                   /* the body could not be read */
    char *location;                          /* where a redirect points, or NULL */
    char curl_text[CURL_ERROR_SIZE];         /* libcurl's words about its result */
    CURLcode code;                           /* libcurl's result, once ended */
};

/* The answer's, 0 while there is none. */
int dg_transfer_status(const struct dg_transfer *t);

#endif
