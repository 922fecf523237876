/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets share: an input cut into pieces, and how to fail.
 */
#ifndef DG_TESTS_FUZZ_H
#define DG_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct fuzz_input {
    const char *text;
    size_t n;
    const uint8_t *sizes; /* of the pieces, used in turn; 0 counts as 1 */
    size_t count;         /* of sizes; 0: pieces of one byte */
};

static inline struct fuzz_input fuzz_input(const uint8_t *data, size_t n)
{
    const uint8_t *nul = n > 0 ? memrchr(data, 0, n) : NULL;
    size_t text = nul ? (size_t)(nul - data) : n;
    size_t behind = nul ? text + 1 : n;

    return (struct fuzz_input){ (const char *)data, text, data + behind, n - behind };
}

typedef void fuzz_feed(void *self, const char *text, size_t n);

/* Each piece is a block of its own, so that a read past its end is seen. */
static inline void fuzz_pieces(const struct fuzz_input *input, fuzz_feed *feed, void *self)
{
    size_t piece;

    for (size_t at = 0, i = 0; at < input->n; at += piece, i++) {
        piece = input->count ? input->sizes[i % input->count] : 1;
        piece = piece == 0 ? 1 : piece < input->n - at ? piece : input->n - at;
        char *block = malloc(piece);
        memcpy(block, input->text + at, piece);
        feed(self, block, piece);
        free(block);
    }
}

static inline void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

#endif
