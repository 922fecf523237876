/* SPDX-License-Identifier: MIT
 *
 * Which decoder for which bytes, and what they share.
 */
#include "rehearsal/decode.h"

#include <string.h>

bool dg_decode_glance(const uint8_t *bytes, size_t size, struct dg_glance *glance)
{
    memset(glance, 0, sizeof(*glance));
    glance->encoding = dg_encoding_sniff(bytes, size);
    switch (glance->encoding) {
    case DG_ENCODING_PNG:
        return dg_decode_png_glance(bytes, size, glance);
    case DG_ENCODING_JPEG:
        return dg_decode_jpeg_glance(bytes, size, glance);
    case DG_ENCODING_WEBP:
        return dg_decode_webp_glance(bytes, size, glance);
    default:
        return false;
    }
}

bool dg_decode(const uint8_t *bytes, size_t size, struct dg_plane *plane)
{
    struct dg_glance glance;

    memset(plane, 0, sizeof(*plane));
    if (!dg_decode_glance(bytes, size, &glance))
        return false;
    if (glance.width == 0 || glance.height == 0 ||
        (uint64_t)glance.width * glance.height > DG_DECODE_PIXELS_MAX)
        return false;
    switch (glance.encoding) {
    case DG_ENCODING_PNG:
        return dg_decode_png(bytes, size, plane);
    case DG_ENCODING_JPEG:
        return dg_decode_jpeg(bytes, size, plane);
    default:
        return dg_decode_webp(bytes, size, plane);
    }
}

void dg_decode_gray(const uint8_t *rgba, size_t pixels, uint8_t *gray)
{
    for (size_t i = 0; i < pixels; i++, rgba += 4) {
        unsigned light = (77U * rgba[0] + 150U * rgba[1] + 29U * rgba[2]) >> 8;
        unsigned alpha = rgba[3];
        gray[i] = (uint8_t)((light * alpha + 255U * (255U - alpha)) / 255U);
    }
}
