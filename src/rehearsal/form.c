/* SPDX-License-Identifier: MIT
 *
 * A request's fields and parts, and their bounds.
 */
#include "rehearsal/form.h"

#include <string.h>

#include "base/memory.h"

static const struct dg_refusal no_trouble;

void dg_form_init(struct dg_form *f)
{
    memset(f, 0, sizeof(*f));
    f->trouble = no_trouble;
}

void dg_form_done(struct dg_form *f)
{
    for (size_t i = 0; i < f->field_count; i++) {
        dg_buffer_done(&f->fields[i]->value);
        dg_free(f->fields[i]->name);
        dg_free(f->fields[i]);
    }
    for (size_t i = 0; i < f->part_count; i++) {
        dg_buffer_done(&f->parts[i]->bytes);
        dg_free(f->parts[i]->name);
        dg_free(f->parts[i]->filename);
        dg_free(f->parts[i]->type);
        dg_free(f->parts[i]);
    }
    dg_form_init(f);
}

static bool trouble(struct dg_form *f, unsigned status, const char *what)
{
    if (f->trouble.status == 0)
        dg_refuse(&f->trouble, status, NULL, NULL, "%s", what);
    return false;
}

struct dg_form_field *dg_form_field(struct dg_form *f, const char *name, enum dg_form_kind kind)
{
    if (f->field_count == DG_FORM_FIELDS_MAX || strlen(name) > DG_FORM_NAME_BYTES_MAX) {
        trouble(f, 400, "Too many form fields, or a name that is too long.");
        return NULL;
    }
    struct dg_form_field *field = dg_zalloc(sizeof(*field));
    field->name = dg_strdup(name);
    field->kind = kind;
    dg_buffer_init(&field->value, DG_FORM_FIELD_BYTES_MAX);
    f->fields[f->field_count++] = field;
    return field;
}

struct dg_form_part *dg_form_part(struct dg_form *f, const char *name, const char *filename,
                                  const char *type)
{
    if (f->part_count == DG_FORM_PARTS_MAX || strlen(name) > DG_FORM_NAME_BYTES_MAX) {
        trouble(f, 400, "Too many files, or a name that is too long.");
        return NULL;
    }
    struct dg_form_part *part = dg_zalloc(sizeof(*part));
    part->name = dg_strdup(name);
    part->filename = dg_strdup(filename ? filename : "");
    part->type = dg_strdup(type ? type : "");
    dg_buffer_init(&part->bytes, DG_FORM_PART_BYTES_MAX);
    f->parts[f->part_count++] = part;
    return part;
}

bool dg_form_field_add(struct dg_form *f, struct dg_form_field *field, const char *text, size_t n)
{
    return dg_buffer_add(&field->value, text, n) || trouble(f, 413, "A form field is too large.");
}

bool dg_form_part_add(struct dg_form *f, struct dg_form_part *part, const void *bytes, size_t n)
{
    if (f->bytes + n > DG_FORM_BYTES_MAX || !dg_buffer_add(&part->bytes, bytes, n))
        return trouble(f, 413, "The request is too large: more than 60 MB in one file.");
    part->size += n;
    f->bytes += n;
    return true;
}

const struct dg_form_field *dg_form_find(const struct dg_form *f, const char *name)
{
    for (size_t i = 0; i < f->field_count; i++) {
        if (strcmp(f->fields[i]->name, name) == 0)
            return f->fields[i];
    }
    return NULL;
}

const struct dg_form_part *dg_form_find_part(const struct dg_form *f, const char *name)
{
    for (size_t i = 0; i < f->part_count; i++) {
        if (strcmp(f->parts[i]->name, name) == 0)
            return f->parts[i];
    }
    return NULL;
}

const char *dg_form_text(const struct dg_form *f, const char *name, const char *otherwise)
{
    const struct dg_form_field *field = dg_form_find(f, name);
    return field && field->kind != DG_FIELD_NULL ? field->value.data : otherwise;
}

void dg_form_digest(struct dg_form *f)
{
    for (size_t i = 0; i < f->part_count; i++)
        dg_hash_hex(f->parts[i]->bytes.data, f->parts[i]->bytes.size, f->parts[i]->sha256);
}

void dg_form_drop_bytes(struct dg_form *f)
{
    for (size_t i = 0; i < f->part_count; i++)
        dg_buffer_done(&f->parts[i]->bytes);
    f->bytes = 0;
}
