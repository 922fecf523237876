/* SPDX-License-Identifier: MIT
 *
 * Making a multipart body: a list of parts, each with its framing made ready
 * when it was added, then bytes in memory or the name of a file.
 * multipart_read.c sends it.
 * Leans on core/image and base.
 */
#include "core/multipart_form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/random.h"
#include "core/image.h"

enum {
    RANDOM_BYTES = 16,
    FRAME_BYTES = 64 * 1024, /* largest framing of one part */
    MAX_PARTS = 10000
};

static const char PICTURE[] = "image";

/* Not to be foreseen: content made to hold the boundary would end its part. */
static bool make_boundary(char boundary[DG_BOUNDARY_BYTES])
{
    uint8_t random[RANDOM_BYTES];
    size_t n = (size_t)snprintf(boundary, DG_BOUNDARY_BYTES, "diffgentor-");
    if (!dg_random(random, sizeof random))
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        n += (size_t)snprintf(boundary + n, DG_BOUNDARY_BYTES - n, "%02x", random[i]);
    return true;
}

struct dg_multipart *dg_multipart_new(struct dg_error *err)
{
    struct dg_multipart *m = dg_zalloc(sizeof *m);
    m->references = 1;
    if (!make_boundary(m->boundary)) {
        dg_error_set(err, DG_KIND_FILE, "random",
                     "cannot get random bytes for a form: %s; allow getrandom to this process",
                     strerror(errno));
        dg_free(m);
        return NULL;
    }
    snprintf(m->type, sizeof m->type, "multipart/form-data; boundary=%s", m->boundary);
    snprintf(m->tail, sizeof m->tail, "\r\n--%s--\r\n", m->boundary);
    return m;
}

struct dg_multipart *dg_multipart_ref(struct dg_multipart *m)
{
    m->references++;
    return m;
}

void dg_multipart_free(struct dg_multipart *m)
{
    if (!m || --m->references > 0)
        return;
    for (size_t i = 0; i < m->count; i++) {
        dg_free(m->parts[i].frame);
        dg_free(m->parts[i].bytes);
        dg_free(m->parts[i].path);
    }
    dg_free(m->parts);
    dg_free(m);
}

/* Text in quotes of a header: what could end it is written as browsers do. */
static bool add_escaped(struct dg_buffer *b, const char *text)
{
    for (;;) {
        size_t plain = strcspn(text, "\"\r\n");
        if (!dg_buffer_add(b, text, plain))
            return false;
        text += plain;
        if (!*text)
            return true;
        if (!dg_buffer_text(b, *text == '"' ? "%22" : *text == '\r' ? "%0D" : "%0A"))
            return false;
        text++;
    }
}

static bool is_header_text(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    }
    return true;
}

/* A picture has no name yet: where its brackets will stand is noted. */
static bool frame(const struct dg_multipart *m, struct dg_buffer *b, const char *name,
                  const char *filename, const char *type, size_t *brackets)
{
    bool ok = dg_buffer_printf(b, "%s--%s\r\nContent-Disposition: form-data; name=\"",
                               m->count > 0 ? "\r\n" : "", m->boundary) &&
              add_escaped(b, name ? name : PICTURE);
    *brackets = name ? 0 : b->size;
    ok = ok && dg_buffer_text(b, "\"");
    if (ok && filename)
        ok = dg_buffer_text(b, "; filename=\"") && add_escaped(b, filename) &&
             dg_buffer_text(b, "\"");
    if (ok && type)
        ok = dg_buffer_printf(b, "\r\nContent-Type: %s", type);
    return ok && dg_buffer_text(b, "\r\n\r\n");
}

/* Appends a part, without a name a picture; takes `content`'s bytes and path if it
 * succeeds. */
