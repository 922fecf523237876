/* SPDX-License-Identifier: MIT
 *
 * Base64 groups by SSSE3, 16 characters a step.
 */
#include "base/base64_groups.h"

#if defined(__x86_64__)

#include <tmmintrin.h>

#include "base/base64_nibbles.h"

enum {
    STEP_CHARS = 16,
    STEP_BYTES = 12,
    /* A step stores 16 bytes of which 12 count; with this many characters left
     * the surplus falls where later groups go. */
    LEAST_CHARS = 24
};

#define SSSE3 __attribute__((target("ssse3")))

bool dg_base64_ssse3_there(void)
{
    return __builtin_cpu_supports("ssse3");
}

SSSE3 static inline __m128i look_up(const int8_t table[16], __m128i index)
{
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)table), index);
}

/* Characters to 6-bit values in place; false if one is not in the alphabet. */
SSSE3 static inline bool to_values(__m128i *chars)
{
    const __m128i slash = _mm_set1_epi8('/'); /* its bits serve as a mask, too */
    __m128i high = _mm_and_si128(_mm_srli_epi32(*chars, 4), slash);
    __m128i low = _mm_and_si128(*chars, slash);
    __m128i faults =
        _mm_and_si128(look_up(dg_base64_low_faults, low), look_up(dg_base64_high_faults, high));

    if (_mm_movemask_epi8(_mm_cmpgt_epi8(faults, _mm_setzero_si128())))
        return false;
    __m128i is_slash = _mm_cmpeq_epi8(*chars, slash); /* -1 */
    *chars = _mm_add_epi8(*chars, look_up(dg_base64_shift, _mm_add_epi8(is_slash, high)));
    return true;
}

/* 16 values of 6 bits to 12 bytes at the start. */
SSSE3 static inline __m128i pack(__m128i values)
{
    const __m128i big_endian =
        _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));

    return _mm_shuffle_epi8(fours, big_endian);
}

SSSE3 size_t dg_base64_groups_ssse3(const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;

    for (; n - at >= LEAST_CHARS; at += STEP_CHARS, out += STEP_BYTES) {
        __m128i chars = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        if (!to_values(&chars))
            break;
        _mm_storeu_si128((__m128i *)(void *)out, pack(chars));
    }
    return at;
}

#endif
