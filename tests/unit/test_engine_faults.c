/* SPDX-License-Identifier: MIT
 *
 * core/engine: servers that fail, and what the engine makes of it: retries,
 * failover, errors in words, and never a request that nobody asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "engine_world.h"

/* What the server of a case does: these bytes to every request, then this. */
struct fault {
    const char *name;
    const char *bytes;
    enum raw_then then;
    int status;
    enum dg_kind kind;
    const char *code;
    enum dg_verdict verdict;
    bool billed;
    const char *message; /* behind "BASE: " */
};

static const struct fault faults[] = {
    { "reset", "", RAW_RESET, 0, DG_KIND_NETWORK, "reset", DG_RETRY, true,
      "the connection broke after the whole upload (7 bytes) (Connection reset by peer)" },
    { "closed", "", RAW_CLOSE, 0, DG_KIND_NETWORK, "reset", DG_RETRY, true,
      "the server closed the connection without an answer after the whole upload (7 bytes)" },
    { "half a head", "HTTP/1.1 200 OK\r\nContent-", RAW_CLOSE, 200, DG_KIND_NETWORK, "truncated",
      DG_RETRY, true, "the answer broke off after 0 bytes" },
    { "half a body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":", RAW_CLOSE, 200,
      DG_KIND_NETWORK, "truncated", DG_RETRY, true, "the answer broke off after 8 bytes" },
    { "no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
      RAW_CLOSE, 200, DG_KIND_NETWORK, "truncated", DG_RETRY, true,
      "the answer broke off after 2 bytes" },
    { "garbage", "SSH-2.0-OpenSSH\r\n", RAW_CLOSE, 0, DG_KIND_NETWORK, "not_http", DG_FATAL, true,
      "the answer is not HTTP (Received HTTP/0.9 when not allowed); is this the address of an HTTP "
      "server?" },
    { "bad length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", RAW_CLOSE, 200,
      DG_KIND_NETWORK, "not_http", DG_FATAL, true,
      "the answer is not HTTP (Invalid Content-Length: value); is this the address of an HTTP "
      "server?" },
    { "not gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
      RAW_KEEP, 200, DG_KIND_REPLY, "not_json", DG_FATAL, false, "" },
    { "HTML", "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<h1>Hello</h1>\n", RAW_KEEP, 200,
      DG_KIND_REPLY, "not_json", DG_FATAL, false, "" },
    { "cut JSON", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"data\":", RAW_KEEP, 200,
      DG_KIND_REPLY, "truncated_json", DG_FATAL, true, "" },
    { "broken error", "HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nout of order", RAW_CLOSE, 503,
      DG_KIND_API, "http_503", DG_RETRY, false, "out of order (HTTP 503)" },
    { "broken 400", "HTTP/1.1 400 No\r\nContent-Length: 100\r\n\r\nbad prompt", RAW_RESET, 400,
      DG_KIND_API, "http_400", DG_FATAL, false, "bad prompt (HTTP 400)" },
    { "gateway's timeout", "HTTP/1.1 504 Late\r\nContent-Length: 4\r\n\r\nlate", RAW_KEEP, 504,
      DG_KIND_API, "http_504", DG_RETRY, true, "late (HTTP 504)" },
    { "gateway's complaint", "HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nbad", RAW_KEEP, 502,
      DG_KIND_API, "http_502", DG_RETRY, true, "bad (HTTP 502)" },
    { "redirect",
      "HTTP/1.1 307 Go\r\nLocation: https://evil.example/v1/x?y\r\n"
      "Content-Length: 0\r\n\r\n",
      RAW_KEEP, 307, DG_KIND_API, "redirect", DG_FATAL, false,
      "redirects to evil.example (HTTP 307), and a key never follows a redirect; is the base URL "
      "right?" },
    { "no redirect", "HTTP/1.1 304 Same\r\n\r\n", RAW_KEEP, 304, DG_KIND_API, "http_304", DG_FATAL,
      false, "the server answered with status 304 and no text (HTTP 304)" },
    { "continue",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 No\r\nContent-Length: 2\r\nx-request-id: "
      "req_9\r\n\r\nno",
      RAW_KEEP, 400, DG_KIND_API, "http_400", DG_FATAL, false, "no (HTTP 400, request req_9)" },
};

