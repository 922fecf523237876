/* SPDX-License-Identifier: MIT
 *
 * See place.h.
 */
#include "core/place.h"

#include <stdio.h>
#include <string.h>

uint64_t dg_place_hash(const char *model)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *c = model ? model : ""; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    return hash ? hash : 1;
}

static size_t words(size_t key_count)
{
    return (key_count + DG_PLACE_BITS - 1) / DG_PLACE_BITS;
}

size_t dg_place_row_size(size_t key_count)
{
    return sizeof(struct dg_model_row) + words(key_count) * sizeof(uint64_t);
}

void dg_place_init(struct dg_place *p)
{
    p->state->weight = p->config.weight;
    p->state->keys_alive = (unsigned)p->config.key_count;
}

/* --- models ----------------------------------------------------------------- */

static struct dg_model_row *row_at(const struct dg_place *p, unsigned k)
{
    return (struct dg_model_row *)(void *)(p->models + k * p->row_size);
}

static struct dg_model_row *find_row(const struct dg_place *p, uint64_t model)
{
    for (unsigned k = 0; model && k < p->state->models; k++)
        if (row_at(p, k)->model == model)
            return row_at(p, k);
    return NULL;
}

static bool lacks(const struct dg_model_row *row, unsigned key)
{
    return row && row->keys[key / DG_PLACE_BITS] >> key % DG_PLACE_BITS & 1;
}

bool dg_place_serves(const struct dg_place *p, const struct dg_ask *ask)
{
    const struct dg_model_row *row = find_row(p, ask->model);
    for (unsigned k = 0; k < p->config.key_count; k++)
        if (!p->keys[k].out && !lacks(row, k))
            return true;
    return false;
}

/* A free row, or the one that was not used for longest. */
static struct dg_model_row *new_row(struct dg_place *p)
{
    struct dg_model_row *oldest = row_at(p, 0);
    if (p->state->models < DG_PLACE_MODELS)
        return row_at(p, p->state->models);
    for (unsigned k = 1; k < DG_PLACE_MODELS; k++)
        if (row_at(p, k)->used < oldest->used)
            oldest = row_at(p, k);
    return oldest;
}

void dg_place_exclude(struct dg_place *p, unsigned key, uint64_t model)
{
    struct dg_model_row *row = find_row(p, model);
    if (!row) {
        row = new_row(p);
        memset(row, 0, p->row_size);
        row->model = model;
        if (p->state->models < DG_PLACE_MODELS)
            p->state->models++;
    }
    row->used = ++p->state->model_clock;
    row->keys[key / DG_PLACE_BITS] |= (uint64_t)1 << key % DG_PLACE_BITS;
}

/* --- taking ----------------------------------------------------------------- */

static dg_msec shorter(dg_msec wait, dg_msec other)
{
    return wait < 0 || other < wait ? other : wait;
}

static uint64_t expected_tokens(const struct dg_place_state *s)
{
    return s->tokens > 0 ? s->tokens : DG_PLACE_TOKENS;
}

/* Asks the limiter; a refusal is remembered where it belongs.  *whole: it is the
 * endpoint's, and no other key need be asked. */
static dg_msec take_slot(struct dg_place *p, unsigned key, const struct dg_ask *ask, uint64_t *slot,
                         bool *whole)
{
    struct dg_load load = dg_window_load(&p->window, key, ask->images, expected_tokens(p->state));
    dg_msec wait = dg_window_take(&p->window, key, load, ask->now, slot);
    if (wait == 0)
        return 0;
    dg_msec full = p->window.by_key ? dg_window_full(&p->window, key, load, ask->now) : wait;
    *whole = full > 0;
    struct dg_full *where = *whole ? &p->state->full : &p->keys[key].full;
    if (*whole)
        wait = full;
    *where = (struct dg_full){ ask->now + wait, ask->images };
    return wait;
}

/* 0: this key took it.  -1: it never will. */
static dg_msec try_key(struct dg_place *p, unsigned key, const struct dg_model_row *row,
                       const struct dg_ask *ask, uint64_t *slot, bool *whole)
{
    const struct dg_key_state *k = &p->keys[key];
    if (k->out || lacks(row, key))
        return -1;
    if (ask->now < k->parked_until)
        return k->parked_until - ask->now;
    if (!p->window.limiter)
        return 0;
    dg_msec wait = dg_full_wait(&k->full, ask->images, ask->now);
    return wait > 0 ? wait : take_slot(p, key, ask, slot, whole);
}

