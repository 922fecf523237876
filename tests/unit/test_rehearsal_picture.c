/* SPDX-License-Identifier: MIT
 *
 * rehearsal's pictures: decode, shrink, sketch, encode, gallery.  What is
 * written is read back by a decoder that did not write it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "pictures.h"
#include "rehearsal/decode.h"
#include "rehearsal/gallery.h"
#include "rehearsal/sketch.h"

static const uint8_t *bytes_of(const struct dg_buffer *b)
{
    return (const uint8_t *)b->data;
}

/* A plane that grows lighter to the right. */
static void ramp(struct dg_plane *p, unsigned width, unsigned height)
{
    p->width = width;
    p->height = height;
    p->gray = dg_alloc((size_t)width * height);
    for (size_t i = 0; i < (size_t)width * height; i++)
        p->gray[i] = (uint8_t)(i % width * 255 / width);
}

static struct dg_sketch *sketch_of(unsigned width, unsigned height)
{
    struct dg_plane p;

    ramp(&p, width, height);
    struct dg_sketch *s = dg_sketch_new(&p, 1);
    dg_plane_done(&p);
    return s;
}

static const struct {
    enum spng_color_type colour;
    bool interlaced, alpha;
} pngs[] = {
    { SPNG_COLOR_TYPE_GRAYSCALE, false, false },
    { SPNG_COLOR_TYPE_TRUECOLOR, false, false },
    { SPNG_COLOR_TYPE_TRUECOLOR, true, false },
    { SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, false, true },
    { SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, false, true },
    { SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, true, true },
};

static void png_of_any_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pngs) / sizeof(*pngs); i++) {
        struct dg_buffer png;
        struct dg_glance glance;
        struct dg_plane p;
        picture_png(&png, 60, 40, pngs[i].colour, pngs[i].interlaced);
        assert_true(dg_decode_glance(bytes_of(&png), png.size, &glance));
        assert_int_equal(glance.width, 60);
        assert_int_equal(glance.height, 40);
        assert_int_equal(glance.alpha, pngs[i].alpha);
        assert_true(dg_decode(bytes_of(&png), png.size, &p));
        assert_int_equal(p.width, 60);
        assert_int_equal(p.height, 40);
        assert_in_range(p.gray[15], 55, 70);
        assert_in_range(p.gray[59], pngs[i].alpha ? 255 : 240, 255);
        dg_plane_done(&p);
        dg_buffer_done(&png);
    }
}

static void large_ones_shrink(void **state)
{
    static const unsigned sizes[][4] = { { 2500, 100, 1024, 40 },    { 100, 2500, 40, 1024 },
                                         { 1024, 1024, 1024, 1024 }, { 1025, 1, 1024, 1 },
                                         { 5000, 2, 1024, 1 },       { 3, 3, 3, 3 } };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct dg_buffer png;
        struct dg_plane p;
        picture_png(&png, sizes[i][0], sizes[i][1], SPNG_COLOR_TYPE_GRAYSCALE, false);
        assert_true(dg_decode(bytes_of(&png), png.size, &p));
        assert_int_equal(p.width, sizes[i][2]);
        assert_int_equal(p.height, sizes[i][3]);
        for (unsigned x = 1; x < p.width; x++)
            assert_true(p.gray[x] >= p.gray[x - 1]);
        assert_in_range(p.gray[p.width / 2], 80, 140);
        dg_plane_done(&p);
        dg_buffer_done(&png);
    }
}

