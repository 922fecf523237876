/* SPDX-License-Identifier: MIT
 *
 * What the ends of requests do to a pool: counts, health, keys and parks.
 */
#include "core/pool_home.h"

enum { TOO_MANY_REQUESTS = 429 };

void dg_pool_sent(struct dg_pool *p, const struct dg_pick *pick, dg_msec now)
{
    if (pick->slot)
        dg_limiter_sent(p->places[pick->endpoint].window.limiter, pick->slot, now);
}

/* --- slots ------------------------------------------------------------------ */

/* The limiter has a lock of its own.  It is told first: whoever asks after the
 * caches are cleared finds the slot free. */
static void free_slot(struct dg_place *place, const struct dg_pick *pick)
{
    if (pick->slot)
        dg_limiter_unsent(place->window.limiter, pick->slot);
}

static void close_slot(struct dg_place *place, const struct dg_pick *pick, uint64_t tokens,
                       dg_msec now)
{
    if (!pick->slot)
        return;
    dg_limiter_sent(place->window.limiter, pick->slot, now);
    if (tokens > 0)
        dg_limiter_weigh(place->window.limiter, pick->slot, tokens);
}

/* The average of the last few. */
static void learn_tokens(struct dg_place_state *s, uint64_t tokens)
{
    if (tokens > DG_POOL_TOKENS)
        tokens = DG_POOL_TOKENS;
    if (tokens > 0)
        s->tokens = s->tokens > 0 ? (7 * s->tokens + tokens) / 8 : tokens;
}

/* --- ends ------------------------------------------------------------------- */

/* It is under way no longer. */
static void leave(struct dg_pool *p, const struct dg_pick *pick)
{
    uint32_t *in_flight = dg_pool_in_flight(p, p->worker, pick->endpoint);
    struct dg_health *h = &p->places[pick->endpoint].state->health;
    if (*in_flight > 0)
        --*in_flight;
    if (pick->probe && h->prober == p->worker + 1)
        dg_health_probe_over(h);
}

/* It was no attempt. */
static void uncount(struct dg_place_state *s)
{
    if (s->sent > 0)
        s->sent--;
}

static bool is_unreached(const struct dg_report *r)
{
    return r->judgement.verdict == DG_FAILOVER && r->judgement.scope == DG_SCOPE_REACH;
}

static void count_end(struct dg_place_state *s, const struct dg_report *r)
{
    if (is_unreached(r))
        uncount(s);
    else if (r->judgement.verdict == DG_OK)
        s->succeeded++;
    else
        s->failed++;
}

/* Too many requests are no failure that puts aside: somebody is there, and busy. */
static void judge_health(struct dg_health *h, const struct dg_report *r, bool probe, dg_msec now)
{
    enum dg_verdict verdict = r->judgement.verdict;
    if (verdict == DG_OK)
        dg_health_succeeded(h, now);
    else if (is_unreached(r))
        dg_health_unreached(h, probe, now);
    else if (verdict == DG_RETRY || (verdict == DG_FATAL && r->status >= 500))
        dg_health_failed(h, r->status != TOO_MANY_REQUESTS, probe, now);
    else if (r->status >= 400)
        dg_health_answered(h);
}

/* A key, a model or all is out; the first reason stays. */
static void take_out(struct dg_pool *p, const struct dg_pick *pick, const struct dg_report *r,
                     dg_msec now)
{
    struct dg_place *place = &p->places[pick->endpoint];
    if (r->judgement.verdict != DG_FAILOVER)
        return;
    switch (r->judgement.scope) {
    case DG_SCOPE_NONE:
    case DG_SCOPE_KEY:
        dg_place_drop(place, pick->key, r->status, r->code, now);
        break;
    case DG_SCOPE_ENDPOINT:
        dg_place_drop_all(place, r->status, r->code, now);
        break;
    case DG_SCOPE_MODEL:
        dg_place_exclude(place, pick->key, dg_place_hash(r->model));
        p->shared->excluded = true;
        break;
    case DG_SCOPE_REACH:
    case DG_SCOPE_CONNECTION:
        break;
    }
}

