/* SPDX-License-Identifier: MIT
 *
 * Checking, copying and freeing of requests and outcomes.
 */
#include "core/request.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "core/url.h"

enum {
    PATH_BYTES = 32 * 1024,
    MAX_BYTES = 50 * 1024 * 1024,
    TIMEOUT_MS = 300000,
    CONNECT_TIMEOUT_MS = 30000,
    STALL_TIMEOUT_MS = 60000
};

static bool refuse(struct dg_error *err, const char *what)
{
    return dg_error_set(err, DG_KIND_USAGE, "bad_request", "%s", what);
}

/* RFC 9110's token: method and header names. */
static bool token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (!*text)
        return false;
    for (; *text; text++) {
        bool alnum = (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= 'a' && *text <= 'z');
        if (!alnum && !strchr(others, *text))
            return false;
    }
    return true;
}

/* Headers that would contradict what the engine itself sends. */
static bool ours(const char *name, bool pooled)
{
    static const char *const names[] = { "Content-Type", "Content-Length", "Transfer-Encoding",
                                         "Expect" };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcasecmp(name, names[k]) == 0)
            return true;
    return pooled &&
           (strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "api-key") == 0 ||
            strcasecmp(name, "x-goog-api-key") == 0 || strcasecmp(name, "Idempotency-Key") == 0);
}

static bool check_header(const struct dg_header *h, bool pooled, struct dg_error *err)
{
    if (!h->name || !token(h->name))
        return refuse(err, "a header's name is letters, digits and hyphens");
    if (ours(h->name, pooled))
        return dg_error_set(err, DG_KIND_USAGE, "bad_request",
                            "the header %s is set by the engine and cannot be given", h->name);
    if (!h->value || strpbrk(h->value, "\r\n"))
        return dg_error_set(err, DG_KIND_USAGE, "bad_request",
                            "the header %s: a value is one line of text", h->name);
    return true;
}

static bool check_url(const char *url, struct dg_error *err)
{
    struct dg_url u;
    if (dg_url_split(url, &u))
        return true;
    char *label = strchr(url, '@') ? dg_strdup("(not shown: it may hold a password)")
                                   : dg_strndup(url, strnlen(url, 200));
    dg_error_set(err, DG_KIND_USAGE, "bad_url",
                 "\"%s\" is not a URL of the form http(s)://HOST/...", label);
    dg_free(label);
    return false;
}

static bool check_path(const char *path, struct dg_error *err)
{
    if (!path || path[0] != '/')
        return refuse(err, "a request through a pool has a path that starts with a slash");
    if (strlen(path) > PATH_BYTES)
        return refuse(err, "a path has at most 32 KiB");
    for (; *path; path++)
        if (*path <= 0x20 || *path == 0x7f || *path == '#')
            return refuse(err, "a path has no spaces, control characters or fragment, and bytes "
                               "above 0x7f are percent-encoded");
    return true;
}

static bool check_target(const struct dg_request *r, struct dg_error *err)
{
    if (!r->pool == !r->url)
        return refuse(err, "a request has either a pool with a path or a url");
    if (r->fixed && (!r->pool || r->fixed_endpoint >= dg_pool_count(r->pool) ||
                     r->fixed_key >= dg_pool_key_count(r->pool, r->fixed_endpoint)))
        return refuse(err, "no such place in the request's pool");
    return r->pool ? check_path(r->path, err) : check_url(r->url, err);
}

static bool check_body(const struct dg_request *r, struct dg_error *err)
{
    if (r->form && r->body)
        return refuse(err, "a request has either a form or a body");
    if (r->method && (r->form || r->body) &&
        (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0))
        return refuse(err, "GET and HEAD carry no body");
    if (r->body_type && strpbrk(r->body_type, "\r\n"))
        return refuse(err, "body_type is one line of text");
    bool get = !r->form && !r->body && (!r->method || strcmp(r->method, "GET") == 0);
    if (r->max_redirects > 0 && (r->pool || !get))
        return refuse(err, "redirects are followed for a GET of a url only");
    return true;
}

static bool check_picture_keys(const char *const *keys, struct dg_error *err)
{
    for (; keys && *keys; keys++)
        if (strlen(*keys) > DG_REPLY_KEY_BYTES)
            return refuse(err, "a picture key has at most 64 bytes");
    return true;
}

static bool check_sink(const struct dg_request *r, struct dg_error *err)
{
    bool files = r->sink == DG_SINK_REPLY || r->sink == DG_SINK_FILE;
    if (!files && r->sink != DG_SINK_TEXT)
        return refuse(err, "unknown sink");
    if (files && (!r->directory || !r->stem))
        return refuse(err, "this sink makes files: directory and stem are needed");
    if (r->timeout_ms < 0 || r->connect_timeout_ms < 0 || r->retry_delay_ms < 0 ||
        r->stall_timeout_ms < 0 || r->first_byte_timeout_ms < 0)
        return refuse(err, "a time cannot be negative");
    return true;
}

