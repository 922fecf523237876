/* SPDX-License-Identifier: MIT
 *
 * Inside base64's vector code only: its tables of 16 entries.  The two halves of
 * a character each name a set of faults, and it is wrong if the sets meet; the
 * high half then says what to add to get its value.  '/' shares its high half
 * with '+' and takes the entry before.  After Mula and Lemire, "Faster Base64
 * Encoding and Decoding using AVX2 Instructions" (2018).
 */
#ifndef DG_BASE_BASE64_NIBBLES_H
#define DG_BASE_BASE64_NIBBLES_H

#include <stdint.h>

static const int8_t dg_base64_low_faults[16] = { 0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                                 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A };
static const int8_t dg_base64_high_faults[16] = { 0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
                                                  0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10 };
static const int8_t dg_base64_shift[16] = {
    0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0
};

#endif
