/* SPDX-License-Identifier: MIT
 *
 * core/engine: requests that go well, many at once, and those that are stopped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/secret.h"
#include "core/limiter.h"
#include "engine_world.h"

static void an_edit_goes_well(void **state)
{
    struct world w;
    struct dg_buffer bytes;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 2, 0);
    struct dg_request request = edit(&w);
    struct dg_header header = { "X-Title", "" };
    request.headers = &header;
    request.header_count = 1;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_int_equal(o->verdict, DG_OK);
    assert_int_equal(o->status, 200);
    assert_int_equal(o->attempts, 1);
    assert_false(o->possibly_billed);
    assert_string_equal(o->endpoint, w.base[0]);
    assert_int_equal(o->endpoint_index, 0);
    assert_string_equal(o->request_id, "req_1");
    assert_string_equal(o->content_type, "application/json");
    assert_string_equal(o->url, "");
    assert_string_equal(o->text, "{\"created\":1,\"data\":[{\"b64_json\":0}]}");
    assert_int_equal(o->text_size, strlen(o->text));
    assert_int_equal(o->picture_count, 1);
    assert_int_equal(o->pictures[0].info.kind, DG_IMAGE_PNG);
    dg_buffer_init(&bytes, 1000);
    assert_true(dg_file_read(o->pictures[0].path, &bytes, NULL));
    assert_int_equal(bytes.size, sizeof pixel);
    assert_memory_equal(bytes.data, pixel, sizeof pixel);
    dg_buffer_done(&bytes);
    dg_outcome_free(o);

    const struct raw_request *q = raw_server_request(w.server, 0);
    assert_memory_equal(q->head.data, "POST /v1/images/edits HTTP/1.1\r\n", 32);
    assert_true(raw_request_has(q, "Authorization: Bearer sk-test-first-1111"));
    assert_true(raw_request_has(q, "Content-Type: application/json"));
    assert_true(raw_request_has(q, "Content-Length: 7"));
    assert_true(raw_request_has(q, "X-Title:"));
    assert_null(strcasestr(q->head.data, "Expect"));
    assert_string_equal(q->body.data, "{\"n\":1}");
    world_close(&w);
}

static void taken_pictures_stay(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    struct dg_outcome *o = perform(&w, &request);
    o->pictures_taken = true;
    dg_outcome_free(o);
    assert_int_equal(scratch_files(&w.scratch, 1), 1);
    world_close(&w);
}

/* The form as a server must see it: read by another reader of the same form. */
static void read_form(struct dg_multipart *form, struct dg_buffer *into)
{
    char piece[1000];
    ssize_t n;
    struct dg_error err = { 0 };
    struct dg_multipart_reader *reader = dg_multipart_reader_new(form, DG_FIELD_AUTO);
    while ((n = dg_multipart_read(reader, piece, sizeof piece, &err)) > 0)
        assert_true(dg_buffer_add(into, piece, (size_t)n));
    assert_int_equal(n, 0);
    dg_multipart_reader_free(reader);
}

static void a_form_arrives_byte_for_byte(void **state)
{
    enum { BIG = 3000000 };
    struct world w;
    struct dg_error err = { 0 };
    struct dg_buffer expected;
    char type[200];
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    char *big = dg_alloc(BIG);
    for (int k = 0; k < BIG; k++)
        big[k] = (char)(k * 31 + k / 1000);
    scratch_write(&w.scratch, "big.bin", big, BIG);
    struct dg_multipart *form = dg_multipart_new(NULL);
    assert_true(dg_multipart_field(form, "prompt", "a red hat", 9, &err));
    assert_true(dg_multipart_bytes(form, "image", pixel, sizeof pixel, NULL, NULL, &err));
    assert_true(dg_multipart_file(form, "image", w.scratch.path, NULL, NULL, &err));
    struct dg_request request = edit(&w);
    request.body = NULL;
    request.form = form;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    dg_outcome_free(o);
    dg_buffer_init(&expected, 2 * BIG);
    read_form(form, &expected);
    const struct raw_request *q = raw_server_request(w.server, 0);
    assert_int_equal(q->body.size, expected.size);
    assert_memory_equal(q->body.data, expected.data, expected.size);
    snprintf(type, sizeof type, "Content-Type: %s", dg_multipart_type(form));
    assert_true(raw_request_has(q, type));
    dg_buffer_done(&expected);
    dg_multipart_free(form);
    dg_free(big);
    scratch_files(&w.scratch, 1);
    world_close(&w);
}

