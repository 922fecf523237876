/* SPDX-License-Identifier: MIT
 *
 * One request through its attempts, see job.h.
 */
#include "core/job.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/address.h"
#include "core/retry.h"
#include "core/url.h"

enum { URL_BYTES = 64 * 1024 };

struct dg_job *dg_job_new(uint64_t id, const struct dg_request *request, dg_msec now)
{
    struct dg_job *j = dg_zalloc(sizeof *j);
    j->id = id;
    j->ready_at = now;
    j->outcome = dg_outcome_new();
    j->sleeping = !request;
    if (!request)
        return j;
    dg_request_copy(&j->request, request);
    if (j->request.url)
        j->url = dg_strdup(j->request.url);
    return j;
}

void dg_job_free(struct dg_job *j)
{
    if (!j->sleeping)
        dg_request_done(&j->request);
    dg_outcome_free(j->outcome);
    dg_free(j->where);
    dg_free(j->url);
    dg_free(j);
}

static void replace(char **text, const char *with)
{
    char *copy = dg_strdup(with);
    dg_free(*text);
    *text = copy;
}

static enum dg_step end_with(struct dg_job *j, enum dg_verdict verdict)
{
    j->outcome->ok = verdict == DG_OK;
    j->outcome->verdict = verdict;
    return DG_STEP_ENDED;
}

/* --- starting -------------------------------------------------------------- */

/* Every key was given up, this job's among them or before its turn came. */
static enum dg_step nobody_left(struct dg_job *j)
{
    struct dg_error *err = &j->outcome->error;
    struct dg_error last = *err;
    if (last.kind == DG_KIND_NONE)
        dg_error_set(err, DG_KIND_API, "no_key",
                     "no key is left: every key of every endpoint was given up before");
    else if (!dg_pool_alive(j->request.pool))
        dg_error_set(err, last.kind, last.code, "%s; no key is left", last.message);
    return end_with(j, DG_FAILOVER);
}

static void aim_at_endpoint(struct dg_job *j)
{
    const struct dg_pool *pool = j->request.pool;
    struct dg_buffer url;
    dg_buffer_init(&url, URL_BYTES);
    struct dg_error err;
    if (!dg_pool_url(pool, j->pick.endpoint, j->request.path, j->request.model, &url, &err))
        dg_buffer_text(&url, dg_pool_base(pool, j->pick.endpoint));
    replace(&j->url, url.data);
    replace(&j->where, dg_pool_label(pool, j->pick.endpoint));
    replace(&j->outcome->endpoint, j->where);
    j->outcome->endpoint_index = (int)j->pick.endpoint;
    dg_buffer_done(&url);
}

static bool guarded(const struct dg_job *j)
{
    const struct dg_pool *trusted = j->request.trusted;
    return j->request.public_only && !(trusted && dg_pool_knows(trusted, j->url));
}

/* A URL that names a private address is refused by its look: behind a proxy
 * nobody would see the socket's address. */
static bool aim_at_url(struct dg_job *j)
{
    char where[DG_URL_WHERE_BYTES];
    struct dg_url u;
    struct dg_error *err = &j->outcome->error;
    char *label = dg_url_label(j->url);
    replace(&j->outcome->url, label);
    dg_free(label);
    dg_url_split(j->url, &u); /* checked before: the given one and every redirect's */
    dg_url_where(&u, where);
    replace(&j->where, where);
    if (!guarded(j) || dg_address_host_public(u.host))
        return true;
    struct dg_fault fault = { .cause = DG_CAUSE_PRIVATE, .where = j->where, .detail = u.host };
    dg_fault_error(&fault, err);
    return false;
}

/* The transfer: the upload is complete. */
static void uploaded(void *self)
{
    struct dg_job *j = self;
    j->uploaded = true;
    j->uploaded_at = dg_clock_now();
    if (j->request.pool)
        dg_pool_sent(j->request.pool, &j->pick, j->uploaded_at);
}

static void release(struct dg_job *j, struct dg_reactor *r)
{
    dg_reactor_remove(r, j->transfer);
    dg_transfer_free(j->transfer);
    dg_receiver_free(j->receiver);
    j->transfer = NULL;
    j->receiver = NULL;
}

