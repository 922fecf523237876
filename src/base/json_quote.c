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

/* What cannot stand for itself. */
static bool add_special(struct dg_buffer *out, char c)
{
    static const char letters[] = "btnvfr"; /* of the codes 8 to 13; \v is not JSON's */

    if (c == '"' || c == '\\')
        return dg_buffer_printf(out, "\\%c", c);
    if (c >= '\b' && c <= '\r' && c != '\v')
        return dg_buffer_printf(out, "\\%c", letters[c - '\b']);
    return dg_buffer_printf(out, "\\u%04x", (uint8_t)c);
}

bool dg_json_escape(struct dg_buffer *out, const char *text, size_t n)
{
    size_t before = out->size;
    bool ok = true;

    while (ok && n > 0) {
        size_t plain = plain_length(text, n);
        ok = dg_buffer_add(out, text, plain);
        if (ok && plain < n)
            ok = add_special(out, text[plain++]);
        text += plain;
        n -= plain;
    }
    if (!ok)
        dg_buffer_cut(out, before);
    return ok;
}

/* A byte that is no UTF-8, or a character cut at the end, becomes U+FFFD. */
static bool add_repaired(struct dg_buffer *out, const char *text, size_t n)
{
    while (n > 0) {
        struct dg_utf8 utf8 = { 0 };
        size_t good = dg_text_cut(text, dg_utf8_check(&utf8, text, n));
        if (!dg_json_escape(out, text, good))
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
    bool ok =
        dg_buffer_add(out, "\"", 1) && add_repaired(out, text, n) && dg_buffer_add(out, "\"", 1);

    if (!ok)
        dg_buffer_cut(out, before);
    return ok;
}
