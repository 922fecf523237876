/* SPDX-License-Identifier: MIT
 *
 * core/image: kinds, pixels and alpha from headers, whole and cut short, from
 * memory and from files with metadata in front.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/image.h"
#include "scratch.h"

#define PNG               "\x89PNG\r\n\x1a\n"
#define IHDR(colour_type) "\0\0\0\rIHDR\0\0\4\0\0\0\2\x01\x08" colour_type "\0\0\0crc4"
#define TEXT              "\0\0\0\4tEXtk\0vvcrc4"
#define TRNS              "\0\0\0\1tRNS\0crc4"
#define IDAT              "\0\0\0\4IDATdatacrc4"
#define SOF(marker)       "\xff" marker "\0\x11\x08\x02\x01\x04\0\3\1\x22\0\2\x11\1\3\x11\1"

static const struct {
    const char *name;
    const char *bytes;
    size_t size;
    enum dg_image_kind kind;
    uint32_t width, height;
    bool alpha;
} cases[] = {
#define CASE(name, bytes) name, bytes, sizeof(bytes) - 1
    { CASE("png", PNG IHDR("\2") IDAT), DG_IMAGE_PNG, 1024, 513, false },
    { CASE("png grey alpha", PNG IHDR("\4") IDAT), DG_IMAGE_PNG, 1024, 513, true },
    { CASE("png rgba", PNG IHDR("\6") IDAT), DG_IMAGE_PNG, 1024, 513, true },
    { CASE("png palette", PNG IHDR("\3") TEXT TRNS IDAT), DG_IMAGE_PNG, 1024, 513, true },
    { CASE("png late trns", PNG IHDR("\3") TEXT IDAT TRNS), DG_IMAGE_PNG, 1024, 513, false },
    { CASE("png signature", PNG), DG_IMAGE_PNG, 0, 0, false },
    { CASE("png odd first chunk", PNG TEXT IHDR("\6")), DG_IMAGE_PNG, 0, 0, false },
    { CASE("png 0x0", PNG "\0\0\0\rIHDR\0\0\0\0\0\0\0\0\x08\6\0\0\0crc4"), DG_IMAGE_PNG, 0, 0,
      true },
    { CASE("png huge", PNG "\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\2\0\0\0crc4"), DG_IMAGE_PNG,
      60000, 60000, false },

    { CASE("jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" SOF("\xc0")), DG_IMAGE_JPEG,
      1024, 513, false },
    { CASE("jpeg progressive", "\xff\xd8\xff\xdb\0\3\0" SOF("\xc2")), DG_IMAGE_JPEG, 1024, 513,
      false },
    { CASE("jpeg huffman first", "\xff\xd8\xff\xc4\0\4\0\0" SOF("\xc1")), DG_IMAGE_JPEG, 1024, 513,
      false },
    { CASE("jpeg fill bytes", "\xff\xd8\xff\xff\xff\xfe\0\2\xff" SOF("\xc0")), DG_IMAGE_JPEG, 1024,
      513, false },
    { CASE("jpeg restart", "\xff\xd8\xff\xd0" SOF("\xc0")), DG_IMAGE_JPEG, 1024, 513, false },
    { CASE("jpeg without frame", "\xff\xd8\xff\xda\0\2" SOF("\xc0")), DG_IMAGE_JPEG, 0, 0, false },
    { CASE("jpeg bad length", "\xff\xd8\xff\xe0\0\1" SOF("\xc0")), DG_IMAGE_JPEG, 0, 0, false },
    { CASE("jpeg no marker", "\xff\xd8\xff\xe0\0\3x?" SOF("\xc0")), DG_IMAGE_JPEG, 0, 0, false },
    { CASE("jpeg start", "\xff\xd8\xff"), DG_IMAGE_JPEG, 0, 0, false },

    { CASE("webp lossy", "RIFF\x10\0\0\0WEBPVP8 \4\0\0\0\x30\1\0\x9d\1\x2a\0\x44\x01\x02"),
      DG_IMAGE_WEBP, 1024, 513, false },
    { CASE("webp lossy without start code",
           "RIFF\x10\0\0\0WEBPVP8 \4\0\0\0\x30\1\0\x9d\1\x2b\0\4\1\2"),
      DG_IMAGE_WEBP, 0, 0, false },
    { CASE("webp lossless", "RIFF\x10\0\0\0WEBPVP8L\4\0\0\0\x2f\xff\x03\x80\0....!"), DG_IMAGE_WEBP,
      1024, 513, false },
    { CASE("webp lossless alpha", "RIFF\x10\0\0\0WEBPVP8L\4\0\0\0\x2f\xff\x03\x80\x10....!"),
      DG_IMAGE_WEBP, 1024, 513, true },
    { CASE("webp extended", "RIFF\x10\0\0\0WEBPVP8X\n\0\0\0\x08\0\0\0\xff\3\0\0\2\0"),
      DG_IMAGE_WEBP, 1024, 513, false },
    { CASE("webp extended alpha", "RIFF\x10\0\0\0WEBPVP8X\n\0\0\0\x10\0\0\0\xff\3\0\0\2\0"),
      DG_IMAGE_WEBP, 1024, 513, true },
    { CASE("webp of the future", "RIFF\x10\0\0\0WEBPVP99\4\0\0\0\0\0\0\0\0\0\0\0"), DG_IMAGE_WEBP,
      0, 0, false },
    { CASE("webp start", "RIFF\x10\0\0\0WEBP"), DG_IMAGE_WEBP, 0, 0, false },

    { CASE("gif 87", "GIF87a\0\4\1\2\0"), DG_IMAGE_GIF, 1024, 513, false },
    { CASE("gif 89", "GIF89a\0\4\1\2\0"), DG_IMAGE_GIF, 1024, 513, false },
    { CASE("gif start", "GIF89a"), DG_IMAGE_GIF, 0, 0, false },

    { CASE("svg", "<svg xmlns=\"...\"/>"), DG_IMAGE_SVG, 0, 0, false },
    { CASE("svg bare", "<svg>"), DG_IMAGE_SVG, 0, 0, false },
    { CASE("svg prefixed", "<svg:svg xmlns:svg=\"...\">"), DG_IMAGE_SVG, 0, 0, false },
    { CASE("svg all before it", "\xef\xbb\xbf\r\n<?xml version=\"1.0\"?>\n<!-- <svg> "
                                "-->\n<!DOCTYPE svg PUBLIC \"-//W3C\" "
                                "\"x\" [ <!ENTITY a \"b\"> ]>\n<!-- 2 --><svg\n"),
      DG_IMAGE_SVG, 0, 0, false },
    { CASE("svg doctype plain", "<!DOCTYPE svg><svg>"), DG_IMAGE_SVG, 0, 0, false },
    { CASE("html with svg", "<!DOCTYPE html><html><svg></svg>"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("html", "<html>"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("svgish name", "<svgx>"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("open comment", "<!-- <svg>"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("open declaration", "<?xml <svg>"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("open doctype", "<!DOCTYPE svg [ <svg>"), DG_IMAGE_UNKNOWN, 0, 0, false },

    { CASE("empty", ""), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("text", "hello"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("bmp", "BM\x36\0\0\0\0\0\0\0\x36\0\0\0"), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("wave", "RIFF\x10\0\0\0WAVEfmt "), DG_IMAGE_UNKNOWN, 0, 0, false },
    { CASE("avif", "\0\0\0\x1c"
                   "ftypavif"),
      DG_IMAGE_UNKNOWN, 0, 0, false },
#undef CASE
};

static void judge(size_t i, const struct dg_image_info *info)
{
    if (info->kind != cases[i].kind || info->width != cases[i].width ||
        info->height != cases[i].height || info->alpha != cases[i].alpha)
        fail_msg("%s: %s %u x %u%s", cases[i].name, dg_image_name(info->kind), info->width,
                 info->height, info->alpha ? " alpha" : "");
}

static void every_case_from_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dg_image_info info;
        dg_image_sniff(cases[i].bytes, cases[i].size, &info);
        judge(i, &info);
    }
}

static void every_case_from_a_file(void **state)
{
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dg_image_info info;
        struct dg_error err;
        uint64_t size = 0;
        const char *path = scratch_write(&s, "picture", cases[i].bytes, cases[i].size);
        assert_true(dg_image_file(path, &info, &size, &err));
        assert_int_equal(size, cases[i].size);
        judge(i, &info);
    }
    scratch_remove(&s);
}

/* Every beginning of every case, in memory of just that size. */
static void cut_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t n = 0; n <= cases[i].size; n++) {
            struct dg_image_info info;
            char *part = malloc(n ? n : 1);
            memcpy(part, cases[i].bytes, n);
            dg_image_sniff(part, n, &info);
            assert_true(info.width == 0 || info.width == cases[i].width);
            assert_true(info.height == 0 || info.height == cases[i].height);
            free(part);
        }
    }
}

