/* SPDX-License-Identifier: MIT
 *
 * One endpoint of a pool, see endpoint.h.
 */
#include "core/endpoint.h"

#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/secret.h"

enum { BASE_BYTES = 32 * 1024 };

/* For messages: a URL with "@" may hold a password, readable or not. */
static const char *shown(const char *base)
{
    if (!base)
        return "";
    return strchr(base, '@') ? "(not shown: it may hold a password)" : base;
}

static bool check_base(const char *base, struct dg_error *err)
{
    struct dg_url u;
    if (base && strlen(base) > BASE_BYTES)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_base", "a base URL has at most 32 KiB");
    if (!base || !dg_url_split(base, &u))
        return dg_error_set(err, DG_KIND_CONFIG, "bad_base",
                            "\"%s\" is not a base URL; it should look like https://HOST/v1",
                            shown(base));
    if (strpbrk(u.rest, "?# "))
        return dg_error_set(err, DG_KIND_CONFIG, "bad_base",
                            "a base URL has no query, fragment or spaces: remove them from \"%s\"",
                            shown(base));
    return true;
}

static bool check_numbers(const struct dg_endpoint *given, struct dg_error *err)
{
    if (given->limit > DG_POOL_LIMIT)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_limit",
                            "a limit of %u requests a minute is above %d; use 0 for no limit",
                            given->limit, DG_POOL_LIMIT);
    if (given->weight > DG_POOL_WEIGHT)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_weight", "a weight of %u is above %d",
                            given->weight, DG_POOL_WEIGHT);
    return true;
}

/* A key becomes part of a header line: printable ASCII without spaces only. */
static bool check_key(const char *key, size_t position, struct dg_error *err)
{
    if (!key || !*key)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_key", "key %zu is empty", position);
    for (const char *c = key; *c; c++)
        if (*c < 0x21 || *c > 0x7e)
            return dg_error_set(err, DG_KIND_CONFIG, "bad_key",
                                "key %zu holds a space, a line end or another character that no "
                                "key has; was it copied whole?",
                                position);
    return true;
}

static bool check_keys(const struct dg_endpoint *given, struct dg_error *err)
{
    if (given->key_count < 1 || given->key_count > DG_POOL_KEYS)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_key",
                            "an endpoint has 1 to %d keys, this one has %zu", DG_POOL_KEYS,
                            given->key_count);
    for (size_t k = 0; k < given->key_count; k++)
        if (!check_key(given->keys[k], k + 1, err))
            return false;
    return true;
}

/* What is behind "Basic " in the header that libcurl makes of it. */
static void register_token(const char *user, const char *password)
{
    struct dg_buffer pair;
    dg_buffer_init(&pair, 2 * BASE_BYTES);
    dg_buffer_printf(&pair, "%s:%s", user, password);
    char *token = dg_alloc(dg_base64_size(pair.size) + 1);
    dg_base64_encode((const uint8_t *)pair.data, pair.size, token);
    token[dg_base64_size(pair.size)] = '\0';
    dg_secret_add(token);
    dg_free(token);
    dg_buffer_done(&pair);
}

/* "user:password" in a base URL: the password (without one, the user) is a
 * secret as it is written, as it is meant, and as it is sent. */
static void register_user(const struct dg_url *u)
{
    if (u->user_length == 0)
        return;
    const char *colon = memchr(u->user, ':', u->user_length);
    size_t name_length = colon ? (size_t)(colon - u->user) : u->user_length;
    size_t password_length = colon ? u->user_length - name_length - 1 : 0;
    char *written =
        colon ? dg_strndup(colon + 1, password_length) : dg_strndup(u->user, u->user_length);
    char *name = dg_url_decode(u->user, name_length);
    char *password = dg_url_decode(colon ? colon + 1 : "", password_length);
    dg_secret_add(written);
    dg_secret_add(colon ? password : name);
    register_token(name, password);
    dg_free(password);
    dg_free(name);
    dg_free(written);
}

static char *without_slashes(const char *base)
{
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    return dg_strndup(base, length);
}

bool dg_endpoint_config_init(struct dg_endpoint_config *c, const struct dg_endpoint *given,
                             struct dg_error *err)
{
    *c = (struct dg_endpoint_config){ .weight = given->weight,
                                      .limit = given->limit,
                                      .field = given->field };
    if (!check_base(given->base, err) || !check_numbers(given, err) || !check_keys(given, err))
        return false;
    c->base = without_slashes(given->base);
    c->label = dg_url_label(c->base);
    dg_url_split(c->base, &c->url);
    register_user(&c->url);
    c->key_count = given->key_count;
    c->keys = dg_zalloc(c->key_count * sizeof *c->keys);
    for (size_t k = 0; k < c->key_count; k++) {
        c->keys[k] = dg_strdup(given->keys[k]);
        dg_secret_add(c->keys[k]);
    }
    return true;
}

void dg_endpoint_config_done(struct dg_endpoint_config *c)
{
    for (size_t k = 0; k < c->key_count; k++)
        dg_free(c->keys[k]);
    dg_free(c->keys);
    dg_free(c->label);
    dg_free(c->base);
}

void dg_endpoint_state_init(struct dg_endpoint_state *s, const struct dg_endpoint_config *c)
{
    *s = (struct dg_endpoint_state){ .keys_alive = (unsigned)c->key_count };
    s->key_dead = dg_zalloc(c->key_count * sizeof *s->key_dead);
    if (c->limit == 0)
        return;
    s->limiter = dg_zalloc(dg_limiter_size(1, c->limit));
    dg_limiter_init(s->limiter, 1, c->limit);
    dg_limiter_meter(s->limiter, 0);
}

void dg_endpoint_state_done(struct dg_endpoint_state *s)
{
    dg_free(s->limiter);
    dg_free(s->key_dead);
}

unsigned dg_endpoint_next_key(struct dg_endpoint_state *s, const struct dg_endpoint_config *c)
{
    unsigned count = (unsigned)c->key_count;
    while (s->key_dead[s->next_key])
        s->next_key = (s->next_key + 1) % count;
    unsigned key = s->next_key;
    s->next_key = (key + 1) % count;
    return key;
}

void dg_endpoint_drop_key(struct dg_endpoint_state *s, unsigned key)
{
    if (s->key_dead[key])
        return;
    s->key_dead[key] = true;
    s->keys_alive--;
}
