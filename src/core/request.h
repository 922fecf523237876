/* SPDX-License-Identifier: MIT
 *
 * What is asked of the engine and what comes back: plain data, with the checking
 * and copying of the one and the freeing of the other.
 */
#ifndef DG_CORE_REQUEST_H
#define DG_CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "core/image.h"
#include "core/multipart.h"
#include "core/pool.h"
#include "core/reply.h"

/* What to do with a good answer's body. */
enum dg_sink {
    DG_SINK_REPLY, /* scan JSON, pictures into files (reply.h) */
    DG_SINK_FILE,  /* the body into one temporary file */
    DG_SINK_TEXT   /* the body into memory, at most max_bytes */
};

struct dg_header {
    const char *name;  /* a token, see RFC 9110 */
    const char *value; /* one line; of blanks only: sent as an empty one */
};

struct dg_request {
    struct dg_pool *pool; /* who serves it, with its key; NULL: `url`, and never a key */
    const char *path;     /* with a pool: put behind the endpoint's base, "/images/edits" */
    const char *url;      /* without: http or https */
    const char *method;   /* NULL: "POST" with a body, else "GET" */
    const struct dg_header *headers; /* further ones; CR and LF refused */
    size_t header_count;       /* how many; none of them crosses a redirect to another origin */
    struct dg_multipart *form; /* the body, or NULL */
    const char *body;          /* or these bytes, copied */
    size_t body_size;          /* how many */
    const char *body_type;     /* their Content-Type, default application/json */
    enum dg_sink sink;         /* what a good answer's body becomes */
    const char *directory;     /* temporary files: the folder ... */
    const char *stem;          /* ... and the beginning of the name */
    const char *const *picture_keys; /* reply.h */
    uint64_t max_bytes;              /* decoded body (file, text) or picture; 0: 50 MiB */
    dg_msec timeout_ms;              /* of one attempt, once a connection stands; 0: 300 s */
    dg_msec connect_timeout_ms;      /* until one does; 0: 30 s */
    dg_msec stall_timeout_ms;        /* of an upload without progress; 0: 60 s */
    dg_msec first_byte_timeout_ms;   /* from the upload's end to an answer; 0: none */
    dg_msec max_outage_ms;           /* no endpoint was there for so long: it ends; 0: it waits */
    unsigned max_retries;            /* after the first attempt */
    dg_msec retry_delay_ms;          /* first retry's delay (retry.h) */
    unsigned max_redirects;          /* without a pool, GET only: followed by hand and checked */
    bool public_only;                /* refuse addresses that are not public ... */
    const struct dg_pool *trusted;   /* ... but for these endpoints' host and port; or NULL */
    bool recorded;           /* each attempt and the answer go into the engine's ledger, before the
                                one is sent and the other is handed out ... */
    int64_t row;             /* ... as those of the row at this position, ... */
    bool aside;              /* ... an attempt of its, but the answer is not the row's, ... */
    const char *model;       /* ... asked of this one; NULL: none */
    unsigned images;         /* pictures asked for, which limits count; 0 counts 1 */
    bool fixed;              /* with a pool: this place and no other, and nobody counts it: ... */
    unsigned fixed_endpoint; /* ... index ... */
    unsigned fixed_key;      /* ... and position there, from 0 */
};

struct dg_outcome {
    bool ok;                  /* a good answer came, and its body went where it should */
    struct dg_error error;    /* if not ok */
    enum dg_verdict verdict;  /* of the last attempt, ... */
    enum dg_scope scope;      /* ... and what is out with it */
    int status;               /* HTTP, 0: none */
    unsigned attempts;        /* requests started, each redirect's too */
    dg_msec latency_ms;       /* of the last attempt, start to end */
    dg_msec waited_ms;        /* for a place in the pool and between attempts */
    unsigned possibly_billed; /* attempts without an answer after their upload, or with one that
                                 found no place here */
    bool unrecorded;          /* a good answer that the ledger could not be told of yet: its notes
                                 wait, its pictures stay in the spool, and `error` says why */
    int64_t attempt;          /* the last one's id in the ledger, 0: none */
    char *endpoint;           /* label of the last one, "" without a pool */
    int endpoint_index;       /* in the pool, -1 without */
    int key_index;            /* there, -1 without */
    char *request_id;         /* x-request-id, or apim-request-id, else "" */
    char *content_type;       /* as sent, else "" */
    char *url;         /* after redirects, of requests without a pool, no user in it; else "" */
    char *error_type;  /* error.type of an API error, else "" */
    char *error_param; /* error.param, else "" */
    char *text;        /* reply: JSON without pictures; text: the body; else "" */
    size_t text_size;  /* bytes of it */
    struct dg_picture *pictures; /* reply: in order; file: the one file.  The files belong */
    size_t picture_count;        /* to whoever takes them: unlinked by dg_outcome_free ... */
    bool pictures_taken;         /* ... unless this is set */
};

/* An outcome as it is before anything happened: every text "". */
struct dg_outcome *dg_outcome_new(void);
void dg_outcome_free(struct dg_outcome *o);

/* Everything that can be refused before anything is sent. */
bool dg_request_check(const struct dg_request *r, struct dg_error *err);

/* A deep copy of a checked request with the defaults filled in; it holds
 * references to the pools and the form. */
void dg_request_copy(struct dg_request *into, const struct dg_request *from);
void dg_request_done(struct dg_request *r); /* of a copy */

#endif
