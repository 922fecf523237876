/* SPDX-License-Identifier: MIT
 *
 * core/retry: the table of verdicts, and the delays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/fault.h"
#include "core/retry.h"

enum { KEY = DG_SCOPE_KEY, MODEL = DG_SCOPE_MODEL, NONE = DG_SCOPE_NONE };

static const struct {
    int status;
    enum dg_kind kind;
    const char *code;
    enum dg_verdict verdict;
    int scope;
} cases[] = {
    { 200, DG_KIND_NONE, "", DG_OK, NONE },
    { 201, DG_KIND_NONE, "", DG_OK, NONE },
    /* status alone */
    { 302, DG_KIND_API, "redirect", DG_FATAL, NONE },
    { 304, DG_KIND_API, "http_304", DG_FATAL, NONE },
    { 400, DG_KIND_API, "http_400", DG_FATAL, NONE },
    { 401, DG_KIND_API, "http_401", DG_FAILOVER, KEY },
    { 402, DG_KIND_API, "http_402", DG_FAILOVER, KEY },
    { 403, DG_KIND_API, "http_403", DG_FAILOVER, KEY },
    { 404, DG_KIND_API, "http_404", DG_FATAL, NONE },
    { 405, DG_KIND_API, "http_405", DG_FATAL, NONE },
    { 407, DG_KIND_API, "http_407", DG_FATAL, NONE },
    { 408, DG_KIND_API, "http_408", DG_RETRY, NONE },
    { 409, DG_KIND_API, "http_409", DG_RETRY, NONE },
    { 410, DG_KIND_API, "http_410", DG_FATAL, NONE },
    { 413, DG_KIND_API, "http_413", DG_FATAL, NONE },
    { 415, DG_KIND_API, "http_415", DG_FATAL, NONE },
    { 422, DG_KIND_API, "http_422", DG_FATAL, NONE },
    { 429, DG_KIND_API, "http_429", DG_RETRY, NONE },
    { 500, DG_KIND_API, "http_500", DG_RETRY, NONE },
    { 502, DG_KIND_API, "http_502", DG_RETRY, NONE },
    { 503, DG_KIND_API, "http_503", DG_RETRY, NONE },
    { 504, DG_KIND_API, "http_504", DG_RETRY, NONE },
    { 520, DG_KIND_API, "http_520", DG_RETRY, NONE },
    { 524, DG_KIND_API, "http_524", DG_RETRY, NONE },
    { 529, DG_KIND_API, "overloaded_error", DG_RETRY, NONE },
    { 999, DG_KIND_API, "http_999", DG_FATAL, NONE },
    /* a code outweighs its status: the account */
    { 429, DG_KIND_API, "insufficient_quota", DG_FAILOVER, KEY },
    { 400, DG_KIND_API, "insufficient_quota", DG_FAILOVER, KEY },
    { 200, DG_KIND_API, "insufficient_quota", DG_FAILOVER, KEY },
    { 429, DG_KIND_API, "credit_balance_exhausted", DG_FAILOVER, KEY },
    { 429, DG_KIND_API, "organization_spend_limit_exceeded", DG_FAILOVER, KEY },
    { 429, DG_KIND_API, "project_spend_limit_exceeded", DG_FAILOVER, KEY },
    { 400, DG_KIND_API, "billing_hard_limit_reached", DG_FAILOVER, KEY },
    { 429, DG_KIND_API, "billing_not_active", DG_FAILOVER, KEY },
    { 400, DG_KIND_API, "account_deactivated", DG_FAILOVER, KEY },
    /* the key */
    { 400, DG_KIND_API, "invalid_api_key", DG_FAILOVER, KEY },
    { 401, DG_KIND_API, "invalid_organization", DG_FAILOVER, KEY },
    { 400, DG_KIND_API, "ip_not_authorized", DG_FAILOVER, KEY },
    { 403, DG_KIND_API, "unsupported_country_region_territory", DG_FAILOVER, KEY },
    /* the model */
    { 404, DG_KIND_API, "model_not_found", DG_FAILOVER, MODEL },
    { 403, DG_KIND_API, "model_not_found", DG_FAILOVER, MODEL },
    { 404, DG_KIND_API, "DeploymentNotFound", DG_FAILOVER, MODEL },
    /* busy */
    { 429, DG_KIND_API, "rate_limit_exceeded", DG_RETRY, NONE },
    { 503, DG_KIND_API, "slow_down", DG_RETRY, NONE },
    { 200, DG_KIND_API, "server_error", DG_RETRY, NONE },
    /* this request */
    { 400, DG_KIND_API, "moderation_blocked", DG_FATAL, NONE },
    { 403, DG_KIND_API, "moderation_blocked", DG_FATAL, NONE },
    { 403, DG_KIND_API, "content_policy_violation", DG_FATAL, NONE },
    { 400, DG_KIND_API, "image_content_policy_violation", DG_FATAL, NONE },
    { 500, DG_KIND_API, "image_generation_user_error", DG_FATAL, NONE },
    { 400, DG_KIND_API, "content_filter", DG_FATAL, NONE },
    { 400, DG_KIND_API, "contentFilter", DG_FATAL, NONE },
    { 400, DG_KIND_API, "unknown_parameter", DG_FATAL, NONE },
    { 400, DG_KIND_API, "invalid_prompt", DG_FATAL, NONE },
    { 500, DG_KIND_API, "invalid_image", DG_FATAL, NONE },
    { 500, DG_KIND_API, "invalid_image_file", DG_FATAL, NONE },
    { 500, DG_KIND_API, "invalid_image_format", DG_FATAL, NONE },
    { 500, DG_KIND_API, "invalid_image_mode", DG_FATAL, NONE },
    { 500, DG_KIND_API, "invalid_image_url", DG_FATAL, NONE },
    { 500, DG_KIND_API, "invalid_base64_image", DG_FATAL, NONE },
    { 500, DG_KIND_API, "image_too_large", DG_FATAL, NONE },
    { 500, DG_KIND_API, "image_too_small", DG_FATAL, NONE },
    { 500, DG_KIND_API, "image_file_too_large", DG_FATAL, NONE },
    { 500, DG_KIND_API, "image_file_not_found", DG_FATAL, NONE },
    { 500, DG_KIND_API, "image_parse_error", DG_FATAL, NONE },
    { 500, DG_KIND_API, "empty_image_file", DG_FATAL, NONE },
    { 500, DG_KIND_API, "failed_to_download_image", DG_FATAL, NONE },
    { 500, DG_KIND_API, "unsupported_image_media_type", DG_FATAL, NONE },
    { 500, DG_KIND_API, "unsupported_file_mimetype", DG_FATAL, NONE },
    { 200, DG_KIND_API, "invalid_request", DG_FATAL, NONE },
    /* not reached */
    { 0, DG_KIND_NETWORK, "resolve", DG_FAILOVER, DG_SCOPE_REACH },
    { 0, DG_KIND_NETWORK, "connect", DG_FAILOVER, DG_SCOPE_REACH },
    { 0, DG_KIND_TIMEOUT, "connect_timeout", DG_FAILOVER, DG_SCOPE_REACH },
    { 0, DG_KIND_NETWORK, "tls", DG_FAILOVER, DG_SCOPE_REACH },
    { 0, DG_KIND_NETWORK, "proxy", DG_FAILOVER, DG_SCOPE_REACH },
    { 0, DG_KIND_NETWORK, "certificate", DG_FAILOVER, DG_SCOPE_ENDPOINT },
    /* no server says so */
    { 500, DG_KIND_API, "resolve", DG_RETRY, NONE },
    { 400, DG_KIND_API, "connect", DG_FATAL, NONE },
    { 200, DG_KIND_API, "certificate", DG_FATAL, NONE },
    { 0, DG_KIND_NETWORK, "insufficient_quota", DG_RETRY, NONE },
    /* no answer, or one without sense */
    { 0, DG_KIND_NETWORK, "reset", DG_RETRY, NONE },
    { 0, DG_KIND_NETWORK, "network", DG_RETRY, NONE },
    { 0, DG_KIND_NETWORK, "private_address", DG_FATAL, NONE },
    { 0, DG_KIND_NETWORK, "not_http", DG_FATAL, NONE },
    { 302, DG_KIND_NETWORK, "redirect", DG_FATAL, NONE },
    { 200, DG_KIND_NETWORK, "truncated", DG_RETRY, NONE },
    { 0, DG_KIND_TIMEOUT, "timeout", DG_RETRY, NONE },
    { 200, DG_KIND_TIMEOUT, "stalled", DG_RETRY, NONE },
    { 200, DG_KIND_REPLY, "not_json", DG_FATAL, NONE },
    { 200, DG_KIND_REPLY, "invalid_base64", DG_FATAL, NONE },
    { 200, DG_KIND_IMAGE, "too_large", DG_FATAL, NONE },
    { 200, DG_KIND_FILE, "write", DG_FATAL, NONE },
    { 0, DG_KIND_FILE, "open", DG_FATAL, NONE },
    { 0, DG_KIND_CONFIG, "ca_file", DG_FATAL, NONE },
    { 0, DG_KIND_STOPPED, "stopped", DG_FATAL, NONE },
};

