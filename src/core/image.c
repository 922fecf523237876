/* SPDX-License-Identifier: MIT
 *
 * Pictures: names of the kinds, and judging from memory or from a file.  The
 * formats themselves are in image_formats.c.
 * Leans on base and POSIX files.
 */
#include "core/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/image_view.h"

static const struct {
    const char *name;
    const char *extension;
    const char *type;
} kinds[DG_IMAGE_COUNT] = {
    [DG_IMAGE_UNKNOWN] = { "unknown", "bin", "application/octet-stream" },
    [DG_IMAGE_PNG] = { "png", "png", "image/png" },
    [DG_IMAGE_JPEG] = { "jpeg", "jpg", "image/jpeg" },
    [DG_IMAGE_WEBP] = { "webp", "webp", "image/webp" },
    [DG_IMAGE_GIF] = { "gif", "gif", "image/gif" },
    [DG_IMAGE_SVG] = { "svg", "svg", "image/svg+xml" },
};

const char *dg_image_name(enum dg_image_kind kind)
{
    return kinds[kind].name;
}

const char *dg_image_extension(enum dg_image_kind kind)
{
    return kinds[kind].extension;
}

const char *dg_image_type(enum dg_image_kind kind)
{
    return kinds[kind].type;
}

static void judge(struct dg_view *v, struct dg_image_info *info)
{
    *info = (struct dg_image_info){ .kind = DG_IMAGE_UNKNOWN };
    if (dg_image_png(v, info))
        info->kind = DG_IMAGE_PNG;
    else if (dg_image_jpeg(v, info))
        info->kind = DG_IMAGE_JPEG;
    else if (dg_image_webp(v, info))
        info->kind = DG_IMAGE_WEBP;
    else if (dg_image_gif(v, info))
        info->kind = DG_IMAGE_GIF;
    else if (dg_image_svg(v, info))
        info->kind = DG_IMAGE_SVG;
}

void dg_image_sniff(const void *bytes, size_t size_bytes, struct dg_image_info *info)
{
    struct dg_view v = { .bytes = bytes, .size = size_bytes, .fd = -1 };
    judge(&v, info);
}

/* Moves the window of a file to `offset`. */
static void load(struct dg_view *v, uint64_t offset)
{
    size_t got = 0;
    while (got < DG_VIEW_BYTES && offset + got < v->end) {
        ssize_t n = pread(v->fd, v->window + got, DG_VIEW_BYTES - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    v->bytes = v->window;
    v->size = got;
    v->base = offset;
}

const uint8_t *dg_view_at(struct dg_view *v, uint64_t offset, size_t n)
{
    for (int again = 0; again < 2; again++) {
        if (offset >= v->base && offset - v->base <= v->size &&
            n <= v->size - (size_t)(offset - v->base))
            return v->bytes + (offset - v->base);
        if (v->fd < 0)
            return NULL;
        load(v, offset);
    }
    return NULL;
}

static bool not_a_file(const char *path, struct dg_error *err)
{
    return dg_error_set(err, DG_KIND_IMAGE, "not_a_file", "the picture %s is not a file", path);
}

static bool not_open(const char *path, struct dg_error *err)
{
    return dg_error_set(err, DG_KIND_IMAGE, "open", "cannot open the picture %s: %s", path,
                        strerror(errno));
}

bool dg_image_size(const char *path, uint64_t *size_bytes, struct dg_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return not_open(path, err);
    *size_bytes = (uint64_t)st.st_size;
    if (!S_ISREG(st.st_mode))
        return not_a_file(path, err);
    return access(path, R_OK) == 0 || not_open(path, err);
}

bool dg_image_file(const char *path, struct dg_image_info *info, uint64_t *size_bytes,
                   struct dg_error *err)
{
    /* Not to wait for a FIFO's other end, nor to become a terminal's. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return not_open(path, err);
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return not_a_file(path, err);
    }
    uint8_t window[DG_VIEW_BYTES];
    struct dg_view v = { .fd = fd, .window = window, .end = (uint64_t)st.st_size };
    judge(&v, info);
    close(fd);
    if (size_bytes)
        *size_bytes = (uint64_t)st.st_size;
    return true;
}
