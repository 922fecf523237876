/* SPDX-License-Identifier: MIT
 *
 * The receiving end of one attempt, see receiver.h.
 */
#include "core/receiver.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "core/reply.h"

enum { PATH_BYTES = 4096 };

struct dg_receiver {
    const struct dg_request *request; /* whose answer this is */
    const char *where;                /* the server, for messages */
    struct dg_reply *reply;           /* JSON, or an error body; made when needed */
    struct dg_buffer text;            /* DG_SINK_TEXT */
    struct dg_buffer path;            /* DG_SINK_FILE: the temporary file, "" = none yet */
    int fd;                           /* open on it, -1 = not */
    uint64_t size_bytes;              /* DG_SINK_FILE: bytes written */
    struct dg_error fault;            /* why the rest is refused, kind none = it is not */
};

struct dg_receiver *dg_receiver_new(const struct dg_request *request, const char *where)
{
    struct dg_receiver *r = dg_zalloc(sizeof *r);
    r->request = request;
    r->where = where;
    r->fd = -1;
    dg_buffer_init(&r->text, request->max_bytes);
    dg_buffer_init(&r->path, PATH_BYTES);
    return r;
}

void dg_receiver_free(struct dg_receiver *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    if (r->path.size > 0)
        unlink(r->path.data);
    if (r->reply)
        dg_reply_free(r->reply);
    dg_buffer_done(&r->text);
    dg_buffer_done(&r->path);
    dg_free(r);
}

const struct dg_error *dg_receiver_fault(const struct dg_receiver *r)
{
    return r->fault.kind == DG_KIND_NONE ? NULL : &r->fault;
}

static bool good_status(int status)
{
    return status >= 200 && status <= 299;
}

/* What this body is read as. */
static enum dg_sink effective_sink(const struct dg_receiver *r, int status)
{
    return good_status(status) ? r->request->sink : DG_SINK_REPLY;
}

static struct dg_reply *reply_of(struct dg_receiver *r)
{
    static const char *const none[] = { NULL };
    if (r->reply)
        return r->reply;
    struct dg_reply_options options = { .directory = r->request->directory,
                                        .stem = r->request->stem,
                                        .picture_keys = r->request->picture_keys,
                                        .max_picture_bytes = r->request->max_bytes };
    if (r->request->sink != DG_SINK_REPLY)
        options = (struct dg_reply_options){ .directory = "", .stem = "", .picture_keys = none };
    r->reply = dg_reply_new(&options);
    return r->reply;
}

static bool open_file(struct dg_receiver *r)
{
    if (r->fd >= 0)
        return true;
    r->fd = dg_file_temp(r->request->directory, r->request->stem, &r->path, &r->fault);
    if (r->fd < 0)
        dg_buffer_clear(&r->path); /* whatever it names is not ours */
    return r->fd >= 0;
}

static bool feed_file(struct dg_receiver *r, const char *bytes, size_t n)
{
    if (r->size_bytes + n > r->request->max_bytes)
        return dg_error_set(&r->fault, DG_KIND_IMAGE, "too_large",
                            "%s: sends more than the limit of %llu bytes; --max_image_bytes "
                            "raises it",
                            r->where, (unsigned long long)r->request->max_bytes);
    r->size_bytes += n;
    return open_file(r) && dg_file_write(r->fd, bytes, n, &r->fault);
}

static bool feed_text(struct dg_receiver *r, const char *bytes, size_t n)
{
    if (dg_buffer_add(&r->text, bytes, n))
        return true;
    return dg_error_set(&r->fault, DG_KIND_REPLY, "too_large",
                        "%s: answers with more than the limit of %llu bytes", r->where,
                        (unsigned long long)r->request->max_bytes);
}

bool dg_receiver_feed(struct dg_receiver *r, int status, const char *bytes, size_t n)
{
    if (dg_receiver_fault(r))
        return false;
    switch (effective_sink(r, status)) {
    case DG_SINK_FILE:
        return feed_file(r, bytes, n);
    case DG_SINK_TEXT:
        return feed_text(r, bytes, n);
    default:
        dg_reply_feed(reply_of(r), bytes, n);
        return true;
    }
}

static void set_text(char **into, const char *text, size_t size_bytes)
{
    dg_free(*into);
    *into = dg_strndup(text, size_bytes);
}

static void take_pictures(struct dg_reply *reply, struct dg_outcome *o)
{
    size_t count = dg_reply_count(reply);
    if (count == 0)
        return;
    o->pictures = dg_zalloc(count * sizeof *o->pictures);
    o->picture_count = count;
    for (size_t k = 0; k < count; k++) {
        o->pictures[k] = *dg_reply_picture(reply, k);
        o->pictures[k].path = dg_strdup(o->pictures[k].path);
    }
    dg_reply_keep(reply);
}

static bool end_reply(struct dg_receiver *r, int status, struct dg_outcome *o, struct dg_error *err)
{
    struct dg_reply *reply = reply_of(r);
    bool ok = dg_reply_end(reply, status, err);
    const char *rest = dg_reply_rest(reply, &o->text_size);
    dg_free(o->text);
    o->text = dg_alloc(o->text_size + 1);
    memcpy(o->text, rest, o->text_size);
    o->text[o->text_size] = '\0';
    if (ok) {
        take_pictures(reply, o);
        return true;
    }
    const char *type = dg_reply_error_type(reply);
    const char *param = dg_reply_error_param(reply);
    set_text(&o->error_type, type, strlen(type));
    set_text(&o->error_param, param, strlen(param));
    return dg_error_at(err, "%s", r->where);
}

/* Network file systems tell of a full disk here. */
static bool close_file(struct dg_receiver *r, struct dg_error *err)
{
    int fd = r->fd;
    r->fd = -1;
    return close(fd) == 0 || dg_file_failed(err, "write", r->path.data, errno);
}

/* The file becomes the outcome's one picture, whatever it holds. */
static bool end_file(struct dg_receiver *r, struct dg_outcome *o, struct dg_error *err)
{
    if (!open_file(r)) { /* an empty body */
        *err = r->fault;
        return false;
    }
    if (!close_file(r, err))
        return false;
    struct dg_picture picture = { .path = NULL };
    if (!dg_image_file(r->path.data, &picture.info, &picture.size_bytes, err))
        return dg_error_at(err, "%s", r->where);
    picture.path = dg_buffer_take(&r->path);
    o->pictures = dg_zalloc(sizeof *o->pictures);
    o->pictures[0] = picture;
    o->picture_count = 1;
    return true;
}

bool dg_receiver_end(struct dg_receiver *r, int status, struct dg_outcome *o, struct dg_error *err)
{
    if (dg_receiver_fault(r)) {
        *err = r->fault;
        return false;
    }
    switch (effective_sink(r, status)) {
    case DG_SINK_FILE:
        return end_file(r, o, err);
    case DG_SINK_TEXT:
        dg_free(o->text);
        o->text_size = r->text.size;
        o->text = dg_buffer_take(&r->text);
        return true;
    default:
        return end_reply(r, status, o, err);
    }
}
