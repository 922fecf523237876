/* SPDX-License-Identifier: MIT
 *
 * One request from its first header to its last byte: read, judged, perhaps
 * suspended until its moment, answered.
 */
#ifndef DG_REHEARSAL_VISIT_H
#define DG_REHEARSAL_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/timers.h"
#include "rehearsal/body.h"
#include "rehearsal/check.h"
#include "rehearsal/form.h"
#include "rehearsal/gallery.h"
#include "rehearsal/mishap.h"
#include "rehearsal/quota.h"
#include "rehearsal/refusal.h"

struct MHD_Connection;
struct dg_rehearsal;

enum dg_visit_stage {
    DG_VISIT_READING,  /* headers and body arrive */
    DG_VISIT_WAITING,  /* judged; answered when its moment has come */
    DG_VISIT_ANSWERING /* the answer is on its way */
};

enum dg_manner {
    DG_MANNER_WHOLE,      /* as it should be */
    DG_MANNER_HALF_CLOSE, /* half the body, then the end */
    DG_MANNER_HALF_RESET, /* half the body, then a TCP reset */
    DG_MANNER_DRIP,       /* piece by piece over drip_ms */
    DG_MANNER_CLOSE,      /* no answer but the end */
    DG_MANNER_RESET       /* no answer but a TCP reset */
};

enum { DG_DELAY_FOREVER = -1, DG_KEY_DIGITS = 8, DG_REQUEST_ID_BYTES = 40 };

struct dg_visit {
    struct dg_timer timer;             /* first: a timer is its visit */
    struct dg_rehearsal *server;       /* whose it is */
    struct MHD_Connection *connection; /* libmicrohttpd's side of it */
    struct dg_visit *previous;         /* neighbours in server->waiting */
    struct dg_visit *next;
    enum dg_visit_stage stage;            /* how far it is */
    bool suspended;                       /* in server->waiting */
    bool gone;                            /* the client went, or the server stops */
    bool edit;                            /* POST .../images/edits: counted */
    bool chat;                            /* POST .../chat/completions */
    struct dg_buffer said;                /* its body */
    char *method;                         /* owned */
    char *path;                           /* owned, without the query */
    char key[DG_KEY_DIGITS + 1];          /* digits of the key's digest, "" without a key */
    uint64_t key_digest;                  /* more of it, for the quota */
    char request_id[DG_REQUEST_ID_BYTES]; /* "req_..." */
    uint64_t n;                           /* number among the edit requests, 0 = none yet */
    dg_msec arrived_ms;                   /* when its body was complete */
    unsigned in_flight;                   /* edit requests at that moment */
    struct dg_form form;                  /* what it holds */
    struct dg_body body;                  /* while it is read */

    /* What is to be answered. */
    unsigned status;               /* HTTP */
    const char *type;              /* Content-Type */
    struct dg_buffer answer;       /* the body; pictures join it at the last moment */
    enum dg_manner manner;         /* how it is sent */
    dg_msec delay_ms;              /* before it is sent */
    dg_msec drip_ms;               /* DG_MANNER_DRIP: from first to last piece */
    dg_msec drip_began_ms;         /* when the first piece went */
    bool paused;                   /* DG_MANNER_HALF_RESET: the half is given out */
    const struct dg_mishap *fault; /* the plan's entry that struck, or NULL */
    struct dg_refusal refusal;     /* status 0: none */
    struct dg_order order;         /* for pictures */
    struct dg_exhibit *exhibit;    /* what they show; NULL: no pictures */
    struct dg_quota_state quota;   /* for the x-ratelimit headers */
    bool metered;                  /* quota is filled in */
    unsigned sent_status;          /* the status that went out, 0: none */
};

struct dg_visit *dg_visit_new(struct dg_rehearsal *s, struct MHD_Connection *connection,
                              const char *method, const char *path);
void dg_visit_free(struct dg_visit *v);

/* Stops reading from and writing to the client until dg_visit_wake, which comes
 * at `due`, when the client goes, or when the server stops; DG_DELAY_FOREVER
 * leaves the last two. */
void dg_visit_suspend(struct dg_visit *v, dg_msec due);
void dg_visit_wake(struct dg_visit *v);

enum { DG_CHAT_BYTES_MAX = 64 * 1024 * 1024 };

/* Answers a chat as somebody who looks at pictures would (chat.c). */
void dg_visit_chat(struct dg_visit *v);

/* Judges the complete request (route.c): everything above is filled in. */
void dg_visit_route(struct dg_visit *v);

/* The edit request's part of that (edit.c). */
void dg_visit_edit(struct dg_visit *v);
void dg_visit_refuse(struct dg_visit *v); /* answers v->refusal */

/* Whether its key is one that is accepted; else it is refused. */
bool dg_visit_has_key(struct dg_visit *v);

/* At the moment of the answer: adds the pictures, spoils what is to be spoilt. */
void dg_visit_finish_answer(struct dg_visit *v);

/* Hands the answer to libmicrohttpd (delivery.c); false ends the connection. */
bool dg_visit_deliver(struct dg_visit *v);

#endif
