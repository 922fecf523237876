/* SPDX-License-Identifier: MIT
 *
 * A visit's birth, sleep and end.
 */
#include "rehearsal/visit.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/hash.h"
#include "base/memory.h"
#include "rehearsal/address.h"
#include "rehearsal/answer.h"
#include "rehearsal/server.h"

static void identify(struct dg_visit *v)
{
    const char *key = dg_address_key(v->connection);
    uint8_t digest[DG_HASH_BYTES];

    if (!key)
        return;
    dg_hash(key, strlen(key), digest);
    memcpy(&v->key_digest, digest, sizeof(v->key_digest));
    for (int i = 0; i < DG_KEY_DIGITS / 2; i++)
        snprintf(v->key + 2 * i, 3, "%02x", digest[i]);
}

static void name_request(struct dg_visit *v, uint64_t number)
{
    uint64_t seed = dg_dice_mix(v->server->options.seed, (uint64_t)v->server->opened_wall_ms);
    uint64_t high = dg_dice_mix(seed, number);

    snprintf(v->request_id, sizeof(v->request_id), "req_%016" PRIx64 "%016" PRIx64, high,
             dg_dice_mix(high, number));
}

struct dg_visit *dg_visit_new(struct dg_rehearsal *s, struct MHD_Connection *connection,
                              const char *method, const char *path)
{
    struct dg_visit *v = dg_zalloc(sizeof(*v));

    v->server = s;
    v->connection = connection;
    v->method = dg_strdup(method);
    v->path = dg_strdup(path);
    v->type = "application/json";
    dg_form_init(&v->form);
    dg_buffer_init(&v->answer, DG_ANSWER_BYTES_MAX);
    dg_buffer_init(&v->said, DG_CHAT_BYTES_MAX);
    identify(v);
    name_request(v, ++s->visits);
    return v;
}

void dg_visit_free(struct dg_visit *v)
{
    dg_timers_remove(&v->server->timers, &v->timer);
    dg_gallery_release(v->server->gallery, v->exhibit);
    dg_body_end(&v->body);
    dg_form_done(&v->form);
    dg_buffer_done(&v->answer);
    dg_buffer_done(&v->said);
    dg_free(v->method);
    dg_free(v->path);
    dg_free(v);
}

static int descriptor(const struct dg_visit *v)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(v->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* libmicrohttpd does not look at a suspended client; we do, for its leaving.  One
 * that only closes its sending half counts as gone, too. */
static void watch(struct dg_visit *v, int operation)
{
    struct epoll_event event = { .events = EPOLLRDHUP, .data.ptr = v };
    epoll_ctl(v->server->epoll_fd, operation, descriptor(v), &event);
}

void dg_visit_suspend(struct dg_visit *v, dg_msec due)
{
    struct dg_rehearsal *s = v->server;

    v->suspended = true;
    v->previous = NULL;
    v->next = s->waiting;
    if (s->waiting)
        s->waiting->previous = v;
    s->waiting = v;
    if (due != DG_DELAY_FOREVER)
        dg_timers_set(&s->timers, &v->timer, due, v->n);
    watch(v, EPOLL_CTL_ADD);
    MHD_suspend_connection(v->connection);
}

void dg_visit_wake(struct dg_visit *v)
{
    struct dg_rehearsal *s = v->server;

    if (!v->suspended)
        return;
    v->suspended = false;
    if (v->previous)
        v->previous->next = v->next;
    else
        s->waiting = v->next;
    if (v->next)
        v->next->previous = v->previous;
    dg_timers_remove(&s->timers, &v->timer);
    watch(v, EPOLL_CTL_DEL);
    MHD_resume_connection(v->connection);
}
