/* SPDX-License-Identifier: MIT
 *
 * core/request: what is refused before anything is sent, copies, outcomes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/secret.h"
#include "core/request.h"
#include "scratch.h"

static const struct dg_key keys[] = { { .text = "sk-test-1111" } };

static struct dg_pool *make_pool(void)
{
    struct dg_endpoint e = { .base = "http://a/v1", .keys = keys, .key_count = 1, .weight = 1 };
    struct dg_error err = { 0 };
    return dg_pool_new(&(struct dg_pool_options){ &e, 1, NULL }, &err);
}

static const char *const long_keys[] = {
    "b64_json", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef!", NULL
};

/* One byte too long. */
static const char *long_path(void)
{
    static char path[32 * 1024 + 2];
    memset(path, '/', sizeof path - 1);
    return path;
}

static void refuses(void **state)
{
    struct dg_pool *pool = make_pool();
    struct dg_multipart *form = dg_multipart_new(NULL);
    const struct dg_header split[] = { { "X-A", "a" }, { "X-B", "b\r\nX-C: c" } };
    const struct dg_header spaced[] = { { "X A", "a" } };
    const struct dg_header key[] = { { "authorization", "Bearer x" } };
    const struct dg_header length[] = { { "content-length", "1" } };
    const struct {
        struct dg_request r;
        const char *message;
    } table[] = {
        { { .sink = DG_SINK_TEXT }, "a request has either a pool with a path or a url" },
        { { .pool = pool, .path = "/x", .url = "http://a/" },
          "a request has either a pool with a path or a url" },
        { { .pool = pool }, "a request through a pool has a path that starts with a slash" },
        { { .pool = pool, .path = "x" },
          "a request through a pool has a path that starts with a slash" },
        { { .pool = pool, .path = "/x y" },
          "a path has no spaces, control characters or fragment, and bytes above 0x7f are "
          "percent-encoded" },
        { { .url = "example.com/a.png" },
          "\"example.com/a.png\" is not a URL of the form http(s)://HOST/..." },
        { { .url = "ftp://me:swordfish@example.com/" },
          "\"(not shown: it may hold a password)\" is not a URL of the form http(s)://HOST/..." },
        { { .url = "http://a/", .body = "x", .body_size = 1, .form = form },
          "a request has either a form or a body" },
        { { .url = "http://a/", .form = form, .method = "HEAD" }, "GET and HEAD carry no body" },
        { { .url = "http://a/", .body_type = "a\nb" }, "body_type is one line of text" },
        { { .url = "http://a/", .body = "x", .max_redirects = 1 },
          "redirects are followed for a GET of a url only" },
        { { .pool = pool, .path = "/x", .max_redirects = 1 },
          "redirects are followed for a GET of a url only" },
        { { .url = "http://a/" }, "this sink makes files: directory and stem are needed" },
        { { .url = "http://a/", .sink = DG_SINK_FILE, .directory = "/tmp" },
          "this sink makes files: directory and stem are needed" },
        { { .url = "http://a/", .sink = (enum dg_sink)9 }, "unknown sink" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .timeout_ms = -1 },
          "a time cannot be negative" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .method = "GET /" },
          "a method is letters only" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .method = "" }, "a method is letters only" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .headers = split, .header_count = 2 },
          "the header X-B: a value is one line of text" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .headers = spaced, .header_count = 1 },
          "a header's name is letters, digits and hyphens" },
        { { .pool = pool, .path = "/", .sink = DG_SINK_TEXT, .headers = key, .header_count = 1 },
          "the header authorization is set by the engine and cannot be given" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .headers = length, .header_count = 1 },
          "the header content-length is set by the engine and cannot be given" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_error err = { 0 };
        assert_false(dg_request_check(&table[k].r, &err));
        assert_int_equal(err.kind, DG_KIND_USAGE);
        assert_string_equal(err.message, table[k].message);
    }
    dg_multipart_free(form);
    dg_pool_free(pool);
}

