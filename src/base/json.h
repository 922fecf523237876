/* SPDX-License-Identifier: MIT
 *
 * A push tokenizer for JSON (RFC 8259, strict) that takes its text in pieces of
 * any size and keeps nothing but a stack of one byte a level.  Strings are
 * handed on in pieces as they arrive, unescaped, as UTF-8, so a picture of
 * 50 MB costs no memory.
 *
 *     struct dg_json j;
 *     dg_json_init(&j, &handler, self);
 *     while (more) if (!dg_json_feed(&j, bytes, n)) ...   j.error says what
 *     if (!dg_json_end(&j)) ...                           cut short
 */
#ifndef DG_BASE_JSON_H
#define DG_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

enum { DG_JSON_DEPTH = 128, DG_JSON_NUMBER_BYTES = 128, DG_JSON_ESCAPE_BYTES = 6 };

enum dg_json_token {
    DG_JSON_OBJECT,     /* { */
    DG_JSON_OBJECT_END, /* } */
    DG_JSON_ARRAY,      /* [ */
    DG_JSON_ARRAY_END,  /* ] */
    DG_JSON_KEY,        /* a piece of a member's name */
    DG_JSON_KEY_END,    /* the name is complete */
    DG_JSON_STRING,     /* a piece of a string value, never empty */
    DG_JSON_STRING_END, /* the value is complete (also after no piece: "") */
    DG_JSON_NUMBER,     /* the whole number as written */
    DG_JSON_TRUE,
    DG_JSON_FALSE,
    DG_JSON_NULL
};

/* Called for each token; `text` is valid during the call only and is set for
 * KEY, STRING and NUMBER.  Returning false stops: feed then returns false with
 * error "stopped". */
typedef bool dg_json_handler(void *self, enum dg_json_token token, const char *text, size_t n);

/* Called with the bytes to come inside a string value, before anything has
 * looked at them, up to the end of the piece: may take some at the start, which
 * must be printable ASCII without '"' and '\\' and come in no token then; the
 * others are read as ever.  Returning false stops. */
typedef bool dg_json_taker(void *self, const char *text, size_t n, size_t *taken);

struct dg_json {
    dg_json_handler *handler; /* who hears the tokens */
    dg_json_taker *taker;     /* NULL after dg_json_init: all is heard */
    void *self;               /* passed to it */
    const char *error;        /* static text, NULL while all is well */
    uint64_t offset;          /* bytes taken so far; at an error, where it stands */
    unsigned depth;           /* open objects and arrays */
    uint8_t state;            /* what may come next, private */
    uint8_t partial;          /* bytes of an escape, literal or number held */
    bool in_name;             /* the string at hand is a member's name */
    struct dg_utf8 utf8;      /* check of the string at hand */
    const char *quote;        /* the next '"' of the piece, or its end; NULL: not sought yet */
    uint32_t surrogate;       /* a high surrogate waiting for its low one */
    char held[DG_JSON_NUMBER_BYTES]; /* a number, or the digits of an escape */
    uint8_t stack[DG_JSON_DEPTH];    /* '{' or '[' of each level */
};

void dg_json_init(struct dg_json *j, dg_json_handler *handler, void *self);

/* false at the first error (also: nesting over DG_JSON_DEPTH, numbers over
 * DG_JSON_NUMBER_BYTES); more feeding changes nothing.  A leading UTF-8 BOM is
 * skipped.  A lone surrogate becomes U+FFFD.  A piece of a string may end inside
 * a character; the whole is good UTF-8 when its END comes. */
bool dg_json_feed(struct dg_json *j, const char *text, size_t n);

/* true if exactly one whole value was read. */
bool dg_json_end(struct dg_json *j);

/* Appends `text`, a piece of good UTF-8 cut anywhere, as it stands inside a JSON
 * string: a byte becomes DG_JSON_ESCAPE_BYTES at most.  false: the buffer's limit
 * would be passed, nothing added. */
bool dg_json_escape(struct dg_buffer *out, const char *text, size_t n);

/* Appends `text` as a JSON string with its quotes; bytes that are no UTF-8
 * become U+FFFD.  false: the buffer's limit would be passed, nothing added. */
bool dg_json_quote(struct dg_buffer *out, const char *text, size_t n);

#endif
