/* SPDX-License-Identifier: MIT
 *
 * Answers: pictures with their usage, refusals, models.
 */
#include "rehearsal/answer.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/dice.h"

enum {
    VARIANTS = 0x10000,
    PICTURE_BYTES_MAX = 16 * 1024 * 1024,
    ID_DIGITS = 16,
    VARIANT_DIGITS = 4
};

static const char hex_digits[] = "0123456789abcdef";
static const char no_picture[] = "This is not a picture, only a text in base64.";

/* The same prompt gives the same colours, the next picture the next ones. */
static uint32_t variant_of(const struct dg_answer *a, unsigned k)
{
    uint64_t hash = 0;

    for (const char *c = a->order->prompt; *c; c++)
        hash = dg_dice_mix(hash, (unsigned char)*c);
    return (uint32_t)((hash + k) % VARIANTS);
}

static bool add_base64(const void *bytes, size_t size, struct dg_buffer *out)
{
    size_t length = dg_base64_size(size);
    char *text = dg_alloc(length + 1);

    dg_base64_encode(bytes, size, text);
    bool ok = dg_buffer_add(out, text, length);
    dg_free(text);
    return ok;
}

static bool add_picture(const struct dg_answer *a, unsigned k, struct dg_buffer *out)
{
    struct dg_buffer picture;

    if (a->spoil == DG_SPOIL_IMAGE)
        return add_base64(no_picture, sizeof(no_picture) - 1, out);
    if (a->spoil == DG_SPOIL_BASE64)
        dg_buffer_text(out, "*** this is no base64 ***");
    if (a->base64)
        return dg_buffer_text(out, a->base64);
    dg_buffer_init(&picture, PICTURE_BYTES_MAX);
    bool ok = dg_sketch_encode(a->exhibit->sketch, variant_of(a, k), a->encoding, &picture) &&
              add_base64(picture.data, picture.size, out);
    dg_buffer_done(&picture);
    return ok;
}

static bool add_data(const struct dg_answer *a, struct dg_buffer *out)
{
    bool ok = dg_buffer_text(out, "\"data\":[");

    for (unsigned k = 0; ok && k < a->count; k++) {
        dg_buffer_text(out, k ? ",{" : "{");
        if (a->url) {
            ok = dg_buffer_printf(out, "\"url\":\"%s/pictures/%016" PRIx64 "-%04" PRIx32 ".%s\"}",
                                  a->site, a->exhibit->id, variant_of(a, k),
                                  dg_encoding_name(a->encoding));
        } else {
            dg_buffer_text(out, "\"b64_json\":\"");
            ok = add_picture(a, k, out) && dg_buffer_text(out, "\"}");
        }
    }
    return ok && dg_buffer_text(out, "]");
}

/* Exactly `digits` lower-case hexadecimal ones. */
static bool parse_hex(const char *text, size_t digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        const char *digit = text[i] ? strchr(hex_digits, text[i]) : NULL;
        if (!digit)
            return false;
        *value = *value << 4 | (uint64_t)(digit - hex_digits);
    }
    return true;
}

bool dg_answer_parse_name(const char *name, uint64_t *id, uint32_t *variant,
                          enum dg_encoding *encoding)
{
    uint64_t number;

    if (!parse_hex(name, ID_DIGITS, id) || name[ID_DIGITS] != '-' ||
        !parse_hex(name + ID_DIGITS + 1, VARIANT_DIGITS, &number) ||
        name[ID_DIGITS + 1 + VARIANT_DIGITS] != '.')
        return false;
    *variant = (uint32_t)number;
    *encoding = dg_encoding_find(name + ID_DIGITS + 1 + VARIANT_DIGITS + 1);
    return *encoding != DG_ENCODING_NONE;
}

static unsigned output_tokens(const char *quality)
{
    if (strcmp(quality, "low") == 0)
        return 272;
    return strcmp(quality, "high") == 0 ? 4160 : 1056;
}

/* Plausible numbers: what the real API bills for such a request. */
static void add_usage(const struct dg_answer *a, struct dg_buffer *out)
{
    const unsigned images = 323 * (unsigned)a->order->image_count;
    const unsigned text = (unsigned)strlen(a->order->prompt) / 4 + 8;
    const unsigned output = output_tokens(a->order->quality) * a->order->n;

    dg_buffer_printf(out,
                     "\"usage\":{\"total_tokens\":%u,\"input_tokens\":%u,\"output_tokens\":%u,"
                     "\"input_tokens_details\":{\"text_tokens\":%u,\"image_tokens\":%u}}",
                     images + text + output, images + text, output, text, images);
}

static const char *unless_auto(const char *value, const char *otherwise)
{
    return strcmp(value, "auto") == 0 ? otherwise : value;
}

bool dg_answer_print(const struct dg_answer *a, struct dg_buffer *out)
{
    const struct dg_sketch *s = a->exhibit->sketch;

    dg_buffer_printf(out, "{\"created\":%" PRId64 ",", dg_clock_wall() / 1000);
    if (!add_data(a, out))
        return false;
    if (a->order->model->traits & DG_TRAIT_GPT) {
        dg_buffer_printf(out,
                         ",\"background\":\"%s\",\"output_format\":\"%s\",\"quality\":\"%s\","
                         "\"size\":\"%ux%u\",",
                         unless_auto(a->order->background, "opaque"), dg_encoding_name(a->encoding),
                         unless_auto(a->order->quality, "medium"), s->width, s->height);
        add_usage(a, out);
    }
    return dg_buffer_text(out, "}\n");
}

static void add_word(const char *name, const char *text, struct dg_buffer *out)
{
    dg_buffer_printf(out, "\"%s\":", name);
    if (text[0])
        dg_json_quote(out, text, strlen(text));
    else
        dg_buffer_text(out, "null");
}

void dg_answer_refusal(const struct dg_refusal *r, struct dg_buffer *out)
{
    dg_buffer_text(out, "{\"error\":{");
    add_word("message", r->message, out);
    dg_buffer_text(out, ",");
    add_word("type", r->type, out);
    dg_buffer_text(out, ",");
    add_word("param", r->param, out);
    dg_buffer_text(out, ",");
    add_word("code", r->code, out);
    dg_buffer_text(out, "}}\n");
}

static void add_model(const struct dg_model *m, struct dg_buffer *out)
{
    dg_buffer_printf(out,
                     "{\"id\":\"%s\",\"object\":\"model\",\"created\":%" PRId64
                     ",\"owned_by\":\"rehearsal\",",
                     m->id, m->created);
    add_word("shutdown_date", m->shutdown_date ? m->shutdown_date : "", out);
    dg_buffer_text(out, "}");
}

bool dg_answer_models(const char *id, struct dg_buffer *out)
{
    const struct dg_model *model = id ? dg_model_find(id) : NULL;

    if (model)
        add_model(model, out);
    if (id)
        return model != NULL;
    dg_buffer_text(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; (model = dg_model_at(i)) != NULL; i++) {
        dg_buffer_text(out, i ? "," : "");
        add_model(model, out);
    }
    return dg_buffer_text(out, "]}\n");
}
