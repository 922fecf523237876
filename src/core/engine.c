/* SPDX-License-Identifier: MIT
 *
 * The engine: holds the jobs and decides when each goes on.  Everything happens
 * in dg_engine_wait (and a first start in dg_engine_submit); no callbacks reach
 * the caller.
 */
#include "core/engine.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "base/jitter.h"
#include "base/memory.h"
#include "base/timers.h"
#include "core/grouping.h"
#include "core/job.h"
#include "core/job_table.h"
#include "core/lane.h"
#include "core/pace.h"
#include "core/reactor.h"
#include "core/syncer.h"

/* Ended jobs handed out without a look at the sockets between. */
enum { HANDED_AT_ONCE = 64 };

struct dg_engine {
    struct dg_reactor *reactor;  /* moves the bytes */
    struct dg_job_table jobs;    /* all of them */
    struct dg_timers timers;     /* of the jobs in DG_JOB_LATER */
    struct dg_timers deadlines;  /* of those in DG_JOB_SENDING: their time limits */
    struct dg_timers pulses;     /* ... and of uploads that leave their sockets */
    struct dg_lane *lanes;       /* the jobs in DG_JOB_QUEUED */
    struct dg_job_list ready;    /* the jobs in DG_JOB_READY, in the order they got their places */
    struct dg_job_list closing;  /* the jobs in DG_JOB_CLOSING */
    struct dg_job_list ended;    /* the jobs in DG_JOB_ENDED, in the order they ended */
    struct dg_ledger *ledger;    /* of recorded requests, or NULL */
    struct dg_pace *pace;        /* told of each attempt's end, or NULL */
    unsigned processes;          /* that do alike */
    bool durable;                /* their pictures go through the syncer */
    struct dg_syncer *syncer;    /* the jobs in DG_JOB_SYNCING */
    size_t in_flight;            /* the jobs in DG_JOB_SENDING */
    uint64_t last_id;            /* given out */
    struct dg_jitter jitter;     /* of retries */
    unsigned handed;             /* outcomes handed out since the last turn */
    struct dg_grouping grouping; /* when what waits for a commit gets one */
};

/* A syncer whose ends end a turn, or NULL. */
static struct dg_syncer *new_syncer(struct dg_reactor *reactor, struct dg_error *err)
{
    struct dg_syncer *s = dg_syncer_new(err);
    if (s && dg_reactor_watch(reactor, dg_syncer_fd(s), err))
        return s;
    dg_syncer_free(s);
    return NULL;
}

struct dg_engine *dg_engine_new(const struct dg_engine_options *options, struct dg_error *err)
{
    struct dg_reactor_options how = { .ca_file = options->ca_file,
                                      .http2 = options->http2,
                                      .wake_fd = options->wake_fd,
                                      .in_flight = options->in_flight };
    struct dg_reactor *reactor = dg_reactor_new(&how, err);
    if (!reactor)
        return NULL;
    struct dg_syncer *syncer = new_syncer(reactor, err);
    if (!syncer) {
        dg_reactor_free(reactor);
        return NULL;
    }
    struct dg_engine *e = dg_zalloc(sizeof *e);
    e->reactor = reactor;
    e->syncer = syncer;
    e->ledger = options->ledger;
    e->durable = options->durable;
    e->pace = options->pace;
    e->processes = options->processes > 0 ? options->processes : 1;
    dg_job_table_init(&e->jobs);
    dg_timers_init(&e->timers);
    dg_timers_init(&e->deadlines);
    dg_timers_init(&e->pulses);
    dg_jitter_seed(&e->jitter);
    dg_grouping_init(&e->grouping);
    return e;
}

/* --- where a job is -------------------------------------------------------- */

/* Takes a job out of whatever holds it. */
static void withdraw(struct dg_engine *e, struct dg_job *j)
{
    switch (j->state) {
    case DG_JOB_QUEUED:
        dg_job_list_remove(&dg_lane_find(e->lanes, j->request.pool)->jobs, j);
        break;
    case DG_JOB_LATER:
        dg_timers_remove(&e->timers, &j->timer);
        break;
    case DG_JOB_READY:
        dg_job_list_remove(&e->ready, j);
        break;
    case DG_JOB_SENDING:
        dg_timers_remove(&e->deadlines, &j->deadline);
        dg_timers_remove(&e->pulses, &j->pulse);
        e->in_flight--;
        break;
    case DG_JOB_SYNCING:
        if (j->sync)
            dg_syncer_forget(e->syncer, j->sync);
        break;
    case DG_JOB_CLOSING:
        dg_job_list_remove(&e->closing, j);
        break;
    case DG_JOB_ENDED:
        dg_job_list_remove(&e->ended, j);
        break;
    }
}

