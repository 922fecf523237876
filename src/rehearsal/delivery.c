/* SPDX-License-Identifier: MIT
 *
 * The answer on its way: whole, in drops, in halves, or not at all.
 */
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/memory.h"
#include "rehearsal/server.h"
#include "rehearsal/visit.h"

enum { PIECE_BYTES = 16 * 1024, DRIP_STEP_MS = 20, RESET_PAUSE_MS = 20, DURATION_BYTES = 32 };

/* A connect to nowhere makes the kernel drop the connection with a reset. */
static void reset(struct dg_visit *v)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(v->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

    if (info)
        (void)!connect(info->connect_fd, &nowhere, sizeof(nowhere));
}

static ssize_t copy(const struct dg_visit *v, uint64_t from, char *out, size_t most)
{
    size_t left = v->answer.size - (size_t)from;
    size_t n = left < most ? left : most;
    memcpy(out, v->answer.data + from, n);
    return (ssize_t)n;
}

/* Half the answer, and a moment for it to arrive before the reset. */
static ssize_t read_half(struct dg_visit *v, uint64_t at, char *out, size_t most)
{
    uint64_t half = v->answer.size / 2;

    if (at < half)
        return copy(v, at, out, most < half - at ? most : (size_t)(half - at));
    if (v->manner == DG_MANNER_HALF_RESET && !v->paused) {
        v->paused = true;
        dg_visit_suspend(v, dg_clock_now() + RESET_PAUSE_MS);
        return 0;
    }
    if (v->manner == DG_MANNER_HALF_RESET)
        reset(v);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t read_drip(struct dg_visit *v, uint64_t at, char *out, size_t most)
{
    dg_msec now = dg_clock_now();
    uint64_t due = v->answer.size;

    if (at == 0 && v->drip_began_ms == 0)
        v->drip_began_ms = now;
    if (now - v->drip_began_ms < v->drip_ms)
        due = due * (uint64_t)(now - v->drip_began_ms) / (uint64_t)v->drip_ms;
    if (at < due)
        return copy(v, at, out, most < due - at ? most : (size_t)(due - at));
    dg_visit_suspend(v, now + DRIP_STEP_MS);
    return 0;
}

static ssize_t read_piece(void *self, uint64_t at, char *out, size_t most)
{
    struct dg_visit *v = self;

    if (v->gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (v->manner == DG_MANNER_DRIP)
        return read_drip(v, at, out, most);
    return read_half(v, at, out, most);
}

static void free_text(void *text)
{
    dg_free(text);
}

static struct MHD_Response *make_response(struct dg_visit *v)
{
    size_t size = v->answer.size;

    if (v->manner != DG_MANNER_WHOLE)
        return MHD_create_response_from_callback(size, PIECE_BYTES, read_piece, v, NULL);
    char *text = dg_buffer_take(&v->answer);
    return MHD_create_response_from_buffer_with_free_callback_cls(size, text, free_text, text);
}

/* "750ms", "1s", "6m0s", as the API writes spans. */
static void write_span(dg_msec ms, char out[DURATION_BYTES])
{
    if (ms < 1000)
        snprintf(out, DURATION_BYTES, "%" PRId64 "ms", ms);
    else if (ms < 60 * 1000)
        snprintf(out, DURATION_BYTES, "%.4gs", (double)ms / 1000);
    else
        snprintf(out, DURATION_BYTES, "%" PRId64 "m%" PRId64 "s", ms / 60000, ms / 1000 % 60);
}

static void add_number(struct MHD_Response *r, const char *name, int64_t value)
{
    char text[DURATION_BYTES];
    snprintf(text, sizeof(text), "%" PRId64, value);
    MHD_add_response_header(r, name, text);
}

static void add_quota(const struct dg_visit *v, struct MHD_Response *r)
{
    char span[DURATION_BYTES];

    write_span(v->quota.reset_ms, span);
    add_number(r, "x-ratelimit-limit-requests", v->quota.limit);
    add_number(r, "x-ratelimit-remaining-requests", v->quota.remaining);
    MHD_add_response_header(r, "x-ratelimit-reset-requests", span);
    if (v->quota.retry_ms > 0) {
        add_number(r, "Retry-After", (v->quota.retry_ms + 999) / 1000);
        add_number(r, "retry-after-ms", v->quota.retry_ms);
    }
}

static void add_headers(const struct dg_visit *v, struct MHD_Response *r)
{
    MHD_add_response_header(r, "Content-Type", v->type);
    MHD_add_response_header(r, "x-request-id", v->request_id);
    if (v->edit) {
        MHD_add_response_header(r, "openai-version", "2020-10-01");
        add_number(r, "openai-processing-ms", dg_clock_now() - v->arrived_ms);
    }
    if (v->metered)
        add_quota(v, r);
    for (unsigned i = 0; v->fault && i < DG_MISHAP_HEADERS; i++) {
        if (v->fault->headers[i][0])
            MHD_add_response_header(r, dg_mishap_header(i), v->fault->headers[i]);
    }
}

bool dg_visit_deliver(struct dg_visit *v)
{
    if (v->manner == DG_MANNER_RESET)
        reset(v);
    if (v->manner == DG_MANNER_RESET || v->manner == DG_MANNER_CLOSE || v->gone)
        return false;
    struct MHD_Response *response = make_response(v);
    if (!response)
        return false;
    add_headers(v, response);
    bool ok = MHD_queue_response(v->connection, v->status, response) == MHD_YES;
    MHD_destroy_response(response);
    if (ok)
        v->sent_status = v->status;
    return ok;
}
