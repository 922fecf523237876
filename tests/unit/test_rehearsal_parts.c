/* SPDX-License-Identifier: MIT
 *
 * rehearsal's small parts: quota, tally, JSON bodies, the request log,
 * names of pictures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rehearsal/address.h"
#include "rehearsal/answer.h"
#include "rehearsal/body.h"
#include "rehearsal/dice.h"
#include "rehearsal/journal.h"
#include "rehearsal/quota.h"
#include "rehearsal/tally.h"
#include "temp_folder.h"

/* In no window of a minute more than the limit, and never fewer than could be. */
static void quota_is_a_sliding_window(void **state)
{
    struct dg_quota *q = dg_quota_new(3);
    struct dg_quota_state s;

    (void)state;
    assert_true(dg_quota_take(q, 7, 1000, &s));
    assert_int_equal(s.limit, 3);
    assert_int_equal(s.remaining, 2);
    assert_int_equal(s.reset_ms, 60000);
    assert_true(dg_quota_take(q, 7, 1500, &s));
    assert_true(dg_quota_take(q, 7, 2000, &s));
    assert_int_equal(s.remaining, 0);
    assert_false(dg_quota_take(q, 7, 31000, &s));
    assert_int_equal(s.retry_ms, 30000);
    assert_int_equal(s.reset_ms, 31000);
    assert_true(dg_quota_take(q, 8, 31000, &s)); /* another key */
    assert_false(dg_quota_take(q, 7, 60999, &s));
    assert_true(dg_quota_take(q, 7, 61000, &s));
    assert_false(dg_quota_take(q, 7, 61000, &s));
    assert_true(dg_quota_take(q, 7, 500000, &s));
    assert_int_equal(s.remaining, 2);
    assert_int_equal(dg_quota_keys(q), 2);
    dg_quota_free(q);
}

static void quota_without_limit(void **state)
{
    struct dg_quota *q = dg_quota_new(0);
    struct dg_quota_state s;

    (void)state;
    for (uint64_t key = 0; key < DG_QUOTA_KEYS_MAX + 100; key++)
        assert_true(dg_quota_take(q, key, 5, &s));
    assert_int_equal(dg_quota_keys(q), DG_QUOTA_KEYS_MAX);
    assert_int_equal(s.retry_ms, 0);
    assert_true(s.remaining > 0);
    dg_quota_free(q);
}

static void tally_counts(void **state)
{
    struct dg_tally t = { .requests = 3 };
    struct dg_buffer out;

    (void)state;
    dg_buffer_init(&out, 1000);
    dg_tally_begin(&t);
    dg_tally_begin(&t);
    dg_tally_end(&t, 200, true);
    dg_tally_begin(&t);
    dg_tally_end(&t, 0, false);
    dg_tally_end(&t, 429, true);
    dg_tally_begin(&t);
    dg_tally_print(&t, 5, &out);
    assert_string_equal(out.data, "{\"requests\":3,\"answered\":2,\"in_flight\":1,"
                                  "\"max_in_flight\":2,\"by_status\":{\"none\":1,\"200\":1,"
                                  "\"429\":1},\"keys\":5}\n");
    dg_buffer_done(&out);
}

static void read_json(struct dg_form *form, const char *text, size_t step)
{
    dg_form_init(form);
    struct dg_json_body *body = dg_json_body_new(form);
    for (size_t at = 0; at < strlen(text); at += step) {
        size_t left = strlen(text) - at;
        dg_json_body_feed(body, text + at, left < step ? left : step);
    }
    dg_json_body_free(body);
}

