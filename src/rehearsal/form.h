/* SPDX-License-Identifier: MIT
 *
 * What an edit request holds, however it was written: fields with a text, and
 * parts with the bytes of a file.  Bounded in every direction.
 */
#ifndef DG_REHEARSAL_FORM_H
#define DG_REHEARSAL_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "rehearsal/refusal.h"

enum {
    DG_FORM_FIELDS_MAX = 64,
    DG_FORM_PARTS_MAX = 64,
    DG_FORM_NAME_BYTES_MAX = 256,
    DG_FORM_FIELD_BYTES_MAX = 1024 * 1024,
    DG_FORM_PART_BYTES_MAX = 60 * 1000 * 1000,
    DG_FORM_BYTES_MAX = 512 * 1000 * 1000
};

enum dg_form_kind {
    DG_FIELD_FORM, /* from a multipart form, where everything is text */
    DG_FIELD_STRING,
    DG_FIELD_NUMBER,
    DG_FIELD_BOOL,
    DG_FIELD_NULL,
    DG_FIELD_NESTED /* an object or array; the value is not kept */
};

struct dg_form_field {
    char *name;             /* owned */
    enum dg_form_kind kind; /* how it was written */
    struct dg_buffer value; /* its text */
};

struct dg_form_part {
    char *name;                     /* "image", "image[]", "mask", owned */
    char *filename;                 /* as sent, owned, may be "" */
    char *type;                     /* media type as sent, owned, may be "" */
    struct dg_buffer bytes;         /* emptied once the picture is made */
    size_t size;                    /* of the bytes, also when they are gone */
    char sha256[DG_HASH_HEX_BYTES]; /* of the bytes, "" if never asked for */
};

struct dg_form {
    bool json;                                        /* came as a JSON object */
    struct dg_form_field *fields[DG_FORM_FIELDS_MAX]; /* in the order sent */
    size_t field_count;                               /* how many */
    struct dg_form_part *parts[DG_FORM_PARTS_MAX];    /* in the order sent */
    size_t part_count;                                /* how many */
    size_t bytes;                                     /* held in all parts */
    struct dg_refusal trouble;                        /* the first found while reading it */
};

void dg_form_init(struct dg_form *f);
void dg_form_done(struct dg_form *f);

/* NULL, with f->trouble set, when there are too many. */
struct dg_form_field *dg_form_field(struct dg_form *f, const char *name, enum dg_form_kind kind);
struct dg_form_part *dg_form_part(struct dg_form *f, const char *name, const char *filename,
                                  const char *type);

/* Append; false, with f->trouble set, when they grow too large. */
bool dg_form_field_add(struct dg_form *f, struct dg_form_field *field, const char *text, size_t n);
bool dg_form_part_add(struct dg_form *f, struct dg_form_part *part, const void *bytes, size_t n);

/* The first field or part of that name, or NULL. */
const struct dg_form_field *dg_form_find(const struct dg_form *f, const char *name);
const struct dg_form_part *dg_form_find_part(const struct dg_form *f, const char *name);

/* The field's text, or `otherwise` if there is none. */
const char *dg_form_text(const struct dg_form *f, const char *name, const char *otherwise);

/* Fills in every part's sha256. */
void dg_form_digest(struct dg_form *f);

/* Gives the memory of the parts' bytes back; names, types, sizes stay. */
void dg_form_drop_bytes(struct dg_form *f);

#endif
