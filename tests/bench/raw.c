/* SPDX-License-Identifier: MIT
 *
 * bench_raw: edits by bare sockets, what this kernel allows: sendfile up, recv down,
 * AVX2, write.  Knows the server it talks to: keep-alive, Content-Length; ends at the
 * first failure.
 *
 *     bench_raw URL|PORT INPUT OUT N IN_FLIGHT
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "form.h"
#include "many_files.h"
#include "picture.h"

enum { EVENTS = 512, REQUEST_BYTES = 2048, ANSWER_BYTES = 2048 };

struct edit {
    int fd;                    /* the connection, reused by edit after edit */
    struct picture picture;    /* in the answer */
    size_t head_size;          /* bytes of `head` */
    size_t sent;               /* of the request */
    bool in_body;              /* the answer's head is read */
    size_t got;                /* bytes in `answer` */
    size_t left;               /* bytes of the answer's body still to come */
    char head[REQUEST_BYTES];  /* the request before the picture */
    char answer[ANSWER_BYTES]; /* its head, and what came with it */
};

static struct {
    uint16_t port;
    int input;          /* the picture to upload */
    size_t input_size;  /* bytes */
    const char *folder; /* for the results */
    long count;         /* edits to do */
    long begun;         /* of them */
    long open;          /* connections */
    int epoll;
} the;

/* What an edit says when it can do no more. */
enum go { ON, LATER, END };

static void give_up(const char *why)
{
    fprintf(stderr, "bench_raw: %s\n", why);
    exit(1);
}

static void stop(const char *call)
{
    perror(call);
    exit(1);
}

static void begin(struct edit *e)
{
    char form[FORM_HEAD_BYTES];
    size_t n = form_head(form, the.begun);
    picture_begin(&e->picture, the.folder, the.begun++);
    e->sent = e->got = 0;
    e->in_body = false;
    e->head_size =
        (size_t)snprintf(e->head, REQUEST_BYTES,
                         "POST /v1/images/edits HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Authorization: Bearer sk-bench\r\nContent-Type: " FORM_TYPE "\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         n + the.input_size + FORM_TAIL_BYTES, form);
}

static ssize_t send_part(struct edit *e)
{
    size_t at = e->sent;
    if (at < e->head_size)
        return send(e->fd, e->head + at, e->head_size - at, MSG_MORE | MSG_NOSIGNAL);
    at -= e->head_size;
    off_t offset = (off_t)at;
    if (at < the.input_size)
        return sendfile(e->fd, the.input, &offset, the.input_size - at);
    at -= the.input_size;
    return send(e->fd, FORM_TAIL + at, FORM_TAIL_BYTES - at, MSG_NOSIGNAL);
}

static enum go send_request(struct edit *e)
{
    while (e->sent < e->head_size + the.input_size + FORM_TAIL_BYTES) {
        ssize_t n = send_part(e);
        if (n < 0 && errno == EAGAIN)
            return LATER;
        if (n <= 0)
            stop("send");
        e->sent += (size_t)n;
    }
    return ON;
}

/* 0: nothing now. */
static size_t receive(struct edit *e, char *into, size_t room)
{
    ssize_t n = recv(e->fd, into, room, 0);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        stop("recv");
    return (size_t)n;
}

static enum go read_head(struct edit *e)
{
    size_t n = receive(e, e->answer + e->got, ANSWER_BYTES - 1 - e->got);
    if (n == 0)
        return LATER;
    e->got += n;
    e->answer[e->got] = '\0';
    char *body = strstr(e->answer, "\r\n\r\n");
    if (!body)
        return ON;
    const char *size = strcasestr(e->answer, "\r\nContent-Length:");
    if (strncmp(e->answer, "HTTP/1.1 200 ", 13) != 0 || !size)
        give_up("the answer is no 200");
    body += 4;
    n = e->got - (size_t)(body - e->answer);
    e->left = strtoul(strchr(size, ':') + 1, NULL, 10) - n;
    e->in_body = true;
    picture_feed(&e->picture, body, n);
    return ON;
}

static enum go read_body(struct edit *e)
{
    static char piece[PICTURE_PIECE_BYTES];
    size_t n = receive(e, piece, e->left < sizeof piece ? e->left : sizeof piece);
    e->left -= n;
    picture_feed(&e->picture, piece, n);
    return n > 0 ? ON : LATER;
}

static enum go step(struct edit *e)
{
    if (send_request(e) == LATER)
        return LATER;
    if (!e->in_body)
        return read_head(e);
    if (e->left > 0)
        return read_body(e);
    if (!picture_end(&e->picture, true))
        give_up("no picture in the answer");
    if (the.begun == the.count)
        return END;
    begin(e);
    return ON;
}

static void run(struct edit *e)
{
    enum go then = ON;
    while (then == ON)
        then = step(e);
    if (then == END) {
        close(e->fd);
        the.open--;
    }
}

static void connect_one(struct edit *e)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(the.port) };
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = e };
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    e->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(e->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(e->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        stop("connect");
    begin(e);
    epoll_ctl(the.epoll, EPOLL_CTL_ADD, e->fd, &event);
    the.open++;
}

static bool read_arguments(int argc, char **argv, long *width)
{
    struct stat st;
    if (argc != 6)
        return false;
    const char *colon = strrchr(argv[1], ':');
    the.port = (uint16_t)strtoul(colon ? colon + 1 : argv[1], NULL, 10);
    the.input = open(argv[2], O_RDONLY | O_CLOEXEC);
    the.folder = argv[3];
    the.count = strtol(argv[4], NULL, 10);
    *width = strtol(argv[5], NULL, 10);
    if (*width < 1 || fstat(the.input, &st) != 0)
        return false;
    the.input_size = (size_t)st.st_size;
    return mkdir(the.folder, 0777) == 0 || errno == EEXIST;
}

int main(int argc, char **argv)
{
    static struct epoll_event events[EVENTS];
    long width;
    if (!read_arguments(argc, argv, &width)) {
        fprintf(stderr, "usage: bench_raw URL|PORT INPUT OUT N IN_FLIGHT\n");
        return 2;
    }
    allow_many_files();
    the.epoll = epoll_create1(EPOLL_CLOEXEC);
    struct edit *edits = calloc((size_t)width, sizeof *edits);
    for (long k = 0; edits && k < width && k < the.count; k++)
        connect_one(&edits[k]);
    while (the.open > 0) {
        int n = epoll_wait(the.epoll, events, EVENTS, -1);
        for (int k = 0; k < n; k++)
            if (events[k].events & (EPOLLIN | EPOLLOUT))
                run(events[k].data.ptr);
    }
    return the.begun != the.count;
}
