/* SPDX-License-Identifier: MIT
 *
 * The headers of PNG, JPEG, WebP, GIF and SVG.  Everything read is checked to
 * be there; nothing is decoded.  Leans on core/image_view.h.
 */
#include "core/image_view.h"

#include <string.h>

uint32_t dg_view_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

uint32_t dg_view_be32(const uint8_t *p)
{
    return dg_view_be16(p) << 16 | dg_view_be16(p + 2);
}

uint32_t dg_view_le16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

uint32_t dg_view_le32(const uint8_t *p)
{
    return dg_view_le16(p + 2) << 16 | dg_view_le16(p);
}

static bool starts(struct dg_view *v, uint64_t offset, const char *text, size_t n)
{
    const uint8_t *p = dg_view_at(v, offset, n);
    return p && memcmp(p, text, n) == 0;
}

/* ---- PNG: signature, then chunks of length, name, data, checksum ---- */

/* Looks for a tRNS chunk between the header and the first data. */
static bool png_has_trns(struct dg_view *v)
{
    const uint8_t *p;
    uint64_t offset = 33;
    while ((p = dg_view_at(v, offset, 8)) && memcmp(p + 4, "IDAT", 4) != 0) {
        if (memcmp(p + 4, "tRNS", 4) == 0)
            return true;
        offset += 12 + (uint64_t)dg_view_be32(p);
    }
    return false;
}

bool dg_image_png(struct dg_view *v, struct dg_image_info *info)
{
    if (!starts(v, 0, "\x89PNG\r\n\x1a\n", 8))
        return false;
    const uint8_t *p = dg_view_at(v, 8, 18);
    if (!p || memcmp(p + 4, "IHDR", 4) != 0)
        return true;
    info->width = dg_view_be32(p + 8);
    info->height = dg_view_be32(p + 12);
    info->alpha = p[17] == 4 || p[17] == 6 || png_has_trns(v);
    return true;
}

/* ---- JPEG: markers, most followed by a length and data ---- */

/* The start of a frame, which tells the size: SOF0 to SOF15, but for three
 * codes in between that mean other things. */
static bool is_sof(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool has_no_data(uint8_t marker)
{
    return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

bool dg_image_jpeg(struct dg_view *v, struct dg_image_info *info)
{
    if (!starts(v, 0, "\xff\xd8\xff", 3))
        return false;
    const uint8_t *p;
    uint64_t offset = 2;
    while ((p = dg_view_at(v, offset, 2)) && p[0] == 0xff) {
        uint8_t marker = p[1];
        if (marker == 0xff) { /* a fill byte */
            offset++;
            continue;
        }
        if (marker == 0xd9 || marker == 0xda) /* the end, or data without a frame */
            return true;
        if (has_no_data(marker)) {
            offset += 2;
            continue;
        }
        p = dg_view_at(v, offset + 2, is_sof(marker) ? 7 : 2);
        if (!p || dg_view_be16(p) < 2)
            return true;
        if (is_sof(marker)) {
            info->height = dg_view_be16(p + 3);
            info->width = dg_view_be16(p + 5);
            return true;
        }
        offset += 2 + dg_view_be16(p);
    }
    return true;
}

/* ---- WebP: RIFF with one of three first chunks ---- */

static void webp_lossy(const uint8_t *p, struct dg_image_info *info)
{
    if (memcmp(p + 3, "\x9d\x01\x2a", 3) != 0)
        return;
    info->width = dg_view_le16(p + 6) & 0x3fff;
    info->height = dg_view_le16(p + 8) & 0x3fff;
}

static void webp_lossless(const uint8_t *p, struct dg_image_info *info)
{
    uint32_t bits = dg_view_le32(p + 1);
    if (p[0] != 0x2f)
        return;
    info->width = (bits & 0x3fff) + 1;
    info->height = (bits >> 14 & 0x3fff) + 1;
    info->alpha = bits >> 28 & 1;
}

static void webp_extended(const uint8_t *p, struct dg_image_info *info)
{
    info->width = (dg_view_le32(p + 4) & 0xffffff) + 1;
    info->height = (dg_view_le32(p + 6) >> 8) + 1;
    info->alpha = p[0] & 0x10;
}

bool dg_image_webp(struct dg_view *v, struct dg_image_info *info)
{
    if (!starts(v, 0, "RIFF", 4) || !starts(v, 8, "WEBP", 4))
        return false;
    const uint8_t *data = dg_view_at(v, 20, 10);
    if (!data) /* even the smallest lossless picture is longer than its header */
        return true;
    if (starts(v, 12, "VP8 ", 4))
        webp_lossy(data, info);
    else if (starts(v, 12, "VP8L", 4))
        webp_lossless(data, info);
    else if (starts(v, 12, "VP8X", 4))
        webp_extended(data, info);
    return true;
}

/* ---- GIF ---- */

bool dg_image_gif(struct dg_view *v, struct dg_image_info *info)
{
    if (!starts(v, 0, "GIF87a", 6) && !starts(v, 0, "GIF89a", 6))
        return false;
    const uint8_t *p = dg_view_at(v, 6, 4);
    if (p) {
        info->width = dg_view_le16(p);
        info->height = dg_view_le16(p + 2);
    }
    return true;
}
