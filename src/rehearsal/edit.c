/* SPDX-License-Identifier: MIT
 *
 * An edit request judged: fault plan first, then key, rate limit and checks,
 * then its pictures.
 */
#include <stdio.h>
#include <string.h>

#include <microhttpd.h>

#include "rehearsal/address.h"
#include "rehearsal/answer.h"
#include "rehearsal/server.h"
#include "rehearsal/visit.h"

enum { GARBAGE_BYTES = 512, SLOW_MS = 2000, HOST_BYTES_MAX = 100, SITE_BYTES = 160 };

static const struct dg_mishap *struck(const struct dg_visit *v)
{
    const struct dg_rehearsal_options *o = &v->server->options;

    for (size_t i = 0; i < o->fault_count; i++) {
        if (dg_mishap_strikes(&o->faults[i], v->n, o->seed))
            return &o->faults[i];
    }
    return NULL;
}

/* The same request of the same run always takes as long. */
static dg_msec latency(const struct dg_visit *v)
{
    const struct dg_rehearsal_options *o = &v->server->options;
    struct dg_dice dice = { dg_dice_mix(~o->seed, v->n) };

    if (v->fault && v->fault->ms >= 0 && v->fault->action != DG_MISHAP_SLOW)
        return v->fault->ms;
    return dg_latency_draw(&o->latency, &dice);
}

static void set_answer(struct dg_visit *v, unsigned status, const char *type, const char *text)
{
    v->status = status;
    v->type = type;
    dg_buffer_text(&v->answer, text);
}

static void add_garbage(struct dg_visit *v)
{
    struct dg_dice dice = { dg_dice_mix(v->server->options.seed, v->n) };

    for (int i = 0; i < GARBAGE_BYTES; i += 8) {
        uint64_t bits = dg_dice_bits(&dice);
        dg_buffer_add(&v->answer, &bits, sizeof(bits));
    }
}

/* A status comes at once below 500, as refusals do, if it has no `ms`. */
static void answer_status(struct dg_visit *v)
{
    dg_refusal_known(&v->refusal, v->fault->status, v->fault->code);
    dg_visit_refuse(v);
    if (v->status < 500 && v->fault->ms < 0)
        v->delay_ms = 0;
}

static void answer_fault(struct dg_visit *v)
{
    v->delay_ms = latency(v);
    switch (v->fault->action) {
    case DG_MISHAP_STATUS:
        answer_status(v);
        break;
    case DG_MISHAP_RESET:
        v->manner = DG_MANNER_RESET;
        break;
    case DG_MISHAP_CLOSE:
        v->manner = DG_MANNER_CLOSE;
        break;
    case DG_MISHAP_HANG:
        v->delay_ms = DG_DELAY_FOREVER;
        break;
    case DG_MISHAP_GARBAGE:
        set_answer(v, 200, "application/octet-stream", "");
        add_garbage(v);
        break;
    case DG_MISHAP_HTML:
        set_answer(v, 200, "text/html",
                   "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>"
                   "<body><h1>It works!</h1></body></html>\n");
        break;
    case DG_MISHAP_ERROR200:
        dg_refusal_known(&v->refusal, 500, "");
        dg_visit_refuse(v);
        v->status = 200;
        break;
    case DG_MISHAP_DETAIL:
        set_answer(v, 422, "application/json", "{\"detail\":\"Field required: image\"}\n");
        break;
    default:
        set_answer(v, 500, "text/plain", "Internal Server Error");
        break;
    }
}

static bool check_quota(struct dg_visit *v)
{
    v->metered = true;
    if (dg_quota_take(v->server->quota, v->key_digest, v->arrived_ms, &v->quota))
        return true;
    dg_refusal_known(&v->refusal, 429, "rate_limit_exceeded");
    snprintf(v->refusal.message, sizeof(v->refusal.message),
             "Rate limit reached on requests per min (RPM): Limit %u, Used %u, Requested 1. Please "
             "try again in %.3gs. Visit https://platform.openai.com/account/rate-limits to learn "
             "more.",
             v->quota.limit, v->quota.limit, (double)v->quota.retry_ms / 1000);
    return false;
}

