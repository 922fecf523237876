/* SPDX-License-Identifier: MIT
 *
 * Raw sockets, blocking, with a time limit on every wait.
 */
#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_BYTES_MAX = 256 * 1024 * 1024, WAIT_SECONDS = 10 };

const char http_form_type[] = "multipart/form-data; boundary=------dg-boundary";

static void dash(struct dg_buffer *form)
{
    dg_buffer_text(form, "--------dg-boundary");
}

void http_field(struct dg_buffer *form, const char *name, const char *value)
{
    dash(form);
    dg_buffer_printf(form, "\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", name,
                     value);
}

void http_file(struct dg_buffer *form, const char *name, const char *filename, const char *type,
               const struct dg_buffer *bytes)
{
    dash(form);
    dg_buffer_printf(form,
                     "\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
                     "Content-Type: %s\r\n\r\n",
                     name, filename, type);
    dg_buffer_add(form, bytes->data, bytes->size);
    dg_buffer_text(form, "\r\n");
}

void http_form_end(struct dg_buffer *form)
{
    dash(form);
    dg_buffer_text(form, "--\r\n");
}

int http_connect(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval wait = { .tv_sec = WAIT_SECONDS };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

bool http_send(int fd, const char *method, const char *path, const char *key, const char *type,
               const struct dg_buffer *body)
{
    struct dg_buffer head;

    dg_buffer_init(&head, 64 * 1024);
    dg_buffer_printf(&head, "%s %s HTTP/1.1\r\nHost: rehearsal.test:80\r\n", method, path);
    if (key)
        dg_buffer_printf(&head, "Authorization: Bearer %s\r\n", key);
    if (type)
        dg_buffer_printf(&head, "Content-Type: %s\r\n", type);
    if (body)
        dg_buffer_printf(&head, "Content-Length: %zu\r\n", body->size);
    dg_buffer_text(&head, "\r\n");
    bool ok = send_all(fd, head.data, head.size) && (!body || send_all(fd, body->data, body->size));
    dg_buffer_done(&head);
    return ok;
}

/* One byte at a time until the empty line: headers are short. */
static bool read_head(int fd, struct http_reply *r)
{
    char c;
    ssize_t n;

    while ((n = recv(fd, &c, 1, 0)) == 1) {
        dg_buffer_add(&r->head, &c, 1);
        if (r->head.size >= 4 && memcmp(r->head.data + r->head.size - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    r->end = n == 0 ? HTTP_SHORT : errno == ECONNRESET ? HTTP_RESET : HTTP_TIMEOUT;
    return false;
}

static void read_body(int fd, struct http_reply *r, size_t size)
{
    char piece[16 * 1024];
    ssize_t n = 1;

    while (r->body.size < size) {
        size_t want = size - r->body.size;
        n = recv(fd, piece, want < sizeof(piece) ? want : sizeof(piece), 0);
        if (n <= 0)
            break;
        dg_buffer_add(&r->body, piece, (size_t)n);
    }
    if (r->body.size == size)
        r->end = HTTP_WHOLE;
    else
        r->end = n == 0 ? HTTP_SHORT : errno == ECONNRESET ? HTTP_RESET : HTTP_TIMEOUT;
}

void http_receive(int fd, struct http_reply *r)
{
    memset(r, 0, sizeof(*r));
    dg_buffer_init(&r->head, 64 * 1024);
    dg_buffer_init(&r->body, REPLY_BYTES_MAX);
    if (!read_head(fd, r))
        return;
    const char *length = http_header(r, "Content-Length");
    size_t size = length ? strtoul(length, NULL, 10) : 0;
    r->status = (int)strtol(r->head.data + strlen("HTTP/1.1 "), NULL, 10);
    read_body(fd, r, size);
}

void http_call(struct http_reply *r, unsigned port, const char *method, const char *path,
               const char *key, const char *type, const struct dg_buffer *body)
{
    int fd = http_connect(port);

    if (fd >= 0)
        http_send(fd, method, path, key, type, body);
    http_receive(fd, r);
    if (fd >= 0)
        close(fd);
}

void http_reply_done(struct http_reply *r)
{
    dg_buffer_done(&r->head);
    dg_buffer_done(&r->body);
}

const char *http_header(const struct http_reply *r, const char *name)
{
    static char value[256];
    size_t length = strlen(name);

    for (const char *line = r->head.data; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1 + strspn(line + length + 1, " ");
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
        return value;
    }
    return NULL;
}
