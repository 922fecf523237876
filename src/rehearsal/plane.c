/* SPDX-License-Identifier: MIT
 *
 * Brightness planes and the box filter that shrinks rows while they arrive.
 */
#include "rehearsal/plane.h"

#include <string.h>

#include "base/memory.h"

void dg_plane_done(struct dg_plane *plane)
{
    dg_free(plane->gray);
    memset(plane, 0, sizeof(*plane));
}

static double clamp(double value, double most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

uint8_t dg_plane_sample(const struct dg_plane *p, double x, double y)
{
    x = clamp(x, p->width - 1);
    y = clamp(y, p->height - 1);
    unsigned x0 = (unsigned)x, y0 = (unsigned)y;
    unsigned x1 = x0 + 1 < p->width ? x0 + 1 : x0;
    const uint8_t *upper = p->gray + (size_t)y0 * p->width;
    const uint8_t *lower = y0 + 1 < p->height ? upper + p->width : upper;
    double right = x - x0, down = y - y0;
    double a = upper[x0] + right * (upper[x1] - upper[x0]);
    double b = lower[x0] + right * (lower[x1] - lower[x0]);
    return (uint8_t)(a + down * (b - a) + 0.5);
}

static unsigned scaled(unsigned side, unsigned longest, unsigned limit)
{
    if (longest <= limit)
        return side;
    unsigned small = (unsigned)((uint64_t)side * limit / longest);
    return small > 0 ? small : 1;
}

void dg_shrink_init(struct dg_shrink *s, unsigned width, unsigned height, unsigned limit)
{
    unsigned longest = width > height ? width : height;

    memset(s, 0, sizeof(*s));
    s->width = width;
    s->height = height;
    s->plane.width = scaled(width, longest, limit);
    s->plane.height = scaled(height, longest, limit);
    s->plane.gray = dg_alloc((size_t)s->plane.width * s->plane.height);
    s->sum = dg_zalloc(s->plane.width * sizeof(*s->sum));
    s->count = dg_zalloc(s->plane.width * sizeof(*s->count));
}

/* The row of the small picture that a given source row falls into. */
static unsigned small_row(const struct dg_shrink *s, unsigned row)
{
    return (unsigned)((uint64_t)row * s->plane.height / s->height);
}

static void finish_row(struct dg_shrink *s, unsigned y)
{
    uint8_t *out = s->plane.gray + (size_t)y * s->plane.width;
    for (unsigned x = 0; x < s->plane.width; x++)
        out[x] = (uint8_t)(s->sum[x] / s->count[x]);
    memset(s->sum, 0, s->plane.width * sizeof(*s->sum));
    memset(s->count, 0, s->plane.width * sizeof(*s->count));
}

/* x goes over the source, `small` follows it without a division a pixel. */
static void add_row(struct dg_shrink *s, const uint8_t *gray)
{
    uint64_t reach = 0;
    unsigned small = 0;
    for (unsigned x = 0; x < s->width; x++) {
        s->sum[small] += gray[x];
        s->count[small]++;
        reach += s->plane.width;
        if (reach >= s->width) {
            reach -= s->width;
            small++;
        }
    }
}

void dg_shrink_row(struct dg_shrink *s, const uint8_t *gray)
{
    if (s->next >= s->height)
        return;
    unsigned y = small_row(s, s->next);
    if (s->plane.width == s->width && s->plane.height == s->height) {
        memcpy(s->plane.gray + (size_t)y * s->width, gray, s->width);
        s->next++;
        return;
    }
    add_row(s, gray);
    s->next++;
    if (s->next == s->height || small_row(s, s->next) != y)
        finish_row(s, y);
}

void dg_shrink_done(struct dg_shrink *s, struct dg_plane *plane)
{
    if (plane && s->next == s->height)
        *plane = s->plane;
    else
        dg_plane_done(&s->plane);
    dg_free(s->sum);
    dg_free(s->count);
}