static void answer_fault(void *self, const struct raw_request *q, struct raw_answer *a)
{
    const struct fault *f = *(const struct fault **)self;
    (void)q;
    dg_buffer_text(&a->bytes, f->bytes);
    a->then = f->then;
}

static void check_fault(const struct fault *f, const struct dg_outcome *o, const char *base)
{
    char message[DG_MESSAGE_BYTES];
    snprintf(message, sizeof message, "%s: %s", base, f->message);
    if (o->error.kind != f->kind || strcmp(o->error.code, f->code) != 0 || o->status != f->status ||
        o->verdict != f->verdict || o->possibly_billed != f->billed || o->attempts != 1 || o->ok)
        fail_msg("%s: %s %s, status %d, %s, billed %d, %u attempts: %s", f->name,
                 dg_kind_name(o->error.kind), o->error.code, o->status, dg_verdict_name(o->verdict),
                 o->possibly_billed, o->attempts, o->error.message);
    if (*f->message)
        assert_string_equal(o->error.message, message);
    else
        assert_memory_equal(o->error.message, base, strlen(base));
}

static void faults_are_told_in_words(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct world w = { .scratch = { .dir = "" } };
        const struct fault *f = &faults[k];
        world_open(&w, never);
        raw_server_stop(w.server);
        w.server = raw_server_start(answer_fault, &f);
        snprintf(w.base[0], sizeof w.base[0], "%s/v1", raw_server_url(w.server));
        world_pool(&w, two_keys, 1, 0);
        struct dg_request request = edit(&w);
        struct dg_outcome *o = perform(&w, &request);
        check_fault(f, o, w.base[0]);
        dg_outcome_free(o);
        assert_int_equal(raw_server_count(w.server), 1);
        world_close(&w);
    }
}

/* Answers 500 until the third request of the server. */
static void third_time(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (q->number % 3 < 2)
        answer_error(a, 500, "retry-after-ms: 20\r\n", "server_error", "try later");
    else
        answer_pixel(a);
}

static void retries_are_counted(void **state)
{
    static const struct {
        unsigned max_retries;
        unsigned attempts;
        bool ok;
    } table[] = { { 5, 3, true }, { 2, 3, true }, { 1, 2, false } };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct world w;
        world_open(&w, third_time);
        world_pool(&w, two_keys, 1, 0);
        struct dg_request request = edit(&w);
        request.max_retries = table[k].max_retries;
        struct dg_outcome *o = perform(&w, &request);
        assert_int_equal(o->ok, table[k].ok);
        assert_int_equal(o->attempts, table[k].attempts);
        assert_int_equal(raw_server_count(w.server), table[k].attempts);
        assert_true(o->waited_ms >= 20 * (dg_msec)(table[k].attempts - 1));
        if (table[k].ok)
            assert_int_equal(o->error.kind, DG_KIND_NONE);
        else
            assert_says(o, DG_KIND_API, "server_error", "/v1: try later (HTTP 500)");
        assert_string_equal(o->error_type, table[k].ok ? "" : "some_type");
        assert_string_equal(o->error_param, table[k].ok ? "" : "prompt");
        assert_int_equal(o->verdict, table[k].ok ? DG_OK : DG_RETRY);
        dg_outcome_free(o);
        world_close(&w);
    }
}

static void busy_until(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (q->number == 0)
        answer_error(a, 429, "Retry-After: 1\r\n", "rate_limit_exceeded", "slower");
    else
        answer_pixel(a);
}

static void retry_after_is_honoured(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, busy_until);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    request.max_retries = 1;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_int_equal(o->attempts, 2);
    assert_true(o->waited_ms >= 990);
    dg_outcome_free(o);
    world_close(&w);
}

static void first_key_is_refused(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (raw_request_has(q, "Authorization: Bearer sk-test-first-1111"))
        answer_error(a, 401, "", "invalid_api_key", "Incorrect API key: sk-test-first-1111");
    else
        answer_pixel(a);
}

