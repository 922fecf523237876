/* SPDX-License-Identifier: MIT
 *
 * The raw-socket server of the tests, see raw_server.h.  One thread, one poll.
 */
#include "raw_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum { CONNECTIONS = 1024, REQUESTS = 4096, REQUEST_BYTES = 64 * 1024 * 1024 };

struct connection {
    int fd;                /* -1 = free place */
    unsigned number;       /* in the order they were accepted */
    struct dg_buffer in;   /* read, not yet a request */
    struct raw_answer out; /* being sent */
    size_t sent;           /* bytes of it */
    bool answering;        /* `out` is set */
};

struct raw_server {
    raw_handler *handler;                       /* the test's */
    void *self;                                 /* passed to it */
    bool impatient;                             /* do not wait for bodies */
    int listener;                               /* accepts */
    int events;                                 /* wakes the thread */
    unsigned port;                              /* of the listener */
    char url[64];                               /* with that port */
    pthread_t thread;                           /* runs the loop */
    pthread_mutex_t lock;                       /* guards what follows */
    bool stopping;                              /* the thread shall end */
    bool released;                              /* held answers may go */
    struct raw_request *requests[REQUESTS];     /* read so far */
    unsigned count;                             /* of them */
    unsigned accepted;                          /* connections */
    unsigned most_open;                         /* unanswered at once */
    struct connection connections[CONNECTIONS]; /* the thread's own */
    struct pollfd polled[CONNECTIONS + 2];      /* likewise */
};

/* What a test cannot go on without. */
static void must(bool held)
{
    if (!held)
        abort();
}

void raw_answer_http(struct raw_answer *a, int status, const char *headers, const char *body,
                     size_t size)
{
    dg_buffer_printf(&a->bytes, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n", status, size,
                     headers);
    dg_buffer_add(&a->bytes, body, size);
}

bool raw_request_has(const struct raw_request *q, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = q->head.data; (at = strstr(at, line)); at++)
        if (at > q->head.data && at[-1] == '\n' && at[length] == '\r')
            return true;
    return false;
}

