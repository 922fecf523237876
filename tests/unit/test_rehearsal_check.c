/* SPDX-License-Identifier: MIT
 *
 * rehearsal/check: which requests pass, and the exact refusal of the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pictures.h"
#include "rehearsal/check.h"

/* Files a case may send, by letter. */
static struct dg_buffer square, wide, alpha, small_alpha, text;

static int make_files(void **state)
{
    (void)state;
    picture_png(&square, 64, 64, SPNG_COLOR_TYPE_TRUECOLOR, false);
    picture_png(&wide, 96, 64, SPNG_COLOR_TYPE_TRUECOLOR, false);
    picture_png(&alpha, 96, 64, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, false);
    picture_png(&small_alpha, 8, 8, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, false);
    dg_buffer_init(&text, 64);
    dg_buffer_text(&text, "no picture");
    return 0;
}

static int drop_files(void **state)
{
    (void)state;
    dg_buffer_done(&square);
    dg_buffer_done(&wide);
    dg_buffer_done(&alpha);
    dg_buffer_done(&small_alpha);
    dg_buffer_done(&text);
    return 0;
}

static const struct dg_buffer *file_of(char letter)
{
    switch (letter) {
    case 's':
        return &square;
    case 'w':
        return &wide;
    case 'a':
        return &alpha;
    case 'b':
        return &small_alpha;
    default:
        return &text;
    }
}

/* "name=value" is a field, "name@letter" a PNG, "name@letter:type" another
 * media type; several with '&' between. */
static void add_item(struct dg_form *form, char *item)
{
    char *at = strchr(item, '@'), *equals = strchr(item, '=');

    if (at && (!equals || at < equals)) {
        const struct dg_buffer *bytes = file_of(at[1]);
        const char *type = at[1] && at[2] == ':' ? at + 3 : "image/png";
        *at = '\0';
        struct dg_form_part *part = dg_form_part(form, item, "a.png", type);
        assert_true(dg_form_part_add(form, part, bytes->data, bytes->size));
        return;
    }
    *equals = '\0';
    struct dg_form_field *field = dg_form_field(form, item, DG_FIELD_FORM);
    assert_true(dg_form_field_add(form, field, equals + 1, strlen(equals + 1)));
}

static void fill(struct dg_form *form, const char *request)
{
    char copy[2048];
    char *rest = copy, *item;

    dg_form_init(form);
    assert_in_range(snprintf(copy, sizeof(copy), "%s", request), 0, sizeof(copy) - 1);
    while ((item = strsep(&rest, "&")) != NULL)
        add_item(form, item);
}

