/* SPDX-License-Identifier: MIT
 *
 * The states of a connection, in the order a request goes through them.
 */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "body.h"
#include "head.h"
#include "stream.h"

enum { HEAD_BYTES = 16 * 1024, LINES_BYTES = 256 };

enum state {
    HANDSHAKE,
    HEAD,     /* reads up to the empty line */
    BODY,     /* discards it up to its tail */
    WAITING,  /* for the latency */
    ANSWERING /* sends the head, then the prepared answer */
};

/* What a state says when it can do no more. */
enum go { ON, LATER, END };

struct connection {
    struct standin *s;
    struct stream stream;
    enum state state;
    bool is_in_flight; /* an edit, between its head and the end of its answer */
    bool is_whole;     /* an edit, its form closed */
    bool by_reset;     /* how to close */

    size_t got;       /* bytes in `in` */
    struct head head; /* of the request */
    struct body body; /* likewise */

    int64_t due_ns;                /* WAITING: when to answer */
    TAILQ_ENTRY(connection) waits; /* WAITING: in s->waiting */

    size_t lines_size;       /* bytes in `lines` */
    size_t lines_sent;       /* of them */
    size_t sent;             /* of the prepared answer */
    char lines[LINES_BYTES]; /* the answer's head */
    char in[HEAD_BYTES];     /* a request's head, and what came with it; later its body */
};

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct connection *connection_new(struct standin *s, int fd)
{
    struct connection *c = calloc(1, sizeof *c);
    if (!c || !stream_open(&c->stream, fd, s->tls))
        return NULL;
    c->s = s;
    s->connections++;
    return c;
}

static void end_request(struct connection *c)
{
    c->s->in_flight -= c->is_in_flight;
    c->is_in_flight = false;
}

static void connection_free(struct connection *c)
{
    if (c->state == WAITING)
        TAILQ_REMOVE(&c->s->waiting, c, waits);
    end_request(c);
    stream_close(&c->stream, c->by_reset);
    free(c);
}

static enum go go(ssize_t moved)
{
    return moved == STREAM_LATER ? LATER : moved < 0 ? END : ON;
}

static enum go handshake(struct connection *c)
{
    enum go then = go(stream_handshake(&c->stream));
    if (then == ON)
        c->state = HEAD;
    return then;
}

static void begin_request(struct connection *c)
{
    struct standin *s = c->s;
    c->is_in_flight = c->head.is_edit;
    s->requests += c->is_in_flight;
    s->in_flight += c->is_in_flight;
    if (s->in_flight > s->max_in_flight)
        s->max_in_flight = s->in_flight;
    body_begin(&c->body, &c->head);
    c->state = BODY;
}

static void take_body(struct connection *c, const char *bytes, size_t n)
{
    if (body_take(&c->body, bytes, n) < n) /* no client sends the next request so early */
        c->head.keeps = false;
}

static enum go read_head(struct connection *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    ssize_t n = stream_read(&c->stream, c->in + c->got, HEAD_BYTES - c->got);
    if (n < 0)
        return go(n);
    c->got += (size_t)n;
    char *end = memmem(c->in, c->got, "\r\n\r\n", 4);
    if (!end)
        return c->got < HEAD_BYTES ? ON : END;
    *end = '\0';
    head_read(&c->head, c->in);
    begin_request(c);
    const char *body = end + 4;
    take_body(c, body, c->got - (size_t)(body - c->in));
    c->got = 0;
    if (c->head.expects && c->body.state != BODY_OVER)
        return go(stream_write(&c->stream, go_on, sizeof go_on - 1, false));
    return ON;
}

static void prepare(struct connection *c)
{
    const char *close = c->head.keeps ? "" : "Connection: close\r\n";
    int n;
    if (c->is_whole)
        n = snprintf(c->lines, LINES_BYTES,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\nx-request-id: req_%016llx\r\n%s\r\n",
                     c->s->answer.size, (unsigned long long)c->s->requests, close);
    else
        n = snprintf(c->lines, LINES_BYTES, "HTTP/1.1 %s\r\nContent-Length: 0\r\n%s\r\n",
                     c->head.is_edit ? "400 Bad Request" : "404 Not Found", close);
    c->lines_size = (size_t)n;
    c->lines_sent = c->sent = 0;
    c->state = ANSWERING;
}

/* The latency is over. */
static enum go begin_answer(struct connection *c)
{
    c->s->resets += c->by_reset;
    prepare(c);
    return c->by_reset ? END : ON;
}

static enum go end_body(struct connection *c)
{
    struct standin *s = c->s;
    bool is_edit = c->head.is_edit;
    c->is_whole = is_edit && c->body.state == BODY_OVER &&
                  head_closed_by(&c->head, c->body.tail, c->body.tail_size);
    if (c->body.state == BODY_BAD)
        c->head.keeps = false;
    s->malformed += is_edit && !c->is_whole;
    c->by_reset = is_edit && drand48() < s->reset_share;
    if (!is_edit || s->latency_ns == 0)
        return begin_answer(c);
    c->due_ns = now_ns() + s->latency_ns;
    c->state = WAITING;
    TAILQ_INSERT_TAIL(&s->waiting, c, waits);
    return LATER;
}

static enum go read_body(struct connection *c)
{
    uint64_t unseen = body_unseen(&c->body);
    ssize_t n;
    if (c->body.state == BODY_OVER || c->body.state == BODY_BAD)
        return end_body(c);
    if (unseen > 0) {
        n = stream_discard(&c->stream, unseen);
        if (n > 0)
            body_skip(&c->body, (size_t)n);
    } else {
        n = stream_read(&c->stream, c->in, HEAD_BYTES);
        if (n > 0)
            take_body(c, c->in, (size_t)n);
    }
    return go(n);
}

static enum go answer(struct connection *c)
{
    struct standin *s = c->s;
    ssize_t n;
    if (c->lines_sent < c->lines_size) {
        n = stream_write(&c->stream, c->lines + c->lines_sent, c->lines_size - c->lines_sent,
                         c->is_whole);
        c->lines_sent += n > 0 ? (size_t)n : 0;
        return go(n);
    }
    if (c->is_whole && c->sent < s->answer.size) {
        n = stream_send(&c->stream, &s->answer, c->sent);
        c->sent += n > 0 ? (size_t)n : 0;
        return go(n);
    }
    s->answered += c->is_whole;
    end_request(c);
    c->state = HEAD;
    return c->head.keeps ? ON : END;
}

static enum go step(struct connection *c)
{
    switch (c->state) {
    case HANDSHAKE:
        return handshake(c);
    case HEAD:
        return read_head(c);
    case BODY:
        return read_body(c);
    case WAITING:
        return LATER;
    case ANSWERING:
        return answer(c);
    }
    return END;
}

static void run(struct connection *c, enum go then)
{
    while (then == ON)
        then = step(c);
    if (then == END)
        connection_free(c);
}

void connection_run(struct connection *c, bool is_gone)
{
    run(c, is_gone ? END : ON);
}

int64_t connection_wake(struct standin *s, int64_t now)
{
    struct connection *c;
    while ((c = TAILQ_FIRST(&s->waiting)) && c->due_ns <= now) {
        TAILQ_REMOVE(&s->waiting, c, waits);
        run(c, begin_answer(c));
    }
    return c ? c->due_ns - now : -1;
}
