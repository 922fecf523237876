/* SPDX-License-Identifier: MIT
 *
 * rehearsal as its clients see it: what it takes, what it answers, what it refuses,
 * over loopback HTTP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "pictures.h"
#include "rehearsal/decode.h"
#include "rehearsal_world.h"

static void an_edit(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer first, second;
    struct dg_plane plane;

    (void)state;
    start(&w, NULL);
    edit(&r, &w, "model=gpt-image-1&prompt=a red hat&n=2&quality=high");
    assert_int_equal(r.status, 200);
    assert_string_equal(http_header(&r, "Content-Type"), "application/json");
    assert_memory_equal(http_header(&r, "x-request-id"), "req_", 4);
    assert_non_null(http_header(&r, "openai-processing-ms"));
    assert_non_null(http_header(&r, "x-ratelimit-remaining-requests"));
    assert_has(&r, "{\"created\":");
    assert_has(&r, "\"background\":\"opaque\",\"output_format\":\"png\",\"quality\":\"high\","
                   "\"size\":\"480x320\",\"usage\":{\"total_tokens\":");
    assert_true(picture_of(&r, 0, &first));
    assert_true(picture_of(&r, 1, &second));
    assert_true(first.size == second.size && memcmp(first.data, second.data, first.size) != 0);
    assert_true(dg_decode((const uint8_t *)first.data, first.size, &plane));
    assert_int_equal(plane.width, 480);
    assert_int_equal(plane.height, 320);
    dg_plane_done(&plane);
    dg_buffer_done(&second);
    http_reply_done(&r);
    edit(&r, &w, "model=gpt-image-1&prompt=a red hat");
    assert_true(picture_of(&r, 0, &second));
    assert_true(second.size == first.size && memcmp(first.data, second.data, first.size) == 0);
    dg_buffer_done(&second);
    http_reply_done(&r);
    edit(&r, &w, "model=gpt-image-1&prompt=a green hat");
    assert_true(picture_of(&r, 0, &second));
    assert_true(second.size == first.size && memcmp(first.data, second.data, first.size) != 0);
    dg_buffer_done(&second);
    dg_buffer_done(&first);
    http_reply_done(&r);
    stop(&w);
}

static const struct {
    const char *format;
    enum dg_encoding encoding;
} formats[] = { { "png", DG_ENCODING_PNG },
                { "jpeg", DG_ENCODING_JPEG },
                { "webp", DG_ENCODING_WEBP },
                { "gif", DG_ENCODING_GIF },
                { "svg", DG_ENCODING_SVG } };

static void formats_are_honoured(void **state)
{
    static const char *const modes[][2] = { { "picture=derived", NULL },
                                            { "picture=fixed", NULL } };

    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        struct world w;
        start(&w, modes[mode]);
        for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
            struct http_reply r;
            struct dg_buffer picture;
            char fields[100];
            snprintf(fields, sizeof(fields), "model=gpt-image-2.6-flare&prompt=x&output_format=%s",
                     formats[i].format);
            edit(&r, &w, fields);
            assert_int_equal(r.status, 200);
            assert_true(picture_of(&r, 0, &picture));
            assert_int_equal(dg_encoding_sniff((uint8_t *)picture.data, picture.size),
                             formats[i].encoding);
            dg_buffer_done(&picture);
            http_reply_done(&r);
        }
        stop(&w);
    }
}

static void several_images_and_a_mask(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer form, mask;

    (void)state;
    start(&w, NULL);
    picture_png(&mask, 480, 320, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, false);
    dg_buffer_init(&form, 1024 * 1024);
    http_field(&form, "prompt", "together");
    http_file(&form, "image[]", "a.png", "image/png", &cat);
    http_file(&form, "image[]", "b.jpg", "image/jpeg", &hills);
    http_file(&form, "mask", "mask.png", "image/png", &mask);
    http_form_end(&form);
    http_call(&r, w.port, "POST", "/images/edits", key, http_form_type, &form);
    assert_int_equal(r.status, 200);
    http_reply_done(&r);
    dg_buffer_done(&form);
    dg_buffer_done(&mask);
    stop(&w);
}

/* libmicrohttpd's parser announces parts in other steps then. */
static void a_body_in_small_pieces(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer form;

    (void)state;
    start(&w, NULL);
    write_form(&form, "model=gpt-image-1&user=&prompt=x&n=2");
    int fd = http_connect(w.port);
    struct dg_buffer head;
    dg_buffer_init(&head, 1000);
    dg_buffer_printf(&head,
                     "POST /v1/images/edits HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n"
                     "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                     http_form_type, form.size);
    assert_int_equal(send(fd, head.data, head.size, 0), head.size);
    for (size_t at_byte = 0; at_byte < form.size;) {
        size_t step = at_byte < 1500 ? 3 : 4001;
        step = form.size - at_byte < step ? form.size - at_byte : step;
        assert_int_equal(send(fd, form.data + at_byte, step, 0), step);
        at_byte += step;
    }
    http_receive(fd, &r);
    if (r.status != 200)
        fail_msg("%s", r.body.data);
    close(fd);
    http_reply_done(&r);
    dg_buffer_done(&head);
    dg_buffer_done(&form);
    stop(&w);
}

static void json_bodies(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer body;

    (void)state;
    start(&w, NULL);
    dg_buffer_init(&body, 1024 * 1024);
    char *text = dg_zalloc(dg_base64_size(cat.size) + 1);
    dg_base64_encode((const uint8_t *)cat.data, cat.size, text);
    dg_buffer_printf(&body,
                     "{\"model\":\"gpt-image-2\",\"prompt\":\"hat\",\"n\":2,\"images\":"
                     "[{\"image_url\":\"data:image/png;base64,%s\"}]}",
                     text);
    http_call(&r, w.port, "POST", edits, key, "application/json; charset=utf-8", &body);
    assert_int_equal(r.status, 200);
    http_reply_done(&r);
    dg_buffer_clear(&body);
    dg_buffer_text(&body, "{\"prompt\":\"hat\"");
    http_call(&r, w.port, "POST", edits, key, "application/json", &body);
    assert_int_equal(r.status, 400);
    assert_has(&r, "We could not parse the JSON body of your request.");
    http_reply_done(&r);
    dg_free(text);
    dg_buffer_done(&body);
    stop(&w);
}

static void urls(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer form, square;

    (void)state;
    start(&w, NULL);
    picture_png(&square, 64, 64, SPNG_COLOR_TYPE_TRUECOLOR, false);
    dg_buffer_init(&form, 1024 * 1024);
    http_field(&form, "model", "dall-e-2");
    http_field(&form, "prompt", "x");
    http_file(&form, "image", "a.png", "image/png", &square);
    http_form_end(&form);
    http_call(&r, w.port, "POST", edits, key, http_form_type, &form);
    assert_has(&r, "\"url\":\"http://rehearsal.test:80/v1/pictures/");
    assert_null(strstr(r.body.data, "usage"));
    char path[100];
    snprintf(path, sizeof(path), "%.*s", 42,
             strstr(r.body.data, "/v1/pictures/") ? strstr(r.body.data, "/v1/pictures/") : "");
    path[strcspn(path, "\"")] = '\0';
    http_reply_done(&r);
    get(&r, &w, path, NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(http_header(&r, "Content-Type"), "image/png");
    assert_int_equal(dg_encoding_sniff((uint8_t *)r.body.data, r.body.size), DG_ENCODING_PNG);
    http_reply_done(&r);
    get(&r, &w, "/v1/pictures/0123456789abcdef-0000.png", NULL);
    assert_int_equal(r.status, 404);
    http_reply_done(&r);
    dg_buffer_done(&form);
    dg_buffer_done(&square);
    stop(&w);
}

static const struct {
    const char *method, *path;
    bool with_key;
    int status;
    const char *says;
} routes[] = {
    { "GET", "/v1/models", true, 200, "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-image-1\"" },
    { "GET", "/models", true, 200, "\"shutdown_date\":null" },
    { "GET", "/v1/models/dall-e-3", true, 200, "{\"id\":\"dall-e-3\",\"object\":\"model\"," },
    { "GET", "/v1/models/gpt-9", true, 404, "The model 'gpt-9' does not exist" },
    { "GET", "/v1/models", false, 401, "You didn't provide an API key." },
    { "GET", "/v1/rehearsal/stats", false, 200, "{\"requests\":0,\"answered\":0" },
    { "GET", "/v1/images/edits", true, 404, "Invalid URL (GET /v1/images/edits)" },
    { "POST", "/v1/images/generations", true, 404, "Invalid URL (POST /v1/images/generations)" },
    { "GET", "/v1/v1/models", true, 404, "Invalid URL" },
    { "DELETE", "/v1/models", true, 404, "Invalid URL" },
    { "POST", "/v1/images/edits", true, 400, "Unsupported content type: ''." },
    { "POST", "/v1/images/edits", false, 401, "You didn't provide an API key." },
    { "GET", "/openai/models?api-version=1", true, 200, "{\"object\":\"list\"" },
    { "GET", "/openai/models", true, 404, "Invalid URL (GET /openai/models)" },
    { "POST", "/openai/deployments/d/images/edits?api-version=1", true, 400, "Unsupported" },
    { "POST", "/openai/deployments/d/images/edits?api-version=", true, 404, "Invalid URL" },
    { "POST", "/openai/images/edits?api-version=1", true, 404, "Invalid URL" },
};

static void routes_table(void **state)
{
    struct world w;

    (void)state;
    start(&w, NULL);
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        struct http_reply r;
        http_call(&r, w.port, routes[i].method, routes[i].path, routes[i].with_key ? key : NULL,
                  NULL, NULL);
        if (r.status != routes[i].status || !strstr(r.body.data, routes[i].says))
            fail_msg("%s %s: %d %s", routes[i].method, routes[i].path, r.status, r.body.data);
        if (r.status >= 400)
            assert_has(&r, "{\"error\":{\"message\":\"");
        http_reply_done(&r);
    }
    stop(&w);
}

static void malformed_forms(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer form;

    (void)state;
    start(&w, NULL);
    write_form(&form, "prompt=x");
    dg_buffer_cut(&form, form.size - 40);
    http_call(&r, w.port, "POST", edits, key, http_form_type, &form);
    assert_int_equal(r.status, 400);
    assert_has(&r, "Could not parse multipart form");
    http_reply_done(&r);
    http_call(&r, w.port, "POST", edits, key, "multipart/form-data", &form);
    assert_has(&r, "Could not parse multipart form");
    http_reply_done(&r);
    dg_buffer_done(&form);
    stop(&w);
}

static void large_uploads_are_refused(void **state)
{
    struct world w;
    struct http_reply r;
    struct dg_buffer form, much;
    char *zeros = dg_zalloc(1000 * 1000);

    (void)state;
    start(&w, NULL);
    dg_buffer_init(&much, 70 * 1000 * 1000);
    dg_buffer_init(&form, 80 * 1000 * 1000);
    dg_buffer_add(&much, cat.data, cat.size);
    for (int i = 0; i < 60; i++)
        assert_true(dg_buffer_add(&much, zeros, 1000 * 1000));
    http_field(&form, "prompt", "x");
    http_file(&form, "image", "a.png", "image/png", &much);
    http_form_end(&form);
    http_call(&r, w.port, "POST", edits, key, http_form_type, &form);
    assert_int_equal(r.status, 413);
    http_reply_done(&r);
    dg_free(zeros);
    dg_buffer_done(&much);
    dg_buffer_done(&form);
    stop(&w);
}

static void only_given_keys(void **state)
{
    static const char *const options[] = { "keys=sk-one,sk-test-canary-2", NULL };
    struct world w;
    struct http_reply r;

    (void)state;
    start(&w, options);
    edit(&r, &w, "prompt=x");
    assert_int_equal(r.status, 401);
    assert_has(&r, "Incorrect API key provided: sk-te***ry-1.");
    assert_has(&r, "\"code\":\"invalid_api_key\"");
    http_reply_done(&r);
    get(&r, &w, "/v1/models", "sk-one");
    assert_int_equal(r.status, 200);
    http_reply_done(&r);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit),
        cmocka_unit_test(formats_are_honoured),
        cmocka_unit_test(several_images_and_a_mask),
        cmocka_unit_test(a_body_in_small_pieces),
        cmocka_unit_test(json_bodies),
        cmocka_unit_test(urls),
        cmocka_unit_test(routes_table),
        cmocka_unit_test(malformed_forms),
        cmocka_unit_test(large_uploads_are_refused),
        cmocka_unit_test(only_given_keys),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
