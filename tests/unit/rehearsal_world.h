/* SPDX-License-Identifier: MIT
 *
 * A rehearsal server in a thread of the test, and edits sent to it.  For cmocka
 * programs; include after cmocka.h.
 *
 *     static const char *const options[] = { "latency=5", NULL };
 *     struct world w;
 *     start(&w, options);
 *     edit(&r, &w, "prompt=a hat&n=2");
 *     stop(&w);
 */
#ifndef DG_TESTS_REHEARSAL_WORLD_H
#define DG_TESTS_REHEARSAL_WORLD_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/secret.h"
#include "http_client.h"
#include "rehearsal/rehearsal.h"

enum { WORLD_TRIES = 2000 };

static const char edits[] = "/v1/images/edits";
static const char key[] = "sk-test-canary-1";

/* A running server. */
struct world {
    struct dg_rehearsal *server; /* itself */
    pthread_t thread;            /* its own */
    int stop;                    /* an eventfd */
    unsigned port;               /* where it listens */
};

static struct dg_buffer cat, hills; /* two of the example pictures */

static inline int load(void **state)
{
    (void)state;
    dg_buffer_init(&cat, 100 * 1024);
    dg_buffer_init(&hills, 100 * 1024);
    return dg_file_read("scripts/examples/data/cat.png", &cat, NULL) &&
                   dg_file_read("scripts/examples/data/hills.jpg", &hills, NULL)
               ? 0
               : -1;
}

static inline int unload(void **state)
{
    (void)state;
    dg_buffer_done(&cat);
    dg_buffer_done(&hills);
    dg_secret_clear();
    return 0;
}

static inline void *run(void *self)
{
    struct world *w = self;
    return dg_rehearsal_run(w->server, w->stop, NULL) ? self : NULL;
}

/* `options` is "name=value" texts, NULL at the end. */
static inline void start(struct world *w, const char *const *options)
{
    struct dg_error err = { .kind = DG_KIND_NONE };

    w->server = dg_rehearsal_new();
    for (; options && *options; options++) {
        char name[32];
        size_t length = strcspn(*options, "=");
        snprintf(name, sizeof(name), "%.*s", (int)length, *options);
        if (!dg_rehearsal_set(w->server, name, *options + length + 1, &err))
            fail_msg("%s", err.message);
    }
    if (!dg_rehearsal_open(w->server, &err))
        fail_msg("%s", err.message);
    const char *url = dg_rehearsal_url(w->server);
    assert_memory_equal(url, "http://127.0.0.1:", 17);
    w->port = (unsigned)strtoul(url + 17, NULL, 10);
    w->stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
}

static inline void stop(struct world *w)
{
    const uint64_t one = 1;
    void *result;

    assert_int_equal(write(w->stop, &one, sizeof(one)), sizeof(one));
    assert_int_equal(pthread_join(w->thread, &result), 0);
    assert_ptr_equal(result, w);
    dg_rehearsal_free(w->server);
    close(w->stop);
}

/* "a=b&c=d" as fields, then a picture as `image`. */
static inline void write_form(struct dg_buffer *form, const char *fields)
{
    char copy[512];
    char *rest = copy, *item;

    dg_buffer_init(form, 128 * 1024 * 1024);
    snprintf(copy, sizeof(copy), "%s", fields);
    while ((item = strsep(&rest, "&")) != NULL) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        http_field(form, item, equals + 1);
    }
    http_file(form, "image", "cat.png", "image/png", &cat);
    http_form_end(form);
}

static inline void edit(struct http_reply *r, const struct world *w, const char *fields)
{
    struct dg_buffer form;

    write_form(&form, fields);
    http_call(r, w->port, "POST", edits, key, http_form_type, &form);
    dg_buffer_done(&form);
}

static inline void get(struct http_reply *r, const struct world *w, const char *path,
                       const char *with)
{
    http_call(r, w->port, "GET", path, with, NULL, NULL);
}

static inline void assert_has(const struct http_reply *r, const char *part)
{
    if (!strstr(r->body.data, part))
        fail_msg("%d: %.500s: no %s", r->status, r->body.data, part);
}

/* Asks for the stats until they say so. */
static inline void await_stats(const struct world *w, const char *part)
{
    struct http_reply r;

    for (int i = 0; i < WORLD_TRIES; i++) {
        get(&r, w, "/v1/rehearsal/stats", NULL);
        bool found = strstr(r.body.data, part) != NULL;
        if (i == WORLD_TRIES - 1 && !found)
            fail_msg("%s: no %s", r.body.data, part);
        http_reply_done(&r);
        if (found)
            return;
    }
}

/* The `k`th picture of an answer. */
static inline bool picture_of(const struct http_reply *r, int k, struct dg_buffer *out)
{
    static const char name[] = "\"b64_json\":\"";
    struct dg_base64 b = { .held = 0 };
    const char *at = r->body.data;

    for (int i = 0; i <= k && at; i++) {
        at = strstr(at, name);
        at = at ? at + strlen(name) : NULL;
    }
    dg_buffer_init(out, 16 * 1024 * 1024);
    if (!at)
        return false;
    size_t length = strcspn(at, "\"");
    uint8_t *bytes = dg_alloc(dg_base64_room(length) + 1);
    dg_buffer_add(out, bytes, dg_base64_decode(&b, at, length, bytes));
    dg_free(bytes);
    return dg_base64_end(&b);
}

#endif
