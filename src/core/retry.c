/* SPDX-License-Identifier: MIT
 *
 * The table of verdicts.  A code says more than a status (429 is a rate limit
 * or an empty account), so codes come first.
 */
#include "core/retry.h"

#include <stddef.h>
#include <string.h>

enum { RETRY_DELAY_CAP_MS = 60000 };

struct row {
    const char *code;        /* ends the table: NULL */
    enum dg_verdict verdict; /* what it means */
    enum dg_scope scope;     /* what is out */
};

/* What servers say, whatever the status. */
static const struct row by_answer[] = {
    /* the account is empty, or stopped */
    { "insufficient_quota", DG_FAILOVER, DG_SCOPE_KEY },
    { "credit_balance_exhausted", DG_FAILOVER, DG_SCOPE_KEY },
    { "organization_spend_limit_exceeded", DG_FAILOVER, DG_SCOPE_KEY },
    { "project_spend_limit_exceeded", DG_FAILOVER, DG_SCOPE_KEY },
    { "billing_hard_limit_reached", DG_FAILOVER, DG_SCOPE_KEY },
    { "billing_not_active", DG_FAILOVER, DG_SCOPE_KEY },
    { "account_deactivated", DG_FAILOVER, DG_SCOPE_KEY },
    /* the key is not known, or not from here */
    { "invalid_api_key", DG_FAILOVER, DG_SCOPE_KEY },
    { "invalid_organization", DG_FAILOVER, DG_SCOPE_KEY },
    { "ip_not_authorized", DG_FAILOVER, DG_SCOPE_KEY },
    { "unsupported_country_region_territory", DG_FAILOVER, DG_SCOPE_KEY },
    /* the key does not have the model */
    { "model_not_found", DG_FAILOVER, DG_SCOPE_MODEL },
    { "DeploymentNotFound", DG_FAILOVER, DG_SCOPE_MODEL },
    /* busy, or broken */
    { "rate_limit_exceeded", DG_RETRY, DG_SCOPE_NONE },
    { "slow_down", DG_RETRY, DG_SCOPE_NONE },
    { "server_error", DG_RETRY, DG_SCOPE_NONE },
    { "overloaded_error", DG_RETRY, DG_SCOPE_NONE },
    /* this request: moderation, also with status 403 */
    { "moderation_blocked", DG_FATAL, DG_SCOPE_NONE },
    { "content_policy_violation", DG_FATAL, DG_SCOPE_NONE },
    { "image_content_policy_violation", DG_FATAL, DG_SCOPE_NONE },
    { "image_generation_user_error", DG_FATAL, DG_SCOPE_NONE },
    { "content_filter", DG_FATAL, DG_SCOPE_NONE },
    { "contentFilter", DG_FATAL, DG_SCOPE_NONE },
    /* this request: its parameters and pictures, also with status 500 */
    { "unknown_parameter", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_prompt", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_image", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_image_file", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_image_format", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_image_mode", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_image_url", DG_FATAL, DG_SCOPE_NONE },
    { "invalid_base64_image", DG_FATAL, DG_SCOPE_NONE },
    { "image_too_large", DG_FATAL, DG_SCOPE_NONE },
    { "image_too_small", DG_FATAL, DG_SCOPE_NONE },
    { "image_file_too_large", DG_FATAL, DG_SCOPE_NONE },
    { "image_file_not_found", DG_FATAL, DG_SCOPE_NONE },
    { "image_parse_error", DG_FATAL, DG_SCOPE_NONE },
    { "empty_image_file", DG_FATAL, DG_SCOPE_NONE },
    { "failed_to_download_image", DG_FATAL, DG_SCOPE_NONE },
    { "unsupported_image_media_type", DG_FATAL, DG_SCOPE_NONE },
    { "unsupported_file_mimetype", DG_FATAL, DG_SCOPE_NONE },
    /* ours, about where a request may go */
    { "redirect", DG_FATAL, DG_SCOPE_NONE },
    { NULL, DG_FATAL, DG_SCOPE_NONE },
};

