/* SPDX-License-Identifier: MIT
 *
 * The parameters by name: which models know them and what they may say.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rehearsal/check.h"

enum kind {
    TEXT,
    PROMPT,  /* a text with the model's limit */
    INTEGER, /* min to max */
    COUNT,   /* 1 to the model's limit */
    BOOLEAN,
    CHOICE, /* one of the parameter's own list */
    SIZE,   /* one of the model's lists */
    QUALITY,
    FORMAT
};

struct parameter {
    const char *name;           /* in the form */
    unsigned traits;            /* the models that know it have one of these */
    enum kind kind;             /* what it may be */
    int64_t min, max;           /* INTEGER */
    const char *const *choices; /* CHOICE, NULL-ended */
};

static const char *const backgrounds[] = { "transparent", "opaque", "auto", NULL };
static const char *const fidelities[] = { "high", "low", NULL };
static const char *const responses[] = { "url", "b64_json", NULL };
static const char *const moderations[] = { "low", "auto", NULL };
static const char *const complexities[] = { "low", "medium", "high", NULL };
static const char *const styles[] = { "vivid", "natural", NULL };

static const struct parameter table[] = {
    { "prompt", DG_TRAIT_ALL, PROMPT, 0, 0, NULL },
    { "model", DG_TRAIT_ALL, TEXT, 0, 0, NULL },
    { "n", DG_TRAIT_ALL, COUNT, 0, 0, NULL },
    { "size", DG_TRAIT_ALL, SIZE, 0, 0, NULL },
    { "quality", DG_TRAIT_ALL, QUALITY, 0, 0, NULL },
    { "user", DG_TRAIT_ALL, TEXT, 0, 0, NULL },
    { "background", DG_TRAIT_GPT, CHOICE, 0, 0, backgrounds },
    { "input_fidelity", DG_TRAIT_FIDELITY, CHOICE, 0, 0, fidelities },
    { "moderation", DG_TRAIT_GPT, CHOICE, 0, 0, moderations },
    { "output_format", DG_TRAIT_GPT, FORMAT, 0, 0, NULL },
    { "output_compression", DG_TRAIT_GPT, INTEGER, 0, 100, NULL },
    { "partial_images", DG_TRAIT_GPT, INTEGER, 0, 3, NULL },
    { "stream", DG_TRAIT_GPT, BOOLEAN, 0, 0, NULL },
    { "complexity", DG_TRAIT_COMPLEXITY, CHOICE, 0, 0, complexities },
    { "response_format", DG_TRAIT_DALLE, CHOICE, 0, 0, responses },
    { "style", DG_TRAIT_DALLE3, CHOICE, 0, 0, styles },
};

static const struct parameter *find(const char *name, const struct dg_model *model)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0 && (table[i].traits & model->traits) != 0)
            return &table[i];
    }
    return NULL;
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool check_prompt(const char *text, const struct dg_model *model, struct dg_refusal *r)
{
    size_t length = characters(text);

    if (length == 0)
        return dg_refuse(r, 400, "prompt", "empty_string",
                         "Invalid 'prompt': empty string. Expected a string with minimum length "
                         "1, but got an empty string instead.");
    if (length > model->prompt_limit)
        return dg_refuse(r, 400, "prompt", "string_above_max_length",
                         "Invalid 'prompt': string too long. Expected a string with maximum "
                         "length %zu, but got a string with length %zu instead.",
                         model->prompt_limit, length);
    return true;
}

static bool check_integer(const struct dg_form_field *field, int64_t min, int64_t max,
                          struct dg_refusal *r)
{
    const char *name = field->name, *text = field->value.data;
    int64_t value;

    if (!dg_text_int(text, INT64_MIN, INT64_MAX, &value))
        return dg_refuse(r, 400, name, "invalid_type",
                         "Invalid type for '%s': expected an integer, but got a string instead.",
                         name);
    if (value > max)
        return dg_refuse(r, 400, name, "integer_above_max_value",
                         "Invalid '%s': integer above maximum value. Expected a value <= %lld, but "
                         "got %s instead.",
                         name, (long long)max, text);
    if (value < min)
        return dg_refuse(r, 400, name, "integer_below_min_value",
                         "Invalid '%s': integer below minimum value. Expected a value >= %lld, but "
                         "got %s instead.",
                         name, (long long)min, text);
    return true;
}

static bool check_choice(const struct dg_form_field *field, const char *const *choices,
                         struct dg_refusal *r)
{
    struct dg_buffer list;

    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], field->value.data) == 0)
            return true;
    }
    dg_buffer_init(&list, 512);
    dg_check_list(choices, &list);
    dg_refuse(r, 400, field->name, "invalid_value",
              "Invalid value: '%.100s'. Supported values are: %s.", field->value.data, list.data);
    dg_buffer_done(&list);
    return false;
}

