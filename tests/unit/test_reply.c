/* SPDX-License-Identifier: MIT
 *
 * core/reply: good answers, error bodies and every kind of broken answer, each
 * fed whole, byte by byte and cut in two at every place, with equal results.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/secret.h"
#include "core/reply.h"
#include "scratch.h"

enum { SHOWN_BYTES = 4096, LIMIT_BYTES = 100 };

/* "GIF89a\1\0\2\0" */
#define GIF "R0lGODlhAQACAA=="

/* A good answer is shown as its rest and each picture as [KIND WxH SIZE]; a bad
 * one as KIND CODE: MESSAGE, and (TYPE, PARAM) if there are any. */
struct reply_case {
    int status;
    const char *body;
    const char *shown;
};

static const struct reply_case good[] = {
    { 200, "{\"created\":1795451669,\"data\":[{\"b64_json\":\"" GIF "\"}]}",
      "{\"created\":1795451669,\"data\":[{\"b64_json\":0}]}[gif 1x2 10]" },
    { 201,
      " { \"data\" : [ { \"b64_json\" : \"" GIF "\" , \"revised_prompt\" : \"a \\\"b\\\"\" } , "
      "{\"b64_json\":\"" GIF "\"} ] , \"usage\" : { \"total_tokens\" : 12345678901234567890 } }\n",
      "{\"data\":[{\"b64_json\":0,\"revised_prompt\":\"a \\\"b\\\"\"},{\"b64_json\":1}],"
      "\"usage\":{\"total_tokens\":12345678901234567890}}[gif 1x2 10][gif 1x2 10]" },
    { 200, "{}", "{}" },
    { 200, "[]", "[]" },
    { 200, "[[],{},[1,[2,{\"a\":[]}],\"\"],null,true,false,-0.5e-7]",
      "[[],{},[1,[2,{\"a\":[]}],\"\"],null,true,false,-0.5e-7]" },
    { 200, "{\"data\":[]}", "{\"data\":[]}" },
    { 200, "\xef\xbb\xbf\r\n{\"data\":[]}", "{\"data\":[]}" },
    { 200, "null", "null" },
    { 200, "\"text\"", "\"text\"" },
    { 200, "{\"b64\\u005fjson\":\"" GIF "\"}", "{\"b64_json\":0}[gif 1x2 10]" },
    { 200, "{\"b64_json\":\"R0lGODlhAQA\\/AA==\"}", "{\"b64_json\":0}[gif 1x63 10]" },
    { 200, "{\"b64_json\":\"R0lG\\nODlh\\r\\nAQ AC\\tAA==\\n\"}", "{\"b64_json\":0}[gif 1x2 10]" },
    { 200, "{\"b64_json\":\"data:image/png;base64," GIF "\"}", "{\"b64_json\":0}[gif 1x2 10]" },
    { 200, "{\"b64_json\":\"data\"}", "{\"b64_json\":0}[unknown 0x0 3]" },
    { 200, "{\"b64_json\":\"dateGIFs\"}", "{\"b64_json\":0}[unknown 0x0 6]" },
    { 200, "{\"b64_json\":\"aGVsbG8=\"}", "{\"b64_json\":0}[unknown 0x0 5]" },
    { 200, "{\"b64_json\":\"\",\"url\":\"http://h/x\"}",
      "{\"b64_json\":\"\",\"url\":\"http://h/x\"}" },
    { 200, "{\"b64_json\":null,\"a\":[\"b64_json\",\"" GIF "\"]}",
      "{\"b64_json\":null,\"a\":[\"b64_json\",\"" GIF "\"]}" },
    { 200, "{\"b64_json\":[\"x\"],\"c\":{\"b64_json\":7}}",
      "{\"b64_json\":[\"x\"],\"c\":{\"b64_json\":7}}" },
    { 200, "{\"xb64_json\":\"a\",\"b64_jso\":\"b\",\"\":\"c\"}",
      "{\"xb64_json\":\"a\",\"b64_jso\":\"b\",\"\":\"c\"}" },
    { 200, "{\"a\":\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\\\\/\\u00e9\\ud83d\\ude00\\ud800!\x7f\"}",
      "{\"a\":\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\\/\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd!\x7f\"}" },
    { 200, "{\"error\":null,\"data\":[{\"error\":\"x\"}]}",
      "{\"error\":null,\"data\":[{\"error\":\"x\"}]}" },
    { 200, "{\"error\":false,\"b64_json\":\"" GIF "\"}",
      "{\"error\":false,\"b64_json\":0}[gif 1x2 10]" },
    { 200, "{\"b64_json\":\"" GIF "\",\"error\":\"\"}",
      "{\"b64_json\":0,\"error\":\"\"}[gif 1x2 10]" },
    { 200, "{\"b64_json\":\"" GIF "\",\"b64_json\":\"" GIF "\"}",
      "{\"b64_json\":0,\"b64_json\":1}[gif 1x2 10][gif 1x2 10]" },
};

