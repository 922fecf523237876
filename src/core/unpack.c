/* SPDX-License-Identifier: MIT
 *
 * Pictures in base64, decoded into their files.  Decoded bytes are gathered so
 * that the file is written in large pieces however small the network's are.
 * Leans on base/base64, base/file and core/image.
 */
#include "core/unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum {
    HELD_BYTES = 64 * 1024,
    RUN_CHARACTERS = 16 * 1024, /* decoded at once */
    PATH_BYTES = 64 * 1024
};

/* Values of `prefix` once "data:" (its first five) was seen, and once it is
 * known to be over or not to be there. */
static const char data_scheme[] = "data:";
enum { IN_PREFIX = sizeof data_scheme - 1, PREFIX_OVER };

bool dg_unpack_begin(struct dg_unpack *u, const char *dir, const char *stem, uint64_t limit_bytes,
                     struct dg_picture *picture, struct dg_error *err)
{
    struct dg_buffer path;
    dg_buffer_init(&path, PATH_BYTES);
    *u = (struct dg_unpack){ .picture = picture, .limit_bytes = limit_bytes };
    u->fd = dg_file_temp(dir, stem, &path, err);
    if (u->fd < 0) {
        dg_buffer_done(&path);
        return false;
    }
    *picture = (struct dg_picture){ .path = dg_buffer_take(&path) };
    u->held = dg_alloc(HELD_BYTES);
    return true;
}

void dg_unpack_drop(struct dg_unpack *u)
{
    if (u->fd >= 0)
        close(u->fd);
    u->fd = -1;
    dg_free(u->held);
    u->held = NULL;
}

static bool flush(struct dg_unpack *u, struct dg_error *err)
{
    if (u->picture->size_bytes == 0)
        dg_image_sniff(u->held, u->held_size, &u->picture->info);
    if (!dg_file_write(u->fd, u->held, u->held_size, err))
        return dg_error_at(err, "%s", u->picture->path);
    u->picture->size_bytes += u->held_size;
    u->held_size = 0;
    return true;
}

static bool invalid(struct dg_error *err, const char *what)
{
    return dg_error_set(err, DG_KIND_REPLY, "invalid_base64",
                        "the answer's picture is not good base64: %s", what);
}

static size_t run_of(size_t characters)
{
    return characters < RUN_CHARACTERS ? characters : RUN_CHARACTERS;
}

static bool make_room(struct dg_unpack *u, size_t characters, struct dg_error *err)
{
    return dg_base64_room(characters) <= HELD_BYTES - u->held_size || flush(u, err);
}

static bool within_limit(const struct dg_unpack *u, struct dg_error *err)
{
    if (u->picture->size_bytes + u->held_size <= u->limit_bytes)
        return true;
    return dg_error_set(err, DG_KIND_REPLY, "too_large",
                        "the answer's picture is over the limit of %" PRIu64 " bytes",
                        u->limit_bytes);
}

static bool decode(struct dg_unpack *u, const char *text, size_t n, struct dg_error *err)
{
    while (n > 0) {
        size_t run = run_of(n);
        if (!make_room(u, run, err))
            return false;
        u->held_size += dg_base64_decode(&u->base64, text, run, u->held + u->held_size);
        if (!within_limit(u, err)) /* asked first: what came before a bad character counts */
            return false;
        if (u->base64.bad)
            return invalid(err, "a character that is not of its alphabet, or text after its end");
        text += run;
        n -= run;
    }
    return true;
}

/* Takes the characters of a "data:image/png;base64," at the start, and gives
 * back those that turn out to be none to the decoder. */
static bool skip_prefix(struct dg_unpack *u, const char **text, size_t *n, struct dg_error *err)
{
    for (; *n > 0 && u->prefix < IN_PREFIX; (*text)++, (*n)--) {
        if (**text != data_scheme[u->prefix]) {
            size_t seen = u->prefix;
            u->prefix = PREFIX_OVER;
            return decode(u, data_scheme, seen, err);
        }
        u->prefix++;
    }
    const char *comma = *n > 0 ? memchr(*text, ',', *n) : NULL;
    if (u->prefix == IN_PREFIX && comma)
        u->prefix = PREFIX_OVER;
    size_t skipped = comma ? (size_t)(comma - *text) + 1 : *n;
    *text += skipped;
    *n -= skipped;
    return true;
}

bool dg_unpack_feed(struct dg_unpack *u, const char *text, size_t n, struct dg_error *err)
{
    if (u->prefix != PREFIX_OVER && !skip_prefix(u, &text, &n, err))
        return false;
    return decode(u, text, n, err);
}

bool dg_unpack_take(struct dg_unpack *u, const char *text, size_t n, size_t *taken,
                    struct dg_error *err)
{
    size_t run, got;

    *taken = 0;
    if (u->prefix != PREFIX_OVER)
        return true;
    do {
        size_t made;
        run = run_of(n - *taken);
        if (!make_room(u, run, err))
            return false;
        got = dg_base64_run(&u->base64, text + *taken, run, u->held + u->held_size, &made);
        u->held_size += made;
        *taken += got;
        if (!within_limit(u, err))
            return false;
    } while (got == run && *taken < n);
    return true;
}

static bool finish(struct dg_unpack *u, struct dg_error *err)
{
    if (u->prefix == IN_PREFIX)
        return invalid(err, "a data: URL without a comma");
    if (u->prefix < IN_PREFIX && !decode(u, data_scheme, u->prefix, err))
        return false;
    if (!dg_base64_end(&u->base64))
        return invalid(err, "it ends inside a group of four characters");
    return flush(u, err);
}

bool dg_unpack_end(struct dg_unpack *u, struct dg_error *err)
{
    bool ok = finish(u, err);
    int fd = u->fd;
    u->fd = -1;
    dg_unpack_drop(u);
    if (close(fd) < 0 && ok) /* network file systems tell of a full disk here */
        ok = dg_file_failed(err, "write", u->picture->path, errno);
    return ok;
}