static void methods_are_sent_as_told(void **state)
{
    static const struct {
        const char *method;
        const char *body;
        const char *line;
    } table[] = {
        { NULL, NULL, "GET /v1/x HTTP/1.1" },        { NULL, "b", "POST /v1/x HTTP/1.1" },
        { "POST", NULL, "POST /v1/x HTTP/1.1" },     { "PUT", "b", "PUT /v1/x HTTP/1.1" },
        { "DELETE", NULL, "DELETE /v1/x HTTP/1.1" }, { "HEAD", NULL, "HEAD /v1/x HTTP/1.1" },
        { "PATCH", "", "PATCH /v1/x HTTP/1.1" },
    };
    struct world w;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    for (unsigned k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_request request = edit(&w);
        request.path = "/x";
        request.sink = DG_SINK_TEXT;
        request.method = table[k].method;
        request.body = table[k].body;
        request.body_size = table[k].body ? strlen(table[k].body) : 0;
        struct dg_outcome *o = perform(&w, &request);
        assert_true(o->ok);
        dg_outcome_free(o);
        const struct raw_request *q = raw_server_request(w.server, k);
        assert_memory_equal(q->head.data, table[k].line, strlen(table[k].line));
        assert_string_equal(q->body.data, table[k].body ? table[k].body : "");
    }
    world_close(&w);
}

static void a_bad_request_is_refused_unsent(void **state)
{
    struct world w;
    struct dg_error err = { 0 };
    (void)state;
    world_open(&w, always_pixel);
    struct dg_request request = { .url = "ftp://a/b" };
    assert_int_equal(dg_engine_submit(w.engine, &request, &err), 0);
    assert_int_equal(err.kind, DG_KIND_USAGE);
    assert_int_equal(dg_engine_pending(w.engine), 0);
    world_close(&w);
}

static void many_are_in_flight_at_once(void **state)
{
    enum { COUNT = 200 };
    struct world w;
    uint64_t id;
    struct dg_outcome *o;
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 2, 0);
    struct dg_request request = edit(&w);
    for (int k = 0; k < COUNT; k++)
        submit(&w, &request);
    assert_int_equal(dg_engine_in_flight(w.engine), COUNT);
    for (int turns = 0; raw_server_count(w.server) < COUNT && turns < 2000; turns++)
        assert_false(dg_engine_wait(w.engine, 10, &id, &o));
    assert_int_equal(raw_server_most_open(w.server), COUNT);
    raw_server_release(w.server);
    for (int k = 0; k < COUNT; k++) {
        assert_true(dg_engine_wait(w.engine, PATIENCE_MS, &id, &o));
        assert_true(o->ok);
        dg_outcome_free(o);
    }
    assert_int_equal(dg_engine_pending(w.engine), 0);
    assert_int_equal(dg_engine_in_flight(w.engine), 0);
    assert_int_equal(raw_server_count(w.server), COUNT);
    assert_false(dg_engine_wait(w.engine, -1, &id, &o));
    world_close(&w);
}

static void connections_are_reused(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 2, 0);
    struct dg_request request = edit(&w);
    for (unsigned k = 0; k < 10; k++) {
        dg_outcome_free(perform(&w, &request));
        assert_int_equal(raw_server_request(w.server, k)->connection, 0);
    }
    world_close(&w);
}

static void sleeps_end_in_order(void **state)
{
    static const dg_msec delays[] = { 120, 0, 40, 80, 40, -5 };
    static const uint64_t order[] = { 2, 6, 3, 5, 4, 1 };
    struct world w;
    (void)state;
    world_open(&w, always_pixel);
    dg_msec start = dg_clock_now();
    for (uint64_t k = 0; k < 6; k++)
        assert_int_equal(dg_engine_sleep(w.engine, delays[k]), k + 1);
    for (int k = 0; k < 6; k++) {
        struct dg_outcome *o = wait_for(&w, order[k]);
        assert_true(o->ok);
        assert_int_equal(o->attempts, 0);
        dg_outcome_free(o);
    }
    assert_true(dg_clock_now() - start >= 120);
    world_close(&w);
}

/* Sleeps that end at once must not starve the sockets. */
static void sleepers_do_not_starve_requests(void **state)
{
    struct world w;
    bool answered = false;
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    uint64_t wanted = submit(&w, &request);
    dg_msec end = dg_clock_now() + PATIENCE_MS;
    dg_engine_sleep(w.engine, 0);
    while (!answered && dg_clock_now() < end) {
        uint64_t id;
        struct dg_outcome *o;
        dg_engine_sleep(w.engine, 0);
        assert_true(dg_engine_wait(w.engine, PATIENCE_MS, &id, &o));
        answered = id == wanted;
        dg_outcome_free(o);
    }
    assert_true(answered);
    world_close(&w);
}

