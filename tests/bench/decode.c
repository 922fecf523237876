/* SPDX-License-Identifier: MIT
 *
 * By AVX2 where the machine has it (after Mula and Lemire), the rest by tables.
 */
#include "decode.h"

#include <endian.h>
#include <string.h>

/* For the n-th character of a group, what it adds to the 24 upper bits; a character
 * outside the alphabet sets the lowest. */
static uint32_t part[4][256];

static void make_tables(void)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (part[0][0])
        return;
    for (unsigned place = 0; place < 4; place++) {
        for (unsigned c = 0; c < 256; c++)
            part[place][c] = 1;
        for (unsigned value = 0; value < 64; value++)
            part[place][(uint8_t)alphabet[value]] = value << (26 - 6 * place);
    }
}

static size_t by_tables(const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;

    make_tables();
    for (; n - at >= 4; at += 4, out += 3) {
        const uint8_t *c = (const uint8_t *)text + at;
        uint32_t bits = part[0][c[0]] | part[1][c[1]] | part[2][c[2]] | part[3][c[3]];
        if (bits & 1)
            break;
        bits = htobe32(bits);
        memcpy(out, &bits, sizeof bits);
    }
    return at;
}

#if defined(__x86_64__)

#include <immintrin.h>

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

__attribute__((target("avx2"))) static size_t by_avx2(const char *text, size_t n, uint8_t *out)
{
    const __m256i low_faults = TWICE(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                     0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
    const __m256i high_faults = TWICE(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10,
                                      0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
    const __m256i shifts = TWICE(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i turned = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i together = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1);
    const __m256i slash = _mm256_set1_epi8('/');
    size_t at = 0;

    for (; n - at >= 32; at += 32, out += 24) {
        __m256i v = _mm256_loadu_si256((const void *)(text + at));
        __m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4), slash);
        __m256i low = _mm256_and_si256(v, slash);
        if (!_mm256_testz_si256(_mm256_shuffle_epi8(low_faults, low),
                                _mm256_shuffle_epi8(high_faults, high)))
            break;
        __m256i row = _mm256_add_epi8(_mm256_cmpeq_epi8(v, slash), high);
        v = _mm256_add_epi8(v, _mm256_shuffle_epi8(shifts, row));
        v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
        v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
        v = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, turned), together);
        _mm256_storeu_si256((void *)out, v);
    }
    return at;
}

size_t decode(const char *text, size_t n, uint8_t *out)
{
    size_t taken = __builtin_cpu_supports("avx2") ? by_avx2(text, n, out) : 0;
    return taken + by_tables(text + taken, n - taken, out + taken / 4 * 3);
}

#else

size_t decode(const char *text, size_t n, uint8_t *out)
{
    return by_tables(text, n, out);
}

#endif
