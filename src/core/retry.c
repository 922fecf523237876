/* SPDX-License-Identifier: MIT
 *
 * The table of verdicts.  A code says more than a status (429 is a rate limit
 * or an empty account), so codes come first.
 */
#include "core/retry.h"

#include <stddef.h>
#include <string.h>

enum { RETRY_DELAY_CAP_MS = 60000 };

static const struct {
    const char *code;
    enum dg_verdict verdict;
} by_code[] = {
    /* the account or the key is out, whatever the status */
    { "insufficient_quota", DG_FAILOVER },
    { "credit_balance_exhausted", DG_FAILOVER },
    { "organization_spend_limit_exceeded", DG_FAILOVER },
    { "project_spend_limit_exceeded", DG_FAILOVER },
    { "billing_hard_limit_reached", DG_FAILOVER },
    { "billing_not_active", DG_FAILOVER },
    { "account_deactivated", DG_FAILOVER },
    { "invalid_api_key", DG_FAILOVER },
    { "certificate", DG_FAILOVER },
    /* busy, also where a server says so with status 200 */
    { "rate_limit_exceeded", DG_RETRY },
    { "slow_down", DG_RETRY },
    { "server_error", DG_RETRY },
    /* this request, also where a server says so with status 403 */
    { "moderation_blocked", DG_FATAL },
    { "content_policy_violation", DG_FATAL },
    /* ours, about where a request may go */
    { "redirect", DG_FATAL },
    { "private_address", DG_FATAL },
    { "not_http", DG_FATAL },
};

static const struct {
    int first; /* statuses from ... */
    int last;  /* ... to, both included; the first range that holds one decides */
    enum dg_verdict verdict;
} by_status[] = {
    { 300, 399, DG_FATAL }, { 401, 401, DG_FAILOVER }, { 403, 403, DG_FAILOVER },
    { 408, 409, DG_RETRY }, { 429, 429, DG_RETRY },    { 400, 499, DG_FATAL },
    { 500, 599, DG_RETRY },
};

static const enum dg_verdict by_kind[DG_KIND_COUNT] = {
    [DG_KIND_NONE] = DG_OK,       [DG_KIND_USAGE] = DG_FATAL,   [DG_KIND_CONFIG] = DG_FATAL,
    [DG_KIND_INPUT] = DG_FATAL,   [DG_KIND_IMAGE] = DG_FATAL,   [DG_KIND_FILE] = DG_FATAL,
    [DG_KIND_NETWORK] = DG_RETRY, [DG_KIND_TIMEOUT] = DG_RETRY, [DG_KIND_API] = DG_FATAL,
    [DG_KIND_REPLY] = DG_FATAL,   [DG_KIND_STOPPED] = DG_FATAL, [DG_KIND_SCRIPT] = DG_FATAL,
};

const char *dg_verdict_name(enum dg_verdict v)
{
    static const char *const names[] = { "ok", "retry", "failover", "fatal" };
    return names[v];
}

enum dg_verdict dg_retry_judge(int status, const struct dg_error *err)
{
    for (size_t k = 0; k < sizeof by_code / sizeof *by_code; k++)
        if (strcmp(err->code, by_code[k].code) == 0)
            return by_code[k].verdict;
    for (size_t k = 0; k < sizeof by_status / sizeof *by_status; k++)
        if (status >= by_status[k].first && status <= by_status[k].last)
            return by_status[k].verdict;
    return by_kind[err->kind];
}

dg_msec dg_retry_delay(dg_msec retry_delay_ms, unsigned n, double random)
{
    dg_msec most = retry_delay_ms < RETRY_DELAY_CAP_MS ? retry_delay_ms : RETRY_DELAY_CAP_MS;
    while (n-- > 0 && most > 0 && most < RETRY_DELAY_CAP_MS)
        most = most * 2 < RETRY_DELAY_CAP_MS ? most * 2 : RETRY_DELAY_CAP_MS;
    return (dg_msec)((double)most * random);
}
