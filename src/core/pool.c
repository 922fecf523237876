/* SPDX-License-Identifier: MIT
 *
 * Making a pool, and choosing from it.  An endpoint whose limiter refused is
 * known to be full for a while: so a pick asks no limiter but the chosen one's,
 * and chooses again where that refuses.
 */
#include "core/pool.h"

#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "core/pool_home.h"

enum { LONG_PARK_MS = 60000 }; /* who is parked for longer holds up no lower tier */
enum { PROBED_MS = 250 };      /* another process's probe is looked after so often */

/* --- making ----------------------------------------------------------------- */

/* Where the parts lie behind each other in the shared memory. */
struct layout {
    size_t states; /* of the places */
    size_t keys;   /* of all places' keys */
    size_t models; /* of all places' tables of models */
    size_t end;    /* bytes in all */
};

static size_t aligned(size_t size)
{
    return (size + 63) / 64 * 64;
}

static struct layout lay_out(const struct dg_pool *p)
{
    struct layout at;
    size_t cells = DG_POOL_WORKERS * p->count;
    at.states = aligned(sizeof(struct dg_pool_shared) + cells * sizeof(uint32_t));
    at.keys = at.states + aligned(p->count * sizeof(struct dg_place_state));
    at.models = at.keys;
    for (size_t k = 0; k < p->count; k++)
        at.models += p->places[k].config.key_count * sizeof(struct dg_key_state);
    at.models = aligned(at.models);
    at.end = at.models;
    for (size_t k = 0; k < p->count; k++)
        at.end += DG_PLACE_MODELS * dg_place_row_size(p->places[k].config.key_count);
    return at;
}

static bool share(struct dg_pool *p, struct dg_error *err)
{
    struct layout at = lay_out(p);
    unsigned char *memory = dg_shared_new(at.end);
    if (!memory)
        return dg_error_set(err, DG_KIND_FILE, "memory", "no memory for the pool");
    p->shared = (struct dg_pool_shared *)(void *)memory;
    p->shared_size = at.end;
    dg_mutex_init(&p->shared->mutex);
    struct dg_place_state *states = (struct dg_place_state *)(void *)(memory + at.states);
    struct dg_key_state *keys = (struct dg_key_state *)(void *)(memory + at.keys);
    unsigned char *models = memory + at.models;
    for (size_t k = 0; k < p->count; k++) {
        struct dg_place *place = &p->places[k];
        size_t key_count = place->config.key_count;
        place->state = &states[k];
        place->keys = keys;
        place->models = models;
        place->row_size = dg_place_row_size(key_count);
        keys += key_count;
        models += DG_PLACE_MODELS * place->row_size;
        dg_place_init(place);
    }
    return true;
}

static bool add_endpoints(struct dg_pool *p, const struct dg_pool_options *o, struct dg_error *err)
{
    p->places = dg_zalloc(o->count * sizeof *p->places);
    for (; p->count < o->count; p->count++) {
        struct dg_endpoint_config *c = &p->places[p->count].config;
        if (dg_endpoint_config_init(c, &o->endpoints[p->count], err))
            continue;
        dg_endpoint_config_done(c);
        return dg_error_at(err, "endpoint %zu", p->count + 1);
    }
    return true;
}

/* Limits hold within this run at least. */
static bool open_windows(struct dg_pool *p, const char *folder, struct dg_error *err)
{
    for (size_t k = 0; k < p->count; k++) {
        struct dg_error why;
        if (dg_window_open(&p->places[k].window, &p->places[k].config, folder, &why))
            continue;
        if (!p->places[k].window.limiter) {
            dg_error_set(err, why.kind, why.code, "%s", why.message);
            return dg_error_at(err, "endpoint %zu", k + 1);
        }
        dg_log(DG_LOG_WARN, "%s; limits are not shared with other runs on this machine",
               why.message);
        folder = NULL;
    }
    return true;
}

