/* SPDX-License-Identifier: MIT
 *
 * See window.h.
 */
#include "core/window.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/shared.h"
#include "core/limits_file.h"

enum { MANY_SLOTS = 65536 };

static bool limits(const struct dg_quota *q)
{
    return q->requests > 0 || q->images > 0 || q->tokens > 0;
}

static bool limits_by_key(const struct dg_endpoint_config *c)
{
    for (size_t k = 0; k < c->key_count; k++)
        if (limits(&c->keys[k].quota))
            return true;
    for (size_t k = 0; k < c->group_count; k++)
        if (limits(&c->groups[k].quota))
            return true;
    return false;
}

/* A window never holds more requests than it may let through; where only tokens or
 * some keys are limited, a number that no endpoint serves in a minute. */
static unsigned slots_needed(const struct dg_endpoint_config *c)
{
    unsigned most = c->quota.requests;
    if (most == 0 || (c->quota.images > 0 && c->quota.images < most))
        most = c->quota.images;
    return most > 0 ? most : MANY_SLOTS;
}

/* --- names ------------------------------------------------------------------ */

/* The base URL as one text for all ways to write it: explicit port, no user. */
static void normal_base(const struct dg_endpoint_config *c, struct dg_buffer *text)
{
    const struct dg_url *u = &c->url;
    dg_buffer_init(text, 64 * 1024);
    dg_buffer_printf(text, "%s://%s:%u%s", u->tls ? "https" : "http", u->host, u->port, u->rest);
}

static uint64_t key_digest(const struct dg_buffer *base, const char *key)
{
    uint8_t digest[DG_HASH_BYTES];
    uint64_t number;
    struct dg_buffer text;
    dg_buffer_init(&text, base->size + strlen(key) + 2);
    dg_buffer_printf(&text, "%s\n%s", base->data, key);
    dg_hash(text.data, text.size, digest);
    memcpy(&number, digest, sizeof number);
    dg_buffer_done(&text);
    return number;
}

/* --- opening ---------------------------------------------------------------- */

static bool open_private(struct dg_window *w, const struct dg_endpoint_config *c,
                         struct dg_error *err)
{
    unsigned slots = slots_needed(c), meters = (unsigned)c->key_count;
    w->private_size = dg_limiter_size(meters, slots);
    w->limiter = dg_shared_new(w->private_size);
    if (!w->limiter)
        return dg_error_set(err, DG_KIND_FILE, "memory", "no memory for the limits");
    dg_limiter_init(w->limiter, meters, slots);
    return true;
}

static bool open_file(struct dg_window *w, const struct dg_endpoint_config *c, const char *folder,
                      const struct dg_buffer *base, struct dg_error *err)
{
    char name[DG_HASH_HEX_BYTES];
    dg_hash_hex(base->data, base->size, name);
    w->file = dg_limits_file_open(folder, name, slots_needed(c), err);
    if (w->file)
        w->limiter = dg_limits_file_limiter(w->file);
    return w->file;
}

/* A meter for each key; false: there are no more. */
static bool find_meters(struct dg_window *w, const struct dg_endpoint_config *c,
                        const struct dg_buffer *base)
{
    for (size_t k = 0; k < c->key_count; k++) {
        int meter = dg_limiter_meter(w->limiter, key_digest(base, c->keys[k].text));
        if (meter < 0)
            return false;
        w->keys[k].meter = (uint16_t)meter;
    }
    return true;
}

static void close_limiter(struct dg_window *w)
{
    if (w->file)
        dg_limits_file_close(w->file);
    else if (w->limiter)
        dg_shared_free(w->limiter, w->private_size);
    w->file = NULL;
    w->limiter = NULL;
}

/* --- caps ------------------------------------------------------------------- */

/* Appends the meters of the group's keys (DG_NO_GROUP: of all keys), each once. */
static struct dg_cap make_cap(struct dg_window *w, const struct dg_endpoint_config *c, int group,
                              const struct dg_quota *quota, size_t *used)
{
    uint8_t seen[DG_LIMITER_METERS / 8] = { 0 };
    struct dg_cap cap = { .meters = w->meters + *used, .most = *quota };
    for (size_t k = 0; k < c->key_count; k++) {
        unsigned meter = w->keys[k].meter;
        bool known = seen[meter / 8] >> meter % 8 & 1;
        if (known || (group != DG_NO_GROUP && c->keys[k].group != group))
            continue;
        seen[meter / 8] |= (uint8_t)(1u << meter % 8);
        w->meters[(*used)++] = (uint16_t)meter;
        cap.count++;
    }
    return cap;
}

