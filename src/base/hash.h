/* SPDX-License-Identifier: MIT
 *
 * SHA-256 (nettle's): cache names and digests of foreign input.
 */
#ifndef DG_BASE_HASH_H
#define DG_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { DG_HASH_BYTES = 32, DG_HASH_HEX_BYTES = 65 };

void dg_hash(const void *bytes, size_t size_bytes, uint8_t digest[DG_HASH_BYTES]);
void dg_hash_hex(const void *bytes, size_t size_bytes, char hex[DG_HASH_HEX_BYTES]);

/* What comes in pieces. */
struct dg_hasher;

struct dg_hasher *dg_hasher_new(void);
void dg_hasher_free(struct dg_hasher *h);
void dg_hasher_add(struct dg_hasher *h, const void *bytes, size_t size_bytes);

/* Of all that was added so far. */
void dg_hasher_hex(const struct dg_hasher *h, char hex[DG_HASH_HEX_BYTES]);

#endif
