/* SPDX-License-Identifier: MIT
 *
 * One attempt on the wire, see transfer.h.  Two rules above all: nothing is
 * sent twice unless the job says so, and no socket is opened to an address that
 * the request may not reach.
 */
#include "core/transfer.h"

#include <curl/curl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/address.h"
#include "core/reactor.h"
#include "core/url.h"

enum { STALL_SECONDS = 30, HEADER_BYTES = 64 * 1024 };
enum { REFUSED_BYTES = DG_ADDRESS_BYTES + 64 };

struct dg_transfer {
    struct dg_transfer_order order;     /* what to do */
    struct dg_reactor *reactor;         /* owner of the handle */
    CURL *handle;                       /* libcurl's side */
    struct curl_slist *headers;         /* request headers */
    struct dg_url url;                  /* parts of order.url */
    struct dg_multipart_reader *reader; /* a form being read, else NULL */
    uint64_t size;                      /* bytes of the body */
    uint64_t sent;                      /* bytes handed to libcurl */
    uint64_t received;                  /* bytes of the answer's body */
    dg_msec answered_at;                /* when its first line came, 0: none has */
    bool head_whole;                    /* the empty line behind the headers was seen */
    dg_msec made_at;                    /* from then on it waits for a connection */
    bool started;                       /* a connection stood and the request began ... */
    dg_msec started_at;                 /* ... then ... */
    bool reused;                        /* ... on one that had been kept */
    dg_msec moved_at;                   /* when libcurl last took bytes of the body */
    int fd;                             /* its socket, -1: not known */
    enum dg_cause overdue;              /* a time limit was passed, else none */
    bool resend_refused;                /* libcurl was about to send once more */
    bool told_sent;                     /* order.sent was called */
    char refused[REFUSED_BYTES];        /* an address that is not public, "" = none */
    struct dg_error fault;              /* the body could not be read */
    char *location;                     /* where a redirect points, or NULL */
    char curl_text[CURL_ERROR_SIZE];    /* libcurl's words about its result */
    CURLcode code;                      /* libcurl's result, once ended */
};

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

