/* SPDX-License-Identifier: MIT
 *
 * Faults of the wire in words, as one table.
 */
#include "core/fault.h"

#include <stdio.h>

/* What a sentence adds about the progress made. */
enum extent { NO_EXTENT, TELL_UPLOAD, TELL_ANSWER };

static const struct {
    enum dg_kind kind;
    const char *code;
    const char *what;   /* happened */
    enum extent extent; /* told after it */
    const char *next;   /* to do, or "" */
} faults[DG_CAUSE_COUNT] = {
    [DG_CAUSE_URL] = { DG_KIND_USAGE, "bad_url", "this URL cannot be used", NO_EXTENT, "" },
    [DG_CAUSE_PROXY] = { DG_KIND_NETWORK, "proxy", "the proxy could not be used", NO_EXTENT,
                         "check http_proxy, https_proxy and no_proxy" },
    [DG_CAUSE_RESOLVE] = { DG_KIND_NETWORK, "resolve", "the host name is not known", NO_EXTENT,
                           "check its spelling and the network" },
    [DG_CAUSE_CONNECT] = { DG_KIND_NETWORK, "connect", "no connection could be made", NO_EXTENT,
                           "is the server running, and is the port right?" },
    [DG_CAUSE_CONNECT_TIMEOUT] = { DG_KIND_TIMEOUT, "connect_timeout",
                                   "no connection could be made in time", NO_EXTENT,
                                   "check the network, or a firewall between" },
    [DG_CAUSE_PRIVATE] = { DG_KIND_NETWORK, "private_address",
                           "leads to an address that is not public", NO_EXTENT,
                           "--allow_private_urls permits it" },
    [DG_CAUSE_TLS] = { DG_KIND_NETWORK, "tls", "no TLS session could be made", NO_EXTENT,
                       "is https right for this port?" },
    [DG_CAUSE_CERTIFICATE] = { DG_KIND_NETWORK, "certificate",
                               "the server's certificate is not trusted", NO_EXTENT,
                               "check the host name and who signed the certificate" },
    [DG_CAUSE_CA_FILE] = { DG_KIND_CONFIG, "ca_file",
                           "the file of trusted certificates cannot be used", NO_EXTENT,
                           "install the package ca-certificates, or name another file" },
    [DG_CAUSE_TIMEOUT] = { DG_KIND_TIMEOUT, "timeout", "no whole answer in time", TELL_ANSWER,
                           "a longer --timeout may help" },
    [DG_CAUSE_FIRST_BYTE] = { DG_KIND_TIMEOUT, "first_byte_timeout", "no answer began in time",
                              TELL_ANSWER, "a longer --first_byte_timeout may help" },
    [DG_CAUSE_STALLED] = { DG_KIND_TIMEOUT, "stalled", "the transfer stood still", TELL_ANSWER,
                           "" },
    [DG_CAUSE_RESET] = { DG_KIND_NETWORK, "reset", "the connection broke", TELL_UPLOAD, "" },
    [DG_CAUSE_CLOSED] = { DG_KIND_NETWORK, "reset",
                          "the server closed the connection without an answer", TELL_UPLOAD, "" },
    [DG_CAUSE_IDLE] = { DG_KIND_NETWORK, "reset",
                        "the kept connection had died, and nothing is sent twice unasked",
                        TELL_UPLOAD, "" },
    [DG_CAUSE_TRUNCATED] = { DG_KIND_NETWORK, "truncated", "the answer broke off", TELL_ANSWER,
                             "" },
    [DG_CAUSE_NOT_HTTP] = { DG_KIND_NETWORK, "not_http", "the answer is not HTTP", NO_EXTENT,
                            "is this the address of an HTTP server?" },
    [DG_CAUSE_ENCODING] = { DG_KIND_REPLY, "bad_encoding",
                            "the answer is not encoded as its header says", NO_EXTENT, "" },
    [DG_CAUSE_OTHER] = { DG_KIND_NETWORK, "network", "the transfer failed", TELL_UPLOAD, "" },
};

enum { EXTENT_BYTES = 160 };

static void tell_upload(const struct dg_fault *f, char text[EXTENT_BYTES])
{
    if (f->size == 0)
        text[0] = '\0';
    else if (f->sent == f->size)
        snprintf(text, EXTENT_BYTES, " after the whole upload (%llu bytes)",
                 (unsigned long long)f->size);
    else
        snprintf(text, EXTENT_BYTES, " during the upload (%llu of %llu bytes sent)",
                 (unsigned long long)f->sent, (unsigned long long)f->size);
}

static void tell_extent(const struct dg_fault *f, char text[EXTENT_BYTES])
{
    enum extent extent = faults[f->cause].extent;
    text[0] = '\0';
    if (extent == NO_EXTENT)
        return;
    if (extent == TELL_ANSWER && (f->received > 0 || f->cause == DG_CAUSE_TRUNCATED))
        snprintf(text, EXTENT_BYTES, " after %llu bytes", (unsigned long long)f->received);
    else
        tell_upload(f, text);
}

void dg_fault_error(const struct dg_fault *f, struct dg_error *err)
{
    char extent[EXTENT_BYTES];
    char limit[48] = "";
    tell_extent(f, extent);
    if (faults[f->cause].kind == DG_KIND_TIMEOUT)
        snprintf(limit, sizeof limit, " (limit %.10g s)", (double)f->limit_ms / 1000.0);
    const char *next = faults[f->cause].next;
    dg_error_set(err, faults[f->cause].kind, faults[f->cause].code, "%s: %s%s%s%s%s%s%s%s",
                 f->where, faults[f->cause].what, limit, extent, *f->detail ? " (" : "", f->detail,
                 *f->detail ? ")" : "", *next ? "; " : "", next);
}