/* What happened on the wire. */
static const struct row by_wire[] = {
    { "resolve", DG_FAILOVER, DG_SCOPE_REACH },
    { "connect", DG_FAILOVER, DG_SCOPE_REACH },
    { "connect_timeout", DG_FAILOVER, DG_SCOPE_REACH },
    { "tls", DG_FAILOVER, DG_SCOPE_REACH },
    { "proxy", DG_FAILOVER, DG_SCOPE_REACH },
    { "certificate", DG_FAILOVER, DG_SCOPE_ENDPOINT },
    { "redirect", DG_FATAL, DG_SCOPE_NONE },
    { "private_address", DG_FATAL, DG_SCOPE_NONE },
    { "not_http", DG_FATAL, DG_SCOPE_NONE },
    { NULL, DG_FATAL, DG_SCOPE_NONE },
};

static const struct {
    int first; /* statuses from ... */
    int last;  /* ... to, both included; the first range that holds one decides */
    enum dg_verdict verdict;
    enum dg_scope scope;
} by_status[] = {
    { 300, 399, DG_FATAL, DG_SCOPE_NONE }, { 401, 403, DG_FAILOVER, DG_SCOPE_KEY },
    { 408, 409, DG_RETRY, DG_SCOPE_NONE }, { 429, 429, DG_RETRY, DG_SCOPE_NONE },
    { 400, 499, DG_FATAL, DG_SCOPE_NONE }, { 500, 599, DG_RETRY, DG_SCOPE_NONE },
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

const char *dg_scope_name(enum dg_scope s)
{
    static const char *const names[] = {
        "none", "key", "endpoint", "model", "reach", "connection"
    };
    return names[s];
}

static const struct row *find(const struct row *rows, const char *code)
{
    while (rows->code && strcmp(rows->code, code) != 0)
        rows++;
    return rows->code ? rows : NULL;
}

static bool is_wires(enum dg_kind kind)
{
    return kind == DG_KIND_NETWORK || kind == DG_KIND_TIMEOUT;
}

static struct dg_judgement look_up(int status, const struct dg_error *err)
{
    const struct row *row = NULL;
    if (err->kind == DG_KIND_API)
        row = find(by_answer, err->code);
    else if (is_wires(err->kind))
        row = find(by_wire, err->code);
    if (row)
        return (struct dg_judgement){ row->verdict, row->scope };
    for (size_t k = 0; k < sizeof by_status / sizeof *by_status; k++)
        if (status >= by_status[k].first && status <= by_status[k].last)
            return (struct dg_judgement){ by_status[k].verdict, by_status[k].scope };
    return (struct dg_judgement){ by_kind[err->kind], DG_SCOPE_NONE };
}

struct dg_judgement dg_retry_judge(const struct dg_case *c)
{
    if (c->stale && c->status == 0 && is_wires(c->err->kind))
        return (struct dg_judgement){ DG_FAILOVER, DG_SCOPE_CONNECTION };
    struct dg_judgement j = look_up(c->status, c->err);
    if (j.verdict == DG_RETRY && c->should_retry == 0)
        j.verdict = DG_FATAL;
    else if (j.verdict == DG_FATAL && c->should_retry == 1 && c->status >= 400)
        j.verdict = DG_RETRY;
    return j;
}

dg_msec dg_retry_delay(dg_msec retry_delay_ms, unsigned n, double random)
{
    dg_msec most = retry_delay_ms < RETRY_DELAY_CAP_MS ? retry_delay_ms : RETRY_DELAY_CAP_MS;
    while (n-- > 0 && most > 0 && most < RETRY_DELAY_CAP_MS)
        most = most * 2 < RETRY_DELAY_CAP_MS ? most * 2 : RETRY_DELAY_CAP_MS;
    return (dg_msec)((double)most * random);
}
