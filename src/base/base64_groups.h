/* SPDX-License-Identifier: MIT
 *
 * Inside base64 only (its test and benchmark too): the ways to decode whole
 * groups of four.  Each stops at or before the first group that holds anything
 * but the 64 characters, returns how many characters it took (a multiple of 4),
 * and gives 3 bytes for every 4 of those, writing nothing past n / 4 * 3 bytes.
 * The plain way takes every whole group before that one; the others go
 * by steps, and leave up to a step and its margin to it.
 */
#ifndef DG_BASE_BASE64_GROUPS_H
#define DG_BASE_BASE64_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef size_t dg_base64_decoder(const char *text, size_t n, uint8_t *out);

struct dg_base64_way {
    const char *name;          /* "avx2" */
    bool (*there)(void);       /* can this machine do it */
    dg_base64_decoder *groups; /* only where it is there */
};

/* Fastest first; the last one, the plain way, is always there. */
extern const struct dg_base64_way dg_base64_ways[];
extern const size_t dg_base64_way_count;

dg_base64_decoder dg_base64_groups;

/* Each of these is compiled for its own processor alone. */
bool dg_base64_avx2_there(void);
bool dg_base64_ssse3_there(void);
dg_base64_decoder dg_base64_groups_avx2, dg_base64_groups_ssse3, dg_base64_groups_neon;

/* For the 24 bits of a group, in the order they are stored: what the character
 * `c` adds as number `place`, 0 to 3; 0 if it is not in the alphabet. */
extern const uint32_t dg_base64_part[4][256];

/* All four parts of a group are there. */
static inline bool dg_base64_is_group(uint32_t parts)
{
    return parts >> 24 == 0xF;
}

#endif
