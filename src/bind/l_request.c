/* SPDX-License-Identifier: MIT
 *
 * The request table of engine:submit, read into the engine's request.
 */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "bind/objects.h"
#include "bind/options.h"

struct headers {
    struct dg_header *list; /* sorted by name, or NULL */
    size_t count;           /* how many */
};

struct fields {
    struct dg_request request; /* most go straight there */
    struct dg_bytes body;      /* its body and body_size */
    struct headers headers;    /* its headers and header_count */
};

static const char *read_pool(lua_State *L, void *into)
{
    struct dg_pool *pool = dg_lua_to_pool(L, -1);
    *(struct dg_pool **)into = pool;
    return pool ? NULL : dg_option_expected(L, "open pool");
}

static const char *read_form(lua_State *L, void *into)
{
    struct dg_multipart *form = dg_lua_to_multipart(L, -1);
    *(struct dg_multipart **)into = form;
    return form ? NULL : dg_option_expected(L, "open form");
}

static const char *read_sink(lua_State *L, void *into)
{
    static const char *const SINKS[] = { "reply", "file", "text", NULL };
    int choice = 0;
    const char *complaint = dg_option_choice(L, SINKS, &choice);
    *(enum dg_sink *)into = (enum dg_sink)choice;
    return complaint;
}

/* Whole seconds are not enough for tests, whole milliseconds are for all. */
static const char *read_timeout(lua_State *L, void *into)
{
    const char *complaint = dg_option_seconds(L, into);
    if (!complaint && *(dg_msec *)into == 0)
        complaint = "more than 0 seconds expected";
    return complaint;
}

/* A Lua table has no order; the wire gets the same one every time. */
static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct dg_header *)a)->name, ((const struct dg_header *)b)->name);
}

static size_t count_pairs(lua_State *L, int table)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        count++;
    return count;
}

static const char *read_headers(lua_State *L, void *into)
{
    struct headers *h = into;
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "table of strings by name");
    int table = lua_gettop(L);
    size_t count = count_pairs(L, table);
    struct dg_header *list = lua_newuserdatauv(L, count * sizeof(*list) + 1, 0);
    h->count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) { /* headers list name value */
        struct dg_header *header = &list[h->count++];
        if (lua_type(L, -2) != LUA_TSTRING)
            return "table of strings by name expected, got a list";
        header->name = lua_tostring(L, -2);
        const char *complaint = dg_option_text(L, &header->value);
        if (complaint)
            return lua_pushfstring(L, "%s: %s", header->name, complaint);
        if (strlen(header->name) != lua_rawlen(L, -2))
            return "a name contains a zero byte";
    }
    qsort(list, count, sizeof(*list), by_name);
    h->list = list;
    return NULL;
}

/* Both halves at once: a row's position means that it is recorded. */
static const char *read_row(lua_State *L, void *into)
{
    int exact;
    struct dg_request *request = into;
    request->row = lua_tointegerx(L, -1, &exact);
    request->recorded = exact && request->row >= 0;
    return request->recorded ? NULL : dg_option_expected(L, "row's position");
}

static const struct dg_option PLACE[] = {
    { "endpoint", dg_option_count, offsetof(struct dg_request, fixed_endpoint) },
    { "key", dg_option_count, offsetof(struct dg_request, fixed_key) },
    { NULL, NULL, 0 },
};

/* {endpoint=, key=}, both from 1. */
static const char *read_place(lua_State *L, void *into)
{
    struct dg_request *request = into;
    const char *complaint = dg_option_fields(L, PLACE, request);
    if (complaint)
        return complaint;
    if (request->fixed_endpoint == 0 || request->fixed_key == 0)
        return "positions count from 1";
    request->fixed_endpoint--;
    request->fixed_key--;
    request->fixed = true;
    return NULL;
}

#define REQUEST(member) offsetof(struct fields, request.member)

static const struct dg_option OPTIONS[] = {
    { "pool", read_pool, REQUEST(pool) },
    { "path", dg_option_text, REQUEST(path) },
    { "url", dg_option_text, REQUEST(url) },
    { "method", dg_option_text, REQUEST(method) },
    { "headers", read_headers, offsetof(struct fields, headers) },
    { "form", read_form, REQUEST(form) },
    { "body", dg_option_bytes, offsetof(struct fields, body) },
    { "body_type", dg_option_text, REQUEST(body_type) },
    { "sink", read_sink, REQUEST(sink) },
    { "directory", dg_option_text, REQUEST(directory) },
    { "stem", dg_option_text, REQUEST(stem) },
    { "picture_keys", dg_option_texts, REQUEST(picture_keys) },
    { "max_bytes", dg_option_size, REQUEST(max_bytes) },
    { "timeout", read_timeout, REQUEST(timeout_ms) },
    { "connect_timeout", read_timeout, REQUEST(connect_timeout_ms) },
    { "stall_timeout", read_timeout, REQUEST(stall_timeout_ms) },
    { "first_byte_timeout", read_timeout, REQUEST(first_byte_timeout_ms) },
    { "max_outage", read_timeout, REQUEST(max_outage_ms) },
    { "max_retries", dg_option_count, REQUEST(max_retries) },
    { "retry_delay", dg_option_seconds, REQUEST(retry_delay_ms) },
    { "max_redirects", dg_option_count, REQUEST(max_redirects) },
    { "public_only", dg_option_boolean, REQUEST(public_only) },
    { "trusted", read_pool, REQUEST(trusted) },
    { "row", read_row, offsetof(struct fields, request) },
    { "aside", dg_option_boolean, REQUEST(aside) },
    { "model", dg_option_text, REQUEST(model) },
    { "images", dg_option_count, REQUEST(images) },
    { "place", read_place, offsetof(struct fields, request) },
    { NULL, NULL, 0 },
};

void dg_lua_request(lua_State *L, int arg, struct dg_request *request)
{
    struct fields f = { .request.sink = DG_SINK_TEXT };
    dg_lua_options(L, arg, 0, OPTIONS, &f);
    f.request.body = f.body.data;
    f.request.body_size = f.body.size;
    f.request.headers = f.headers.list;
    f.request.header_count = f.headers.count;
    *request = f.request;
}