/* libcurl takes no transfer, which only a lack of memory explains. */
static enum dg_step cannot_begin(struct dg_job *j, struct dg_reactor *r, dg_msec now)
{
    release(j, r);
    if (j->request.pool)
        dg_pool_return(j->request.pool, &j->pick, now);
    j->facts = (struct dg_job_facts){ .sent_ms = -1, .first_byte_ms = -1, .verdict = DG_FATAL };
    dg_error_set(&j->outcome->error, DG_KIND_NETWORK, "libcurl",
                 "%s: libcurl cannot begin a transfer; is memory short?", j->where);
    return end_with(j, DG_FATAL);
}

enum dg_step dg_job_begin(struct dg_job *j, struct dg_reactor *r, dg_msec now)
{
    struct dg_pool *pool = j->request.pool;
    j->outcome->attempts++;
    j->outcome->waited_ms += now - j->ready_at;
    j->started_at = now;
    j->uploaded = false;
    j->receiver = dg_receiver_new(&j->request, j->where);
    struct dg_transfer_order order = { .request = &j->request,
                                       .url = j->url,
                                       .key = pool ? dg_pool_key(pool, &j->pick) : NULL,
                                       .where = j->where,
                                       .receiver = j->receiver,
                                       .public_only = guarded(j),
                                       .bare = j->strayed,
                                       .sent = uploaded,
                                       .self = j };
    j->transfer = dg_transfer_new(r, &order);
    return dg_reactor_add(r, j->transfer) ? DG_STEP_SENDING : cannot_begin(j, r, now);
}

void dg_job_refuse(struct dg_job *j, const struct dg_error *why, dg_msec now)
{
    if (j->request.pool)
        dg_pool_return(j->request.pool, &j->pick, now);
    j->outcome->attempt = j->noted;
    j->outcome->waited_ms += now - j->ready_at;
    j->outcome->error = *why;
    end_with(j, DG_FATAL);
}

enum dg_step dg_job_start(struct dg_job *j, dg_msec now, dg_msec *delay_ms)
{
    struct dg_pool *pool = j->request.pool;
    if (pool) {
        struct dg_want want = { .model = j->request.model };
        if (!dg_pool_pick(pool, &want, now, &j->pick, delay_ms))
            return *delay_ms < 0 ? nobody_left(j) : DG_STEP_QUEUE;
        aim_at_endpoint(j);
    } else if (!aim_at_url(j)) {
        return end_with(j, DG_FATAL);
    }
    return DG_STEP_READY;
}

/* --- judging --------------------------------------------------------------- */

static bool is_redirect(const struct dg_transfer_end *end)
{
    int s = end->status;
    return end->location && (s == 301 || s == 302 || s == 303 || s == 307 || s == 308);
}

/* The host a redirect points at, or the text that names none. */
static void target_name(const char *location, char where[DG_URL_WHERE_BYTES])
{
    struct dg_url u;
    if (dg_url_split(location, &u))
        dg_url_where(&u, where);
    else
        snprintf(where, DG_URL_WHERE_BYTES, "an address of another kind");
}

/* Why this redirect is not followed; false always. */
static bool refuse_redirect(const struct dg_job *j, const struct dg_transfer_end *end,
                            struct dg_error *err)
{
    char target[DG_URL_WHERE_BYTES];
    target_name(end->location, target);
    if (j->request.pool)
        return dg_error_set(err, DG_KIND_API, "redirect",
                            "%s: redirects to %s (HTTP %d), and a key never follows a redirect; "
                            "is the base URL right?",
                            j->where, target, end->status);
    if (j->request.max_redirects == 0)
        return dg_error_set(err, DG_KIND_NETWORK, "redirect",
                            "%s: redirects to %s (HTTP %d), which is not followed here", j->where,
                            target, end->status);
    if (j->redirects == j->request.max_redirects)
        return dg_error_set(err, DG_KIND_NETWORK, "redirect", "%s: more than %u redirects",
                            j->where, j->request.max_redirects);
    return dg_error_set(err, DG_KIND_NETWORK, "redirect",
                        "%s: redirects to %s, which is not followed: only http and https are, and "
                        "never from https to http",
                        j->where, target);
}