static void bounds(void **state)
{
    struct dg_pool *pool = make_pool();
    const struct {
        struct dg_request r;
        const char *message;
    } table[] = {
        { { .url = "http://a/", .body = "x", .body_size = 1, .method = "GET" },
          "GET and HEAD carry no body" },
        { { .pool = pool, .path = long_path() }, "a path has at most 32 KiB" },
        { { .url = "http://a/", .sink = DG_SINK_TEXT, .picture_keys = long_keys },
          "a picture key has at most 64 bytes" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_error err = { 0 };
        assert_false(dg_request_check(&table[k].r, &err));
        assert_string_equal(err.message, table[k].message);
    }
    struct dg_request longest = { .pool = pool, .path = long_path() + 1, .sink = DG_SINK_TEXT };
    assert_true(dg_request_check(&longest, NULL));
    dg_pool_free(pool);
}

static void accepts(void **state)
{
    struct dg_pool *pool = make_pool();
    struct dg_multipart *form = dg_multipart_new(NULL);
    const struct dg_header key[] = { { "Authorization", "Basic x" } };
    const struct dg_request table[] = {
        { .url = "https://a/b?c", .sink = DG_SINK_TEXT },
        { .url = "https://a/b c", .sink = DG_SINK_TEXT, .max_redirects = 5, .method = "GET" },
        { .url = "https://a/", .sink = DG_SINK_TEXT, .headers = key, .header_count = 1 },
        { .pool = pool, .path = "/x?y=1", .form = form, .directory = "/", .stem = "s" },
        { .pool = pool,
          .path = "/",
          .body = "",
          .sink = DG_SINK_FILE,
          .directory = "/",
          .stem = "" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_error err = { 0 };
        if (!dg_request_check(&table[k], &err))
            fail_msg("%zu: %s", k, err.message);
    }
    dg_multipart_free(form);
    dg_pool_free(pool);
}

/* The copy must live on when everything given is gone. */
static void copies_are_deep(void **state)
{
    struct dg_pool *pool = make_pool();
    struct dg_multipart *form = dg_multipart_new(NULL);
    char path[] = "/p", name[] = "X-N", value[] = "v", key[] = "k", body[] = "a\0b", stem[] = "s";
    struct dg_header header = { name, value };
    const char *picture_keys[] = { key, NULL };
    struct dg_request copy;
    struct dg_request given = { .pool = pool,
                                .path = path,
                                .headers = &header,
                                .header_count = 1,
                                .body = body,
                                .body_size = 3,
                                .directory = stem,
                                .stem = stem,
                                .picture_keys = picture_keys,
                                .trusted = pool };
    (void)state;
    dg_request_copy(&copy, &given);
    dg_pool_free(pool);
    memset(path, '?', sizeof path - 1);
    memset(name, '?', sizeof name - 1);
    memset(value, '?', sizeof value - 1);
    memset(key, '?', sizeof key - 1);
    memset(body, '?', sizeof body - 1);
    memset(stem, '?', sizeof stem - 1);
    assert_string_equal(dg_pool_base(copy.pool, 0), "http://a/v1");
    assert_string_equal(copy.path, "/p");
    assert_string_equal(copy.method, "POST");
    assert_string_equal(copy.headers[0].name, "X-N");
    assert_string_equal(copy.headers[0].value, "v");
    assert_memory_equal(copy.body, "a\0b", 3);
    assert_string_equal(copy.body_type, "application/json");
    assert_string_equal(copy.directory, "s");
    assert_string_equal(copy.stem, "s");
    assert_string_equal(copy.picture_keys[0], "k");
    assert_null(copy.picture_keys[1]);
    dg_request_done(&copy);

    struct dg_request with_form = { .url = "http://a/b c", .form = form };
    dg_request_copy(&copy, &with_form);
    dg_multipart_free(form);
    assert_true(dg_multipart_size(copy.form) > 0);
    assert_string_equal(copy.url, "http://a/b%20c");
    dg_request_done(&copy);
}

static void defaults(void **state)
{
    struct dg_request copy;
    struct dg_request given = { .url = "http://a/", .sink = DG_SINK_TEXT };
    (void)state;
    dg_request_copy(&copy, &given);
    assert_string_equal(copy.method, "GET");
    assert_int_equal(copy.max_bytes, 50 * 1024 * 1024);
    assert_int_equal(copy.timeout_ms, 300000);
    assert_int_equal(copy.connect_timeout_ms, 30000);
    assert_null(copy.picture_keys);
    dg_request_done(&copy);
}

static void outcomes_take_their_files_along(void **state)
{
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (int taken = 0; taken < 2; taken++) {
        struct dg_outcome *o = dg_outcome_new();
        assert_string_equal(o->text, "");
        assert_int_equal(o->endpoint_index, -1);
        o->pictures = dg_zalloc(2 * sizeof *o->pictures);
        o->picture_count = 2;
        o->pictures[0].path = dg_strdup(scratch_write(&s, "a", "", 0));
        o->pictures[1].path = dg_strdup(scratch_write(&s, "b", "", 0));
        o->pictures_taken = taken;
        dg_outcome_free(o);
        assert_int_equal(scratch_files(&s, 0), taken ? 2 : 0);
    }
    dg_outcome_free(NULL);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),  cmocka_unit_test(bounds),
        cmocka_unit_test(accepts),  cmocka_unit_test(copies_are_deep),
        cmocka_unit_test(defaults), cmocka_unit_test(outcomes_take_their_files_along),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
