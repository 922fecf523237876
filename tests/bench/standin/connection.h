/* SPDX-License-Identifier: MIT
 *
 * A connection: takes requests, lets each wait for the latency, answers it.  Never
 * blocks; what an event costs does not depend on how many connections there are.
 */
#ifndef DG_STANDIN_CONNECTION_H
#define DG_STANDIN_CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "answer.h"

struct connection;
TAILQ_HEAD(waiting, connection);

/* What all connections share. */
struct standin {
    struct answer answer;
    SSL_CTX *tls;           /* NULL: plain HTTP */
    int64_t latency_ns;     /* from the whole request to the answer */
    double reset_share;     /* of the requests, 0 to 1 */
    struct waiting waiting; /* for the latency; all wait equally long, so in order */
    uint64_t requests;      /* edits whose head came */
    uint64_t answered;      /* edits whose whole answer was sent */
    uint64_t malformed;     /* edits that are no form, or not closed */
    uint64_t resets;        /* done on purpose */
    uint64_t in_flight;     /* edits, from the head to the end of the answer */
    uint64_t max_in_flight;
    uint64_t connections; /* accepted */
};

/* Takes over `fd`; NULL: no memory. */
struct connection *connection_new(struct standin *s, int fd);

/* Goes on as far as it can; frees the connection if it ends.  `is_gone`: the
 * other end has closed. */
void connection_run(struct connection *c, bool is_gone);

/* Answers those that have waited for long enough; returns the nanoseconds until
 * the next is due, -1: none waits. */
int64_t connection_wake(struct standin *s, int64_t now_ns);

int64_t now_ns(void);

#endif