bool dg_request_check(const struct dg_request *r, struct dg_error *err)
{
    if (!check_target(r, err) || !check_body(r, err) || !check_sink(r, err) ||
        !check_picture_keys(r->picture_keys, err))
        return false;
    if (r->method && !token(r->method))
        return refuse(err, "a method is letters only");
    for (size_t k = 0; k < r->header_count; k++)
        if (!check_header(&r->headers[k], r->pool != NULL, err))
            return false;
    return true;
}

static char *copy_text(const char *text)
{
    return text ? dg_strdup(text) : NULL;
}

static const struct dg_header *copy_headers(const struct dg_request *from)
{
    if (from->header_count == 0)
        return NULL;
    struct dg_header *headers = dg_alloc(from->header_count * sizeof *headers);
    for (size_t k = 0; k < from->header_count; k++)
        headers[k] = (struct dg_header){ .name = dg_strdup(from->headers[k].name),
                                         .value = dg_strdup(from->headers[k].value) };
    return headers;
}

static const char *const *copy_list(const char *const *list)
{
    if (!list)
        return NULL;
    size_t count = 0;
    while (list[count])
        count++;
    char **copy = dg_zalloc((count + 1) * sizeof *copy);
    for (size_t k = 0; k < count; k++)
        copy[k] = dg_strdup(list[k]);
    return (const char *const *)copy;
}

static char *copy_body(const struct dg_request *from)
{
    if (!from->body)
        return NULL;
    char *body = dg_alloc(from->body_size + 1);
    memcpy(body, from->body, from->body_size);
    body[from->body_size] = '\0';
    return body;
}

static void fill_defaults(struct dg_request *r)
{
    if (r->max_bytes == 0)
        r->max_bytes = MAX_BYTES;
    if (r->timeout_ms == 0)
        r->timeout_ms = TIMEOUT_MS;
    if (r->connect_timeout_ms == 0)
        r->connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (r->stall_timeout_ms == 0)
        r->stall_timeout_ms = STALL_TIMEOUT_MS;
}

void dg_request_copy(struct dg_request *into, const struct dg_request *from)
{
    const char *method = from->method;
    if (!method)
        method = from->form || from->body ? "POST" : "GET";
    *into = *from; /* numbers and switches; every pointer follows */
    into->pool = from->pool ? dg_pool_ref(from->pool) : NULL;
    into->trusted = from->trusted ? dg_pool_ref((struct dg_pool *)from->trusted) : NULL;
    into->form = from->form ? dg_multipart_ref(from->form) : NULL;
    into->path = copy_text(from->path);
    into->url = from->url ? dg_url_encode(from->url) : NULL;
    into->method = dg_strdup(method);
    into->headers = copy_headers(from);
    into->body = copy_body(from);
    into->body_type = dg_strdup(from->body_type ? from->body_type : "application/json");
    into->directory = copy_text(from->directory);
    into->stem = copy_text(from->stem);
    into->model = copy_text(from->model);
    into->picture_keys = copy_list(from->picture_keys);
    fill_defaults(into);
}

static void free_list(const char *const *list)
{
    for (size_t k = 0; list && list[k]; k++)
        dg_free((char *)list[k]);
    dg_free((char **)list);
}

void dg_request_done(struct dg_request *r)
{
    for (size_t k = 0; k < r->header_count; k++) {
        dg_free((char *)r->headers[k].name);
        dg_free((char *)r->headers[k].value);
    }
    dg_free((struct dg_header *)r->headers);
    free_list(r->picture_keys);
    dg_free((char *)r->model);
    dg_free((char *)r->stem);
    dg_free((char *)r->directory);
    dg_free((char *)r->body_type);
    dg_free((char *)r->body);
    dg_free((char *)r->method);
    dg_free((char *)r->url);
    dg_free((char *)r->path);
    if (r->form)
        dg_multipart_free(r->form);
    dg_pool_free((struct dg_pool *)r->trusted);
    dg_pool_free(r->pool);
}

struct dg_outcome *dg_outcome_new(void)
{
    struct dg_outcome *o = dg_zalloc(sizeof *o);
    o->endpoint_index = -1;
    o->key_index = -1;
    o->endpoint = dg_strdup("");
    o->request_id = dg_strdup("");
    o->content_type = dg_strdup("");
    o->url = dg_strdup("");
    o->error_type = dg_strdup("");
    o->error_param = dg_strdup("");
    o->text = dg_strdup("");
    return o;
}

void dg_outcome_free(struct dg_outcome *o)
{
    if (!o)
        return;
    for (size_t k = 0; k < o->picture_count; k++) {
        if (!o->pictures_taken)
            unlink(o->pictures[k].path);
        dg_free(o->pictures[k].path);
    }
    dg_free(o->pictures);
    dg_free(o->endpoint);
    dg_free(o->request_id);
    dg_free(o->content_type);
    dg_free(o->url);
    dg_free(o->error_type);
    dg_free(o->error_param);
    dg_free(o->text);
    dg_free(o);
}
