/* SPDX-License-Identifier: MIT
 *
 * SHA-256.  The one owner of nettle.
 */
#include "base/hash.h"

#include <nettle/sha2.h>

#include "base/memory.h"

_Static_assert((int)DG_HASH_BYTES == SHA256_DIGEST_SIZE, "a digest is 32 bytes");

void dg_hash(const void *bytes, size_t size_bytes, uint8_t digest[DG_HASH_BYTES])
{
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, size_bytes, bytes);
    sha256_digest(&context, DG_HASH_BYTES, digest);
}

static void to_hex(const uint8_t digest[DG_HASH_BYTES], char hex[DG_HASH_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DG_HASH_BYTES; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[DG_HASH_HEX_BYTES - 1] = '\0';
}

void dg_hash_hex(const void *bytes, size_t size_bytes, char hex[DG_HASH_HEX_BYTES])
{
    uint8_t digest[DG_HASH_BYTES];

    dg_hash(bytes, size_bytes, digest);
    to_hex(digest, hex);
}

/* ---- in pieces ---- */

struct dg_hasher {
    struct sha256_ctx context; /* nettle's */
};

struct dg_hasher *dg_hasher_new(void)
{
    struct dg_hasher *h = dg_alloc(sizeof *h);
    sha256_init(&h->context);
    return h;
}

void dg_hasher_free(struct dg_hasher *h)
{
    dg_free(h);
}

void dg_hasher_add(struct dg_hasher *h, const void *bytes, size_t size_bytes)
{
    sha256_update(&h->context, size_bytes, bytes);
}

void dg_hasher_hex(const struct dg_hasher *h, char hex[DG_HASH_HEX_BYTES])
{
    struct sha256_ctx so_far = h->context;
    uint8_t digest[DG_HASH_BYTES];

    sha256_digest(&so_far, DG_HASH_BYTES, digest);
    to_hex(digest, hex);
}
