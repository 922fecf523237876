/* SPDX-License-Identifier: MIT
 *
 * Text: UTF-8 checks, foreign text made harmless, strict numbers.
 */
#ifndef DG_BASE_TEXT_H
#define DG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Incremental UTF-8 check; zeroed state = start of text. */
struct dg_utf8 {
    uint32_t state; /* decoder state, 0 between characters */
};

/* Length of the longest good prefix: `size` if all is good, else the offset of
 * the first byte that cannot be UTF-8 (surrogates and overlong forms are not).
 * A character cut at the end is good so far; state != 0 then.  After an error
 * nothing more is good.  ASCII runs at 8 bytes a step or better. */
size_t dg_utf8_check(struct dg_utf8 *u, const char *bytes, size_t size_bytes);

enum { DG_UTF8_BYTES = 4 };

/* Writes the character `code` (at most U+10FFFF, no surrogate), returns its
 * length, 1 to 4. */
size_t dg_utf8_encode(uint32_t code, char bytes[DG_UTF8_BYTES]);

/* Appends `text` so that a terminal only prints it: control characters (C0, C1,
 * DEL), bidirectional controls and marks, line separators, U+FEFF and invalid
 * UTF-8 become visible escapes like \x1b, \n, \u202e.  Done twice, it changes
 * nothing more.  Stops quietly at the buffer's limit. */
void dg_text_visible(struct dg_buffer *out, const char *text, size_t size_bytes);

/* Largest length <= `size` that does not cut a UTF-8 character. */
size_t dg_text_cut(const char *text, size_t size);

/* Strict decimal: the whole text is the number, within [min, max]. */
bool dg_text_int(const char *text, int64_t min, int64_t max, int64_t *value);
bool dg_text_number(const char *text, double min, double max, double *value);

#endif
