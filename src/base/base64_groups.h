/* SPDX-License-Identifier: MIT
 *
 * Inside base64 only (and its test): two ways to decode whole groups of four.
 * Both stop at the first group that holds anything but the 64 characters,
 * return how many characters they took (a multiple of 4), and give 3 bytes for
 * every 4 of those, writing nothing past (n + 3) / 4 * 3 bytes.
 */
#ifndef DG_BASE_BASE64_GROUPS_H
#define DG_BASE_BASE64_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t dg_base64_groups(const char *text, size_t n, uint8_t *out);

/* The fast one takes what it can and leaves the rest; only where it is there. */
bool dg_base64_avx2_there(void);
size_t dg_base64_groups_avx2(const char *text, size_t n, uint8_t *out);

#endif