static struct dg_judgement judge(int status, enum dg_kind kind, const char *code, int should_retry,
                                 bool stale)
{
    struct dg_error err = { .kind = kind };
    struct dg_case c = {
        .status = status, .err = &err, .should_retry = should_retry, .stale = stale
    };
    strncpy(err.code, code, sizeof err.code - 1);
    return dg_retry_judge(&c);
}

static void judges(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct dg_judgement j = judge(cases[k].status, cases[k].kind, cases[k].code, -1, false);
        if (j.verdict != cases[k].verdict || (int)j.scope != cases[k].scope)
            fail_msg("%d %s %s: %s %s", cases[k].status, dg_kind_name(cases[k].kind), cases[k].code,
                     dg_verdict_name(j.verdict), dg_scope_name(j.scope));
    }
}

/* A scope says what is out, so only a failover has one. */
static void only_a_failover_has_a_scope(void **state)
{
    (void)state;
    for (int status = 0; status < 1000; status++) {
        for (int kind = 0; kind < DG_KIND_COUNT; kind++) {
            struct dg_judgement j = judge(status, (enum dg_kind)kind, "", -1, false);
            assert_int_equal(j.verdict == DG_FAILOVER, j.scope != DG_SCOPE_NONE);
        }
    }
}

static void the_wire_knows_its_codes(void **state)
{
    static const struct {
        enum dg_cause cause;
        enum dg_scope scope;
    } table[] = {
        { DG_CAUSE_PROXY, DG_SCOPE_REACH },
        { DG_CAUSE_RESOLVE, DG_SCOPE_REACH },
        { DG_CAUSE_CONNECT, DG_SCOPE_REACH },
        { DG_CAUSE_TLS, DG_SCOPE_REACH },
        { DG_CAUSE_CONNECT_TIMEOUT, DG_SCOPE_REACH },
        { DG_CAUSE_CERTIFICATE, DG_SCOPE_ENDPOINT },
        { DG_CAUSE_RESET, DG_SCOPE_NONE },
        { DG_CAUSE_TIMEOUT, DG_SCOPE_NONE },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        struct dg_fault fault = { .cause = table[k].cause, .where = "a", .detail = "" };
        struct dg_error err;
        struct dg_case c = { .err = &err, .should_retry = -1 };
        dg_fault_error(&fault, &err);
        assert_int_equal(dg_retry_judge(&c).scope, table[k].scope);
    }
}