static bool recorded(const struct dg_engine *e, const struct dg_job *j)
{
    return e->ledger && dg_job_recorded(j);
}

static void put_ready(struct dg_engine *e, struct dg_job *j)
{
    j->state = DG_JOB_READY;
    dg_job_list_append(&e->ready, j);
}

/* What the ledger has to know first waits for its next commit. */
static void put_ended(struct dg_engine *e, struct dg_job *j)
{
    bool closing = recorded(e, j) && dg_ledger_noted(e->ledger) > 0;
    j->state = closing ? DG_JOB_CLOSING : DG_JOB_ENDED;
    dg_job_list_append(closing ? &e->closing : &e->ended, j);
}

static void put_sending(struct dg_engine *e, struct dg_job *j, dg_msec now)
{
    j->state = DG_JOB_SENDING;
    e->in_flight++;
    dg_timers_set(&e->deadlines, &j->deadline, dg_transfer_deadline(j->transfer, now), j->id);
}

static void put_later(struct dg_engine *e, struct dg_job *j, dg_msec when)
{
    j->state = DG_JOB_LATER;
    dg_timers_set(&e->timers, &j->timer, when, j->id);
}

/* A job that has begun before (failover) goes before those that have not. */
static void put_queued(struct dg_engine *e, struct dg_job *j, dg_msec when)
{
    struct dg_lane *lane = dg_lane_open(&e->lanes, j->request.pool);
    j->state = DG_JOB_QUEUED;
    lane->when = when;
    if (j->begun)
        dg_job_list_prepend(&lane->jobs, j);
    else
        dg_job_list_append(&lane->jobs, j);
}

static void enter(struct dg_engine *e, struct dg_job *j, dg_msec now);

/* Puts a job that nothing holds where its next step belongs. */
static void place(struct dg_engine *e, struct dg_job *j, enum dg_step step, dg_msec now,
                  dg_msec delay_ms)
{
    switch (step) {
    case DG_STEP_READY:
        if (recorded(e, j))
            put_ready(e, j);
        else
            place(e, j, dg_job_begin(j, e->reactor, &e->pulses, now), now, 0);
        break;
    case DG_STEP_SENDING:
        put_sending(e, j, now);
        break;
    case DG_STEP_QUEUE:
        put_queued(e, j, now + delay_ms);
        break;
    case DG_STEP_LATER:
        put_later(e, j, now + delay_ms);
        break;
    case DG_STEP_NOW:
        enter(e, j, now);
        break;
    case DG_STEP_ENDED:
        put_ended(e, j);
        break;
    }
}

/* Starts a job, unless it is new and others wait for the same pool. */
static void enter(struct dg_engine *e, struct dg_job *j, dg_msec now)
{
    struct dg_lane *lane = j->request.pool ? dg_lane_find(e->lanes, j->request.pool) : NULL;
    dg_msec delay_ms = 0;
    if (lane && lane->jobs.first && !j->begun)
        put_queued(e, j, lane->when);
    else
        place(e, j, dg_job_start(j, now, &delay_ms), now, delay_ms);
}

/* --- what is due ----------------------------------------------------------- */

/* The job whose timer at `offset` this is. */
static struct dg_job *job_of(struct dg_timer *t, size_t offset)
{
    return (struct dg_job *)(void *)((char *)t - offset);
}

static void wake_sleepers(struct dg_engine *e, dg_msec now)
{
    struct dg_timer *t;
    while ((t = dg_timers_due(&e->timers, now))) {
        struct dg_job *j = job_of(t, offsetof(struct dg_job, timer));
        if (j->sleeping) {
            j->outcome->ok = true;
            j->outcome->waited_ms = now - j->ready_at;
            put_ended(e, j);
        } else {
            enter(e, j, now);
        }
    }
}

