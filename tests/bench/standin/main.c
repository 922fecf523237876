/* SPDX-License-Identifier: MIT
 *
 * bench_standin: a server that answers POST .../images/edits with one and the same
 * picture, as fast as this machine can, so that what is measured is the client.
 * One process, one epoll; ends at SIGTERM or SIGINT and prints what it has seen.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../many_files.h"
#include "connection.h"
#include "stream.h"

enum { BACKLOG = 4096, EVENTS = 256 };

struct options {
    uint16_t port;       /* 0: any free one */
    double latency_ms;   /* before each answer */
    double reset;        /* probability */
    const char *picture; /* path */
    const char *cert;    /* path; NULL: plain HTTP */
    const char *key;     /* path */
};

static const char USAGE[] = "usage: bench_standin --image FILE [--port P] [--latency MS] "
                            "[--reset PROBABILITY] [--cert FILE --key FILE]\n";

static bool fail(const char *what)
{
    fprintf(stderr, "bench_standin: %s: %s\n", what, strerror(errno));
    return false;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        { "port", 1, NULL, 'p' },  { "latency", 1, NULL, 'l' }, { "reset", 1, NULL, 'r' },
        { "image", 1, NULL, 'i' }, { "cert", 1, NULL, 'c' },    { "key", 1, NULL, 'k' },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'p')
            o->port = (uint16_t)strtoul(optarg, NULL, 10);
        else if (c == 'l')
            o->latency_ms = strtod(optarg, NULL);
        else if (c == 'r')
            o->reset = strtod(optarg, NULL);
        else if (c == 'i')
            o->picture = optarg;
        else if (c == 'c')
            o->cert = optarg;
        else if (c == 'k')
            o->key = optarg;
        else
            return false;
    }
    return optind == argc && o->picture && !o->cert == !o->key;
}

static bool prepare(struct standin *s, const struct options *o)
{
    TAILQ_INIT(&s->waiting);
    s->latency_ns = (int64_t)(o->latency_ms * 1e6);
    s->reset_share = o->reset;
    if (!answer_make(&s->answer, o->picture))
        return fail(o->picture);
    if (o->cert && !(s->tls = stream_tls(o->cert, o->key)))
        return fail("the certificate or its key");
    return true;
}

/* A descriptor that becomes readable instead of the process being ended. */
static int end_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Listens on loopback; -1 on error, else `port` is the one taken. */
static int listen_on(uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port) };
    socklen_t size = sizeof a;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &size) < 0)
        return -1;
    *port = ntohs(a.sin_port);
    return fd;
}

static bool watch(int epoll, int fd, uint32_t events, void *tag)
{
    struct epoll_event e = { .events = events, .data.ptr = tag };
    return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool accept_all(struct standin *s, int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = connection_new(s, fd);
        /* Its first event comes at once, since it can be written. */
        if (!c || !watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c))
            return fail("a connection");
    }
    return errno == EAGAIN || errno == ECONNABORTED || fail("accept");
}

static int wait_for(int epoll, struct epoll_event *events, int64_t ns)
{
    struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
    return epoll_pwait2(epoll, events, EVENTS, ns < 0 ? NULL : &t, NULL);
}

/* Until a signal; false: something failed. */
static bool serve(struct standin *s, int epoll, int listener, int signals)
{
    static struct epoll_event events[EVENTS];
    if (!watch(epoll, listener, EPOLLIN, &listener) || !watch(epoll, signals, EPOLLIN, &signals))
        return fail("epoll");
    for (int64_t pause_ns = -1;; pause_ns = connection_wake(s, now_ns())) {
        int n = wait_for(epoll, events, pause_ns);
        for (int k = 0; k < n; k++) {
            void *tag = events[k].data.ptr;
            if (tag == &signals)
                return true;
            if (tag != &listener)
                connection_run(tag, events[k].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
            else if (!accept_all(s, epoll, listener))
                return false;
        }
    }
}

static void tell(const struct standin *s)
{
    printf("{\"requests\":%llu,\"answered\":%llu,\"malformed\":%llu,\"resets\":%llu,"
           "\"max_in_flight\":%llu,\"connections\":%llu}\n",
           (unsigned long long)s->requests, (unsigned long long)s->answered,
           (unsigned long long)s->malformed, (unsigned long long)s->resets,
           (unsigned long long)s->max_in_flight, (unsigned long long)s->connections);
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    struct standin s = { 0 };
    if (!read_options(&o, argc, argv)) {
        fputs(USAGE, stderr);
        return 2;
    }
    allow_many_files();
    if (!prepare(&s, &o))
        return 1;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int signals = end_signals();
    int listener = listen_on(&o.port);
    if (listener < 0)
        return !fail("listen");
    printf("listening on http%s://127.0.0.1:%u/v1\n", s.tls ? "s" : "", o.port);
    fflush(stdout);
    bool ended = serve(&s, epoll, listener, signals);
    tell(&s);
    return !ended;
}
