/* SPDX-License-Identifier: MIT
 *
 * libmicrohttpd's daemon inside our epoll loop: its sockets are its own, the
 * moments at which answers are due, the clients that leave while they wait, and
 * the stop are ours.
 */
#include "rehearsal/server.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "rehearsal/address.h"
#include "rehearsal/journal.h"
#include "rehearsal/visit.h"

enum { EVENTS = 64, CONNECTIONS_MAX = 16000, IDLE_SECONDS = 600 };

/* What an event in our epoll belongs to, besides visits. */
static char mhd_mark, stop_mark;

static struct dg_visit *begin(struct dg_rehearsal *s, struct MHD_Connection *connection,
                              const char *method, const char *path)
{
    struct dg_visit *v = dg_visit_new(s, connection, method, path);

    v->edit = strcmp(method, "POST") == 0 && strcmp(dg_address_tail(path), "/images/edits") == 0 &&
              dg_address_versioned(connection, path);
    v->chat = strcmp(method, "POST") == 0 &&
              strcmp(dg_address_tail(path), "/chat/completions") == 0 &&
              dg_address_versioned(connection, path);
    if (v->edit) {
        dg_tally_begin(&s->tally);
        dg_body_begin(&v->body, &v->form, connection);
    }
    return v;
}

static enum MHD_Result answer(struct dg_visit *v)
{
    v->stage = DG_VISIT_ANSWERING;
    dg_visit_finish_answer(v);
    return dg_visit_deliver(v) ? MHD_YES : MHD_NO;
}

/* The body is complete. */
static enum MHD_Result judge(struct dg_visit *v)
{
    dg_body_end(&v->body);
    v->arrived_ms = dg_clock_now();
    v->in_flight = v->server->tally.in_flight;
    v->stage = DG_VISIT_WAITING;
    dg_visit_route(v);
    if (v->delay_ms == 0)
        return answer(v);
    dg_visit_suspend(v, v->delay_ms == DG_DELAY_FOREVER ? DG_DELAY_FOREVER
                                                        : v->arrived_ms + v->delay_ms);
    return MHD_YES;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **visit)
{
    struct dg_visit *v = *visit;

    (void)version;
    if (!v) {
        *visit = begin(self, connection, method, path);
        return MHD_YES;
    }
    if (v->stage == DG_VISIT_WAITING)
        return v->gone ? MHD_NO : answer(v);
    if (*size == 0)
        return judge(v);
    if (v->edit)
        dg_body_feed(&v->body, bytes, *size);
    else if (v->chat && !dg_buffer_add(&v->said, bytes, *size))
        return MHD_NO;
    *size = 0;
    return MHD_YES;
}

static void write_journal(struct dg_visit *v, bool whole)
{
    struct dg_rehearsal *s = v->server;
    dg_msec now = dg_clock_now();
    dg_msec arrived = v->stage == DG_VISIT_READING ? now : v->arrived_ms;
    struct dg_error err;
    struct dg_journal_entry entry = { .n = v->n,
                                      .time_ms = s->opened_wall_ms + arrived - s->opened_ms,
                                      .took_ms = now - arrived,
                                      .method = v->method,
                                      .path = v->path,
                                      .status = v->sent_status,
                                      .whole = whole,
                                      .key = v->key[0] ? v->key : NULL,
                                      .form = &v->form,
                                      .in_flight = v->in_flight,
                                      .fault = v->fault ? v->fault->text : NULL,
                                      .request_id = v->request_id };

    if (s->journal_fd < 0 || dg_journal_write(s->journal_fd, &entry, &err))
        return;
    dg_log(DG_LOG_WARN, "the request log ends here: %s", err.message);
    close(s->journal_fd);
    s->journal_fd = -1;
}

static void on_end(void *self, struct MHD_Connection *connection, void **visit,
                   enum MHD_RequestTerminationCode how)
{
    struct dg_visit *v = *visit;
    bool whole = how == MHD_REQUEST_TERMINATED_COMPLETED_OK;

    (void)self;
    (void)connection;
    if (!v)
        return;
    whole = whole && v->sent_status != 0;
    if (v->edit)
        dg_tally_end(&v->server->tally, v->sent_status, whole);
    write_journal(v, whole);
    dg_visit_free(v);
    *visit = NULL;
}

static bool start_daemon(struct dg_rehearsal *s, struct dg_error *err)
{
    s->daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, s,
                         MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
                         on_end, s, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
    if (!s->daemon)
        return dg_error_set(err, DG_KIND_CONFIG, "serve", "libmicrohttpd does not start: %s",
                            strerror(errno));
    return true;
}

static bool watch(struct dg_rehearsal *s, int fd, void *mark, struct dg_error *err)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = mark };

    if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    return dg_error_set(err, DG_KIND_CONFIG, "epoll", "epoll: %s", strerror(errno));
}

static bool start_epoll(struct dg_rehearsal *s, struct dg_error *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0)
        return dg_error_set(err, DG_KIND_CONFIG, "epoll", "epoll: %s", strerror(errno));
    return watch(s, info->epoll_fd, &mhd_mark, err);
}

bool dg_rehearsal_start(struct dg_rehearsal *s, struct dg_error *err)
{
    return start_daemon(s, err) && start_epoll(s, err);
}

/* libmicrohttpd aborts if it is stopped with a client suspended. */
void dg_rehearsal_halt(struct dg_rehearsal *s)
{
    while (s->waiting) {
        s->waiting->gone = true;
        dg_visit_wake(s->waiting);
    }
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    else if (s->listen_fd >= 0)
        close(s->listen_fd);
    if (s->epoll_fd >= 0)
        close(s->epoll_fd);
    s->daemon = NULL;
    s->listen_fd = -1;
    s->epoll_fd = -1;
}

/* Milliseconds until somebody must be woken or MHD has something to do. */
static int pause_ms(struct dg_rehearsal *s)
{
    dg_msec next = dg_timers_next(&s->timers);
    dg_msec wait = next < 0 ? -1 : next - dg_clock_now();
    MHD_UNSIGNED_LONG_LONG mhd;

    if (next >= 0 && wait < 0)
        wait = 0;
    if (MHD_get_timeout(s->daemon, &mhd) == MHD_YES && (wait < 0 || (dg_msec)mhd < wait))
        wait = (dg_msec)mhd;
    return wait > INT_MAX ? INT_MAX : (int)wait;
}

static void wake_due(struct dg_rehearsal *s)
{
    dg_msec now = dg_clock_now();
    struct dg_timer *timer;

    while ((timer = dg_timers_due(&s->timers, now)) != NULL)
        dg_visit_wake((struct dg_visit *)timer);
}

static void on_leaving(struct dg_visit *v)
{
    v->gone = true;
    dg_visit_wake(v);
}

/* false: it is time to stop. */
static bool turn(struct dg_rehearsal *s)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(s->epoll_fd, events, EVENTS, pause_ms(s));

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &stop_mark)
            return false;
        if (events[i].data.ptr != &mhd_mark)
            on_leaving(events[i].data.ptr);
    }
    wake_due(s);
    MHD_run(s->daemon);
    return true;
}

bool dg_rehearsal_run(struct dg_rehearsal *s, int stop_fd, struct dg_error *err)
{
    if (!watch(s, stop_fd, &stop_mark, err))
        return false;
    while (turn(s))
        continue;
    epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, stop_fd, NULL);
    return true;
}