/* Starts the jobs of one lane in their order while there are places. */
static void serve_lane(struct dg_engine *e, struct dg_lane *lane, dg_msec now)
{
    while (lane->jobs.first && lane->when <= now) {
        dg_msec delay_ms = 0;
        struct dg_job *j = lane->jobs.first;
        enum dg_step step = dg_job_start(j, now, &delay_ms);
        if (step == DG_STEP_QUEUE) {
            lane->when = now + delay_ms;
            return;
        }
        dg_job_list_remove(&lane->jobs, j);
        place(e, j, step, now, delay_ms);
    }
}

static void serve_lanes(struct dg_engine *e, dg_msec now)
{
    for (struct dg_lane *lane = e->lanes; lane; lane = lane->next)
        serve_lane(e, lane, now);
    dg_lane_sweep(&e->lanes);
}

/* A transfer that ended may have closed a slot or given up a key: its pool's
 * lane is asked again at once. */
static void hurry(struct dg_engine *e, const struct dg_pool *pool, dg_msec now)
{
    struct dg_lane *lane = pool ? dg_lane_find(e->lanes, pool) : NULL;
    if (lane)
        lane->when = now;
}

/* The ledger is told of an attempt's end, and of the answer. */
static void note_end(struct dg_engine *e, struct dg_job *j, enum dg_step step)
{
    if (!recorded(e, j))
        return;
    dg_job_note_over(j, e->ledger);
    if (step == DG_STEP_ENDED && j->outcome->ok && !j->request.aside)
        dg_job_note_answer(j, e->ledger);
}

/* The pictures, then the folder they are in; false: there is nothing to sync, or
 * no way to, which ends the job. */
static bool put_syncing(struct dg_engine *e, struct dg_job *j)
{
    const char *paths[DG_REPLY_PICTURES + 1];
    struct dg_error err;
    size_t count = j->outcome->picture_count;
    if (count == 0)
        return false;
    for (size_t k = 0; k < count; k++)
        paths[k] = j->outcome->pictures[k].path;
    paths[count] = j->request.directory;
    j->sync = dg_syncer_submit(e->syncer, j, paths, count + 1, &err);
    if (!j->sync) {
        dg_job_lost(j, &err);
        return false;
    }
    j->state = DG_JOB_SYNCING;
    return true;
}

/* A job's transfer has ended, or its time is over. */
static void end_transfer(struct dg_engine *e, struct dg_job *j, dg_msec now)
{
    dg_msec delay_ms = 0;
    withdraw(e, j);
    hurry(e, j->request.pool, now);
    enum dg_step step = dg_job_over(j, e->reactor, now, dg_jitter_next(&e->jitter), &delay_ms);
    if (e->pace) /* what others have in flight is taken to be as much */
        dg_job_tell_pace(j, e->pace, (unsigned)(e->in_flight + 1) * e->processes, now);
    if (step == DG_STEP_ENDED && recorded(e, j) && j->outcome->ok && e->durable &&
        put_syncing(e, j))
        return;
    note_end(e, j, step);
    place(e, j, step, now, delay_ms);
}

static void collect(struct dg_engine *e, dg_msec now)
{
    struct dg_transfer *t;
    while ((t = dg_reactor_ended(e->reactor)))
        end_transfer(e, dg_transfer_owner(t), now);
}

static void heed_deadlines(struct dg_engine *e, dg_msec now)
{
    struct dg_timer *t;
    while ((t = dg_timers_due(&e->deadlines, now))) {
        struct dg_job *j = job_of(t, offsetof(struct dg_job, deadline));
        dg_msec next = dg_transfer_deadline(j->transfer, now);
        if (next > 0)
            dg_timers_set(&e->deadlines, t, next, j->id);
        else
            end_transfer(e, j, now);
    }
}

/* Uploads that libcurl has handed over, and that leave their sockets. */
static void feel_pulses(struct dg_engine *e, dg_msec now)
{
    struct dg_timer *t;
    while ((t = dg_timers_due(&e->pulses, now))) {
        struct dg_job *j = job_of(t, offsetof(struct dg_job, pulse));
        if (!dg_job_drained(j, now))
            dg_timers_set(&e->pulses, t, now + j->pulse_ms, j->id);
    }
}

