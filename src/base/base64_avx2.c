/* SPDX-License-Identifier: MIT
 *
 * Base64 groups by AVX2, 32 characters a step.
 */
#include "base/base64_groups.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "base/base64_nibbles.h"

enum {
    STEP_CHARS = 32,
    STEP_BYTES = 24,
    /* A step stores 32 bytes of which 24 count; with this many characters left
     * the surplus falls where later groups go. */
    LEAST_CHARS = 44
};

#define AVX2 __attribute__((target("avx2")))

bool dg_base64_avx2_there(void)
{
    return __builtin_cpu_supports("avx2");
}

/* The same 16 entries in both halves, as the in-lane shuffle wants them. */
AVX2 static inline __m256i lanes(const int8_t table[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* Characters to 6-bit values in place; false if one is not in the alphabet. */
AVX2 static inline bool to_values(__m256i *chars)
{
    const __m256i slash = _mm256_set1_epi8('/'); /* its bits serve as a mask, too */
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(*chars, 4), slash);
    __m256i low = _mm256_and_si256(*chars, slash);

    if (!_mm256_testz_si256(_mm256_shuffle_epi8(lanes(dg_base64_low_faults), low),
                            _mm256_shuffle_epi8(lanes(dg_base64_high_faults), high)))
        return false;
    __m256i is_slash = _mm256_cmpeq_epi8(*chars, slash); /* -1 */
    __m256i by = _mm256_shuffle_epi8(lanes(dg_base64_shift), _mm256_add_epi8(is_slash, high));
    *chars = _mm256_add_epi8(*chars, by);
    return true;
}

/* 32 values of 6 bits to 24 bytes at the start. */
AVX2 static inline __m256i pack(__m256i values)
{
    static const int8_t big_endian[16] = { 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1 };
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    __m256i threes = _mm256_shuffle_epi8(fours, lanes(big_endian));

    return _mm256_permutevar8x32_epi32(threes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

AVX2 size_t dg_base64_groups_avx2(const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;

    for (; n - at >= LEAST_CHARS; at += STEP_CHARS, out += STEP_BYTES) {
        __m256i chars = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
        if (!to_values(&chars))
            break;
        _mm256_storeu_si256((__m256i *)(void *)out, pack(chars));
    }
    return at;
}

#endif
