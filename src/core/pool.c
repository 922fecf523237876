/* SPDX-License-Identifier: MIT
 *
 * Choosing an endpoint: smooth weighted round robin (nginx's) among those that
 * may serve at this moment, so that a full endpoint never holds up a free one.
 */
#include "core/pool.h"

#include <string.h>

#include "base/memory.h"
#include "core/endpoint.h"
#include "core/url.h"

struct dg_pool {
    unsigned references;               /* holders */
    size_t count;                      /* endpoints */
    struct dg_endpoint_config *config; /* each one's settings, never changed */
    struct dg_endpoint_state *state;   /* each one's state */
};

static bool add_endpoint(struct dg_pool *p, const struct dg_endpoint *given, struct dg_error *err)
{
    struct dg_endpoint_config *c = &p->config[p->count];
    if (!dg_endpoint_config_init(c, given, err)) {
        dg_endpoint_config_done(c);
        return dg_error_at(err, "endpoint %zu", p->count + 1);
    }
    dg_endpoint_state_init(&p->state[p->count], c);
    p->count++;
    return true;
}

struct dg_pool *dg_pool_new(const struct dg_endpoint *endpoints, size_t count, struct dg_error *err)
{
    if (count < 1 || count > DG_POOL_ENDPOINTS) {
        dg_error_set(err, DG_KIND_CONFIG, "bad_pool",
                     "a pool has 1 to %d endpoints, this one has %zu", DG_POOL_ENDPOINTS, count);
        return NULL;
    }
    struct dg_pool *p = dg_zalloc(sizeof *p);
    p->references = 1;
    p->config = dg_zalloc(count * sizeof *p->config);
    p->state = dg_zalloc(count * sizeof *p->state);
    for (size_t k = 0; k < count; k++) {
        if (!add_endpoint(p, &endpoints[k], err)) {
            dg_pool_free(p);
            return NULL;
        }
    }
    return p;
}

struct dg_pool *dg_pool_ref(struct dg_pool *p)
{
    p->references++;
    return p;
}

void dg_pool_free(struct dg_pool *p)
{
    if (!p || --p->references > 0)
        return;
    for (size_t k = 0; k < p->count; k++) {
        dg_endpoint_state_done(&p->state[k]);
        dg_endpoint_config_done(&p->config[k]);
    }
    dg_free(p->state);
    dg_free(p->config);
    dg_free(p);
}

/* Endpoints of weight 0 serve only when none with a weight is alive; then all
 * of them count as 1. */
static bool reserve_only(const struct dg_pool *p)
{
    for (size_t k = 0; k < p->count; k++)
        if (p->state[k].keys_alive > 0 && p->config[k].weight > 0)
            return false;
    return true;
}

/* Asks the endpoint's limiter; takes a slot if `slot` is given. */
static dg_msec ask(const struct dg_endpoint_config *c, struct dg_endpoint_state *s, dg_msec now,
                   uint64_t *slot)
{
    static const uint16_t meter;
    struct dg_cap cap = { .meters = &meter, .count = 1, .most = { .requests = c->limit } };
    struct dg_take t = { .caps = &cap, .cap_count = 1, .window_ms = DG_POOL_WINDOW_MS };
    if (!s->limiter)
        return 0;
    return slot ? dg_limiter_take(s->limiter, &t, now, slot)
                : dg_limiter_delay(s->limiter, &t, now);
}

/* Every endpoint that may serve now is owed its weight more, and the one owed
 * most pays for all.  Returns its index; if none may serve, p->count with the
 * shortest wait (-1: none is alive). */
static size_t choose(struct dg_pool *p, dg_msec now, dg_msec *delay_ms)
{
    bool reserve = reserve_only(p);
    size_t best = p->count;
    int64_t total = 0;
    *delay_ms = -1;
    for (size_t k = 0; k < p->count; k++) {
        struct dg_endpoint_state *s = &p->state[k];
        unsigned weight = reserve ? 1 : p->config[k].weight;
        if (s->keys_alive == 0 || weight == 0)
            continue;
        dg_msec wait = ask(&p->config[k], s, now, NULL);
        if (*delay_ms < 0 || wait < *delay_ms)
            *delay_ms = wait;
        if (wait > 0)
            continue;
        s->current += weight;
        total += weight;
        if (best == p->count || s->current > p->state[best].current)
            best = k;
    }
    if (best < p->count)
        p->state[best].current -= total;
    return best;
}

bool dg_pool_pick(struct dg_pool *p, dg_msec now, struct dg_pick *pick, dg_msec *delay_ms)
{
    size_t k = choose(p, now, delay_ms);
    if (k == p->count)
        return false;
    struct dg_endpoint_state *s = &p->state[k];
    *pick =
        (struct dg_pick){ .endpoint = (unsigned)k, .key = dg_endpoint_next_key(s, &p->config[k]) };
    ask(&p->config[k], s, now, &pick->slot);
    s->sent++;
    s->in_flight++;
    return true;
}

void dg_pool_sent(struct dg_pool *p, const struct dg_pick *pick, dg_msec now)
{
    struct dg_endpoint_state *s = &p->state[pick->endpoint];
    if (s->limiter)
        dg_limiter_sent(s->limiter, pick->slot, now);
}

void dg_pool_report(struct dg_pool *p, const struct dg_pick *pick, enum dg_verdict verdict,
                    dg_msec now)
{
    struct dg_endpoint_state *s = &p->state[pick->endpoint];
    dg_pool_sent(p, pick, now); /* if it never was */
    s->in_flight--;
    if (verdict == DG_OK)
        s->succeeded++;
    else
        s->failed++;
    if (verdict == DG_FAILOVER)
        dg_endpoint_drop_key(s, pick->key);
}

const char *dg_pool_base(const struct dg_pool *p, unsigned endpoint)
{
    return p->config[endpoint].base;
}

const char *dg_pool_label(const struct dg_pool *p, unsigned endpoint)
{
    return p->config[endpoint].label;
}

const char *dg_pool_key(const struct dg_pool *p, const struct dg_pick *pick)
{
    return p->config[pick->endpoint].keys[pick->key];
}

enum dg_image_field dg_pool_field(const struct dg_pool *p, unsigned endpoint)
{
    return p->config[endpoint].field;
}

void dg_pool_stats(const struct dg_pool *p, unsigned endpoint, struct dg_endpoint_stats *stats)
{
    const struct dg_endpoint_state *s = &p->state[endpoint];
    *stats = (struct dg_endpoint_stats){ .sent = s->sent,
                                         .succeeded = s->succeeded,
                                         .failed = s->failed,
                                         .in_flight = s->in_flight,
                                         .keys_alive = s->keys_alive };
}

bool dg_pool_knows(const struct dg_pool *p, const char *url)
{
    struct dg_url u;
    if (!dg_url_split(url, &u))
        return false;
    for (size_t k = 0; k < p->count; k++) {
        const struct dg_url *own = &p->config[k].url;
        if (own->port == u.port && strcmp(own->host, u.host) == 0)
            return true;
    }
    return false;
}
