/* SPDX-License-Identifier: MIT
 *
 * The API's refusals that a request need not cause, in the API's words; those
 * a request does cause are written where it is checked.
 */
#include "rehearsal/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char invalid_request[] = "invalid_request_error";

struct known {
    unsigned status;     /* the code's own status */
    const char *code;    /* "": the status comes without a code */
    const char *type;    /* of the error object */
    const char *message; /* as the real API writes it */
};

/* The first of a status is its usual one. */
static const struct known table[] = {
    { 400, "invalid_value", invalid_request, "Invalid value: the request was refused." },
    { 400, "moderation_blocked", "image_generation_user_error",
      "Your request was rejected by the safety system. If you believe this is an error, contact "
      "us at help.openai.com. safety_violations=[violence]." },
    { 400, "content_policy_violation", invalid_request,
      "Your request was rejected as a result of our safety system. Your prompt may contain text "
      "that is not allowed by our safety system." },
    { 400, "unknown_parameter", invalid_request, "Unknown parameter: 'rehearsed'." },
    { 400, "invalid_image_file", "image_generation_user_error",
      "Invalid image file or mode for image 1, please check your image file." },
    { 400, "billing_hard_limit_reached", invalid_request, "Billing hard limit has been reached." },
    { 401, "invalid_api_key", invalid_request,
      "Incorrect API key provided: sk-re***rsed. You can find your API key at "
      "https://platform.openai.com/account/api-keys." },
    { 401, "account_deactivated", invalid_request,
      "The OpenAI account associated with this API key has been deactivated." },
    { 403, "", invalid_request,
      "Your organization must be verified to use this model. Please go to: "
      "https://platform.openai.com/settings/organization/general and click on Verify "
      "Organization." },
    { 403, "unsupported_country_region_territory", "request_forbidden",
      "Country, region, or territory not supported" },
    { 404, "model_not_found", invalid_request,
      "The model `rehearsed` does not exist or you do not have access to it." },
    { 408, "", "timeout", "Request timed out." },
    { 409, "", "conflict_error", "The resource was changed by another request. Try again." },
    { 413, "", invalid_request, "The request body is too large." },
    { 429, "rate_limit_exceeded", "requests",
      "Rate limit reached for images per minute. Please try again later. Visit "
      "https://platform.openai.com/account/rate-limits to learn more." },
    { 429, "insufficient_quota", "insufficient_quota",
      "You exceeded your current quota, please check your plan and billing details. For more "
      "information on this error, read the docs: "
      "https://platform.openai.com/docs/guides/error-codes/api-errors." },
    { 429, "billing_not_active", "billing_not_active",
      "Your account is not active, please check your billing details on our website." },
    { 500, "", "server_error",
      "The server had an error while processing your request. Sorry about that! You can retry "
      "your request, or contact us through our help center at help.openai.com if the error "
      "persists." },
    { 502, "", "server_error", "Bad gateway." },
    { 503, "", "server_error", "The engine is currently overloaded, please try again later." },
    { 503, "slow_down", "server_error",
      "Please reduce your request rate, then raise it again gradually." },
    { 504, "", "server_error", "Gateway timeout." },
};

bool dg_refuse(struct dg_refusal *r, unsigned status, const char *param, const char *code,
               const char *fmt, ...)
{
    va_list list;

    r->status = status;
    r->type = invalid_request;
    snprintf(r->param, sizeof(r->param), "%s", param ? param : "");
    snprintf(r->code, sizeof(r->code), "%s", code ? code : "");
    va_start(list, fmt);
    vsnprintf(r->message, sizeof(r->message), fmt, list);
    va_end(list);
    return false;
}

static const struct known *find(unsigned status, const char *code)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        bool usual = code[0] == '\0' && table[i].status == status;
        if (usual || (code[0] != '\0' && strcmp(table[i].code, code) == 0))
            return &table[i];
    }
    return NULL;
}

void dg_refusal_known(struct dg_refusal *r, unsigned status, const char *code)
{
    const struct known *known = find(status, code);

    if (known) {
        dg_refuse(r, status, NULL, known->code, "%s", known->message);
        r->type = known->type;
    } else {
        dg_refuse(r, status, NULL, code, "The rehearsal server was told to answer %u here.",
                  status);
        r->type = status >= 500 ? "server_error" : invalid_request;
    }
}