/* "1600x1200" and nothing else. */
static bool parse_size(const char *text, int64_t *width, int64_t *height)
{
    char copy[16];
    char *x;

    if (strlen(text) >= sizeof(copy))
        return false;
    snprintf(copy, sizeof(copy), "%s", text);
    x = strchr(copy, 'x');
    if (!x)
        return false;
    *x = '\0';
    return dg_text_int(copy, 1, 99999, width) && dg_text_int(x + 1, 1, 99999, height);
}

static bool free_size(const char *text)
{
    int64_t width, height;

    if (!parse_size(text, &width, &height))
        return false;
    int64_t pixels = width * height;
    return width % 16 == 0 && height % 16 == 0 && width <= 3 * height && height <= 3 * width &&
           width <= 3840 && height <= 3840 && pixels >= 655360 && pixels <= 8294400;
}

static bool check_size(const struct dg_form_field *field, const struct dg_model *model,
                       struct dg_refusal *r)
{
    const char *text = field->value.data;

    if (!(model->traits & DG_TRAIT_ANY_SIZE))
        return check_choice(field, model->sizes, r);
    if (strcmp(text, "auto") == 0 || free_size(text))
        return true;
    return dg_refuse(r, 400, "size", "invalid_value",
                     "Invalid size '%.100s'. Width and height must be divisible by 16 and at most "
                     "3840, the longer at most 3 times the shorter, with 655360 to 8294400 pixels "
                     "in all.",
                     text);
}

/* JSON says what kind a value is; a form does not. */
static bool check_kind(const struct dg_form_field *field, enum kind kind, struct dg_refusal *r)
{
    enum dg_form_kind wanted = DG_FIELD_STRING;
    const char *name = "a string";

    if (field->kind == DG_FIELD_FORM)
        return true;
    if (kind == INTEGER || kind == COUNT) {
        wanted = DG_FIELD_NUMBER;
        name = "an integer";
    } else if (kind == BOOLEAN) {
        wanted = DG_FIELD_BOOL;
        name = "a boolean";
    }
    return field->kind == wanted ||
           dg_refuse(r, 400, field->name, "invalid_type",
                     "Invalid type for '%s': expected %s, but got something else instead.",
                     field->name, name);
}

static bool check_text(const struct dg_form_field *field, const struct parameter *p,
                       const struct dg_model *model, struct dg_refusal *r)
{
    static const char *const booleans[] = { "true", "false", NULL };

    switch (p->kind) {
    case PROMPT:
        return check_prompt(field->value.data, model, r);
    case INTEGER:
        return check_integer(field, p->min, p->max, r);
    case COUNT:
        return check_integer(field, 1, model->n_max, r);
    case BOOLEAN:
        return check_choice(field, booleans, r);
    case CHOICE:
        return check_choice(field, p->choices, r);
    case SIZE:
        return check_size(field, model, r);
    case QUALITY:
        return check_choice(field, model->qualities, r);
    case FORMAT:
        return check_choice(field, model->formats, r);
    default:
        return true;
    }
}

static bool unknown(const char *name, const struct dg_model *model, struct dg_refusal *r)
{
    if (strcmp(name, "input_fidelity") == 0 && (model->traits & DG_TRAIT_GPT) != 0)
        return dg_refuse(r, 400, name, "invalid_input_fidelity_model",
                         "The model '%s' does not support the 'input_fidelity' parameter.",
                         model->id);
    return dg_refuse(r, 400, name, "unknown_parameter", "Unknown parameter: '%.100s'.", name);
}

static bool is_file_name(const char *name)
{
    return strcmp(name, "image") == 0 || strcmp(name, "image[]") == 0 || strcmp(name, "mask") == 0;
}

/* A file's name with a text behind it. */
static bool no_file(const char *name, struct dg_refusal *r)
{
    if (strcmp(name, "image[]") == 0)
        return dg_refuse(r, 400, "image[0]", "invalid_type",
                         "Invalid type for 'image[0]': expected a file, but got a string instead.");
    if (strcmp(name, "image") == 0)
        return dg_refuse(r, 400, name, "invalid_type",
                         "Invalid type for 'image': expected one of an array of files or file, but "
                         "got a string instead.");
    return dg_refuse(r, 400, name, "invalid_type",
                     "Invalid type for '%s': expected a file, but got a string instead.", name);
}

bool dg_check_value(const struct dg_form_field *field, const struct dg_model *model,
                    struct dg_refusal *r)
{
    const struct parameter *p = find(field->name, model);
    bool file = is_file_name(field->name);

    if (field->kind == DG_FIELD_NULL && (p || file))
        return true;
    if (!p && file && field->kind == DG_FIELD_FORM)
        return no_file(field->name, r);
    if (!p)
        return unknown(field->name, model, r);
    return check_kind(field, p->kind, r) && check_text(field, p, model, r);
}
