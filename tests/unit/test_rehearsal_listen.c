/* SPDX-License-Identifier: MIT
 *
 * rehearsal's listening socket where a name has several addresses: getaddrinfo
 * is this file's, so that no resolver is asked.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "rehearsal/rehearsal.h"

enum { ADDRESSES = 2 };

static struct sockaddr_in sockets[ADDRESSES]; /* what the name stands for */
static struct addrinfo answers[ADDRESSES];    /* the same, as a resolver says it */

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)name, (void)service, (void)hints;
    *found = answers;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    assert_ptr_equal(list, answers);
}

/* The name stands for `count` times 127.0.0.1, with these ports. */
static void resolve_to(size_t count, const in_port_t ports[])
{
    for (size_t i = 0; i < count; i++) {
        sockets[i] = (struct sockaddr_in){ .sin_family = AF_INET,
                                           .sin_port = ports[i],
                                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        answers[i] = (struct addrinfo){ .ai_family = AF_INET,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_addrlen = sizeof(sockets[i]),
                                        .ai_addr = (void *)&sockets[i],
                                        .ai_next = i + 1 < count ? &answers[i + 1] : NULL };
    }
}

/* A socket that listens, and its port in network order. */
static int occupy(in_port_t *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (void *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (void *)&address, &size), 0);
    *port = address.sin_port;
    return fd;
}

static void the_next_address_is_tried(void **state)
{
    in_port_t ports[ADDRESSES] = { 0 }; /* the second: any free one */
    struct dg_error err;
    char taken[64];

    (void)state;
    int fd = occupy(&ports[0]);
    resolve_to(ADDRESSES, ports);
    snprintf(taken, sizeof(taken), "http://127.0.0.1:%u/v1", (unsigned)ntohs(ports[0]));
    struct dg_rehearsal *s = dg_rehearsal_new();
    if (!dg_rehearsal_open(s, &err))
        fail_msg("%s", err.message);
    assert_memory_equal(dg_rehearsal_url(s), "http://127.0.0.1:", 17);
    assert_string_not_equal(dg_rehearsal_url(s), taken);
    dg_rehearsal_free(s);
    close(fd);
}

static void none_can_be_listened_on(void **state)
{
    in_port_t ports[ADDRESSES];
    struct dg_error err;

    (void)state;
    int fd = occupy(&ports[0]);
    ports[1] = ports[0];
    for (size_t count = 1; count <= ADDRESSES; count++) {
        resolve_to(count, ports);
        struct dg_rehearsal *s = dg_rehearsal_new();
        assert_false(dg_rehearsal_open(s, &err));
        assert_string_equal(err.code, "listen");
        assert_non_null(strstr(err.message, strerror(EADDRINUSE)));
        assert_string_equal(dg_rehearsal_url(s), "");
        dg_rehearsal_free(s);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_address_is_tried),
        cmocka_unit_test(none_can_be_listened_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