/* Judges a file of `front`, `n` filler bytes and `back`. */
static void with_metadata(struct scratch *s, const char *front, size_t front_size, size_t n,
                          const char *back, size_t back_size, struct dg_image_info *info)
{
    struct dg_error err;
    uint64_t size;
    FILE *f = fopen(scratch_path(s, "big"), "w");
    assert_non_null(f);
    assert_int_equal(fwrite(front, 1, front_size, f), front_size);
    for (size_t i = 0; i < n; i++)
        fputc('m', f);
    assert_int_equal(fwrite(back, 1, back_size, f), back_size);
    assert_int_equal(fclose(f), 0);
    assert_true(dg_image_file(s->path, info, &size, &err));
    assert_int_equal(size, front_size + n + back_size);
}

static void large_metadata_in_front(void **state)
{
    static const char jpeg[] = "\xff\xd8\xff\xe2\xff\xfe", sof[] = SOF("\xc0");
    static const char png[] = PNG IHDR("\3") "\0\4\0\0iCCP", trns[] = "crc4" TRNS IDAT;
    struct scratch s;
    struct dg_image_info info;
    (void)state;
    scratch_make(&s);
    with_metadata(&s, jpeg, sizeof jpeg - 1, 0xfffc, sof, sizeof sof - 1, &info);
    assert_int_equal(info.kind, DG_IMAGE_JPEG);
    assert_int_equal(info.width, 1024);
    assert_int_equal(info.height, 513);
    with_metadata(&s, png, sizeof png - 1, 0x40000, trns, sizeof trns - 1, &info);
    assert_int_equal(info.kind, DG_IMAGE_PNG);
    assert_true(info.alpha);
    with_metadata(&s, png, sizeof png - 1, 0x3ffff, trns, sizeof trns - 1, &info);
    assert_false(info.alpha);
    scratch_remove(&s);
}

