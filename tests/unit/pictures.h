/* SPDX-License-Identifier: MIT
 *
 * Pictures for tests: a horizontal ramp from black to white, as PNG of any
 * kind through libspng.
 */
#ifndef DG_TESTS_PICTURES_H
#define DG_TESTS_PICTURES_H

#include <spng.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

static inline int picture_take(spng_ctx *ctx, void *user, void *bytes, size_t size)
{
    (void)ctx;
    return dg_buffer_add(user, bytes, size) ? 0 : SPNG_IO_ERROR;
}

/* Eight bits a channel; colour types with alpha are opaque on the left half and
 * clear on the right. */
static inline void picture_png(struct dg_buffer *out, unsigned width, unsigned height,
                               enum spng_color_type colour, bool interlaced)
{
    const bool alpha = (colour & 4) != 0;
    const size_t colours = (colour & 2) != 0 ? 3 : 1, channels = colours + alpha;
    struct spng_ihdr ihdr = { .width = width,
                              .height = height,
                              .bit_depth = 8,
                              .color_type = (uint8_t)colour,
                              .interlace_method = interlaced };
    uint8_t *pixels = dg_alloc(channels * width * height), *p = pixels;

    for (unsigned i = 0; i < width * height; i++, p += channels) {
        memset(p, (int)(i % width * 255 / width), colours);
        if (alpha)
            p[colours] = i % width * 2 < width ? 255 : 0;
    }
    spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
    dg_buffer_init(out, 64 * 1024 * 1024);
    spng_set_png_stream(ctx, picture_take, out);
    spng_set_ihdr(ctx, &ihdr);
    spng_encode_image(ctx, pixels, channels * width * height, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
    spng_ctx_free(ctx);
    dg_free(pixels);
}

#endif
