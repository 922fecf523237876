/* SPDX-License-Identifier: MIT
 *
 * The order in which a request is looked at: key, names, model, values, files.
 */
#include "rehearsal/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *dg_check_bearer(const char *authorization)
{
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    const char *key = authorization + 7 + strspn(authorization + 7, " ");
    return *key ? key : NULL;
}

/* "sk-12***cdef", as the API itself shows a key. */
static void mask(const char *key, char *out, size_t size)
{
    size_t length = strlen(key);
    int head = length >= 13 ? 5 : length >= 4 ? 2 : 0;
    size_t tail = length >= 13 ? 4 : 0;
    snprintf(out, size, "%.*s***%s", head, key, key + length - tail);
}

bool dg_check_key(const struct dg_rehearsal_options *o, const char *key, struct dg_refusal *r)
{
    char masked[32];

    if (!key)
        return dg_refuse(r, 401, NULL, NULL,
                         "You didn't provide an API key. You need to provide your API key in an "
                         "Authorization header using Bearer auth (i.e. Authorization: Bearer "
                         "YOUR_KEY). You can obtain an API key from "
                         "https://platform.openai.com/account/api-keys.");
    for (size_t i = 0; i < o->key_count; i++) {
        if (strcmp(o->keys[i], key) == 0)
            return true;
    }
    if (o->key_count == 0)
        return true;
    mask(key, masked, sizeof(masked));
    return dg_refuse(r, 401, NULL, "invalid_api_key",
                     "Incorrect API key provided: %s. You can find your API key at "
                     "https://platform.openai.com/account/api-keys.",
                     masked);
}

static bool check_duplicates(const struct dg_form *form, struct dg_refusal *r)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const char *name = form->fields[i]->name;
        if (dg_form_find(form, name) == form->fields[i] || dg_check_is_file(form, name))
            continue;
        return dg_refuse(r, 400, name, "duplicate_parameter",
                         "Duplicate parameter: '%s'. You provided multiple values for this "
                         "parameter, whereas only one is allowed.",
                         name);
    }
    return true;
}

static bool check_model(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r)
{
    const char *id = dg_form_text(form, "model", dg_model_default);

    order->model = dg_model_find(id);
    if (!order->model)
        return dg_refuse(r, 404, NULL, "model_not_found",
                         "The model `%.100s` does not exist or you do not have access to it.", id);
    if (form->json && !(order->model->traits & DG_TRAIT_GPT))
        return dg_refuse(r, 400, "model", "invalid_value",
                         "The model '%s' does not take a JSON body: send multipart/form-data.", id);
    return true;
}

static bool check_values(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r)
{
    for (size_t i = 0; i < form->field_count; i++) {
        if (!dg_check_value(form->fields[i], order->model, r))
            return false;
    }
    for (size_t i = 0; i < form->part_count; i++) {
        const char *name = form->parts[i]->name;
        if (dg_check_is_file(form, name))
            continue;
        return dg_refuse(r, 400, name, "invalid_type",
                         "Invalid type for '%s': expected a string, but got a file instead.", name);
    }
    return true;
}

static bool same(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* What two parameters together make impossible. */
static bool check_together(const struct dg_form *form, const struct dg_order *order,
                           struct dg_refusal *r)
{
    const char *compression = dg_form_text(form, "output_compression", "100");

    if (same(order->background, "transparent") && order->encoding == DG_ENCODING_JPEG)
        return dg_refuse(r, 400, "background", "invalid_value",
                         "Transparent background is not supported for JPEG output format.");
    if (!same(compression, "100") && order->encoding != DG_ENCODING_JPEG &&
        order->encoding != DG_ENCODING_WEBP)
        return dg_refuse(r, 400, "output_compression", "invalid_value",
                         "Compression less than 100 is not supported for %s output format.",
                         dg_encoding_name(order->encoding));
    if (same(dg_form_text(form, "stream", "false"), "true"))
        return dg_refuse(r, 400, "stream", "unsupported_value",
                         "Unsupported value: 'stream' does not support true with the rehearsal "
                         "server. Only the default (false) value is supported.");
    return true;
}

static bool check_order(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r)
{
    const char *format = dg_form_text(form, "output_format", "png");
    const char *response = dg_form_text(form, "response_format", "url");

    order->prompt = dg_form_text(form, "prompt", NULL);
    if (!order->prompt)
        return dg_refuse(r, 400, "prompt", "missing_required_parameter",
                         "Missing required parameter: 'prompt'.");
    order->quality = dg_form_text(form, "quality", "auto");
    order->background = dg_form_text(form, "background", "auto");
    order->encoding = dg_encoding_find(format);
    order->n = (unsigned)strtoul(dg_form_text(form, "n", "1"), NULL, 10);
    order->url = (order->model->traits & DG_TRAIT_DALLE) != 0 && same(response, "url");
    return check_together(form, order, r);
}

bool dg_check_form(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r)
{
    memset(order, 0, sizeof(*order));
    if (form->trouble.status != 0) {
        *r = form->trouble;
        return false;
    }
    return check_duplicates(form, r) && check_model(form, order, r) &&
           check_values(form, order, r) && check_order(form, order, r) &&
           dg_check_images(form, order, r);
}

void dg_check_list(const char *const *names, struct dg_buffer *out)
{
    size_t count = 0;

    while (names[count])
        count++;
    for (size_t i = 0; i < count; i++) {
        const char *between = i == 0 ? "" : i + 1 < count ? ", " : count == 2 ? " and " : ", and ";
        dg_buffer_printf(out, "%s'%s'", between, names[i]);
    }
}
