/* SPDX-License-Identifier: MIT
 *
 * core/reply: one verdict, one rest and the same pictures for the whole and for
 * pieces, and what jansson and OpenSSL make of the answer.
 */
#include "base/error.h"
#include "base/file.h"
#include "fuzz.h"
#include "peer_reply.h"

enum { LIMIT_BYTES = 300 };

struct answer {
    struct dg_reply *reply;
    struct dg_error err;
    bool ok;
};

static void feed(void *self, const char *text, size_t n)
{
    dg_reply_feed(((struct answer *)self)->reply, text, n);
}

static void begin(struct answer *a)
{
    const char *folder = getenv("TMPDIR");
    struct dg_reply_options options = { .directory = folder && *folder ? folder : "/tmp",
                                        .stem = "fuzz",
                                        .max_picture_bytes = LIMIT_BYTES };

    memset(a, 0, sizeof *a);
    a->reply = dg_reply_new(&options);
}

static void require_same_picture(const struct dg_picture *a, const struct dg_picture *b)
{
    struct dg_buffer bytes;

    dg_buffer_init(&bytes, LIMIT_BYTES);
    fuzz_require(dg_file_read(a->path, &bytes, NULL), "the file is there");
    struct peer_picture picture = { (uint8_t *)bytes.data, bytes.size };
    fuzz_require(peer_same_file(&picture, b), "the same picture in pieces");
    fuzz_require(a->info.kind == b->info.kind && a->info.width == b->info.width,
                 "the same kind of picture in pieces");
    dg_buffer_done(&bytes);
}

static void require_same(const struct answer *a, const struct answer *b)
{
    size_t n, m;
    const char *rest = dg_reply_rest(a->reply, &n);
    const char *other = dg_reply_rest(b->reply, &m);

    fuzz_require(a->ok == b->ok && a->err.kind == b->err.kind, "the same verdict in pieces");
    fuzz_require(strcmp(a->err.code, b->err.code) == 0, "the same code in pieces");
    fuzz_require(strcmp(a->err.message, b->err.message) == 0, "the same message in pieces");
    fuzz_require(strcmp(dg_reply_error_type(a->reply), dg_reply_error_type(b->reply)) == 0,
                 "the same type of error in pieces");
    fuzz_require(n == m && memcmp(rest, other, n) == 0, "the same rest in pieces");
    fuzz_require(dg_reply_count(a->reply) == dg_reply_count(b->reply), "as many in pieces");
    for (size_t i = 0; a->ok && i < dg_reply_count(a->reply); i++)
        require_same_picture(dg_reply_picture(a->reply, i), dg_reply_picture(b->reply, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct fuzz_input input = fuzz_input(data, n);
    struct answer whole, pieces;
    struct peer peer;

    begin(&whole);
    begin(&pieces);
    feed(&whole, input.text, input.n);
    fuzz_pieces(&input, feed, &pieces);
    whole.ok = dg_reply_end(whole.reply, 200, &whole.err);
    pieces.ok = dg_reply_end(pieces.reply, 200, &pieces.err);
    require_same(&whole, &pieces);
    peer_read(&peer, input.text, input.n);
    const char *why = peer_objects(&peer, whole.reply, whole.ok, &whole.err);
    fuzz_require(!why, why);
    peer_done(&peer);
    dg_reply_free(whole.reply);
    dg_reply_free(pieces.reply);
    return 0;
}
