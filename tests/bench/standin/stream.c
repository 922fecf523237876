/* SPDX-License-Identifier: MIT
 *
 * Bytes in and out.
 */
#include "stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECORD_BYTES = 16 * 1024, /* what TLS hands out at once */
    TLS_WRITE_BYTES = 1024 * 1024
};

SSL_CTX *stream_tls(const char *certificate_path, const char *key_path)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
        SSL_CTX_use_certificate_chain_file(tls, certificate_path) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key_path, SSL_FILETYPE_PEM) != 1)
        return NULL;
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    return tls;
}

bool stream_open(struct stream *s, int fd, SSL_CTX *tls)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    s->fd = fd;
    s->tls = NULL;
    if (!tls)
        return true;
    s->tls = SSL_new(tls);
    return s->tls && SSL_set_fd(s->tls, fd);
}

void stream_close(struct stream *s, bool by_reset)
{
    struct linger at_once = { .l_onoff = 1 };
    SSL_free(s->tls);
    if (by_reset)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(s->fd);
}

static ssize_t plain_result(ssize_t n)
{
    if (n > 0)
        return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? STREAM_LATER : STREAM_GONE;
}

static ssize_t tls_result(struct stream *s, int n)
{
    if (n > 0)
        return n;
    int why = SSL_get_error(s->tls, n);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? STREAM_LATER : STREAM_GONE;
}

ssize_t stream_handshake(struct stream *s)
{
    return s->tls ? tls_result(s, SSL_accept(s->tls)) : 1;
}

ssize_t stream_read(struct stream *s, void *into, size_t room)
{
    if (s->tls)
        return tls_result(s, SSL_read(s->tls, into, (int)room));
    return plain_result(recv(s->fd, into, room, 0));
}

ssize_t stream_discard(struct stream *s, size_t most)
{
    static char record[RECORD_BYTES];
    if (s->tls)
        return stream_read(s, record, most < sizeof record ? most : sizeof record);
    return plain_result(recv(s->fd, NULL, most, MSG_TRUNC)); /* tcp(7): not copied */
}

ssize_t stream_write(struct stream *s, const void *bytes, size_t n, bool more_follows)
{
    if (s->tls)
        return tls_result(s, SSL_write(s->tls, bytes, (int)n));
    return plain_result(send(s->fd, bytes, n, MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0)));
}

ssize_t stream_send(struct stream *s, const struct answer *a, size_t from)
{
    off_t offset = (off_t)from;
    size_t left = a->size - from;
    if (s->tls)
        return stream_write(s, a->bytes + from, left < TLS_WRITE_BYTES ? left : TLS_WRITE_BYTES,
                            false);
    return plain_result(sendfile(s->fd, a->fd, &offset, left));
}
