/* SPDX-License-Identifier: MIT
 *
 * Request log lines.
 */
#include "rehearsal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

enum { LINE_BYTES_MAX = 128 * 1024 * 1024 };

int dg_journal_open(const char *path, struct dg_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        dg_error_set(err, DG_KIND_FILE, "open", "cannot write the request log %s: %s", path,
                     strerror(errno));
    return fd;
}

/* ,"name":"text", or null for NULL. */
static void add_text(struct dg_buffer *out, const char *name, const char *text)
{
    dg_buffer_printf(out, ",\"%s\":", name);
    if (text)
        dg_json_quote(out, text, strlen(text));
    else
        dg_buffer_text(out, "null");
}

static void add_value(struct dg_buffer *out, const struct dg_form_field *field)
{
    bool bare = field->kind == DG_FIELD_NUMBER || field->kind == DG_FIELD_BOOL;

    if (field->kind == DG_FIELD_NULL || field->kind == DG_FIELD_NESTED)
        dg_buffer_text(out, "null");
    else if (bare)
        dg_buffer_add(out, field->value.data, field->value.size);
    else
        dg_json_quote(out, field->value.data, field->value.size);
}

/* A name given more than once becomes an array. */
static void add_field(struct dg_buffer *out, const struct dg_form *form, size_t i)
{
    const char *name = form->fields[i]->name, *between = "";
    size_t times = 0;

    for (size_t k = i; k < form->field_count; k++)
        times += strcmp(form->fields[k]->name, name) == 0;
    dg_json_quote(out, name, strlen(name));
    dg_buffer_text(out, times > 1 ? ":[" : ":");
    for (size_t k = i; k < form->field_count; k++) {
        if (strcmp(form->fields[k]->name, name) != 0)
            continue;
        dg_buffer_text(out, between);
        add_value(out, form->fields[k]);
        between = ",";
    }
    if (times > 1)
        dg_buffer_text(out, "]");
}

static void add_fields(struct dg_buffer *out, const struct dg_form *form)
{
    const char *between = "";

    dg_buffer_text(out, ",\"fields\":{");
    for (size_t i = 0; i < form->field_count; i++) {
        if (dg_form_find(form, form->fields[i]->name) != form->fields[i])
            continue;
        dg_buffer_text(out, between);
        add_field(out, form, i);
        between = ",";
    }
    dg_buffer_text(out, "}");
}

static void add_parts(struct dg_buffer *out, const struct dg_form *form)
{
    dg_buffer_text(out, ",\"parts\":[");
    for (size_t i = 0; i < form->part_count; i++) {
        const struct dg_form_part *part = form->parts[i];
        dg_buffer_text(out, i ? ",{\"name\":" : "{\"name\":");
        dg_json_quote(out, part->name, strlen(part->name));
        add_text(out, "filename", part->filename);
        add_text(out, "type", part->type);
        dg_buffer_printf(out, ",\"size\":%zu", part->size);
        add_text(out, "sha256", part->sha256);
        dg_buffer_text(out, "}");
    }
    dg_buffer_text(out, "]");
}

bool dg_journal_write(int fd, const struct dg_journal_entry *e, struct dg_error *err)
{
    struct dg_buffer line;

    dg_buffer_init(&line, LINE_BYTES_MAX);
    if (e->n > 0)
        dg_buffer_printf(&line, "{\"n\":%" PRIu64, e->n);
    else
        dg_buffer_text(&line, "{\"n\":null");
    dg_buffer_printf(&line, ",\"time_ms\":%" PRId64 ",\"took_ms\":%" PRId64, e->time_ms,
                     e->took_ms);
    add_text(&line, "method", e->method);
    add_text(&line, "path", e->path);
    dg_buffer_printf(&line, ",\"status\":%u,\"whole\":%s", e->status, e->whole ? "true" : "false");
    add_text(&line, "key", e->key);
    add_text(&line, "model", dg_form_text(e->form, "model", NULL));
    add_text(&line, "prompt", dg_form_text(e->form, "prompt", NULL));
    add_fields(&line, e->form);
    add_parts(&line, e->form);
    dg_buffer_printf(&line, ",\"in_flight\":%u", e->in_flight);
    add_text(&line, "fault", e->fault);
    add_text(&line, "request_id", e->request_id);
    dg_buffer_text(&line, "}\n");
    bool ok = dg_file_write(fd, line.data, line.size, err);
    dg_buffer_done(&line);
    return ok;
}
