/* SPDX-License-Identifier: MIT
 *
 * Strings and names of the JSON tokenizer.  A run of bytes without escapes is
 * handed on where it lies: it costs two memchr and one pass that the compiler
 * makes of vector instructions; what a taker takes costs none of them.  Leans on text.
 */
#include <string.h>

#include "base/json_machine.h"
#include "base/text.h"

static const uint32_t REPLACEMENT = 0xFFFD;

void dg_json_begin_string(struct dg_json *j, bool is_name)
{
    j->in_name = is_name;
    j->utf8.state = 0;
    j->surrogate = 0;
    j->state = IN_STRING;
}

static void emit_piece(struct dg_json *j, const char *text, size_t n)
{
    dg_json_emit(j, j->in_name ? DG_JSON_KEY : DG_JSON_STRING, text, n);
}

static void emit_code(struct dg_json *j, uint32_t code)
{
    char bytes[DG_UTF8_BYTES];

    emit_piece(j, bytes, dg_utf8_encode(code, bytes));
}

/* Anything but a low surrogate leaves a high one before it alone. */
static void flush_surrogate(struct dg_json *j)
{
    if (j->surrogate)
        emit_code(j, REPLACEMENT);
    j->surrogate = 0;
}

/* Bytes before the next quote or backslash.  The quote's place is kept for the
 * piece: else a string full of escapes would search to its end at each one. */
static size_t run_length(struct dg_json *j, const char *p, size_t n)
{
    if (!j->quote || j->quote < p) {
        const char *quote = memchr(p, '"', n);
        j->quote = quote ? quote : p + n;
    }
    size_t run = (size_t)(j->quote - p);
    const char *backslash = memchr(p, '\\', run);
    return backslash ? (size_t)(backslash - p) : run;
}

/* Without a branch inside, so that it is vectorised. */
static void survey(const char *p, size_t n, bool *has_control, bool *has_high)
{
    uint8_t control = 0;
    uint8_t all = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)p[i];
        control |= byte < 0x20;
        all |= byte;
    }
    *has_control = control;
    *has_high = all & 0x80;
}

/* How much of a run may stand in a string; j->error is set if not all. */
static size_t good_length(struct dg_json *j, const char *p, size_t n)
{
    bool has_control, has_high;
    size_t good = n;

    survey(p, n, &has_control, &has_high);
    if (has_control) {
        for (good = 0; (uint8_t)p[good] >= 0x20; good++)
            continue;
        dg_json_fail(j, "a control character in a string");
    }
    if (has_high || j->utf8.state) {
        size_t valid = dg_utf8_check(&j->utf8, p, good);
        if (valid < good)
            dg_json_fail(j, "invalid UTF-8 in a string");
        good = valid;
    }
    return good;
}

static size_t take_run(struct dg_json *j, const char *p, size_t n)
{
    size_t good = good_length(j, p, n);
    const char *error = j->error;

    j->error = NULL; /* what came before the fault is still told */
    if (good > 0) {
        flush_surrogate(j);
        emit_piece(j, p, good);
    }
    if (error && !j->error)
        j->error = error;
    return good;
}

/* What the taker takes, where a character may begin. */
static size_t taken_unseen(struct dg_json *j, const char *p, size_t n)
{
    size_t taken = 0;

    if (!j->taker || j->in_name || j->utf8.state || j->surrogate)
        return 0;
    if (!j->taker(j->self, p, n, &taken))
        j->error = "stopped";
    return taken;
}

size_t dg_json_in_string(struct dg_json *j, const char *p, size_t n)
{
    size_t taken = taken_unseen(j, p, n);
    if (taken > 0 || j->error)
        return taken;

    size_t run = run_length(j, p, n);
    if (run > 0)
        return take_run(j, p, run);
    if (j->utf8.state)
        return dg_json_fail(j, "invalid UTF-8 in a string");
    if (*p == '\\') {
        j->state = IN_ESCAPE;
        return 1;
    }
    flush_surrogate(j);
    dg_json_emit(j, j->in_name ? DG_JSON_KEY_END : DG_JSON_STRING_END, NULL, 0);
    if (j->in_name)
        j->state = AT_COLON;
    else
        dg_json_value_done(j);
    return 1;
}

size_t dg_json_in_escape(struct dg_json *j, const char *p, size_t n)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *found = memchr(from, *p, sizeof(from) - 1);

    (void)n;
    if (*p == 'u') {
        j->partial = 0;
        j->state = IN_HEX;
        return 1;
    }
    if (!found)
        return dg_json_fail(j, "an unknown escape in a string");
    flush_surrogate(j);
    emit_piece(j, to + (found - from), 1);
    j->state = IN_STRING;
    return 1;
}

/* One \uXXXX, half a character if it is a surrogate. */
static void take_unit(struct dg_json *j, uint32_t unit)
{
    bool is_high = unit >= 0xD800 && unit <= 0xDBFF;
    bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;

    if (is_low && j->surrogate) {
        uint32_t code = 0x10000 + ((j->surrogate - 0xD800) << 10) + (unit - 0xDC00);
        j->surrogate = 0;
        emit_code(j, code);
        return;
    }
    flush_surrogate(j);
    if (is_high)
        j->surrogate = unit;
    else
        emit_code(j, is_low ? REPLACEMENT : unit);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t dg_json_in_hex(struct dg_json *j, const char *p, size_t n)
{
    uint32_t unit = 0;

    (void)n;
    if (hex_value(*p) < 0)
        return dg_json_fail(j, "\\u without four hexadecimal digits");
    j->held[j->partial++] = *p;
    if (j->partial < 4)
        return 1;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)hex_value(j->held[i]);
    take_unit(j, unit);
    j->state = IN_STRING;
    return 1;
}