/* Cut anywhere, a picture is refused and nothing leaks or is read too far. */
static void cut_pictures_are_refused(void **state)
{
    static const char *const files[] = { "cat.png", "hills.jpg", "boat.webp" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct dg_buffer whole, path;
        struct dg_plane p;
        dg_buffer_init(&whole, 1024 * 1024);
        dg_buffer_init(&path, 256);
        dg_buffer_printf(&path, "scripts/examples/data/%s", files[i]);
        assert_true(dg_file_read(path.data, &whole, NULL));
        assert_true(dg_decode(bytes_of(&whole), whole.size, &p));
        assert_int_equal(p.width, 480);
        dg_plane_done(&p);
        for (size_t size = 0; size < whole.size * 9 / 10; size += whole.size / 37) {
            uint8_t *cut = dg_alloc(size + 1);
            memcpy(cut, whole.data, size);
            assert_false(dg_decode(cut, size, &p));
            dg_free(cut);
        }
        dg_buffer_done(&path);
        dg_buffer_done(&whole);
    }
}

static void bombs_are_refused(void **state)
{
    struct dg_buffer png;
    struct dg_glance glance;
    struct dg_plane p;

    (void)state;
    picture_png(&png, 9000, 6000, SPNG_COLOR_TYPE_GRAYSCALE, false);
    assert_true(dg_decode_glance(bytes_of(&png), png.size, &glance));
    assert_false(dg_decode(bytes_of(&png), png.size, &p));
    dg_buffer_done(&png);
}

/* What the codes of a GIF spell; a reader as in its specification. */
struct lzw {
    const uint8_t *at, *end; /* blocks */
    unsigned block;          /* bytes left of this one */
    uint32_t bits, held;     /* not yet a code */
    uint8_t last[4096];      /* last byte of each string */
    uint16_t before[4096];   /* the string before it */
};

static int next_code(struct lzw *z, unsigned width)
{
    while (z->held < width) {
        if (z->block == 0 && (z->at == z->end || (z->block = *z->at++) == 0))
            return -1;
        z->bits |= (uint32_t)*z->at++ << z->held;
        z->held += 8;
        z->block--;
    }
    int code = (int)(z->bits & ((1U << width) - 1));
    z->bits >>= width;
    z->held -= width;
    return code;
}

