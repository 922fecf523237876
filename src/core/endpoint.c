/* SPDX-License-Identifier: MIT
 *
 * One endpoint of a pool, see endpoint.h.
 */
#include "core/endpoint.h"

#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "base/secret.h"

enum { BASE_BYTES = 32 * 1024, VERSION_BYTES = 64 };

static const char VERSION_QUERY[] = "?api-version=";

/* For messages: a URL with "@" may hold a password, readable or not. */
static const char *shown(const char *base)
{
    if (!base)
        return "";
    return strchr(base, '@') ? "(not shown: it may hold a password)" : base;
}

/* The version that an Azure base URL carries, or NULL. */
static const char *version_in(const char *base, enum dg_api api)
{
    const char *query = api == DG_API_AZURE ? strchr(base, '?') : NULL;
    if (!query || strncmp(query, VERSION_QUERY, sizeof VERSION_QUERY - 1) != 0)
        return NULL;
    return query + sizeof VERSION_QUERY - 1;
}

static bool check_base(const struct dg_endpoint *given, enum dg_api *api, struct dg_error *err)
{
    const char *base = given->base;
    struct dg_url u;
    if (base && strlen(base) > BASE_BYTES)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_base", "a base URL has at most 32 KiB");
    if (!base || !dg_url_split(base, &u))
        return dg_error_set(err, DG_KIND_CONFIG, "bad_base",
                            "\"%s\" is not a base URL; it should look like https://HOST/v1",
                            shown(base));
    *api = dg_endpoint_api(&u, given->api);
    const char *version = version_in(base, *api);
    if (strpbrk(version ? version : u.rest, version ? "?&# " : "?# "))
        return dg_error_set(err, DG_KIND_CONFIG, "bad_base",
                            "a base URL has no query, fragment or spaces: remove them from \"%s\"",
                            shown(base));
    return true;
}

static bool check_version(const char *version, struct dg_error *err)
{
    size_t length = strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz"
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
    if (version[length] == '\0' && length > 0 && length <= VERSION_BYTES)
        return true;
    return dg_error_set(err, DG_KIND_CONFIG, "bad_api_version",
                        "\"%.80s\" is not an API version; it should look like 2025-04-01-preview",
                        version);
}

static bool check_quota(const struct dg_quota *q, const char *whose, struct dg_error *err)
{
    if (q->requests > DG_POOL_LIMIT)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_limit",
                            "a limit of %u requests a minute%s is above %d; use 0 for no limit",
                            q->requests, whose, DG_POOL_LIMIT);
    if (q->images > DG_POOL_LIMIT)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_limit",
                            "a limit of %u images a minute%s is above %d; use 0 for no limit",
                            q->images, whose, DG_POOL_LIMIT);
    if (q->tokens > DG_POOL_TOKENS)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_limit",
                            "a limit of %llu tokens a minute%s is above 10^15; use 0 for no limit",
                            (unsigned long long)q->tokens, whose);
    return true;
}

static bool check_numbers(const struct dg_endpoint *given, struct dg_error *err)
{
    if (!check_quota(&given->quota, "", err))
        return false;
    if (given->weight > DG_POOL_WEIGHT)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_weight", "a weight of %u is above %d",
                            given->weight, DG_POOL_WEIGHT);
    if (given->window_ms < 0 || given->window_ms > DG_POOL_WINDOW_MOST_MS)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_window",
                            "a window of limits has at most a day");
    return true;
}

/* A key becomes part of a header line: printable ASCII without spaces only. */
static bool check_key(const struct dg_key *key, size_t position, struct dg_error *err)
{
    if (!key->text || !*key->text)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_key", "key %zu is empty", position);
    for (const char *c = key->text; *c; c++)
        if (*c < 0x21 || *c > 0x7e)
            return dg_error_set(err, DG_KIND_CONFIG, "bad_key",
                                "key %zu holds a space, a line end or another character that no "
                                "key has; was it copied whole?",
                                position);
    return check_quota(&key->quota, " for a key", err);
}

static int find_group(const struct dg_endpoint *given, const char *name)
{
    for (size_t k = 0; k < given->group_count; k++)
        if (strcmp(given->groups[k].name, name) == 0)
            return (int)k;
    return DG_NO_GROUP;
}

