/* SPDX-License-Identifier: MIT
 *
 * Names, media types and first bytes of pictures.
 */
#include "rehearsal/encoding.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name; /* as in `output_format` */
    const char *type; /* media type */
} table[] = {
    [DG_ENCODING_NONE] = { "", "application/octet-stream" },
    [DG_ENCODING_PNG] = { "png", "image/png" },
    [DG_ENCODING_JPEG] = { "jpeg", "image/jpeg" },
    [DG_ENCODING_WEBP] = { "webp", "image/webp" },
    [DG_ENCODING_GIF] = { "gif", "image/gif" },
    [DG_ENCODING_SVG] = { "svg", "image/svg+xml" },
};

static bool starts(const uint8_t *bytes, size_t size, const char *magic, size_t length)
{
    return size >= length && memcmp(bytes, magic, length) == 0;
}

enum dg_encoding dg_encoding_sniff(const uint8_t *bytes, size_t size)
{
    if (starts(bytes, size, "\x89PNG\r\n\x1a\n", 8))
        return DG_ENCODING_PNG;
    if (starts(bytes, size, "\xff\xd8\xff", 3))
        return DG_ENCODING_JPEG;
    if (size >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
        return DG_ENCODING_WEBP;
    if (starts(bytes, size, "GIF8", 4))
        return DG_ENCODING_GIF;
    if (starts(bytes, size, "<svg", 4) || starts(bytes, size, "<?xml", 5))
        return DG_ENCODING_SVG;
    return DG_ENCODING_NONE;
}

const char *dg_encoding_name(enum dg_encoding encoding)
{
    return table[encoding].name;
}

const char *dg_encoding_type(enum dg_encoding encoding)
{
    return table[encoding].type;
}

enum dg_encoding dg_encoding_find(const char *name)
{
    for (enum dg_encoding e = DG_ENCODING_PNG; e <= DG_ENCODING_SVG; e++) {
        if (strcmp(name, table[e].name) == 0)
            return e;
    }
    return DG_ENCODING_NONE;
}