static const struct reply_case complaints[] = {
    { 400,
      "{\"error\":{\"message\":\"Unknown parameter: 'x'.\",\"type\":\"invalid_request_error\","
      "\"param\":\"x\",\"code\":\"unknown_parameter\"}}",
      "api unknown_parameter: Unknown parameter: 'x'. (invalid_request_error, x)" },
    { 429,
      "{\"error\":{\"message\":\"Slow down\",\"type\":\"requests\",\"param\":null,\"code\":null}}",
      "api requests: Slow down (requests, )" },
    { 500, "{\"error\":{\"message\":\"Oops\"}}", "api http_500: Oops" },
    { 404, "{\"error\":\"no such model\"}", "api http_404: no such model" },
    { 422, "{\"detail\":\"image is required\"}", "api http_422: image is required" },
    { 422, "{\"detail\":{\"error\":\"bad\"}}", "api http_422: bad" },
    { 422, "{\"detail\":[{\"loc\":[\"body\",\"n\"],\"msg\":\"too big\"}]}",
      "api http_422: too big" },
    { 500, "{\"code\":7,\"msg\":\"busy\"}", "api http_500: busy" },
    { 400, "{\"object\":\"error\",\"message\":\"m\",\"code\":40001}", "api http_400: m" },
    { 400, "{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"INVALID\"}}", "api 400: m" },
    { 400, "[{\"error\":{\"code\":400,\"message\":\"in a list\"}}]", "api 400: in a list" },
    { 400,
      "{\"error\":{\"innererror\":{\"message\":\"deep\",\"code\":\"deep\"},\"message\":\"m\"}}",
      "api http_400: m" },
    { 400, "{\"message\":\"plain\",\"error\":{\"message\":\"best\"},\"detail\":\"d\"}",
      "api http_400: best" },
    { 400, "{\"error\":{\"message\":\"\"},\"detail\":\"d\"}", "api http_400: d" },
    { 400, "{\"error\":{\"message\":\"first\",\"message\":\"second\"}}", "api http_400: first" },
    { 400, "{\"error\":{\"message\":\"\\u001b]0;title\\u0007\\n\\u202ex\"}}",
      "api http_400: \\x1b]0;title\\x07\\n\\u202ex" },
    { 400, "{\"error\":{\"message\":\"nul \\u0000 gone\"}}", "api http_400: nul \\x00 gone" },
    { 400, "{\"status\":\"fail\"}", "api http_400: {\"status\":\"fail\"}" },
    { 200, "{\"error\":{\"message\":\"blocked\",\"code\":\"moderation_blocked\"}}",
      "api moderation_blocked: blocked" },
    { 200, "{\"data\":[{\"b64_json\":\"" GIF "\"}],\"error\":\"but no\"}", "api http_200: but no" },
    { 200, "{\"error\":{\"message\":\"seen\"},\"data\":[", "api http_200: seen" },
    { 200, "{\"error\":true}", "api http_200: {\"error\":true}" },
    { 200, "{\"error\":{}}", "api http_200: {\"error\":{}}" },
    { 502,
      "<html>\r\n<head><title>502 Bad Gateway</title>\n<style>a > b { x: y }</style></head>\r\n"
      "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr>nginx</body></html>",
      "api http_502: 502 Bad Gateway 502 Bad Gateway nginx" },
    { 503, "upstream  connect\nerror: 1 < 2", "api http_503: upstream connect error: 1 < 2" },
    { 504, "", "api http_504: the server answered with status 504 and no text" },
    { 504, "<br>", "api http_504: the server answered with status 504 and no text" },
    { 500, "{oops", "api http_500: {oops" },
    { 500, "{\"error\":{\"message\":\"cut", "api http_500: {\"error\":{\"message\":\"cut" },
    { 500, "{\"error\":{\"message\":\"caf\xe9\"}}",
      "api http_500: {\"error\":{\"message\":\"caf\\xe9\"}}" },
    { 307, "{\"data\":[]}", "api http_307: {\"data\":[]}" },
    { 400, "{\"b64_json\":\"!\",\"error\":\"late\"}",
      "api http_400: {\"b64_json\":\"!\",\"error\":\"late\"}" },
};

