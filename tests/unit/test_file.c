/* SPDX-License-Identifier: MIT
 *
 * base/file: folders, whole reads and writes, temporary files.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "temp_folder.h"

static void failed_says_what_to_do(void **state)
{
    struct dg_error err;

    (void)state;
    assert_false(dg_file_failed(&err, "open", "a/b", ENOENT));
    assert_says(&err, "open", "a/b: cannot open: No such file or directory");
    assert_false(dg_file_failed(&err, "write", "a/b", ENOSPC));
    assert_says(&err, "write", "free some space");
}

static void mkdirs_makes_all(void **state)
{
    (void)state;
    assert_true(dg_file_mkdirs(at("a/b/c"), NULL));
    assert_true(is_folder(at("a/b/c")));
    assert_int_equal(mode_of(at("a/b/c")), 0755);
    assert_true(dg_file_mkdirs(at("a/b/c"), NULL));
    assert_true(dg_file_mkdirs(at("a//b/./d/"), NULL));
    assert_true(is_folder(at("a/b/d")));
    assert_true(dg_file_mkdirs("/", NULL));
    assert_true(dg_file_mkdirs(".", NULL));
}

static void mkdirs_through_a_link(void **state)
{
    (void)state;
    assert_true(dg_file_mkdirs(at("real"), NULL));
    assert_int_equal(symlink("real", at("link")), 0);
    assert_true(dg_file_mkdirs(at("link"), NULL));
    assert_true(dg_file_mkdirs(at("link/x"), NULL));
    assert_true(is_folder(at("real/x")));
}

static void mkdirs_names_what_is_in_the_way(void **state)
{
    struct dg_error err;

    (void)state;
    put(at("file"), "x");
    assert_false(dg_file_mkdirs(at("file"), &err));
    assert_says(&err, "not_a_folder", "/file: is a file where a folder is needed");
    assert_false(dg_file_mkdirs(at("file/a"), &err));
    assert_says(&err, "not_a_folder", "/file: is a file where a folder is needed");
    assert_false(dg_file_mkdirs("", &err));
    assert_false(dg_file_mkdirs("/proc/no/such", &err));
    assert_says(&err, "create", "/proc/no: cannot create");
}

static void write_reports_errno(void **state)
{
    struct dg_error err;
    int fd = open("/dev/full", O_WRONLY);

    (void)state;
    if (fd < 0)
        skip();
    assert_false(dg_file_write(fd, "x", 1, &err));
    assert_says(&err, "write", "cannot write: No space left on device; free some space there");
    assert_true(dg_file_write(fd, "", 0, &err));
    close(fd);
    assert_false(dg_file_write(-1, "x", 1, &err));
}

struct reader {
    int fd;      /* of the pipe */
    size_t seen; /* bytes read until its end */
};

static void *read_to_end(void *self)
{
    struct reader *r = self;
    char bytes[4096];
    ssize_t n;

    while ((n = read(r->fd, bytes, sizeof(bytes))) > 0)
        r->seen += (size_t)n;
    return NULL;
}

/* A non-blocking pipe takes 64 KiB and then says EAGAIN: all must arrive. */
static void write_waits_for_a_full_pipe(void **state)
{
    enum { SIZE = 1024 * 1024 };
    int ends[2];
    pthread_t thread;
    char *bytes = dg_zalloc(SIZE);

    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    fcntl(ends[0], F_SETFL, 0);
    struct reader r = { .fd = ends[0] };
    assert_int_equal(pthread_create(&thread, NULL, read_to_end, &r), 0);
    assert_true(dg_file_write(ends[1], bytes, SIZE, NULL));
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    assert_int_equal(r.seen, SIZE);
    dg_free(bytes);
}

static void read_appends(void **state)
{
    struct dg_buffer b;

    (void)state;
    put(at("file"), "content");
    dg_buffer_init(&b, 8);
    dg_buffer_text(&b, ">");
    assert_true(dg_file_read(at("file"), &b, NULL));
    assert_string_equal(b.data, ">content");
    dg_buffer_done(&b);
}

