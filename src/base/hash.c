/* SPDX-License-Identifier: MIT
 *
 * SHA-256.  The one owner of nettle.
 */
#include "base/hash.h"

#include <nettle/sha2.h>

_Static_assert((int)DG_HASH_BYTES == SHA256_DIGEST_SIZE, "a digest is 32 bytes");

void dg_hash(const void *bytes, size_t size_bytes, uint8_t digest[DG_HASH_BYTES])
{
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, size_bytes, bytes);
    sha256_digest(&context, DG_HASH_BYTES, digest);
}

void dg_hash_hex(const void *bytes, size_t size_bytes, char hex[DG_HASH_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[DG_HASH_BYTES];

    dg_hash(bytes, size_bytes, digest);
    for (size_t i = 0; i < DG_HASH_BYTES; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[DG_HASH_HEX_BYTES - 1] = '\0';
}