static const struct {
    const char *request;
    unsigned status;     /* 0: it passes */
    const char *param;   /* "" = null */
    const char *code;    /* "" = null */
    const char *message; /* the whole */
} cases[] = {
    /* What passes. */
    { "model=gpt-image-1&prompt=hat&image@w", 0, NULL, NULL, NULL },
    { "prompt=hat&image@w", 0, NULL, NULL, NULL },
    { "prompt=hat&image[]@w&image[]@s&mask@a&user=me", 0, NULL, NULL, NULL },
    { "model=gpt-image-2&prompt=hat&image@w&size=1600x1200", 0, NULL, NULL, NULL },
    { "model=gpt-image-2.6-flare&prompt=hat&image@w&output_format=gif&complexity=low&quality=max",
      0, NULL, NULL, NULL },
    { "model=dall-e-2&prompt=hat&image@s&response_format=b64_json&n=10", 0, NULL, NULL, NULL },
    { "model=dall-e-3&prompt=hat&image@w&style=vivid&quality=hd", 0, NULL, NULL, NULL },
    { "prompt=hat&image@w&n=10&background=transparent&output_format=webp&output_compression=50"
      "&input_fidelity=high&moderation=low&stream=false&partial_images=0&size=auto&quality=low",
      0, NULL, NULL, NULL },

    /* Names. */
    { "model=gpt-9&prompt=hat&image@w", 404, "", "model_not_found",
      "The model `gpt-9` does not exist or you do not have access to it." },
    { "prompt=hat&image@w&response_format=b64_json", 400, "response_format", "unknown_parameter",
      "Unknown parameter: 'response_format'." },
    { "prompt=hat&image@w&colour=red", 400, "colour", "unknown_parameter",
      "Unknown parameter: 'colour'." },
    { "model=dall-e-2&prompt=hat&image@s&background=auto", 400, "background", "unknown_parameter",
      "Unknown parameter: 'background'." },
    { "model=gpt-image-2&prompt=hat&image@w&complexity=low", 400, "complexity", "unknown_parameter",
      "Unknown parameter: 'complexity'." },
    { "model=gpt-image-1-mini&prompt=hat&image@w&input_fidelity=high", 400, "input_fidelity",
      "invalid_input_fidelity_model",
      "The model 'gpt-image-1-mini' does not support the 'input_fidelity' parameter." },
    { "prompt=hat&prompt=cat&image@w", 400, "prompt", "duplicate_parameter",
      "Duplicate parameter: 'prompt'. You provided multiple values for this parameter, whereas "
      "only one is allowed." },
    { "prompt=hat", 400, "image", "missing_required_parameter",
      "Missing required parameter: 'image'." },
    { "image@w", 400, "prompt", "missing_required_parameter",
      "Missing required parameter: 'prompt'." },

    /* Values. */
    { "prompt=&image@w", 400, "prompt", "empty_string",
      "Invalid 'prompt': empty string. Expected a string with minimum length 1, but got an empty "
      "string instead." },
    { "prompt=hat&image@w&n=0", 400, "n", "integer_below_min_value",
      "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead." },
    { "prompt=hat&image@w&n=11", 400, "n", "integer_above_max_value",
      "Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 instead." },
    { "model=dall-e-3&prompt=hat&image@w&n=2", 400, "n", "integer_above_max_value",
      "Invalid 'n': integer above maximum value. Expected a value <= 1, but got 2 instead." },
    { "prompt=hat&image@w&n=two", 400, "n", "invalid_type",
      "Invalid type for 'n': expected an integer, but got a string instead." },
    { "prompt=hat&image@w&size=512x512", 400, "size", "invalid_value",
      "Invalid value: '512x512'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and "
      "'auto'." },
    { "model=gpt-image-2&prompt=hat&image@w&size=1000x1000", 400, "size", "invalid_value",
      "Invalid size '1000x1000'. Width and height must be divisible by 16 and at most 3840, the "
      "longer at most 3 times the shorter, with 655360 to 8294400 pixels in all." },
    { "prompt=hat&image@w&quality=best", 400, "quality", "invalid_value",
      "Invalid value: 'best'. Supported values are: 'low', 'medium', 'high', and 'auto'." },
    { "model=dall-e-3&prompt=hat&image@w&style=plain", 400, "style", "invalid_value",
      "Invalid value: 'plain'. Supported values are: 'vivid' and 'natural'." },
    { "prompt=hat&image@w&output_format=gif", 400, "output_format", "invalid_value",
      "Invalid value: 'gif'. Supported values are: 'png', 'jpeg', and 'webp'." },
    { "prompt=hat&image@w&output_compression=101", 400, "output_compression",
      "integer_above_max_value",
      "Invalid 'output_compression': integer above maximum value. Expected a value <= 100, but "
      "got 101 instead." },
    { "prompt=hat&image@w&output_compression=50", 400, "output_compression", "invalid_value",
      "Compression less than 100 is not supported for png output format." },
    { "prompt=hat&image@w&background=transparent&output_format=jpeg", 400, "background",
      "invalid_value", "Transparent background is not supported for JPEG output format." },
    { "prompt=hat&image@w&stream=yes", 400, "stream", "invalid_value",
      "Invalid value: 'yes'. Supported values are: 'true' and 'false'." },
    { "prompt=hat&image@w&stream=true", 400, "stream", "unsupported_value",
      "Unsupported value: 'stream' does not support true with the rehearsal server. Only the "
      "default (false) value is supported." },

    /* Files. */
    { "prompt=hat&image@w&image@s", 400, "image", "duplicate_parameter",
      "Duplicate parameter: 'image'. You provided multiple values for this parameter, whereas only "
      "one is allowed. If you are trying to provide a list of values, use the array syntax instead "
      "e.g. 'image[]=<value>'." },
    { "prompt=hat&image@w&mask@a&mask@a", 400, "mask", "duplicate_parameter",
      "Duplicate parameter: 'mask'. You provided multiple values for this parameter, whereas only "
      "one is allowed. If you are trying to provide a list of values, use the array syntax instead "
      "e.g. 'mask[]=<value>'." },
    { "prompt=hat&image@w:application/octet-stream", 400, "image", "unsupported_file_mimetype",
      "Invalid file 'image': unsupported mimetype ('application/octet-stream'). Supported file "
      "formats are 'image/jpeg', 'image/png', and 'image/webp'." },
    { "prompt=hat&image@w:", 400, "image", "unsupported_file_mimetype",
      "Invalid file 'image': unsupported mimetype ('application/octet-stream'). Supported file "
      "formats are 'image/jpeg', 'image/png', and 'image/webp'." },
    { "prompt=hat&image[]@w&image[]@w:multipart/form-data", 400, "image[1]",
      "unsupported_file_mimetype",
      "Invalid file 'image[1]': unsupported mimetype ('multipart/form-data'). Supported file "
      "formats are 'image/jpeg', 'image/png', and 'image/webp'." },
    { "model=dall-e-2&prompt=hat&image@s:image/jpeg", 400, "image", "unsupported_file_mimetype",
      "Invalid file 'image': unsupported mimetype ('image/jpeg'). Supported file formats are "
      "'image/png'." },
    { "model=dall-e-2&prompt=hat&image[]@s&image[]@s", 400, "image", "array_above_max_length",
      "Invalid 'image': array too long. Expected an array with maximum length 1, but got an array "
      "with length 2 instead." },
    { "model=dall-e-2&prompt=hat&image@w", 400, "image", "invalid_image_format",
      "Invalid input image - expected a square image, got 96x64." },
    { "prompt=hat&image@t", 400, "", "invalid_image_file",
      "Invalid image file or mode for image 1, please check your image file." },
    { "prompt=hat&image=path.png", 400, "image", "invalid_type",
      "Invalid type for 'image': expected one of an array of files or file, but got a string "
      "instead." },
    { "prompt=hat&image[]=path.png", 400, "image[0]", "invalid_type",
      "Invalid type for 'image[0]': expected a file, but got a string instead." },
    { "prompt@w&image@w", 400, "prompt", "invalid_type",
      "Invalid type for 'prompt': expected a string, but got a file instead." },
    { "prompt=hat&image@w&mask@w", 400, "mask", "invalid_mask_image_format",
      "Invalid mask image format - mask image missing alpha channel." },
    { "prompt=hat&image@w&mask@b", 400, "mask", "invalid_mask_image_format",
      "Invalid mask image format - mask size (8x8) does not match image size (96x64)." },
    { "prompt=hat&image@w&mask@t", 400, "mask", "invalid_mask_image_format",
      "Invalid mask image format - the mask is not a valid PNG file." },
    { "prompt=hat&image@w&mask@a:image/webp", 400, "mask", "unsupported_file_mimetype",
      "Invalid file 'mask': unsupported mimetype ('image/webp'). Supported file formats are "
      "'image/png'." },
};

