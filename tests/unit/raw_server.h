/* SPDX-License-Identifier: MIT
 *
 * An HTTP server of raw sockets on a loopback port, in a thread of the test:
 * it reads whole requests, keeps them, and answers with whatever bytes the
 * test's handler gives, well formed or not.
 *
 *     static void answer(void *self, const struct raw_request *q, struct raw_answer *a)
 *     {
 *         raw_answer_http(a, 200, "", "{}", 2);
 *     }
 *     struct raw_server *s = raw_server_start(answer, NULL);
 *     raw_server_url(s)                        "http://127.0.0.1:PORT"
 *     raw_server_stop(s);
 */
#ifndef DG_TESTS_RAW_SERVER_H
#define DG_TESTS_RAW_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct raw_request {
    unsigned number;       /* from 0, in the order they were read */
    unsigned connection;   /* from 0, in the order they were accepted */
    struct dg_buffer head; /* request line and header lines, with the empty one */
    struct dg_buffer body; /* as announced by Content-Length */
};

enum raw_then {
    RAW_KEEP,  /* keep the connection for the next request */
    RAW_CLOSE, /* orderly end */
    RAW_RESET  /* RST */
};

struct raw_answer {
    struct dg_buffer bytes; /* sent as they are */
    enum raw_then then;     /* after the last byte */
    bool held;              /* nothing happens before raw_server_release */
};

/* Called in the server's thread for each whole request. */
typedef void raw_handler(void *self, const struct raw_request *request, struct raw_answer *answer);

struct raw_server;

struct raw_server *raw_server_start(raw_handler *handler, void *self);

/* The handler is called once the head is read, without its body. */
struct raw_server *raw_server_start_impatient(raw_handler *handler, void *self);

void raw_server_stop(struct raw_server *s);

const char *raw_server_url(const struct raw_server *s);
unsigned raw_server_port(const struct raw_server *s);

/* Lets all held answers go, and those to come. */
void raw_server_release(struct raw_server *s);

unsigned raw_server_count(struct raw_server *s);    /* requests read */
unsigned raw_server_accepted(struct raw_server *s); /* connections */
const struct raw_request *raw_server_request(struct raw_server *s, unsigned number);
unsigned raw_server_most_open(struct raw_server *s); /* requests unanswered at once, at most */

/* Appends a whole HTTP/1.1 answer; `headers` are lines with CRLF, or "". */
void raw_answer_http(struct raw_answer *a, int status, const char *headers, const char *body,
                     size_t size);

/* true if the request has this header line, by its exact text without CRLF. */
bool raw_request_has(const struct raw_request *q, const char *line);

/* A port of the loopback interface on which nobody listens. */
unsigned raw_closed_port(void);

#endif
