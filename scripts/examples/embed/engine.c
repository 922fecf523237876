/* SPDX-License-Identifier: MIT
 *
 * The engine without Lua: one edit at $OPENAI_API_BASE; prints where the picture is.
 *
 *     engine PICTURE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <diffgentor.h>

static const char PROMPT[] = "Add a red hat to the person";
static const char MODEL[] = "gpt-image-1";

/* Sends the form and waits for the one request that is under way. */
static struct dg_outcome *send_form(struct dg_engine *e, struct dg_pool *pool,
                                    struct dg_multipart *form, struct dg_error *err)
{
    struct dg_request request = { .pool = pool, .path = "/images/edits", .form = form };
    struct dg_outcome *outcome = NULL;
    request.directory = "/tmp";
    request.stem = "edited";
    uint64_t id = dg_engine_submit(e, &request, err);
    if (id != 0)
        dg_engine_wait(e, -1, &id, &outcome);
    return outcome;
}

int main(int argc, char **argv)
{
    const char *base = getenv("OPENAI_API_BASE"), *key_text = getenv("OPENAI_API_KEY");
    if (argc != 2 || !base || !key_text)
        return 2;
    struct dg_error err = { .kind = DG_KIND_NONE };
    struct dg_key key = { .text = key_text };
    struct dg_endpoint endpoint = { .base = base, .keys = &key, .key_count = 1, .weight = 1 };
    struct dg_pool *pool = dg_pool_new(&(struct dg_pool_options){ &endpoint, 1, NULL }, &err);
    struct dg_engine *e = dg_engine_new(&(struct dg_engine_options){ .wake_fd = -1 }, &err);
    struct dg_multipart *form = dg_multipart_new(&err);
    struct dg_outcome *o = NULL;
    if (pool && e && form && dg_multipart_field(form, "model", MODEL, strlen(MODEL), &err) &&
        dg_multipart_field(form, "prompt", PROMPT, strlen(PROMPT), &err) &&
        dg_multipart_picture(form, argv[1], NULL, NULL, &err))
        o = send_form(e, pool, form, &err);
    bool ok = o && o->ok && o->picture_count > 0;
    if (ok)
        printf("engine: %s\n", o->pictures[0].path);
    else
        fprintf(stderr, "engine: %s\n", o ? o->error.message : err.message);
    if (ok)
        o->pictures_taken = true; /* the file stays */
    dg_outcome_free(o);
    dg_multipart_free(form);
    dg_engine_free(e);
    dg_pool_free(pool);
    return ok ? 0 : 1;
}