static dg_msec longest_reset(const struct dg_advice *a)
{
    dg_msec most = a->requests_reset_ms;
    if (a->tokens_reset_ms > most)
        most = a->tokens_reset_ms;
    return a->images_reset_ms > most ? a->images_reset_ms : most;
}

/* The server said when to come again: with 429, or with its allowance used up, that
 * is meant for the key, else for all.  What it says of the time outweighs allowances. */
static void park(struct dg_place *place, const struct dg_pick *pick, const struct dg_report *r,
                 dg_msec now)
{
    const struct dg_advice *a = &r->advice;
    dg_msec reset = longest_reset(a);
    bool refused = r->status >= 400 || r->judgement.verdict == DG_RETRY;
    if (refused && a->retry_after_ms > 0 && r->status > TOO_MANY_REQUESTS)
        dg_place_park(place, now + a->retry_after_ms, now);
    else if (refused && a->retry_after_ms > 0 && r->status == TOO_MANY_REQUESTS)
        reset = a->retry_after_ms;
    else if (refused && a->retry_after_ms > 0 && r->judgement.verdict == DG_RETRY)
        dg_place_park(place, now + a->retry_after_ms, now);
    if (reset > 0)
        dg_place_park_key(place, pick->key, now + reset, now);
}

void dg_pool_report(struct dg_pool *p, const struct dg_pick *pick, const struct dg_report *report,
                    dg_msec now)
{
    struct dg_place *place = &p->places[pick->endpoint];
    bool unreached = is_unreached(report);
    if (unreached)
        free_slot(place, pick);
    else
        close_slot(place, pick, report->tokens, now);
    dg_pool_lock(p);
    p->shared->latest = now;
    leave(p, pick);
    count_end(place->state, report);
    judge_health(&place->state->health, report, pick->probe, now);
    take_out(p, pick, report, now);
    if (!unreached)
        park(place, pick, report, now);
    learn_tokens(place->state, report->tokens);
    if (place->window.limiter && (unreached || report->tokens > 0))
        dg_place_not_full(place);
    dg_pool_unlock(p);
}

void dg_pool_return(struct dg_pool *p, const struct dg_pick *pick, dg_msec now)
{
    struct dg_place *place = &p->places[pick->endpoint];
    free_slot(place, pick);
    dg_pool_lock(p);
    p->shared->latest = now;
    leave(p, pick);
    uncount(place->state);
    if (place->window.limiter)
        dg_place_not_full(place);
    dg_pool_unlock(p);
}

/* --- from outside ----------------------------------------------------------- */

void dg_pool_drop(struct dg_pool *p, unsigned endpoint, unsigned key, int status, const char *code)
{
    dg_pool_lock(p);
    dg_place_drop(&p->places[endpoint], key, status, code, p->shared->latest);
    dg_pool_unlock(p);
}

static void bury_at(struct dg_pool *p, unsigned worker, size_t endpoint, dg_msec now)
{
    struct dg_place *place = &p->places[endpoint];
    uint32_t *in_flight = dg_pool_in_flight(p, worker, endpoint);
    if (place->window.limiter) {
        dg_limiter_bury(place->window.limiter, now);
        dg_place_not_full(place);
    }
    place->state->failed += *in_flight;
    *in_flight = 0;
    if (place->state->health.prober == worker + 1)
        dg_health_probe_over(&place->state->health);
}

void dg_pool_bury(struct dg_pool *p, unsigned worker, dg_msec now)
{
    worker %= DG_POOL_WORKERS;
    dg_pool_lock(p);
    for (size_t k = 0; k < p->count; k++)
        bury_at(p, worker, k, now);
    dg_pool_unlock(p);
}