struct dg_pool *dg_pool_new(const struct dg_pool_options *options, struct dg_error *err)
{
    if (options->count < 1 || options->count > DG_POOL_ENDPOINTS) {
        dg_error_set(err, DG_KIND_CONFIG, "bad_pool",
                     "a pool has 1 to %d endpoints, this one has %zu", DG_POOL_ENDPOINTS,
                     options->count);
        return NULL;
    }
    struct dg_pool *p = dg_zalloc(sizeof *p);
    p->references = 1;
    if (add_endpoints(p, options, err) && share(p, err) &&
        open_windows(p, options->limits_folder, err))
        return p;
    dg_pool_free(p);
    return NULL;
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
        dg_window_close(&p->places[k].window);
        dg_endpoint_config_done(&p->places[k].config);
    }
    dg_shared_free(p->shared, p->shared_size);
    dg_free(p->places);
    dg_free(p);
}

void dg_pool_join(struct dg_pool *p, unsigned worker)
{
    p->worker = worker % DG_POOL_WORKERS;
}

/* --- the lock --------------------------------------------------------------- */

void dg_pool_lock(struct dg_pool *p)
{
    if (!dg_mutex_lock(&p->shared->mutex))
        return;
    for (size_t k = 0; k < p->count; k++)
        dg_place_mend(&p->places[k]);
}

void dg_pool_unlock(struct dg_pool *p)
{
    dg_mutex_unlock(&p->shared->mutex);
}

/* --- choosing --------------------------------------------------------------- */

enum tier { TIER_WEIGHTED, TIER_SPARE, TIER_FAILING, TIER_NONE };

/* One look at all endpoints. */
struct look {
    struct dg_ask ask;                  /* what is wanted */
    enum tier tier;                     /* the best that has an endpoint alive */
    size_t best;                        /* owed most of those that may serve, or the count */
    int64_t lead;                       /* what it is owed */
    int64_t total;                      /* the weights of those */
    size_t probe;                       /* a probe is due there, or the count */
    size_t spare_probe;                 /* the same at one of weight 0 */
    dg_msec wait;                       /* the shortest in the tier, -1: none */
    dg_msec beside;                     /* the shortest of those that decide no tier, -1: none */
    bool refused[DG_POOL_ENDPOINTS];    /* its limiter refused in this pick ... */
    dg_msec refusal[DG_POOL_ENDPOINTS]; /* ... for so long */
    enum tier tiers[DG_POOL_ENDPOINTS]; /* of those that may serve, else TIER_NONE */
    int64_t weights[DG_POOL_ENDPOINTS]; /* ... and their effective weights */
};

static void shorten(dg_msec *wait, dg_msec other)
{
    if (*wait < 0 || other < *wait)
        *wait = other;
}

static enum tier tier_of(const struct dg_place_state *s)
{
    if (s->health.state == DG_HEALTH_FAILING)
        return TIER_FAILING;
    return s->weight > 0 ? TIER_WEIGHTED : TIER_SPARE;
}

/* How long until it may serve, as far as parks and limits go; 0: now. */
static dg_msec wait_of(const struct dg_place_state *s, const struct look *l, size_t k)
{
    dg_msec now = l->ask.now;
    dg_msec wait = dg_full_wait(&s->full, l->ask.images, now);
    if (now < s->parked_until && s->parked_until - now > wait)
        wait = s->parked_until - now;
    if (l->refused[k] && l->refusal[k] > wait)
        wait = l->refusal[k];
    return wait;
}

/* Notes a probe that is due, or when it will be. */
static void look_at_probe(struct look *l, const struct dg_place_state *s, size_t k, dg_msec wait)
{
    const struct dg_health *h = &s->health;
    dg_msec due = h->probe_at > l->ask.now ? h->probe_at - l->ask.now : 0;
    if (h->prober > 0)
        due = PROBED_MS;
    if (due > wait)
        wait = due;
    if (wait > 0)
        shorten(&l->beside, wait);
    else if (s->weight > 0)
        l->probe = k;
    else
        l->spare_probe = k;
}

/* One that may serve now. */
static void add_candidate(struct look *l, const struct dg_place_state *s, size_t k, size_t none)
{
    int64_t weight = dg_health_weight(&s->health, s->weight ? s->weight : 1, l->ask.now);
    l->tiers[k] = l->tier;
    l->weights[k] = weight;
    l->total += weight;
    if (l->best == none || s->current + weight > l->lead) {
        l->best = k;
        l->lead = s->current + weight;
    }
}

