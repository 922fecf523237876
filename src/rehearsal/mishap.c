/* SPDX-License-Identifier: MIT
 *
 * The fault plan's grammar and its judgement of a request's number.
 */
#include "rehearsal/mishap.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rehearsal/dice.h"

enum {
    WORD_BYTES = DG_MISHAP_VALUE_BYTES,
    STATUS_MIN = 300,
    STATUS_MAX = 599,
    MS_MAX = 3600 * 1000
};

static const struct {
    const char *name;             /* in the plan */
    enum dg_mishap_action action; /* what it means */
} actions[] = {
    { "reset", DG_MISHAP_RESET },
    { "reset_mid", DG_MISHAP_RESET_MID },
    { "close", DG_MISHAP_CLOSE },
    { "truncate", DG_MISHAP_TRUNCATE },
    { "cut_json", DG_MISHAP_CUT_JSON },
    { "slow", DG_MISHAP_SLOW },
    { "garbage", DG_MISHAP_GARBAGE },
    { "html", DG_MISHAP_HTML },
    { "empty", DG_MISHAP_EMPTY },
    { "bad_base64", DG_MISHAP_BAD_BASE64 },
    { "not_image", DG_MISHAP_NOT_IMAGE },
    { "error200", DG_MISHAP_ERROR200 },
    { "detail", DG_MISHAP_DETAIL },
    { "plain", DG_MISHAP_PLAIN },
    { "url", DG_MISHAP_URL },
    { "hang", DG_MISHAP_HANG },
    { "fewer", DG_MISHAP_FEWER },
    { "jpeg", DG_MISHAP_JPEG },
    { "webp", DG_MISHAP_WEBP },
    { "gif", DG_MISHAP_GIF },
    { "svg", DG_MISHAP_SVG },
};

static const char actions_text[] =
    "an HTTP status (429, 400/moderation_blocked), reset, reset_mid, close, truncate, cut_json, "
    "slow, garbage, html, empty, bad_base64, not_image, error200, detail, plain, url, hang, "
    "fewer, jpeg, webp, gif or svg";

static const struct {
    const char *option; /* in the plan */
    const char *header; /* on the wire */
} headers[DG_MISHAP_HEADERS] = {
    { "retry_after", "Retry-After" },
    { "retry_after_ms", "retry-after-ms" },
    { "should_retry", "x-should-retry" },
    { "location", "Location" },
};

const char *dg_mishap_header(unsigned i)
{
    return headers[i].header;
}

static bool complain(struct dg_error *err, const char *text, const char *what)
{
    return dg_error_set(err, DG_KIND_USAGE, "bad_option", "--fault \"%s\": %s", text, what);
}

/* Copies `length` bytes as a word; false if it has no room. */
static bool word(char out[WORD_BYTES], const char *text, size_t length)
{
    if (length == 0 || length >= WORD_BYTES)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static bool positive(const char *text, uint64_t *value)
{
    int64_t n;
    if (!dg_text_int(text, 1, INT64_MAX, &n))
        return false;
    *value = (uint64_t)n;
    return true;
}

static bool parse_range(struct dg_mishap *f, char *when)
{
    char *dash = strchr(when, '-');

    f->when = DG_MISHAP_RANGE;
    if (!dash)
        return positive(when, &f->first) && positive(when, &f->last);
    *dash = '\0';
    return positive(when, &f->first) && positive(dash + 1, &f->last) && f->first <= f->last;
}

static bool parse_when(struct dg_mishap *f, char *when)
{
    size_t length = strlen(when);

    if (strcmp(when, "*") == 0) {
        f->when = DG_MISHAP_EVERY;
        f->first = 1;
        return true;
    }
    if (when[0] == '%') {
        f->when = DG_MISHAP_EVERY;
        return positive(when + 1, &f->first);
    }
    if (when[length - 1] == '%') {
        f->when = DG_MISHAP_SHARE;
        when[length - 1] = '\0';
        if (!dg_text_number(when, 0, 100, &f->share))
            return false;
        f->share /= 100;
        return true;
    }
    return parse_range(f, when);
}

static bool parse_status(struct dg_mishap *f, char *action)
{
    int64_t status;
    char *slash = strchr(action, '/');

    if (slash) {
        *slash = '\0';
        if (slash[1] == '\0')
            return false;
        snprintf(f->code, sizeof(f->code), "%s", slash + 1);
    }
    if (!dg_text_int(action, STATUS_MIN, STATUS_MAX, &status))
        return false;
    f->action = DG_MISHAP_STATUS;
    f->status = (unsigned)status;
    return true;
}

static bool parse_action(struct dg_mishap *f, char *action)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(action, actions[i].name) == 0) {
            f->action = actions[i].action;
            return true;
        }
    }
    return parse_status(f, action);
}

