/* SPDX-License-Identifier: MIT
 *
 * The files of a request: how many, of which kind, how large, and whether the
 * mask fits.  Their headers are read, nothing is decoded.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "rehearsal/check.h"
#include "rehearsal/decode.h"

enum { MB = 1024 * 1024, MASK_LIMIT_BYTES = 4 * MB };

static bool is_image(const struct dg_form *form, const char *name)
{
    if (form->json)
        return strncmp(name, "images[", 7) == 0;
    return strcmp(name, "image") == 0 || strcmp(name, "image[]") == 0;
}

bool dg_check_is_file(const struct dg_form *form, const char *name)
{
    return is_image(form, name) || strcmp(name, "mask") == 0;
}

static bool duplicate(const char *name, struct dg_refusal *r)
{
    return dg_refuse(r, 400, name, "duplicate_parameter",
                     "Duplicate parameter: '%s'. You provided multiple values for this parameter, "
                     "whereas only one is allowed. If you are trying to provide a list of values, "
                     "use the array syntax instead e.g. '%s[]=<value>'.",
                     name, name);
}

static bool collect(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r)
{
    unsigned single = 0, masks = 0;

    for (size_t i = 0; i < form->part_count; i++) {
        const struct dg_form_part *part = form->parts[i];
        masks += strcmp(part->name, "mask") == 0;
        single += strcmp(part->name, "image") == 0;
        if (is_image(form, part->name))
            order->images[order->image_count++] = part;
    }
    if (single > 0 && order->image_count > 1)
        return duplicate("image", r);
    if (masks > 1)
        return duplicate("mask", r);
    const char *name = form->json ? "images" : "image";
    if (order->image_count == 0)
        return dg_refuse(r, 400, name, "missing_required_parameter",
                         "Missing required parameter: '%s'.", name);
    if (order->image_count > order->model->images_max)
        return dg_refuse(r, 400, name, "array_above_max_length",
                         "Invalid '%s': array too long. Expected an array with maximum length %u, "
                         "but got an array with length %zu instead.",
                         name, order->model->images_max, order->image_count);
    return true;
}

static bool one_of(const char *type, const char *const *types)
{
    size_t length = strcspn(type, "; ");

    for (size_t i = 0; types[i]; i++) {
        if (strlen(types[i]) == length && strncasecmp(type, types[i], length) == 0)
            return true;
    }
    return false;
}

static bool check_type(const struct dg_form_part *part, const char *label, const char *const *types,
                       struct dg_refusal *r)
{
    struct dg_buffer list;
    const char *type = part->type[0] ? part->type : "application/octet-stream";

    if (one_of(type, types))
        return true;
    dg_buffer_init(&list, 256);
    dg_check_list(types, &list);
    dg_refuse(r, 400, label, "unsupported_file_mimetype",
              "Invalid file '%s': unsupported mimetype ('%.100s'). Supported file formats are %s.",
              label, type, list.data);
    dg_buffer_done(&list);
    return false;
}

static bool check_image(const struct dg_form_part *part, const char *label, unsigned number,
                        const struct dg_model *model, struct dg_refusal *r)
{
    struct dg_glance glance;

    if (!check_type(part, label, model->types, r))
        return false;
    if (part->size >= model->image_limit_bytes)
        return dg_refuse(r, 400, label, "image_too_large",
                         "Invalid file '%s': the image must be smaller than %zu MB.", label,
                         model->image_limit_bytes / MB);
    if (!dg_decode_glance((const uint8_t *)part->bytes.data, part->size, &glance)) {
        dg_refusal_known(r, 400, "invalid_image_file");
        snprintf(r->message, sizeof(r->message),
                 "Invalid image file or mode for image %u, please check your image file.", number);
        return false;
    }
    if ((model->traits & DG_TRAIT_DALLE2) != 0 && glance.width != glance.height)
        return dg_refuse(r, 400, label, "invalid_image_format",
                         "Invalid input image - expected a square image, got %ux%u.", glance.width,
                         glance.height);
    return true;
}

static bool check_mask(const struct dg_form_part *mask, const struct dg_form_part *image,
                       struct dg_refusal *r)
{
    static const char *const types[] = { "image/png", NULL };
    struct dg_glance a, b;

    if (!check_type(mask, "mask", types, r))
        return false;
    if (mask->size >= MASK_LIMIT_BYTES)
        return dg_refuse(r, 400, "mask", "image_too_large",
                         "Invalid file 'mask': the mask must be smaller than 4 MB.");
    if (!dg_decode_glance((const uint8_t *)mask->bytes.data, mask->size, &a) ||
        a.encoding != DG_ENCODING_PNG)
        return dg_refuse(r, 400, "mask", "invalid_mask_image_format",
                         "Invalid mask image format - the mask is not a valid PNG file.");
    if (!a.alpha)
        return dg_refuse(r, 400, "mask", "invalid_mask_image_format",
                         "Invalid mask image format - mask image missing alpha channel.");
    if (dg_decode_glance((const uint8_t *)image->bytes.data, image->size, &b) &&
        (a.width != b.width || a.height != b.height))
        return dg_refuse(r, 400, "mask", "invalid_mask_image_format",
                         "Invalid mask image format - mask size (%ux%u) does not match image size "
                         "(%ux%u).",
                         a.width, a.height, b.width, b.height);
    return true;
}

bool dg_check_images(const struct dg_form *form, struct dg_order *order, struct dg_refusal *r)
{
    const struct dg_form_part *mask = dg_form_find_part(form, "mask");
    char label[48];

    if (!collect(form, order, r))
        return false;
    for (size_t i = 0; i < order->image_count; i++) {
        const struct dg_form_part *part = order->images[i];
        if (strcmp(part->name, "image[]") == 0)
            snprintf(label, sizeof(label), "image[%zu]", i);
        else
            snprintf(label, sizeof(label), "%s", part->name);
        if (!check_image(part, label, (unsigned)i + 1, order->model, r))
            return false;
    }
    return !mask || check_mask(mask, order->images[0], r);
}
