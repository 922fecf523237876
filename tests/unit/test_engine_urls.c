/* SPDX-License-Identifier: MIT
 *
 * core/engine: requests of URLs without a pool: downloads, their limits, their
 * redirects, and the addresses they may not reach.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/secret.h"
#include "core/address.h"
#include "engine_world.h"

/* 4096 times 'a', as gzip makes it. */
static const unsigned char bomb[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xed, 0xc1, 0x01, 0x0d,
    0x00, 0x00, 0x00, 0xc2, 0xa0, 0xac, 0xef, 0x5f, 0xc2, 0x1e, 0x0e, 0x28, 0x00, 0x00,
    0x00, 0xe0, 0xdd, 0x00, 0x73, 0xdc, 0x99, 0x9c, 0x00, 0x10, 0x00, 0x00,
};

static bool asks_for(const struct raw_request *q, const char *path)
{
    size_t length = strlen(path);
    return strncmp(q->head.data + 4, path, length) == 0 && q->head.data[4 + length] == ' ';
}

static void redirect(struct raw_answer *a, int status, const char *format, const char *base)
{
    char header[400];
    char location[300];
    snprintf(location, sizeof location, format, base);
    snprintf(header, sizeof header, "Location: %s\r\n", location);
    raw_answer_http(a, status, header, "<html>moved</html>", 18);
}

/* A small site: what stands under each path. */
static void site(void *self, const struct raw_request *q, struct raw_answer *a)
{
    const struct world *w = self;
    const char *other = w->other ? raw_server_url(w->other) : "";
    if (asks_for(q, "/a.png"))
        raw_answer_http(a, 200, "Content-Type: text/plain\r\n", (const char *)pixel, sizeof pixel);
    else if (asks_for(q, "/empty"))
        raw_answer_http(a, 200, "", "", 0);
    else if (asks_for(q, "/bomb"))
        raw_answer_http(a, 200, "Content-Encoding: gzip\r\n", (const char *)bomb, sizeof bomb);
    else if (asks_for(q, "/bad-gzip"))
        raw_answer_http(a, 200, "Content-Encoding: gzip\r\n", "abcdefghijkl", 12);
    else if (asks_for(q, "/trailers"))
        dg_buffer_text(&a->bytes, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n");
    else if (asks_for(q, "/301"))
        redirect(a, 301, "%sa.png", "/");
    else if (asks_for(q, "/302"))
        redirect(a, 302, "%s", "/a b/../a.png");
    else if (asks_for(q, "/303"))
        redirect(a, 303, "%s/a.png", other);
    else if (asks_for(q, "/302-away"))
        redirect(a, 302, "%s", "/303");
    else if (asks_for(q, "/307"))
        redirect(a, 307, "%s", "301");
    else if (asks_for(q, "/308"))
        redirect(a, 308, "%s", "//127.0.0.1:9/../x");
    else if (asks_for(q, "/loop"))
        redirect(a, 302, "%s", "/loop");
    else if (asks_for(q, "/ftp"))
        redirect(a, 302, "%s", "ftp://127.0.0.1/a.png");
    else if (asks_for(q, "/file"))
        redirect(a, 302, "%s", "file:///etc/passwd");
    else if (asks_for(q, "/busy") && q->number == 0)
        raw_answer_http(a, 503, "", "busy", 4);
    else if (asks_for(q, "/busy"))
        raw_answer_http(a, 200, "", (const char *)pixel, sizeof pixel);
    else
        raw_answer_http(a, 404, "", "<h1>Not here</h1>", 17);
}

/* Sends everybody back to the first server. */
static void wanderer(void *self, const struct raw_request *q, struct raw_answer *a)
{
    const struct world *w = self;
    (void)q;
    redirect(a, 307, "%s/a.png", raw_server_url(w->server));
}

static struct dg_outcome *fetch(struct world *w, const char *path, unsigned max_redirects)
{
    char url[300];
    snprintf(url, sizeof url, "%s%s", raw_server_url(w->server), path);
    struct dg_request request = download(w, url);
    request.max_redirects = max_redirects;
    request.max_bytes = 1000;
    return perform(w, &request);
}

static void a_download_becomes_a_picture(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, site);
    struct dg_outcome *o = fetch(&w, "/a.png", 0);
    assert_true(o->ok);
    assert_int_equal(o->attempts, 1);
    assert_int_equal(o->picture_count, 1);
    assert_int_equal(o->pictures[0].size_bytes, sizeof pixel);
    assert_int_equal(o->pictures[0].info.kind, DG_IMAGE_PNG);
    assert_int_equal(o->pictures[0].info.width, 1);
    assert_string_equal(o->content_type, "text/plain");
    assert_string_equal(o->endpoint, "");
    assert_int_equal(o->endpoint_index, -1);
    assert_string_equal(o->text, "");
    assert_non_null(strstr(o->url, "/a.png"));
    dg_outcome_free(o);
    o = fetch(&w, "/empty", 0);
    assert_true(o->ok);
    assert_int_equal(o->pictures[0].size_bytes, 0);
    assert_int_equal(o->pictures[0].info.kind, DG_IMAGE_UNKNOWN);
    dg_outcome_free(o);
    o = fetch(&w, "/trailers", 0);
    assert_true(o->ok);
    assert_int_equal(o->pictures[0].size_bytes, 2);
    dg_outcome_free(o);
    assert_null(strcasestr(raw_server_request(w.server, 0)->head.data, "Authorization"));
    world_close(&w);
}

