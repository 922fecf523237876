/* SPDX-License-Identifier: MIT
 *
 * A multipart/form-data body (RFC 7578) that is never held in memory: fields
 * and framing are, files are read as the socket asks for them.  The size is
 * known before the first byte.
 *
 *     struct dg_multipart *m = dg_multipart_new(&err);
 *     dg_multipart_field(m, "prompt", text, strlen(text), &err);
 *     dg_multipart_file(m, "image", "/pictures/a.png", NULL, NULL, &err);
 *     struct dg_multipart_reader *r = dg_multipart_reader_new(m, DG_FIELD_AUTO);
 *     ssize_t n = dg_multipart_read(r, buffer, room, &err);    0 at the end
 */
#ifndef DG_CORE_MULTIPART_H
#define DG_CORE_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* How the pictures of a form are named on the wire. */
enum dg_image_field {
    DG_FIELD_AUTO,       /* `image` for one, `image[]` for several */
    DG_FIELD_IMAGE,      /* `image`, however many */
    DG_FIELD_IMAGE_ARRAY /* `image[]` */
};

struct dg_multipart;
struct dg_multipart_reader;

/* No parts, one reference; NULL: no random bytes can be had for the boundary. */
struct dg_multipart *dg_multipart_new(struct dg_error *err);
struct dg_multipart *dg_multipart_ref(struct dg_multipart *m);
void dg_multipart_free(struct dg_multipart *m); /* drops one reference */

/* Names and file names are escaped as browsers do (%22, %0D, %0A).  Adding is
 * an error once a reader exists. */
bool dg_multipart_field(struct dg_multipart *m, const char *name, const void *value,
                        size_t size_bytes, struct dg_error *err);

/* A regular file; its size is fixed now and held against it when it is sent.
 * `filename` NULL: the path's last part, with the extension of its kind if it
 * has none.  `type` NULL: judged by its first bytes. */
bool dg_multipart_file(struct dg_multipart *m, const char *name, const char *path,
                       const char *filename, const char *type, struct dg_error *err);

/* Bytes are copied. `filename` NULL: "file" with the extension of its kind. */
bool dg_multipart_bytes(struct dg_multipart *m, const char *name, const void *bytes,
                        size_t size_bytes, const char *filename, const char *type,
                        struct dg_error *err);

/* A file or bytes as a picture: its field's name is chosen when it is sent, since
 * servers do not agree on it. */
bool dg_multipart_picture(struct dg_multipart *m, const char *path, const char *filename,
                          const char *type, struct dg_error *err);
bool dg_multipart_picture_bytes(struct dg_multipart *m, const void *bytes, size_t size_bytes,
                                const char *filename, const char *type, struct dg_error *err);

uint64_t dg_multipart_size(const struct dg_multipart *m, enum dg_image_field field);
const char *dg_multipart_type(const struct dg_multipart *m); /* for Content-Type */

/* Several readers of one body may exist (attempts); each holds a reference and
 * at most one open file. */
struct dg_multipart_reader *dg_multipart_reader_new(struct dg_multipart *m,
                                                    enum dg_image_field field);
void dg_multipart_reader_free(struct dg_multipart_reader *r);

/* Fills up to `room` bytes; 0 at the end, -1 on error (a file that vanished or
 * changed its size). */
ssize_t dg_multipart_read(struct dg_multipart_reader *r, void *into, size_t room,
                          struct dg_error *err);

#endif
