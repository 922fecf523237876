/* SPDX-License-Identifier: MIT
 *
 * core/multipart: the bytes of a body, in reads of every size, and files that
 * are not what they were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "core/multipart.h"
#include "scratch.h"

#define PNG "\x89PNG\r\n\x1a\n"

/* The whole body, read `room` bytes at a time, with the boundary as BBB. */
static void body(struct dg_multipart *m, size_t room, struct dg_buffer *out)
{
    struct dg_error err;
    char piece[4096], boundary[100];
    ssize_t n;
    struct dg_buffer raw;
    dg_buffer_init(&raw, 1 << 20);
    struct dg_multipart_reader *r = dg_multipart_reader_new(m, DG_FIELD_AUTO);
    while ((n = dg_multipart_read(r, piece, room, &err)) > 0) {
        assert_true((size_t)n <= room);
        dg_buffer_add(&raw, piece, (size_t)n);
    }
    assert_int_equal(n, 0);
    assert_int_equal(dg_multipart_read(r, piece, room, &err), 0);
    assert_int_equal(raw.size, dg_multipart_size(m, DG_FIELD_AUTO));
    dg_multipart_reader_free(r);
    assert_int_equal(sscanf(dg_multipart_type(m), "multipart/form-data; boundary=%99s", boundary),
                     1);
    dg_buffer_clear(out);
    size_t length = strlen(boundary);
    for (size_t i = 0; i < raw.size;) {
        bool here = raw.size - i >= length && memcmp(raw.data + i, boundary, length) == 0;
        dg_buffer_add(out, here ? "BBB" : raw.data + i, here ? 3 : 1);
        i += here ? length : 1;
    }
    dg_buffer_done(&raw);
}

static void expect(struct dg_multipart *m, const char *want, size_t n)
{
    struct dg_buffer out;
    dg_buffer_init(&out, 1 << 20);
    for (size_t room = 1; room <= 4096; room = room < 5 ? room + 1 : room * 8 / 5) {
        body(m, room, &out);
        assert_int_equal(out.size, n);
        assert_memory_equal(out.data, want, n);
    }
    dg_buffer_done(&out);
}

static void fields_and_bytes(void **state)
{
    static const char want[] = "--BBB\r\n"
                               "Content-Disposition: form-data; name=\"prompt\"\r\n\r\n"
                               "two\r\nlines \xc3\xa9\r\n"
                               "--BBB\r\n"
                               "Content-Disposition: form-data; name=\"empty\"\r\n\r\n"
                               "\r\n"
                               "--BBB\r\n"
                               "Content-Disposition: form-data; name=\"image\"; "
                               "filename=\"file.png\"\r\nContent-Type: image/png\r\n\r\n" PNG "\r\n"
                               "--BBB\r\n"
                               "Content-Disposition: form-data; name=\"data\"; "
                               "filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
                               "a\0b\r\n"
                               "--BBB--\r\n";
    struct dg_error err;
    (void)state;
    struct dg_multipart *m = dg_multipart_new(NULL);
    assert_true(dg_multipart_field(m, "prompt", "two\r\nlines \xc3\xa9", 13, &err));
    assert_true(dg_multipart_field(m, "empty", NULL, 0, &err));
    assert_true(dg_multipart_bytes(m, "image", PNG, 8, NULL, NULL, &err));
    assert_true(dg_multipart_bytes(m, "data", "a\0b", 3, "a.txt", "text/plain", &err));
    expect(m, want, sizeof want - 1);
    dg_multipart_free(m);
}

static void an_empty_form(void **state)
{
    (void)state;
    struct dg_multipart *m = dg_multipart_new(NULL);
    expect(m, "--BBB--\r\n", 9);
    dg_multipart_free(m);
}