dg_msec dg_place_take(struct dg_place *p, const struct dg_ask *ask, unsigned *key, uint64_t *slot)
{
    struct dg_place_state *s = p->state;
    struct dg_model_row *row = find_row(p, ask->model);
    unsigned count = (unsigned)p->config.key_count;
    dg_msec shortest = -1;
    bool whole = false;
    unsigned k = s->next_key < count ? s->next_key : 0;
    *slot = 0;
    for (unsigned tried = 0; tried < count && !whole; tried++, k = k + 1 < count ? k + 1 : 0) {
        dg_msec wait = try_key(p, k, row, ask, slot, &whole);
        if (wait == 0) {
            *key = k;
            s->next_key = k + 1 < count ? k + 1 : 0;
            return 0;
        }
        if (wait > 0)
            shortest = whole ? wait : shorter(shortest, wait);
    }
    if (row)
        row->used = ++s->model_clock;
    else if (shortest > 0 && !whole)
        s->full = (struct dg_full){ ask->now + shortest, ask->images };
    return shortest;
}

void dg_place_not_full(struct dg_place *p)
{
    p->state->full.until = 0;
    for (unsigned k = 0; p->window.by_key && k < p->config.key_count; k++)
        p->keys[k].full.until = 0;
}

/* --- keys out and parked ---------------------------------------------------- */

/* Derives what follows from the keys. */
static void look_at_keys(struct dg_place *p)
{
    struct dg_place_state *s = p->state;
    unsigned alive = 0;
    dg_msec parked = INT64_MAX;
    for (unsigned k = 0; k < p->config.key_count; k++) {
        if (p->keys[k].out)
            continue;
        alive++;
        if (p->keys[k].parked_until < parked)
            parked = p->keys[k].parked_until;
    }
    s->keys_alive = alive;
    s->parked_until = alive > 0 && parked > s->own_until ? parked : s->own_until;
}

void dg_place_mend(struct dg_place *p)
{
    struct dg_place_state *s = p->state;
    s->current = 0;
    if (s->models > DG_PLACE_MODELS)
        s->models = DG_PLACE_MODELS;
    dg_place_not_full(p);
    look_at_keys(p);
}

static void take_out(struct dg_key_state *k, int status, const char *code, dg_msec now)
{
    if (k->out)
        return; /* the first reason stays */
    k->out_at = now;
    k->status = status;
    snprintf(k->code, sizeof k->code, "%s", code ? code : "");
    k->out = true;
}

void dg_place_drop(struct dg_place *p, unsigned key, int status, const char *code, dg_msec now)
{
    take_out(&p->keys[key], status, code, now);
    p->state->full.until = 0;
    look_at_keys(p);
}

void dg_place_drop_all(struct dg_place *p, int status, const char *code, dg_msec now)
{
    for (unsigned k = 0; k < p->config.key_count; k++)
        take_out(&p->keys[k], status, code, now);
    look_at_keys(p);
}

/* A pause that goes on keeps its beginning. */
static void park(dg_msec *at, dg_msec *end, dg_msec until, dg_msec now)
{
    if (until <= *end)
        return;
    if (now >= *end)
        *at = now;
    *end = until;
}

void dg_place_park_key(struct dg_place *p, unsigned key, dg_msec until, dg_msec now)
{
    int group = p->config.keys[key].group;
    for (unsigned k = 0; k < p->config.key_count; k++)
        if (k == key || (group != DG_NO_GROUP && p->config.keys[k].group == group))
            park(&p->keys[k].parked_at, &p->keys[k].parked_until, until, now);
    look_at_keys(p);
}

void dg_place_park(struct dg_place *p, dg_msec until, dg_msec now)
{
    park(&p->state->own_at, &p->state->own_until, until, now);
    look_at_keys(p);
}

/* --- outages ---------------------------------------------------------------- */

static dg_msec longest(dg_msec a, dg_msec b)
{
    return a > b ? a : b;
}

/* The last moment at which some key could serve. */
static dg_msec keys_could(const struct dg_place *p, dg_msec now)
{
    dg_msec last = 0;
    for (unsigned k = 0; k < p->config.key_count; k++) {
        const struct dg_key_state *key = &p->keys[k];
        dg_msec could = now < key->parked_until ? key->parked_at : now;
        last = longest(last, key->out && key->out_at < could ? key->out_at : could);
    }
    return last;
}

dg_msec dg_place_could(const struct dg_place *p, dg_msec now, dg_msec *until)
{
    const struct dg_place_state *s = p->state;
    dg_msec could = keys_could(p, now);
    *until = s->keys_alive > 0 && now < s->parked_until ? s->parked_until : -1;
    if (now < s->own_until && s->own_at < could)
        could = s->own_at;
    if (s->health.state != DG_HEALTH_UNREACHED)
        return could;
    *until = -1;
    return s->health.aside_at < could ? s->health.aside_at : could;
}