static void another_key_takes_over(void **state)
{
    struct world w;
    struct dg_endpoint_stats stats;
    (void)state;
    world_open(&w, first_key_is_refused);
    world_pool(&w, two_keys, 2, 0);
    struct dg_request request = edit(&w);
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_int_equal(o->attempts, 2);
    dg_outcome_free(o);
    for (int k = 0; k < 3; k++) {
        o = perform(&w, &request);
        assert_true(o->ok);
        assert_int_equal(o->attempts, 1);
        dg_outcome_free(o);
    }
    dg_pool_stats(w.pool, 0, dg_clock_now(), &stats);
    assert_int_equal(stats.keys_alive, 1);
    assert_int_equal(raw_server_count(w.server), 5);
    world_close(&w);
}

static void no_credit(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self, (void)q;
    answer_error(a, 429, "x-request-id: req_7\r\n", "insufficient_quota", "You have no credit");
}

static void another_endpoint_takes_over(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, no_credit);
    world_open_other(&w, always_pixel);
    world_pool(&w, two_keys, 2, 0);
    struct dg_request request = edit(&w);
    for (int k = 0; k < 4; k++) {
        struct dg_outcome *o = perform(&w, &request);
        assert_true(o->ok);
        assert_int_equal(o->endpoint_index, 1);
        assert_string_equal(o->endpoint, w.base[1]);
        dg_outcome_free(o);
    }
    assert_int_equal(raw_server_count(w.server), 2); /* once with each key */
    assert_int_equal(raw_server_count(w.other), 4);
    world_close(&w);
}

static void no_key_is_left(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, no_credit);
    world_pool(&w, two_keys, 2, 1);
    struct dg_request request = edit(&w);
    request.max_retries = 3;
    uint64_t first = submit(&w, &request);
    uint64_t queued = submit(&w, &request); /* the limit is 1 */
    struct dg_endpoint_stats stats;
    dg_pool_stats(w.pool, 0, dg_clock_now(), &stats);
    assert_int_equal(stats.in_flight, 1);
    /* the first goes on with the second key when the window allows: not today */
    uint64_t id;
    struct dg_outcome *o;
    for (int turns = 0; stats.keys_alive == 2 && turns < 2000; turns++) {
        assert_false(dg_engine_wait(w.engine, 10, &id, &o));
        dg_pool_stats(w.pool, 0, dg_clock_now(), &stats);
    }
    dg_engine_cancel(w.engine, first);
    dg_engine_cancel(w.engine, queued);
    dg_outcome_free(wait_for(&w, first));
    dg_outcome_free(wait_for(&w, queued));
    assert_int_equal(raw_server_count(w.server), 1);
    world_close(&w);
}

static void the_last_key_ends_all(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, no_credit);
    world_pool(&w, two_keys, 1, 1);
    struct dg_request request = edit(&w);
    request.max_retries = 3;
    uint64_t first = submit(&w, &request);
    uint64_t queued = submit(&w, &request);
    struct dg_outcome *o = wait_for(&w, first);
    assert_says(o, DG_KIND_API, "insufficient_quota",
                "/v1: You have no credit (HTTP 429, request req_7); no key is left");
    assert_int_equal(o->verdict, DG_FAILOVER);
    assert_int_equal(o->attempts, 1);
    assert_string_equal(o->request_id, "req_7");
    dg_outcome_free(o);
    o = wait_for(&w, queued);
    assert_says(o, DG_KIND_API, "no_key", "no key is left");
    assert_int_equal(o->attempts, 0);
    assert_int_equal(o->endpoint_index, -1);
    dg_outcome_free(o);
    assert_int_equal(raw_server_count(w.server), 1);
    world_close(&w);
}