static const struct reply_case broken[] = {
    { 200, "{\"b64_json\":\"dat\"}",
      "reply invalid_base64: the answer's picture is not good base64: it ends inside a group of "
      "four "
      "characters" },
    { 200, "", "reply not_json: the server answered with status 200 but without any text" },
    { 200, " \r\n", "reply not_json: the server answered with status 200 but without any text" },
    { 200, "<!DOCTYPE html><p>Sign <b>in</b></p><script>x()</script>",
      "reply not_json: the server answered with status 200 but not with JSON: Sign in" },
    { 200, "event: image\ndata: {}\n\n",
      "reply not_json: the server answered with status 200 but not with JSON: event: image data: "
      "{}" },
    { 200, "nul", "reply not_json: the server answered with status 200 but not with JSON: nul" },
    { 200, "\xef\xbbx",
      "reply not_json: the server answered with status 200 but not with JSON: x" },
    { 200, "{\"data\":[{\"b64_json\":\"R0lGODlh",
      "reply truncated_json: the answer was cut short: it ends after 30 bytes, inside its JSON" },
    { 200, "{\"data\":[]",
      "reply truncated_json: the answer was cut short: it ends after 10 bytes, inside its JSON" },
    { 200, "{\"data\":[}",
      "reply invalid_json: the answer is not valid JSON at byte 9: a value was expected" },
    { 200, " \n{\"data\":[}",
      "reply invalid_json: the answer is not valid JSON at byte 11: a value was expected" },
    { 200, "{\"a\":1}{",
      "reply invalid_json: the answer is not valid JSON at byte 7: something follows the end of "
      "the "
      "value" },
    { 200, "{\"b64_json\":\"R0lG*\"}",
      "reply invalid_base64: the answer's picture is not good base64: a character that is not of "
      "its "
      "alphabet, or text after its end" },
    { 200, "{\"b64_json\":\"R0l-\"}",
      "reply invalid_base64: the answer's picture is not good base64: a character that is not of "
      "its "
      "alphabet, or text after its end" },
    { 200, "{\"b64_json\":\"R0lGO===\"}",
      "reply invalid_base64: the answer's picture is not good base64: a character that is not of "
      "its "
      "alphabet, or text after its end" },
    { 200, "{\"b64_json\":\"R0lGO\"}",
      "reply invalid_base64: the answer's picture is not good base64: it ends inside a group of "
      "four "
      "characters" },
    { 200, "{\"b64_json\":\"data:image/png\"}",
      "reply invalid_base64: the answer's picture is not good base64: a data: URL without a "
      "comma" },
    { 200, "{\"b64_json\":\"data:image/svg+xml,<svg/>\"}",
      "reply invalid_base64: the answer's picture is not good base64: a character that is not of "
      "its "
      "alphabet, or text after its end" },
};

/* ---- one answer ---- */

static void show_picture(const struct dg_picture *p, struct dg_buffer *out)
{
    struct stat st;
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_size, p->size_bytes);
    dg_buffer_printf(out, "[%s %ux%u %d]", dg_image_name(p->info.kind), p->info.width,
                     p->info.height, (int)p->size_bytes);
}

static void show(struct dg_reply *r, int status, struct dg_buffer *out)
{
    struct dg_error err;
    if (!dg_reply_end(r, status, &err)) {
        dg_buffer_printf(out, "%s %s: %s", dg_kind_name(err.kind), err.code, err.message);
        if (*dg_reply_error_type(r) || *dg_reply_error_param(r))
            dg_buffer_printf(out, " (%s, %s)", dg_reply_error_type(r), dg_reply_error_param(r));
        return;
    }
    size_t n;
    const char *rest = dg_reply_rest(r, &n);
    assert_int_equal(strlen(rest), n);
    dg_buffer_text(out, rest);
    for (size_t k = 0; k < dg_reply_count(r); k++)
        show_picture(dg_reply_picture(r, k), out);
    assert_null(dg_reply_picture(r, dg_reply_count(r)));
}

