/* SPDX-License-Identifier: MIT
 *
 * A small HTTP client of raw sockets, which tells how an answer ended: whole,
 * short, closed or reset.  And multipart forms written by hand.
 *
 *     struct http_reply r;
 *     http_call(&r, port, "GET", "/v1/models", "sk-test", NULL, NULL);
 *     r.status, r.body.data, http_header(&r, "x-request-id")
 *     http_reply_done(&r);
 */
#ifndef DG_TESTS_HTTP_CLIENT_H
#define DG_TESTS_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum http_end {
    HTTP_WHOLE,  /* as many bytes as announced */
    HTTP_SHORT,  /* fewer, or none, then an orderly end */
    HTTP_RESET,  /* a TCP reset */
    HTTP_TIMEOUT /* nothing more for ten seconds */
};

struct http_reply {
    int status;            /* 0: no answer */
    struct dg_buffer head; /* status line and headers */
    struct dg_buffer body; /* what came of it */
    enum http_end end;     /* how it ended */
};

extern const char http_form_type[]; /* Content-Type of the forms below */

void http_field(struct dg_buffer *form, const char *name, const char *value);
void http_file(struct dg_buffer *form, const char *name, const char *filename, const char *type,
               const struct dg_buffer *bytes);
void http_form_end(struct dg_buffer *form);

/* A connected socket of the loopback interface, or -1. */
int http_connect(unsigned port);

/* `key`, `type` and `body` may be NULL; false: the other side went. */
bool http_send(int fd, const char *method, const char *path, const char *key, const char *type,
               const struct dg_buffer *body);
void http_receive(int fd, struct http_reply *r); /* one answer; the socket stays open */

/* The three above on a connection of its own. */
void http_call(struct http_reply *r, unsigned port, const char *method, const char *path,
               const char *key, const char *type, const struct dg_buffer *body);
void http_reply_done(struct http_reply *r);

/* The header's value in a buffer that the next call overwrites, or NULL. */
const char *http_header(const struct http_reply *r, const char *name);

#endif
