/* SPDX-License-Identifier: MIT
 *
 * Base64 groups by NEON, 64 characters a step: loads and stores that sort the
 * characters of 16 groups by their place put each place in a register of its own.
 */
#include "base/base64_groups.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include "base/base64_nibbles.h"

enum { STEP_CHARS = 64, STEP_BYTES = 48 };

static inline uint8x16_t look_up(const int8_t table[16], uint8x16_t index)
{
    return vqtbl1q_u8(vld1q_u8((const uint8_t *)table), index);
}

/* Characters to 6-bit values in place; returns the faults of each. */
static inline uint8x16_t to_values(uint8x16_t *chars)
{
    uint8x16_t high = vshrq_n_u8(*chars, 4);
    uint8x16_t low = vandq_u8(*chars, vdupq_n_u8(15));
    uint8x16_t faults =
        vandq_u8(look_up(dg_base64_low_faults, low), look_up(dg_base64_high_faults, high));
    uint8x16_t is_slash = vceqq_u8(*chars, vdupq_n_u8('/')); /* -1 */

    *chars = vaddq_u8(*chars, look_up(dg_base64_shift, vaddq_u8(is_slash, high)));
    return faults;
}

static inline bool all_to_values(uint8x16x4_t *chars)
{
    uint8x16_t faults = to_values(&chars->val[0]);

    for (int place = 1; place < 4; place++)
        faults = vorrq_u8(faults, to_values(&chars->val[place]));
    return vmaxvq_u8(faults) == 0;
}

static inline uint8x16x3_t pack(uint8x16x4_t values)
{
    uint8x16x3_t bytes;

    bytes.val[0] = vorrq_u8(vshlq_n_u8(values.val[0], 2), vshrq_n_u8(values.val[1], 4));
    bytes.val[1] = vorrq_u8(vshlq_n_u8(values.val[1], 4), vshrq_n_u8(values.val[2], 2));
    bytes.val[2] = vorrq_u8(vshlq_n_u8(values.val[2], 6), values.val[3]);
    return bytes;
}

size_t dg_base64_groups_neon(const char *text, size_t n, uint8_t *out)
{
    size_t at = 0;

    for (; n - at >= STEP_CHARS; at += STEP_CHARS, out += STEP_BYTES) {
        uint8x16x4_t chars = vld4q_u8((const uint8_t *)text + at);
        if (!all_to_values(&chars))
            break;
        vst3q_u8(out, pack(chars));
    }
    return at;
}

#endif