#define NOT_FOLLOWED                                                                               \
    "redirects to an address of another kind, which is not followed: only http "                   \
    "and https are, and never from https to http"

static void downloads_fail_in_words(void **state)
{
    static const struct {
        const char *path;
        enum dg_kind kind;
        const char *code;
        enum dg_verdict verdict;
        unsigned attempts;
        const char *message; /* behind "127.0.0.1:PORT: " */
    } table[] = {
        { "/none", DG_KIND_API, "http_404", DG_FATAL, 1, "Not here (HTTP 404)" },
        { "/bomb", DG_KIND_IMAGE, "too_large", DG_FATAL, 1,
          "sends more than the limit of 1000 bytes; --max_image_bytes raises it" },
        { "/bad-gzip", DG_KIND_REPLY, "bad_encoding", DG_FATAL, 1,
          "the answer is not encoded as its header says" },
        { "/loop", DG_KIND_NETWORK, "redirect", DG_FATAL, 4, "more than 3 redirects" },
        { "/ftp", DG_KIND_NETWORK, "redirect", DG_FATAL, 1, NOT_FOLLOWED },
        { "/file", DG_KIND_NETWORK, "redirect", DG_FATAL, 1, NOT_FOLLOWED },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct world w;
        char message[500];
        world_open(&w, site);
        snprintf(message, sizeof message, "127.0.0.1:%u: %s", raw_server_port(w.server),
                 table[k].message);
        struct dg_outcome *o = fetch(&w, table[k].path, 3);
        assert_says(o, table[k].kind, table[k].code, "");
        assert_string_equal(o->error.message, message);
        assert_int_equal(o->verdict, table[k].verdict);
        assert_int_equal(o->attempts, table[k].attempts);
        assert_int_equal(raw_server_count(w.server), table[k].attempts);
        assert_int_equal(o->picture_count, 0);
        assert_false(o->possibly_billed);
        dg_outcome_free(o);
        world_close(&w);
    }
}

static void redirects_are_followed(void **state)
{
    static const struct {
        const char *path;
        unsigned attempts;
        bool elsewhere; /* ends at the other server */
    } table[] = {
        { "/301", 2, false }, { "/302", 2, false }, { "/303", 2, true }, { "/307", 3, false }
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct world w;
        char final[300];
        world_open(&w, site);
        world_open_other(&w, site);
        struct dg_outcome *o = fetch(&w, table[k].path, 3);
        if (!o->ok)
            fail_msg("%s: %s", table[k].path, o->error.message);
        assert_int_equal(o->attempts, table[k].attempts);
        snprintf(final, sizeof final, "%s/a.png",
                 raw_server_url(table[k].elsewhere ? w.other : w.server));
        assert_string_equal(o->url, final);
        assert_int_equal(o->pictures[0].info.kind, DG_IMAGE_PNG);
        assert_int_equal(raw_server_count(w.server) + raw_server_count(w.other), o->attempts);
        dg_outcome_free(o);
        world_close(&w);
    }
}

/* The caller's headers reach the first origin only; not even a redirect back to
 * it, which the other one wrote, brings them along. */
static void headers_stay_with_their_origin(void **state)
{
    const struct dg_header own[] = { { "Authorization", "Bearer not-for-others" },
                                     { "X-Note", " \t" } };
    struct world w;
    char url[300];
    (void)state;
    world_open(&w, site);
    world_open_other(&w, wanderer);
    snprintf(url, sizeof url, "%s/302-away", raw_server_url(w.server));
    struct dg_request request = download(&w, url);
    request.max_redirects = 5;
    request.headers = own;
    request.header_count = 2;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_int_equal(raw_server_count(w.server), 3);
    assert_int_equal(raw_server_count(w.other), 1);
    for (unsigned k = 0; k < 4; k++) {
        const struct raw_request *q =
            k < 3 ? raw_server_request(w.server, k) : raw_server_request(w.other, 0);
        assert_int_equal(raw_request_has(q, "Authorization: Bearer not-for-others"), k < 2);
        assert_int_equal(raw_request_has(q, "X-Note:"), k < 2);
    }
    dg_outcome_free(o);
    world_close(&w);
}