static bool check_groups(const struct dg_endpoint *given, struct dg_error *err)
{
    if (given->group_count > DG_POOL_KEYS)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_group", "an endpoint has at most %d groups",
                            DG_POOL_KEYS);
    for (size_t k = 0; k < given->group_count; k++)
        if (!check_quota(&given->groups[k].quota, " for a group", err))
            return false;
    for (size_t k = 0; k < given->key_count; k++) {
        const char *name = given->keys[k].group;
        if (name && find_group(given, name) == DG_NO_GROUP)
            return dg_error_set(err, DG_KIND_CONFIG, "bad_group",
                                "key %zu is of group \"%s\", which the endpoint does not have",
                                k + 1, name);
    }
    return true;
}

static bool check_keys(const struct dg_endpoint *given, struct dg_error *err)
{
    if (given->key_count < 1 || given->key_count > DG_POOL_KEYS)
        return dg_error_set(err, DG_KIND_CONFIG, "bad_key",
                            "an endpoint has 1 to %d keys, this one has %zu", DG_POOL_KEYS,
                            given->key_count);
    for (size_t k = 0; k < given->key_count; k++)
        if (!check_key(&given->keys[k], k + 1, err))
            return false;
    return check_groups(given, err);
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

/* The base URL without query and final slashes, and what it tells in them. */
static bool take_base(struct dg_endpoint_config *c, const struct dg_endpoint *given,
                      struct dg_error *err)
{
    const char *version = version_in(given->base, c->api);
    size_t length = strcspn(given->base, "?");
    struct dg_url u;
    dg_url_split(given->base, &u);
    if (c->api == DG_API_AZURE)
        length = dg_endpoint_azure_length(given->base, &u);
    while (length > 0 && given->base[length - 1] == '/')
        length--;
    c->base = dg_strndup(given->base, length);
    c->label = dg_url_label(c->base);
    dg_url_split(c->base, &c->url);
    register_user(&c->url);
    if (!version)
        version = given->api_version;
    if (c->api != DG_API_AZURE || !version || !*version)
        version = NULL;
    if (version && !check_version(version, err))
        return false;
    c->api_version = version ? dg_strdup(version) : NULL;
    if (c->api == DG_API_AZURE && !version && !dg_endpoint_is_v1(c))
        return dg_error_set(err, DG_KIND_CONFIG, "no_api_version",
                            "Azure OpenAI wants an API version: set OPENAI_API_VERSION");
    return true;
}

static void take_keys(struct dg_endpoint_config *c, const struct dg_endpoint *given)
{
    c->group_count = given->group_count;
    c->groups = dg_zalloc((c->group_count + 1) * sizeof *c->groups);
    for (size_t k = 0; k < c->group_count; k++)
        c->groups[k] =
            (struct dg_group_config){ dg_strdup(given->groups[k].name), given->groups[k].quota };
    c->key_count = given->key_count;
    c->keys = dg_zalloc(c->key_count * sizeof *c->keys);
    for (size_t k = 0; k < c->key_count; k++) {
        const struct dg_key *key = &given->keys[k];
        c->keys[k] = (struct dg_key_config){ .text = dg_strdup(key->text),
                                             .group = key->group ? find_group(given, key->group)
                                                                 : DG_NO_GROUP,
                                             .quota = key->quota };
        dg_secret_add(c->keys[k].text);
    }
}

bool dg_endpoint_config_init(struct dg_endpoint_config *c, const struct dg_endpoint *given,
                             struct dg_error *err)
{
    *c = (struct dg_endpoint_config){ .weight = given->weight,
                                      .quota = given->quota,
                                      .window_ms =
                                          given->window_ms ? given->window_ms : DG_POOL_WINDOW_MS,
                                      .field = given->field };
    if (!check_base(given, &c->api, err) || !check_numbers(given, err) || !check_keys(given, err) ||
        !take_base(c, given, err))
        return false;
    take_keys(c, given);
    return true;
}

void dg_endpoint_config_done(struct dg_endpoint_config *c)
{
    for (size_t k = 0; k < c->key_count; k++)
        dg_free(c->keys[k].text);
    for (size_t k = 0; k < c->group_count; k++)
        dg_free(c->groups[k].name);
    dg_free(c->keys);
    dg_free(c->groups);
    dg_free(c->api_version);
    dg_free(c->label);
    dg_free(c->base);
}
