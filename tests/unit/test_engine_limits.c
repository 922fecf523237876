/* SPDX-License-Identifier: MIT
 *
 * core/engine: time limits, each with its code; when a slot counts; and the key by which
 * a server knows the attempts of one request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secret.h"
#include "engine_world.h"

enum { BIG = 64 * 1024 * 1024 };

/* Somebody whom the kernel takes connections for, and who reads nothing of them. */
static int deaf_world(struct world *w, unsigned limit)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int little = 4096;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    world_open(w, never);
    snprintf(w->base[0], sizeof w->base[0], "http://127.0.0.1:%u/v1", ntohs(address.sin_port));
    world_pool(w, two_keys, 1, limit);
    return fd;
}

static struct dg_request big_edit(const struct world *w, char *body)
{
    struct dg_request request = edit(w);
    memset(body, 'x', BIG);
    request.body = body;
    request.body_size = BIG;
    return request;
}

static void ends_with(struct world *w, const struct dg_request *request, const char *code,
                      const char *part, bool billed)
{
    struct dg_outcome *o = perform(w, request);
    assert_says(o, DG_KIND_TIMEOUT, code, part);
    assert_int_equal(o->attempts, 1);
    assert_int_equal(o->possibly_billed, billed);
    dg_outcome_free(o);
}

static void an_upload_that_stands_still(void **state)
{
    struct world w;
    (void)state;
    int listener = deaf_world(&w, 0);
    char *body = dg_alloc(BIG);
    struct dg_request request = big_edit(&w, body);
    request.stall_timeout_ms = 150;
    ends_with(&w, &request, "stalled", "(limit 0.15 s)", false);
    dg_free(body);
    world_close(&w);
    close(listener);
}

/* With HTTP/2 they wait to share the first one's connection, each within its own limit
 * and not one after another: all have ended before a sleep of five such limits has. */
static void many_who_wait_for_one_connection(void **state)
{
    enum { MANY = 8, LIMIT_MS = 300 };
    struct dg_engine_options options = { .http2 = true, .wake_fd = -1 };
    struct dg_error err;
    struct world w;
    char url[512];
    uint64_t id;
    struct dg_outcome *o;
    (void)state;
    int listener = deaf_world(&w, 0);
    dg_engine_free(w.engine);
    w.engine = dg_engine_new(&options, &err);
    snprintf(url, sizeof url, "https%s", w.base[0] + strlen("http"));
    struct dg_request request = download(&w, url);
    request.connect_timeout_ms = LIMIT_MS;
    uint64_t asleep = dg_engine_sleep(w.engine, (dg_msec)5 * LIMIT_MS);
    for (unsigned k = 0; k < MANY; k++)
        submit(&w, &request);
    for (unsigned k = 0; k < MANY; k++) {
        assert_true(dg_engine_wait(w.engine, PATIENCE_MS, &id, &o));
        assert_int_not_equal(id, asleep);
        assert_says(o, DG_KIND_TIMEOUT, "connect_timeout", "(limit 0.3 s)");
        dg_outcome_free(o);
    }
    dg_outcome_free(wait_for(&w, asleep));
    world_close(&w);
    close(listener);
}

static void an_answer_that_does_not_begin(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, never);
    world_pool(&w, two_keys, 1, 0);
    struct dg_request request = edit(&w);
    request.first_byte_timeout_ms = 120;
    ends_with(&w, &request, "first_byte_timeout", "(limit 0.12 s)", true);
    request.first_byte_timeout_ms = 0;
    request.timeout_ms = 130;
    ends_with(&w, &request, "timeout", "(limit 0.13 s)", true);
    world_close(&w);
}

/* Until a slot counts nobody knows when it ends, and it is asked about every second. */
static dg_msec wait_for_slot(struct world *w)
{
    struct dg_pick pick;
    dg_msec delay;
    assert_false(dg_pool_pick(w->pool, NULL, dg_clock_now(), &pick, &delay));
    return delay;
}

static void run_for(struct world *w, dg_msec ms)
{
    uint64_t id;
    struct dg_outcome *o;
    assert_false(dg_engine_wait(w->engine, ms, &id, &o));
}

/* libcurl has all of the body, the server has not read it: the slot is open still. */
static void a_slot_counts_from_the_last_byte_that_left(void **state)
{
    enum { KERNEL_TAKES = 256 * 1024 };
    struct world w;
    (void)state;
    int listener = deaf_world(&w, 1);
    char *body = dg_alloc(BIG);
    struct dg_request request = big_edit(&w, body);
    request.body_size = KERNEL_TAKES;
    uint64_t id = submit(&w, &request);
    run_for(&w, 300);
    assert_true(wait_for_slot(&w) <= 1000);
    dg_engine_cancel(w.engine, id);
    dg_outcome_free(wait_for(&w, id));
    dg_free(body);
    world_close(&w);
    close(listener);

    world_open(&w, never); /* this one reads */
    world_pool(&w, two_keys, 1, 1);
    request = edit(&w);
    id = submit(&w, &request);
    run_for(&w, 300);
    assert_true(wait_for_slot(&w) > 50000);
    dg_engine_cancel(w.engine, id);
    dg_outcome_free(wait_for(&w, id));
    world_close(&w);
}

static void busy_first(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)self;
    if (q->number < 2)
        answer_error(a, 503, "", "server_error", "busy");
    else
        answer_pixel(a);
}

static void idempotency_of(struct world *w, unsigned k, char key[64])
{
    const char *at = strstr(raw_server_request(w->server, k)->head.data, "Idempotency-Key: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "Idempotency-Key: %63[0-9a-f]", key), 1);
    assert_int_equal(strlen(key), 32);
}

static void attempts_of_one_request_have_one_key(void **state)
{
    struct world w;
    char keys[4][64];
    (void)state;
    world_open(&w, busy_first);
    world_pool(&w, two_keys, 2, 0);
    struct dg_request request = edit(&w);
    request.max_retries = 2;
    request.retry_delay_ms = 1;
    for (int k = 0; k < 2; k++) {
        struct dg_outcome *o = perform(&w, &request);
        assert_true(o->ok);
        dg_outcome_free(o);
    }
    assert_int_equal(raw_server_count(w.server), 4);
    for (unsigned k = 0; k < 4; k++)
        idempotency_of(&w, k, keys[k]);
    assert_string_equal(keys[0], keys[1]);
    assert_string_equal(keys[0], keys[2]);
    assert_string_not_equal(keys[0], keys[3]);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_that_stands_still),
        cmocka_unit_test(many_who_wait_for_one_connection),
        cmocka_unit_test(an_answer_that_does_not_begin),
        cmocka_unit_test(a_slot_counts_from_the_last_byte_that_left),
        cmocka_unit_test(attempts_of_one_request_have_one_key),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
