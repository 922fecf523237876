/* SPDX-License-Identifier: MIT
 *
 * Palette indices to a PNG of four bits a pixel and back, through libspng.
 */
#include <spng.h>

#include "base/memory.h"
#include "rehearsal/sketch.h"

enum { PNG_BYTES_MAX = 8 * 1024 * 1024, SPEEDY = 3 };

static int take(spng_ctx *ctx, void *user, void *bytes, size_t size)
{
    (void)ctx;
    return dg_buffer_add(user, bytes, size) ? 0 : SPNG_IO_ERROR;
}

static size_t stride_of(const struct dg_sketch *s)
{
    return (s->width + 1) / 2;
}

static uint8_t *pack(const struct dg_sketch *s, const uint8_t *index)
{
    size_t stride = stride_of(s);
    uint8_t *packed = dg_zalloc(stride * s->height);

    for (unsigned y = 0; y < s->height; y++) {
        for (unsigned x = 0; x < s->width; x++) {
            unsigned shift = x % 2 == 0 ? 4 : 0;
            packed[y * stride + x / 2] |= (uint8_t)(index[(size_t)y * s->width + x] << shift);
        }
    }
    return packed;
}

static void describe(spng_ctx *ctx, const struct dg_sketch *s)
{
    struct spng_ihdr ihdr = { .width = s->width,
                              .height = s->height,
                              .bit_depth = 4,
                              .color_type = SPNG_COLOR_TYPE_INDEXED };
    struct spng_plte plte = { .n_entries = DG_PALETTE_SIZE };
    struct dg_palette palette;

    dg_palette_make(&palette, 0);
    for (int i = 0; i < DG_PALETTE_SIZE; i++) {
        plte.entries[i].red = palette.rgb[i][0];
        plte.entries[i].green = palette.rgb[i][1];
        plte.entries[i].blue = palette.rgb[i][2];
    }
    spng_set_ihdr(ctx, &ihdr);
    spng_set_plte(ctx, &plte);
    spng_set_option(ctx, SPNG_IMG_COMPRESSION_LEVEL, SPEEDY);
    spng_set_option(ctx, SPNG_FILTER_CHOICE, SPNG_DISABLE_FILTERING);
}

void dg_sketch_png(struct dg_sketch *s, const uint8_t *index)
{
    uint8_t *packed = pack(s, index);
    spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);

    dg_buffer_init(&s->png, PNG_BYTES_MAX);
    spng_set_png_stream(ctx, take, &s->png);
    describe(ctx, s);
    spng_encode_image(ctx, packed, stride_of(s) * s->height, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
    spng_ctx_free(ctx);
    dg_free(packed);
}

uint8_t *dg_sketch_index(const struct dg_sketch *s)
{
    size_t stride = stride_of(s);
    uint8_t *packed = dg_zalloc(stride * s->height);
    uint8_t *index = dg_alloc((size_t)s->width * s->height);
    spng_ctx *ctx = spng_ctx_new(0);

    spng_set_png_buffer(ctx, s->png.data, s->png.size);
    spng_decode_image(ctx, packed, stride * s->height, SPNG_FMT_PNG, 0);
    spng_ctx_free(ctx);
    for (unsigned y = 0; y < s->height; y++) {
        for (unsigned x = 0; x < s->width; x++) {
            unsigned shift = x % 2 == 0 ? 4 : 0;
            index[(size_t)y * s->width + x] = (packed[y * stride + x / 2] >> shift) & 15;
        }
    }
    dg_free(packed);
    return index;
}
