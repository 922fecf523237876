/* SPDX-License-Identifier: MIT
 *
 * rehearsal under strain: the fault plan, rate limits, crowds, clients that leave,
 * and the request log that tells of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "rehearsal_world.h"
#include "temp_folder.h"

enum { CROWD = 1000 };

static const struct {
    const char *plan;
    int status; /* 0: no answer */
    enum http_end end;
    const char *type; /* Content-Type; NULL: not looked at */
    const char *says; /* part of the body */
} mishaps[] = {
    { "1:500", 500, HTTP_WHOLE, "application/json", "\"type\":\"server_error\",\"param\":null" },
    { "1:503/slow_down", 503, HTTP_WHOLE, NULL, "\"code\":\"slow_down\"" },
    { "1:429/insufficient_quota", 429, HTTP_WHOLE, NULL, "You exceeded your current quota" },
    { "1:400/moderation_blocked", 400, HTTP_WHOLE, NULL, "safety_violations=[violence]" },
    { "1:400/teapot", 400, HTTP_WHOLE, NULL, "\"code\":\"teapot\"" },
    { "1:418", 418, HTTP_WHOLE, NULL, "was told to answer 418 here" },
    { "1:reset", 0, HTTP_RESET, NULL, "" },
    { "1:close", 0, HTTP_SHORT, NULL, "" },
    { "1:reset_mid", 200, HTTP_RESET, NULL, "{\"created\":" },
    { "1:truncate", 200, HTTP_SHORT, NULL, "{\"created\":" },
    { "1:cut_json", 200, HTTP_WHOLE, "application/json", "{\"created\":" },
    { "1:slow,ms=60", 200, HTTP_WHOLE, NULL, "\"usage\":" },
    { "1:garbage", 200, HTTP_WHOLE, "application/octet-stream", "" },
    { "1:html", 200, HTTP_WHOLE, "text/html", "<h1>It works!</h1>" },
    { "1:empty", 200, HTTP_WHOLE, NULL, "\"data\":[]" },
    { "1:bad_base64", 200, HTTP_WHOLE, NULL, "\"b64_json\":\"*** this is no base64 ***" },
    { "1:not_image", 200, HTTP_WHOLE, NULL, "\"b64_json\":\"VGhpcyBpcyBub3QgYSBwaWN0dXJl" },
    { "1:error200", 200, HTTP_WHOLE, NULL, "{\"error\":{\"message\":\"The server had" },
    { "1:detail", 422, HTTP_WHOLE, NULL, "{\"detail\":\"Field required: image\"}" },
    { "1:plain", 500, HTTP_WHOLE, "text/plain", "Internal Server Error" },
    { "1:url", 200, HTTP_WHOLE, NULL, "\"url\":\"http://rehearsal.test:80/v1/pictures/" },
    { "1:jpeg", 200, HTTP_WHOLE, NULL, "\"b64_json\":\"/9j/" },
    { "1:webp", 200, HTTP_WHOLE, NULL, "\"b64_json\":\"UklGR" },
    { "1:gif", 200, HTTP_WHOLE, NULL, "\"b64_json\":\"R0lGODlh" },
    { "1:svg", 200, HTTP_WHOLE, NULL, "\"b64_json\":\"PHN2Zy" },
    { "2:500", 200, HTTP_WHOLE, NULL, "\"usage\":" },
};

static void mishaps_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mishaps) / sizeof(*mishaps); i++) {
        char plan[64];
        const char *const options[] = { plan, "latency=1", NULL };
        struct world w;
        struct http_reply r;
        snprintf(plan, sizeof(plan), "fault=%s", mishaps[i].plan);
        start(&w, options);
        edit(&r, &w, "prompt=x");
        if (r.status != mishaps[i].status || r.end != mishaps[i].end ||
            !strstr(r.body.data, mishaps[i].says))
            fail_msg("%s: %d, end %d: %.300s", mishaps[i].plan, r.status, r.end, r.body.data);
        if (mishaps[i].type)
            assert_string_equal(http_header(&r, "Content-Type"), mishaps[i].type);
        http_reply_done(&r);
        edit(&r, &w, "prompt=x"); /* the next one is well again */
        assert_int_equal(r.status, mishaps[i].plan[0] == '2' ? 500 : 200);
        http_reply_done(&r);
        stop(&w);
    }
}

