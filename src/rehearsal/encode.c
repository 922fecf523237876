/* SPDX-License-Identifier: MIT
 *
 * A sketch as a file: the PNG it is kept as with another palette, or JPEG,
 * WebP, GIF and SVG made from it.
 */
#include <string.h>

#include <webp/encode.h>

#include "base/base64.h"
#include "base/memory.h"
#include "rehearsal/sketch.h"

enum {
    PLTE_OFFSET = 33, /* behind the signature and IHDR */
    PLTE_BYTES = 3 * DG_PALETTE_SIZE
};

/* The checksum of PNG's chunks (its specification, annex D). */
static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xffffffffU;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320U : 0);
    }
    return ~crc;
}

static bool add_png(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out)
{
    uint8_t chunk[4 + PLTE_BYTES + 4]; /* name, colours, checksum */

    memcpy(chunk, "PLTE", 4);
    memcpy(chunk + 4, p->rgb, PLTE_BYTES);
    uint32_t crc = crc32_of(chunk, 4 + PLTE_BYTES);
    for (int i = 0; i < 4; i++)
        chunk[4 + PLTE_BYTES + i] = (uint8_t)(crc >> (24 - 8 * i));
    const size_t before = PLTE_OFFSET + 4, after = before + sizeof(chunk);
    if (memcmp(s->png.data + before, "PLTE", 4) != 0)
        return false;
    return dg_buffer_add(out, s->png.data, before) && dg_buffer_add(out, chunk, sizeof(chunk)) &&
           dg_buffer_add(out, s->png.data + after, s->png.size - after);
}

static uint8_t *rgb_of(const struct dg_sketch *s, const struct dg_palette *p)
{
    size_t pixels = (size_t)s->width * s->height;
    uint8_t *index = dg_sketch_index(s);
    uint8_t *rgb = dg_alloc(pixels * 3);

    for (size_t i = 0; i < pixels; i++)
        memcpy(rgb + 3 * i, p->rgb[index[i]], 3);
    dg_free(index);
    return rgb;
}

bool dg_sketch_webp(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;

    if (!WebPConfigInit(&config) || !WebPPictureInit(&picture))
        return false;
    config.method = 0;
    config.quality = 70;
    picture.width = (int)s->width;
    picture.height = (int)s->height;
    WebPMemoryWriterInit(&writer);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    uint8_t *rgb = rgb_of(s, p);
    bool ok = WebPPictureImportRGB(&picture, rgb, 3 * (int)s->width) &&
              WebPEncode(&config, &picture) && dg_buffer_add(out, writer.mem, writer.size);
    dg_free(rgb);
    WebPMemoryWriterClear(&writer);
    WebPPictureFree(&picture);
    return ok;
}

/* A drawing program's answer: the PNG in an SVG of the same size. */
static bool add_svg(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out)
{
    struct dg_buffer png;
    dg_buffer_init(&png, s->png.size + 1);
    bool ok = add_png(s, p, &png);
    size_t size = dg_base64_size(png.size);
    char *text = dg_alloc(size + 1);
    dg_base64_encode((const uint8_t *)png.data, png.size, text);
    ok = ok &&
         dg_buffer_printf(out,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
                          "viewBox=\"0 0 %u %u\">\n<image width=\"%u\" height=\"%u\" "
                          "href=\"data:image/png;base64,",
                          s->width, s->height, s->width, s->height, s->width, s->height) &&
         dg_buffer_add(out, text, size) && dg_buffer_text(out, "\"/>\n</svg>\n");
    dg_free(text);
    dg_buffer_done(&png);
    return ok;
}

bool dg_sketch_encode(const struct dg_sketch *s, uint32_t variant, enum dg_encoding encoding,
                      struct dg_buffer *out)
{
    struct dg_palette palette;

    dg_palette_make(&palette, variant);
    switch (encoding) {
    case DG_ENCODING_JPEG:
        return dg_sketch_jpeg(s, &palette, out);
    case DG_ENCODING_WEBP:
        return dg_sketch_webp(s, &palette, out);
    case DG_ENCODING_GIF:
        return dg_sketch_gif(s, &palette, out);
    case DG_ENCODING_SVG:
        return add_svg(s, &palette, out);
    default:
        return add_png(s, &palette, out);
    }
}