/* Takes the redirect's URL for the next attempt if it may be followed.  Behind
 * another origin the caller's headers, keys perhaps, are none of anybody's
 * business, not even when a redirect leads back. */
static bool follow(struct dg_job *j, const struct dg_transfer_end *end)
{
    if (!end->whole || !is_redirect(end) || j->redirects >= j->request.max_redirects ||
        !dg_url_may_follow(j->url, end->location))
        return false;
    j->redirects++;
    j->strayed = j->strayed || !dg_url_same_origin(j->request.url, end->location);
    replace(&j->url, end->location);
    return true;
}

/* " (HTTP 429, request req_123)" behind what the server said, which is cut where
 * it would leave no room for that. */
static void sign(const struct dg_transfer_end *end, struct dg_error *err)
{
    enum { SAID_BYTES = DG_MESSAGE_BYTES - 160 };
    struct dg_error plain = *err;
    size_t length = strlen(plain.message);
    if (plain.kind != DG_KIND_API && plain.kind != DG_KIND_REPLY)
        return;
    if (length > SAID_BYTES)
        length = dg_text_cut(plain.message, SAID_BYTES);
    dg_error_set(err, plain.kind, plain.code, "%.*s (HTTP %d%s%.100s)", (int)length, plain.message,
                 end->status, *end->request_id ? ", request " : "", end->request_id);
}

/* A connection that broke inside an error's body has told enough. */
static bool answered(const struct dg_transfer_end *end)
{
    return end->whole || (end->status >= 400 && end->error.kind == DG_KIND_NETWORK);
}

static bool conclude(struct dg_job *j, const struct dg_transfer_end *end)
{
    struct dg_outcome *o = j->outcome;
    if (!answered(end)) {
        o->error = end->error;
        return false;
    }
    if (is_redirect(end))
        return refuse_redirect(j, end, &o->error);
    if (dg_receiver_end(j->receiver, end->status, o, &o->error))
        return true;
    sign(end, &o->error);
    return false;
}

/* --- ending an attempt ----------------------------------------------------- */

static void forget_last(struct dg_outcome *o)
{
    o->error = (struct dg_error){ .kind = DG_KIND_NONE };
    replace(&o->error_type, "");
    replace(&o->error_param, "");
    replace(&o->text, "");
    o->text_size = 0;
}

static bool has_body(const struct dg_job *j)
{
    return j->request.form || j->request.body;
}

/* A gateway says that the server behind it gave no good answer, or none in time:
 * 520 and 524 are Cloudflare's. */
static bool is_gateways(int status)
{
    return status == 502 || status == 504 || status == 520 || status == 524;
}

static void note(struct dg_job *j, const struct dg_transfer_end *end, dg_msec now)
{
    struct dg_outcome *o = j->outcome;
    bool silent = !answered(end) || is_gateways(end->status);
    bool billed = j->request.pool && has_body(j) && j->uploaded && silent;
    j->facts = (struct dg_job_facts){ .status = end->status,
                                      .sent_ms = j->uploaded ? j->uploaded_at - j->started_at : -1,
                                      .first_byte_ms = end->first_byte_ms,
                                      .bytes_up = end->bytes_up,
                                      .bytes_down = end->bytes_down,
                                      .billed = billed };
    o->status = end->status;
    o->latency_ms = now - j->started_at;
    replace(&o->request_id, end->request_id);
    replace(&o->content_type, end->content_type);
    o->possibly_billed += billed;
}

static enum dg_step next_step(struct dg_job *j, enum dg_verdict verdict, dg_msec retry_after_ms,
                              double random, dg_msec *delay_ms)
{
    if (verdict == DG_FAILOVER && j->request.pool)
        return DG_STEP_NOW;
    if (verdict != DG_RETRY || j->retries >= j->request.max_retries)
        return end_with(j, verdict);
    *delay_ms = dg_retry_delay(j->request.retry_delay_ms, j->retries, random);
    if (*delay_ms < retry_after_ms)
        *delay_ms = retry_after_ms;
    j->retries++;
    j->redirects = 0;
    j->strayed = false;
    if (!j->request.pool)
        replace(&j->url, j->request.url);
    return DG_STEP_LATER;
}

