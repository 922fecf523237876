/* SPDX-License-Identifier: MIT
 *
 * PNG through libspng, row by row; only interlaced pictures, whose rows come
 * in seven passes, are held whole.
 */
#include <spng.h>

#include "base/memory.h"
#include "rehearsal/decode.h"

enum { CHUNK_BYTES_MAX = 16 * 1024 * 1024 };

static spng_ctx *open_png(const uint8_t *bytes, size_t size, struct spng_ihdr *ihdr)
{
    spng_ctx *ctx = spng_ctx_new(0);
    if (!ctx)
        return NULL;
    spng_set_chunk_limits(ctx, CHUNK_BYTES_MAX, 2 * CHUNK_BYTES_MAX);
    if (spng_set_png_buffer(ctx, bytes, size) == 0 && spng_get_ihdr(ctx, ihdr) == 0)
        return ctx;
    spng_ctx_free(ctx);
    return NULL;
}

bool dg_decode_png_glance(const uint8_t *bytes, size_t size, struct dg_glance *glance)
{
    struct spng_ihdr ihdr;
    struct spng_trns trns;
    spng_ctx *ctx = open_png(bytes, size, &ihdr);
    if (!ctx)
        return false;
    glance->width = ihdr.width;
    glance->height = ihdr.height;
    glance->alpha = (ihdr.color_type & 4) != 0 || spng_get_trns(ctx, &trns) == 0;
    spng_ctx_free(ctx);
    return true;
}

static bool read_rows(spng_ctx *ctx, const struct spng_ihdr *ihdr, struct dg_shrink *shrink)
{
    size_t row_bytes = (size_t)ihdr->width * 4;
    uint8_t *rgba = dg_alloc(row_bytes);
    uint8_t *gray = dg_alloc(ihdr->width);
    int status = 0;

    for (unsigned y = 0; y < ihdr->height && status == 0; y++) {
        status = spng_decode_row(ctx, rgba, row_bytes);
        if (status != 0 && status != SPNG_EOI)
            break;
        dg_decode_gray(rgba, ihdr->width, gray);
        dg_shrink_row(shrink, gray);
    }
    dg_free(gray);
    dg_free(rgba);
    return status == SPNG_EOI;
}

static bool read_whole(spng_ctx *ctx, const struct spng_ihdr *ihdr, struct dg_shrink *shrink)
{
    size_t row_bytes = (size_t)ihdr->width * 4;
    size_t size = row_bytes * ihdr->height;
    uint8_t *rgba = dg_alloc(size);
    uint8_t *gray = dg_alloc(ihdr->width);
    bool ok = spng_decode_image(ctx, rgba, size, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS) == 0;

    for (unsigned y = 0; ok && y < ihdr->height; y++) {
        dg_decode_gray(rgba + y * row_bytes, ihdr->width, gray);
        dg_shrink_row(shrink, gray);
    }
    dg_free(gray);
    dg_free(rgba);
    return ok;
}

bool dg_decode_png(const uint8_t *bytes, size_t size, struct dg_plane *plane)
{
    struct spng_ihdr ihdr;
    struct dg_shrink shrink;
    const int progressive = SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE;
    spng_ctx *ctx = open_png(bytes, size, &ihdr);
    if (!ctx)
        return false;
    dg_shrink_init(&shrink, ihdr.width, ihdr.height, DG_DECODE_SIDE);
    bool ok = false;
    if (ihdr.interlace_method != SPNG_INTERLACE_NONE)
        ok = read_whole(ctx, &ihdr, &shrink);
    else if (spng_decode_image(ctx, NULL, 0, SPNG_FMT_RGBA8, progressive) == 0)
        ok = read_rows(ctx, &ihdr, &shrink);
    dg_shrink_done(&shrink, ok ? plane : NULL);
    spng_ctx_free(ctx);
    return ok;
}
