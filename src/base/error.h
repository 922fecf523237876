/* SPDX-License-Identifier: MIT
 *
 * Errors: what happened, as a kind (whose fault), a code (which fault) and a
 * sentence (where, and what to do next).  Whoever can fail takes a
 * `struct dg_error *` last and returns false or NULL with it filled.
 *
 *     return dg_error_set(err, DG_KIND_FILE, "open", "%s: %s", path, strerror(errno));
 */
#ifndef DG_BASE_ERROR_H
#define DG_BASE_ERROR_H

#include <stdbool.h>

enum dg_kind {
    DG_KIND_NONE,    /* no error */
    DG_KIND_USAGE,   /* the caller's arguments */
    DG_KIND_CONFIG,  /* environment or settings */
    DG_KIND_INPUT,   /* the input file or one of its rows */
    DG_KIND_IMAGE,   /* a picture that cannot be used */
    DG_KIND_FILE,    /* the file system */
    DG_KIND_NETWORK, /* no answer: resolve, connect, reset, TLS */
    DG_KIND_TIMEOUT, /* no answer in time */
    DG_KIND_API,     /* the server said no */
    DG_KIND_REPLY,   /* the server's answer makes no sense */
    DG_KIND_STOPPED, /* the run was told to stop */
    DG_KIND_SCRIPT,  /* a Lua script raised */
    DG_KIND_COUNT
};

enum { DG_CODE_BYTES = 64, DG_MESSAGE_BYTES = 1024 };

struct dg_error {
    enum dg_kind kind;              /* whose fault */
    char code[DG_CODE_BYTES];       /* machine-readable, snake_case, or "" */
    char message[DG_MESSAGE_BYTES]; /* one sentence, no newline, no secret */
};

/* The kind's name as scripts and results.csv see it: "network", "api", ... */
const char *dg_kind_name(enum dg_kind kind);

/* Fills `err` (which may be NULL) and returns false.  Secrets registered with
 * dg_secret_add are masked, an overlong message is cut at a character. */
bool dg_error_set(struct dg_error *err, enum dg_kind kind, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts "PREFIX: " before the message, to say where; returns false. */
bool dg_error_at(struct dg_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
