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

#include "core/retry.h"

static const struct {
    int status;
    enum dg_kind kind;
    const char *code;
    enum dg_verdict verdict;
} cases[] = {
    { 200, DG_KIND_NONE, "", DG_OK },
    { 201, DG_KIND_NONE, "", DG_OK },
    /* status alone */
    { 302, DG_KIND_API, "redirect", DG_FATAL },
    { 304, DG_KIND_API, "http_304", DG_FATAL },
    { 400, DG_KIND_API, "http_400", DG_FATAL },
    { 401, DG_KIND_API, "http_401", DG_FAILOVER },
    { 403, DG_KIND_API, "http_403", DG_FAILOVER },
    { 404, DG_KIND_API, "http_404", DG_FATAL },
    { 408, DG_KIND_API, "http_408", DG_RETRY },
    { 409, DG_KIND_API, "http_409", DG_RETRY },
    { 410, DG_KIND_API, "http_410", DG_FATAL },
    { 413, DG_KIND_API, "http_413", DG_FATAL },
    { 422, DG_KIND_API, "http_422", DG_FATAL },
    { 429, DG_KIND_API, "http_429", DG_RETRY },
    { 500, DG_KIND_API, "http_500", DG_RETRY },
    { 503, DG_KIND_API, "http_503", DG_RETRY },
    { 529, DG_KIND_API, "http_529", DG_RETRY },
    { 999, DG_KIND_API, "http_999", DG_FATAL },
    /* a code outweighs its status */
    { 429, DG_KIND_API, "rate_limit_exceeded", DG_RETRY },
    { 429, DG_KIND_API, "insufficient_quota", DG_FAILOVER },
    { 400, DG_KIND_API, "billing_hard_limit_reached", DG_FAILOVER },
    { 429, DG_KIND_API, "billing_not_active", DG_FAILOVER },
    { 400, DG_KIND_API, "account_deactivated", DG_FAILOVER },
    { 400, DG_KIND_API, "invalid_api_key", DG_FAILOVER },
    { 400, DG_KIND_API, "moderation_blocked", DG_FATAL },
    { 403, DG_KIND_API, "content_policy_violation", DG_FATAL },
    { 200, DG_KIND_API, "insufficient_quota", DG_FAILOVER },
    { 200, DG_KIND_API, "server_error", DG_RETRY },
    { 200, DG_KIND_API, "invalid_request", DG_FATAL },
    /* no answer, or one without sense */
    { 0, DG_KIND_NETWORK, "connect", DG_RETRY },
    { 0, DG_KIND_NETWORK, "resolve", DG_RETRY },
    { 0, DG_KIND_NETWORK, "reset", DG_RETRY },
    { 0, DG_KIND_NETWORK, "certificate", DG_FAILOVER },
    { 0, DG_KIND_NETWORK, "private_address", DG_FATAL },
    { 0, DG_KIND_NETWORK, "not_http", DG_FATAL },
    { 200, DG_KIND_NETWORK, "truncated", DG_RETRY },
    { 0, DG_KIND_TIMEOUT, "timeout", DG_RETRY },
    { 200, DG_KIND_TIMEOUT, "stalled", DG_RETRY },
    { 200, DG_KIND_REPLY, "not_json", DG_FATAL },
    { 200, DG_KIND_REPLY, "invalid_base64", DG_FATAL },
    { 200, DG_KIND_IMAGE, "too_large", DG_FATAL },
    { 200, DG_KIND_FILE, "write", DG_FATAL },
    { 0, DG_KIND_FILE, "open", DG_FATAL },
    { 0, DG_KIND_CONFIG, "ca_file", DG_FATAL },
    { 0, DG_KIND_STOPPED, "stopped", DG_FATAL },
};

static void judges(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct dg_error err = { .kind = cases[k].kind };
        strncpy(err.code, cases[k].code, sizeof err.code - 1);
        if (dg_retry_judge(cases[k].status, &err) != cases[k].verdict)
            fail_msg("%d %s %s: %s", cases[k].status, dg_kind_name(err.kind), err.code,
                     dg_verdict_name(dg_retry_judge(cases[k].status, &err)));
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(dg_verdict_name(DG_OK), "ok");
    assert_string_equal(dg_verdict_name(DG_RETRY), "retry");
    assert_string_equal(dg_verdict_name(DG_FAILOVER), "failover");
    assert_string_equal(dg_verdict_name(DG_FATAL), "fatal");
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
        cmocka_unit_test(names),
        cmocka_unit_test(delays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