static void files(void **state)
{
    static const char want[] =
        "--BBB\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a.jpeg\"\r\n"
        "Content-Type: image/png\r\n\r\n" PNG "\r\n"
        "--BBB\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"b.png\"\r\n"
        "Content-Type: image/png\r\n\r\n" PNG "\r\n"
        "--BBB\r\nContent-Disposition: form-data; name=\"x\"; filename=\"c%22%0D%0A.bin\"\r\n"
        "Content-Type: application/octet-stream\r\n\r\n\r\n"
        "--BBB\r\nContent-Disposition: form-data; name=\"y%22\"; filename=\"other\"\r\n"
        "Content-Type: image/webp\r\n\r\n" PNG "\r\n"
        "--BBB--\r\n";
    struct scratch s;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    struct dg_multipart *m = dg_multipart_new(NULL);
    scratch_write(&s, "a.jpeg", PNG, 8);
    assert_true(dg_multipart_file(m, "image[]", s.path, NULL, NULL, &err));
    scratch_write(&s, "b", PNG, 8);
    assert_true(dg_multipart_file(m, "image[]", s.path, NULL, NULL, &err));
    scratch_write(&s, "c\"\r\n", "", 0);
    assert_true(dg_multipart_file(m, "x", s.path, NULL, NULL, &err));
    scratch_path(&s, "b");
    assert_true(dg_multipart_file(m, "y\"", s.path, "other", "image/webp", &err));
    expect(m, want, sizeof want - 1);
    dg_multipart_free(m);
    scratch_remove(&s);
}

static void a_large_file(void **state)
{
    static char big[300000];
    static char got[400000];
    struct scratch s;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7);
    struct dg_multipart *m = dg_multipart_new(NULL);
    assert_true(
        dg_multipart_file(m, "f", scratch_write(&s, "big", big, sizeof big), NULL, NULL, &err));
    struct dg_multipart_reader *r = dg_multipart_reader_new(m, DG_FIELD_AUTO);
    ssize_t n = dg_multipart_read(r, got, sizeof got, &err);
    assert_int_equal(n, dg_multipart_size(m, DG_FIELD_AUTO));
    assert_non_null(memmem(got, (size_t)n, big, sizeof big));
    dg_multipart_reader_free(r);
    dg_multipart_free(m);
    scratch_remove(&s);
}

/* Two readers of one form, turn by turn; the form's maker lets go first. */
static void readers_do_not_disturb_each_other(void **state)
{
    struct dg_error err;
    char a[200], b[200];
    size_t n = 0;
    (void)state;
    struct dg_multipart *m = dg_multipart_new(NULL);
    assert_true(dg_multipart_field(m, "k", "value", 5, &err));
    struct dg_multipart_reader *r[2] = { dg_multipart_reader_new(m, DG_FIELD_AUTO),
                                         dg_multipart_reader_new(m, DG_FIELD_AUTO) };
    dg_multipart_free(m);
    while (dg_multipart_read(r[0], a + n, 1, &err) == 1) {
        assert_int_equal(dg_multipart_read(r[1], b + n, 1, &err), 1);
        n++;
    }
    assert_memory_equal(a, b, n);
    dg_multipart_reader_free(r[0]);
    dg_multipart_reader_free(r[1]);
}

static void boundaries_differ(void **state)
{
    (void)state;
    struct dg_multipart *a = dg_multipart_new(NULL), *b = dg_multipart_new(NULL);
    assert_string_not_equal(dg_multipart_type(a), dg_multipart_type(b));
    assert_true(strlen(dg_multipart_type(a)) <= strlen("multipart/form-data; boundary=") + 70);
    dg_multipart_free(a);
    dg_multipart_free(b);
}

