/* SPDX-License-Identifier: MIT
 *
 * Sending a multipart body.  A reader walks it as sections, four a part: the
 * framing up to where brackets may stand, those, the rest of it, and the content;
 * the last is the closing line.  Files are opened when their section begins and
 * closed when it ends.
 * Leans on core/multipart_form.h, base and POSIX files.
 */
#include "core/multipart_form.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { FRAME, BRACKETS, FRAME_REST, CONTENT, SECTIONS };

struct dg_multipart_reader {
    struct dg_multipart *form; /* one reference */
    const char *brackets;      /* behind the names of pictures, perhaps "" */
    size_t section;            /* where it stands ... */
    uint64_t offset;           /* ... and how far within */
    int fd;                    /* of the section's file, or -1 */
};

struct dg_multipart_reader *dg_multipart_reader_new(struct dg_multipart *m,
                                                    enum dg_image_field field)
{
    struct dg_multipart_reader *r = dg_zalloc(sizeof *r);
    r->form = dg_multipart_ref(m);
    r->brackets = dg_multipart_brackets(m, field);
    r->fd = -1;
    m->sealed = true;
    return r;
}

static void close_file(struct dg_multipart_reader *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

void dg_multipart_reader_free(struct dg_multipart_reader *r)
{
    if (!r)
        return;
    close_file(r);
    dg_multipart_free(r->form);
    dg_free(r);
}

static bool changed(const struct dg_part *part, struct dg_error *err)
{
    return dg_error_set(err, DG_KIND_IMAGE, "changed",
                        "%s changed after it was checked; it was not sent as a whole", part->path);
}

static bool open_file(struct dg_multipart_reader *r, const struct dg_part *part,
                      struct dg_error *err)
{
    struct stat st;
    r->fd = open(part->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (r->fd < 0)
        return dg_error_set(err, DG_KIND_IMAGE, "open", "cannot open %s to send it: %s", part->path,
                            strerror(errno));
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != part->size)
        return changed(part, err);
    return true;
}

static ssize_t read_file(struct dg_multipart_reader *r, const struct dg_part *part, void *into,
                         size_t n, struct dg_error *err)
{
    if (r->fd < 0 && !open_file(r, part, err))
        return -1;
    ssize_t got;
    do
        got = pread(r->fd, into, n, (off_t)r->offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        dg_error_set(err, DG_KIND_IMAGE, "read", "cannot read %s to send it: %s", part->path,
                     strerror(errno));
    else if (got == 0)
        changed(part, err);
    return got > 0 ? got : -1;
}

/* What a section holds: `bytes`, or NULL for its part's file. */
struct section {
    const void *bytes;
    uint64_t size;
    const struct dg_part *part; /* NULL for the closing line */
};

static struct section find_section(const struct dg_multipart_reader *r)
{
    const struct dg_multipart *m = r->form;
    if (r->section / SECTIONS >= m->count) {
        const char *tail = dg_multipart_tail(m);
        return (struct section){ tail, strlen(tail), NULL };
    }
    const struct dg_part *part = &m->parts[r->section / SECTIONS];
    switch (r->section % SECTIONS) {
    case FRAME:
        return (struct section){ part->frame, part->brackets, part };
    case BRACKETS:
        return (struct section){ r->brackets, part->brackets ? strlen(r->brackets) : 0, part };
    case FRAME_REST:
        return (struct section){ part->frame + part->brackets, part->frame_size - part->brackets,
                                 part };
    default:
        return (struct section){ part->bytes, part->size, part };
    }
}

/* Some bytes of the section reached, which is not at its end. */
static ssize_t read_section(struct dg_multipart_reader *r, const struct section *s, uint8_t *into,
                            size_t room, struct dg_error *err)
{
    uint64_t left = s->size - r->offset;
    size_t n = left < room ? (size_t)left : room;
    if (!s->bytes)
        return read_file(r, s->part, into, n, err);
    memcpy(into, (const uint8_t *)s->bytes + r->offset, n);
    return (ssize_t)n;
}

ssize_t dg_multipart_read(struct dg_multipart_reader *r, void *into, size_t room,
                          struct dg_error *err)
{
    size_t got = 0;
    while (got < room && r->section <= SECTIONS * r->form->count) {
        struct section s = find_section(r);
        if (r->offset == s.size) {
            close_file(r);
            r->section++;
            r->offset = 0;
            continue;
        }
        ssize_t n = read_section(r, &s, (uint8_t *)into + got, room - got, err);
        if (n < 0)
            return -1;
        got += (size_t)n;
        r->offset += (uint64_t)n;
    }
    return (ssize_t)got;
}
