/* SPDX-License-Identifier: MIT
 *
 * Error bodies.  OpenAI's {"error":{"message","type","param","code"}} and what
 * compatible servers and the proxies before them answer instead.
 * Leans on base.
 */
#include "core/complaint.h"

#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/text.h"

enum { SHOWN_BYTES = 1000, EXCERPT_BYTES = 200 };

/* More is gathered than shown: a key is seen, and masked, as a whole. */
enum { FIELD_BYTES = SHOWN_BYTES + DG_COMPLAINT_MARGIN_BYTES };

void dg_complaint_init(struct dg_complaint *c)
{
    *c = (struct dg_complaint){ 0 };
    for (int i = 0; i < DG_COMPLAINT_FIELDS; i++)
        dg_buffer_init(&c->fields[i], FIELD_BYTES);
}

void dg_complaint_done(struct dg_complaint *c)
{
    for (int i = 0; i < DG_COMPLAINT_FIELDS; i++)
        dg_buffer_done(&c->fields[i]);
}

static enum dg_complaint_name classify(const char *name, size_t n)
{
    static const char *const known[] = {
        [DG_NAME_ERROR] = "error", [DG_NAME_DETAIL] = "detail", [DG_NAME_MESSAGE] = "message",
        [DG_NAME_CODE] = "code",   [DG_NAME_TYPE] = "type",     [DG_NAME_PARAM] = "param",
    };
    if (n == 3 && memcmp(name, "msg", 3) == 0)
        return DG_NAME_MESSAGE;
    for (int i = DG_NAME_ERROR; i <= DG_NAME_PARAM; i++) {
        if (n == strlen(known[i]) && memcmp(name, known[i], n) == 0)
            return (enum dg_complaint_name)i;
    }
    return DG_NAME_OTHER;
}

static enum dg_complaint_field field_of_error(enum dg_complaint_name name)
{
    switch (name) {
    case DG_NAME_MESSAGE:
        return DG_COMPLAINT_MESSAGE;
    case DG_NAME_CODE:
        return DG_COMPLAINT_CODE;
    case DG_NAME_TYPE:
        return DG_COMPLAINT_TYPE;
    case DG_NAME_PARAM:
        return DG_COMPLAINT_PARAM;
    default:
        return DG_COMPLAINT_NONE;
    }
}

/* The field a value at this place belongs to. */
static enum dg_complaint_field field_here(const struct dg_complaint *c)
{
    if (c->objects == 1 && c->path[0] == DG_NAME_ERROR)
        return DG_COMPLAINT_MESSAGE;
    if (c->objects == 1 && c->path[0] == DG_NAME_DETAIL)
        return DG_COMPLAINT_DETAIL;
    if (c->objects == 1 && c->path[0] == DG_NAME_MESSAGE)
        return DG_COMPLAINT_PLAIN;
    if (c->objects == 2 && c->path[0] == DG_NAME_ERROR)
        return field_of_error(c->path[1]);
    if (c->objects == 2 && c->path[0] == DG_NAME_DETAIL &&
        (c->path[1] == DG_NAME_MESSAGE || c->path[1] == DG_NAME_ERROR))
        return DG_COMPLAINT_DETAIL;
    return DG_COMPLAINT_NONE;
}

/* Adds what fits. */
static void gather(struct dg_complaint *c, const char *text, size_t n, bool ends)
{
    enum dg_complaint_field field = field_here(c);
    if (field == DG_COMPLAINT_NONE || c->complete[field])
        return;
    struct dg_buffer *b = &c->fields[field];
    size_t room = b->limit - b->size;
    dg_buffer_add(b, text, n < room ? n : room);
    c->complete[field] = ends && b->size > 0;
}

static void name_piece(struct dg_complaint *c, const char *text, size_t n)
{
    size_t room = c->name_size < sizeof c->name ? sizeof c->name - c->name_size : 0;
    if (room > 0)
        memcpy(c->name + c->name_size, text, n < room ? n : room);
    c->name_size += n;
}

static void name_end(struct dg_complaint *c)
{
    enum dg_complaint_name name =
        c->name_size <= sizeof c->name ? classify(c->name, c->name_size) : DG_NAME_OTHER;
    if (c->objects >= 1 && c->objects <= 2)
        c->path[c->objects - 1] = name;
    c->name_size = 0;
}

/* Null, false and "" say that there is no error; a piece of a string is never
 * empty. */
static bool says_something(enum dg_json_token token)
{
    return token == DG_JSON_OBJECT || token == DG_JSON_ARRAY || token == DG_JSON_STRING ||
           token == DG_JSON_NUMBER || token == DG_JSON_TRUE;
}