static bool find_pictures(struct dg_visit *v)
{
    struct dg_rehearsal *s = v->server;
    unsigned bad;

    if (s->options.fixed) {
        v->exhibit = dg_gallery_fixed(s->gallery);
        return true;
    }
    v->exhibit = dg_gallery_show(s->gallery, v->order.images, v->order.image_count, &bad);
    if (v->exhibit)
        return true;
    dg_refusal_known(&v->refusal, 400, "invalid_image_file");
    snprintf(v->refusal.message, sizeof(v->refusal.message),
             "Invalid image file or mode for image %u, please check your image file.", bad);
    return false;
}

static bool judge(struct dg_visit *v)
{
    const char *key = dg_address_key(v->connection);

    return dg_check_key(&v->server->options, key, &v->refusal) && check_quota(v) &&
           dg_check_form(&v->form, &v->order, &v->refusal) && find_pictures(v);
}

static void answer_pictures(struct dg_visit *v)
{
    v->status = 200;
    v->delay_ms = latency(v);
    switch (v->fault ? v->fault->action : DG_MISHAP_STATUS) {
    case DG_MISHAP_RESET_MID:
        v->manner = DG_MANNER_HALF_RESET;
        break;
    case DG_MISHAP_TRUNCATE:
        v->manner = DG_MANNER_HALF_CLOSE;
        break;
    case DG_MISHAP_SLOW:
        v->manner = DG_MANNER_DRIP;
        v->drip_ms = v->fault->ms >= 0 ? v->fault->ms : SLOW_MS;
        break;
    default:
        break;
    }
}

void dg_visit_edit(struct dg_visit *v)
{
    struct dg_rehearsal *s = v->server;

    v->n = ++s->edits;
    s->tally.requests++;
    v->fault = struck(v);
    if (!s->options.fixed || s->journal_fd >= 0)
        dg_form_digest(&v->form);
    if (v->fault && !dg_mishap_spoils(v->fault))
        answer_fault(v);
    else if (judge(v))
        answer_pictures(v);
    else
        dg_visit_refuse(v);
    dg_form_drop_bytes(&v->form);
}

/* The address the client knows us by, so that it can fetch what we name. */
static void site(const struct dg_visit *v, char *out, size_t size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.:-[]";
    const char *host = MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND, "Host");

    if (host && *host && strlen(host) < HOST_BYTES_MAX && host[strspn(host, allowed)] == '\0')
        snprintf(out, size, "http://%s/v1", host);
    else
        snprintf(out, size, "%s", v->server->url);
}

/* What the fault plan changes in the answer's content. */
static void spoil(const struct dg_visit *v, struct dg_answer *a)
{
    switch (v->fault ? v->fault->action : DG_MISHAP_STATUS) {
    case DG_MISHAP_EMPTY:
        a->count = 0;
        break;
    case DG_MISHAP_FEWER:
        a->count--;
        break;
    case DG_MISHAP_BAD_BASE64:
        a->spoil = DG_SPOIL_BASE64;
        break;
    case DG_MISHAP_NOT_IMAGE:
        a->spoil = DG_SPOIL_IMAGE;
        break;
    case DG_MISHAP_URL:
        a->url = true;
        break;
    case DG_MISHAP_JPEG:
        a->encoding = DG_ENCODING_JPEG;
        break;
    case DG_MISHAP_WEBP:
        a->encoding = DG_ENCODING_WEBP;
        break;
    case DG_MISHAP_GIF:
        a->encoding = DG_ENCODING_GIF;
        break;
    case DG_MISHAP_SVG:
        a->encoding = DG_ENCODING_SVG;
        break;
    default:
        break;
    }
}

void dg_visit_finish_answer(struct dg_visit *v)
{
    char where[SITE_BYTES];
    struct dg_answer a = { .order = &v->order,
                           .exhibit = v->exhibit,
                           .site = where,
                           .count = v->order.n,
                           .url = v->order.url,
                           .encoding = v->order.encoding };

    if (!v->edit || !v->exhibit)
        return;
    site(v, where, sizeof(where));
    spoil(v, &a);
    if (v->server->fixed_base64.size > 0 && a.encoding == DG_ENCODING_PNG)
        a.base64 = v->server->fixed_base64.data;
    if (!dg_answer_print(&a, &v->answer)) {
        dg_buffer_clear(&v->answer);
        dg_refusal_known(&v->refusal, 500, "");
        dg_visit_refuse(v);
    }
    if (v->fault && v->fault->action == DG_MISHAP_CUT_JSON)
        dg_buffer_cut(&v->answer, v->answer.size / 2);
}