static struct dg_reply *new_reply(struct scratch *s)
{
    struct dg_reply_options options = { .directory = s->dir,
                                        .stem = "row",
                                        .max_picture_bytes = LIMIT_BYTES };
    return dg_reply_new(&options);
}

/* Fed in pieces of `first` bytes, then `step` at a time; no file is left. */
static void run(struct scratch *s, const struct reply_case *c, size_t first, size_t step,
                struct dg_buffer *out)
{
    size_t n = strlen(c->body), at = first < n ? first : n;
    struct dg_reply *r = new_reply(s);
    dg_buffer_clear(out);
    dg_reply_feed(r, c->body, at);
    while (at < n) {
        size_t piece = step < n - at ? step : n - at;
        char *alone = dg_alloc(piece); /* so that a sanitizer sees a read behind it */
        memcpy(alone, c->body + at, piece);
        dg_reply_feed(r, alone, piece);
        dg_free(alone);
        at += piece;
    }
    show(r, c->status, out);
    dg_reply_free(r);
    assert_int_equal(scratch_files(s, 0), 0);
}

static void run_all(const struct reply_case *cases, size_t count)
{
    struct scratch s;
    struct dg_buffer out;
    scratch_make(&s);
    dg_buffer_init(&out, SHOWN_BYTES);
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(cases[i].body);
        run(&s, &cases[i], n, 1, &out);
        assert_string_equal(out.data, cases[i].shown);
        run(&s, &cases[i], 0, 1, &out);
        assert_string_equal(out.data, cases[i].shown);
        for (size_t cut = 1; cut < n; cut++) {
            run(&s, &cases[i], cut, n, &out);
            assert_string_equal(out.data, cases[i].shown);
        }
    }
    dg_buffer_done(&out);
    scratch_remove(&s);
}

static void good_answers(void **state)
{
    (void)state;
    run_all(good, sizeof good / sizeof *good);
}

static void error_bodies(void **state)
{
    (void)state;
    run_all(complaints, sizeof complaints / sizeof *complaints);
}

static void broken_answers(void **state)
{
    (void)state;
    run_all(broken, sizeof broken / sizeof *broken);
}

/* ---- sizes ---- */

/* Feeds `head`, `n` times `unit`, `tail` and shows the end. */
static void repeated(struct scratch *s, const char *head, const char *unit, size_t n,
                     const char *tail, struct dg_buffer *out)
{
    struct dg_reply *r = new_reply(s);
    dg_buffer_clear(out);
    dg_reply_feed(r, head, strlen(head));
    for (size_t i = 0; i < n; i++)
        dg_reply_feed(r, unit, strlen(unit));
    dg_reply_feed(r, tail, strlen(tail));
    show(r, 200, out);
    dg_reply_free(r);
    assert_int_equal(scratch_files(s, 0), 0);
}

static void limits(void **state)
{
    static const struct {
        const char *head, *unit;
        size_t n;
        const char *tail, *shown;
    } all[] = {
        { "{\"b64_json\":\"", "AAAA", 33, "AA==\"}", "{\"b64_json\":0}[unknown 0x0 100]" },
        { "{\"b64_json\":\"", "AAAA", 33, "AAA=\"}",
          "reply too_large: the answer's picture is over the limit of 100 bytes" },
        { "{\"b64_json\":\"", "AAAA", 33, "AAA=*\"}",
          "reply too_large: the answer's picture is over the limit of 100 bytes" },
        { "{\"b64_json\":\"", "AAAA", 50000, "\"}",
          "reply too_large: the answer's picture is over the limit of 100 bytes" },
        { "{\"b64_json\":\"", " \\n", 200000, "AAAA\"}", "{\"b64_json\":0}[unknown 0x0 3]" },
        { "[{}", ",{\"b64_json\":\"AAAA\"}", DG_REPLY_PICTURES + 1, "]",
          "reply too_many_pictures: the answer holds more than 64 pictures" },
        { "{\"a\":\"", "0123456789", DG_REPLY_REST_BYTES / 10, "\"}",
          "reply too_large: the answer holds over 1048576 bytes of JSON besides its pictures" },
        { "[", "[", 100000, "]",
          "reply invalid_json: the answer is not valid JSON at byte 128: nested too deep" },
        { "<p>", "0123456789 ", 100000, "</p>",
          "reply not_json: the server answered with status 200 but not with JSON: 0123456789 "
          "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
          "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
          "0123456789 01" },
        { "", " ", 100000, "{}", "{}" },
    };
    struct scratch s;
    struct dg_buffer out;
    (void)state;
    scratch_make(&s);
    dg_buffer_init(&out, SHOWN_BYTES);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        repeated(&s, all[i].head, all[i].unit, all[i].n, all[i].tail, &out);
        assert_string_equal(out.data, all[i].shown);
    }
    dg_buffer_done(&out);
    scratch_remove(&s);
}

