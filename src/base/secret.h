/* SPDX-License-Identifier: MIT
 *
 * Keys that must never be seen.  Whoever reads a key registers it here, and
 * every error, log line and report passes through dg_secret_mask.
 */
#ifndef DG_BASE_SECRET_H
#define DG_BASE_SECRET_H

#include <stddef.h>

/* Remembers a copy; texts shorter than 4 bytes are ignored (masking them would
 * blank ordinary words).  Known ones are not added twice.  What it becomes inside
 * a JSON string is remembered too. */
void dg_secret_add(const char *secret);

/* Overwrites every registered secret in `text` with `*`, in place, but for its
 * last four bytes where it has 12 or more and is not escaped: JSON stays JSON. */
void dg_secret_mask(char *text, size_t size_bytes);

/* Forgets and clears all (tests, orderly end). */
void dg_secret_clear(void);

#endif