/* Files that are on disk now, or never will be. */
static void collect_synced(struct dg_engine *e)
{
    bool ok;
    struct dg_error err;
    struct dg_job *j;
    while ((j = dg_syncer_ended(e->syncer, &ok, &err))) {
        j->sync = NULL;
        if (j->sleeping) {
            j->outcome->ok = ok;
            j->outcome->error = ok ? j->outcome->error : err;
        } else if (!ok) {
            dg_job_lost(j, &err);
        }
        note_end(e, j, DG_STEP_ENDED);
        put_ended(e, j);
    }
}

/* --- what the ledger knows first ------------------------------------------- */

static void begin(struct dg_engine *e, struct dg_job *j, dg_msec now)
{
    enum dg_step step = dg_job_begin(j, e->reactor, &e->pulses, now);
    if (step == DG_STEP_ENDED)
        dg_job_note_over(j, e->ledger);
    place(e, j, step, now, 0);
}

static void refuse(struct dg_engine *e, struct dg_job *j, const struct dg_error *why, dg_msec now)
{
    dg_job_refuse(j, why, now);
    put_ended(e, j);
}

/* One transaction for all that waits: the answers that came, whatever the caller has noted,
 * and the attempts about to begin.  If it fails nothing begins, and good answers
 * come out as errors: their notes wait in the ledger, their pictures in the spool. */
static void settle(struct dg_engine *e)
{
    struct dg_error err;
    struct dg_job *j;
    if (!e->ledger)
        return;
    for (j = e->ready.first; j; j = j->next)
        dg_job_note_sending(j, e->ledger);
    bool ok = dg_ledger_commit(e->ledger, &err);
    dg_msec now = dg_clock_now();
    if (!ok)
        dg_grouping_failed(&e->grouping, now);
    while ((j = e->ready.first)) {
        withdraw(e, j);
        if (ok)
            begin(e, j, now);
        else
            refuse(e, j, &err, now);
    }
    while ((j = e->closing.first)) {
        withdraw(e, j);
        if (!ok && j->outcome->ok)
            dg_job_unrecorded(j, &err);
        j->state = DG_JOB_ENDED;
        dg_job_list_append(&e->ended, j);
    }
}

/* Whether what waits for a commit is to wait no longer. */
static bool is_settling(struct dg_engine *e)
{
    bool jobs = e->ready.first || e->closing.first;
    return e->ledger && dg_grouping_due(&e->grouping, dg_ledger_noted(e->ledger) > 0, jobs,
                                        dg_reactor_quiet(e->reactor), dg_clock_now());
}

static void run_due(struct dg_engine *e)
{
    dg_msec now = dg_clock_now();
    collect(e, now);
    collect_synced(e);
    heed_deadlines(e, now);
    feel_pulses(e, now);
    wake_sleepers(e, now);
    serve_lanes(e, now);
}

/* --- the public side ------------------------------------------------------- */

uint64_t dg_engine_submit(struct dg_engine *e, const struct dg_request *request,
                          struct dg_error *err)
{
    dg_msec now = dg_clock_now();
    if (!dg_request_check(request, err))
        return 0;
    struct dg_job *j = dg_job_new(++e->last_id, request, now);
    dg_job_table_add(&e->jobs, j);
    enter(e, j, now);
    return j->id;
}

uint64_t dg_engine_sleep(struct dg_engine *e, dg_msec delay)
{
    dg_msec now = dg_clock_now();
    struct dg_job *j = dg_job_new(++e->last_id, NULL, now);
    dg_job_table_add(&e->jobs, j);
    put_later(e, j, now + (delay > 0 ? delay : 0));
    return j->id;
}

uint64_t dg_engine_sync(struct dg_engine *e, const char *const *paths, size_t count,
                        struct dg_error *err)
{
    struct dg_job *j = dg_job_new(++e->last_id, NULL, dg_clock_now());
    j->sync = dg_syncer_submit(e->syncer, j, paths, count, err);
    if (!j->sync) {
        dg_job_free(j);
        return 0;
    }
    j->state = DG_JOB_SYNCING;
    dg_job_table_add(&e->jobs, j);
    return j->id;
}

static bool hand_out(struct dg_engine *e, uint64_t *id, struct dg_outcome **outcome)
{
    struct dg_job *j = e->ended.first;
    if (!j)
        return false;
    withdraw(e, j);
    dg_job_table_remove(&e->jobs, j);
    *id = j->id;
    *outcome = j->outcome;
    j->outcome = NULL;
    dg_job_free(j);
    e->handed++;
    return true;
}

