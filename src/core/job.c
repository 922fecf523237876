/* SPDX-License-Identifier: MIT
 *
 * One request through its attempts, see job.h.
 */
#include "core/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "core/address.h"
#include "core/retry.h"
#include "core/url.h"

enum { URL_BYTES = 64 * 1024, PULSE_MS = 100 };

static bool has_body(const struct dg_job *j)
{
    return j->request.form || j->request.body;
}

/* It has a pick of the pool's, which is to be reported or returned. */
static bool is_picked(const struct dg_job *j)
{
    return j->request.pool && !j->request.fixed;
}

/* One for all attempts, so that a server that knows the header bills one. */
static void make_idempotency(struct dg_job *j)
{
    uint64_t random[2];
    if (j->request.pool && has_body(j) && dg_random(random, sizeof random))
        snprintf(j->idempotency, sizeof j->idempotency, "%016" PRIx64 "%016" PRIx64, random[0],
                 random[1]);
}

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
    make_idempotency(j);
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
    j->outcome->scope = verdict == DG_FAILOVER ? j->facts.judgement.scope : DG_SCOPE_NONE;
    return DG_STEP_ENDED;
}

/* --- starting -------------------------------------------------------------- */

/* No key will serve this: all are out, or none has the model. */
static enum dg_step nobody_left(struct dg_job *j)
{
    struct dg_error *err = &j->outcome->error;
    struct dg_error last = *err;
    bool model = dg_pool_alive(j->request.pool);
    if (last.kind == DG_KIND_NONE && model)
        dg_error_set(err, DG_KIND_API, "model_not_found", "no key of any endpoint has the model %s",
                     j->request.model ? j->request.model : "asked for");
    else if (last.kind == DG_KIND_NONE)
        dg_error_set(err, DG_KIND_API, "no_key",
                     "no key is left: every key of every endpoint was given up before");
    else if (!model)
        dg_error_set(err, last.kind, last.code, "%s; no key is left", last.message);
    j->facts.judgement =
        (struct dg_judgement){ DG_FAILOVER, model ? DG_SCOPE_MODEL : DG_SCOPE_KEY };
    return end_with(j, DG_FAILOVER);
}

/* Nobody is there; the last error says how that shows. */
static enum dg_step nobody_there(struct dg_job *j)
{
    if (j->outcome->error.kind == DG_KIND_NONE)
        dg_error_set(&j->outcome->error, DG_KIND_NETWORK, "outage", "no endpoint can be reached");
    return end_with(j, DG_FAILOVER);
}

