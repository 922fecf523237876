/* SPDX-License-Identifier: MIT
 *
 * What a pool is made of, and what it is reported: tables as structures.
 */
#include <string.h>

#include <lauxlib.h>

#include "bind/check.h"
#include "bind/options.h"
#include "bind/pool.h"

const char *const dg_lua_fields[] = { "auto", "image", "image[]", NULL };
const char *const dg_lua_apis[] = { "auto", "openai", "azure", "gemini", NULL };
const char *const dg_lua_verdicts[] = { "ok", "retry", "failover", "fatal", NULL };
const char *const dg_lua_scopes[] = { "none",  "key",        "endpoint", "model",
                                      "reach", "connection", NULL };

struct key_list {
    struct dg_key *items; /* NULL: not given */
    size_t count;         /* of them */
};

struct group_list {
    struct dg_key_group *items; /* in no order */
    size_t count;               /* of them */
};

struct given {
    struct dg_endpoint endpoint; /* but for its lists: */
    struct key_list keys;        /* ... */
    struct group_list groups;    /* ... */
};

static const char *read_choice(lua_State *L, const char *const *names, int *choice)
{
    *choice = 0;
    return dg_option_choice(L, names, choice);
}

static const char *read_field(lua_State *L, void *into)
{
    int choice;
    const char *complaint = read_choice(L, dg_lua_fields, &choice);
    *(enum dg_image_field *)into = (enum dg_image_field)choice;
    return complaint;
}

static const char *read_api(lua_State *L, void *into)
{
    int choice;
    const char *complaint = read_choice(L, dg_lua_apis, &choice);
    *(enum dg_api *)into = (enum dg_api)choice;
    return complaint;
}

/* --- keys and their groups --------------------------------------------------- */

static const struct dg_option KEY[] = {
    { "key", dg_option_text, offsetof(struct dg_key, text) },
    { "limit", dg_option_count, offsetof(struct dg_key, quota.requests) },
    { "images", dg_option_count, offsetof(struct dg_key, quota.images) },
    { "tokens", dg_option_size, offsetof(struct dg_key, quota.tokens) },
    { "group", dg_option_text, offsetof(struct dg_key, group) },
    { NULL, NULL, 0 },
};

static const struct dg_option QUOTA[] = {
    { "limit", dg_option_count, offsetof(struct dg_quota, requests) },
    { "images", dg_option_count, offsetof(struct dg_quota, images) },
    { "tokens", dg_option_size, offsetof(struct dg_quota, tokens) },
    { NULL, NULL, 0 },
};

/* A key is a string, or a table {key=, limit=, images=, tokens=, group=}. */
static const char *read_key(lua_State *L, struct dg_key *key)
{
    if (!lua_istable(L, -1))
        return lua_type(L, -1) == LUA_TSTRING ? dg_option_text(L, &key->text)
                                              : dg_option_expected(L, "string or table");
    const char *complaint = dg_option_fields(L, KEY, key);
    return !complaint && !key->text ? "option 'key' is missing" : complaint;
}

static const char *read_keys(lua_State *L, void *into)
{
    struct key_list *list = into;
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "list of keys");
    list->count = lua_rawlen(L, -1);
    list->items = lua_newuserdatauv(L, (list->count + 1) * sizeof(*list->items), 0);
    int items = lua_gettop(L);
    memset(list->items, 0, (list->count + 1) * sizeof(*list->items));
    for (size_t i = 0; i < list->count; i++) {
        lua_rawgeti(L, items - 1, (lua_Integer)i + 1); /* ... list items element */
        const char *complaint = read_key(L, &list->items[i]);
        if (complaint)
            return lua_pushfstring(L, "element %d: %s", (int)i + 1, complaint);
        lua_settop(L, items);
    }
    return NULL;
}

static size_t count_entries(lua_State *L)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        count++;
    return count;
}

