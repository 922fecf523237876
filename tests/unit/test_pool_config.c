/* SPDX-License-Identifier: MIT
 *
 * core/pool: what may be configured, what is told of it, and where requests go.
 */
#include "pool_world.h"

static void tells_what_was_configured(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("https://user:hidden-pw@Proxy.example:8443/v1//", 1,
                                                0),
                                       endpoint("http://b/v1", 2, 3) };
    endpoints[1].field = DG_FIELD_IMAGE_ARRAY;
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    assert_string_equal(dg_pool_base(p, 0), "https://user:hidden-pw@Proxy.example:8443/v1");
    assert_string_equal(dg_pool_label(p, 0), "https://Proxy.example:8443/v1");
    assert_string_equal(dg_pool_label(p, 1), "http://b/v1");
    assert_int_equal(dg_pool_field(p, 0), DG_FIELD_AUTO);
    assert_int_equal(dg_pool_field(p, 1), DG_FIELD_IMAGE_ARRAY);
    dg_pool_free(dg_pool_ref(p));
    assert_string_equal(dg_pool_label(p, 1), "http://b/v1"); /* one reference is left */
    dg_pool_free(p);
}

static void keys_and_passwords_are_secrets(void **state)
{
    struct dg_endpoint e = endpoint("https://user:hidden-pw@proxy.example/v1", 1, 0);
    struct dg_pool *p = make(&e, 1);
    char text[] = "sent key-one-0001 and hidden-pw";
    (void)state;
    dg_secret_mask(text, strlen(text));
    assert_null(strstr(text, "key-one"));
    assert_null(strstr(text, "hidden"));
    dg_pool_free(p);
}

/* As written, as meant, and as libcurl sends it. */
static void every_form_of_a_password_is_a_secret(void **state)
{
    static const struct {
        const char *base;
        const char *secrets[3]; /* NULL = none */
    } table[] = {
        { "http://me:p%40ss%2Fword@h/v1", { "p%40ss%2Fword", "p@ss/word", "bWU6cEBzcy93b3Jk" } },
        { "http://just-a-token@h/v1", { "just-a-token", "anVzdC1hLXRva2VuOg==", NULL } },
        { "http://me:odd%4@h/v1", { "odd%4", "bWU6b2RkJTQ=", NULL } },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_endpoint e = endpoint(table[k].base, 1, 0);
        dg_pool_free(make(&e, 1));
        for (size_t i = 0; i < 3 && table[k].secrets[i]; i++) {
            char text[100];
            snprintf(text, sizeof text, "it is <%s>", table[k].secrets[i]);
            dg_secret_mask(text, strlen(text));
            if (strstr(text, table[k].secrets[i]))
                fail_msg("%s", text);
        }
    }
}

static void a_base_is_bounded(void **state)
{
    enum { LIMIT = 32 * 1024 };
    static char base[LIMIT + 2];
    struct dg_error err = { 0 };
    (void)state;
    memset(base, 'x', LIMIT + 1);
    memcpy(base, "http://h/", 9);
    struct dg_endpoint e = endpoint(base, 1, 0);
    assert_null(dg_pool_new(&(struct dg_pool_options){ &e, 1, NULL }, &err));
    assert_string_equal(err.message, "endpoint 1: a base URL has at most 32 KiB");
    base[LIMIT] = '\0';
    dg_pool_free(make(&e, 1));
}

static void knows_host_and_port(void **state)
{
    static const struct {
        const char *url;
        bool known;
    } urls[] = {
        { "https://api.example/files/1.png", true },
        { "https://API.EXAMPLE:443/x", true },
        { "http://api.example/x", false },
        { "https://api.example:444/x", false },
        { "https://api.example.evil/x", false },
        { "https://api.example@evil/x", false },
        { "https://evil/@api.example", false },
        { "http://[::1]:8080/a", true },
        { "http://[::1]/a", false },
        { "http://10.0.0.1:9/a?b", true },
        { "ftp://api.example/x", false },
        { "https://api.example\\@evil/", false },
        { "", false },
    };
    struct dg_endpoint endpoints[] = { endpoint("https://api.example/v1", 1, 0),
                                       endpoint("http://[::1]:8080", 1, 0),
                                       endpoint("http://u:secret-x@10.0.0.1:9/v1", 1, 0) };
    struct dg_pool *p = make(endpoints, 3);
    (void)state;
    for (size_t k = 0; k < sizeof urls / sizeof *urls; k++)
        if (dg_pool_knows(p, urls[k].url) != urls[k].known)
            fail_msg("%s", urls[k].url);
    dg_pool_free(p);
}

