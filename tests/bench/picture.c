/* SPDX-License-Identifier: MIT
 *
 * Scanning, decoding, writing.
 */
#include "picture.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode.h"

enum { PATH_BYTES = 512 };

static const char KEY[] = "\"b64_json\"";

static void path_of(const struct picture *p, const char *end, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%06ld.png%s", p->folder, p->row, end);
}

static void stop(const char *what)
{
    perror(what);
    exit(1);
}

void picture_begin(struct picture *p, const char *folder, long row)
{
    char path[PATH_BYTES];
    *p = (struct picture){ .row = row, .folder = folder };
    path_of(p, ".part", path);
    p->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (p->fd < 0)
        stop(path);
}

static void put(struct picture *p, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(p->fd, bytes, n);
        if (written < 0)
            stop("write");
        bytes += written;
        n -= (size_t)written;
    }
}

static const char *seek_key(struct picture *p, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (p->matched == 0 && !(at = memchr(at, KEY[0], (size_t)(end - at))))
            return end;
        p->matched = *at == KEY[p->matched] ? p->matched + 1 : *at == KEY[0];
        if (p->matched == sizeof KEY - 1) {
            p->state = PICTURE_OPEN;
            return at + 1;
        }
    }
    return end;
}

static const char *seek_open(struct picture *p, const char *at, const char *end)
{
    at = memchr(at, '"', (size_t)(end - at));
    if (!at)
        return end;
    p->state = PICTURE_TEXT;
    return at + 1;
}

/* The group is full, maybe padded; returns how many bytes it gives. */
static size_t end_group(struct picture *p, uint8_t *out)
{
    size_t padding = (p->group[3] == '=') + (size_t)(p->group[2] == '=');
    for (size_t k = 4 - padding; k < 4; k++)
        p->group[k] = 'A';
    if (decode(p->group, 4, out) != 4)
        p->state = PICTURE_BAD;
    p->held = 0;
    return 3 - padding;
}

static const char *take_text(struct picture *p, const char *at, const char *end)
{
    static uint8_t bytes[PICTURE_PIECE_BYTES / 4 * 3 + 6 + DECODE_SLACK];
    uint8_t *out = bytes;

    while (at < end && p->state == PICTURE_TEXT) {
        if (p->held == 0) {
            size_t taken = decode(at, (size_t)(end - at), out);
            at += taken;
            out += taken / 4 * 3;
        }
        if (at < end && *at == '"')
            p->state = p->held == 0 ? PICTURE_WHOLE : PICTURE_BAD;
        else if (at < end)
            p->group[p->held++] = *at++;
        if (p->held == 4)
            out += end_group(p, out);
    }
    put(p, bytes, (size_t)(out - bytes));
    return at;
}

void picture_feed(struct picture *p, const char *at, size_t n)
{
    const char *end = at + n;
    if (p->state == PICTURE_KEY)
        at = seek_key(p, at, end);
    if (p->state == PICTURE_OPEN)
        at = seek_open(p, at, end);
    if (p->state == PICTURE_TEXT)
        take_text(p, at, end);
}

bool picture_end(struct picture *p, bool wanted)
{
    char part[PATH_BYTES], path[PATH_BYTES];
    bool good = wanted && p->state == PICTURE_WHOLE;
    close(p->fd);
    path_of(p, ".part", part);
    path_of(p, "", path);
    if (good ? rename(part, path) : unlink(part))
        stop(part);
    return good;
}