static void text_is_kept_to_64_kib(void **state)
{
    struct scratch s;
    struct dg_error err;
    size_t n;
    (void)state;
    scratch_make(&s);
    struct dg_reply *r = new_reply(&s);
    for (int i = 0; i < 10000; i++)
        dg_reply_feed(r, "some text ", 10);
    assert_false(dg_reply_end(r, 200, &err));
    dg_reply_rest(r, &n);
    assert_int_equal(n, 64 * 1024);
    dg_reply_free(r);
    scratch_remove(&s);
}

static const char long_key[] = "sk-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";

/* true if more of the key is to be seen than its tail. */
static bool shows_key(const char *text)
{
    enum { WINDOW = 6 };
    for (size_t i = 0; i + WINDOW < sizeof long_key; i++)
        if (memmem(text, strlen(text), long_key + i, WINDOW))
            return true;
    return false;
}

/* head, `fill` n times, the key, tail */
static void say_key(struct scratch *s, int status, const char *const parts[3], size_t n)
{
    struct dg_error err = { 0 };
    struct dg_reply *r = new_reply(s);
    dg_reply_feed(r, parts[0], strlen(parts[0]));
    for (size_t i = 0; i < n; i++)
        dg_reply_feed(r, parts[1], strlen(parts[1]));
    dg_reply_feed(r, long_key, strlen(long_key));
    dg_reply_feed(r, parts[2], strlen(parts[2]));
    assert_false(dg_reply_end(r, status, &err));
    if (shows_key(err.message) || shows_key(dg_reply_error_type(r)))
        fail_msg("%d %s, %zu: %s", status, parts[0], n, err.message);
    dg_reply_free(r);
}

/* Wherever a text is cut, a key that stands across the cut is not seen. */
static void no_cut_bares_a_key(void **state)
{
    static const struct {
        int status;
        const char *parts[3];
        size_t cuts[2]; /* bytes of fill to the cut */
    } bodies[] = {
        { 400, { "{\"error\":{\"message\":\"", "x", "\"}}" }, { 1000, 5096 } },
        { 400, { "{\"error\":{\"type\":\"", "x", "\"}}" }, { 1000, 5096 } },
        { 400, { "{\"detail\":\"", "\\u0001", "\"}" }, { 250, 1000 } },
        { 500, { "", "x", " and more" }, { 200, 1000 } },
        { 500, { "<p>", "x", "</p>" }, { 200, 1000 } },
        { 200, { "", "x", "" }, { 200, 1000 } },
        { 500, { "text", " ", "" }, { 200, 65532 } },
        { 200, { "text", " ", "" }, { 200, 65532 } },
        { 500, { "{oops", "x", "" }, { 195, 1019 } },
        { 500, { "{oops", " ", "" }, { 1019, 5115 } },
    };
    struct scratch s;
    (void)state;
    scratch_make(&s);
    dg_secret_add(long_key);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        for (size_t k = 0; k < 2; k++) {
            size_t cut = bodies[i].cuts[k];
            for (size_t n = cut > 60 ? cut - 60 : 0; n < cut + 8; n++)
                say_key(&s, bodies[i].status, bodies[i].parts, n);
        }
    }
    dg_secret_clear();
    scratch_remove(&s);
}

