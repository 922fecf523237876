/* SPDX-License-Identifier: MIT
 *
 * Writing JSON strings.  Leans on buffer and text.
 */
#include "base/json.h"

#include "base/text.h"

/* Length of the bytes at the start that stand for themselves. */
static size_t plain_length(const char *text, size_t n)
{
    size_t at = 0;

    while (at < n && (uint8_t)text[at] >= 0x20 && text[at] != '"' && text[at] != '\\')
        at++;
    return at;
}

static bool add_special(struct dg_buffer *out, char c)
{
    switch (c) {
    case '"':
        return dg_buffer_text(out, "\\\"");
    case '\\':
        return dg_buffer_text(out, "\\\\");
    case '\n':
        return dg_buffer_text(out, "\\n");
    case '\r':
        return dg_buffer_text(out, "\\r");
    case '\t':
        return dg_buffer_text(out, "\\t");
    default:
        return dg_buffer_printf(out, "\\u%04x", (uint8_t)c);
    }
}

/* Adds text without quotes, backslashes and control characters; a byte that is
 * no UTF-8, or a character cut at the end, becomes U+FFFD. */
static bool add_plain(struct dg_buffer *out, const char *text, size_t n)
{
    while (n > 0) {
        struct dg_utf8 utf8 = { 0 };
        size_t good = dg_utf8_check(&utf8, text, n);
        good = dg_text_cut(text, good);
        if (!dg_buffer_add(out, text, good))
            return false;
        text += good;
        n -= good;
        if (n == 0)
            break;
        if (!dg_buffer_text(out, "\xEF\xBF\xBD"))
            return false;
        text++;
        n--;
    }
    return true;
}

bool dg_json_quote(struct dg_buffer *out, const char *text, size_t n)
{
    size_t before = out->size;
    bool ok = dg_buffer_add(out, "\"", 1);

    while (ok && n > 0) {
        size_t plain = plain_length(text, n);
        ok = add_plain(out, text, plain);
        text += plain;
        n -= plain;
        if (ok && n > 0) {
            ok = add_special(out, *text);
            text++;
            n--;
        }
    }
    ok = ok && dg_buffer_add(out, "\"", 1);
    if (!ok)
        dg_buffer_cut(out, before);
    return ok;
}