static void the_server_is_asked(void **state)
{
    static const struct {
        int status;
        const char *code;
        int should_retry;
        enum dg_verdict verdict;
    } table[] = {
        { 500, "http_500", 0, DG_FATAL },
        { 429, "rate_limit_exceeded", 0, DG_FATAL },
        { 400, "http_400", 1, DG_RETRY },
        { 404, "http_404", 1, DG_RETRY },
        { 500, "http_500", 1, DG_RETRY },
        { 400, "http_400", 0, DG_FATAL },
        { 401, "http_401", 1, DG_FAILOVER },
        { 401, "http_401", 0, DG_FAILOVER },
        { 429, "insufficient_quota", 1, DG_FAILOVER },
        { 302, "redirect", 1, DG_FATAL },
        { 404, "model_not_found", 0, DG_FAILOVER },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        assert_int_equal(judge(table[k].status, DG_KIND_API, table[k].code, table[k].should_retry,
                               false)
                             .verdict,
                         table[k].verdict);
    assert_int_equal(judge(200, DG_KIND_NONE, "", 0, false).verdict, DG_OK);
}

static void a_dead_connection_is_nobodys_fault(void **state)
{
    (void)state;
    struct dg_judgement j = judge(0, DG_KIND_NETWORK, "reset", -1, true);
    assert_int_equal(j.verdict, DG_FAILOVER);
    assert_int_equal(j.scope, DG_SCOPE_CONNECTION);
    j = judge(500, DG_KIND_API, "http_500", -1, true); /* it answered */
    assert_int_equal(j.verdict, DG_RETRY);
    j = judge(0, DG_KIND_FILE, "open", -1, true); /* our fault */
    assert_int_equal(j.verdict, DG_FATAL);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(dg_verdict_name(DG_OK), "ok");
    assert_string_equal(dg_verdict_name(DG_RETRY), "retry");
    assert_string_equal(dg_verdict_name(DG_FAILOVER), "failover");
    assert_string_equal(dg_verdict_name(DG_FATAL), "fatal");
    assert_string_equal(dg_scope_name(DG_SCOPE_NONE), "none");
    assert_string_equal(dg_scope_name(DG_SCOPE_MODEL), "model");
    assert_string_equal(dg_scope_name(DG_SCOPE_CONNECTION), "connection");
}

static void delays(void **state)
{
    static const struct {
        dg_msec first;
        unsigned n;
        double random;
        dg_msec delay;
    } table[] = {
        { 1000, 0, 0.0, 0 },
        { 1000, 0, 0.5, 500 },
        { 1000, 0, 0.9999, 999 },
        { 1000, 1, 0.5, 1000 },
        { 1000, 5, 0.5, 16000 },
        { 1000, 6, 0.5, 30000 },
        { 1000, 1000000, 0.5, 30000 },
        { 0, 50, 0.9, 0 },
        { 90000, 0, 0.5, 30000 },
        { INT64_MAX, 3, 0.5, 30000 },
        { 1, 4000000000u, 0.25, 15000 },
    };
    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        assert_int_equal(dg_retry_delay(table[k].first, table[k].n, table[k].random),
                         table[k].delay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(only_a_failover_has_a_scope),
        cmocka_unit_test(the_wire_knows_its_codes),
        cmocka_unit_test(the_server_is_asked),
        cmocka_unit_test(a_dead_connection_is_nobodys_fault),
        cmocka_unit_test(names),
        cmocka_unit_test(delays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
