/* SPDX-License-Identifier: MIT
 *
 * base/base64: whole, in pieces and by OpenSSL; every way to decode groups
 * against the plain one.
 */
#include "base/base64.h"
#include "base/base64_groups.h"
#include "fuzz.h"
#include "peer_base64.h"

struct decoded {
    struct dg_base64 decoder;
    uint8_t *bytes; /* room for all of the text */
    size_t n;
};

/* Into exactly the room promised for the piece. */
static void feed(void *self, const char *text, size_t n)
{
    struct decoded *d = self;
    uint8_t *room = malloc(dg_base64_room(n));
    size_t made = dg_base64_decode(&d->decoder, text, n, room);

    memcpy(d->bytes + d->n, room, made);
    d->n += made;
    free(room);
}

static void every_way(const struct fuzz_input *input)
{
    uint8_t *plain = malloc(input->n / 4 * 3 + 1);
    size_t all = dg_base64_groups(input->text, input->n, plain);

    for (size_t i = 0; i < dg_base64_way_count; i++) {
        const struct dg_base64_way *way = &dg_base64_ways[i];
        if (!way->there())
            continue;
        uint8_t *fast = malloc(input->n / 4 * 3);
        size_t taken = way->groups(input->text, input->n, fast);
        fuzz_require(taken % 4 == 0 && taken <= all && all - taken < 64, "as many groups");
        fuzz_require(memcmp(fast, plain, taken / 4 * 3) == 0, "the same bytes by each way");
        free(fast);
    }
    free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct fuzz_input input = fuzz_input(data, n);
    uint8_t *peer = malloc(n + 1);
    size_t peer_n;
    struct decoded whole = { .bytes = malloc(n + 3) }, pieces = { .bytes = malloc(n + 3) };

    feed(&whole, input.text, input.n);
    fuzz_pieces(&input, feed, &pieces);
    bool good = dg_base64_end(&whole.decoder);
    fuzz_require(dg_base64_end(&pieces.decoder) == good, "the same verdict in pieces");
    fuzz_require(pieces.n == whole.n && memcmp(pieces.bytes, whole.bytes, whole.n) == 0,
                 "the same bytes in pieces");
    fuzz_require(peer_decode(input.text, input.n, peer, &peer_n) == good, "OpenSSL's verdict");
    fuzz_require(!good || (peer_n == whole.n && memcmp(peer, whole.bytes, peer_n) == 0),
                 "OpenSSL's bytes");
    every_way(&input);
    free(whole.bytes);
    free(pieces.bytes);
    free(peer);
    return 0;
}
