/* SPDX-License-Identifier: MIT
 *
 * Pictures in base64, decoded into their files.  libcurl hands on 16 KiB at a time
 * but reads far more at once, and goes to the next transfer then.  So all pictures are
 * decoded in one room (all calls are one thread's), which gathers what comes for the
 * same one and is written when it is full or when another one comes.
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
    LEAST_BYTES = 8 * 1024,     /* written at once, but at the end */
    FULL_BYTES = 96 * 1024,     /* written at once at most, and a little */
    RUN_CHARACTERS = 64 * 1024, /* decoded at once */
    ROOM_BYTES = FULL_BYTES + (RUN_CHARACTERS / 4 + 1) * 3,
    PATH_BYTES = 64 * 1024
};

/* Values of `prefix` once "data:" (its first five) was seen, and once it is
 * known to be over or not to be there. */
static const char data_scheme[] = "data:";
enum { IN_PREFIX = sizeof data_scheme - 1, PREFIX_OVER };

static struct {
    struct dg_unpack *owner; /* whose bytes these are, NULL: nobody's */
    size_t size;             /* decoded, not yet written */
    uint8_t bytes[ROOM_BYTES];
} room;

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
    return true;
}

void dg_unpack_drop(struct dg_unpack *u)
{
    if (room.owner == u)
        room.owner = NULL;
    if (u->fd >= 0)
        close(u->fd);
    u->fd = -1;
    dg_free(u->held);
    u->held = NULL;
}

static bool put(struct dg_unpack *u, const uint8_t *bytes, size_t n, struct dg_error *err)
{
    if (u->picture->size_bytes == 0)
        dg_image_sniff(bytes, n, &u->picture->info);
    if (!dg_file_write(u->fd, bytes, n, err))
        return dg_error_at(err, "%s", u->picture->path);
    u->picture->size_bytes += n;
    u->held_size = 0;
    return true;
}

/* Keeps what is too little to be written. */
static void hold(struct dg_unpack *u, const uint8_t *bytes, size_t n)
{
    if (!u->held && n > 0)
        u->held = dg_alloc(LEAST_BYTES);
    if (n > 0)
        memcpy(u->held, bytes, n);
    u->held_size = n;
}

/* What it could not write its owner hears when it comes again. */
static void leave_room(void)
{
    struct dg_unpack *u = room.owner;
    if (!u)
        return;
    room.owner = NULL;
    if (room.size < LEAST_BYTES)
        hold(u, room.bytes, room.size);
    else
        put(u, room.bytes, room.size, &u->fault);
}

static bool enter_room(struct dg_unpack *u, struct dg_error *err)
{
    if (room.owner == u)
        return true;
    if (u->fault.kind != DG_KIND_NONE) {
        if (err)
            *err = u->fault;
        return false;
    }
    leave_room();
    room.owner = u;
    room.size = u->held_size;
    if (u->held_size > 0)
        memcpy(room.bytes, u->held, u->held_size);
    return true;
}

static bool empty_room(struct dg_unpack *u, struct dg_error *err)
{
    size_t size = room.size;
    room.size = 0;
    return put(u, room.bytes, size, err);
}

static bool invalid(struct dg_error *err, const char *what)
{
    return dg_error_set(err, DG_KIND_REPLY, "invalid_base64",
                        "the answer's picture is not good base64: %s", what);
}

static bool too_large(const struct dg_unpack *u, struct dg_error *err)
{
    return dg_error_set(err, DG_KIND_REPLY, "too_large",
                        "the answer's picture is over the limit of %" PRIu64 " bytes",
                        u->limit_bytes);
}

/* `made` new bytes stand in the room, behind the others. */
static bool gather(struct dg_unpack *u, size_t made, struct dg_error *err)
{
    room.size += made;
    if (u->picture->size_bytes + room.size > u->limit_bytes)
        return too_large(u, err);
    return room.size < FULL_BYTES || empty_room(u, err);
}

static size_t run_of(size_t characters)
{
    return characters < RUN_CHARACTERS ? characters : RUN_CHARACTERS;
}

bool dg_unpack_take(struct dg_unpack *u, const char *text, size_t n, size_t *taken,
                    struct dg_error *err)
{
    size_t made = 0;
    *taken = 0;
    if (u->prefix == 0 && n > 0 && *text != data_scheme[0])
        u->prefix = PREFIX_OVER;
    if (u->prefix != PREFIX_OVER)
        return true;
    if (!enter_room(u, err))
        return false;
    *taken = dg_base64_run(&u->base64, text, run_of(n), room.bytes + room.size, &made);
    return gather(u, made, err);
}

static bool decode(struct dg_unpack *u, const char *text, size_t n, struct dg_error *err)
{
    while (n > 0) {
        size_t run = run_of(n);
        if (!enter_room(u, err))
            return false;
        size_t made = dg_base64_decode(&u->base64, text, run, room.bytes + room.size);
        if (!gather(u, made, err)) /* asked first: what came before a bad character counts */
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

static bool finish(struct dg_unpack *u, struct dg_error *err)
{
    if (u->prefix == IN_PREFIX)
        return invalid(err, "a data: URL without a comma");
    if (u->prefix < IN_PREFIX && !decode(u, data_scheme, u->prefix, err))
        return false;
    if (!dg_base64_end(&u->base64))
        return invalid(err, "it ends inside a group of four characters");
    return enter_room(u, err) && empty_room(u, err);
}

/* What its first bytes did not tell; not to know it is no error. */
static void look_again(struct dg_picture *picture)
{
    if (picture->info.kind != DG_IMAGE_UNKNOWN && picture->info.width == 0)
        dg_image_file(picture->path, &picture->info, NULL, NULL);
}

bool dg_unpack_end(struct dg_unpack *u, struct dg_error *err)
{
    bool ok = finish(u, err);
    int fd = u->fd;
    u->fd = -1;
    dg_unpack_drop(u);
    if (close(fd) < 0 && ok) /* network file systems tell of a full disk here */
        ok = dg_file_failed(err, "write", u->picture->path, errno);
    if (ok)
        look_again(u->picture);
    return ok;
}