static size_t spell(const struct lzw *z, int code, uint8_t *out)
{
    uint8_t reversed[4096];
    size_t n = 0;

    for (; code > 17; code = z->before[code])
        reversed[n++] = z->last[code];
    reversed[n++] = (uint8_t)code;
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

static size_t read_gif(const struct dg_buffer *gif, uint8_t *pixels, size_t room)
{
    const size_t start = 13 + 48 + 10;
    struct lzw z = { .at = bytes_of(gif) + start + 1, .end = bytes_of(gif) + gif->size };
    unsigned width = 5;
    int next = 18, previous = -1, code;
    size_t n = 0;

    assert_memory_equal(gif->data, "GIF89a", 6);
    assert_int_equal(gif->data[start], 4);
    while ((code = next_code(&z, width)) != 17) {
        uint8_t text[4096];
        assert_true(code >= 0 && code <= next);
        if (code == 16) {
            width = 5;
            next = 18;
            previous = -1;
            continue;
        }
        assert_true(code < next || previous >= 0);
        size_t length = spell(&z, code < next ? code : previous, text);
        if (previous >= 0) {
            z.before[next] = (uint16_t)previous;
            z.last[next++] = text[0];
            length = spell(&z, code, text);
            width += next == 1 << width && width < 12;
        }
        assert_true(n + length <= room);
        memcpy(pixels + n, text, length);
        n += length;
        previous = code;
    }
    assert_int_equal(gif->data[gif->size - 1], ';');
    return n;
}

static void gif_holds_the_same_pixels(void **state)
{
    struct dg_sketch *s = sketch_of(123, 77);
    struct dg_buffer gif;
    uint8_t *index = dg_sketch_index(s), *read = dg_alloc(123 * 77);

    (void)state;
    dg_buffer_init(&gif, 1024 * 1024);
    assert_true(dg_sketch_encode(s, 5, DG_ENCODING_GIF, &gif));
    assert_int_equal(read_gif(&gif, read, 123 * 77), 123 * 77);
    assert_memory_equal(read, index, 123 * 77);
    dg_free(read);
    dg_free(index);
    dg_buffer_done(&gif);
    dg_sketch_free(s);
}

static void every_encoding_reads_back(void **state)
{
    struct dg_sketch *s = sketch_of(200, 120);

    (void)state;
    for (enum dg_encoding e = DG_ENCODING_PNG; e <= DG_ENCODING_SVG; e++) {
        struct dg_buffer out;
        struct dg_plane p;
        dg_buffer_init(&out, 1024 * 1024);
        assert_true(dg_sketch_encode(s, 9, e, &out));
        assert_int_equal(dg_encoding_sniff(bytes_of(&out), out.size), e);
        assert_int_equal(dg_encoding_find(dg_encoding_name(e)), e);
        if (e <= DG_ENCODING_WEBP) {
            assert_true(dg_decode(bytes_of(&out), out.size, &p));
            assert_int_equal(p.width, 200);
            assert_int_equal(p.height, 120);
            assert_true(p.gray[60 * 200 + 20] + 60 < p.gray[60 * 200 + 180]);
            dg_plane_done(&p);
        }
        dg_buffer_done(&out);
    }
    dg_sketch_free(s);
}

/* The border is paper; inside, what is lighter in the input stays lighter. */
static void a_sketch_shows_its_input(void **state)
{
    struct dg_sketch *s = sketch_of(480, 320);
    uint8_t *index = dg_sketch_index(s);
    const unsigned middle = 160 * 480;

    (void)state;
    assert_int_equal(index[0], DG_PALETTE_PAPER);
    assert_int_equal(index[middle + 5], DG_PALETTE_PAPER);
    assert_int_equal(index[middle + 14], DG_PALETTE_LINE);
    assert_int_equal(index[middle + 465], DG_PALETTE_LINE);
    assert_in_range(index[middle + 20], DG_PALETTE_TONES, DG_PALETTE_TONES + 1);
    assert_in_range(index[middle + 240], DG_PALETTE_TONES + 6, DG_PALETTE_TONES + 7);
    assert_in_range(index[middle + 462], DG_PALETTE_SIZE - 2, DG_PALETTE_SIZE - 1);
    dg_free(index);
    dg_sketch_free(s);
}

static void any_size_can_be_drawn(void **state)
{
    static const unsigned sizes[][2] = { { 1, 1 },   { 1, 1024 }, { 1024, 1 }, { 2, 3 },
                                         { 47, 48 }, { 48, 48 },  { 63, 64 },  { 1024, 1024 } };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (size_t panels = 1; panels <= 6; panels++) {
            struct dg_plane p[6];
            struct dg_plane back;
            for (size_t k = 0; k < panels; k++)
                ramp(&p[k], sizes[i][k % 2], sizes[i][0]);
            struct dg_sketch *s = dg_sketch_new(p, panels);
            assert_true(dg_decode(bytes_of(&s->png), s->png.size, &back));
            assert_int_equal(back.width, p[0].width);
            assert_int_equal(back.height, p[0].height);
            dg_plane_done(&back);
            dg_sketch_free(s);
            for (size_t k = 0; k < panels; k++)
                dg_plane_done(&p[k]);
        }
    }
}

static void variants_differ(void **state)
{
    struct dg_sketch *s = sketch_of(64, 64);
    struct dg_buffer first;

    (void)state;
    dg_buffer_init(&first, 1024 * 1024);
    assert_true(dg_sketch_encode(s, 1000, DG_ENCODING_PNG, &first));
    for (uint32_t v = 1001; v < 1700; v += 1) {
        struct dg_buffer other;
        struct dg_plane p;
        dg_buffer_init(&other, 1024 * 1024);
        assert_true(dg_sketch_encode(s, v, DG_ENCODING_PNG, &other));
        assert_int_equal(other.size, first.size);
        assert_memory_not_equal(other.data, first.data, first.size);
        assert_true(dg_decode(bytes_of(&other), other.size, &p)); /* its checksums hold */
        dg_plane_done(&p);
        dg_buffer_done(&other);
    }
    dg_buffer_done(&first);
    dg_sketch_free(s);
}

