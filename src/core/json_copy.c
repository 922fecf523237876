/* SPDX-License-Identifier: MIT
 *
 * Tokens back into compact JSON.  A comma is due exactly where something stands
 * before on the same level, which needs no stack: whatever ends leaves
 * something before the next, whatever opens leaves nothing.
 * Leans on base/buffer and base/json.
 */
#include "core/json_copy.h"

void dg_json_copy_init(struct dg_json_copy *c, struct dg_buffer *out)
{
    *c = (struct dg_json_copy){ .out = out };
}

/* What comes before a name or a value. */
static bool separate(struct dg_json_copy *c)
{
    bool comma = c->comma && !c->member;
    c->member = false;
    c->comma = true;
    return !comma || dg_buffer_add(c->out, ",", 1);
}

static bool write_value(struct dg_json_copy *c, const char *text, size_t n)
{
    return separate(c) && dg_buffer_add(c->out, text, n);
}

static bool open_level(struct dg_json_copy *c, const char *bracket)
{
    bool ok = write_value(c, bracket, 1);
    c->comma = false;
    return ok;
}

static bool close_level(struct dg_json_copy *c, const char *bracket)
{
    c->comma = true;
    return dg_buffer_add(c->out, bracket, 1);
}

static bool string_piece(struct dg_json_copy *c, const char *text, size_t n)
{
    if (!c->in_string && !write_value(c, "\"", 1))
        return false;
    c->in_string = true;
    return dg_json_escape(c->out, text, n);
}

static bool string_end(struct dg_json_copy *c, bool name)
{
    bool ok = string_piece(c, "", 0) && dg_buffer_text(c->out, name ? "\":" : "\"");
    c->in_string = false;
    c->member = name;
    return ok;
}

bool dg_json_copy(struct dg_json_copy *c, enum dg_json_token token, const char *text, size_t n)
{
    switch (token) {
    case DG_JSON_OBJECT:
        return open_level(c, "{");
    case DG_JSON_OBJECT_END:
        return close_level(c, "}");
    case DG_JSON_ARRAY:
        return open_level(c, "[");
    case DG_JSON_ARRAY_END:
        return close_level(c, "]");
    case DG_JSON_KEY:
    case DG_JSON_STRING:
        return string_piece(c, text, n);
    case DG_JSON_KEY_END:
        return string_end(c, true);
    case DG_JSON_STRING_END:
        return string_end(c, false);
    case DG_JSON_NUMBER:
        return write_value(c, text, n);
    case DG_JSON_TRUE:
        return write_value(c, "true", 4);
    case DG_JSON_FALSE:
        return write_value(c, "false", 5);
    case DG_JSON_NULL:
        return write_value(c, "null", 4);
    }
    return true;
}
