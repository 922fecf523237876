/* SPDX-License-Identifier: MIT
 *
 * The endpoint pool: base URLs with keys, weights and limits.  A pick asks
 * weights, health, keys and limits at once.
 *
 *     struct dg_pick pick;
 *     dg_msec delay;
 *     if (dg_pool_pick(pool, &want, now, &pick, &delay)) ...send...
 *     else if (delay < 0) ...no key will serve this...
 *     else ...ask again after delay...
 *     dg_pool_sent(pool, &pick, now);
 *     dg_pool_report(pool, &pick, &report, now);
 *
 * Its state lies in shared memory: processes forked later choose together.
 * Whatever changes it takes one robust lock, which a holder that dies gives up.
 *
 * The choice.  The best tier that has an endpoint alive for this decides, whether
 * that is full or not: healthy ones with a weight, those of weight 0, those that
 * answer with errors.  In it, smooth weighted round robin over effective weights
 * (health.h) among those that may serve now.  One that cannot be reached gets
 * nothing but a probe, and a probe that is due goes first.
 */
#ifndef DG_CORE_POOL_H
#define DG_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "core/advice.h"
#include "core/multipart.h"
#include "core/quota.h"
#include "core/retry.h"

enum { DG_POOL_ENDPOINTS = 256, DG_POOL_KEYS = 4096, DG_POOL_WORKERS = 1024 };
enum { DG_POOL_LIMIT = 1000000, DG_POOL_WEIGHT = 1000000 }; /* the largest of each */
enum { DG_POOL_WINDOW_MS = 60000, DG_POOL_WINDOW_MOST_MS = 24 * 3600 * 1000 };
#define DG_POOL_TOKENS 1000000000000000u /* the largest limit of tokens */

/* Whose interface it has.  AUTO: Azure's if the host is *.openai.azure.com or the
 * path has /openai/deployments, else OpenAI's.  GEMINI: like OpenAI's, but the key goes in
 * the header x-goog-api-key (https://ai.google.dev/api). */
enum dg_api { DG_API_AUTO, DG_API_OPENAI, DG_API_AZURE, DG_API_GEMINI };

struct dg_key {
    const char *text;      /* printable ASCII */
    struct dg_quota quota; /* of this key alone */
    const char *group;     /* whose quota it shares, too; NULL: none */
};

struct dg_key_group {
    const char *name;      /* as keys name it */
    struct dg_quota quota; /* of its keys together */
};

struct dg_endpoint {
    const char *base;                  /* "https://api.openai.com/v1" */
    const struct dg_key *keys;         /* in order */
    size_t key_count;                  /* at least 1 */
    const struct dg_key_group *groups; /* of keys, or NULL */
    size_t group_count;                /* may be 0 */
    unsigned weight;                   /* share of the traffic; 0: only when all others are out */
    struct dg_quota quota;             /* of all keys together */
    dg_msec window_ms;                 /* of all its quotas; 0: DG_POOL_WINDOW_MS */
    enum dg_image_field field;         /* default auto: `image`, several `image[]` */
    enum dg_api api;                   /* default auto */
    const char *api_version;           /* Azure's; NULL: it stands in the base URL */
};

struct dg_pool_options {
    const struct dg_endpoint *endpoints; /* in order */
    size_t count;                        /* 1 to DG_POOL_ENDPOINTS */
    const char *limits_folder;           /* windows are shared with other runs there; NULL: not */
};

struct dg_want {
    const char *model; /* NULL: none */
    unsigned images;   /* pictures asked for, 0 counts 1 */
};

struct dg_pick {
    unsigned endpoint; /* index, in the order added */
    unsigned key;      /* position in the endpoint's keys */
    uint64_t slot;     /* the limiter's slot, 0: none */
    bool probe;        /* it shows whether an endpoint put aside is back */
};

struct dg_report {
    struct dg_judgement judgement; /* of the attempt */
    int status;                    /* HTTP, 0: none */
    const char *code;              /* of the error, NULL: none */
    const char *model;             /* it was for, NULL: none */
    struct dg_advice advice;       /* of the answer's headers */
    uint64_t tokens;               /* that it took, 0: unknown */
};

enum dg_standing {
    DG_SERVING, /* with its whole weight */
    DG_REDUCED, /* with less, after errors */
    DG_ASIDE,   /* failing or not reached: probed */
    DG_PARKED,  /* the server said when to come again */
    DG_OUT      /* no key is left */
};