static void the_limit_holds_the_second_back(void **state)
{
    struct world w;
    uint64_t id;
    struct dg_outcome *o;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 2);
    struct dg_request request = edit(&w);
    for (int k = 0; k < 5; k++)
        submit(&w, &request);
    assert_int_equal(dg_engine_in_flight(w.engine), 2);
    for (int k = 0; k < 2; k++) {
        assert_true(dg_engine_wait(w.engine, PATIENCE_MS, &id, &o));
        assert_true(o->ok && id <= 2);
        dg_outcome_free(o);
    }
    assert_false(dg_engine_wait(w.engine, 30, &id, &o));
    assert_int_equal(dg_engine_pending(w.engine), 3);
    assert_int_equal(raw_server_count(w.server), 2);
    world_close(&w);
}

static void silence_is_a_timeout(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    request.timeout_ms = 50;
    request.max_retries = 1;
    struct dg_outcome *o = perform(&w, &request);
    assert_says(o, DG_KIND_TIMEOUT, "timeout",
                "/v1: no whole answer in time (limit 0.05 s) after the whole upload (7 bytes); a "
                "longer --timeout may help");
    assert_int_equal(o->attempts, 2);
    assert_int_equal(o->verdict, DG_RETRY);
    assert_true(o->possibly_billed);
    assert_true(o->latency_ms >= 49);
    dg_outcome_free(o);
    world_close(&w);
}

/* Nobody is reached: that is no attempt, and the request waits for its endpoint. */
static void waits_for_its_endpoint(struct world *w, dg_msec patience)
{
    struct dg_request request = edit(w);
    struct dg_outcome *o;
    uint64_t got;
    dg_msec back;
    request.connect_timeout_ms = 200; /* a server may wait for a head that never comes */
    uint64_t id = submit(w, &request);
    assert_false(dg_engine_wait(w->engine, patience, &got, &o));
    assert_true(dg_pool_outage(w->pool, dg_clock_now(), &back) >= 0);
    assert_true(dg_pool_alive(w->pool));
    dg_engine_cancel(w->engine, id);
    o = wait_for(w, id);
    assert_says(o, DG_KIND_STOPPED, "stopped", "");
    assert_int_equal(o->attempts, 0);
    assert_false(o->possibly_billed);
    dg_outcome_free(o);
}

static void nobody_listens(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, never);
    snprintf(w.base[0], sizeof w.base[0], "http://127.0.0.1:%u/v1", raw_closed_port());
    world_pool(&w, two_keys, 1, 0);
    waits_for_its_endpoint(&w, 200);
    world_close(&w);
}

static void plain_http_on_a_tls_port(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, never);
    raw_server_stop(w.server);
    const struct fault *f = &faults[5]; /* garbage */
    w.server = raw_server_start_impatient(answer_fault, &f);
    snprintf(w.base[0], sizeof w.base[0], "https://127.0.0.1:%u/v1", raw_server_port(w.server));
    world_pool(&w, two_keys, 1, 0);
    waits_for_its_endpoint(&w, 600);
    world_close(&w);
}

/* The first request of each connection is answered, the second kills it. */
static void dies_when_reused(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (q->number != 1)
        answer_pixel(a);
    else
        a->then = strncmp(q->head.data, "GET", 3) == 0 ? RAW_CLOSE : RAW_RESET;
}

static void nothing_is_sent_twice_unasked(void **state)
{
    (void)state;
    for (int get = 0; get < 2; get++) {
        struct world w;
        unsigned attempts = 0;
        world_open(&w, dies_when_reused);
        world_pool(&w, two_keys, 1, 0);
        struct dg_request request = edit(&w);
        if (get)
            request.body = NULL;
        for (int k = 0; k < 3; k++) {
            struct dg_outcome *o = perform(&w, &request);
            attempts += o->attempts;
            assert_int_equal(o->ok, get || k != 1); /* one without a body goes again, counted */
            if (k == 1 && !get)
                assert_says(o, DG_KIND_NETWORK, "reset", "nothing is sent twice unasked");
            dg_outcome_free(o);
        }
        assert_int_equal(attempts, get ? 4 : 3);
        assert_int_equal(raw_server_count(w.server), attempts);
        assert_int_equal(raw_server_request(w.server, 1)->connection, 0);
        world_close(&w);
    }
}

/* Kills a kept connection as soon as it has read a head. */
static void dies_under_an_upload(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (q->number == 1)
        a->then = RAW_RESET;
    else
        answer_pixel(a);
}

