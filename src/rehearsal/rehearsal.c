/* SPDX-License-Identifier: MIT
 *
 * The public face: a server's birth, opening and end.
 */
#include "rehearsal/rehearsal.h"

#include <unistd.h>

#include "base/base64.h"
#include "base/memory.h"
#include "rehearsal/journal.h"
#include "rehearsal/server.h"

enum { GALLERY_BYTES = 64 * 1024 * 1024, VARIANT_FIXED = 0 };

static void make_fixed(struct dg_rehearsal *s)
{
    struct dg_exhibit *e = dg_gallery_fixed(s->gallery);
    struct dg_buffer png;

    dg_buffer_init(&png, e->sketch->png.size);
    dg_sketch_encode(e->sketch, VARIANT_FIXED, DG_ENCODING_PNG, &png);
    char *text = dg_zalloc(dg_base64_size(png.size) + 1);
    dg_base64_encode((const uint8_t *)png.data, png.size, text);
    dg_buffer_text(&s->fixed_base64, text);
    dg_free(text);
    dg_buffer_done(&png);
    dg_gallery_release(s->gallery, e);
}

bool dg_rehearsal_open(struct dg_rehearsal *s, struct dg_error *err)
{
    s->opened_ms = dg_clock_now();
    s->opened_wall_ms = dg_clock_wall();
    s->quota = dg_quota_new(s->options.rate_limit);
    s->gallery = dg_gallery_new(GALLERY_BYTES);
    if (s->options.fixed)
        make_fixed(s);
    if (s->options.request_log) {
        s->journal_fd = dg_journal_open(s->options.request_log, err);
        if (s->journal_fd < 0)
            return false;
    }
    s->listen_fd = dg_rehearsal_listen(s, err);
    return s->listen_fd >= 0 && dg_rehearsal_start(s, err);
}

struct dg_rehearsal *dg_rehearsal_new(void)
{
    struct dg_rehearsal *s = dg_zalloc(sizeof(*s));

    dg_rehearsal_options_init(&s->options);
    dg_timers_init(&s->timers);
    dg_buffer_init(&s->fixed_base64, GALLERY_BYTES);
    s->listen_fd = -1;
    s->epoll_fd = -1;
    s->journal_fd = -1;
    return s;
}

void dg_rehearsal_free(struct dg_rehearsal *s)
{
    if (!s)
        return;
    dg_rehearsal_halt(s);
    if (s->journal_fd >= 0)
        close(s->journal_fd);
    dg_timers_done(&s->timers);
    dg_quota_free(s->quota);
    dg_gallery_free(s->gallery);
    dg_buffer_done(&s->fixed_base64);
    dg_rehearsal_options_done(&s->options);
    dg_free(s);
}

bool dg_rehearsal_set(struct dg_rehearsal *s, const char *name, const char *value,
                      struct dg_error *err)
{
    return dg_rehearsal_options_set(&s->options, name, value, err);
}

const char *dg_rehearsal_url(const struct dg_rehearsal *s)
{
    return s->url;
}
