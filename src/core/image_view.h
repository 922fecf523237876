/* SPDX-License-Identifier: MIT
 *
 * Private to the image files: bytes at hand, or a file seen through a window,
 * so that each format is judged by the same code.
 */
#ifndef DG_CORE_IMAGE_VIEW_H
#define DG_CORE_IMAGE_VIEW_H

#include <stdint.h>

#include "core/image.h"

enum { DG_VIEW_BYTES = 16 * 1024 };

struct dg_view {
    const uint8_t *bytes; /* what is at hand */
    size_t size;          /* how much */
    uint64_t base;        /* its offset in the picture */
    uint64_t end;         /* the file's size */
    int fd;               /* where more is read from, -1: nowhere */
    uint8_t *window;      /* DG_VIEW_BYTES to read into, if there is a file */
};

/* `n` bytes (at most DG_VIEW_BYTES) at `offset`, or NULL if they cannot be had. */
const uint8_t *dg_view_at(struct dg_view *v, uint64_t offset, size_t n);

uint32_t dg_view_be16(const uint8_t *p);
uint32_t dg_view_be32(const uint8_t *p);
uint32_t dg_view_le16(const uint8_t *p);
uint32_t dg_view_le32(const uint8_t *p);

/* Each fills `info` as far as the bytes reach and returns false if this is not
 * its format. */
bool dg_image_png(struct dg_view *v, struct dg_image_info *info);
bool dg_image_jpeg(struct dg_view *v, struct dg_image_info *info);
bool dg_image_webp(struct dg_view *v, struct dg_image_info *info);
bool dg_image_gif(struct dg_view *v, struct dg_image_info *info);
bool dg_image_svg(struct dg_view *v, struct dg_image_info *info);

#endif
