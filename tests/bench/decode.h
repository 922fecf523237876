/* SPDX-License-Identifier: MIT
 *
 * Base64 for the clients the program is measured against; shares nothing with the
 * program's own.
 */
#ifndef DG_BENCH_DECODE_H
#define DG_BENCH_DECODE_H

#include <stddef.h>
#include <stdint.h>

enum { DECODE_SLACK = 8 }; /* bytes that may be written past the last that counts */

/* Decodes whole groups of four up to the first that holds anything but the 64
 * characters; returns how many characters were taken, 4 for every 3 bytes. */
size_t decode(const char *text, size_t n, uint8_t *out);

#endif