static void headers_and_counts_of_mishaps(void **state)
{
    static const char *const options[] = { "fault=1:429,retry_after=soon,retry_after_ms=5",
                                           "fault=2:307,location=http://127.0.0.1:1/x",
                                           "fault=2-3:fewer", NULL };
    struct world w;
    struct http_reply r;
    struct dg_buffer picture;

    (void)state;
    start(&w, options);
    edit(&r, &w, "prompt=x");
    assert_string_equal(http_header(&r, "Retry-After"), "soon");
    assert_string_equal(http_header(&r, "retry-after-ms"), "5");
    http_reply_done(&r);
    edit(&r, &w, "prompt=x&n=3");
    assert_int_equal(r.status, 307);
    assert_string_equal(http_header(&r, "Location"), "http://127.0.0.1:1/x");
    http_reply_done(&r);
    edit(&r, &w, "prompt=x&n=3");
    assert_true(picture_of(&r, 1, &picture));
    dg_buffer_done(&picture);
    assert_false(picture_of(&r, 2, &picture));
    http_reply_done(&r);
    stop(&w);
}

/* A request that is refused anyway stays refused. */
static void spoiling_needs_a_good_answer(void **state)
{
    static const char *const options[] = { "fault=*:truncate", NULL };
    struct world w;
    struct http_reply r;

    (void)state;
    start(&w, options);
    edit(&r, &w, "prompt=x&n=11");
    assert_int_equal(r.status, 400);
    assert_int_equal(r.end, HTTP_WHOLE);
    http_reply_done(&r);
    stop(&w);
}

static void rate_limits(void **state)
{
    static const char *const options[] = { "rate_limit=2", NULL };
    struct world w;
    struct http_reply r;

    (void)state;
    start(&w, options);
    edit(&r, &w, "prompt=x");
    assert_string_equal(http_header(&r, "x-ratelimit-limit-requests"), "2");
    assert_string_equal(http_header(&r, "x-ratelimit-remaining-requests"), "1");
    assert_string_equal(http_header(&r, "x-ratelimit-reset-requests"), "1m0s");
    assert_null(http_header(&r, "Retry-After"));
    http_reply_done(&r);
    edit(&r, &w, "prompt=x");
    http_reply_done(&r);
    edit(&r, &w, "prompt=x");
    assert_int_equal(r.status, 429);
    assert_has(&r, "Rate limit reached on requests per min (RPM): Limit 2, Used 2, Requested 1.");
    assert_has(&r, "\"code\":\"rate_limit_exceeded\"");
    assert_in_range(strtoul(http_header(&r, "Retry-After"), NULL, 10), 50, 60);
    assert_string_equal(http_header(&r, "x-ratelimit-remaining-requests"), "0");
    http_reply_done(&r);
    struct dg_buffer form;
    write_form(&form, "prompt=x");
    http_call(&r, w.port, "POST", edits, "another", http_form_type, &form);
    assert_int_equal(r.status, 200);
    http_reply_done(&r);
    dg_buffer_done(&form);
    await_stats(&w, "\"by_status\":{\"200\":3,\"429\":1},\"keys\":2}");
    stop(&w);
}

static void one_connection_many_requests(void **state)
{
    struct world w;
    struct dg_buffer form;

    (void)state;
    start(&w, NULL);
    write_form(&form, "prompt=x");
    int fd = http_connect(w.port);
    for (int i = 0; i < 50; i++) {
        struct http_reply r;
        assert_true(http_send(fd, "POST", edits, key, http_form_type, &form));
        http_receive(fd, &r);
        assert_int_equal(r.status, 200);
        http_reply_done(&r);
    }
    close(fd);
    dg_buffer_done(&form);
    stop(&w);
}

static void gather(const struct world *w, int *fds)
{
    struct dg_buffer form;

    write_form(&form, "prompt=x");
    for (int i = 0; i < CROWD; i++) {
        fds[i] = http_connect(w->port);
        assert_true(fds[i] >= 0);
        assert_true(http_send(fds[i], "POST", edits, key, http_form_type, &form));
    }
    dg_buffer_done(&form);
}

static void a_crowd_is_held(void **state)
{
    static const char *const options[] = { "fault=*:hang", "picture=fixed", NULL };
    struct world w;
    int fds[CROWD];

    (void)state;
    start(&w, options);
    gather(&w, fds);
    await_stats(&w, "{\"requests\":1000,\"answered\":0,\"in_flight\":1000,");
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
    await_stats(&w, "\"in_flight\":0,\"max_in_flight\":1000,\"by_status\":{\"none\":1000}");
    stop(&w);
}

static void a_crowd_is_served(void **state)
{
    static const char *const options[] = { "latency=normal:200,100", NULL };
    struct world w;
    int fds[CROWD];

    (void)state;
    start(&w, options);
    gather(&w, fds);
    for (int i = 0; i < CROWD; i++) {
        struct http_reply r;
        http_receive(fds[i], &r);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.end, HTTP_WHOLE);
        http_reply_done(&r);
        close(fds[i]);
    }
    await_stats(&w, "{\"requests\":1000,\"answered\":1000,\"in_flight\":0,");
    stop(&w);
}

