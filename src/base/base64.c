/* SPDX-License-Identifier: MIT
 *
 * Base64 in pieces.  Whole groups of four go through a fast loop; the
 * characters around white space, padding and the ends of pieces one by one.
 * Leans on nothing but base64_groups.h.
 */
#include "base/base64.h"

#include <string.h>

#include "base/base64_groups.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* For the n-th character of a group, what it adds to the 24 bits; a character
 * outside the alphabet sets the top bit. */
static uint32_t part_of[4][256];
static const uint32_t NOT_THERE = UINT32_C(1) << 31;

static void make_tables(void)
{
    if (part_of[0][0])
        return;
    for (unsigned place = 0; place < 4; place++) {
        for (unsigned c = 0; c < 256; c++)
            part_of[place][c] = NOT_THERE;
        for (unsigned value = 0; value < 64; value++)
            part_of[place][(uint8_t)alphabet[value]] = value << (18 - 6 * place);
    }
}

static void store(uint8_t *out, uint32_t bits)
{
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
}

static uint32_t group_bits(const uint8_t c[4])
{
    return part_of[0][c[0]] | part_of[1][c[1]] | part_of[2][c[2]] | part_of[3][c[3]];
}

size_t dg_base64_groups(const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;

    make_tables();
    for (; n - at >= 4; at += 4, out += 3) {
        uint32_t bits = group_bits((const uint8_t *)text + at);
        if (bits & NOT_THERE)
            break;
        store(out, bits);
    }
    return at;
}

static size_t fast(const char *text, size_t n, uint8_t *out)
{
    size_t taken = 0;

    if (dg_base64_avx2_there())
        taken = dg_base64_groups_avx2(text, n, out);
    return taken + dg_base64_groups(text + taken, n - taken, out + taken / 4 * 3);
}

/* The group is full, `characters` of it are no padding: gives its bytes. */
static size_t finish_group(struct dg_base64 *b, size_t characters, uint8_t *out)
{
    uint8_t bytes[3];

    store(bytes, group_bits(b->carry));
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

static size_t take_one(struct dg_base64 *b, char c, uint8_t *out)
{
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
        return 0;
    if (c == '=')
        return take_padding(b, out);
    if (b->padding || part_of[0][(uint8_t)c] & NOT_THERE) {
        b->bad = true;
        return 0;
    }
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

    make_tables();
    *made = 0;
    while (at < n && !b->bad && !b->padding) {
        if (b->held == 0) {
            size_t taken = fast(text + at, n - at, out + *made);
            at += taken;
            *made += taken / 4 * 3;
        }
        if (at == n || part_of[0][(uint8_t)text[at]] & NOT_THERE)
            break;
        *made += take_one(b, text[at++], out + *made);
    }
    return at;
}

size_t dg_base64_decode(struct dg_base64 *b, const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;
    size_t made = 0;
    size_t some;

    while (at < n && !b->bad) {
        at += dg_base64_run(b, text + at, n - at, out + made, &some);
        made += some;
        if (at < n)
            made += take_one(b, text[at++], out + made);
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