/* A kept connection that dies before the upload is complete: again on a fresh one, as
 * an attempt of its own, without a retry. */
static void an_upload_cut_off_goes_again(void **state)
{
    enum { BIG = 96 * 1024 * 1024 }; /* more than sockets hold */
    struct world w;
    (void)state;
    world_open(&w, never);
    raw_server_stop(w.server);
    w.server = raw_server_start_impatient(dies_under_an_upload, NULL);
    snprintf(w.base[0], sizeof w.base[0], "http://127.0.0.1:%u/v1", raw_server_port(w.server));
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    request.body = NULL;
    dg_outcome_free(perform(&w, &request));
    char *body = dg_zalloc(BIG);
    memset(body, 'x', BIG);
    request.body = body;
    request.body_size = BIG;
    struct dg_outcome *o = perform(&w, &request);
    assert_int_equal(o->attempts, 2);
    assert_int_equal(raw_server_count(w.server), 3);
    unsigned first = raw_server_request(w.server, 0)->connection;
    assert_int_equal(raw_server_request(w.server, 1)->connection, first);
    assert_int_not_equal(raw_server_request(w.server, 2)->connection, first);
    dg_outcome_free(o);
    dg_free(body);
    world_close(&w);
}

static void too_long(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (q->number == 0)
        answer_error(a, 413, "", "", "The upload is too large");
}

static void an_early_refusal_is_heard(void **state)
{
    enum { BIG = 16 * 1024 * 1024 };
    struct world w;
    (void)state;
    world_open(&w, never);
    raw_server_stop(w.server);
    w.server = raw_server_start_impatient(too_long, NULL);
    snprintf(w.base[0], sizeof w.base[0], "%s/v1", raw_server_url(w.server));
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    request.body = dg_zalloc(BIG);
    request.body_size = BIG;
    struct dg_outcome *o = perform(&w, &request);
    assert_says(o, DG_KIND_API, "some_type", "The upload is too large (HTTP 413)");
    assert_int_equal(o->verdict, DG_FATAL);
    assert_false(o->possibly_billed);
    dg_outcome_free(o);
    dg_free((char *)request.body);
    world_close(&w);
}

static void a_vanished_file_sends_nothing(void **state)
{
    struct world w;
    struct dg_error err = { 0 };
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    struct dg_multipart *form = dg_multipart_new(NULL);
    scratch_write(&w.scratch, "in.png", pixel, sizeof pixel);
    assert_true(dg_multipart_file(form, "image", w.scratch.path, NULL, NULL, &err));
    scratch_files(&w.scratch, 1);
    struct dg_request request = edit(&w);
    request.body = NULL;
    request.form = form;
    struct dg_outcome *o = perform(&w, &request);
    assert_false(o->ok);
    assert_int_equal(o->verdict, DG_FATAL);
    assert_non_null(strstr(o->error.message, "in.png"));
    assert_false(o->possibly_billed);
    dg_outcome_free(o);
    dg_multipart_free(form);
    world_close(&w);
}

static void no_folder_for_pictures(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    request.directory = "/no/such/folder";
    struct dg_outcome *o = perform(&w, &request);
    assert_false(o->ok);
    assert_int_equal(o->error.kind, DG_KIND_FILE);
    assert_int_equal(o->verdict, DG_FATAL);
    assert_non_null(strstr(o->error.message, "/no/such/folder"));
    dg_outcome_free(o);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told_in_words),
        cmocka_unit_test(retries_are_counted),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(another_key_takes_over),
        cmocka_unit_test(another_endpoint_takes_over),
        cmocka_unit_test(no_key_is_left),
        cmocka_unit_test(the_last_key_ends_all),
        cmocka_unit_test(the_limit_holds_the_second_back),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(plain_http_on_a_tls_port),
        cmocka_unit_test(nothing_is_sent_twice_unasked),
        cmocka_unit_test(an_upload_cut_off_goes_again),
        cmocka_unit_test(an_early_refusal_is_heard),
        cmocka_unit_test(a_vanished_file_sends_nothing),
        cmocka_unit_test(no_folder_for_pictures),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