static bool printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return true;
}

/* One "name=value" of `length` bytes. */
static bool parse_option(struct dg_mishap *f, const char *text, size_t length)
{
    const char *equals = memchr(text, '=', length);
    char name[WORD_BYTES], value[WORD_BYTES];
    int64_t ms;

    if (!equals || !printable(text, length) || !word(name, text, (size_t)(equals - text)) ||
        !word(value, equals + 1, length - (size_t)(equals + 1 - text)))
        return false;
    if (strcmp(name, "ms") == 0) {
        if (!dg_text_int(value, 0, MS_MAX, &ms))
            return false;
        f->ms = ms;
        return true;
    }
    for (unsigned i = 0; i < DG_MISHAP_HEADERS; i++) {
        if (strcmp(name, headers[i].option) == 0) {
            snprintf(f->headers[i], sizeof(f->headers[i]), "%s", value);
            return true;
        }
    }
    return false;
}

/* Up to the comma that ends it; one before a space is part of it, as in
 * "Wed, 21 Oct 2026 07:28:00 GMT". */
static size_t option_length(const char *text)
{
    size_t length = strcspn(text, ",");
    while (text[length] == ',' && text[length + 1] == ' ')
        length += 1 + strcspn(text + length + 1, ",");
    return length;
}

static bool parse_options(struct dg_mishap *f, const char *text)
{
    while (*text) {
        size_t length = option_length(text);
        if (!parse_option(f, text, length))
            return false;
        text += length;
        if (*text == ',' && *++text == '\0')
            return false;
    }
    return true;
}

bool dg_mishap_parse(struct dg_mishap *f, const char *text, struct dg_error *err)
{
    const char *colon = strchr(text, ':');
    char when[WORD_BYTES], action[WORD_BYTES];

    memset(f, 0, sizeof(*f));
    f->ms = -1;
    snprintf(f->text, sizeof(f->text), "%s", text);
    for (const char *c = text; *c; c++)
        f->salt = dg_dice_mix(f->salt, (uint8_t)*c);
    if (!colon || !word(when, text, (size_t)(colon - text)) || !parse_when(f, when))
        return complain(err, text,
                        "expected WHEN:ACTION, where WHEN is N, N-M, %N (every Nth), P% (a random "
                        "share) or *, and requests count from 1");
    size_t length = strcspn(colon + 1, ",");
    if (!word(action, colon + 1, length) || !parse_action(f, action)) {
        char what[512];
        snprintf(what, sizeof(what), "unknown action; allowed are %s", actions_text);
        return complain(err, text, what);
    }
    const char *options = colon + 1 + length;
    if (*options == ',' && (options[1] == '\0' || !parse_options(f, options + 1)))
        return complain(err, text,
                        "options are ms=MILLISECONDS, retry_after=TEXT, retry_after_ms=TEXT, "
                        "should_retry=TEXT and location=URL");
    return true;
}

bool dg_mishap_strikes(const struct dg_mishap *f, uint64_t n, uint64_t seed)
{
    if (f->when == DG_MISHAP_EVERY)
        return n % f->first == 0;
    if (f->when == DG_MISHAP_RANGE)
        return n >= f->first && n <= f->last;
    struct dg_dice dice = { dg_dice_mix(seed ^ f->salt, n) };
    return dg_dice_share(&dice) < f->share;
}

bool dg_mishap_spoils(const struct dg_mishap *f)
{
    return f->action >= DG_MISHAP_RESET_MID;
}