static void read_failures_leave_the_buffer(void **state)
{
    struct dg_error err;
    struct dg_buffer b;

    (void)state;
    put(at("file"), "content");
    dg_buffer_init(&b, 7);
    dg_buffer_text(&b, ">");
    assert_false(dg_file_read(at("file"), &b, &err));
    assert_says(&err, "too_large", "/file: larger than the 7 bytes allowed here");
    assert_string_equal(b.data, ">");
    assert_false(dg_file_read(at("none"), &b, &err));
    assert_says(&err, "open", "/none: cannot open: No such file");
    assert_false(dg_file_read(root, &b, &err));
    assert_says(&err, "read", "cannot read: Is a directory");
    assert_string_equal(b.data, ">");
    dg_buffer_done(&b);
}

static void read_larger_than_a_chunk(void **state)
{
    char *text = dg_zalloc(100001);
    struct dg_buffer b;

    (void)state;
    memset(text, 'x', 100000);
    put(at("file"), text);
    dg_buffer_init(&b, 100000);
    assert_true(dg_file_read(at("file"), &b, NULL));
    assert_string_equal(b.data, text);
    dg_buffer_clear(&b);
    put(at("file"), "");
    assert_true(dg_file_read(at("file"), &b, NULL));
    assert_int_equal(b.size, 0);
    dg_buffer_done(&b);
    dg_free(text);
}

/* The first chunks fit, a later one does not. */
static void read_too_large_in_a_later_chunk(void **state)
{
    char *text = dg_zalloc(100001);
    struct dg_buffer b;

    (void)state;
    memset(text, 'x', 100000);
    put(at("file"), text);
    dg_buffer_init(&b, 99999);
    dg_buffer_text(&b, ">");
    assert_false(dg_file_read(at("file"), &b, NULL));
    assert_string_equal(b.data, ">");
    dg_buffer_done(&b);
    dg_free(text);
}

static void temp_is_new_and_private(void **state)
{
    struct dg_buffer one, two;

    (void)state;
    dg_buffer_init(&one, 4096);
    dg_buffer_init(&two, 4096);
    int fd1 = dg_file_temp(root, "000001", &one, NULL);
    int fd2 = dg_file_temp(root, "000001", &two, NULL);
    assert_true(fd1 >= 0 && fd2 >= 0);
    assert_string_not_equal(one.data, two.data);
    assert_int_equal(strncmp(one.data, at("000001."), strlen(at("000001."))), 0);
    assert_string_equal(one.data + one.size - 5, ".part");
    assert_int_equal(mode_of(one.data), 0600);
    assert_true(fcntl(fd1, F_GETFD) & FD_CLOEXEC);
    assert_true(dg_file_write(fd1, "x", 1, NULL));
    close(fd1);
    close(fd2);
    assert_content(one.data, "x");
    dg_buffer_done(&one);
    dg_buffer_done(&two);
}

static void temp_of_any_stem(void **state)
{
    char stem[400];
    struct dg_buffer path;

    (void)state;
    memset(stem, 'n', sizeof(stem) - 1);
    stem[sizeof(stem) - 1] = '\0';
    dg_buffer_init(&path, 4096);
    int fd = dg_file_temp(root, stem, &path, NULL);
    assert_true(fd >= 0);
    close(fd);
    fd = dg_file_temp(root, "../../b", &path, NULL);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(strncmp(path.data, at("b."), strlen(at("b."))), 0);
    assert_int_equal(entries(root), 2);
    dg_buffer_done(&path);
}

static void temp_fails_clearly(void **state)
{
    struct dg_error err;
    struct dg_buffer path;

    (void)state;
    dg_buffer_init(&path, 4096);
    assert_int_equal(dg_file_temp(at("none"), "x", &path, &err), -1);
    assert_says(&err, "create", ".part: cannot create: No such file or directory");
    dg_buffer_done(&path);
    dg_buffer_init(&path, 3);
    assert_int_equal(dg_file_temp(root, "x", &path, &err), -1);
    assert_says(&err, "create", "choose a shorter name");
    dg_buffer_done(&path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(failed_says_what_to_do),
        TEST(mkdirs_makes_all),
        TEST(mkdirs_through_a_link),
        TEST(mkdirs_names_what_is_in_the_way),
        TEST(write_reports_errno),
        TEST(write_waits_for_a_full_pipe),
        TEST(read_appends),
        TEST(read_failures_leave_the_buffer),
        TEST(read_larger_than_a_chunk),
        TEST(read_too_large_in_a_later_chunk),
        TEST(temp_is_new_and_private),
        TEST(temp_of_any_stem),
        TEST(temp_fails_clearly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