static void json_in_pieces_of_any_size(void **state)
{
    static const char text[] =
        "{\"model\":\"gpt-image-2\",\"n\":2,\"images\":[{\"image_url\":\"data:image/png;base64,"
        "aGVsbG8=\"},{\"image_url\":\"data:IMAGE/webp;base64,d29ybGQh\"}],\"prompt\":\"h\\u00e9 "
        "\\\"x\\\"\",\"user\":\"\",\"stream\":false,\"mask\":{\"image_url\":\"data:image/png;"
        "base64,eA==\"},\"size\":null,\"other\":{\"a\":[1,{\"images\":[]}]},\"quality\":\"low\"}";

    (void)state;
    for (size_t step = 1; step <= sizeof(text); step++) {
        struct dg_form form;
        read_json(&form, text, step);
        assert_int_equal(form.trouble.status, 0);
        assert_true(form.json);
        assert_int_equal(form.part_count, 3);
        assert_string_equal(form.parts[0]->name, "images[0]");
        assert_string_equal(form.parts[0]->type, "image/png");
        assert_string_equal(form.parts[0]->bytes.data, "hello");
        assert_string_equal(form.parts[1]->type, "IMAGE/webp");
        assert_string_equal(form.parts[1]->bytes.data, "world!");
        assert_string_equal(form.parts[2]->name, "mask");
        assert_int_equal(form.parts[2]->size, 1);
        assert_string_equal(dg_form_text(&form, "prompt", ""), "h\xc3\xa9 \"x\"");
        assert_string_equal(dg_form_text(&form, "user", "-"), "");
        assert_string_equal(dg_form_text(&form, "stream", ""), "false");
        assert_string_equal(dg_form_text(&form, "quality", ""), "low");
        assert_string_equal(dg_form_text(&form, "size", "-"), "-");
        assert_int_equal(dg_form_find(&form, "n")->kind, DG_FIELD_NUMBER);
        assert_int_equal(dg_form_find(&form, "other")->kind, DG_FIELD_NESTED);
        dg_form_done(&form);
    }
}

static const struct {
    const char *text;
    const char *says;
} bad_json[] = {
    { "", "could not parse the JSON body" },
    { "{\"n\":", "could not parse the JSON body" },
    { "{\"n\":1} x", "could not parse the JSON body" },
    { "[]", "must be an object" },
    { "\"x\"", "must be an object" },
    { "{\"images\":[\"x\"]}", "Invalid type for 'images'" },
    { "{\"images\":[{}]}", "Missing required parameter: 'image_url'" },
    { "{\"images\":[{\"file_id\":\"file-1\"}]}", "keeps no files" },
    { "{\"images\":[{\"image_url\":5}]}", "Invalid type for 'images[0]'" },
    { "{\"images\":[{\"image_url\":{}}]}", "Invalid type for 'images[0]'" },
    { "{\"images\":[{\"url\":\"x\"}]}", "Unknown member" },
    { "{\"images\":[{\"image_url\":\"https://example.com/a.png\"}]}", "downloads nothing" },
    { "{\"images\":[{\"image_url\":\"https://example.com/a,b.png\"}]}", "Invalid image_url" },
    { "{\"images\":[{\"image_url\":\"data:image/png,abc\"}]}", "Invalid image_url" },
    { "{\"images\":[{\"image_url\":\"data:image/png;base64,!!\"}]}", "Invalid image_url" },
    { "{\"images\":[{\"image_url\":\"data:image/png;base64,abc\"}]}", "Invalid image_url" },
    { "{\"images\":[{\"image_url\":\"file.png\"}]}", "Invalid image_url" },
};

static void bad_json_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_json) / sizeof(*bad_json); i++) {
        for (size_t step = 1; step < 100; step += 98) {
            struct dg_form form;
            read_json(&form, bad_json[i].text, step);
            if (!strstr(form.trouble.message, bad_json[i].says))
                fail_msg("%s: %s", bad_json[i].text, form.trouble.message);
            assert_int_equal(form.trouble.status, 400);
            dg_form_done(&form);
        }
    }
}

static void json_has_bounds(void **state)
{
    struct dg_buffer text;
    struct dg_form form;

    (void)state;
    dg_buffer_init(&text, 64 * 1024);
    for (int i = 0; i < DG_FORM_FIELDS_MAX + 1; i++)
        dg_buffer_printf(&text, "%s\"f%d\":%d", i ? "," : "{", i, i);
    dg_buffer_text(&text, "}");
    read_json(&form, text.data, 1000);
    assert_non_null(strstr(form.trouble.message, "Too many form fields"));
    dg_form_done(&form);
    dg_buffer_done(&text);
}