void dg_complaint_token(struct dg_complaint *c, enum dg_json_token token, const char *text,
                        size_t n)
{
    if (token == DG_JSON_KEY) {
        name_piece(c, text, n);
        return;
    }
    if (says_something(token) && c->objects == 1 && c->path[0] == DG_NAME_ERROR)
        c->error_seen = true;
    switch (token) {
    case DG_JSON_OBJECT:
        c->objects++;
        if (c->objects <= 2)
            c->path[c->objects - 1] = DG_NAME_OTHER;
        break;
    case DG_JSON_OBJECT_END:
        c->objects--;
        break;
    case DG_JSON_KEY_END:
        name_end(c);
        break;
    case DG_JSON_STRING:
        gather(c, text, n, false);
        break;
    case DG_JSON_STRING_END:
        gather(c, "", 0, true);
        break;
    case DG_JSON_NUMBER:
        gather(c, text, n, true);
        break;
    default:
        break;
    }
}

void dg_complaint_end(struct dg_complaint *c)
{
    for (int i = 0; i < DG_COMPLAINT_FIELDS; i++) {
        struct dg_buffer shown;
        dg_buffer_init(&shown, SHOWN_BYTES);
        dg_secret_mask(c->fields[i].data, c->fields[i].size);
        dg_text_visible(&shown, c->fields[i].data, c->fields[i].size);
        dg_buffer_done(&c->fields[i]);
        c->fields[i] = shown;
    }
}

const char *dg_complaint_text(const struct dg_complaint *c, enum dg_complaint_field field)
{
    return c->complete[field] ? c->fields[field].data : "";
}

/* ---- text of other bodies ---- */

/* Behind the markup that starts at `p`; style and script go with their content. */
static const char *skip_markup(const char *p, const char *end)
{
    static const char *const silent[] = { "style", "script" };
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(silent[i]);
        if ((size_t)(end - p) <= n + 1 || strncasecmp(p + 1, silent[i], n) != 0)
            continue;
        const char *close = memmem(p, (size_t)(end - p), "</", 2);
        p = close ? close : end - 1;
    }
    const char *close = memchr(p, '>', (size_t)(end - p));
    return close ? close + 1 : end;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A "<" that starts markup, not a comparison. */
static bool is_markup(const char *p, const char *end)
{
    return *p == '<' && end - p > 1 &&
           (p[1] == '/' || p[1] == '!' || p[1] == '?' ||
            ((p[1] | 0x20) >= 'a' && (p[1] | 0x20) <= 'z'));
}

/* Appends up to EXCERPT_BYTES of `text` without markup and with each run of
 * white space as one space. */
static void strip(struct dg_buffer *out, const char *text, size_t n)
{
    const char *p = text, *end = text + n;
    bool gap = false;
    while (p < end && out->size <= EXCERPT_BYTES) {
        if (is_markup(p, end)) {
            p = skip_markup(p, end);
            gap = true;
        } else if (is_space(*p)) {
            p++;
            gap = true;
        } else {
            if (gap && out->size > 0)
                dg_buffer_add(out, " ", 1);
            gap = false;
            dg_buffer_add(out, p++, 1);
        }
    }
    if (out->size > EXCERPT_BYTES)
        dg_buffer_cut(out, dg_text_cut(out->data, EXCERPT_BYTES));
}

/* ---- the error ---- */

static const char *pick_message(const struct dg_complaint *c)
{
    for (int i = DG_COMPLAINT_MESSAGE; i <= DG_COMPLAINT_PLAIN; i++) {
        if (c->complete[i])
            return c->fields[i].data;
    }
    return NULL;
}

void dg_complaint_error(const struct dg_complaint *c, int status, const char *body, size_t n,
                        struct dg_error *err)
{
    struct dg_buffer code, message;
    dg_buffer_init(&code, SHOWN_BYTES);
    dg_buffer_init(&message, SHOWN_BYTES);
    const char *said = pick_message(c);
    if (!dg_buffer_text(&code, dg_complaint_text(c, DG_COMPLAINT_CODE)) || code.size == 0)
        dg_buffer_text(&code, dg_complaint_text(c, DG_COMPLAINT_TYPE));
    if (code.size == 0)
        dg_buffer_printf(&code, "http_%d", status);
    if (!said)
        strip(&message, body, n);
    if (!said && message.size == 0)
        dg_buffer_printf(&message, "the server answered with status %d and no text", status);
    dg_error_set(err, DG_KIND_API, code.data, "%s", said ? said : message.data);
    dg_buffer_done(&code);
    dg_buffer_done(&message);
}

void dg_complaint_not_json(int status, const char *body, size_t n, struct dg_error *err)
{
    struct dg_buffer shown;
    dg_buffer_init(&shown, SHOWN_BYTES);
    strip(&shown, body, n);
    dg_error_set(err, DG_KIND_REPLY, "not_json", "the server answered with status %d but %s%s",
                 status, shown.size > 0 ? "not with JSON: " : "without any text", shown.data);
    dg_buffer_done(&shown);
}