static const char *read_groups(lua_State *L, void *into)
{
    struct group_list *list = into;
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "table of groups");
    size_t room = count_entries(L) + 1;
    list->items = lua_newuserdatauv(L, room * sizeof(*list->items), 0);
    memset(list->items, 0, room * sizeof(*list->items));
    int items = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, items - 1)) { /* ... table items name group */
        struct dg_key_group *group = &list->items[list->count];
        if (lua_type(L, -2) != LUA_TSTRING)
            return "group names are strings";
        group->name = lua_tostring(L, -2);
        const char *complaint = dg_option_fields(L, QUOTA, &group->quota);
        if (complaint)
            return lua_pushfstring(L, "group '%s': %s", group->name, complaint);
        list->count++;
        lua_settop(L, items + 1); /* ... table items name */
    }
    return NULL;
}

/* --- endpoints --------------------------------------------------------------- */

static const struct dg_option ENDPOINT[] = {
    { "base", dg_option_text, offsetof(struct given, endpoint.base) },
    { "keys", read_keys, offsetof(struct given, keys) },
    { "groups", read_groups, offsetof(struct given, groups) },
    { "weight", dg_option_count, offsetof(struct given, endpoint.weight) },
    { "limit", dg_option_count, offsetof(struct given, endpoint.quota.requests) },
    { "images", dg_option_count, offsetof(struct given, endpoint.quota.images) },
    { "tokens", dg_option_size, offsetof(struct given, endpoint.quota.tokens) },
    { "window", dg_option_seconds, offsetof(struct given, endpoint.window_ms) },
    { "field", read_field, offsetof(struct given, endpoint.field) },
    { "kind", read_api, offsetof(struct given, endpoint.api) },
    { "api_version", dg_option_text, offsetof(struct given, endpoint.api_version) },
    { NULL, NULL, 0 },
};

struct dg_endpoint dg_lua_endpoint(lua_State *L, lua_Integer item)
{
    struct given g = { .endpoint = { .weight = 1 } };
    dg_lua_options(L, 1, item, ENDPOINT, &g);
    if (!g.endpoint.base)
        dg_lua_option_missing(L, 1, item, "base");
    if (!g.keys.items)
        dg_lua_option_missing(L, 1, item, "keys");
    g.endpoint.keys = g.keys.items;
    g.endpoint.key_count = g.keys.count;
    g.endpoint.groups = g.groups.items;
    g.endpoint.group_count = g.groups.count;
    return g.endpoint;
}

/* --- reports ----------------------------------------------------------------- */

static const char *read_verdict(lua_State *L, void *into)
{
    int choice;
    const char *complaint = read_choice(L, dg_lua_verdicts, &choice);
    *(enum dg_verdict *)into = (enum dg_verdict)choice;
    return complaint;
}

static const char *read_scope(lua_State *L, void *into)
{
    int choice;
    const char *complaint = read_choice(L, dg_lua_scopes, &choice);
    *(enum dg_scope *)into = (enum dg_scope)choice;
    return complaint;
}

static const char *read_status(lua_State *L, void *into)
{
    unsigned status = 0;
    const char *complaint = dg_option_count(L, &status);
    *(int *)into = (int)status;
    return complaint;
}

static const struct dg_option REPORT[] = {
    { "verdict", read_verdict, offsetof(struct dg_report, judgement.verdict) },
    { "scope", read_scope, offsetof(struct dg_report, judgement.scope) },
    { "status", read_status, offsetof(struct dg_report, status) },
    { "code", dg_option_text, offsetof(struct dg_report, code) },
    { "model", dg_option_text, offsetof(struct dg_report, model) },
    { "tokens", dg_option_size, offsetof(struct dg_report, tokens) },
    { "retry_after", dg_option_seconds, offsetof(struct dg_report, advice.retry_after_ms) },
    { NULL, NULL, 0 },
};

struct dg_report dg_lua_report(lua_State *L)
{
    struct dg_report r = { .status = 0 };
    dg_advice_init(&r.advice);
    if (lua_istable(L, 3)) {
        lua_getfield(L, 3, "verdict");
        luaL_argcheck(L, !lua_isnil(L, -1), 3, "option 'verdict' is missing");
        lua_pop(L, 1);
        dg_lua_options(L, 3, 0, REPORT, &r);
    } else {
        r.judgement.verdict = (enum dg_verdict)luaL_checkoption(L, 3, NULL, dg_lua_verdicts);
    }
    if (r.judgement.verdict == DG_FAILOVER && r.judgement.scope == DG_SCOPE_NONE)
        r.judgement.scope = DG_SCOPE_KEY;
    return r;
}
