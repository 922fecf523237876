/* SPDX-License-Identifier: MIT
 *
 * How an attempt ended: libcurl's result in our terms, and what the headers say.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "core/transfer_state.h"

/* The absolute URL a Location header leads to; spaces in it are common. */
static char *resolve_location(const struct dg_transfer *t)
{
    struct curl_header *header;
    if (curl_easy_header(t->handle, "Location", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    const char *target = header->value;
    char *whole = NULL;
    char *copy = NULL;
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
    int status = dg_transfer_status(t);
    t->code = (CURLcode)code;
    if (status >= 300 && status <= 399)
        t->location = resolve_location(t);
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
        return t->overdue ? request->stall_timeout_ms : DG_TRANSFER_STILL_SECONDS * 1000;
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
    return dg_transfer_status(t) == 0 ? -1 : t->answered_at - t->made_at;
}

/* Many are asked for, and libcurl looks through all of its list for each. */
enum { HEADERS = 256 };

struct headers {
    size_t count; /* listed; what comes behind is not asked for */
    struct {
        const char *name, *value;
    } list[HEADERS]; /* libcurl's own texts */
};

static void list_headers(const struct dg_transfer *t, struct headers *h)
{
    struct curl_header *found = NULL;
    h->count = 0;
    while (h->count < HEADERS &&
           (found = curl_easy_nextheader(t->handle, CURLH_HEADER, -1, found))) {
        h->list[h->count].name = found->name;
        h->list[h->count++].value = found->value;
    }
}

static const char *header_of(void *self, const char *name)
{
    const struct headers *h = self;
    for (size_t k = 0; k < h->count; k++)
        if (strcasecmp(h->list[k].name, name) == 0)
            return h->list[k].value;
    return NULL;
}

/* Nothing of this request was read: its kept connection died under the upload.  One
 * without a body changes nothing at the server. */
static bool is_stale(const struct dg_transfer *t, enum dg_cause cause)
{
    bool broken = cause == DG_CAUSE_RESET || cause == DG_CAUSE_CLOSED || cause == DG_CAUSE_IDLE;
    return broken && t->reused && dg_transfer_status(t) == 0 && t->received == 0 &&
           (t->sent < t->size || t->size == 0);
}

void dg_transfer_end(const struct dg_transfer *t, struct dg_transfer_end *end)
{
    struct headers headers;
    list_headers(t, &headers);
    const char *content_type = header_of(&headers, "content-type");
    const char *request_id = header_of(&headers, "x-request-id");
    enum dg_cause cause = cause_of(t);
    if (!request_id)
        request_id = header_of(&headers, "apim-request-id");
    *end = (struct dg_transfer_end){ .whole = cause == DG_CAUSE_NONE,
                                     .status = dg_transfer_status(t),
                                     .stale = is_stale(t, cause),
                                     .location = t->location,
                                     .content_type = content_type ? content_type : "",
                                     .request_id = request_id ? request_id : "",
                                     .first_byte_ms = first_byte_ms(t),
                                     .bytes_up = t->sent,
                                     .bytes_down = t->received };
    dg_advice_init(&end->advice);
    if (t->advised)
        dg_advice_read(&end->advice, header_of, &headers, dg_clock_wall());
    tell_error(t, cause, &end->error);
}
