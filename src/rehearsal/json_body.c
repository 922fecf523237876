/* SPDX-License-Identifier: MIT
 *
 * The JSON form of an edit request: scalars become fields, `images` and `mask`
 * hold objects whose `image_url` is a data: URL and becomes a part.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/body.h"

enum { HEAD_BYTES_MAX = 128 };

enum place {
    OUTSIDE,  /* before the object, or after it */
    TOP,      /* in it */
    IMAGES,   /* in the array `images` */
    REFERENCE /* in an object that names an image */
};

struct dg_json_body {
    struct dg_json json;         /* the tokenizer */
    struct dg_form *form;        /* where everything goes */
    enum place place;            /* where the tokens are */
    enum place outer;            /* REFERENCE: where it ends up again */
    unsigned skip;               /* levels of a value nobody wants */
    struct dg_buffer key;        /* the member's name */
    bool key_done;               /* it is complete, the next piece begins anew */
    struct dg_form_field *field; /* a string value in the making */
    struct dg_form_part *part;   /* an image in the making */
    struct dg_buffer head;       /* its URL up to the comma */
    bool in_data;                /* the comma has passed */
    struct dg_base64 base64;     /* the rest of it */
    unsigned images;             /* elements of `images` so far */
};

static bool refuse(struct dg_json_body *b, const char *param, const char *code, const char *what)
{
    if (b->form->trouble.status == 0)
        dg_refuse(&b->form->trouble, 400, param, code, "%s", what);
    return false;
}

static bool wrong_type(struct dg_json_body *b, const char *param, const char *wanted)
{
    char what[512];
    snprintf(what, sizeof(what), "Invalid type for '%s': expected %s instead.", param, wanted);
    return refuse(b, param, "invalid_type", what);
}

static bool on_key(struct dg_json_body *b, enum dg_json_token token, const char *text, size_t n)
{
    if (token == DG_JSON_KEY_END) {
        if (b->key_done) /* an empty name has no piece */
            dg_buffer_clear(&b->key);
        b->key_done = true;
        return true;
    }
    if (b->key_done)
        dg_buffer_clear(&b->key);
    b->key_done = false;
    return dg_buffer_add(&b->key, text, n) || refuse(b, NULL, NULL, "A name is too long.");
}

static bool add_scalar(struct dg_json_body *b, enum dg_form_kind kind, const char *text, size_t n)
{
    struct dg_form_field *field = dg_form_field(b->form, b->key.data, kind);
    return field && dg_form_field_add(b->form, field, text, n);
}

static bool on_string(struct dg_json_body *b, const char *text, size_t n)
{
    if (!b->field)
        b->field = dg_form_field(b->form, b->key.data, DG_FIELD_STRING);
    return b->field && dg_form_field_add(b->form, b->field, text, n);
}

static bool on_string_end(struct dg_json_body *b)
{
    bool ok = b->field || dg_form_field(b->form, b->key.data, DG_FIELD_STRING);
    b->field = NULL;
    return ok;
}

static bool decode(struct dg_json_body *b, const char *text, size_t n)
{
    uint8_t *bytes = dg_alloc(dg_base64_room(n) + 1);
    size_t size = dg_base64_decode(&b->base64, text, n, bytes);
    bool ok = dg_form_part_add(b->form, b->part, bytes, size);
    dg_free(bytes);
    return ok;
}

/* "data:image/png;base64" has passed: keep its media type. */
static bool begin_data(struct dg_json_body *b)
{
    static const char base64[] = ";base64";
    const size_t tail = sizeof(base64) - 1;
    struct dg_buffer *head = &b->head;

    if (head->size < 5 + tail || strncasecmp(head->data, "data:", 5) != 0 ||
        strcasecmp(head->data + head->size - tail, base64) != 0)
        return refuse(b, b->part->name, "invalid_image_url",
                      "Invalid image_url: expected an https URL or a base64 data URL.");
    dg_free(b->part->type);
    b->part->type = dg_strndup(head->data + 5, head->size - 5 - tail);
    b->in_data = true;
    return true;
}

static bool on_url(struct dg_json_body *b, const char *text, size_t n)
{
    if (b->in_data)
        return decode(b, text, n);
    const char *comma = memchr(text, ',', n);
    size_t head = comma ? (size_t)(comma - text) : n;
    if (!dg_buffer_add(&b->head, text, head))
        return refuse(b, b->part->name, "failed_to_download_image",
                      "The rehearsal server downloads nothing: send a base64 data URL.");
    if (!comma)
        return true;
    return begin_data(b) && decode(b, comma + 1, n - head - 1);
}

static bool on_url_end(struct dg_json_body *b)
{
    if (!b->in_data && strncasecmp(b->head.data, "http", 4) == 0)
        return refuse(b, b->part->name, "failed_to_download_image",
                      "The rehearsal server downloads nothing: send a base64 data URL.");
    if (!b->in_data || !dg_base64_end(&b->base64))
        return refuse(b, b->part->name, "invalid_image_url",
                      "Invalid image_url: expected an https URL or a base64 data URL.");
    return true;
}