/* The time until something is due, at most `most` (-1: no limit). */
static dg_msec time_to_wait(const struct dg_engine *e, dg_msec most)
{
    bool facts = e->ledger && dg_ledger_noted(e->ledger) > 0;
    dg_msec moments[] = { facts ? e->grouping.barred_until : -1, dg_timers_next(&e->timers),
                          dg_timers_next(&e->deadlines), dg_timers_next(&e->pulses),
                          dg_lane_next(e->lanes) };
    dg_msec now = dg_clock_now();
    if (e->ended.first || dg_grouping_waits(&e->grouping))
        return 0;
    for (size_t k = 0; k < sizeof moments / sizeof *moments; k++) {
        if (moments[k] < 0)
            continue;
        dg_msec left = moments[k] > now ? moments[k] - now : 0;
        most = most < 0 || left < most ? left : most;
    }
    return most;
}

bool dg_engine_wait(struct dg_engine *e, dg_msec timeout, uint64_t *id, struct dg_outcome **outcome)
{
    dg_msec end = timeout < 0 ? -1 : dg_clock_now() + timeout;
    for (;;) {
        run_due(e);
        if (e->handed < HANDED_AT_ONCE && hand_out(e, id, outcome))
            return true;
        if (is_settling(e))
            settle(e);
        if (e->handed < HANDED_AT_ONCE && hand_out(e, id, outcome))
            return true;
        if (e->jobs.count == 0)
            return false;
        dg_msec left = end < 0 ? -1 : end - dg_clock_now();
        bool over = end >= 0 && left <= 0;
        bool undisturbed = dg_reactor_turn(e->reactor, time_to_wait(e, over ? 0 : left));
        e->handed = 0;
        run_due(e);
        if (hand_out(e, id, outcome))
            return true;
        if (over || !undisturbed)
            return false;
    }
}

void dg_engine_cancel(struct dg_engine *e, uint64_t id)
{
    struct dg_job *j = dg_job_table_find(&e->jobs, id);
    if (!j || j->state == DG_JOB_ENDED || j->state == DG_JOB_CLOSING || j->state == DG_JOB_SYNCING)
        return;
    bool sending = j->state == DG_JOB_SENDING;
    withdraw(e, j);
    dg_job_stop(j, e->reactor, dg_clock_now());
    if (sending && recorded(e, j))
        dg_job_note_over(j, e->ledger);
    put_ended(e, j);
}

bool dg_engine_recall(struct dg_engine *e, uint64_t id)
{
    const struct dg_job *j = dg_job_table_find(&e->jobs, id);
    if (!j || j->sleeping ||
        (j->state != DG_JOB_QUEUED && j->state != DG_JOB_LATER && j->state != DG_JOB_READY))
        return false;
    dg_engine_cancel(e, id);
    return true;
}

static void await_synced(struct dg_engine *e)
{
    struct pollfd synced = { .fd = dg_syncer_fd(e->syncer), .events = POLLIN };
    poll(&synced, 1, -1);
    collect_synced(e);
}

/* An answer that nobody took, but the ledger, keeps its pictures. */
static void drop_job(struct dg_engine *e, struct dg_job *j)
{
    dg_engine_cancel(e, j->id);
    j->outcome->pictures_taken = recorded(e, j) && j->outcome->ok;
    withdraw(e, j);
    dg_job_table_remove(&e->jobs, j);
    dg_job_free(j);
}

void dg_engine_free(struct dg_engine *e)
{
    struct dg_job *j;
    if (!e)
        return;
    while ((j = dg_job_table_any(&e->jobs))) {
        if (j->state == DG_JOB_SYNCING && recorded(e, j))
            await_synced(e);
        else
            drop_job(e, j);
    }
    while (e->lanes) {
        struct dg_lane *next = e->lanes->next;
        dg_free(e->lanes);
        e->lanes = next;
    }
    dg_syncer_free(e->syncer);
    dg_job_table_done(&e->jobs);
    dg_timers_done(&e->timers);
    dg_timers_done(&e->deadlines);
    dg_timers_done(&e->pulses);
    dg_reactor_free(e->reactor);
    dg_free(e);
}

size_t dg_engine_pending(const struct dg_engine *e)
{
    return e->jobs.count;
}

size_t dg_engine_in_flight(const struct dg_engine *e)
{
    return e->in_flight;
}