static void neighbours_differ_at_sight(void **state)
{
    (void)state;
    for (uint32_t v = 0; v < 3000; v++) {
        struct dg_palette a, b;
        int distance = 0;
        dg_palette_make(&a, v);
        dg_palette_make(&b, v + 1);
        for (int i = 0; i < 3; i++)
            distance += abs(a.rgb[9][i] - b.rgb[9][i]);
        assert_true(distance > 150);
    }
}

static struct dg_form_part *part_of(struct dg_form *form, unsigned width)
{
    struct dg_buffer png;
    struct dg_form_part *part = dg_form_part(form, "image[]", "a.png", "image/png");

    picture_png(&png, width, 50, SPNG_COLOR_TYPE_GRAYSCALE, false);
    dg_form_part_add(form, part, png.data, png.size);
    dg_buffer_done(&png);
    return part;
}

static void the_gallery_remembers(void **state)
{
    struct dg_gallery *g = dg_gallery_new(64 * 1024);
    struct dg_form form;
    unsigned bad;

    (void)state;
    dg_form_init(&form);
    part_of(&form, 50);
    part_of(&form, 70);
    struct dg_form_part *broken = dg_form_part(&form, "image[]", "a.png", "image/png");
    dg_form_part_add(&form, broken, "\x89PNG\r\n\x1a\nno", 10);
    dg_form_digest(&form);
    const struct dg_form_part *const *parts = (const void *)form.parts;
    struct dg_exhibit *one = dg_gallery_show(g, parts, 1, &bad);
    struct dg_exhibit *two = dg_gallery_show(g, parts, 2, &bad);
    assert_ptr_not_equal(one, two);
    assert_ptr_equal(one, dg_gallery_show(g, parts, 1, &bad));
    assert_ptr_equal(two, dg_gallery_find(g, two->id));
    assert_null(dg_gallery_show(g, parts, 3, &bad));
    assert_int_equal(bad, 3);
    assert_ptr_equal(dg_gallery_fixed(g), dg_gallery_fixed(g));
    assert_null(dg_gallery_find(g, 12345));
    dg_form_done(&form);
    dg_gallery_free(g);
}

/* What is held stays; what is not gives way. */
static void the_gallery_is_bounded(void **state)
{
    struct dg_gallery *g = dg_gallery_new(3000);
    struct dg_form form;
    uint64_t first = 0, held = 0;
    unsigned bad;

    (void)state;
    dg_form_init(&form);
    for (unsigned i = 0; i < 40; i++)
        part_of(&form, 50 + i);
    dg_form_digest(&form);
    const struct dg_form_part *const *parts = (const void *)form.parts;
    for (unsigned i = 0; i < 40; i++) {
        struct dg_exhibit *e = dg_gallery_show(g, parts + i, 1, &bad);
        if (i == 0)
            first = e->id;
        if (i == 1)
            held = e->id;
        else
            dg_gallery_release(g, e);
    }
    assert_null(dg_gallery_find(g, first));
    assert_non_null(dg_gallery_find(g, held));
    dg_gallery_release(g, NULL);
    dg_form_done(&form);
    dg_gallery_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_of_any_kind),           cmocka_unit_test(large_ones_shrink),
        cmocka_unit_test(cut_pictures_are_refused),  cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(gif_holds_the_same_pixels), cmocka_unit_test(every_encoding_reads_back),
        cmocka_unit_test(a_sketch_shows_its_input),  cmocka_unit_test(any_size_can_be_drawn),
        cmocka_unit_test(variants_differ),           cmocka_unit_test(neighbours_differ_at_sight),
        cmocka_unit_test(the_gallery_remembers),     cmocka_unit_test(the_gallery_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
