/* SPDX-License-Identifier: MIT
 *
 * Planes to sixteen colours on a paper mat: contrast, dither, frame.
 */
#include "rehearsal/sketch.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum {
    TONES = DG_PALETTE_SIZE - DG_PALETTE_TONES,
    PANEL_WIDTH_MIN = 16, /* narrower and several inputs become one */
    FIXED_SIDE = 512
};

/* An ordered dither's thresholds: neighbouring tones mix evenly, without noise. */
static const uint8_t bayer[4][4] = {
    { 0, 8, 2, 10 }, { 12, 4, 14, 6 }, { 3, 11, 1, 9 }, { 15, 7, 13, 5 }
};

struct rect {
    unsigned left, top, right, bottom; /* pixels; right and bottom are outside */
};

struct canvas {
    unsigned width, height; /* pixels */
    unsigned mat;           /* width of the paper around the picture */
    unsigned line;          /* width of the line around the picture */
    uint8_t *index;         /* a palette index a pixel */
};

/* How a plane's tones are stretched: its darkest 1 % black, its lightest 1 %
 * white. */
static void stretch(const struct dg_plane *p, uint8_t level[256])
{
    uint64_t histogram[256] = { 0 }, seen = 0;
    uint64_t total = (uint64_t)p->width * p->height;
    int low = 255, high = 0;

    for (uint64_t i = 0; i < total; i++)
        histogram[p->gray[i]]++;
    for (int v = 0; v < 256; v++) {
        if (v < low && (seen + histogram[v]) * 100 > total)
            low = v;
        if (seen * 100 < total * 99)
            high = v;
        seen += histogram[v];
    }
    int span = high - low < 16 ? 16 : high - low;
    for (int v = 0; v < 256; v++) {
        int out = (v - low) * 255 / span;
        level[v] = (uint8_t)(out < 0 ? 0 : out > 255 ? 255 : out);
    }
}

static uint8_t tone(unsigned gray, unsigned x, unsigned y)
{
    unsigned sixteenths = gray * (TONES - 1) * 16U / 255U;
    unsigned step = (sixteenths + bayer[y & 3][x & 3]) / 16U;
    return (uint8_t)(DG_PALETTE_TONES + (step < TONES ? step : TONES - 1));
}

/* Draws into `window` what stands there when the plane fills `cell`, centred
 * and cut where its shape is another. */
static void draw_plane(struct canvas *c, const struct dg_plane *p, struct rect cell,
                       struct rect window)
{
    double width = cell.right - cell.left, height = cell.bottom - cell.top;
    double scale = fmin(p->width / width, p->height / height);
    double x0 = (p->width - scale * width) / 2 - cell.left * scale + (scale - 1) / 2;
    double y0 = (p->height - scale * height) / 2 - cell.top * scale + (scale - 1) / 2;
    bool same = p->width == c->width && p->height == c->height && width == c->width;
    uint8_t level[256];

    stretch(p, level);
    for (unsigned y = window.top; y < window.bottom; y++) {
        uint8_t *row = c->index + (size_t)y * c->width;
        const uint8_t *gray = p->gray + (size_t)y * p->width;
        for (unsigned x = window.left; x < window.right; x++) {
            uint8_t g = same ? gray[x] : dg_plane_sample(p, x0 + x * scale, y0 + y * scale);
            row[x] = tone(level[g], x, y);
        }
    }
}

static void fill(struct canvas *c, struct rect r, uint8_t colour)
{
    for (unsigned y = r.top; y < r.bottom; y++)
        memset(c->index + (size_t)y * c->width + r.left, colour, r.right - r.left);
}

/* The part of a cell that its picture shows: the mat lies around the canvas,
 * half of one between two cells. */
static struct rect window_of(const struct canvas *c, struct rect cell)
{
    unsigned half = (c->mat + 1) / 2;
    struct rect w = cell;

    w.left += cell.left == 0 ? c->mat : half / 2;
    w.right -= cell.right == c->width ? c->mat : (half + 1) / 2;
    w.top += c->mat;
    w.bottom -= c->mat;
    return w;
}

static struct rect inside(struct rect r, unsigned by)
{
    return (struct rect){ r.left + by, r.top + by, r.right - by, r.bottom - by };
}

static void draw(struct canvas *c, const struct dg_plane *planes, size_t count)
{
    unsigned panels = count < DG_SKETCH_PANELS ? (unsigned)count : DG_SKETCH_PANELS;
    unsigned shorter = c->width < c->height ? c->width : c->height;

    if (c->width < panels * PANEL_WIDTH_MIN)
        panels = 1;
    if (shorter >= 3 * PANEL_WIDTH_MIN) {
        c->mat = shorter / 22;
        c->line = shorter >= 400 ? 2 : 1;
    }
    fill(c, (struct rect){ 0, 0, c->width, c->height }, DG_PALETTE_PAPER);
    for (unsigned i = 0; i < panels; i++) {
        struct rect cell = { c->width * i / panels, 0, c->width * (i + 1) / panels, c->height };
        struct rect window = window_of(c, cell);
        fill(c, window, DG_PALETTE_LINE);
        draw_plane(c, &planes[i], cell, inside(window, c->line));
    }
}

struct dg_sketch *dg_sketch_new(const struct dg_plane *planes, size_t count)
{
    struct canvas c = { .width = planes[0].width, .height = planes[0].height };
    struct dg_sketch *s = dg_zalloc(sizeof(*s));

    c.index = dg_alloc((size_t)c.width * c.height);
    draw(&c, planes, count);
    s->width = c.width;
    s->height = c.height;
    dg_sketch_png(s, c.index);
    dg_free(c.index);
    return s;
}

void dg_sketch_free(struct dg_sketch *s)
{
    if (!s)
        return;
    dg_buffer_done(&s->png);
    dg_free(s);
}

/* A sun over waves: smooth, so that it has every tone. */
void dg_sketch_fixed_plane(struct dg_plane *plane)
{
    plane->width = FIXED_SIDE;
    plane->height = FIXED_SIDE;
    plane->gray = dg_alloc((size_t)FIXED_SIDE * FIXED_SIDE);
    for (unsigned y = 0; y < FIXED_SIDE; y++) {
        for (unsigned x = 0; x < FIXED_SIDE; x++) {
            double u = (double)x / FIXED_SIDE - 0.5, v = (double)y / FIXED_SIDE - 0.4;
            double sun = exp(-22 * (u * u + v * v));
            double sea = v > 0.2 ? 0.12 * sin(90 * v + 4 * sin(7 * u)) : 0.25 * v;
            double light = 0.35 + 0.55 * sun + sea;
            plane->gray[y * FIXED_SIDE + x] = (uint8_t)(255 * fmin(fmax(light, 0), 1));
        }
    }
}