/* An answer came that is of no use: there was no place for it here, or it is not
 * what it should be.  A page of a gateway is no answer. */
static bool is_unkept(const struct dg_error *err)
{
    return err->kind == DG_KIND_FILE ||
           (err->kind == DG_KIND_REPLY && strcmp(err->code, "not_json") != 0);
}

/* It was made, and so perhaps billed. */
static void note_unkept(struct dg_job *j, int status)
{
    struct dg_outcome *o = j->outcome;
    if (!j->request.pool || !has_body(j) || status < 200 || status >= 300 || !is_unkept(&o->error))
        return;
    o->possibly_billed += !j->facts.billed;
    j->facts.billed = true;
}

enum dg_step dg_job_over(struct dg_job *j, struct dg_reactor *r, dg_msec now, double random,
                         dg_msec *delay_ms)
{
    struct dg_transfer_end end;
    enum dg_verdict verdict = DG_OK;
    struct dg_judgement judgement = { DG_OK, DG_SCOPE_NONE };
    dg_transfer_end(j->transfer, &end);
    forget_last(j->outcome);
    note(j, &end, now);
    bool onward = follow(j, &end);
    if (!onward && !conclude(j, &end)) {
        struct dg_case c = { end.status, &j->outcome->error, -1, false };
        judgement = dg_retry_judge(&c);
        if (judgement.verdict == DG_FAILOVER &&
            (judgement.scope == DG_SCOPE_REACH || judgement.scope == DG_SCOPE_CONNECTION))
            judgement.verdict = DG_RETRY;
        verdict = judgement.verdict;
        note_unkept(j, end.status);
    }
    dg_msec retry_after_ms = end.retry_after_ms;
    j->facts.verdict = verdict;
    release(j, r);
    if (j->request.pool)
        dg_pool_report(j->request.pool, &j->pick,
                       &(struct dg_report){ .judgement = judgement,
                                            .status = end.status,
                                            .code = j->outcome->error.code,
                                            .model = j->request.model },
                       now);
    j->ready_at = now;
    return onward ? DG_STEP_NOW : next_step(j, verdict, retry_after_ms, random, delay_ms);
}

void dg_job_unrecorded(struct dg_job *j, const struct dg_error *why)
{
    struct dg_outcome *o = j->outcome;
    o->unrecorded = true;
    o->error = *why;
    for (size_t k = 0; k < o->picture_count; k++)
        dg_free(o->pictures[k].path); /* the files are the spool's */
    o->picture_count = 0;
    end_with(j, DG_FATAL);
}

void dg_job_lost(struct dg_job *j, const struct dg_error *why)
{
    j->facts.verdict = DG_FATAL;
    j->outcome->possibly_billed += !j->facts.billed;
    j->facts.billed = true;
    j->outcome->error = *why;
    end_with(j, DG_FATAL);
}

void dg_job_stop(struct dg_job *j, struct dg_reactor *r, dg_msec now)
{
    struct dg_outcome *o = j->outcome;
    if (j->transfer) {
        struct dg_transfer_end end;
        dg_transfer_end(j->transfer, &end);
        note(j, &end, now);
        j->facts.verdict = DG_FATAL;
        release(j, r);
    } else {
        o->waited_ms += now - j->ready_at;
    }
    bool placed = j->state == DG_JOB_SENDING || j->state == DG_JOB_READY;
    if (placed && j->request.pool)
        dg_pool_report(j->request.pool, &j->pick,
                       &(struct dg_report){ .judgement = { DG_FATAL, DG_SCOPE_NONE }, .status = 0 },
                       now);
    dg_error_set(&o->error, DG_KIND_STOPPED, "stopped", "stopped before it ended");
    end_with(j, DG_FATAL);
}
