/* SPDX-License-Identifier: MIT
 *
 * The reply scanner: reads an answer as it arrives.  Base64 strings under the
 * picture keys are decoded straight into temporary files; everything else is
 * kept as small JSON text in which each picture's string is its number, from
 * 0:  {"data":[{"b64_json":0,"revised_prompt":"..."}],"usage":{...}}.
 * On the way it notes what an error needs (error.code, error.message, ...).
 *
 *     struct dg_reply *r = dg_reply_new(&options);
 *     dg_reply_feed(r, bytes, n);        as often as bytes arrive
 *     dg_reply_end(r, status, &err);     judged: see there
 *     dg_reply_free(r);                  unlinks temporary files not taken
 */
#ifndef DG_CORE_REPLY_H
#define DG_CORE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/image.h"

enum { DG_REPLY_PICTURES = 64 };            /* more in one answer is an error */
enum { DG_REPLY_KEY_BYTES = 64 };           /* longer member names are not compared */
enum { DG_REPLY_REST_BYTES = 1024 * 1024 }; /* largest JSON without pictures */

struct dg_reply_options {
    const char *directory;           /* where temporary files are made */
    const char *stem;                /* what their names start with */
    const char *const *picture_keys; /* NULL-terminated, each of at most DG_REPLY_KEY_BYTES;
                                      * NULL: { "b64_json" } */
    uint64_t max_picture_bytes;      /* decoded size of one picture at most; 0: 50 MiB */
};

struct dg_picture {
    char *path;                /* the temporary file */
    uint64_t size_bytes;       /* decoded */
    struct dg_image_info info; /* kind DG_IMAGE_UNKNOWN if no picture */
};

struct dg_reply;

/* Copies the options. */
struct dg_reply *dg_reply_new(const struct dg_reply_options *options);
void dg_reply_free(struct dg_reply *r);

/* Never fails: faults are remembered and come out at dg_reply_end. */
void dg_reply_feed(struct dg_reply *r, const char *bytes, size_t n);

/* After the last byte.  true: status 2xx, one whole JSON value, no `error`
 * member but null, false or "", every picture string good base64.
 * false: `err` says which of these fails:
 *   an error body: kind api, code error.code (else error.type, else
 *   "http_STATUS"), message as the server wrote it ({"error":{"message"}},
 *   {"error":"text"}, {"detail":...}, {"message":...}, else the plain text with
 *   tags stripped, at most 200 characters), also with status 200;
 *   kind reply: code "not_json" (HTML and its like: first characters shown),
 *   "truncated_json", "invalid_json" (with the offset), "invalid_base64",
 *   "too_large", "too_many_pictures"; kind file: the disk. */
bool dg_reply_end(struct dg_reply *r, int status, struct dg_error *err);

/* error.type and error.param of an error body, "" if none; after the end. */
const char *dg_reply_error_type(const struct dg_reply *r);
const char *dg_reply_error_param(const struct dg_reply *r);

/* The JSON without pictures; for other text the first 64 KiB. */
const char *dg_reply_rest(const struct dg_reply *r, size_t *size_bytes);

size_t dg_reply_count(const struct dg_reply *r);
const struct dg_picture *dg_reply_picture(const struct dg_reply *r, size_t k);

/* The files are the caller's now; dg_reply_free leaves them. */
void dg_reply_keep(struct dg_reply *r);

#endif