struct dg_endpoint_stats {
    uint64_t sent;             /* requests started; those that reached nobody do not count */
    uint64_t succeeded;        /* ended DG_OK */
    uint64_t failed;           /* ended otherwise, or with their worker */
    unsigned in_flight;        /* not reported yet */
    unsigned keys;             /* as configured ... */
    unsigned keys_alive;       /* ... and not given up */
    unsigned weight;           /* as configured */
    double health;             /* effective share of its weight, 0 to 1 */
    enum dg_standing standing; /* see there */
    dg_msec until_ms;          /* aside or parked: so long yet, else 0 */
    struct dg_quota quota;     /* as configured ... */
    struct dg_quota used;      /* ... and in the window now */
};

struct dg_key_stats {
    bool out;                 /* given up for the run ... */
    int status;               /* ... after this answer, 0: none */
    char code[DG_CODE_BYTES]; /* ... with this code */
    dg_msec parked_ms;        /* so long yet, else 0 */
    char tail[8];             /* last four of a key of 12 or more, else "" */
};

struct dg_pool;

/* Copies; registers each key as a secret; checks all.  Errors name the endpoint
 * by position from 1.  Make it before the first fork. */
struct dg_pool *dg_pool_new(const struct dg_pool_options *options, struct dg_error *err);
struct dg_pool *dg_pool_ref(struct dg_pool *p);
void dg_pool_free(struct dg_pool *p); /* drops one of this process's references */

/* true: the request may start now.  false: *delay_ms is the time to wait, or -1
 * if no key of any endpoint will serve this: all are out, or out for this model.
 * `want` may be NULL. */
bool dg_pool_pick(struct dg_pool *p, const struct dg_want *want, dg_msec now, struct dg_pick *pick,
                  dg_msec *delay_ms);

/* The last byte of a picked request has left: its slot counts from now. */
void dg_pool_sent(struct dg_pool *p, const struct dg_pick *pick, dg_msec now);

/* The request ended, exactly one report for each pick that was not returned.  The
 * slot of one that reached nobody is free, one that was never sent counts from now. */
void dg_pool_report(struct dg_pool *p, const struct dg_pick *pick, const struct dg_report *report,
                    dg_msec now);

/* Nothing was sent: the slot is free, and there is no report. */
void dg_pool_return(struct dg_pool *p, const struct dg_pick *pick, dg_msec now);

/* Whether somebody counts its slots: worth watching the socket's send queue. */
bool dg_pool_limited(const struct dg_pool *p, unsigned endpoint);

/* This process is that worker, 0 to DG_POOL_WORKERS - 1; default 0.  Before its
 * first pick. */
void dg_pool_join(struct dg_pool *p, unsigned worker);

/* The worker has died: its picks end as failed, its probes are over, its open
 * slots count from now (at the latest when the limiter looks). */
void dg_pool_bury(struct dg_pool *p, unsigned worker, dg_msec now);

/* -1: some endpoint may serve, now or after a wait for a limit.  Else how long ago
 * the last one could; *back_ms: in how long one may again, -1: unknown. */
dg_msec dg_pool_outage(struct dg_pool *p, dg_msec now, dg_msec *back_ms);

bool dg_pool_alive(struct dg_pool *p); /* some key of some endpoint is not out */

/* A key is out for the run, and why; one that is already stays so. */
void dg_pool_drop(struct dg_pool *p, unsigned endpoint, unsigned key, int status, const char *code);

const char *dg_pool_base(const struct dg_pool *p,
                         unsigned endpoint); /* as given: may hold user:password */
const char *dg_pool_label(const struct dg_pool *p, unsigned endpoint); /* to show: without them */
const char *dg_pool_key(const struct dg_pool *p, const struct dg_pick *pick);
enum dg_image_field dg_pool_field(const struct dg_pool *p, unsigned endpoint);
enum dg_api dg_pool_api(const struct dg_pool *p, unsigned endpoint); /* never AUTO */
size_t dg_pool_count(const struct dg_pool *p);
size_t dg_pool_key_count(const struct dg_pool *p, unsigned endpoint);

/* Where a request for `path` goes, with `model` in it where Azure's interface wants
 * that; false if it can be no part of a URL.  A base URL that names a deployment is
 * kept.  The buffer is cleared before. */
bool dg_pool_url(const struct dg_pool *p, unsigned endpoint, const char *path, const char *model,
                 struct dg_buffer *url, struct dg_error *err);

/* "Authorization" (its value is "Bearer KEY") or "api-key" (KEY). */
const char *dg_pool_header(const struct dg_pool *p, unsigned endpoint);

void dg_pool_stats(struct dg_pool *p, unsigned endpoint, dg_msec now,
                   struct dg_endpoint_stats *stats);
void dg_pool_key_stats(struct dg_pool *p, unsigned endpoint, unsigned key, dg_msec now,
                       struct dg_key_stats *stats);

/* true if the URL's host and port are those of an endpoint. */
bool dg_pool_knows(const struct dg_pool *p, const char *url);

#endif
