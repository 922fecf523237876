/* SPDX-License-Identifier: MIT
 *
 * Which request gets what: edits, chats, models, pictures, stats; all else is 404.
 */
#include <string.h>

#include <microhttpd.h>

#include "rehearsal/address.h"
#include "rehearsal/answer.h"
#include "rehearsal/server.h"
#include "rehearsal/visit.h"

void dg_visit_refuse(struct dg_visit *v)
{
    v->status = v->refusal.status;
    dg_answer_refusal(&v->refusal, &v->answer);
}

bool dg_visit_has_key(struct dg_visit *v)
{
    if (dg_check_key(&v->server->options, dg_address_key(v->connection), &v->refusal))
        return true;
    dg_visit_refuse(v);
    return false;
}

static void no_such_url(struct dg_visit *v)
{
    dg_refuse(&v->refusal, 404, NULL, NULL, "Invalid URL (%.16s %.200s)", v->method, v->path);
    dg_visit_refuse(v);
}

static void models(struct dg_visit *v, const char *id)
{
    v->status = 200;
    if (!dg_visit_has_key(v) || dg_answer_models(id, &v->answer))
        return;
    dg_refuse(&v->refusal, 404, "model", "model_not_found", "The model '%.100s' does not exist",
              id);
    dg_visit_refuse(v);
}

/* The pictures behind URLs are open to whoever knows their names, as the real
 * ones are. */
static void picture(struct dg_visit *v, const char *name)
{
    uint64_t id;
    uint32_t variant;
    enum dg_encoding encoding;

    if (dg_answer_parse_name(name, &id, &variant, &encoding))
        v->exhibit = dg_gallery_find(v->server->gallery, id);
    if (v->exhibit && dg_sketch_encode(v->exhibit->sketch, variant, encoding, &v->answer)) {
        v->status = 200;
        v->type = dg_encoding_type(encoding);
        return;
    }
    no_such_url(v);
}

static void stats(struct dg_visit *v)
{
    v->status = 200;
    dg_tally_print(&v->server->tally, dg_quota_keys(v->server->quota), &v->answer);
}

static void get(struct dg_visit *v, const char *path)
{
    if (strcmp(path, "/models") == 0)
        models(v, NULL);
    else if (strncmp(path, "/models/", 8) == 0)
        models(v, path + 8);
    else if (strncmp(path, "/pictures/", 10) == 0)
        picture(v, path + 10);
    else if (strcmp(path, "/rehearsal/stats") == 0)
        stats(v);
    else
        no_such_url(v);
}

void dg_visit_route(struct dg_visit *v)
{
    bool reading = strcmp(v->method, "GET") == 0 || strcmp(v->method, "HEAD") == 0;

    if (v->edit)
        dg_visit_edit(v);
    else if (v->chat)
        dg_visit_chat(v);
    else if (reading && dg_address_versioned(v->connection, v->path))
        get(v, dg_address_tail(v->path));
    else
        no_such_url(v);
}
