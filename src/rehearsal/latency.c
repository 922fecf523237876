/* SPDX-License-Identifier: MIT
 *
 * Latency: four distributions.
 */
#include "rehearsal/latency.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

enum { NUMBER_BYTES = 32 };

static bool number(const char *text, size_t length, double *value)
{
    char copy[NUMBER_BYTES];

    if (length == 0 || length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return dg_text_number(copy, 0, DG_LATENCY_MAX_MS, value);
}

/* "A" and "B" around the separator. */
static bool two_numbers(const char *text, char separator, struct dg_latency *l)
{
    const char *middle = strchr(text, separator);
    return middle && number(text, (size_t)(middle - text), &l->a_ms) &&
           number(middle + 1, strlen(middle + 1), &l->b_ms);
}

bool dg_latency_parse(struct dg_latency *latency, const char *text)
{
    struct dg_latency l = { .kind = DG_LATENCY_FIXED };
    bool ok;

    if (strncmp(text, "normal:", 7) == 0) {
        l.kind = DG_LATENCY_NORMAL;
        ok = two_numbers(text + 7, ',', &l);
    } else if (strncmp(text, "exp:", 4) == 0) {
        l.kind = DG_LATENCY_EXPONENTIAL;
        ok = number(text + 4, strlen(text + 4), &l.a_ms);
    } else if (strchr(text, '-')) {
        l.kind = DG_LATENCY_UNIFORM;
        ok = two_numbers(text, '-', &l) && l.a_ms <= l.b_ms;
    } else {
        ok = number(text, strlen(text), &l.a_ms);
    }
    if (ok)
        *latency = l;
    return ok;
}

/* Box and Muller's way from two even numbers to one normal one. */
static double normal(struct dg_dice *dice)
{
    double u = 1.0 - dg_dice_share(dice), v = dg_dice_share(dice);
    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

dg_msec dg_latency_draw(const struct dg_latency *l, struct dg_dice *dice)
{
    double ms = l->a_ms;

    if (l->kind == DG_LATENCY_UNIFORM)
        ms += dg_dice_share(dice) * (l->b_ms - l->a_ms);
    else if (l->kind == DG_LATENCY_NORMAL)
        ms += normal(dice) * l->b_ms;
    else if (l->kind == DG_LATENCY_EXPONENTIAL)
        ms *= -log(1.0 - dg_dice_share(dice));
    return (dg_msec)(fmin(fmax(ms, 0), DG_LATENCY_MAX_MS) + 0.5);
}
