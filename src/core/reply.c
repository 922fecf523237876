/* SPDX-License-Identifier: MIT
 *
 * The reply scanner: decides whether an answer is JSON, sends its tokens where
 * they belong (pictures to their files, errors to the complaint, all but
 * pictures to the rest) and judges the end.
 * Leans on base/json, core/json_copy, core/complaint and core/unpack.
 */
#include "core/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/secret.h"
#include "core/complaint.h"
#include "core/json_copy.h"
#include "core/unpack.h"

enum {
    TEXT_BYTES = 64 * 1024,                        /* kept of an answer that is not JSON */
    HEAD_BYTES = 1024 + DG_COMPLAINT_MARGIN_BYTES, /* kept of one that begins like JSON */
    DEFAULT_PICTURE_BYTES = 50 * 1024 * 1024
};

enum form {
    FORM_OPEN, /* only white space so far, and perhaps a BOM */
    FORM_JSON, /* begins like an object or array */
    FORM_TEXT  /* anything else */
};

struct dg_reply {
    char *directory; /* the options, copied */
    char *stem;
    char **picture_keys;
    uint64_t max_picture_bytes;
    enum form form;                /* what it looks like */
    uint64_t skipped;              /* bytes before the first of content */
    struct dg_json json;           /* the tokenizer */
    struct dg_json_copy copy;      /* writes `rest` */
    struct dg_buffer rest;         /* the JSON without pictures, or the text */
    struct dg_buffer head;         /* the first raw bytes of JSON, should it turn out bad */
    struct dg_complaint complaint; /* what an error body says */
    bool picture_next;             /* the value to come stands under a picture key */
    bool in_picture;               /* a picture is being decoded */
    struct dg_unpack unpack;       /* that one */
    struct dg_picture pictures[DG_REPLY_PICTURES];
    size_t count; /* pictures, with one under way */
    bool kept;    /* the files are the caller's */
    bool failed;  /* `fault` was met; nothing more is taken */
    struct dg_error fault;
};