static void a_shown_url_holds_no_password(void **state)
{
    struct world w;
    char url[300], shown[300];
    (void)state;
    world_open(&w, site);
    snprintf(url, sizeof url, "http://me:swordfish@127.0.0.1:%u/a.png", raw_server_port(w.server));
    snprintf(shown, sizeof shown, "http://127.0.0.1:%u/a.png", raw_server_port(w.server));
    struct dg_request request = download(&w, url);
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_string_equal(o->url, shown);
    assert_true(
        raw_request_has(raw_server_request(w.server, 0), "Authorization: Basic bWU6c3dvcmRmaXNo"));
    dg_outcome_free(o);
    world_close(&w);
}

static void no_redirect_unasked(void **state)
{
    struct world w;
    char message[200];
    (void)state;
    world_open(&w, site);
    struct dg_outcome *o = fetch(&w, "/308", 0);
    snprintf(message, sizeof message,
             "127.0.0.1:%u: redirects to 127.0.0.1:9 (HTTP 308), which is not followed here",
             raw_server_port(w.server));
    assert_says(o, DG_KIND_NETWORK, "redirect", message);
    dg_outcome_free(o);
    world_close(&w);
}

static void a_busy_server_is_asked_again(void **state)
{
    struct world w;
    char url[300];
    (void)state;
    world_open(&w, site);
    snprintf(url, sizeof url, "%s/busy", raw_server_url(w.server));
    struct dg_request request = download(&w, url);
    request.max_retries = 1;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_int_equal(o->attempts, 2);
    dg_outcome_free(o);
    world_close(&w);
}

static void text_has_its_limit(void **state)
{
    struct world w;
    char url[300];
    (void)state;
    world_open(&w, site);
    snprintf(url, sizeof url, "%s/bomb", raw_server_url(w.server));
    struct dg_request request = { .url = url, .sink = DG_SINK_TEXT, .max_bytes = 4096 };
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    assert_int_equal(o->text_size, 4096);
    assert_int_equal(o->text[4095], 'a');
    assert_int_equal(strlen(o->text), 4096);
    dg_outcome_free(o);
    request.max_bytes = 4095;
    o = perform(&w, &request);
    assert_says(o, DG_KIND_REPLY, "too_large", "answers with more than the limit of 4095 bytes");
    dg_outcome_free(o);
    world_close(&w);
}

/* --- addresses ------------------------------------------------------------- */

static void private_addresses_are_refused_by_their_look(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1",          "127.1",    "2130706433",      "0x7f.1", "localhost", "[::1]",
        "[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254", "0"
    };
    struct world w;
    (void)state;
    world_open(&w, site);
    for (size_t k = 0; k < sizeof hosts / sizeof *hosts; k++) {
        char url[200];
        char message[200];
        snprintf(url, sizeof url, "http://%s:%u/a.png", hosts[k], raw_server_port(w.server));
        struct dg_request request = download(&w, url);
        request.public_only = true;
        request.timeout_ms = 2000;
        struct dg_outcome *o = perform(&w, &request);
        snprintf(message, sizeof message, "%s:%u: leads to an address that is not public (",
                 hosts[k], raw_server_port(w.server));
        assert_says(o, DG_KIND_NETWORK, "private_address", message);
        assert_says(o, DG_KIND_NETWORK, "private_address", "; --allow_private_urls permits it");
        assert_int_equal(o->attempts, 0);
        assert_int_equal(o->verdict, DG_FATAL);
        dg_outcome_free(o);
    }
    assert_int_equal(raw_server_count(w.server), 0);
    world_close(&w);
}

/* A name of this machine whose addresses are all private, or NULL. */
static const char *private_name(void)
{
    static char own[256];
    const char *const names[] = { own, "ip6-localhost", "ip6-loopback" };
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    gethostname(own, sizeof own - 1);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct addrinfo *list;
        bool private = true;
        if (!dg_address_host_public(names[k]) || getaddrinfo(names[k], NULL, &hints, &list) != 0)
            continue;
        for (struct addrinfo *a = list; a; a = a->ai_next)
        private = private && !dg_address_public(a->ai_addr);
        freeaddrinfo(list);
        if (private)
            return names[k];
    }
    return NULL;
}