/* A picture larger than all buffers comes out byte for byte, in odd pieces. */
static void a_large_picture(void **state)
{
    enum { BYTES = 300001 };
    static uint8_t picture[BYTES], got[BYTES];
    struct scratch s;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < BYTES; i++)
        picture[i] = (uint8_t)(i * i >> 3);
    memcpy(picture, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\4\0\0\0\2\1\x08\6", 26);
    size_t n = dg_base64_size(BYTES);
    char *text = dg_alloc(n);
    dg_base64_encode(picture, BYTES, text);
    for (size_t step = 1; step < 1000000; step = step * 37 + 1) {
        struct dg_reply_options options = { .directory = s.dir, .stem = "x" };
        struct dg_reply *r = dg_reply_new(&options);
        dg_reply_feed(r, "{\"b64_json\":\"", 13);
        for (size_t at = 0; at < n; at += step)
            dg_reply_feed(r, text + at, step < n - at ? step : n - at);
        dg_reply_feed(r, "\"}", 2);
        assert_true(dg_reply_end(r, 200, &err));
        const struct dg_picture *p = dg_reply_picture(r, 0);
        assert_int_equal(p->size_bytes, BYTES);
        assert_int_equal(p->info.kind, DG_IMAGE_PNG);
        assert_int_equal(p->info.width, 1024);
        assert_true(p->info.alpha);
        int fd = open(p->path, O_RDONLY | O_CLOEXEC);
        assert_int_equal(read(fd, got, BYTES), BYTES);
        assert_int_equal(close(fd), 0);
        assert_memory_equal(got, picture, BYTES);
        dg_reply_free(r);
    }
    dg_free(text);
    scratch_remove(&s);
}

/* ---- options and ownership ---- */

static void other_picture_keys(void **state)
{
    static const char *const keys[] = { "image", "mask\"", NULL };
    static const char body[] =
        "{\"image\":\"" GIF "\",\"mask\\\"\":\"" GIF "\",\"b64_json\":\"x\"}";
    struct dg_buffer out;
    struct scratch s;
    (void)state;
    scratch_make(&s);
    dg_buffer_init(&out, SHOWN_BYTES);
    struct dg_reply_options options = { .directory = s.dir, .stem = "x", .picture_keys = keys };
    struct dg_reply *r = dg_reply_new(&options);
    dg_reply_feed(r, body, strlen(body));
    show(r, 200, &out);
    assert_string_equal(out.data, "{\"image\":0,\"mask\\\"\":1,\"b64_json\":\"x\"}"
                                  "[gif 1x2 10][gif 1x2 10]");
    dg_reply_free(r);
    dg_buffer_done(&out);
    scratch_remove(&s);
}

static void kept_files_stay(void **state)
{
    static const char body[] = "{\"b64_json\":\"" GIF "\"}";
    struct scratch s;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    struct dg_reply *r = new_reply(&s);
    dg_reply_feed(r, body, strlen(body));
    assert_true(dg_reply_end(r, 200, &err));
    const char *path = dg_reply_picture(r, 0)->path;
    assert_memory_equal(path, s.dir, strlen(s.dir));
    assert_memory_equal(path + strlen(s.dir), "/row.", 5);
    dg_reply_keep(r);
    dg_reply_free(r);
    assert_int_equal(scratch_files(&s, 0), 1);
    scratch_remove(&s);
}

static void given_up_in_the_middle(void **state)
{
    static const char body[] = "{\"b64_json\":\"R0lGODlh";
    struct scratch s;
    (void)state;
    scratch_make(&s);
    struct dg_reply *r = new_reply(&s);
    dg_reply_feed(r, body, strlen(body));
    assert_int_equal(scratch_files(&s, 0), 1);
    dg_reply_free(r);
    assert_int_equal(scratch_files(&s, 0), 0);
    scratch_remove(&s);
}

static void no_folder_to_write_to(void **state)
{
    static const char body[] = "{\"b64_json\":\"" GIF "\"}";
    struct dg_reply_options options = { .directory = "/nonexistent", .stem = "x" };
    struct dg_error err;
    (void)state;
    struct dg_reply *r = dg_reply_new(&options);
    dg_reply_feed(r, body, strlen(body));
    assert_false(dg_reply_end(r, 200, &err));
    assert_int_equal(err.kind, DG_KIND_FILE);
    assert_non_null(strstr(err.message, "/nonexistent"));
    dg_reply_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_answers),           cmocka_unit_test(error_bodies),
        cmocka_unit_test(broken_answers),         cmocka_unit_test(limits),
        cmocka_unit_test(text_is_kept_to_64_kib), cmocka_unit_test(a_large_picture),
        cmocka_unit_test(other_picture_keys),     cmocka_unit_test(kept_files_stay),
        cmocka_unit_test(given_up_in_the_middle), cmocka_unit_test(no_folder_to_write_to),
        cmocka_unit_test(no_cut_bares_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
