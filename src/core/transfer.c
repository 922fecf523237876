/* SPDX-License-Identifier: MIT
 *
 * One attempt on the wire, see transfer.h.  Two rules above all: nothing is
 * sent twice unless the job says so, and no socket is opened to an address that
 * the request may not reach.
 */
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/reactor.h"
#include "core/transfer_state.h"
#include "core/url.h"

enum { HEADER_BYTES = 64 * 1024 };

static bool has_body(const struct dg_transfer *t)
{
    return t->order.request->form || t->order.request->body;
}

/* --- the body -------------------------------------------------------------- */

static void upload_complete(struct dg_transfer *t)
{
    if (t->told_sent)
        return;
    t->told_sent = true;
    if (t->order.sent)
        t->order.sent(t->order.self);
}

static ssize_t read_piece(struct dg_transfer *t, char *into, size_t room)
{
    if (t->reader)
        return dg_multipart_read(t->reader, into, room, &t->fault);
    size_t left = (size_t)(t->size - t->sent);
    size_t n = left < room ? left : room;
    memcpy(into, t->order.request->body + t->sent, n);
    return (ssize_t)n;
}

/* The upload counts as complete when libcurl has taken its last byte; what is
 * then still in the socket's send queue is not looked at. */
static size_t read_body(char *into, size_t size, size_t count, void *self)
{
    struct dg_transfer *t = self;
    ssize_t n = read_piece(t, into, size * count);
    if (n < 0)
        return CURL_READFUNC_ABORT;
    t->sent += (uint64_t)n;
    t->moved_at = dg_clock_now();
    if (t->sent == t->size)
        upload_complete(t);
    return (size_t)n;
}

/* libcurl rewinds a body to send it again when a kept connection turns out to
 * be dead.  That would be a request nobody counted: refused. */
static int refuse_rewind(void *self, curl_off_t offset, int origin)
{
    struct dg_transfer *t = self;
    (void)offset;
    (void)origin;
    t->resend_refused = true;
    return CURL_SEEKFUNC_FAIL;
}

/* --- the answer ------------------------------------------------------------ */

int dg_transfer_status(const struct dg_transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* libcurl calls an answer whole that ends inside its headers.  Lines behind the
 * empty one are trailers. */
static size_t take_header(char *line, size_t size, size_t count, void *self)
{
    struct dg_transfer *t = self;
    size_t n = size * count;
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        t->head_whole = false;
        t->answered_at = dg_clock_now(); /* the last counts: others are interim */
    } else if (n > 0 && (line[0] == '\r' || line[0] == '\n'))
        t->head_whole = true;
    else if (dg_advice_is_header(line, n))
        t->advised = true;
    return n;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *self)
{
    struct dg_transfer *t = self;
    size_t n = size * count;
    t->received += n;
    return dg_receiver_feed(t->order.receiver, dg_transfer_status(t), bytes, n) ? n : 0;
}

/* --- where it may go ------------------------------------------------------- */

/* A proxy at the URL's own port is not told from the URL's host, see below. */
static void refuse(struct dg_transfer *t, const char *address)
{
    snprintf(t->refused, sizeof t->refused, "%s, or this is the address of your proxy", address);
}

/* libcurl connects to the URL's own port unless a proxy is used, whose address
 * is the user's choice and not the URL's. */
static bool may_reach(struct dg_transfer *t, const struct sockaddr *address)
{
    if (!t->order.public_only || dg_address_public(address) || dg_address_port(address) != t->port)
        return true;
    char text[DG_ADDRESS_BYTES];
    dg_address_text(address, text);
    refuse(t, text);
    return false;
}