static void requests_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct dg_form form;
        struct dg_order order;
        struct dg_refusal r = { .status = 0 };
        fill(&form, cases[i].request);
        bool ok = dg_check_form(&form, &order, &r);
        if (ok != (cases[i].status == 0) || r.status != cases[i].status)
            fail_msg("%s: %u %s", cases[i].request, r.status, r.message);
        if (!ok) {
            assert_string_equal(r.message, cases[i].message);
            assert_string_equal(r.param, cases[i].param);
            assert_string_equal(r.code, cases[i].code);
            assert_non_null(r.type);
        }
        dg_form_done(&form);
    }
}

static void what_an_order_holds(void **state)
{
    struct dg_form form;
    struct dg_order order;
    struct dg_refusal r;

    (void)state;
    fill(&form, "model=gpt-image-2&prompt=a hat&n=3&output_format=webp&quality=low&image[]@w"
                "&image[]@s");
    assert_true(dg_check_form(&form, &order, &r));
    assert_string_equal(order.model->id, "gpt-image-2");
    assert_string_equal(order.prompt, "a hat");
    assert_string_equal(order.quality, "low");
    assert_string_equal(order.background, "auto");
    assert_int_equal(order.n, 3);
    assert_int_equal(order.encoding, DG_ENCODING_WEBP);
    assert_int_equal(order.image_count, 2);
    assert_ptr_equal(order.images[1], form.parts[1]);
    assert_false(order.url);
    dg_form_done(&form);
    fill(&form, "model=dall-e-2&prompt=hat&image@s");
    assert_true(dg_check_form(&form, &order, &r));
    assert_true(order.url);
    dg_form_done(&form);
}

static bool prompt_of(const char *model, size_t characters, struct dg_refusal *r)
{
    struct dg_form form;
    struct dg_order order;

    dg_form_init(&form);
    struct dg_form_field *field = dg_form_field(&form, "prompt", DG_FIELD_FORM);
    for (size_t i = 0; i < characters; i++)
        assert_true(dg_form_field_add(&form, field, "\xc3\xa9", 2));
    field = dg_form_field(&form, "model", DG_FIELD_FORM);
    dg_form_field_add(&form, field, model, strlen(model));
    struct dg_form_part *part = dg_form_part(&form, "image", "a.png", "image/png");
    dg_form_part_add(&form, part, square.data, square.size);
    bool ok = dg_check_form(&form, &order, r);
    dg_form_done(&form);
    return ok;
}