static bool add(struct dg_multipart *m, const char *name, const char *filename, const char *type,
                struct dg_part content, struct dg_error *err)
{
    if (m->sealed)
        return dg_error_set(err, DG_KIND_USAGE, "sealed",
                            "the form is already being sent; no part can be added to it");
    if (m->count == MAX_PARTS)
        return dg_error_set(err, DG_KIND_USAGE, "too_many_parts", "the form has 10000 parts");
    if (type && !is_header_text(type))
        return dg_error_set(err, DG_KIND_USAGE, "bad_type",
                            "the media type of part %s holds a control character",
                            name ? name : PICTURE);
    struct dg_buffer b;
    dg_buffer_init(&b, FRAME_BYTES);
    if (!frame(m, &b, name, filename, type, &content.brackets)) {
        dg_buffer_done(&b);
        return dg_error_set(err, DG_KIND_USAGE, "too_large",
                            "the name, file name and type of a part are over 64 KiB");
    }
    if (m->count == m->room) {
        m->room = m->room ? m->room * 2 : 8;
        m->parts = dg_realloc(m->parts, m->room * sizeof *m->parts);
    }
    content.frame_size = b.size;
    content.frame = dg_buffer_take(&b);
    m->parts[m->count++] = content;
    m->size += content.frame_size + content.size;
    m->pictures += content.brackets > 0;
    return true;
}

static bool add_copy(struct dg_multipart *m, const char *name, const char *filename,
                     const char *type, const void *bytes, size_t size_bytes, struct dg_error *err)
{
    struct dg_part content = { .bytes = dg_alloc(size_bytes + 1), .size = size_bytes };
    if (size_bytes > 0)
        memcpy(content.bytes, bytes, size_bytes);
    if (add(m, name, filename, type, content, err))
        return true;
    dg_free(content.bytes);
    return false;
}

bool dg_multipart_field(struct dg_multipart *m, const char *name, const void *value,
                        size_t size_bytes, struct dg_error *err)
{
    return add_copy(m, name, NULL, NULL, value, size_bytes, err);
}

bool dg_multipart_bytes(struct dg_multipart *m, const char *name, const void *bytes,
                        size_t size_bytes, const char *filename, const char *type,
                        struct dg_error *err)
{
    struct dg_image_info info;
    char standard[16];
    dg_image_sniff(bytes, size_bytes, &info);
    snprintf(standard, sizeof standard, "file.%s", dg_image_extension(info.kind));
    return add_copy(m, name, filename ? filename : standard, type ? type : dg_image_type(info.kind),
                    bytes, size_bytes, err);
}

/* The path's last part, with an extension. */
static char *name_file(const char *path, enum dg_image_kind kind)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    const char *dot = strrchr(last, '.');
    struct dg_buffer b;
    dg_buffer_init(&b, strlen(last) + 16);
    dg_buffer_text(&b, last);
    if (!dot || dot == last || dot[1] == '\0')
        dg_buffer_printf(&b, "%s%s", dot && dot[1] == '\0' ? "" : ".", dg_image_extension(kind));
    return dg_buffer_take(&b);
}

bool dg_multipart_file(struct dg_multipart *m, const char *name, const char *path,
                       const char *filename, const char *type, struct dg_error *err)
{
    struct dg_image_info info = { 0 };
    struct dg_part content = { 0 };
    bool named = filename && type; /* then nobody needs to look inside */
    if (!(named ? dg_image_size(path, &content.size, err)
                : dg_image_file(path, &info, &content.size, err)))
        return false;
    content.path = dg_strdup(path);
    char *standard = named ? NULL : name_file(path, info.kind);
    bool ok = add(m, name, filename ? filename : standard, type ? type : dg_image_type(info.kind),
                  content, err);
    dg_free(standard);
    if (!ok)
        dg_free(content.path);
    return ok;
}

bool dg_multipart_picture(struct dg_multipart *m, const char *path, const char *filename,
                          const char *type, struct dg_error *err)
{
    return dg_multipart_file(m, NULL, path, filename, type, err);
}

bool dg_multipart_picture_bytes(struct dg_multipart *m, const void *bytes, size_t size_bytes,
                                const char *filename, const char *type, struct dg_error *err)
{
    return dg_multipart_bytes(m, NULL, bytes, size_bytes, filename, type, err);
}

const char *dg_multipart_brackets(const struct dg_multipart *m, enum dg_image_field field)
{
    bool several = field == DG_FIELD_AUTO && m->pictures > 1;
    return field == DG_FIELD_IMAGE_ARRAY || several ? "[]" : "";
}

const char *dg_multipart_tail(const struct dg_multipart *m)
{
    return m->count > 0 ? m->tail : m->tail + strlen("\r\n");
}

uint64_t dg_multipart_size(const struct dg_multipart *m, enum dg_image_field field)
{
    return m->size + m->pictures * strlen(dg_multipart_brackets(m, field)) +
           strlen(dg_multipart_tail(m));
}

const char *dg_multipart_type(const struct dg_multipart *m)
{
    return m->type;
}
