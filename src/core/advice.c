/* SPDX-License-Identifier: MIT
 *
 * See advice.h.  Headers are foreign text: everything is read by hand, with a
 * bound on each number.
 */
#include "core/advice.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };

static const dg_msec MOST_MS = (dg_msec)30 * 24 * HOUR_MS;
static const dg_msec EPOCH_S = 1000000000; /* a "span" beyond this is seconds since 1970 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_spaces(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* true if nothing but spaces is left. */
static bool at_end(const char *text)
{
    return *skip_spaces(text) == '\0';
}

/* "12" or "12.345" in thousandths, rounded up; behind it, or NULL.  Very large
 * numbers stay at 1e15. */
static const char *read_decimal(const char *text, dg_msec *thousandths)
{
    static const dg_msec most = 1000000000000000;
    dg_msec value = 0, unit = 100;
    bool rest = false;
    if (!is_digit(*text))
        return NULL;
    for (; is_digit(*text); text++)
        value = value < most ? value * 10 + (*text - '0') * 1000 : most;
    if (*text == '.') {
        for (text++; is_digit(*text); text++, unit /= 10) {
            value += (*text - '0') * unit;
            rest = rest || (unit == 0 && *text != '0');
        }
    }
    *thousandths = value + rest < most ? value + rest : most;
    return text;
}

static dg_msec bounded(dg_msec span)
{
    return span < 0 ? 0 : span < MOST_MS ? span : MOST_MS;
}

static int month_number(const char *text)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int k = 0; k < 12; k++)
        if (strncmp(text, names + (ptrdiff_t)3 * k, 3) == 0)
            return k;
    return -1;
}

/* `count` digits; -1 if they are not. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int k = 0; k < count; k++) {
        if (!is_digit(text[k]))
            return -1;
        value = value * 10 + (text[k] - '0');
    }
    return value;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", HTTP's date, as milliseconds since 1970. */
static bool read_date(const char *text, dg_msec *wall)
{
    static const char shape[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    if (strlen(text) < sizeof shape - 1 || !at_end(text + sizeof shape - 1))
        return false;
    for (size_t k = 0; k < sizeof shape - 1; k++) {
        bool free_place = shape[k] == '0' || (k < 3) || (k > 7 && k < 11);
        if (!free_place && text[k] != shape[k])
            return false;
    }
    struct tm t = { .tm_mday = digits(text + 5, 2),
                    .tm_mon = month_number(text + 8),
                    .tm_year = digits(text + 12, 4) - 1900,
                    .tm_hour = digits(text + 17, 2),
                    .tm_min = digits(text + 20, 2),
                    .tm_sec = digits(text + 23, 2) };
    if (t.tm_mday < 1 || t.tm_mday > 31 || t.tm_mon < 0 || t.tm_year < 70 || t.tm_hour < 0 ||
        t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59 || t.tm_sec < 0 || t.tm_sec > 60)
        return false;
    *wall = (dg_msec)timegm(&t) * SECOND_MS;
    return true;
}

/* "20", "1.5", or a date; -1: neither. */
static dg_msec read_retry_after(const char *text, dg_msec wall)
{
    dg_msec value;
    text = skip_spaces(text);
    const char *end = read_decimal(text, &value);
    if (end && at_end(end))
        return bounded(value);
    return read_date(text, &value) ? bounded(value - wall) : -1;
}

/* "1500" or "1500.5" milliseconds; -1: not. */
static dg_msec read_milliseconds(const char *text)
{
    dg_msec value;
    const char *end = read_decimal(skip_spaces(text), &value);
    return end && at_end(end) ? bounded((value + 999) / 1000) : -1;
}

/* The unit's milliseconds, and how long its name is; 0: none. */
static dg_msec unit_ms(const char *text, size_t *length)
{
    *length = text[0] == 'm' && text[1] == 's' ? 2 : 1;
    if (*length == 2)
        return 1;
    return *text == 's'   ? SECOND_MS
           : *text == 'm' ? MINUTE_MS
           : *text == 'h' ? HOUR_MS
           : *text == 'd' ? 24 * HOUR_MS
                          : 0;
}

/* "1s", "6m0s", "750ms", "1h2m3.5s", plain seconds or seconds since 1970; -1: not. */
static dg_msec read_span(const char *text, dg_msec wall)
{
    dg_msec total = 0, value;
    bool first = true;
    text = skip_spaces(text);
    do {
        size_t length;
        const char *end = read_decimal(text, &value);
        if (!end)
            return -1;
        if (first && at_end(end))
            return bounded(value > EPOCH_S * SECOND_MS ? value - wall : value);
        dg_msec unit = unit_ms(end, &length);
        if (unit == 0)
            return -1;
        if (value > MOST_MS * 1000 / unit)
            return MOST_MS;
        total = bounded(total + (value * unit + 999) / 1000);
        text = end + length;
        first = false;
    } while (!at_end(text));
    return total;
}

static int read_should_retry(const char *text)
{
    return strcasecmp(text, "true") == 0 ? 1 : strcasecmp(text, "false") == 0 ? 0 : -1;
}

/* How long until an allowance that is used up comes again; -1: it is not, or
 * that is not told. */
static dg_msec read_reset(const char *remaining, const char *reset, dg_msec wall)
{
    dg_msec left;
    const char *end = remaining ? read_decimal(skip_spaces(remaining), &left) : NULL;
    if (!end || !at_end(end) || left != 0 || !reset)
        return -1;
    return read_span(reset, wall);
}

void dg_advice_init(struct dg_advice *a)
{
    *a = (struct dg_advice){ -1, -1, -1, -1, -1 };
}

bool dg_advice_is_header(const char *line, size_t size_bytes)
{
    static const char *const begins[] = { "retry-after", "x-ratelimit-", "x-should-retry" };
    for (size_t k = 0; k < sizeof begins / sizeof *begins; k++)
        if (size_bytes > strlen(begins[k]) && strncasecmp(line, begins[k], strlen(begins[k])) == 0)
            return true;
    return false;
}

void dg_advice_read(struct dg_advice *a, const char *(*get)(void *self, const char *name),
                    void *self, dg_msec wall)
{
    static const struct {
        const char *remaining;
        const char *reset;
        size_t offset; /* the longest of those with the same one counts */
    } limits[] = {
        { "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
          offsetof(struct dg_advice, requests_reset_ms) },
        { "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
          offsetof(struct dg_advice, tokens_reset_ms) },
        { "x-ratelimit-remaining-project-tokens", "x-ratelimit-reset-project-tokens",
          offsetof(struct dg_advice, tokens_reset_ms) },
        { "x-ratelimit-remaining-images", "x-ratelimit-reset-images",
          offsetof(struct dg_advice, images_reset_ms) },
    };
    dg_advice_init(a);
    const char *text = get(self, "retry-after-ms");
    if (text)
        a->retry_after_ms = read_milliseconds(text);
    text = get(self, "retry-after");
    if (text && a->retry_after_ms < 0)
        a->retry_after_ms = read_retry_after(text, wall);
    text = get(self, "x-should-retry");
    if (text)
        a->should_retry = read_should_retry(text);
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        dg_msec *into = (dg_msec *)(void *)((char *)a + limits[k].offset);
        const char *remaining = get(self, limits[k].remaining);
        dg_msec span = remaining ? read_reset(remaining, get(self, limits[k].reset), wall) : -1;
        if (span > *into)
            *into = span;
    }
}