static void look_at(struct look *l, const struct dg_pool *p, size_t k)
{
    const struct dg_place_state *s = p->places[k].state;
    l->tiers[k] = TIER_NONE;
    if (s->keys_alive == 0 || (s->models > 0 && !dg_place_serves(&p->places[k], &l->ask)))
        return;
    dg_msec wait = wait_of(s, l, k);
    if (s->health.state != DG_HEALTH_WELL)
        look_at_probe(l, s, k, wait);
    if (s->health.state == DG_HEALTH_UNREACHED)
        return;
    if (s->parked_until - l->ask.now > LONG_PARK_MS) {
        shorten(&l->beside, wait);
        return;
    }
    enum tier tier = tier_of(s);
    if (tier > l->tier)
        return;
    if (tier < l->tier) {
        l->tier = tier;
        l->wait = -1;
        l->best = p->count;
        l->total = 0;
    }
    if (wait > 0)
        shorten(&l->wait, wait);
    else
        add_candidate(l, s, k, p->count);
}

/* Where the next request goes, a due probe first; p->count: nowhere now. */
static size_t choose(struct look *l, const struct dg_pool *p)
{
    l->tier = TIER_NONE;
    l->wait = l->beside = -1;
    l->best = l->probe = l->spare_probe = p->count;
    l->total = 0;
    for (size_t k = 0; k < p->count; k++)
        look_at(l, p, k);
    if (l->probe == p->count && l->tier != TIER_WEIGHTED)
        l->probe = l->spare_probe;
    return l->probe < p->count ? l->probe : l->best;
}

/* All that could serve are owed their weight more, and the chosen one pays. */
static void settle(const struct look *l, struct dg_pool *p)
{
    for (size_t k = 0; k < p->count; k++)
        if (l->tiers[k] == l->tier)
            p->places[k].state->current += l->weights[k];
    p->places[l->best].state->current -= l->total;
}

static void count_pick(struct dg_pool *p, const struct dg_pick *pick)
{
    struct dg_place_state *s = p->places[pick->endpoint].state;
    if (p->worker >= p->shared->workers)
        p->shared->workers = p->worker + 1;
    ++*dg_pool_in_flight(p, p->worker, pick->endpoint);
    s->sent++;
    if (pick->probe)
        dg_health_probe(&s->health, p->worker);
}

/* Under the lock. */
static bool pick_one(struct dg_pool *p, struct look *l, struct dg_pick *pick, dg_msec *delay_ms)
{
    size_t k;
    while ((k = choose(l, p)) < p->count) {
        pick->endpoint = (unsigned)k;
        pick->probe = k == l->probe;
        dg_msec wait = dg_place_take(&p->places[k], &l->ask, &pick->key, &pick->slot);
        if (wait == 0) {
            if (!pick->probe)
                settle(l, p);
            count_pick(p, pick);
            return true;
        }
        l->refused[k] = true;
        l->refusal[k] = wait > 0 ? wait : PROBED_MS;
    }
    *delay_ms = l->wait;
    if (l->beside >= 0)
        shorten(delay_ms, l->beside);
    return false;
}

bool dg_pool_pick(struct dg_pool *p, const struct dg_want *want, dg_msec now, struct dg_pick *pick,
                  dg_msec *delay_ms)
{
    struct look l;
    unsigned images = want ? want->images : 0;
    memset(l.refused, 0, p->count * sizeof l.refused[0]);
    *pick = (struct dg_pick){ .endpoint = 0 };
    *delay_ms = 0;
    dg_pool_lock(p);
    l.ask = (struct dg_ask){ .images = images ? images : 1, .now = now };
    if (p->shared->excluded)
        l.ask.model = dg_place_hash(want ? want->model : NULL);
    p->shared->latest = now;
    bool found = pick_one(p, &l, pick, delay_ms);
    dg_pool_unlock(p);
    return found;
}