static void log_lines(void **state)
{
    static const char expected[] =
        "{\"n\":null,\"time_ms\":5,\"took_ms\":6,\"method\":\"POST\",\"path\":\"/v1/\\\"x\","
        "\"status\":0,\"whole\":false,\"key\":null,\"model\":\"m\",\"prompt\":null,\"fields\":{"
        "\"model\":\"m\",\"n\":[1,true,null,\"2\"],\"x\\n\":\"\\u0000\"},\"parts\":[{\"name\":"
        "\"image\",\"filename\":\"a.png\",\"type\":\"\",\"size\":2,\"sha256\":"
        "\"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4\"}],\"in_flight\":7,"
        "\"fault\":\"*:500\",\"request_id\":\"req_1\"}\n";
    struct dg_form form;
    struct dg_error err;

    (void)state;
    dg_form_init(&form);
    dg_form_field_add(&form, dg_form_field(&form, "model", DG_FIELD_FORM), "m", 1);
    dg_form_field_add(&form, dg_form_field(&form, "n", DG_FIELD_NUMBER), "1", 1);
    dg_form_field_add(&form, dg_form_field(&form, "x\n", DG_FIELD_STRING), "\0", 1);
    dg_form_field_add(&form, dg_form_field(&form, "n", DG_FIELD_BOOL), "true", 4);
    dg_form_field(&form, "n", DG_FIELD_NULL);
    dg_form_field_add(&form, dg_form_field(&form, "n", DG_FIELD_FORM), "2", 1);
    dg_form_part_add(&form, dg_form_part(&form, "image", "a.png", NULL), "hi", 2);
    dg_form_digest(&form);
    dg_form_drop_bytes(&form);
    int fd = dg_journal_open(at("log"), &err);
    assert_true(fd >= 0);
    const struct dg_journal_entry entry = { .time_ms = 5,
                                            .took_ms = 6,
                                            .method = "POST",
                                            .path = "/v1/\"x",
                                            .form = &form,
                                            .in_flight = 7,
                                            .fault = "*:500",
                                            .request_id = "req_1" };
    assert_true(dg_journal_write(fd, &entry, &err));
    close(fd);
    dg_form_done(&form);
    assert_content(at("log"), expected);
    assert_int_equal(mode_of(at("log")), 0600);
    assert_int_equal(dg_journal_open("/nowhere/at/all", &err), -1);
    assert_non_null(strstr(err.message, "cannot write the request log /nowhere/at/all"));
}

static const struct {
    const char *name;
    bool good;
} names[] = {
    { "0123456789abcdef-00ff.png", true },    { "0123456789abcdef-00ff.svg", true },
    { "0123456789abcdef-00ff.exe", false },   { "0123456789abcdef-00f.png", false },
    { "0123456789ABCDEF-00ff.png", false },   { "0123456789abcdef00ff.png", false },
    { "0123456789abcdef-00ff.png/x", false }, { "0123456789abcdef-00ff", false },
    { "../../../etc/passwd", false },         { "", false },
};

static void names_of_pictures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        uint64_t id = 0;
        uint32_t variant = 0;
        enum dg_encoding encoding;
        bool ok = dg_answer_parse_name(names[i].name, &id, &variant, &encoding);
        if (ok != names[i].good)
            fail_msg("%s", names[i].name);
        if (ok) {
            assert_true(id == 0x0123456789abcdefU);
            assert_int_equal(variant, 255);
        }
    }
}

static const struct {
    const char *path, *tail;
    bool azure;
} addresses[] = {
    { "/v1/images/edits", "/images/edits", false },
    { "/images/edits", "/images/edits", false },
    { "/v1", "/v1", false },
    { "/v1/", "/", false },
    { "/openai/models", "/models", true },
    { "/openai/deployments/d/images/edits", "/images/edits", true },
    { "/openai/deployments/d", "/openai/deployments/d", true },
    { "/openai/images/edits", "/openai/images/edits", true },
    { "/openai/deployments//images/edits", "/images/edits", true },
    { "/openais/models", "/openais/models", false },
    { "", "", false },
};

static void addresses_of_both_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        assert_string_equal(dg_address_tail(addresses[i].path), addresses[i].tail);
        assert_int_equal(dg_address_azure(addresses[i].path), addresses[i].azure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota_is_a_sliding_window),
        cmocka_unit_test(quota_without_limit),
        cmocka_unit_test(tally_counts),
        cmocka_unit_test(json_in_pieces_of_any_size),
        cmocka_unit_test(bad_json_table),
        cmocka_unit_test(json_has_bounds),
        cmocka_unit_test_setup_teardown(log_lines, make_root, remove_root),
        cmocka_unit_test(names_of_pictures),
        cmocka_unit_test(addresses_of_both_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