static int status_of(const struct dg_transfer *t)
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
    if (t->answered_at == 0)
        t->answered_at = dg_clock_now();
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
        t->head_whole = false;
    else if (n > 0 && (line[0] == '\r' || line[0] == '\n'))
        t->head_whole = true;
    return n;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *self)
{
    struct dg_transfer *t = self;
    size_t n = size * count;
    t->received += n;
    return dg_receiver_feed(t->order.receiver, status_of(t), bytes, n) ? n : 0;
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
    if (!t->order.public_only || dg_address_public(address) ||
        dg_address_port(address) != t->url.port)
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
    if (t->order.public_only && (unsigned)port == t->url.port && !dg_address_host_public(address)) {
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
        curl_easy_setopt(t->handle, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
    }
}

static void set_reach(struct dg_transfer *t)
{
    curl_easy_setopt(t->handle, CURLOPT_URL, t->order.url);
    curl_easy_setopt(t->handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(t->handle, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->handle, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(t->handle, CURLOPT_PREREQDATA, t);
    if (dg_address_host_loopback(t->url.host))
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
    dg_url_split(order->url, &t->url);
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

/* --- how it ended ---------------------------------------------------------- */

static const char *header(const struct dg_transfer *t, const char *name)
{
    struct curl_header *found;
    CURLHcode code = curl_easy_header(t->handle, name, 0, CURLH_HEADER, -1, &found);
    return code == CURLHE_OK ? found->value : NULL;
}

/* The absolute URL a Location header leads to; spaces in it are common. */
static char *resolve_location(const struct dg_transfer *t)
{
    const char *target = header(t, "Location");
    char *whole = NULL;
    char *copy = NULL;
    if (!target)
        return NULL;
    CURLU *u = curl_url();
    if (curl_url_set(u, CURLUPART_URL, t->order.url, 0) == CURLUE_OK &&
        curl_url_set(u, CURLUPART_URL, target,
                     CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_URL, &whole, 0) == CURLUE_OK)
        copy = dg_strdup(whole);
    else
        copy = dg_strdup(target); /* unreadable, to be refused by its look */
    curl_free(whole);
    curl_url_cleanup(u);
    return copy;
}

void dg_transfer_finish(struct dg_transfer *t, int code)
{
    int status = status_of(t);
    t->code = (CURLcode)code;
    if (status >= 300 && status <= 399)
        t->location = resolve_location(t);
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
    bool answered = status_of(t) != 0;
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
    if (status_of(t) != 0)
        return true;
    curl_easy_getinfo(t->handle, CURLINFO_SIZE_UPLOAD_T, &written);
    return (uint64_t)written >= t->size && ioctl(socket_of(t), SIOCOUTQ, &queued) == 0 &&
           queued == 0;
}

void dg_transfer_on_socket(struct dg_transfer *t, int fd)
{
    t->fd = fd;
}

/* libcurl's own limits: of connecting, and of downloads that stand still. */
static enum dg_cause timeout_cause(const struct dg_transfer *t)
{
    return t->started ? DG_CAUSE_STALLED : DG_CAUSE_CONNECT_TIMEOUT;
}

/* libcurl's result code in our terms. */
static enum dg_cause code_cause(const struct dg_transfer *t)
{
    static const struct {
        CURLcode code;
        enum dg_cause cause;
    } causes[] = {
        { CURLE_OK, DG_CAUSE_NONE },
        { CURLE_URL_MALFORMAT, DG_CAUSE_URL },
        { CURLE_COULDNT_RESOLVE_PROXY, DG_CAUSE_PROXY },
        { CURLE_PROXY, DG_CAUSE_PROXY },
        { CURLE_COULDNT_RESOLVE_HOST, DG_CAUSE_RESOLVE },
        { CURLE_COULDNT_CONNECT, DG_CAUSE_CONNECT },
        { CURLE_SSL_CONNECT_ERROR, DG_CAUSE_TLS },
        { CURLE_SSL_CIPHER, DG_CAUSE_TLS },
        { CURLE_PEER_FAILED_VERIFICATION, DG_CAUSE_CERTIFICATE },
        { CURLE_SSL_ISSUER_ERROR, DG_CAUSE_CERTIFICATE },
        { CURLE_SSL_CACERT_BADFILE, DG_CAUSE_CA_FILE },
        { CURLE_SEND_ERROR, DG_CAUSE_RESET },
        { CURLE_RECV_ERROR, DG_CAUSE_RESET },
        { CURLE_HTTP2, DG_CAUSE_RESET },
        { CURLE_HTTP2_STREAM, DG_CAUSE_RESET },
        { CURLE_GOT_NOTHING, DG_CAUSE_CLOSED },
        { CURLE_SEND_FAIL_REWIND, DG_CAUSE_IDLE },
        { CURLE_PARTIAL_FILE, DG_CAUSE_TRUNCATED },
        { CURLE_UNSUPPORTED_PROTOCOL, DG_CAUSE_NOT_HTTP }, /* "HTTP/0.9" */
        { CURLE_WEIRD_SERVER_REPLY, DG_CAUSE_NOT_HTTP },
        { CURLE_OUT_OF_MEMORY, DG_CAUSE_NOT_HTTP }, /* an endless header line */
        { CURLE_BAD_CONTENT_ENCODING, DG_CAUSE_ENCODING },
        { CURLE_WRITE_ERROR, DG_CAUSE_ENCODING }, /* of the decoder; ours is told apart */
    };
    if (t->code == CURLE_OPERATION_TIMEDOUT)
        return timeout_cause(t);
    for (size_t k = 0; k < sizeof causes / sizeof *causes; k++)
        if (causes[k].code == t->code)
            return causes[k].cause;
    return DG_CAUSE_OTHER;
}

/* Whatever keeps a connection from standing. */
static bool is_before_start(enum dg_cause cause)
{
    return cause == DG_CAUSE_PROXY || cause == DG_CAUSE_RESOLVE || cause == DG_CAUSE_CONNECT ||
           cause == DG_CAUSE_CONNECT_TIMEOUT || cause == DG_CAUSE_TLS ||
           cause == DG_CAUSE_CERTIFICATE;
}

/* Once the request has begun, no connection can fail to be made for it: then its kept
 * one has died, and libcurl was about to send it once more by another. */
static enum dg_cause wire_cause(const struct dg_transfer *t)
{
    enum dg_cause cause = code_cause(t);
    bool again = t->resend_refused || (t->started && is_before_start(cause));
    return again ? DG_CAUSE_IDLE : cause;
}

static enum dg_cause cause_of(const struct dg_transfer *t)
{
    if (t->overdue != DG_CAUSE_NONE)
        return t->overdue;
    if (t->code == CURLE_OK)
        return t->head_whole ? DG_CAUSE_NONE : DG_CAUSE_TRUNCATED;
    if (*t->refused)
        return DG_CAUSE_PRIVATE;
    if (t->fault.kind != DG_KIND_NONE || dg_receiver_fault(t->order.receiver))
        return DG_CAUSE_OURS;
    return wire_cause(t);
}

/* The one thing worth adding to the sentence for this cause. */
static const char *detail_of(const struct dg_transfer *t, enum dg_cause cause)
{
    long number = 0;
    switch (cause) {
    case DG_CAUSE_PRIVATE:
        return t->refused;
    case DG_CAUSE_CONNECT:
    case DG_CAUSE_RESET:
        curl_easy_getinfo(t->handle, CURLINFO_OS_ERRNO, &number);
        return number ? strerror((int)number) : t->curl_text;
    case DG_CAUSE_URL:
    case DG_CAUSE_PROXY:
    case DG_CAUSE_TLS:
    case DG_CAUSE_CERTIFICATE:
    case DG_CAUSE_CA_FILE:
    case DG_CAUSE_NOT_HTTP:
        return t->curl_text;
    case DG_CAUSE_OTHER:
        return *t->curl_text ? t->curl_text : curl_easy_strerror(t->code);
    default:
        return "";
    }
}

static dg_msec limit_of(const struct dg_transfer *t, enum dg_cause cause)
{
    const struct dg_request *request = t->order.request;
    switch (cause) {
    case DG_CAUSE_STALLED:
        return t->overdue ? request->stall_timeout_ms : STALL_SECONDS * 1000;
    case DG_CAUSE_FIRST_BYTE:
        return request->first_byte_timeout_ms;
    case DG_CAUSE_CONNECT_TIMEOUT:
        return request->connect_timeout_ms;
    default:
        return request->timeout_ms;
    }
}

static void tell_error(const struct dg_transfer *t, enum dg_cause cause, struct dg_error *err)
{
    if (cause == DG_CAUSE_NONE)
        return;
    if (cause != DG_CAUSE_OURS) {
        struct dg_fault fault = { .cause = cause,
                                  .where = t->order.where,
                                  .detail = detail_of(t, cause),
                                  .sent = t->sent,
                                  .size = t->size,
                                  .received = t->received,
                                  .limit_ms = limit_of(t, cause) };
        dg_fault_error(&fault, err);
    } else if (t->fault.kind != DG_KIND_NONE) {
        *err = t->fault;
    } else if (dg_receiver_fault(t->order.receiver)) {
        *err = *dg_receiver_fault(t->order.receiver);
    }
}

/* libcurl's own figure is when an upload begins. */
static dg_msec first_byte_ms(const struct dg_transfer *t)
{
    return status_of(t) == 0 ? -1 : t->answered_at - t->made_at;
}

static const char *header_of(void *self, const char *name)
{
    return header(self, name);
}

/* Nothing of this request was read: its kept connection died under the upload.  One
 * without a body changes nothing at the server. */
static bool is_stale(const struct dg_transfer *t, enum dg_cause cause)
{
    bool broken = cause == DG_CAUSE_RESET || cause == DG_CAUSE_CLOSED || cause == DG_CAUSE_IDLE;
    return broken && t->reused && status_of(t) == 0 && t->received == 0 &&
           (t->sent < t->size || t->size == 0);
}

void dg_transfer_end(const struct dg_transfer *t, struct dg_transfer_end *end)
{
    char *content_type = NULL;
    const char *request_id = header(t, "x-request-id");
    enum dg_cause cause = cause_of(t);
    if (!request_id)
        request_id = header(t, "apim-request-id");
    curl_easy_getinfo(t->handle, CURLINFO_CONTENT_TYPE, &content_type);
    *end = (struct dg_transfer_end){ .whole = cause == DG_CAUSE_NONE,
                                     .status = status_of(t),
                                     .stale = is_stale(t, cause),
                                     .location = t->location,
                                     .content_type = content_type ? content_type : "",
                                     .request_id = request_id ? request_id : "",
                                     .first_byte_ms = first_byte_ms(t),
                                     .bytes_up = t->sent,
                                     .bytes_down = t->received };
    dg_advice_read(&end->advice, header_of, (void *)t, dg_clock_wall());
    tell_error(t, cause, &end->error);
}