static bool begin_reference(struct dg_json_body *b)
{
    char name[32] = "mask";

    if (b->place == IMAGES)
        snprintf(name, sizeof(name), "images[%u]", b->images++);
    b->outer = b->place;
    b->place = REFERENCE;
    b->part = dg_form_part(b->form, name, NULL, NULL);
    dg_buffer_clear(&b->head);
    b->in_data = false;
    memset(&b->base64, 0, sizeof(b->base64));
    return b->part != NULL;
}

static bool in_reference(struct dg_json_body *b, enum dg_json_token token, const char *text,
                         size_t n)
{
    if (token == DG_JSON_OBJECT_END) {
        b->place = b->outer;
        return b->part->size > 0 || refuse(b, b->part->name, "missing_required_parameter",
                                           "Missing required parameter: 'image_url'.");
    }
    if (strcmp(b->key.data, "file_id") == 0)
        return refuse(b, b->part->name, "file_not_found",
                      "No such File object: the rehearsal server keeps no files.");
    if (strcmp(b->key.data, "image_url") != 0)
        return refuse(b, b->part->name, "unknown_parameter", "Unknown member of an image.");
    if (token == DG_JSON_STRING)
        return on_url(b, text, n);
    if (token == DG_JSON_STRING_END)
        return on_url_end(b);
    return wrong_type(b, b->part->name, "a string, but got something else");
}

static bool in_images(struct dg_json_body *b, enum dg_json_token token)
{
    if (token == DG_JSON_OBJECT)
        return begin_reference(b);
    if (token == DG_JSON_ARRAY_END) {
        b->place = TOP;
        return true;
    }
    return wrong_type(b, "images", "an array of objects, but got something else");
}

static bool in_top(struct dg_json_body *b, enum dg_json_token token, const char *text, size_t n)
{
    switch (token) {
    case DG_JSON_STRING:
        return on_string(b, text, n);
    case DG_JSON_STRING_END:
        return on_string_end(b);
    case DG_JSON_NUMBER:
        return add_scalar(b, DG_FIELD_NUMBER, text, n);
    case DG_JSON_TRUE:
        return add_scalar(b, DG_FIELD_BOOL, "true", 4);
    case DG_JSON_FALSE:
        return add_scalar(b, DG_FIELD_BOOL, "false", 5);
    case DG_JSON_NULL:
        return add_scalar(b, DG_FIELD_NULL, "", 0);
    case DG_JSON_OBJECT_END:
        b->place = OUTSIDE;
        return true;
    default:
        break;
    }
    if (token == DG_JSON_ARRAY && strcmp(b->key.data, "images") == 0) {
        b->place = IMAGES;
        return true;
    }
    if (token == DG_JSON_OBJECT && strcmp(b->key.data, "mask") == 0)
        return begin_reference(b);
    b->skip = 1;
    return add_scalar(b, DG_FIELD_NESTED, "", 0);
}

static bool on_token(void *self, enum dg_json_token token, const char *text, size_t n)
{
    struct dg_json_body *b = self;

    if (b->skip > 0) {
        if (token == DG_JSON_OBJECT || token == DG_JSON_ARRAY)
            b->skip++;
        else if (token == DG_JSON_OBJECT_END || token == DG_JSON_ARRAY_END)
            b->skip--;
        return true;
    }
    if (token == DG_JSON_KEY || token == DG_JSON_KEY_END)
        return on_key(b, token, text, n);
    switch (b->place) {
    case TOP:
        return in_top(b, token, text, n);
    case IMAGES:
        return in_images(b, token);
    case REFERENCE:
        return in_reference(b, token, text, n);
    default:
        b->place = TOP;
        return token == DG_JSON_OBJECT ||
               refuse(b, NULL, NULL, "The JSON body of a request must be an object.");
    }
}

struct dg_json_body *dg_json_body_new(struct dg_form *form)
{
    struct dg_json_body *b = dg_zalloc(sizeof(*b));

    b->form = form;
    form->json = true;
    b->key_done = true;
    dg_buffer_init(&b->key, DG_FORM_NAME_BYTES_MAX);
    dg_buffer_init(&b->head, HEAD_BYTES_MAX);
    dg_json_init(&b->json, on_token, b);
    return b;
}

static void unparsable(struct dg_json_body *b)
{
    refuse(b, NULL, NULL,
           "We could not parse the JSON body of your request. (HINT: This likely means you aren't "
           "using your HTTP library correctly. The OpenAI API expects a JSON payload, but what "
           "was sent was not valid JSON.)");
}

void dg_json_body_feed(struct dg_json_body *b, const char *text, size_t n)
{
    if (!dg_json_feed(&b->json, text, n))
        unparsable(b);
}

void dg_json_body_free(struct dg_json_body *b)
{
    if (!dg_json_end(&b->json))
        unparsable(b);
    dg_buffer_done(&b->key);
    dg_buffer_done(&b->head);
    dg_free(b);
}
