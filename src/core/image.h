/* SPDX-License-Identifier: MIT
 *
 * What a picture is, judged by its bytes and never by its name: kind, size in
 * pixels, alpha.  Reads headers only, decodes nothing.
 */
#ifndef DG_CORE_IMAGE_H
#define DG_CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum dg_image_kind {
    DG_IMAGE_UNKNOWN,
    DG_IMAGE_PNG,
    DG_IMAGE_JPEG,
    DG_IMAGE_WEBP,
    DG_IMAGE_GIF,
    DG_IMAGE_SVG,
    DG_IMAGE_COUNT
};

struct dg_image_info {
    enum dg_image_kind kind; /* by magic bytes */
    uint32_t width;          /* pixels, 0 if the header does not tell (SVG) */
    uint32_t height;         /* pixels, likewise */
    bool alpha; /* the header announces transparency (PNG colour type 4 or 6, or tRNS before IDAT;
                   WebP VP8X/VP8L flag) */
};

const char *dg_image_name(enum dg_image_kind kind);      /* "png", "jpeg", ...; "unknown" */
const char *dg_image_extension(enum dg_image_kind kind); /* "png", "jpg", ...; "bin" */
const char *
dg_image_type(enum dg_image_kind kind); /* "image/png", ...; "application/octet-stream" */

/* Judges from the first bytes: kind always, pixels as far as they reach. */
void dg_image_sniff(const void *bytes, size_t size_bytes, struct dg_image_info *info);

/* The size of a regular file (anything else is an error), without a look inside. */
bool dg_image_size(const char *path, uint64_t *size_bytes, struct dg_error *err);

/* Judges a regular file (anything else is an error), reading on past large
 * metadata to find a JPEG's size. `size_bytes` may be NULL.  An unknown kind is
 * no error here. */
bool dg_image_file(const char *path, struct dg_image_info *info, uint64_t *size_bytes,
                   struct dg_error *err);

/* true if the file is a picture of a known kind with the mark its kind ends
 * with: what was cut off on its way is not. Reads its first and last bytes. */
bool dg_image_whole(const char *path);

#endif
