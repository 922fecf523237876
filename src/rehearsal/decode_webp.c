/* SPDX-License-Identifier: MIT
 *
 * WebP through libwebp, which also scales.  Animations are refused, as the
 * real service does.
 */
#include <webp/decode.h>

#include "base/memory.h"
#include "rehearsal/decode.h"

bool dg_decode_webp_glance(const uint8_t *bytes, size_t size, struct dg_glance *glance)
{
    WebPBitstreamFeatures features;

    if (WebPGetFeatures(bytes, size, &features) != VP8_STATUS_OK || features.has_animation)
        return false;
    glance->width = (unsigned)features.width;
    glance->height = (unsigned)features.height;
    glance->alpha = features.has_alpha != 0;
    return true;
}

static void ask_for_small(WebPDecoderConfig *config)
{
    int width = config->input.width, height = config->input.height;
    int side = width > height ? width : height;

    config->output.colorspace = MODE_RGBA;
    if (side <= DG_DECODE_SIDE)
        return;
    config->options.use_scaling = 1;
    config->options.scaled_width = (int)((int64_t)width * DG_DECODE_SIDE / side);
    config->options.scaled_height = (int)((int64_t)height * DG_DECODE_SIDE / side);
    if (config->options.scaled_width < 1)
        config->options.scaled_width = 1;
    if (config->options.scaled_height < 1)
        config->options.scaled_height = 1;
}

bool dg_decode_webp(const uint8_t *bytes, size_t size, struct dg_plane *plane)
{
    WebPDecoderConfig config;

    if (!WebPInitDecoderConfig(&config) ||
        WebPGetFeatures(bytes, size, &config.input) != VP8_STATUS_OK)
        return false;
    ask_for_small(&config);
    if (WebPDecode(bytes, size, &config) != VP8_STATUS_OK)
        return false;
    unsigned width = (unsigned)config.output.width;
    const WebPRGBABuffer *rgba = &config.output.u.RGBA;
    struct dg_shrink shrink;
    uint8_t *gray = dg_alloc(width);
    dg_shrink_init(&shrink, width, (unsigned)config.output.height, DG_DECODE_SIDE);
    for (int y = 0; y < config.output.height; y++) {
        dg_decode_gray(rgba->rgba + (ptrdiff_t)y * rgba->stride, width, gray);
        dg_shrink_row(&shrink, gray);
    }
    dg_shrink_done(&shrink, plane);
    dg_free(gray);
    WebPFreeDecBuffer(&config.output);
    return true;
}
