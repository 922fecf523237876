/* SPDX-License-Identifier: MIT
 *
 * Base64 as OpenSSL reads it, to hold our decoder against.
 */
#ifndef DG_TESTS_PEER_BASE64_H
#define DG_TESTS_PEER_BASE64_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* false: not well formed.  `out` has room for n bytes.  To OpenSSL a '-' ends
 * the text; to us it is not in the alphabet. */
static inline bool peer_decode(const char *text, size_t n, uint8_t *out, size_t *made)
{
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    int first = 0, last = 0;

    EVP_DecodeInit(context);
    bool ok = EVP_DecodeUpdate(context, out, &first, (const uint8_t *)text, (int)n) >= 0 &&
              EVP_DecodeFinal(context, out + first, &last) == 1;
    EVP_ENCODE_CTX_free(context);
    *made = (size_t)first + (size_t)last;
    return ok && !(n > 0 && memchr(text, '-', n));
}

#endif