static void refuses(void **state)
{
    static const struct dg_key bad_key[] = { { .text = "good-key" }, { .text = "bad\r\nkey" } };
    static const struct dg_key empty_key[] = { { .text = "" } };
    static const struct {
        struct dg_endpoint e;
        const char *message;
    } table[] = {
        { { .base = "api.openai.com/v1", .keys = one_key, .key_count = 1 },
          "endpoint 2: \"api.openai.com/v1\" is not a base URL; it should look like "
          "https://HOST/v1" },
        { { .base = "ftp://u:swordfish@x/", .keys = one_key, .key_count = 1 },
          "endpoint 2: \"(not shown: it may hold a password)\" is not a base URL; it should look "
          "like https://HOST/v1" },
        { { .base = "https://a/v1?x=1", .keys = one_key, .key_count = 1 },
          "endpoint 2: a base URL has no query, fragment or spaces: remove them from "
          "\"https://a/v1?x=1\"" },
        { { .base = "https://a/v1", .keys = one_key, .key_count = 0 },
          "endpoint 2: an endpoint has 1 to 4096 keys, this one has 0" },
        { { .base = "https://a/v1", .keys = bad_key, .key_count = 2 },
          "endpoint 2: key 2 holds a space, a line end or another character that no key has; was "
          "it copied whole?" },
        { { .base = "https://a/v1", .keys = empty_key, .key_count = 1 },
          "endpoint 2: key 1 is empty" },
        { { .base = "https://a/v1",
            .keys = one_key,
            .key_count = 1,
            .quota = { .requests = 1000001 } },
          "endpoint 2: a limit of 1000001 requests a minute is above 1000000; use 0 for no limit" },
        { { .base = "https://a/v1", .keys = one_key, .key_count = 1, .weight = 1000001 },
          "endpoint 2: a weight of 1000001 is above 1000000" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_endpoint endpoints[] = { endpoint("http://a/v1", 1, 0), table[k].e };
        struct dg_error err = { 0 };
        assert_null(dg_pool_new(&(struct dg_pool_options){ endpoints, 2, NULL }, &err));
        assert_int_equal(err.kind, DG_KIND_CONFIG);
        assert_string_equal(err.message, table[k].message);
    }
    struct dg_error err = { 0 };
    assert_null(dg_pool_new(&(struct dg_pool_options){ &table[0].e, 0, NULL }, &err));
    assert_string_equal(err.message, "a pool has 1 to 256 endpoints, this one has 0");
}

/* --- Azure ------------------------------------------------------------------- */

static void urls(void **state)
{
    static const struct {
        const char *base;
        enum dg_api api;
        const char *version;
        const char *path;
        const char *model;
        const char *url; /* NULL: refused */
    } table[] = {
        { "https://api.example/v1/", DG_API_AUTO, "v", "/images/edits", "m",
          "https://api.example/v1/images/edits" },
        { "https://x.openai.azure.com", DG_API_AUTO, "2025-04-01", "/images/edits", "gpt",
          "https://x.openai.azure.com/openai/deployments/gpt/images/edits?api-version=2025-04-01" },
        { "https://x.openai.azure.com/openai/", DG_API_AUTO, "2025-04-01", "/images/edits", "a b/c",
          "https://x.openai.azure.com/openai/deployments/a%20b%2Fc/images/edits"
          "?api-version=2025-04-01" },
        { "https://x.openai.azure.com/openai/deployments/", DG_API_AUTO, "1", "/images/edits",
          "g.1", "https://x.openai.azure.com/openai/deployments/g.1/images/edits?api-version=1" },
        { "https://x.openai.azure.com/openai/deployments/own/", DG_API_AUTO, "1", "/images/edits",
          "gpt", "https://x.openai.azure.com/openai/deployments/own/images/edits?api-version=1" },
        { "https://x.openai.azure.com/openai/deployments/own/images/edits?api-version=2024-02-01",
          DG_API_AUTO, "1", "/images/edits", "gpt",
          "https://x.openai.azure.com/openai/deployments/own/images/edits?api-version=2024-02-01" },
        { "https://x.openai.azure.com/openai/deployments/own", DG_API_AUTO, "1", "/models", NULL,
          "https://x.openai.azure.com/openai/models?api-version=1" },
        { "https://x.openai.azure.com/openai/v1", DG_API_AUTO, NULL, "/images/edits", "gpt",
          "https://x.openai.azure.com/openai/v1/images/edits" },
        { "https://gate.example/az/openai/deployments/d", DG_API_AUTO, "1", "/images/edits?x=1",
          "m", "https://gate.example/az/openai/deployments/d/images/edits?x=1&api-version=1" },
        { "https://gate.example", DG_API_AZURE, "1", "/images/edits", "m",
          "https://gate.example/openai/deployments/m/images/edits?api-version=1" },
        { "https://x.openai.azure.com", DG_API_OPENAI, "1", "/images/edits", "m",
          "https://x.openai.azure.com/images/edits" },
        { "https://x.openai.azure.com", DG_API_AUTO, "1", "/images/edits", NULL, NULL },
        { "https://x.openai.azure.com", DG_API_AUTO, "1", "/images/edits", "", NULL },
        { "https://x.openai.azure.com", DG_API_AUTO, "1", "/images/edits", "..", NULL },
    };
    struct dg_buffer url;
    struct dg_error err;
    (void)state;
    dg_buffer_init(&url, 4096);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_endpoint e = endpoint(table[k].base, 1, 0);
        e.api = table[k].api;
        e.api_version = table[k].version;
        struct dg_pool *p = make(&e, 1);
        bool ok = dg_pool_url(p, 0, table[k].path, table[k].model, &url, &err);
        assert_int_equal(ok, table[k].url != NULL);
        if (ok)
            assert_string_equal(url.data, table[k].url);
        dg_pool_free(p);
    }
    dg_buffer_done(&url);
}

