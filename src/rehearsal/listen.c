/* SPDX-License-Identifier: MIT
 *
 * The listening socket: host and port to a descriptor and a URL.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "rehearsal/server.h"

enum { BACKLOG = 4096 };

static int open_socket(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* A name may have several addresses: the first that can be listened on. */
static int open_any(const struct addrinfo *address)
{
    int fd = -1;

    for (; address && fd < 0; address = address->ai_next)
        fd = open_socket(address);
    return fd;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static void write_url(struct dg_rehearsal *s, int fd)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    socklen_t size = sizeof(address);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    struct sockaddr *any = (void *)&address;

    if (getsockname(fd, any, &size) != 0 ||
        getnameinfo(any, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    const char *shape =
        address.ss_family == AF_INET6 ? "http://[%.60s]:%.8s/v1" : "http://%.60s:%.8s/v1";
    snprintf(s->url, sizeof(s->url), shape, host, port);
    if (!is_loopback(any))
        dg_log(DG_LOG_WARN, "the rehearsal server listens on %s, where other machines can reach it",
               s->url);
}

int dg_rehearsal_listen(struct dg_rehearsal *s, struct dg_error *err)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof(port), "%u", (unsigned)s->options.port);
    int problem = getaddrinfo(s->options.host, port, &hints, &found);
    if (problem != 0) {
        dg_error_set(err, DG_KIND_CONFIG, "resolve", "--host %s: %s", s->options.host,
                     gai_strerror(problem));
        return -1;
    }
    int fd = open_any(found);
    if (fd < 0)
        dg_error_set(err, DG_KIND_CONFIG, "listen",
                     "cannot listen on %s port %s: %s; choose another --port, or 0 for any free "
                     "one",
                     s->options.host, port, strerror(errno));
    else
        write_url(s, fd);
    freeaddrinfo(found);
    return fd;
}