static char **copy_keys(const char *const *keys)
{
    static const char *const standard[] = { "b64_json", NULL };
    size_t n = 0;
    if (!keys)
        keys = standard;
    while (keys[n])
        n++;
    char **copy = dg_alloc((n + 1) * sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = dg_strdup(keys[i]);
    copy[n] = NULL;
    return copy;
}

static dg_json_handler on_token;
static dg_json_taker take_picture;

struct dg_reply *dg_reply_new(const struct dg_reply_options *options)
{
    struct dg_reply *r = dg_zalloc(sizeof *r);
    r->directory = dg_strdup(options->directory);
    r->stem = dg_strdup(options->stem);
    r->picture_keys = copy_keys(options->picture_keys);
    r->max_picture_bytes =
        options->max_picture_bytes ? options->max_picture_bytes : DEFAULT_PICTURE_BYTES;
    dg_buffer_init(&r->rest, DG_REPLY_REST_BYTES);
    dg_buffer_init(&r->head, HEAD_BYTES);
    dg_json_init(&r->json, on_token, r);
    r->json.taker = take_picture;
    dg_json_copy_init(&r->copy, &r->rest);
    dg_complaint_init(&r->complaint);
    return r;
}

void dg_reply_free(struct dg_reply *r)
{
    if (!r)
        return;
    if (r->in_picture)
        dg_unpack_drop(&r->unpack);
    for (size_t i = 0; i < r->count; i++) {
        if (!r->kept && r->pictures[i].path)
            unlink(r->pictures[i].path);
        dg_free(r->pictures[i].path);
    }
    for (char **key = r->picture_keys; *key; key++)
        dg_free(*key);
    dg_free(r->picture_keys);
    dg_free(r->directory);
    dg_free(r->stem);
    dg_buffer_done(&r->rest);
    dg_buffer_done(&r->head);
    dg_complaint_done(&r->complaint);
    dg_free(r);
}

/* ---- tokens ---- */

/* The member name just complete; longer ones than the complaint keeps are none
 * of ours. */
static bool is_picture_key(const struct dg_reply *r)
{
    const struct dg_complaint *c = &r->complaint;
    for (char **key = r->picture_keys; *key; key++) {
        if (c->name_size <= sizeof c->name && strlen(*key) == c->name_size &&
            memcmp(*key, c->name, c->name_size) == 0)
            return true;
    }
    return false;
}

static bool begin_picture(struct dg_reply *r)
{
    if (r->count == DG_REPLY_PICTURES)
        return dg_error_set(&r->fault, DG_KIND_REPLY, "too_many_pictures",
                            "the answer holds more than %d pictures", DG_REPLY_PICTURES);
    struct dg_picture *picture = &r->pictures[r->count];
    if (!dg_unpack_begin(&r->unpack, r->directory, r->stem, r->max_picture_bytes, picture,
                         &r->fault))
        return false;
    r->count++;
    r->in_picture = true;
    return true;
}

/* In the rest, a picture is its number. */
static bool end_picture(struct dg_reply *r)
{
    char digits[8];
    int n = snprintf(digits, sizeof digits, "%zu", r->count - 1);
    r->in_picture = false;
    return dg_unpack_end(&r->unpack, &r->fault) &&
           dg_json_copy(&r->copy, DG_JSON_NUMBER, digits, (size_t)n);
}

/* true if the token belongs to a picture; *ok tells how it went. */
static bool picture_token(struct dg_reply *r, enum dg_json_token token, const char *text, size_t n,
                          bool *ok)
{
    if (token == DG_JSON_STRING_END && r->in_picture) {
        *ok = end_picture(r);
        return true;
    }
    if (token != DG_JSON_STRING || !(r->picture_next || r->in_picture))
        return false;
    *ok = (r->in_picture || begin_picture(r)) && dg_unpack_feed(&r->unpack, text, n, &r->fault);
    return true;
}

static bool on_token(void *self, enum dg_json_token token, const char *text, size_t n)
{
    struct dg_reply *r = self;
    bool ok = true;
    bool taken = picture_token(r, token, text, n, &ok);
    r->picture_next = token == DG_JSON_KEY_END && is_picture_key(r);
    if (!taken) {
        dg_complaint_token(&r->complaint, token, text, n);
        ok = dg_json_copy(&r->copy, token, text, n);
    }
    if (!ok && r->fault.kind == DG_KIND_NONE)
        dg_error_set(&r->fault, DG_KIND_REPLY, "too_large",
                     "the answer holds over %d bytes of JSON besides its pictures",
                     DG_REPLY_REST_BYTES);
    r->failed = !ok;
    return ok;
}

/* A string under a picture key that is not empty; what else begins one is for the
 * tokens. */
static bool begins_picture(const struct dg_reply *r, const char *text)
{
    return r->picture_next && *text != '"' && *text != '\\';
}

/* Base64 goes to the decoder from where it lies in the network's buffer. */
static bool take_picture(void *self, const char *text, size_t n, size_t *taken)
{
    struct dg_reply *r = self;
    bool ok = true;
    if (!r->in_picture && begins_picture(r, text))
        ok = begin_picture(r);
    if (ok && r->in_picture)
        ok = dg_unpack_take(&r->unpack, text, n, taken, &r->fault);
    r->failed = r->failed || !ok;
    return ok;
}

/* ---- bytes ---- */

/* Appends what fits. */
static void add_some(struct dg_buffer *b, const char *bytes, size_t n, size_t limit)
{
    size_t room = b->size < limit ? limit - b->size : 0;
    dg_buffer_add(b, bytes, n < room ? n : room);
}

/* How many bytes at the start are a BOM or white space, which some servers send
 * to keep the line open. */
static size_t skip_blank(const struct dg_reply *r, const char *bytes, size_t n)
{
    static const char bom[] = "\xef\xbb\xbf";
    size_t i = 0;
    while (i < n) {
        uint64_t place = r->skipped + i;
        bool in_bom = place < 3 && bytes[i] == bom[place];
        if (!in_bom && !memchr(" \t\r\n", bytes[i], 4))
            break;
        i++;
    }
    return i;
}

static void feed_json(struct dg_reply *r, const char *bytes, size_t n)
{
    add_some(&r->head, bytes, n, HEAD_BYTES);
    if (!r->failed && !r->json.error)
        dg_json_feed(&r->json, bytes, n);
}

void dg_reply_feed(struct dg_reply *r, const char *bytes, size_t n)
{
    if (r->form == FORM_OPEN) {
        size_t blank = skip_blank(r, bytes, n);
        r->skipped += blank;
        bytes += blank;
        n -= blank;
        if (n == 0)
            return;
        r->form = *bytes == '{' || *bytes == '[' ? FORM_JSON : FORM_TEXT;
    }
    if (r->form == FORM_JSON)
        feed_json(r, bytes, n);
    else
        add_some(&r->rest, bytes, n, TEXT_BYTES);
}

/* ---- judging ---- */

/* A copy of `body`, masked.  Of one that was cut at `limit` the end is left out,
 * where a key may be cut too and so not be known. */
static void mask_body(struct dg_buffer *masked, const struct dg_buffer *body, size_t limit)
{
    dg_buffer_init(masked, body->limit);
    dg_buffer_add(masked, body->data, body->size);
    if (masked->size == 0)
        return;
    dg_secret_mask(masked->data, masked->size);
    if (masked->size >= limit)
        dg_buffer_cut(masked, limit - DG_COMPLAINT_MARGIN_BYTES);
}

/* An error body, or JSON with an `error` in it. */
static bool complained(struct dg_reply *r, int status, bool whole, struct dg_error *err)
{
    struct dg_buffer body;
    if (r->form == FORM_JSON && !whole)
        mask_body(&body, &r->head, HEAD_BYTES);
    else
        mask_body(&body, &r->rest, r->form == FORM_JSON ? SIZE_MAX : TEXT_BYTES);
    dg_complaint_error(&r->complaint, status, body.data, body.size, err);
    dg_buffer_done(&body);
    return false;
}

static bool ignore_token(void *self, enum dg_json_token token, const char *text, size_t n)
{
    (void)self, (void)token, (void)text, (void)n;
    return true;
}

/* A lone JSON value: `null`, `"text"`, `12`. */
static bool is_scalar_json(const struct dg_buffer *text)
{
    struct dg_json json;
    dg_json_init(&json, ignore_token, NULL);
    return dg_json_feed(&json, text->data, text->size) && dg_json_end(&json);
}

static bool judge_text(const struct dg_reply *r, int status, struct dg_error *err)
{
    if (is_scalar_json(&r->rest))
        return true;
    struct dg_buffer body;
    mask_body(&body, &r->rest, TEXT_BYTES);
    dg_complaint_not_json(status, body.data, body.size, err);
    dg_buffer_done(&body);
    return false;
}

static bool judge_json(const struct dg_reply *r, bool cut, struct dg_error *err)
{
    uint64_t offset = r->skipped + r->json.offset;
    if (!r->json.error)
        return true;
    if (cut)
        return dg_error_set(err, DG_KIND_REPLY, "truncated_json",
                            "the answer was cut short: it ends after %" PRIu64
                            " bytes, inside its JSON",
                            offset);
    return dg_error_set(err, DG_KIND_REPLY, "invalid_json",
                        "the answer is not valid JSON at byte %" PRIu64 ": %s", offset,
                        r->json.error);
}

bool dg_reply_end(struct dg_reply *r, int status, struct dg_error *err)
{
    bool cut = !r->json.error && !dg_json_end(&r->json);
    bool whole = r->form != FORM_JSON || !r->json.error;
    if (r->in_picture)
        dg_unpack_drop(&r->unpack);
    r->in_picture = false;
    dg_complaint_end(&r->complaint);
    if (status < 200 || status > 299)
        return complained(r, status, whole, err);
    if (r->complaint.error_seen &&
        (whole || *dg_complaint_text(&r->complaint, DG_COMPLAINT_MESSAGE)))
        return complained(r, status, whole, err);
    if (r->failed) {
        if (err)
            *err = r->fault;
        return false;
    }
    return r->form == FORM_JSON ? judge_json(r, cut, err) : judge_text(r, status, err);
}

/* ---- results ---- */

const char *dg_reply_error_type(const struct dg_reply *r)
{
    return dg_complaint_text(&r->complaint, DG_COMPLAINT_TYPE);
}

const char *dg_reply_error_param(const struct dg_reply *r)
{
    return dg_complaint_text(&r->complaint, DG_COMPLAINT_PARAM);
}

const char *dg_reply_rest(const struct dg_reply *r, size_t *size_bytes)
{
    if (size_bytes)
        *size_bytes = r->rest.size;
    return r->rest.data;
}

size_t dg_reply_count(const struct dg_reply *r)
{
    return r->count;
}

const struct dg_picture *dg_reply_picture(const struct dg_reply *r, size_t k)
{
    return k < r->count ? &r->pictures[k] : NULL;
}

void dg_reply_keep(struct dg_reply *r)
{
    r->kept = true;
}