static bool aim_at_endpoint(struct dg_job *j)
{
    const struct dg_pool *pool = j->request.pool;
    struct dg_buffer url;
    dg_buffer_init(&url, URL_BYTES);
    bool ok = dg_pool_url(pool, j->pick.endpoint, j->request.path, j->request.model, &url,
                          &j->outcome->error);
    if (ok)
        replace(&j->url, url.data);
    replace(&j->where, dg_pool_label(pool, j->pick.endpoint));
    replace(&j->outcome->endpoint, j->where);
    j->outcome->endpoint_index = (int)j->pick.endpoint;
    j->outcome->key_index = (int)j->pick.key;
    dg_buffer_done(&url);
    return ok;
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

/* The transfer: libcurl has the whole upload.  Where slots are counted, the socket
 * is looked at until it has left. */
static void uploaded(void *self)
{
    struct dg_job *j = self;
    j->uploaded = true;
    j->uploaded_at = dg_clock_now();
    if (!is_picked(j) || !dg_pool_limited(j->request.pool, j->pick.endpoint))
        return;
    j->pulse_ms = 1;
    dg_timers_set(j->pulses, &j->pulse, j->uploaded_at + j->pulse_ms, j->id);
}

bool dg_job_drained(struct dg_job *j, dg_msec now)
{
    if (dg_transfer_drained(j->transfer)) {
        dg_pool_sent(j->request.pool, &j->pick, now);
        return true;
    }
    j->pulse_ms = j->pulse_ms * 2 < PULSE_MS ? j->pulse_ms * 2 : PULSE_MS;
    return false;
}

static void release(struct dg_job *j, struct dg_reactor *r)
{
    dg_reactor_remove(r, j->transfer);
    dg_transfer_free(j->transfer);
    dg_receiver_free(j->receiver);
    j->transfer = NULL;
    j->receiver = NULL;
}

/* Nothing was sent by the place it has. */
static void give_back(struct dg_job *j, dg_msec now)
{
    if (is_picked(j))
        dg_pool_return(j->request.pool, &j->pick, now);
}

/* libcurl takes no transfer, which only a lack of memory explains. */
static enum dg_step cannot_begin(struct dg_job *j, struct dg_reactor *r, dg_msec now)
{
    release(j, r);
    give_back(j, now);
    j->facts = (struct dg_job_facts){ .sent_ms = -1,
                                      .first_byte_ms = -1,
                                      .judgement = { DG_FATAL, DG_SCOPE_NONE } };
    dg_error_set(&j->outcome->error, DG_KIND_NETWORK, "libcurl",
                 "%s: libcurl cannot begin a transfer; is memory short?", j->where);
    return end_with(j, DG_FATAL);
}

/* A request without a pool carries no key, whatever its headers. */
static void aim_order(struct dg_job *j, struct dg_transfer_order *order)
{
    const struct dg_pool *pool = j->request.pool;
    if (!pool)
        return;
    order->key = dg_pool_key(pool, &j->pick);
    order->key_header = dg_pool_header(pool, j->pick.endpoint);
    order->field = dg_pool_field(pool, j->pick.endpoint);
    order->idempotency = *j->idempotency ? j->idempotency : NULL;
}

enum dg_step dg_job_begin(struct dg_job *j, struct dg_reactor *r, struct dg_timers *pulses,
                          dg_msec now)
{
    j->outcome->attempts++;
    j->outcome->waited_ms += now - j->ready_at;
    j->started_at = now;
    j->begun = true;
    j->uploaded = false;
    j->pulses = pulses;
    j->receiver = dg_receiver_new(&j->request, j->where);
    struct dg_transfer_order order = { .request = &j->request,
                                       .url = j->url,
                                       .where = j->where,
                                       .receiver = j->receiver,
                                       .public_only = guarded(j),
                                       .bare = j->strayed,
                                       .fresh = j->fresh,
                                       .sent = uploaded,
                                       .self = j };
    aim_order(j, &order);
    j->fresh = false;
    j->transfer = dg_transfer_new(r, &order);
    return dg_reactor_add(r, j->transfer) ? DG_STEP_SENDING : cannot_begin(j, r, now);
}

void dg_job_refuse(struct dg_job *j, const struct dg_error *why, dg_msec now)
{
    give_back(j, now);
    j->outcome->attempt = j->noted;
    j->outcome->waited_ms += now - j->ready_at;
    j->outcome->error = *why;
    end_with(j, DG_FATAL);
}

static bool pick(struct dg_job *j, dg_msec now, dg_msec *delay_ms)
{
    const struct dg_request *q = &j->request;
    struct dg_want want = { .model = q->model, .images = q->images };
    if (!q->fixed)
        return dg_pool_pick(q->pool, &want, now, &j->pick, delay_ms);
    j->pick = (struct dg_pick){ .endpoint = q->fixed_endpoint, .key = q->fixed_key };
    return true;
}

/* No endpoint has been there for as long as it waits for one; else it is asked again
 * when that will be so. */
static bool is_tired(const struct dg_job *j, dg_msec now, dg_msec *delay_ms)
{
    dg_msec back;
    dg_msec most = j->request.max_outage_ms;
    dg_msec since = most > 0 ? dg_pool_outage(j->request.pool, now, &back) : -1;
    if (since >= 0 && since < most && most - since < *delay_ms)
        *delay_ms = most - since;
    return since >= 0 && since >= most;
}

enum dg_step dg_job_start(struct dg_job *j, dg_msec now, dg_msec *delay_ms)
{
    if (!j->request.pool)
        return aim_at_url(j) ? DG_STEP_READY : end_with(j, DG_FATAL);
    if (!pick(j, now, delay_ms))
        return *delay_ms < 0                ? nobody_left(j)
               : is_tired(j, now, delay_ms) ? nobody_there(j)
                                            : DG_STEP_QUEUE;
    if (aim_at_endpoint(j))
        return DG_STEP_READY;
    give_back(j, now);
    return end_with(j, DG_FATAL);
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

/* What the attempt's end means for a request without a pool: it has no other place. */
static void settle_alone(const struct dg_job *j, struct dg_judgement *means)
{
    if (j->request.pool && !j->request.fixed)
        return;
    if (means->verdict == DG_FAILOVER && means->scope == DG_SCOPE_REACH)
        *means = (struct dg_judgement){ DG_RETRY, DG_SCOPE_NONE };
}

static void begin_anew(struct dg_job *j)
{
    j->redirects = 0;
    j->strayed = false;
    if (!j->request.pool)
        replace(&j->url, j->request.url);
}

/* The pool parks keys and endpoints for as long as the server says; without one the
 * request itself waits so long. */
static enum dg_step next_step(struct dg_job *j, const struct dg_advice *advice, double random,
                              dg_msec *delay_ms)
{
    const struct dg_judgement *means = &j->facts.judgement;
    bool onward = is_picked(j) || means->scope == DG_SCOPE_CONNECTION;
    if (means->verdict == DG_FAILOVER && onward) {
        begin_anew(j);
        return DG_STEP_NOW;
    }
    if (means->verdict != DG_RETRY || j->retries >= j->request.max_retries)
        return end_with(j, means->verdict);
    *delay_ms = dg_retry_delay(j->request.retry_delay_ms, j->retries, random);
    if (!is_picked(j) && *delay_ms < advice->retry_after_ms)
        *delay_ms = advice->retry_after_ms;
    j->retries++;
    begin_anew(j);
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

bool dg_job_unreached(const struct dg_job *j)
{
    return j->facts.judgement.verdict == DG_FAILOVER && j->facts.judgement.scope == DG_SCOPE_REACH;
}

/* "usage":{...,"total_tokens":N} of a good answer, 0: not told. */
static uint64_t tokens_of(const struct dg_outcome *o)
{
    static const char NAME[] = "\"total_tokens\"";
    const char *at = o->ok && o->text ? strstr(o->text, NAME) : NULL;
    if (!at)
        return 0;
    at += sizeof NAME - 1;
    at += strspn(at, " \t\r\n:");
    return *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : 0;
}

static void tell_pool(struct dg_job *j, const struct dg_transfer_end *end, dg_msec now)
{
    struct dg_report report = { .judgement = j->facts.judgement,
                                .status = end->status,
                                .code = j->outcome->error.code,
                                .model = j->request.model,
                                .advice = end->advice };
    bool limited = is_picked(j) && dg_pool_limited(j->request.pool, j->pick.endpoint);
    if (limited && report.judgement.verdict == DG_OK)
        report.tokens = tokens_of(j->outcome);
    if (is_picked(j))
        dg_pool_report(j->request.pool, &j->pick, &report, now);
}

static struct dg_judgement judge(struct dg_job *j, const struct dg_transfer_end *end)
{
    struct dg_case c = { .status = end->status,
                         .err = &j->outcome->error,
                         .should_retry = end->advice.should_retry,
                         .stale = end->stale };
    struct dg_judgement means = dg_retry_judge(&c);
    settle_alone(j, &means);
    note_unkept(j, end->status);
    return means;
}

enum dg_step dg_job_over(struct dg_job *j, struct dg_reactor *r, dg_msec now, double random,
                         dg_msec *delay_ms)
{
    struct dg_transfer_end end;
    dg_transfer_end(j->transfer, &end);
    struct dg_advice advice = end.advice;
    forget_last(j->outcome);
    note(j, &end, now);
    bool onward = follow(j, &end);
    if (!onward && !conclude(j, &end))
        j->facts.judgement = judge(j, &end);
    j->outcome->attempts -= dg_job_unreached(j);
    j->fresh = j->facts.judgement.scope == DG_SCOPE_CONNECTION;
    tell_pool(j, &end, now);
    release(j, r);
    j->ready_at = now;
    return onward ? DG_STEP_NOW : next_step(j, &advice, random, delay_ms);
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
    j->facts.judgement = (struct dg_judgement){ DG_FATAL, DG_SCOPE_NONE };
    j->outcome->possibly_billed += !j->facts.billed;
    j->facts.billed = true;
    j->outcome->error = *why;
    end_with(j, DG_FATAL);
}

/* On the wire it may have been sent; a place that was only held is nobody's. */
void dg_job_stop(struct dg_job *j, struct dg_reactor *r, dg_msec now)
{
    struct dg_outcome *o = j->outcome;
    if (j->transfer) {
        struct dg_transfer_end end;
        dg_transfer_end(j->transfer, &end);
        note(j, &end, now);
        j->facts.judgement = (struct dg_judgement){ DG_FATAL, DG_SCOPE_NONE };
        dg_advice_init(&end.advice);
        tell_pool(j, &end, now);
        release(j, r);
    } else {
        o->waited_ms += now - j->ready_at;
        if (j->state == DG_JOB_READY)
            give_back(j, now);
    }
    dg_error_set(&o->error, DG_KIND_STOPPED, "stopped", "stopped before it ended");
    end_with(j, DG_FATAL);
}

void dg_job_tell_pace(const struct dg_job *j, struct dg_pace *pace, unsigned in_flight, dg_msec now)
{
    enum { TOO_MANY_REQUESTS = 429 };
    const struct dg_outcome *o = j->outcome;
    bool too_many = o->status == TOO_MANY_REQUESTS || strcmp(o->error.code, "slow_down") == 0;
    bool good = j->facts.judgement.verdict == DG_OK;
    if (j->request.pool && !dg_job_unreached(j))
        dg_pace_ended(pace, too_many, good ? o->latency_ms : -1, in_flight, now);
}