static void prompts_are_counted_in_characters(void **state)
{
    struct dg_refusal r;

    (void)state;
    assert_true(prompt_of("gpt-image-1", 32000, &r));
    assert_true(prompt_of("dall-e-2", 1000, &r));
    assert_true(prompt_of("dall-e-3", 4000, &r));
    assert_false(prompt_of("gpt-image-1", 32001, &r));
    assert_string_equal(r.code, "string_above_max_length");
    assert_string_equal(r.message, "Invalid 'prompt': string too long. Expected a string with "
                                   "maximum length 32000, but got a string with length 32001 "
                                   "instead.");
    assert_false(prompt_of("dall-e-2", 1001, &r));
}

static void sixteen_images(void **state)
{
    struct dg_form form;
    struct dg_order order;
    struct dg_refusal r;

    (void)state;
    fill(&form, "prompt=hat");
    for (int i = 0; i < 17; i++) {
        assert_int_equal(dg_check_form(&form, &order, &r), i > 0);
        struct dg_form_part *part = dg_form_part(&form, "image[]", "a.png", "image/png");
        dg_form_part_add(&form, part, square.data, square.size);
    }
    assert_false(dg_check_form(&form, &order, &r));
    assert_string_equal(r.code, "array_above_max_length");
    dg_form_done(&form);
}

static void images_have_a_limit(void **state)
{
    struct dg_form form;
    struct dg_order order;
    struct dg_refusal r;
    char *much = dg_zalloc(DG_FORM_PART_BYTES_MAX);

    (void)state;
    fill(&form, "model=dall-e-2&prompt=hat&image@s");
    assert_true(dg_form_part_add(&form, form.parts[0], much, 4 * 1024 * 1024 - square.size - 1));
    assert_true(dg_check_form(&form, &order, &r));
    assert_true(dg_form_part_add(&form, form.parts[0], much, 1));
    assert_false(dg_check_form(&form, &order, &r));
    assert_string_equal(r.message, "Invalid file 'image': the image must be smaller than 4 MB.");
    assert_false(dg_form_part_add(&form, form.parts[0], much, DG_FORM_PART_BYTES_MAX));
    assert_false(dg_check_form(&form, &order, &r));
    assert_int_equal(r.status, 413);
    dg_form_done(&form);
    dg_free(much);
}

static const struct {
    const char *header;
    const char *key;     /* NULL: none is found */
    const char *message; /* with the keys "sk-right-one,x"; NULL: accepted */
} keys[] = {
    { NULL, NULL, "You didn't provide an API key." },
    { "", NULL, "You didn't provide an API key." },
    { "Bearer ", NULL, "You didn't provide an API key." },
    { "Basic c2s=", NULL, "You didn't provide an API key." },
    { "Bearer sk-right-one", "sk-right-one", NULL },
    { "bearer   x", "x", NULL },
    { "Bearer sk-1234567890abcdef", "sk-1234567890abcdef",
      "Incorrect API key provided: sk-12***cdef. You can find" },
    { "Bearer shortkey", "shortkey", "Incorrect API key provided: sh***. You" },
    { "Bearer xyz", "xyz", "Incorrect API key provided: ***. You" },
};

static void keys_table(void **state)
{
    struct dg_rehearsal_options some = { .keys = (char *[]){ "sk-right-one", "x" },
                                         .key_count = 2 };
    const struct dg_rehearsal_options any = { .key_count = 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct dg_refusal r = { .status = 0 };
        const char *key = dg_check_bearer(keys[i].header);
        if (!keys[i].key)
            assert_null(key);
        else
            assert_string_equal(key, keys[i].key);
        assert_int_equal(dg_check_key(&any, key, &r), key != NULL);
        assert_int_equal(dg_check_key(&some, key, &r), keys[i].message == NULL);
        if (keys[i].message)
            assert_non_null(strstr(r.message, keys[i].message));
        assert_string_equal(r.code, key && keys[i].message ? "invalid_api_key" : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_table),
        cmocka_unit_test(what_an_order_holds),
        cmocka_unit_test(prompts_are_counted_in_characters),
        cmocka_unit_test(sixteen_images),
        cmocka_unit_test(images_have_a_limit),
        cmocka_unit_test(keys_table),
    };
    return cmocka_run_group_tests(tests, make_files, drop_files);
}