static void what_is_refused(void **state)
{
    static char long_name[70000];
    struct scratch s;
    struct dg_error err;
    (void)state;
    scratch_make(&s);
    struct dg_multipart *m = dg_multipart_new(NULL);
    uint64_t size = dg_multipart_size(m, DG_FIELD_AUTO);
    assert_false(dg_multipart_file(m, "f", s.dir, NULL, NULL, &err));
    assert_string_equal(err.code, "not_a_file");
    assert_false(dg_multipart_file(m, "f", scratch_path(&s, "missing"), NULL, NULL, &err));
    assert_string_equal(err.code, "open");
    assert_false(dg_multipart_bytes(m, "f", "x", 1, NULL, "a/b\r\nX: y", &err));
    assert_string_equal(err.code, "bad_type");
    memset(long_name, 'n', sizeof long_name - 1);
    assert_false(dg_multipart_field(m, long_name, "x", 1, &err));
    assert_string_equal(err.code, "too_large");
    assert_int_equal(dg_multipart_size(m, DG_FIELD_AUTO), size);
    dg_multipart_reader_free(dg_multipart_reader_new(m, DG_FIELD_AUTO));
    assert_false(dg_multipart_field(m, "late", "x", 1, &err));
    assert_int_equal(err.kind, DG_KIND_USAGE);
    assert_string_equal(err.code, "sealed");
    dg_multipart_free(m);
    scratch_remove(&s);
}

/* What becomes of a file between the adding and the sending. */
enum fate { SHORTER, LONGER, GONE, A_FIFO };

static void meet(enum fate fate, const char *path)
{
    if (fate == SHORTER)
        assert_int_equal(truncate(path, 3), 0);
    else if (fate == LONGER)
        assert_int_equal(truncate(path, 9), 0);
    else
        assert_int_equal(unlink(path), 0);
    if (fate == A_FIFO)
        assert_int_equal(mkfifo(path, 0600), 0);
}

static void files_that_change(void **state)
{
    struct scratch s;
    (void)state;
    scratch_make(&s);
    for (enum fate fate = SHORTER; fate <= A_FIFO; fate++) {
        struct dg_error err;
        char all[1000];
        struct dg_multipart *m = dg_multipart_new(NULL);
        const char *path = scratch_write(&s, "f.png", PNG, 8);
        assert_true(dg_multipart_file(m, "f", path, NULL, NULL, &err));
        struct dg_multipart_reader *r = dg_multipart_reader_new(m, DG_FIELD_AUTO);
        meet(fate, path);
        assert_int_equal(dg_multipart_read(r, all, sizeof all, &err), -1);
        assert_int_equal(err.kind, DG_KIND_IMAGE);
        assert_string_equal(err.code, fate == GONE ? "open" : "changed");
        assert_non_null(strstr(err.message, path));
        dg_multipart_reader_free(r);
        dg_multipart_free(m);
        unlink(path);
    }
    scratch_remove(&s);
}

static void cut_while_it_is_sent(void **state)
{
    struct scratch s;
    struct dg_error err;
    char all[1000];
    ssize_t n;
    (void)state;
    scratch_make(&s);
    struct dg_multipart *m = dg_multipart_new(NULL);
    const char *path = scratch_write(&s, "f.png", PNG, 8);
    assert_true(dg_multipart_file(m, "f", path, NULL, NULL, &err));
    struct dg_multipart_reader *r = dg_multipart_reader_new(m, DG_FIELD_AUTO);
    size_t framing = (size_t)dg_multipart_size(m, DG_FIELD_AUTO);
    do
        n = dg_multipart_read(r, all, 1, &err);
    while (n == 1 && all[0] != '\x89' && --framing > 0);
    assert_int_equal(n, 1);
    assert_int_equal(truncate(path, 1), 0);
    assert_int_equal(dg_multipart_read(r, all, sizeof all, &err), -1);
    assert_string_equal(err.code, "changed");
    dg_multipart_reader_free(r);
    dg_multipart_free(m);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_bytes),
        cmocka_unit_test(an_empty_form),
        cmocka_unit_test(files),
        cmocka_unit_test(a_large_file),
        cmocka_unit_test(readers_do_not_disturb_each_other),
        cmocka_unit_test(boundaries_differ),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(files_that_change),
        cmocka_unit_test(cut_while_it_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
