/* SPDX-License-Identifier: MIT
 *
 * Base64 groups in plain C: a table for each of a group's four characters, and
 * stores of four bytes, the fourth of which the next group overwrites.  And the
 * list of all ways there are.  Leans on nothing but its header.
 */
#include "base/base64_groups.h"

#include <endian.h>
#include <string.h>

enum { STEP_GROUPS = 8, STEP_CHARS = 4 * STEP_GROUPS };

/* clang-format off */
#define ALPHABET(X)                                                                         \
    X('A', 0) X('B', 1) X('C', 2) X('D', 3) X('E', 4) X('F', 5) X('G', 6) X('H', 7)         \
    X('I', 8) X('J', 9) X('K', 10) X('L', 11) X('M', 12) X('N', 13) X('O', 14) X('P', 15)   \
    X('Q', 16) X('R', 17) X('S', 18) X('T', 19) X('U', 20) X('V', 21) X('W', 22) X('X', 23) \
    X('Y', 24) X('Z', 25) X('a', 26) X('b', 27) X('c', 28) X('d', 29) X('e', 30) X('f', 31) \
    X('g', 32) X('h', 33) X('i', 34) X('j', 35) X('k', 36) X('l', 37) X('m', 38) X('n', 39) \
    X('o', 40) X('p', 41) X('q', 42) X('r', 43) X('s', 44) X('t', 45) X('u', 46) X('v', 47) \
    X('w', 48) X('x', 49) X('y', 50) X('z', 51) X('0', 52) X('1', 53) X('2', 54) X('3', 55) \
    X('4', 56) X('5', 57) X('6', 58) X('7', 59) X('8', 60) X('9', 61) X('+', 62) X('/', 63)
/* clang-format on */

/* The first byte stored is the lowest; above the three, a bit for each part that
 * is there. */
#define FIRST(c, v)  [c] = 1u << 24 | (v) << 2,
#define SECOND(c, v) [c] = 1u << 25 | (v) >> 4 | ((v)&15u) << 12,
#define THIRD(c, v)  [c] = 1u << 26 | (v) >> 2 << 8 | ((v)&3u) << 22,
#define FOURTH(c, v) [c] = 1u << 27 | (v) << 16,

const uint32_t dg_base64_part[4][256] = {
    { ALPHABET(FIRST) },
    { ALPHABET(SECOND) },
    { ALPHABET(THIRD) },
    { ALPHABET(FOURTH) },
};

static uint32_t parts_of(const char *text)
{
    uint32_t c;

    memcpy(&c, text, 4);
    c = le32toh(c);
    return dg_base64_part[0][c & 255] | dg_base64_part[1][c >> 8 & 255] |
           dg_base64_part[2][c >> 16 & 255] | dg_base64_part[3][c >> 24];
}

static void store(uint32_t parts, uint8_t *out, size_t bytes)
{
    parts = htole32(parts);
    memcpy(out, &parts, bytes);
}

/* Eight groups with one question; stores a byte more than they give. */
static bool step(const char *text, uint8_t *out)
{
    uint32_t parts[STEP_GROUPS];
    uint32_t common = UINT32_MAX;

    for (int i = 0; i < STEP_GROUPS; i++)
        common &= parts[i] = parts_of(text + 4 * i);
    if (!dg_base64_is_group(common))
        return false;
    for (int i = 0; i < STEP_GROUPS; i++)
        store(parts[i], out + 3 * i, 4);
    return true;
}

size_t dg_base64_groups(const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;

    while (n - at >= STEP_CHARS + 4 && step(text + at, out + at / 4 * 3))
        at += STEP_CHARS;
    for (; n - at >= 4; at += 4) {
        uint32_t parts = parts_of(text + at);
        if (!dg_base64_is_group(parts))
            break;
        store(parts, out + at / 4 * 3, 3);
    }
    return at;
}

static bool always(void)
{
    return true;
}

const struct dg_base64_way dg_base64_ways[] = {
#if defined(__x86_64__)
    { "avx2", dg_base64_avx2_there, dg_base64_groups_avx2 },
    { "ssse3", dg_base64_ssse3_there, dg_base64_groups_ssse3 },
#elif defined(__aarch64__)
    { "neon", always, dg_base64_groups_neon },
#endif
    { "plain", always, dg_base64_groups },
};
const size_t dg_base64_way_count = sizeof dg_base64_ways / sizeof *dg_base64_ways;
