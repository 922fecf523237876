/* SPDX-License-Identifier: MIT
 *
 * A connection's bytes, plain or through TLS.  Plain uploads are discarded in the
 * kernel and answers sent from the page cache, so that the server costs little
 * beside the client that is measured; under TLS OpenSSL copies both.
 *
 * All functions return how many bytes were moved, at least one, or one of these.
 */
#ifndef DG_STANDIN_STREAM_H
#define DG_STANDIN_STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "answer.h"

enum {
    STREAM_LATER = -1, /* nothing now; an event will come */
    STREAM_GONE = -2   /* the other end closed, or failed */
};

struct stream {
    int fd;
    SSL *tls; /* NULL: plain */
};

/* A server's TLS 1.3; NULL if the certificate or its key cannot be used. */
SSL_CTX *stream_tls(const char *certificate_path, const char *key_path);

/* `tls` NULL: plain.  False: no memory. */
bool stream_open(struct stream *s, int fd, SSL_CTX *tls);
void stream_close(struct stream *s, bool by_reset);

ssize_t stream_handshake(struct stream *s); /* 1: done */
ssize_t stream_read(struct stream *s, void *into, size_t room);
ssize_t stream_discard(struct stream *s, size_t most);
ssize_t stream_write(struct stream *s, const void *bytes, size_t n, bool more_follows);
ssize_t stream_send(struct stream *s, const struct answer *a, size_t from);

#endif