static void who_leaves_is_noticed(void **state)
{
    static const char *const options[] = { "fault=*:hang", NULL };
    struct world w;
    struct dg_buffer form;

    (void)state;
    start(&w, options);
    write_form(&form, "prompt=x");
    int left = http_connect(w.port), stays = http_connect(w.port);
    assert_true(http_send(left, "POST", edits, key, http_form_type, &form));
    assert_true(http_send(stays, "POST", edits, key, http_form_type, &form));
    await_stats(&w, "{\"requests\":2,\"answered\":0,\"in_flight\":2,");
    close(left);
    await_stats(&w, "\"in_flight\":1,\"max_in_flight\":2,\"by_status\":{\"none\":1}");
    dg_buffer_done(&form);
    stop(&w); /* with one still hanging */
    close(stays);
}

static void half_a_request_then_gone(void **state)
{
    struct world w;
    struct dg_buffer form;

    (void)state;
    start(&w, NULL);
    write_form(&form, "prompt=x");
    int fd = http_connect(w.port);
    static const char head[] = "POST /v1/images/edits HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 100000\r\n\r\n--";
    assert_int_equal(send(fd, head, sizeof(head) - 1, 0), sizeof(head) - 1);
    await_stats(&w, "\"in_flight\":1,");
    close(fd);
    await_stats(&w, "{\"requests\":0,\"answered\":0,\"in_flight\":0,");
    dg_buffer_done(&form);
    stop(&w);
}

static void the_request_log(void **state)
{
    char option[300];
    const char *const options[] = { option, "fault=2:close", NULL };
    struct world w;
    struct http_reply r;
    struct dg_buffer log;

    (void)state;
    snprintf(option, sizeof(option), "request_log=%s", at("log"));
    start(&w, options);
    edit(&r, &w, "model=gpt-image-1&prompt=a \"red\" hat");
    http_reply_done(&r);
    edit(&r, &w, "prompt=x");
    http_reply_done(&r);
    get(&r, &w, "/v1/models", NULL);
    http_reply_done(&r);
    stop(&w);
    dg_buffer_init(&log, 64 * 1024);
    assert_true(dg_file_read(at("log"), &log, NULL));
    assert_null(strstr(log.data, "canary"));
    assert_memory_equal(log.data, "{\"n\":1,\"time_ms\":", 17);
    assert_non_null(strstr(log.data,
                           "\"method\":\"POST\",\"path\":\"/v1/images/edits\","
                           "\"status\":200,\"whole\":true,\"key\":\"917b1ab7\","
                           "\"model\":\"gpt-image-1\",\"prompt\":\"a \\\"red\\\" hat\","));
    assert_non_null(strstr(log.data,
                           "\"parts\":[{\"name\":\"image\",\"filename\":\"cat.png\","
                           "\"type\":\"image/png\",\"size\":33571,\"sha256\":\"2030438b"));
    assert_non_null(strstr(log.data, "\n{\"n\":2,"));
    assert_non_null(strstr(log.data, "\"status\":0,\"whole\":false,"));
    assert_non_null(strstr(log.data, "\"fault\":\"2:close\""));
    assert_non_null(strstr(log.data, "\n{\"n\":null,"));
    dg_buffer_done(&log);
}

static void ports_and_hosts(void **state)
{
    struct world w;
    struct dg_error err;
    char port[16];

    (void)state;
    start(&w, NULL);
    snprintf(port, sizeof(port), "%u", w.port);
    struct dg_rehearsal *other = dg_rehearsal_new();
    assert_true(dg_rehearsal_set(other, "port", port, &err));
    assert_string_equal(dg_rehearsal_url(other), "");
    assert_false(dg_rehearsal_open(other, &err));
    assert_non_null(strstr(err.message, "cannot listen on 127.0.0.1 port"));
    assert_non_null(strstr(err.message, "choose another --port"));
    dg_rehearsal_free(other);
    stop(&w);
    other = dg_rehearsal_new();
    assert_true(dg_rehearsal_set(other, "host", "no such host", &err));
    assert_false(dg_rehearsal_open(other, &err));
    assert_non_null(strstr(err.message, "--host no such host: "));
    dg_rehearsal_free(other);
    dg_rehearsal_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mishaps_table),
        cmocka_unit_test(headers_and_counts_of_mishaps),
        cmocka_unit_test(spoiling_needs_a_good_answer),
        cmocka_unit_test(rate_limits),
        cmocka_unit_test(one_connection_many_requests),
        cmocka_unit_test(a_crowd_is_held),
        cmocka_unit_test(a_crowd_is_served),
        cmocka_unit_test(who_leaves_is_noticed),
        cmocka_unit_test(half_a_request_then_gone),
        cmocka_unit_test_setup_teardown(the_request_log, make_root, remove_root),
        cmocka_unit_test(ports_and_hosts),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