/* However many have ended, none of them waits for a later one. */
static void what_has_ended_comes_at_once(void **state)
{
    enum { COUNT = 300 };
    struct world w;
    uint64_t id;
    struct dg_outcome *o;
    (void)state;
    world_open(&w, always_pixel);
    dg_engine_sleep(w.engine, PATIENCE_MS);
    for (int k = 0; k < COUNT; k++)
        dg_engine_sleep(w.engine, 0);
    dg_msec start = dg_clock_now();
    for (int k = 0; k < COUNT; k++) {
        assert_true(dg_engine_wait(w.engine, PATIENCE_MS, &id, &o));
        dg_outcome_free(o);
    }
    assert_true(dg_clock_now() - start < PATIENCE_MS / 2);
    world_close(&w);
}

static void waiting_ends_by_time_and_by_waking(void **state)
{
    struct world w;
    uint64_t id, one = 1;
    struct dg_outcome *o;
    struct dg_error err = { 0 };
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    (void)state;
    world_open(&w, never);
    assert_false(dg_engine_wait(w.engine, -1, &id, &o)); /* nothing under way */
    dg_engine_sleep(w.engine, PATIENCE_MS);
    assert_false(dg_engine_wait(w.engine, 0, &id, &o));
    dg_msec start = dg_clock_now();
    assert_false(dg_engine_wait(w.engine, 20, &id, &o));
    assert_true(dg_clock_now() - start >= 20);

    struct dg_engine_options options = { .wake_fd = fd };
    struct dg_engine *woken = dg_engine_new(&options, &err);
    dg_engine_sleep(woken, PATIENCE_MS);
    dg_engine_sleep(woken, 0);
    assert_int_equal(write(fd, &one, sizeof one), sizeof one);
    assert_true(dg_engine_wait(woken, -1, &id, &o)); /* what has ended comes first */
    dg_outcome_free(o);
    assert_false(dg_engine_wait(woken, -1, &id, &o));
    assert_false(dg_engine_wait(woken, -1, &id, &o)); /* readable until it is read */
    assert_int_equal(read(fd, &one, sizeof one), sizeof one);
    assert_false(dg_engine_wait(woken, 10, &id, &o));
    dg_engine_free(woken);
    close(fd);
    world_close(&w);
}

static void any_can_be_cancelled(void **state)
{
    struct world w;
    uint64_t id;
    struct dg_outcome *o;
    struct dg_endpoint_stats stats;
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 1, 1);
    struct dg_request request = edit(&w);
    uint64_t sending = submit(&w, &request);
    uint64_t queued = submit(&w, &request);
    uint64_t sleeping = dg_engine_sleep(w.engine, PATIENCE_MS);
    for (int turns = 0; raw_server_count(w.server) < 1 && turns < 2000; turns++)
        assert_false(dg_engine_wait(w.engine, 10, &id, &o));
    uint64_t order[] = { queued, sleeping, sending };
    for (int k = 0; k < 3; k++)
        dg_engine_cancel(w.engine, order[k]);
    dg_engine_cancel(w.engine, sending); /* twice, and unknown: nothing */
    dg_engine_cancel(w.engine, 12345);
    assert_int_equal(dg_engine_in_flight(w.engine), 0);
    for (int k = 0; k < 3; k++) {
        o = wait_for(&w, order[k]);
        assert_says(o, DG_KIND_STOPPED, "stopped", "stopped before it ended");
        assert_int_equal(o->attempts, order[k] == sending);
        assert_int_equal(o->possibly_billed, order[k] == sending);
        dg_outcome_free(o);
    }
    dg_pool_stats(w.pool, 0, dg_clock_now(), &stats);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.failed, 1);
    assert_int_equal(stats.keys_alive, 1);
    world_close(&w);
}

static void cancelling_leaves_the_others_in_line(void **state)
{
    enum { COUNT = 6 };
    struct world w;
    uint64_t ids[COUNT];
    static const unsigned order[] = { 2, 5, 1, 3, 4, 0 };
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 1, 1);
    struct dg_request request = edit(&w);
    for (int k = 0; k < COUNT; k++)
        ids[k] = submit(&w, &request);
    for (int k = 0; k < COUNT; k++) {
        uint64_t id;
        struct dg_outcome *o;
        dg_engine_cancel(w.engine, ids[order[k]]);
        dg_outcome_free(wait_for(&w, ids[order[k]]));
        assert_false(dg_engine_wait(w.engine, 0, &id, &o));
        assert_int_equal(dg_engine_pending(w.engine), COUNT - 1 - k);
    }
    world_close(&w);
}