static void only_regular_files(void **state)
{
    struct scratch s;
    struct dg_image_info info;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    assert_false(dg_image_file(s.dir, &info, NULL, &err));
    assert_int_equal(err.kind, DG_KIND_IMAGE);
    assert_string_equal(err.code, "not_a_file");
    assert_false(dg_image_file("/dev/zero", &info, NULL, &err));
    assert_string_equal(err.message, "the picture /dev/zero is not a file");
    assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
    assert_false(dg_image_file(s.path, &info, NULL, &err));
    assert_false(dg_image_file(scratch_path(&s, "missing.png"), &info, NULL, &err));
    assert_string_equal(err.code, "open");
    assert_non_null(strstr(err.message, "No such file"));
    assert_true(dg_image_file(scratch_write(&s, "e", "", 0), &info, NULL, &err));
    assert_int_equal(info.kind, DG_IMAGE_UNKNOWN);
    scratch_remove(&s);
}

/* Smallest texts that count as whole, and the bytes that make them so. */
static void what_was_cut_off_is_not_whole(void **state)
{
    static const struct {
        const char *bytes; /* a picture as far as it is judged */
        size_t size;
        size_t least; /* with fewer bytes its end is gone */
    } pictures[] = {
        { "\x89PNG\r\n\x1a\n....IEND\xae\x42\x60\x82+", 21, 20 },
        { "\xff\xd8\xff\xe0....\xff\xd9", 10, 10 },
        { "RIFF\x08\0\0\0WEBPVP8 ", 16, 16 },
        { "GIF89a\1\0\1\0....\x3b", 15, 15 },
        { "<svg xmlns='x'></svg>\n", 22, 20 },
        { "no picture at all", 17, 18 },
    };
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (size_t k = 0; k < sizeof pictures / sizeof *pictures; k++) {
        for (size_t n = 0; n <= pictures[k].size; n++) {
            const char *path = scratch_write(&s, "picture", pictures[k].bytes, n);
            assert_int_equal(dg_image_whole(path), n >= pictures[k].least);
        }
    }
    assert_false(dg_image_whole(scratch_path(&s, "missing.png")));
    scratch_remove(&s);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(dg_image_name(DG_IMAGE_JPEG), "jpeg");
    assert_string_equal(dg_image_extension(DG_IMAGE_JPEG), "jpg");
    assert_string_equal(dg_image_type(DG_IMAGE_JPEG), "image/jpeg");
    assert_string_equal(dg_image_name(DG_IMAGE_UNKNOWN), "unknown");
    assert_string_equal(dg_image_extension(DG_IMAGE_UNKNOWN), "bin");
    assert_string_equal(dg_image_type(DG_IMAGE_UNKNOWN), "application/octet-stream");
    assert_string_equal(dg_image_type(DG_IMAGE_SVG), "image/svg+xml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_from_memory),
        cmocka_unit_test(every_case_from_a_file),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(large_metadata_in_front),
        cmocka_unit_test(only_regular_files),
        cmocka_unit_test(what_was_cut_off_is_not_whole),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
