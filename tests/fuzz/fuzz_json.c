/* SPDX-License-Identifier: MIT
 *
 * base/json: the tokens of the whole and of pieces, written back as text, and
 * the tree jansson reads from the one and the other.
 */
#include <jansson.h>

#include "base/json.h"
#include "core/json_copy.h"
#include "fuzz.h"

enum { COPY_BYTES = 1024 * 1024 };

struct reading {
    struct dg_json json;
    struct dg_json_copy copy;
    struct dg_buffer out; /* the tokens as text */
    bool ok;
};

static bool hear(void *self, enum dg_json_token token, const char *text, size_t n)
{
    struct reading *r = self;

    return dg_json_copy(&r->copy, token, text, n);
}

static void begin(struct reading *r)
{
    dg_buffer_init(&r->out, COPY_BYTES);
    dg_json_copy_init(&r->copy, &r->out);
    dg_json_init(&r->json, hear, r);
}

static void feed(void *self, const char *text, size_t n)
{
    struct reading *r = self;

    dg_json_feed(&r->json, text, n);
}

static void require_same(const struct reading *a, const struct reading *b)
{
    fuzz_require(a->ok == b->ok, "the same verdict in pieces");
    fuzz_require(a->json.offset == b->json.offset, "the same offset in pieces");
    fuzz_require(a->json.error == b->json.error, "the same error in pieces");
    fuzz_require(a->out.size == b->out.size && memcmp(a->out.data, b->out.data, a->out.size) == 0,
                 "the same tokens in pieces");
}

static bool is_limit(const char *error)
{
    return strcmp(error, "nested too deep") == 0 || strcmp(error, "a number is too long") == 0;
}

/* What jansson may refuse and we take: a byte order mark, lone surrogates, NUL
 * in names, numbers too large for C. */
static bool may_refuse(const struct fuzz_input *input, const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);

    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           memmem(input->text, input->n, "\\u", 2) || input->text[0] == '\xEF';
}

/* jansson may take a NUL for the end. */
static void judge(const struct fuzz_input *input, const struct reading *r)
{
    json_error_t error;
    if (input->n == 0 || memchr(input->text, '\0', input->n))
        return;
    json_t *theirs = json_loadb(input->text, input->n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

    if (theirs && r->ok) {
        json_t *ours = json_loadb(r->out.data, r->out.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        fuzz_require(json_equal(ours, theirs), "jansson's tree");
        json_decref(ours);
    } else if (theirs) {
        fuzz_require(is_limit(r->json.error), "what jansson reads is read");
    } else if (r->ok) {
        fuzz_require(may_refuse(input, &error), "what jansson refuses is refused");
    }
    json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct fuzz_input input = fuzz_input(data, n);
    struct reading whole, pieces;

    begin(&whole);
    begin(&pieces);
    feed(&whole, input.text, input.n);
    fuzz_pieces(&input, feed, &pieces);
    whole.ok = dg_json_end(&whole.json);
    pieces.ok = dg_json_end(&pieces.json);
    require_same(&whole, &pieces);
    judge(&input, &whole);
    dg_buffer_done(&whole.out);
    dg_buffer_done(&pieces.out);
    return 0;
}
