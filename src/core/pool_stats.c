/* SPDX-License-Identifier: MIT
 *
 * What a pool tells: its configuration, its figures, and whether anybody serves.
 */
#include <stdio.h>
#include <string.h>

#include "core/pool_home.h"

const char *dg_pool_base(const struct dg_pool *p, unsigned endpoint)
{
    return p->places[endpoint].config.base;
}

const char *dg_pool_label(const struct dg_pool *p, unsigned endpoint)
{
    return p->places[endpoint].config.label;
}

const char *dg_pool_key(const struct dg_pool *p, const struct dg_pick *pick)
{
    return p->places[pick->endpoint].config.keys[pick->key].text;
}

enum dg_image_field dg_pool_field(const struct dg_pool *p, unsigned endpoint)
{
    return p->places[endpoint].config.field;
}

enum dg_api dg_pool_api(const struct dg_pool *p, unsigned endpoint)
{
    return p->places[endpoint].config.api;
}

size_t dg_pool_count(const struct dg_pool *p)
{
    return p->count;
}

size_t dg_pool_key_count(const struct dg_pool *p, unsigned endpoint)
{
    return p->places[endpoint].config.key_count;
}

bool dg_pool_limited(const struct dg_pool *p, unsigned endpoint)
{
    return p->places[endpoint].window.limiter;
}

bool dg_pool_url(const struct dg_pool *p, unsigned endpoint, const char *path, const char *model,
                 struct dg_buffer *url, struct dg_error *err)
{
    return dg_endpoint_url(&p->places[endpoint].config, path, model, url, err);
}

const char *dg_pool_header(const struct dg_pool *p, unsigned endpoint)
{
    switch (dg_pool_api(p, endpoint)) {
    case DG_API_AZURE:
        return "api-key";
    case DG_API_GEMINI:
        return "x-goog-api-key";
    default:
        return "Authorization";
    }
}

bool dg_pool_knows(const struct dg_pool *p, const char *url)
{
    struct dg_url u;
    if (!dg_url_split(url, &u))
        return false;
    for (size_t k = 0; k < p->count; k++) {
        const struct dg_url *own = &p->places[k].config.url;
        if (own->port == u.port && strcmp(own->host, u.host) == 0)
            return true;
    }
    return false;
}

/* --- who serves ------------------------------------------------------------- */

bool dg_pool_alive(struct dg_pool *p)
{
    bool alive = false;
    dg_pool_lock(p);
    for (size_t k = 0; k < p->count; k++)
        alive = alive || p->places[k].state->keys_alive > 0;
    dg_pool_unlock(p);
    return alive;
}

dg_msec dg_pool_outage(struct dg_pool *p, dg_msec now, dg_msec *back_ms)
{
    dg_msec last = 0, back = -1;
    dg_pool_lock(p);
    p->shared->latest = now;
    for (size_t k = 0; k < p->count; k++) {
        dg_msec until;
        dg_msec could = dg_place_could(&p->places[k], now, &until);
        if (could > last)
            last = could;
        if (until > now && (back < 0 || until - now < back))
            back = until - now;
    }
    dg_pool_unlock(p);
    *back_ms = last >= now ? 0 : back;
    return last >= now ? -1 : now - last;
}

/* --- figures ---------------------------------------------------------------- */

static unsigned sum_in_flight(const struct dg_pool *p, unsigned endpoint)
{
    unsigned sum = 0;
    for (unsigned worker = 0; worker < p->shared->workers; worker++)
        sum += *dg_pool_in_flight(p, worker, endpoint);
    return sum;
}

static enum dg_standing standing_of(const struct dg_place_state *s, dg_msec now)
{
    if (s->keys_alive == 0)
        return DG_OUT;
    if (s->health.state != DG_HEALTH_WELL)
        return DG_ASIDE;
    if (now < s->parked_until)
        return DG_PARKED;
    return dg_health_halvings(&s->health, now) > 0 ? DG_REDUCED : DG_SERVING;
}

static void fill_state(struct dg_endpoint_stats *stats, const struct dg_place_state *s, dg_msec now)
{
    dg_msec until = 0;
    stats->sent = s->sent;
    stats->succeeded = s->succeeded;
    stats->failed = s->failed;
    stats->keys_alive = s->keys_alive;
    stats->standing = standing_of(s, now);
    if (stats->standing == DG_ASIDE)
        until = s->health.probe_at;
    else if (stats->standing == DG_PARKED)
        until = s->parked_until;
    stats->until_ms = until > now ? until - now : 0;
    if (stats->standing != DG_ASIDE && stats->standing != DG_OUT)
        stats->health = 1.0 / (double)(1u << dg_health_halvings(&s->health, now));
}

void dg_pool_stats(struct dg_pool *p, unsigned endpoint, dg_msec now,
                   struct dg_endpoint_stats *stats)
{
    const struct dg_place *place = &p->places[endpoint];
    *stats = (struct dg_endpoint_stats){ .keys = (unsigned)place->config.key_count,
                                         .weight = place->config.weight,
                                         .quota = place->config.quota };
    dg_pool_lock(p);
    fill_state(stats, place->state, now);
    stats->in_flight = sum_in_flight(p, endpoint);
    dg_pool_unlock(p);
    if (place->window.limiter)
        dg_limiter_use(place->window.limiter, &place->window.all, now, &stats->used);
}

void dg_pool_key_stats(struct dg_pool *p, unsigned endpoint, unsigned key, dg_msec now,
                       struct dg_key_stats *stats)
{
    const struct dg_key_state *k = &p->places[endpoint].keys[key];
    const char *text = p->places[endpoint].config.keys[key].text;
    size_t length = strlen(text);
    *stats = (struct dg_key_stats){ .out = false };
    if (length >= 12)
        snprintf(stats->tail, sizeof stats->tail, "%s", text + length - 4);
    dg_pool_lock(p);
    stats->out = k->out;
    stats->status = k->status;
    snprintf(stats->code, sizeof stats->code, "%.*s", (int)sizeof k->code - 1, k->code);
    stats->parked_ms = now < k->parked_until ? k->parked_until - now : 0;
    dg_pool_unlock(p);
}
