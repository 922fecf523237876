/* SPDX-License-Identifier: MIT
 *
 * UTF-8, harmless text, strict numbers.  Leans on buffer and libc.
 */
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The UTF-8 automaton (Unicode, table 3-7): which byte may come next. */
enum utf8_state {
    START,    /* between characters */
    TAIL_1,   /* one more continuation byte */
    TAIL_2,   /* two more */
    TAIL_3,   /* three more */
    AFTER_E0, /* A0..BF, then one: no overlong forms */
    AFTER_ED, /* 80..9F, then one: no surrogates */
    AFTER_F0, /* 90..BF, then two: no overlong forms */
    AFTER_F4, /* 80..8F, then two: nothing over U+10FFFF */
    BAD,      /* no UTF-8, for good */
    STATES
};

enum byte_class { ASCII, C_80, C_90, C_A0, L_2, L_E0, L_3, L_ED, L_F0, L_4, L_F4, NEVER, CLASSES };

/* Classes of the bytes C0..FF; the others are told apart by their top bits. */
static const uint8_t lead_class[64] = {
    NEVER, NEVER, L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,
    L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_2,
    L_2,   L_2,   L_2,   L_2,   L_2,   L_2,   L_E0,  L_3,   L_3,   L_3,   L_3,   L_3,   L_3,
    L_3,   L_3,   L_3,   L_3,   L_3,   L_3,   L_ED,  L_3,   L_3,   L_F0,  L_4,   L_4,   L_4,
    L_F4,  NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER,
};

static const uint8_t next_state[STATES][CLASSES] = {
    /*             ASCII  80-8F   90-9F   A0-BF   C2-DF   E0        E1-EF   ED  ... */
    [START] = { START, BAD, BAD, BAD, TAIL_1, AFTER_E0, TAIL_2, AFTER_ED, AFTER_F0, TAIL_3,
                AFTER_F4, BAD },
    [TAIL_1] = { BAD, START, START, START, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [TAIL_2] = { BAD, TAIL_1, TAIL_1, TAIL_1, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [TAIL_3] = { BAD, TAIL_2, TAIL_2, TAIL_2, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [AFTER_E0] = { BAD, BAD, BAD, TAIL_1, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [AFTER_ED] = { BAD, TAIL_1, TAIL_1, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [AFTER_F0] = { BAD, BAD, TAIL_2, TAIL_2, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [AFTER_F4] = { BAD, TAIL_2, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
    [BAD] = { BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD },
};

static unsigned class_of(uint8_t byte)
{
    if (byte < 0x80)
        return ASCII;
    if (byte >= 0xC0)
        return lead_class[byte - 0xC0];
    return byte >= 0xA0 ? C_A0 : byte >= 0x90 ? C_90 : C_80;
}

/* Bytes of the ASCII run at the start, in whole words of eight. */
static size_t ascii_words(const char *bytes, size_t size)
{
    size_t at = 0;
    uint64_t word;

    for (; size - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    return at;
}

size_t dg_utf8_check(struct dg_utf8 *u, const char *bytes, size_t size_bytes)
{
    size_t at = 0;

    while (at < size_bytes) {
        if (u->state == START) {
            at += ascii_words(bytes + at, size_bytes - at);
            if (at == size_bytes)
                break;
        }
        u->state = next_state[u->state][class_of((uint8_t)bytes[at])];
        if (u->state == BAD)
            return at;
        at++;
    }
    return at;
}

size_t dg_utf8_encode(uint32_t code, char bytes[DG_UTF8_BYTES])
{
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t mark[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)(mark[length] | code);
    return length;
}

/* Length of the whole character at `text`, its number in *code; 0 if none. */
static size_t decode(const char *text, size_t size, uint32_t *code)
{
    static const uint8_t payload[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    unsigned state = START;
    size_t length = 0;

    do {
        if (length == size)
            return 0;
        state = next_state[state][class_of((uint8_t)text[length++])];
    } while (state != START && state != BAD);
    if (state == BAD)
        return 0;
    *code = (uint8_t)text[0] & payload[length];
    for (size_t i = 1; i < length; i++)
        *code = *code << 6 | ((uint8_t)text[i] & 0x3F);
    return length;
}

/* Would printing it move the cursor, or show other text than is there? */
static bool is_harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C || code == 0x200E ||
           code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

static bool add_escape(struct dg_buffer *out, uint32_t code)
{
    switch (code) {
    case '\n':
        return dg_buffer_text(out, "\\n");
    case '\r':
        return dg_buffer_text(out, "\\r");
    case '\t':
        return dg_buffer_text(out, "\\t");
    default:
        return dg_buffer_printf(out, code < 0x80 ? "\\x%02x" : "\\u%04x", code);
    }
}

/* Adds what fits of harmless text; false if that was not all. */
static bool add_run(struct dg_buffer *out, const char *text, size_t size)
{
    size_t room = out->limit - out->size;

    if (size <= room)
        return dg_buffer_add(out, text, size);
    dg_buffer_add(out, text, dg_text_cut(text, room));
    return false;
}

void dg_text_visible(struct dg_buffer *out, const char *text, size_t size_bytes)
{
    size_t from = 0; /* where the harmless run starts that ends at `at` */
    size_t at = 0;

    while (at < size_bytes) {
        uint32_t code;
        size_t length = decode(text + at, size_bytes - at, &code);
        if (length && !is_harmful(code)) {
            at += length;
            continue;
        }
        if (!add_run(out, text + from, at - from))
            return;
        if (!(length ? add_escape(out, code) : dg_buffer_printf(out, "\\x%02x", (uint8_t)text[at])))
            return;
        at += length ? length : 1;
        from = at;
    }
    add_run(out, text + from, at - from);
}

size_t dg_text_cut(const char *text, size_t size)
{
    size_t most = size < 4 ? size : 4;

    for (size_t back = 1; back <= most; back++) {
        uint8_t byte = (uint8_t)text[size - back];
        size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        if ((byte & 0xC0) != 0x80)
            return length > back ? size - back : size;
    }
    return size;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool dg_text_int(const char *text, int64_t min, int64_t max, int64_t *value)
{
    char *end;

    if (!is_digit(text[text[0] == '-']))
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || *end || number < min || number > max)
        return false;
    *value = number;
    return true;
}

/* -?digits[.digits][e[+-]digits], a digit at least on one side of the point. */
static bool is_decimal(const char *text)
{
    const char *p = text + (text[0] == '-');
    size_t digits = strspn(p, "0123456789");

    p += digits;
    if (*p == '.') {
        size_t more = strspn(p + 1, "0123456789");
        p += 1 + more;
        digits += more;
    }
    if (digits && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '+' || *p == '-';
        digits = strspn(p, "0123456789");
        p += digits;
    }
    return digits && *p == '\0';
}

/* strtod with a point for the point, whatever locale a script has set. */
static double to_double(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double number = strtod_l(text, NULL, c);

    freelocale(c);
    return number;
}

bool dg_text_number(const char *text, double min, double max, double *value)
{
    if (!is_decimal(text))
        return false;
    double number = to_double(text);
    if (!isfinite(number) || number < min || number > max)
        return false;
    *value = number;
    return true;
}
