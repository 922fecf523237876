/* SPDX-License-Identifier: MIT
 *
 * Whether a picture's file has its end: each format closes with a mark, looked
 * for in the last bytes only, so that a million pictures are judged in seconds.
 * Some writers append data of their own behind the mark.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/image.h"
#include "core/image_view.h"

enum { TAIL_BYTES = 16 * 1024, RIFF_HEADER_BYTES = 8 };

static bool holds(const uint8_t *tail, size_t n, const char *mark, size_t size)
{
    return memmem(tail, n, mark, size) != NULL;
}

/* The RIFF header counts the bytes behind itself. */
static bool riff_whole(int fd, uint64_t size)
{
    uint8_t header[RIFF_HEADER_BYTES];
    return pread(fd, header, sizeof header, 0) == RIFF_HEADER_BYTES &&
           (uint64_t)dg_view_le32(header + 4) + RIFF_HEADER_BYTES <= size;
}

static bool ends_well(int fd, enum dg_image_kind kind, uint64_t size)
{
    uint8_t tail[TAIL_BYTES];
    size_t want = size < TAIL_BYTES ? (size_t)size : TAIL_BYTES;
    ssize_t n = pread(fd, tail, want, (off_t)(size - want));
    if (n != (ssize_t)want)
        return false;
    switch (kind) {
    case DG_IMAGE_PNG:
        return holds(tail, want, "IEND\xae\x42\x60\x82", 8);
    case DG_IMAGE_JPEG:
        return holds(tail, want, "\xff\xd9", 2);
    case DG_IMAGE_WEBP:
        return riff_whole(fd, size);
    case DG_IMAGE_GIF:
        return holds(tail, want, "\x3b", 1);
    case DG_IMAGE_SVG:
        return holds(tail, want, "</svg", 5);
    default:
        return false;
    }
}

bool dg_image_whole(const char *path)
{
    struct dg_image_info info;
    uint64_t size;
    if (!dg_image_file(path, &info, &size, NULL))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool whole = ends_well(fd, info.kind, size);
    close(fd);
    return whole;
}
