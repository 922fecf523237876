/* SPDX-License-Identifier: MIT
 *
 * See pace.h.
 */
#include "core/pace.h"

enum { FIRST_WIDTH = 8, QUICK = 16, SLOW = 256 };
enum { ROUND_MS = 1000 }; /* deaf for so long where no latency is known */

static const double TOO_MANY = 0.5, TOO_SLOW = 0.9, CLEARLY_SLOWER = 2.0;

void dg_pace_init(struct dg_pace *p, unsigned least, unsigned most)
{
    *p = (struct dg_pace){ .least = least, .most = most, .climbing = true };
    p->width = most < FIRST_WIDTH ? most : FIRST_WIDTH;
    dg_mutex_init(&p->mutex);
}

unsigned dg_pace_width(struct dg_pace *p)
{
    dg_mutex_lock(&p->mutex);
    unsigned width = (unsigned)p->width;
    dg_mutex_unlock(&p->mutex);
    return width < p->least ? p->least : width;
}

static void average(double *value, double sample, unsigned over)
{
    *value = *value > 0 ? *value + (sample - *value) / over : sample;
}

static void decrease(struct dg_pace *p, double share, dg_msec now)
{
    if (now < p->deaf_until)
        return;
    p->width *= share;
    if (p->width < p->least)
        p->width = p->least;
    p->climbing = false;
    p->deaf_until = now + (p->quick_ms > 0 ? (dg_msec)p->quick_ms : ROUND_MS);
}

/* Only a width that is used says that more would be served. */
static void increase(struct dg_pace *p, unsigned in_flight)
{
    if (in_flight + 1 < (unsigned)p->width)
        return;
    p->width += p->climbing ? 1.0 : 1.0 / p->width;
    if (p->width > p->most)
        p->width = p->most;
}

void dg_pace_ended(struct dg_pace *p, bool too_many, dg_msec latency_ms, unsigned in_flight,
                   dg_msec now)
{
    dg_mutex_lock(&p->mutex);
    if (latency_ms >= 0 && !too_many) {
        average(&p->quick_ms, (double)latency_ms, QUICK);
        average(&p->slow_ms, (double)latency_ms, SLOW);
    }
    if (too_many)
        decrease(p, TOO_MANY, now);
    else if (p->quick_ms > CLEARLY_SLOWER * p->slow_ms)
        decrease(p, TOO_SLOW, now);
    else
        increase(p, in_flight);
    dg_mutex_unlock(&p->mutex);
}
