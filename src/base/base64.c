/* SPDX-License-Identifier: MIT
 *
 * Base64 in pieces.  Whole groups of four go through a fast loop; the
 * characters around white space, padding and the ends of pieces one by one.
 * Leans on nothing but base64_groups.h.
 */
#include "base/base64.h"

#include <stdatomic.h>
#include <string.h>

#include "base/base64_groups.h"

/* The fastest way this machine has, found out once. */
static dg_base64_decoder *fastest(void)
{
    static dg_base64_decoder *_Atomic found;
    dg_base64_decoder *groups = atomic_load_explicit(&found, memory_order_relaxed);

    for (size_t i = 0; !groups; i++)
        if (dg_base64_ways[i].there())
            groups = dg_base64_ways[i].groups;
    atomic_store_explicit(&found, groups, memory_order_relaxed);
    return groups;
}

static size_t whole_groups(const char *text, size_t n, uint8_t *out)
{
    size_t taken = fastest()(text, n, out);

    return taken + dg_base64_groups(text + taken, n - taken, out + taken / 4 * 3);
}

/* The group is full, `characters` of it are no padding: gives its bytes. */
static size_t finish_group(struct dg_base64 *b, size_t characters, uint8_t *out)
{
    uint8_t bytes[3];

    dg_base64_groups((const char *)b->carry, 4, bytes);
    memcpy(out, bytes, characters - 1);
    b->held = 0;
    return characters - 1;
}

/* "xx==" and "xxx=" end a text; the bytes come with the last '='. */
static size_t take_padding(struct dg_base64 *b, uint8_t *out)
{
    unsigned characters = b->held;

    if (characters < 2 || characters + b->padding >= 4) {
        b->bad = true;
        return 0;
    }
    b->padding++;
    if (characters + b->padding < 4)
        return 0;
    memset(b->carry + characters, 'A', b->padding);
    return finish_group(b, characters, out);
}

/* What is not in the alphabet, or stands behind padding. */
static size_t take_other(struct dg_base64 *b, char c, uint8_t *out)
{
    if (c == '=')
        return take_padding(b, out);
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
        b->bad = true;
    return 0;
}

static size_t take_character(struct dg_base64 *b, char c, uint8_t *out)
{
    b->carry[b->held++] = (uint8_t)c;
    return b->held < 4 ? 0 : finish_group(b, 4, out);
}

size_t dg_base64_room(size_t n)
{
    return (n / 4 + 1) * 3;
}

size_t dg_base64_run(struct dg_base64 *b, const char *text, size_t n, uint8_t *out, size_t *made)
{
    size_t at = 0;

    *made = 0;
    while (at < n && !b->padding && !b->bad) {
        if (b->held == 0) {
            size_t taken = whole_groups(text + at, n - at, out + *made);
            at += taken;
            *made += taken / 4 * 3;
        }
        if (at == n || !dg_base64_part[0][(uint8_t)text[at]])
            break;
        *made += take_character(b, text[at++], out + *made);
    }
    return at;
}

size_t dg_base64_decode(struct dg_base64 *b, const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;
    size_t made = 0;

    while (at < n && !b->bad) {
        size_t more;
        at += dg_base64_run(b, text + at, n - at, out + made, &more);
        made += more;
        if (at < n)
            made += take_other(b, text[at++], out + made);
    }
    return made;
}

bool dg_base64_end(const struct dg_base64 *b)
{
    return !b->bad && b->held == 0;
}

size_t dg_base64_size(size_t n)
{
    return (n / 3 + (n % 3 != 0)) * 4;
}

void dg_base64_encode(const uint8_t *bytes, size_t n, char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (; n > 0; out += 4) {
        size_t step = n < 3 ? n : 3;
        uint8_t b[3] = { 0 };
        memcpy(b, bytes, step);
        out[0] = alphabet[b[0] >> 2];
        out[1] = alphabet[(b[0] & 3) << 4 | b[1] >> 4];
        out[2] = step > 1 ? alphabet[(b[1] & 15) << 2 | b[2] >> 6] : '=';
        out[3] = step > 2 ? alphabet[b[2] & 63] : '=';
        bytes += step;
        n -= step;
    }
}