static void private_addresses_are_refused_by_their_socket(void **state)
{
    struct world w;
    char url[400];
    const char *name = private_name();
    (void)state;
    if (!name)
        skip();
    world_open(&w, site);
    snprintf(url, sizeof url, "http://%s:%u/a.png", name, raw_server_port(w.server));
    struct dg_request request = download(&w, url);
    request.public_only = true;
    struct dg_outcome *o = perform(&w, &request);
    assert_says(o, DG_KIND_NETWORK, "private_address", "leads to an address that is not public (");
    assert_int_equal(o->verdict, DG_FATAL);
    dg_outcome_free(o);
    assert_int_equal(raw_server_accepted(w.server), 0); /* not even a connection */
    world_close(&w);
}

/* A connection that another request has opened is no way around. */
static void a_kept_connection_does_not_smuggle(void **state)
{
    struct world w;
    char url[400];
    const char *name = private_name();
    (void)state;
    if (!name)
        skip();
    world_open(&w, site);
    snprintf(url, sizeof url, "http://%s:%u/a.png", name, raw_server_port(w.server));
    struct dg_request request = download(&w, url);
    struct dg_outcome *o = perform(&w, &request);
    bool reached = o->ok; /* the name may stand for an address nobody listens on */
    dg_outcome_free(o);
    request.public_only = true;
    o = perform(&w, &request);
    assert_says(o, DG_KIND_NETWORK, "private_address", "leads to an address that is not public (");
    dg_outcome_free(o);
    assert_int_equal(raw_server_count(w.server), reached);
    world_close(&w);
}

static void the_trusted_may_be_private(void **state)
{
    struct world w;
    char url[300];
    (void)state;
    world_open(&w, site);
    world_pool(&w, two_keys, 1, 0);
    snprintf(url, sizeof url, "%s/a.png", raw_server_url(w.server));
    struct dg_request request = download(&w, url);
    request.public_only = true;
    request.trusted = w.pool;
    struct dg_outcome *o = perform(&w, &request);
    assert_true(o->ok);
    dg_outcome_free(o);
    assert_null(strcasestr(raw_server_request(w.server, 0)->head.data, "Authorization"));
    world_close(&w);
}

static void a_redirect_does_not_smuggle(void **state)
{
    struct world w;
    char url[300];
    (void)state;
    world_open(&w, site);
    world_pool(&w, two_keys, 1, 0); /* knows the first server only */
    world_open_other(&w, site);
    snprintf(url, sizeof url, "%s/303", raw_server_url(w.server));
    struct dg_request request = download(&w, url);
    request.max_redirects = 5;
    request.public_only = true;
    request.trusted = w.pool;
    struct dg_outcome *o = perform(&w, &request);
    assert_says(o, DG_KIND_NETWORK, "private_address", "not public (127.0.0.1)");
    assert_int_equal(o->attempts, 1);
    assert_int_equal(raw_server_count(w.other), 0);
    dg_outcome_free(o);
    world_close(&w);
}

/* The proxy's own address is the user's choice; the URL's host is judged. */
static void behind_a_proxy(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, site);
    setenv("http_proxy", raw_server_url(w.server), 1);
    struct dg_request request = download(&w, "http://93.184.216.34/a.png");
    request.public_only = true;
    struct dg_outcome *o = perform(&w, &request);
    assert_says(o, DG_KIND_API, "http_404", "93.184.216.34: Not here");
    dg_outcome_free(o);
    const struct raw_request *q = raw_server_request(w.server, 0);
    assert_true(asks_for(q, "http://93.184.216.34/a.png"));
    request.url = "http://192.168.7.7/a.png";
    o = perform(&w, &request);
    assert_says(o, DG_KIND_NETWORK, "private_address", "192.168.7.7: leads to");
    dg_outcome_free(o);
    assert_int_equal(raw_server_count(w.server), 1);
    unsetenv("http_proxy");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_download_becomes_a_picture),
        cmocka_unit_test(downloads_fail_in_words),
        cmocka_unit_test(redirects_are_followed),
        cmocka_unit_test(headers_stay_with_their_origin),
        cmocka_unit_test(a_shown_url_holds_no_password),
        cmocka_unit_test(no_redirect_unasked),
        cmocka_unit_test(a_busy_server_is_asked_again),
        cmocka_unit_test(text_has_its_limit),
        cmocka_unit_test(private_addresses_are_refused_by_their_look),
        cmocka_unit_test(private_addresses_are_refused_by_their_socket),
        cmocka_unit_test(a_kept_connection_does_not_smuggle),
        cmocka_unit_test(the_trusted_may_be_private),
        cmocka_unit_test(a_redirect_does_not_smuggle),
        cmocka_unit_test(behind_a_proxy),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
