/* SPDX-License-Identifier: MIT
 *
 * One submitted request through all its attempts: ask the pool for a place,
 * transfer, judge, go on.  A job decides what comes next; when it comes is the
 * engine's business.
 *
 *     switch (dg_job_start(job, now, &delay_ms)) ...
 *     switch (dg_job_begin(job, reactor, now)) ...              once it is READY
 *     ...its transfer ends...
 *     switch (dg_job_over(job, reactor, now, random, &delay_ms)) ...
 */
#ifndef DG_CORE_JOB_H
#define DG_CORE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/timers.h"
#include "core/ledger.h"
#include "core/pace.h"
#include "core/pool.h"
#include "core/reactor.h"
#include "core/receiver.h"
#include "core/request.h"
#include "core/transfer.h"

enum { DG_IDEMPOTENCY_BYTES = 33 }; /* 32 hexadecimal digits */

/* Where a job is; the engine keeps this. */
enum dg_job_state {
    DG_JOB_QUEUED,  /* in its pool's lane, until there is a place */
    DG_JOB_LATER,   /* its timer is set: a retry's delay, or a sleep */
    DG_JOB_READY,   /* has a place; begins when the ledger knows of it */
    DG_JOB_SENDING, /* on the wire */
    DG_JOB_SYNCING, /* its files are being put on disk */
    DG_JOB_CLOSING, /* has ended; its outcome comes out when the ledger knows of it */
    DG_JOB_ENDED    /* its outcome waits to be handed out */
};

/* What comes next. */
enum dg_step {
    DG_STEP_READY,   /* it has a place: begin when all is noted */
    DG_STEP_SENDING, /* its transfer runs */
    DG_STEP_QUEUE,   /* no place in the pool: start again after the delay */
    DG_STEP_LATER,   /* start again after the delay */
    DG_STEP_NOW,     /* start again at once: another key or endpoint, a redirect */
    DG_STEP_ENDED    /* the outcome is complete */
};

/* How its last attempt went, for the ledger. */
struct dg_job_facts {
    int status;            /* HTTP, 0: none */
    dg_msec sent_ms;       /* from its start until the upload was complete, -1: was not */
    dg_msec first_byte_ms; /* ... the answer's first byte, -1: none */
    uint64_t bytes_up;     /* of the body */
    uint64_t bytes_down;   /* of the answer's body */
    bool billed;           /* possibly: no usable answer of the server itself after the upload */
    struct dg_judgement judgement; /* what it means */
};

struct dg_job {
    uint64_t id;                  /* the caller's handle */
    enum dg_job_state state;      /* see there */
    bool sleeping;                /* a timer or a sync only: no request */
    struct dg_timer timer;        /* set in DG_JOB_LATER */
    struct dg_timer deadline;     /* set in DG_JOB_SENDING: the time limits are looked at then */
    struct dg_timer pulse;        /* set while its upload leaves the socket: looked at then */
    struct dg_timers *pulses;     /* in DG_JOB_SENDING, the engine's timers for those */
    dg_msec pulse_ms;             /* between two looks */
    struct dg_job *prev;          /* neighbours in the lane or list that `state` names ... */
    struct dg_job *next;          /* ... */
    struct dg_job *chain;         /* next in the same bucket of the engine's table */
    struct dg_request request;    /* a copy */
    char *url;                    /* of this attempt, redirects followed */
    char *where;                  /* the server, for messages */
    struct dg_transfer *transfer; /* in DG_JOB_SENDING */
    struct dg_receiver *receiver; /* takes its answer */
    struct dg_pick pick;          /* the place in the pool */
    char idempotency[DG_IDEMPOTENCY_BYTES]; /* of all its attempts, "" = none */
    bool begun;                 /* it had a place before: goes before those that had none */
    bool fresh;                 /* the next attempt on a connection of its own */
    bool uploaded;              /* this attempt's body has gone ... */
    dg_msec uploaded_at;        /* ... then */
    struct dg_job_facts facts;  /* of the last attempt */
    struct dg_sync *sync;       /* in DG_JOB_SYNCING, the syncer's ticket */
    int64_t noted;              /* the attempt before the one about to begin, in the ledger */
    unsigned retries;           /* spent */
    unsigned redirects;         /* followed since the last retry */
    bool strayed;               /* one of them led to another origin */
    dg_msec ready_at;           /* since when it has been ready to start */
    dg_msec started_at;         /* this attempt's start */
    struct dg_outcome *outcome; /* filled as things happen */
};

/* Copies the checked request; NULL makes a sleep. */
struct dg_job *dg_job_new(uint64_t id, const struct dg_request *request, dg_msec now);
void dg_job_free(struct dg_job *j); /* not while it is sending */

/* Finds it a place.  Steps possible: READY, QUEUE, ENDED. */
enum dg_step dg_job_start(struct dg_job *j, dg_msec now, dg_msec *delay_ms);

/* Sends.  Steps possible: SENDING, ENDED.  `pulses`: where its pulse is set once the
 * upload is complete. */
enum dg_step dg_job_begin(struct dg_job *j, struct dg_reactor *r, struct dg_timers *pulses,
                          dg_msec now);

/* Its pulse: true once the whole upload has left, which the pool is told. */
bool dg_job_drained(struct dg_job *j, dg_msec now);

/* Nobody was reached: what was noted as an attempt is none. */
bool dg_job_unreached(const struct dg_job *j);

/* Does not send, for this reason. */
void dg_job_refuse(struct dg_job *j, const struct dg_error *why, dg_msec now);

/* Its transfer has ended.  `random` in [0,1).  Steps possible: LATER, NOW, ENDED. */
enum dg_step dg_job_over(struct dg_job *j, struct dg_reactor *r, dg_msec now, double random,
                         dg_msec *delay_ms);

/* Ends it in whatever state with kind stopped. */
void dg_job_stop(struct dg_job *j, struct dg_reactor *r, dg_msec now);

/* Its answer is good, and cannot be handed out: the ledger does not have it. */
void dg_job_unrecorded(struct dg_job *j, const struct dg_error *why);

/* Its files could not be put on disk: the answer is lost, and paid for. */
void dg_job_lost(struct dg_job *j, const struct dg_error *why);

/* ---- in the ledger (job_record.c) ---- */

/* Whether it is to be noted at all. */
bool dg_job_recorded(const struct dg_job *j);

/* That it is about to be sent; that this attempt is over, and with it perhaps
 * the whole, by a good answer. */
void dg_job_note_sending(struct dg_job *j, struct dg_ledger *l);
void dg_job_note_over(struct dg_job *j, struct dg_ledger *l); /* or that it was none */
void dg_job_note_answer(struct dg_job *j, struct dg_ledger *l);

/* An attempt's end, of which `in_flight` were on the wire, for whoever paces them. */
void dg_job_tell_pace(const struct dg_job *j, struct dg_pace *pace, unsigned in_flight,
                      dg_msec now);

#endif
