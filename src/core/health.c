/* SPDX-License-Identifier: MIT
 *
 * See health.h.
 */
#include "core/health.h"

unsigned dg_health_halvings(const struct dg_health *h, dg_msec now)
{
    if (h->halvings == 0)
        return 0;
    dg_msec recovered = now > h->since ? (now - h->since) / DG_HEALTH_RECOVERY_MS : 0;
    return recovered < (dg_msec)h->halvings ? h->halvings - (unsigned)recovered : 0;
}

int64_t dg_health_weight(const struct dg_health *h, unsigned weight, dg_msec now)
{
    return (int64_t)weight * DG_HEALTH_ONE >> dg_health_halvings(h, now);
}

static void set_halvings(struct dg_health *h, unsigned halvings, dg_msec now)
{
    h->halvings = halvings;
    h->since = now;
}

static void well(struct dg_health *h)
{
    h->state = DG_HEALTH_WELL;
    h->streak = 0;
    h->pause_ms = 0;
}

void dg_health_succeeded(struct dg_health *h, dg_msec now)
{
    unsigned halvings = dg_health_halvings(h, now);
    if (h->halvings > 0)
        set_halvings(h, halvings > 0 ? halvings - 1 : 0, now);
    well(h);
}

void dg_health_answered(struct dg_health *h)
{
    well(h);
}

/* The first pause, or after a probe that failed the next one. */
static void put_aside(struct dg_health *h, enum dg_health_state state, bool probe, dg_msec now)
{
    bool fresh = h->state == DG_HEALTH_WELL;
    if (h->state != state)
        h->aside_at = now;
    h->state = state;
    if (!fresh && !probe)
        return; /* sent before it was put aside: that tells nothing new */
    h->pause_ms = fresh ? DG_HEALTH_PAUSE_MS : 2 * h->pause_ms;
    if (h->pause_ms > DG_HEALTH_PAUSE_MOST_MS)
        h->pause_ms = DG_HEALTH_PAUSE_MOST_MS;
    h->probe_at = now + h->pause_ms;
}

void dg_health_failed(struct dg_health *h, bool counts, bool probe, dg_msec now)
{
    unsigned halvings = dg_health_halvings(h, now);
    set_halvings(h, halvings < DG_HEALTH_HALVINGS ? halvings + 1 : DG_HEALTH_HALVINGS, now);
    if (counts && h->streak < DG_HEALTH_STREAK)
        h->streak++;
    if (h->state == DG_HEALTH_UNREACHED && !probe)
        return; /* sent before it was put aside */
    if (h->streak == DG_HEALTH_STREAK || (h->state != DG_HEALTH_WELL && probe))
        put_aside(h, DG_HEALTH_FAILING, probe, now);
}

void dg_health_unreached(struct dg_health *h, bool probe, dg_msec now)
{
    put_aside(h, DG_HEALTH_UNREACHED, probe, now);
}

bool dg_health_probe_due(const struct dg_health *h, dg_msec now)
{
    return h->state != DG_HEALTH_WELL && h->prober == 0 && now >= h->probe_at;
}

void dg_health_probe(struct dg_health *h, unsigned worker)
{
    h->prober = worker + 1;
}

void dg_health_probe_over(struct dg_health *h)
{
    h->prober = 0;
}
