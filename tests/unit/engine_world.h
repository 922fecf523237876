/* SPDX-License-Identifier: MIT
 *
 * What the engine's tests share: a folder, an engine, servers, and requests to
 * them.  For cmocka programs; include after cmocka.h.
 */
#ifndef DG_TESTS_ENGINE_WORLD_H
#define DG_TESTS_ENGINE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base64.h"
#include "base/memory.h"
#include "core/engine.h"
#include "raw_server.h"
#include "scratch.h"

enum { PATIENCE_MS = 20000 }; /* a test that waits longer has failed */

struct world {
    struct scratch scratch;    /* temporary files */
    struct dg_engine *engine;  /* under test */
    struct raw_server *server; /* the first */
    struct raw_server *other;  /* the second, or NULL */
    struct dg_pool *pool;      /* of both, or NULL */
    char base[2][128];         /* URLs with /v1 */
};

/* A picture of one pixel, and its base64. */
static const unsigned char pixel[] = {
    0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 'I',  'H',
    'D',  'R',  0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 'I',  'D',  'A',  'T',  0x78,
    0x9c, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x48, 0xaf, 0xa4, 0x71, 0x00,
    0x00, 0x00, 0x00, 'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82,
};

static inline void answer_pixel(struct raw_answer *a)
{
    char text[256];
    struct dg_buffer json;
    dg_base64_encode(pixel, sizeof pixel, text);
    text[dg_base64_size(sizeof pixel)] = '\0';
    dg_buffer_init(&json, 4096);
    dg_buffer_printf(&json, "{\"created\":1,\"data\":[{\"b64_json\":\"%s\"}]}", text);
    raw_answer_http(a, 200, "Content-Type: application/json\r\nx-request-id: req_1\r\n", json.data,
                    json.size);
    dg_buffer_done(&json);
}

static inline void answer_error(struct raw_answer *a, int status, const char *headers,
                                const char *code, const char *message)
{
    struct dg_buffer json;
    dg_buffer_init(&json, 4096);
    dg_buffer_printf(&json,
                     "{\"error\":{\"message\":\"%s\",\"type\":\"some_type\",\"param\":\"prompt\","
                     "\"code\":\"%s\"}}",
                     message, code);
    raw_answer_http(a, status, headers, json.data, json.size);
    dg_buffer_done(&json);
}

/* Answers every request with the pixel. */
static inline void always_pixel(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self, (void)q;
    answer_pixel(a);
}

static inline void never(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self, (void)q;
    a->held = true;
    answer_pixel(a);
}

static inline void world_open(struct world *w, raw_handler *handler)
{
    struct dg_engine_options options = { .wake_fd = -1 };
    struct dg_error err = { 0 };
    *w = (struct world){ .server = raw_server_start(handler, w) };
    scratch_make(&w->scratch);
    snprintf(w->base[0], sizeof w->base[0], "%s/v1", raw_server_url(w->server));
    w->engine = dg_engine_new(&options, &err);
    assert_non_null(w->engine);
}

static inline void world_open_other(struct world *w, raw_handler *handler)
{
    w->other = raw_server_start(handler, w);
    snprintf(w->base[1], sizeof w->base[1], "%s/v1", raw_server_url(w->other));
}

/* One endpoint per server that is open, each with these keys. */
static inline void world_pool(struct world *w, const char *const *keys, size_t count,
                              unsigned limit)
{
    struct dg_endpoint endpoints[2];
    struct dg_key list[8] = { { .text = NULL } };
    struct dg_error err = { 0 };
    for (size_t k = 0; k < count; k++)
        list[k].text = keys[k];
    for (size_t k = 0; k < 2; k++)
        endpoints[k] = (struct dg_endpoint){ .base = w->base[k],
                                             .keys = list,
                                             .key_count = count,
                                             .weight = 1,
                                             .quota = { .requests = limit } };
    struct dg_pool_options options = { endpoints, w->other ? 2 : 1, NULL };
    w->pool = dg_pool_new(&options, &err);
    assert_non_null(w->pool);
}

static const char *const two_keys[] = { "sk-test-first-1111", "sk-test-second-2222" };

static inline void world_close(struct world *w)
{
    dg_engine_free(w->engine);
    dg_pool_free(w->pool);
    raw_server_stop(w->server);
    if (w->other)
        raw_server_stop(w->other);
    assert_int_equal(scratch_files(&w->scratch, 0), 0); /* nothing may stay behind */
    scratch_remove(&w->scratch);
}

/* A JSON request through the pool. */
static inline struct dg_request edit(const struct world *w)
{
    return (struct dg_request){ .pool = w->pool,
                                .path = "/images/edits",
                                .body = "{\"n\":1}",
                                .body_size = 7,
                                .directory = w->scratch.dir,
                                .stem = "picture",
                                .timeout_ms = PATIENCE_MS };
}

/* A download of this URL. */
static inline struct dg_request download(const struct world *w, const char *url)
{
    return (struct dg_request){ .url = url,
                                .sink = DG_SINK_FILE,
                                .directory = w->scratch.dir,
                                .stem = "download",
                                .timeout_ms = PATIENCE_MS };
}

static inline uint64_t submit(struct world *w, const struct dg_request *request)
{
    struct dg_error err = { 0 };
    uint64_t id = dg_engine_submit(w->engine, request, &err);
    if (id == 0)
        fail_msg("%s", err.message);
    return id;
}

static inline struct dg_outcome *wait_for(struct world *w, uint64_t expected)
{
    uint64_t id;
    struct dg_outcome *o;
    assert_true(dg_engine_wait(w->engine, PATIENCE_MS, &id, &o));
    assert_int_equal(id, expected);
    return o;
}

static inline struct dg_outcome *perform(struct world *w, const struct dg_request *request)
{
    return wait_for(w, submit(w, request));
}

static inline void assert_says(const struct dg_outcome *o, enum dg_kind kind, const char *code,
                               const char *part)
{
    assert_false(o->ok);
    if (o->error.kind != kind || strcmp(o->error.code, code) != 0 ||
        !strstr(o->error.message, part))
        fail_msg("%s %s: \"%s\" is not %s %s: \"%s\"", dg_kind_name(o->error.kind), o->error.code,
                 o->error.message, dg_kind_name(kind), code, part);
}

#endif