static unsigned smaller(unsigned most, unsigned quota)
{
    return quota > 0 && (most == 0 || quota < most) ? quota : most;
}

static void add_cap(struct dg_key_caps *key, struct dg_cap cap)
{
    if (!limits(&cap.most))
        return;
    key->caps[key->count++] = cap;
    key->most.images = smaller(key->most.images, cap.most.images);
    if (cap.most.tokens > 0 && (key->most.tokens == 0 || cap.most.tokens < key->most.tokens))
        key->most.tokens = cap.most.tokens;
}

/* The endpoint's cap comes first in each key's. */
static void make_caps(struct dg_window *w, const struct dg_endpoint_config *c)
{
    struct dg_cap *groups = dg_zalloc((c->group_count + 1) * sizeof *groups);
    size_t used = 0;
    w->meters = dg_zalloc((2 * c->key_count + 1) * sizeof *w->meters);
    w->all = make_cap(w, c, DG_NO_GROUP, &c->quota, &used);
    for (size_t k = 0; k < c->group_count; k++)
        groups[k] = make_cap(w, c, (int)k, &c->groups[k].quota, &used);
    for (size_t k = 0; k < c->key_count; k++) {
        const struct dg_key_config *config = &c->keys[k];
        struct dg_key_caps *key = &w->keys[k];
        add_cap(key, w->all);
        add_cap(key, (struct dg_cap){ &key->meter, 1, config->quota });
        if (config->group != DG_NO_GROUP)
            add_cap(key, groups[config->group]);
    }
    dg_free(groups);
}

static bool open_limiter(struct dg_window *w, const struct dg_endpoint_config *c,
                         const char *folder, struct dg_error *err)
{
    struct dg_buffer base;
    bool ok = true;
    normal_base(c, &base);
    if (folder) {
        ok = open_file(w, c, folder, &base, err);
        if (ok && !find_meters(w, c, &base)) {
            close_limiter(w);
            ok = dg_error_set(err, DG_KIND_FILE, "limits_full",
                              "%s: the file of this endpoint's limits knows too many keys", folder);
        }
    }
    if (!w->limiter) {
        ok = open_private(w, c, ok ? err : NULL) && ok;
        if (w->limiter)
            find_meters(w, c, &base);
    }
    dg_buffer_done(&base);
    return ok;
}

bool dg_window_open(struct dg_window *w, const struct dg_endpoint_config *c, const char *folder,
                    struct dg_error *err)
{
    *w = (struct dg_window){ .window_ms = c->window_ms, .by_key = limits_by_key(c) };
    if (!w->by_key && !limits(&c->quota))
        return true;
    w->keys = dg_zalloc(c->key_count * sizeof *w->keys);
    bool ok = open_limiter(w, c, folder, err);
    if (w->limiter)
        make_caps(w, c);
    return ok;
}

void dg_window_close(struct dg_window *w)
{
    close_limiter(w);
    dg_free(w->keys);
    dg_free(w->meters);
}

/* --- use -------------------------------------------------------------------- */

struct dg_load dg_window_load(const struct dg_window *w, unsigned key, unsigned images,
                              uint64_t tokens)
{
    const struct dg_load *most = &w->keys[key].most;
    return (struct dg_load){
        .images = most->images > 0 && images > most->images ? most->images : images,
        .tokens = tokens < most->tokens ? tokens : most->tokens /* 0: nobody counts them */
    };
}

static struct dg_take make_take(const struct dg_window *w, unsigned key, struct dg_load load)
{
    const struct dg_key_caps *caps = &w->keys[key];
    return (struct dg_take){ .caps = caps->caps,
                             .cap_count = caps->count,
                             .meter = caps->meter,
                             .load = load,
                             .window_ms = w->window_ms,
                             .guard_ms = DG_LIMITER_GUARD_MS,
                             .owner = (uint32_t)getpid() };
}

dg_msec dg_window_take(struct dg_window *w, unsigned key, struct dg_load load, dg_msec now,
                       uint64_t *slot)
{
    struct dg_take take = make_take(w, key, load);
    return dg_limiter_take(w->limiter, &take, now, slot);
}

dg_msec dg_window_full(struct dg_window *w, unsigned key, struct dg_load load, dg_msec now)
{
    struct dg_take take = make_take(w, key, load);
    if (!limits(&w->all.most))
        return 0;
    take.cap_count = 1;
    return dg_limiter_delay(w->limiter, &take, now);
}