static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct dg_transfer *t = self;
    (void)purpose;
    if (!may_reach(t, &address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Called when a connection stands, before the request is sent.  A second call
 * means that libcurl is about to send the request again.  A kept connection was
 * opened for another request, so its address is judged here as well. */
static int before_request(void *self, char *address, char *local, int port, int local_port)
{
    struct dg_transfer *t = self;
    (void)local;
    (void)local_port;
    if (t->started) {
        t->resend_refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (t->order.public_only && (unsigned)port == t->port && !dg_address_host_public(address)) {
        refuse(t, address);
        return CURL_PREREQFUNC_ABORT;
    }
    long opened = 0;
    curl_easy_getinfo(t->handle, CURLINFO_NUM_CONNECTS, &opened);
    t->reused = opened == 0;
    t->started = true;
    t->started_at = t->moved_at = dg_clock_now();
    if (t->size == 0)
        upload_complete(t);
    return CURL_PREREQFUNC_OK;
}

/* --- setting up ------------------------------------------------------------ */

static void add_header(struct dg_transfer *t, const char *name, const char *value)
{
    struct dg_buffer line;
    dg_buffer_init(&line, HEADER_BYTES);
    if (value[strspn(value, " \t")])
        dg_buffer_printf(&line, "%s: %s", name, value);
    else
        dg_buffer_printf(&line, "%s;", name); /* libcurl's way to say: empty */
    t->headers = curl_slist_append(t->headers, line.data);
    dg_buffer_done(&line);
}

static void add_key(struct dg_transfer *t)
{
    struct dg_buffer value;
    bool bearer = strcmp(t->order.key_header, "Authorization") == 0;
    dg_buffer_init(&value, HEADER_BYTES);
    dg_buffer_printf(&value, "%s%s", bearer ? "Bearer " : "", t->order.key);
    add_header(t, t->order.key_header, value.data);
    dg_buffer_done(&value);
}

static void set_headers(struct dg_transfer *t)
{
    const struct dg_request *request = t->order.request;
    t->headers = curl_slist_append(t->headers, "Expect:");
    if (request->form)
        add_header(t, "Content-Type", dg_multipart_type(request->form));
    else if (request->body)
        add_header(t, "Content-Type", request->body_type);
    else
        t->headers = curl_slist_append(t->headers, "Content-Type:");
    for (size_t k = 0; k < request->header_count && !t->order.bare; k++)
        add_header(t, request->headers[k].name, request->headers[k].value);
    if (t->order.idempotency)
        add_header(t, "Idempotency-Key", t->order.idempotency);
    if (t->order.key)
        add_key(t);
    curl_easy_setopt(t->handle, CURLOPT_HTTPHEADER, t->headers);
}

static void set_method(struct dg_transfer *t)
{
    const char *method = t->order.request->method;
    bool post = has_body(t) || strcmp(method, "POST") == 0;
    if (post) {
        curl_easy_setopt(t->handle, CURLOPT_POST, 1L);
        curl_easy_setopt(t->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->size);
        curl_easy_setopt(t->handle, CURLOPT_READFUNCTION, read_body);
        curl_easy_setopt(t->handle, CURLOPT_READDATA, t);
        curl_easy_setopt(t->handle, CURLOPT_SEEKFUNCTION, refuse_rewind);
        curl_easy_setopt(t->handle, CURLOPT_SEEKDATA, t);
    } else if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(t->handle, CURLOPT_NOBODY, 1L);
    }
    if (strcmp(method, post ? "POST" : "GET") != 0 && strcmp(method, "HEAD") != 0)
        curl_easy_setopt(t->handle, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(struct dg_transfer *t)
{
    const struct dg_request *request = t->order.request;
    curl_easy_setopt(t->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    if (request->sink != DG_SINK_REPLY)
        curl_easy_setopt(t->handle, CURLOPT_ACCEPT_ENCODING, ""); /* all that libcurl knows */
    if (request->sink == DG_SINK_FILE) {
        curl_easy_setopt(t->handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(t->handle, CURLOPT_LOW_SPEED_TIME, (long)DG_TRANSFER_STILL_SECONDS);
    }
}

static void set_reach(struct dg_transfer *t)
{
    struct dg_url url;
    dg_url_split(t->order.url, &url);
    t->port = url.port;
    curl_easy_setopt(t->handle, CURLOPT_URL, t->order.url);
    curl_easy_setopt(t->handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(t->handle, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->handle, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(t->handle, CURLOPT_PREREQDATA, t);
    if (dg_address_host_loopback(url.host))
        curl_easy_setopt(t->handle, CURLOPT_NOPROXY, "*"); /* a proxy's loopback is not ours */
}

struct dg_transfer *dg_transfer_new(struct dg_reactor *reactor,
                                    const struct dg_transfer_order *order)
{
    struct dg_transfer *t = dg_zalloc(sizeof *t);
    const struct dg_request *request = order->request;
    t->order = *order;
    t->reactor = reactor;
    t->handle = dg_reactor_take_handle(reactor);
    t->fd = -1;
    t->made_at = dg_clock_now();
    if (request->form) {
        t->reader = dg_multipart_reader_new(request->form, order->field);
        t->size = dg_multipart_size(request->form, order->field);
    } else if (request->body) {
        t->size = request->body_size;
    }
    curl_easy_setopt(t->handle, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->handle, CURLOPT_FRESH_CONNECT, order->fresh ? 1L : 0L);
    curl_easy_setopt(t->handle, CURLOPT_ERRORBUFFER, t->curl_text);
    curl_easy_setopt(t->handle, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(t->handle, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(t->handle, CURLOPT_HEADERDATA, t);
    set_reach(t);
    set_method(t);
    set_headers(t);
    set_limits(t);
    return t;
}

void dg_transfer_free(struct dg_transfer *t)
{
    if (!t)
        return;
    dg_reactor_give_handle(t->reactor, t->handle);
    curl_slist_free_all(t->headers);
    if (t->reader)
        dg_multipart_reader_free(t->reader);
    dg_free(t->location);
    dg_free(t);
}

void *dg_transfer_owner(const struct dg_transfer *t)
{
    return t->order.self;
}

void *dg_transfer_handle(const struct dg_transfer *t)
{
    return t->handle;
}

/* --- time limits ----------------------------------------------------------- */

static dg_msec earlier(dg_msec a, dg_msec b)
{
    return a < b ? a : b;
}

/* Each limit has its beginning; before a connection stands that of connecting holds, and
 * none of the others can be over before it would be if that were now.  libcurl's own has
 * none for those that wait to share a connection that is being made (HTTP/2). */
dg_msec dg_transfer_deadline(struct dg_transfer *t, dg_msec now)
{
    const struct dg_request *q = t->order.request;
    dg_msec begun = t->started ? t->started_at : now;
    dg_msec moved = t->started ? t->moved_at : now;
    bool answered = dg_transfer_status(t) != 0;
    dg_msec total = begun + q->timeout_ms;
    dg_msec stall = answered || t->told_sent ? INT64_MAX : moved + q->stall_timeout_ms;
    dg_msec first =
        answered || q->first_byte_timeout_ms == 0 ? INT64_MAX : moved + q->first_byte_timeout_ms;
    dg_msec connect = t->started ? INT64_MAX : t->made_at + q->connect_timeout_ms;
    dg_msec next = earlier(earlier(total, connect), earlier(stall, first));
    if (next > now)
        return next;
    t->overdue = connect <= now  ? DG_CAUSE_CONNECT_TIMEOUT
                 : total <= now  ? DG_CAUSE_TIMEOUT
                 : !t->told_sent ? DG_CAUSE_STALLED
                                 : DG_CAUSE_FIRST_BYTE;
    return 0;
}

/* Of transfers that share a connection (HTTP/2) libcurl tells us of the first alone. */
static int socket_of(const struct dg_transfer *t)
{
    curl_socket_t fd = t->fd;
    if (fd < 0)
        curl_easy_getinfo(t->handle, CURLINFO_ACTIVESOCKET, &fd);
    return fd;
}

/* What libcurl has taken may wait in its own buffer, for HTTP/2's windows; the queue
 * of a shared socket is empty only later, never earlier. */
bool dg_transfer_drained(const struct dg_transfer *t)
{
    int queued = 0;
    curl_off_t written = 0;
    if (dg_transfer_status(t) != 0)
        return true;
    curl_easy_getinfo(t->handle, CURLINFO_SIZE_UPLOAD_T, &written);
    return (uint64_t)written >= t->size && ioctl(socket_of(t), SIOCOUTQ, &queued) == 0 &&
           queued == 0;
}

void dg_transfer_on_socket(struct dg_transfer *t, int fd)
{
    t->fd = fd;
}