static int listen_loopback(unsigned *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(fd >= 0);
    must(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    must(listen(fd, CONNECTIONS) == 0);
    must(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

unsigned raw_closed_port(void)
{
    unsigned port;
    close(listen_loopback(&port));
    return port;
}

static void close_connection(struct connection *c, bool reset)
{
    struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    if (reset)
        connect(c->fd, &nobody, sizeof nobody); /* a true RST */
    close(c->fd);
    dg_buffer_done(&c->in);
    dg_buffer_done(&c->out.bytes);
    c->fd = -1;
}

/* The number of a new connection. */
static unsigned count_accepted(struct raw_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned number = s->accepted++;
    pthread_mutex_unlock(&s->lock);
    return number;
}

static void accept_all(struct raw_server *s)
{
    for (int fd; (fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct connection *c = s->connections;
        while (c < s->connections + CONNECTIONS && c->fd >= 0)
            c++;
        must(c < s->connections + CONNECTIONS);
        *c = (struct connection){ .fd = fd, .number = count_accepted(s) };
        dg_buffer_init(&c->in, REQUEST_BYTES);
        dg_buffer_init(&c->out.bytes, REQUEST_BYTES);
    }
}

/* Bytes of the request that begins `in`, 0 if its head or body is not whole. */
static size_t request_length(const struct raw_server *s, const struct connection *c, size_t *head)
{
    const char *end = memmem(c->in.data, c->in.size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    *head = (size_t)(end - c->in.data) + 4;
    const char *length = strcasestr(c->in.data, "\r\nContent-Length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if (s->impatient)
        return c->in.size;
    return c->in.size >= *head + body ? *head + body : 0;
}

static unsigned count_open(const struct raw_server *s)
{
    unsigned open = 0;
    for (int k = 0; k < CONNECTIONS; k++)
        open += s->connections[k].fd >= 0 && s->connections[k].answering;
    return open;
}

static void read_request(struct raw_server *s, struct connection *c, size_t length, size_t head)
{
    struct raw_request *q = dg_zalloc(sizeof *q);
    dg_buffer_init(&q->head, REQUEST_BYTES);
    dg_buffer_init(&q->body, REQUEST_BYTES);
    dg_buffer_add(&q->head, c->in.data, head);
    dg_buffer_add(&q->body, c->in.data + head, length - head);
    struct dg_buffer rest;
    dg_buffer_init(&rest, REQUEST_BYTES);
    dg_buffer_add(&rest, c->in.data + length, c->in.size - length);
    dg_buffer_done(&c->in);
    c->in = rest;
    q->connection = c->number;
    pthread_mutex_lock(&s->lock);
    must(s->count < REQUESTS);
    q->number = s->count;
    s->requests[s->count++] = q;
    c->answering = true;
    unsigned open = count_open(s);
    s->most_open = open > s->most_open ? open : s->most_open;
    pthread_mutex_unlock(&s->lock);
    s->handler(s->self, q, &c->out);
}

static void receive(struct raw_server *s, struct connection *c)
{
    char bytes[65536];
    ssize_t n;
    size_t head = 0;
    while ((n = recv(c->fd, bytes, sizeof bytes, 0)) > 0)
        dg_buffer_add(&c->in, bytes, (size_t)n);
    size_t length = c->answering ? 0 : request_length(s, c, &head);
    if (length > 0)
        read_request(s, c, length, head);
    else if (n == 0)
        close_connection(c, false);
}

/* Sends what is left of the answer; at its end does what it says. */
static void send_answer(struct connection *c)
{
    while (c->sent < c->out.bytes.size) {
        ssize_t n =
            send(c->fd, c->out.bytes.data + c->sent, c->out.bytes.size - c->sent, MSG_NOSIGNAL);
        if (n < 0)
            return;
        c->sent += (size_t)n;
    }
    c->answering = false;
    c->sent = 0;
    dg_buffer_clear(&c->out.bytes);
    if (c->out.then != RAW_KEEP)
        close_connection(c, c->out.then == RAW_RESET);
}

static void serve(struct raw_server *s, struct connection *c, short events, bool released)
{
    if (events & (POLLIN | POLLHUP | POLLERR))
        receive(s, c);
    if (c->fd >= 0 && c->answering && (!c->out.held || released))
        send_answer(c);
}

static bool may_go_on(struct raw_server *s, bool *released)
{
    uint64_t number;
    (void)!read(s->events, &number, sizeof number);
    pthread_mutex_lock(&s->lock);
    bool stopping = s->stopping;
    *released = s->released;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

static void *run(void *self)
{
    struct raw_server *s = self;
    struct pollfd *polled = s->polled;
    bool released = false;
    while (may_go_on(s, &released)) {
        polled[0] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
        polled[1] = (struct pollfd){ .fd = s->events, .events = POLLIN };
        for (int k = 0; k < CONNECTIONS; k++) {
            const struct connection *c = &s->connections[k];
            short out = c->answering && (!c->out.held || released) ? POLLOUT : 0;
            polled[k + 2] = (struct pollfd){ .fd = c->fd, .events = (short)(POLLIN | out) };
        }
        poll(polled, CONNECTIONS + 2, -1);
        for (int k = 0; k < CONNECTIONS; k++)
            if (s->connections[k].fd >= 0 && polled[k + 2].revents)
                serve(s, &s->connections[k], polled[k + 2].revents, released);
        accept_all(s);
    }
    return NULL;
}

static struct raw_server *start(raw_handler *handler, void *self, bool impatient)
{
    struct raw_server *s = dg_zalloc(sizeof *s);
    s->handler = handler;
    s->self = self;
    s->impatient = impatient;
    s->listener = listen_loopback(&s->port);
    s->events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", s->port);
    for (int k = 0; k < CONNECTIONS; k++)
        s->connections[k].fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    must(pthread_create(&s->thread, NULL, run, s) == 0);
    return s;
}

struct raw_server *raw_server_start(raw_handler *handler, void *self)
{
    return start(handler, self, false);
}

struct raw_server *raw_server_start_impatient(raw_handler *handler, void *self)
{
    return start(handler, self, true);
}

static void tell(struct raw_server *s, bool *what)
{
    uint64_t one = 1;
    pthread_mutex_lock(&s->lock);
    *what = true;
    pthread_mutex_unlock(&s->lock);
    (void)!write(s->events, &one, sizeof one);
}

void raw_server_release(struct raw_server *s)
{
    tell(s, &s->released);
}

void raw_server_stop(struct raw_server *s)
{
    tell(s, &s->stopping);
    pthread_join(s->thread, NULL);
    for (int k = 0; k < CONNECTIONS; k++)
        if (s->connections[k].fd >= 0)
            close_connection(&s->connections[k], false);
    for (unsigned k = 0; k < s->count; k++) {
        dg_buffer_done(&s->requests[k]->head);
        dg_buffer_done(&s->requests[k]->body);
        dg_free(s->requests[k]);
    }
    pthread_mutex_destroy(&s->lock);
    close(s->listener);
    close(s->events);
    dg_free(s);
}

const char *raw_server_url(const struct raw_server *s)
{
    return s->url;
}

unsigned raw_server_port(const struct raw_server *s)
{
    return s->port;
}

unsigned raw_server_count(struct raw_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned count = s->count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

unsigned raw_server_accepted(struct raw_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned accepted = s->accepted;
    pthread_mutex_unlock(&s->lock);
    return accepted;
}

unsigned raw_server_most_open(struct raw_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned most = s->most_open;
    pthread_mutex_unlock(&s->lock);
    return most;
}

const struct raw_request *raw_server_request(struct raw_server *s, unsigned number)
{
    pthread_mutex_lock(&s->lock);
    must(number < s->count);
    const struct raw_request *q = s->requests[number];
    pthread_mutex_unlock(&s->lock);
    return q;
}