static void headers(void **state)
{
    struct dg_endpoint endpoints[] = { endpoint("https://api.example/v1", 1, 0),
                                       endpoint("https://X.OpenAI.Azure.com", 1, 0) };
    endpoints[1].api_version = "2025-04-01-preview";
    struct dg_pool *p = make(endpoints, 2);
    (void)state;
    assert_int_equal(dg_pool_count(p), 2);
    assert_int_equal(dg_pool_key_count(p, 1), 1);
    assert_int_equal(dg_pool_api(p, 0), DG_API_OPENAI);
    assert_int_equal(dg_pool_api(p, 1), DG_API_AZURE);
    assert_string_equal(dg_pool_header(p, 0), "Authorization");
    assert_string_equal(dg_pool_header(p, 1), "api-key");
    dg_pool_free(p);
}

static void refuses_azure(void **state)
{
    static const struct {
        const char *base;
        const char *version;
        const char *message;
    } table[] = {
        { "https://x.openai.azure.com", NULL,
          "endpoint 1: Azure OpenAI wants an API version: set OPENAI_API_VERSION" },
        { "https://x.openai.azure.com", "20 25",
          "endpoint 1: \"20 25\" is not an API version; it should look like 2025-04-01-preview" },
        { "https://x.openai.azure.com?api-version=1&x=2", NULL,
          "endpoint 1: a base URL has no query, fragment or spaces: remove them from "
          "\"https://x.openai.azure.com?api-version=1&x=2\"" },
        { "https://x.openai.azure.com?api-version=", NULL,
          "endpoint 1: Azure OpenAI wants an API version: set OPENAI_API_VERSION" },
        { "https://api.example/v1?api-version=1", NULL,
          "endpoint 1: a base URL has no query, fragment or spaces: remove them from "
          "\"https://api.example/v1?api-version=1\"" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_endpoint e = endpoint(table[k].base, 1, 0);
        struct dg_error err = { 0 };
        e.api_version = table[k].version;
        assert_null(dg_pool_new(&(struct dg_pool_options){ &e, 1, NULL }, &err));
        assert_string_equal(err.message, table[k].message);
    }
}

static void refuses_quotas(void **state)
{
    static const struct dg_key_group group = { .name = "team", .quota = { .images = 1000001 } };
    static const struct dg_key heavy[] = { { .text = "k", .quota = { .tokens = UINT64_MAX } } };
    static const struct dg_key lost[] = { { .text = "k", .group = "nobody" } };
    static const struct {
        struct dg_endpoint e;
        const char *message;
    } table[] = {
        { { .base = "https://a/v1", .keys = heavy, .key_count = 1 },
          "endpoint 1: a limit of 18446744073709551615 tokens a minute for a key is above 10^15; "
          "use 0 for no limit" },
        { { .base = "https://a/v1",
            .keys = one_key,
            .key_count = 1,
            .groups = &group,
            .group_count = 1 },
          "endpoint 1: a limit of 1000001 images a minute for a group is above 1000000; use 0 for "
          "no limit" },
        { { .base = "https://a/v1", .keys = lost, .key_count = 1 },
          "endpoint 1: key 1 is of group \"nobody\", which the endpoint does not have" },
        { { .base = "https://a/v1", .keys = one_key, .key_count = 1, .window_ms = 86400001 },
          "endpoint 1: a window of limits has at most a day" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_error err = { 0 };
        assert_null(dg_pool_new(&(struct dg_pool_options){ &table[k].e, 1, NULL }, &err));
        assert_string_equal(err.message, table[k].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_was_configured),
        cmocka_unit_test(keys_and_passwords_are_secrets),
        cmocka_unit_test(every_form_of_a_password_is_a_secret),
        cmocka_unit_test(a_base_is_bounded),
        cmocka_unit_test(knows_host_and_port),
        cmocka_unit_test(refuses),
        cmocka_unit_test(urls),
        cmocka_unit_test(headers),
        cmocka_unit_test(refuses_azure),
        cmocka_unit_test(refuses_quotas),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dg_secret_clear();
    return failed;
}
