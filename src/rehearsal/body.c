/* SPDX-License-Identifier: MIT
 *
 * Bodies by Content-Type, and multipart through MHD_PostProcessor.
 */
#include "rehearsal/body.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

enum { POST_BUFFER_BYTES = 32 * 1024 };

static const char multipart[] = "multipart/form-data";
static const char json[] = "application/json";

static bool is_type(const char *type, const char *wanted)
{
    size_t length = strlen(wanted);
    return strncasecmp(type, wanted, length) == 0 &&
           (type[length] == '\0' || strchr("; \t", type[length]));
}

/* libmicrohttpd may announce a part with no bytes and then go on with it, both
 * at offset 0. */
static bool goes_on(const struct dg_body *b, const char *name, const char *filename,
                    const char *type)
{
    if (b->field)
        return !filename && b->field->value.size == 0 && strcmp(b->field->name, name) == 0;
    return b->part && filename && b->part->size == 0 && strcmp(b->part->name, name) == 0 &&
           strcmp(b->part->filename, filename) == 0 && strcmp(b->part->type, type ? type : "") == 0;
}

static bool begin_value(struct dg_body *b, const char *name, const char *filename, const char *type)
{
    b->field = NULL;
    b->part = NULL;
    if (filename)
        b->part = dg_form_part(b->form, name, filename, type);
    else
        b->field = dg_form_field(b->form, name, DG_FIELD_FORM);
    return b->field || b->part;
}

static enum MHD_Result take(void *self, enum MHD_ValueKind kind, const char *name,
                            const char *filename, const char *type, const char *encoding,
                            const char *bytes, uint64_t offset, size_t n)
{
    struct dg_body *b = self;
    bool ok = true;

    (void)kind;
    (void)encoding;
    if (!name)
        name = "";
    if (offset == 0 && !goes_on(b, name, filename, type))
        ok = begin_value(b, name, filename, type);
    if (ok && n > 0 && b->part)
        ok = dg_form_part_add(b->form, b->part, bytes, n);
    else if (ok && n > 0 && b->field)
        ok = dg_form_field_add(b->form, b->field, bytes, n);
    return ok ? MHD_YES : MHD_NO;
}

static void unparsable(struct dg_body *b)
{
    if (b->form->trouble.status == 0)
        dg_refuse(&b->form->trouble, 400, NULL, NULL,
                  "Could not parse multipart form: it is malformed or ends too early.");
}

void dg_body_begin(struct dg_body *b, struct dg_form *form, struct MHD_Connection *connection)
{
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");

    memset(b, 0, sizeof(*b));
    b->form = form;
    if (type && is_type(type, json)) {
        b->json = dg_json_body_new(form);
    } else if (type && is_type(type, multipart)) {
        b->post = MHD_create_post_processor(connection, POST_BUFFER_BYTES, take, b);
        if (!b->post)
            unparsable(b);
    } else {
        dg_refuse(&form->trouble, 400, NULL, "unsupported_content_type",
                  "Unsupported content type: '%.100s'. This API method only accepts "
                  "'multipart/form-data' or 'application/json' requests.",
                  type ? type : "");
    }
}

void dg_body_feed(struct dg_body *b, const char *bytes, size_t n)
{
    if (b->form->trouble.status != 0)
        return;
    if (b->json)
        dg_json_body_feed(b->json, bytes, n);
    else if (b->post && MHD_post_process(b->post, bytes, n) != MHD_YES)
        unparsable(b);
}

void dg_body_end(struct dg_body *b)
{
    if (b->json)
        dg_json_body_free(b->json);
    if (b->post && MHD_destroy_post_processor(b->post) != MHD_YES)
        unparsable(b);
    b->json = NULL;
    b->post = NULL;
}
