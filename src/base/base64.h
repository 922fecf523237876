/* SPDX-License-Identifier: MIT
 *
 * Base64 (RFC 4648 section 4), in pieces as they arrive.  White space between
 * characters is skipped (some servers fold lines); anything else outside the
 * alphabet, missing padding, or data after it, is an error.  Bits left over
 * before padding are not looked at, as OpenSSL and Python do not: "Zh==" is "f",
 * as "Zg==" is.
 */
#ifndef DG_BASE_BASE64_H
#define DG_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed = start. */
struct dg_base64 {
    uint8_t carry[4]; /* characters of an unfinished group of four */
    uint8_t held;     /* how many, 0 to 3 */
    uint8_t padding;  /* '=' seen, 0 to 2 */
    bool bad;         /* an error was met; nothing more is decoded */
};

/* Bytes that decoding `n` more characters can give at most. */
size_t dg_base64_room(size_t n);

/* Decodes `n` characters into `out` (dg_base64_room(n) bytes), returns how many
 * bytes were written; b->bad tells of an error. */
size_t dg_base64_decode(struct dg_base64 *b, const char *text, size_t n, uint8_t *out);

/* The same for the characters of the alphabet at the start, as far as they go:
 * returns how many there were; what follows is for the caller to look at. */
size_t dg_base64_run(struct dg_base64 *b, const char *text, size_t n, uint8_t *out, size_t *made);

/* After the last piece: true if the whole was well formed. */
bool dg_base64_end(const struct dg_base64 *b);

/* Characters that encoding `n` bytes gives, without a NUL. */
size_t dg_base64_size(size_t n);
void dg_base64_encode(const uint8_t *bytes, size_t n, char *out);

#endif