/* Limit 1: one is on the wire, one waits for a place, one only sleeps. */
static void what_waits_can_be_recalled(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 1, 1);
    struct dg_request request = edit(&w);
    uint64_t sending = submit(&w, &request);
    uint64_t waiting = submit(&w, &request);
    uint64_t asleep = dg_engine_sleep(w.engine, 60000);
    assert_false(dg_engine_recall(w.engine, sending));
    assert_false(dg_engine_recall(w.engine, asleep));
    assert_false(dg_engine_recall(w.engine, 12345));
    assert_true(dg_engine_recall(w.engine, waiting));
    assert_false(dg_engine_recall(w.engine, waiting));
    struct dg_outcome *o = wait_for(&w, waiting);
    assert_int_equal(o->error.kind, DG_KIND_STOPPED);
    assert_int_equal(o->attempts, 0);
    dg_outcome_free(o);
    assert_int_equal(dg_engine_pending(w.engine), 2);
    world_close(&w);
}

/* The slot counts from the upload, not from the answer. */
static void the_pool_hears_of_the_upload(void **state)
{
    struct world w;
    uint64_t id;
    struct dg_outcome *o;
    struct dg_pick pick;
    dg_msec delay;
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 1, 1);
    struct dg_request request = edit(&w);
    submit(&w, &request);
    for (int turns = 0; raw_server_count(w.server) < 1 && turns < 2000; turns++)
        assert_false(dg_engine_wait(w.engine, 10, &id, &o));
    assert_false(dg_pool_pick(w.pool, NULL, dg_clock_now() + 1000, &pick, &delay));
    assert_true(delay <= DG_POOL_WINDOW_MS + DG_LIMITER_GUARD_MS - 1000);
    assert_true(dg_pool_pick(w.pool, NULL, dg_clock_now() + DG_POOL_WINDOW_MS + DG_LIMITER_GUARD_MS,
                             &pick, &delay));
    world_close(&w);
}

static void half_an_answer(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self, (void)q;
    dg_buffer_printf(&a->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc");
}

static void freeing_leaves_nothing(void **state)
{
    struct world w;
    uint64_t id;
    struct dg_outcome *o;
    char url[200];
    (void)state;
    world_open(&w, half_an_answer);
    snprintf(url, sizeof url, "%s/a.png", raw_server_url(w.server));
    struct dg_request request = download(&w, url);
    submit(&w, &request);
    for (int turns = 0; scratch_files(&w.scratch, 0) < 1 && turns < 2000; turns++)
        assert_false(dg_engine_wait(w.engine, 10, &id, &o));
    dg_engine_sleep(w.engine, 0);
    dg_engine_sleep(w.engine, PATIENCE_MS);
    world_close(&w); /* looks at the folder */
}

static void two_engines_live_side_by_side(void **state)
{
    struct world w;
    struct dg_error err = { 0 };
    struct dg_engine_options options = { .wake_fd = -1 };
    (void)state;
    world_open(&w, always_pixel);
    world_pool(&w, two_keys, 1, 0);
    dg_engine_free(dg_engine_new(&options, &err)); /* must not end libcurl for the first */
    struct dg_request request = edit(&w);
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    dg_outcome_free(o);
    options.ca_file = "/no/such/file";
    assert_null(dg_engine_new(&options, &err));
    assert_int_equal(err.kind, DG_KIND_CONFIG);
    assert_string_equal(err.message, "/no/such/file: cannot read trusted certificates: "
                                     "No such file or directory");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_goes_well),
        cmocka_unit_test(taken_pictures_stay),
        cmocka_unit_test(a_form_arrives_byte_for_byte),
        cmocka_unit_test(methods_are_sent_as_told),
        cmocka_unit_test(a_bad_request_is_refused_unsent),
        cmocka_unit_test(many_are_in_flight_at_once),
        cmocka_unit_test(connections_are_reused),
        cmocka_unit_test(sleeps_end_in_order),
        cmocka_unit_test(sleepers_do_not_starve_requests),
        cmocka_unit_test(what_has_ended_comes_at_once),
        cmocka_unit_test(waiting_ends_by_time_and_by_waking),
        cmocka_unit_test(any_can_be_cancelled),
        cmocka_unit_test(cancelling_leaves_the_others_in_line),
        cmocka_unit_test(what_waits_can_be_recalled),
        cmocka_unit_test(the_pool_hears_of_the_upload),
        cmocka_unit_test(freeing_leaves_nothing),
        cmocka_unit_test(two_engines_live_side_by_side),
    };
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* loopback is never proxied */
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
