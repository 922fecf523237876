/* SPDX-License-Identifier: MIT
 *
 * base/file, the part in file_beneath.c: paths that never leave a folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "temp_folder.h"

static const struct {
    const char *relative;
    const char *fault; /* part of the message; NULL: fine */
} names[] = {
    { "a.png", NULL },
    { "a/b/c.png", NULL },
    { ".hidden", NULL },
    { "...", NULL },
    { "..a/b..", NULL },
    { "a b/\xC3\xA9.png", NULL },
    { "-x", NULL },
    { "", "is empty" },
    { "/", "is absolute" },
    { "/etc/passwd", "is absolute" },
    { ".", "\".\" or \"..\"" },
    { "..", "\".\" or \"..\"" },
    { "../a", "\".\" or \"..\"" },
    { "a/..", "\".\" or \"..\"" },
    { "a/../b", "\".\" or \"..\"" },
    { "a/./b", "\".\" or \"..\"" },
    { "./a", "\".\" or \"..\"" },
    { "a//b", "has an empty part" },
    { "a/", "has an empty part" },
    { "a\\b", "has a backslash" },
    { "..\\a", "has a backslash" },
    { "a\nb", "has a control character" },
    { "a/\x1b[2J", "has a control character" },
    { "a\x7f", "has a control character" },
};

static void names_by_their_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct dg_error err = { .message = "" };
        bool ok = dg_file_relative_ok(names[i].relative, &err);
        if (ok != (names[i].fault == NULL))
            fail_msg("\"%s\": %s", names[i].relative, err.message);
        if (!ok)
            assert_says(&err, "bad_name", names[i].fault);
        assert_int_equal(dg_file_relative_ok(names[i].relative, NULL), ok);
    }
}

static void names_have_a_length(void **state)
{
    char name[300] = "a/";

    (void)state;
    memset(name + 2, 'n', 255);
    assert_true(dg_file_relative_ok(name, NULL));
    name[257] = 'n';
    assert_false(dg_file_relative_ok(name, NULL));
}

static void place_makes_folders_and_replaces(void **state)
{
    (void)state;
    put(at("from"), "one");
    assert_true(dg_file_place(at("from"), root, "a/b/c.png", NULL));
    assert_content(at("a/b/c.png"), "one");
    assert_int_equal(mode_of(at("a/b/c.png")), 0644);
    assert_int_equal(mode_of(at("a/b")), 0755);
    put(at("from"), "two");
    umask(077);
    assert_true(dg_file_place(at("from"), root, "a/b/c.png", NULL));
    umask(022);
    assert_content(at("a/b/c.png"), "two");
    assert_int_equal(mode_of(at("a/b/c.png")), 0600);
    assert_int_equal(entries(root), 1);
}

static void place_refuses_bad_names(void **state)
{
    struct dg_error err;

    (void)state;
    put(at("from"), "x");
    assert_false(dg_file_place(at("from"), root, "../out.png", &err));
    assert_says(&err, "bad_name", "the name \"../out.png\" has a part");
    assert_false(dg_file_place(at("from"), root, "", &err));
    assert_content(at("from"), "x");
}

static void place_follows_no_link(void **state)
{
    struct dg_error err;

    (void)state;
    put(at("from"), "x");
    assert_true(dg_file_mkdirs(at("out/a"), NULL));
    assert_true(dg_file_mkdirs(at("elsewhere/b"), NULL));
    assert_int_equal(symlink("../../elsewhere", at("out/a/link")), 0);
    assert_false(dg_file_place(at("from"), at("out"), "a/link/b/c.png", &err));
    assert_says(&err, "symlink", "/out/a/link: is a symbolic link where a folder is needed");
    assert_false(dg_file_place(at("from"), at("out"), "a/link/c.png", &err));
    assert_says(&err, "symlink", "/out/a/link: is a symbolic link");
    assert_int_equal(entries(at("elsewhere")), 1);
    assert_int_equal(entries(at("elsewhere/b")), 0);
    assert_content(at("from"), "x");
}

static void place_replaces_a_link_at_the_end(void **state)
{
    (void)state;
    put(at("from"), "new");
    put(at("target"), "old");
    assert_int_equal(symlink("target", at("name")), 0);
    assert_true(dg_file_place(at("from"), root, "name", NULL));
    assert_content(at("name"), "new");
    assert_content(at("target"), "old");
}

static void place_below_a_linked_folder(void **state)
{
    (void)state;
    put(at("from"), "x");
    assert_true(dg_file_mkdirs(at("real"), NULL));
    assert_int_equal(symlink("real", at("out")), 0);
    assert_true(dg_file_place(at("from"), at("out"), "a/b.png", NULL));
    assert_content(at("real/a/b.png"), "x");
}

static void place_names_what_is_in_the_way(void **state)
{
    struct dg_error err;

    (void)state;
    put(at("from"), "x");
    put(at("file"), "y");
    assert_true(dg_file_mkdirs(at("folder"), NULL));
    assert_false(dg_file_place(at("from"), root, "file/a.png", &err));
    assert_says(&err, "not_a_folder", "/file: is a file where a folder is needed");
    assert_false(dg_file_place(at("from"), root, "folder", &err));
    assert_says(&err, "rename", "/folder: is a folder where a file is to go");
    assert_false(dg_file_place(at("from"), at("none"), "a.png", &err));
    assert_says(&err, "open", "/none: cannot open: No such file or directory");
    assert_false(dg_file_place(at("missing"), root, "a.png", &err));
    assert_says(&err, "rename", "/missing: cannot rename: No such file or directory");
    assert_content(at("from"), "x");
}

/* Root may do anything, so there the case cannot be shown. */
static void place_where_nothing_may_be_made(void **state)
{
    struct dg_error err;

    (void)state;
    if (geteuid() == 0)
        skip();
    put(at("from"), "x");
    assert_int_equal(mkdir(at("locked"), 0555), 0);
    assert_false(dg_file_place(at("from"), root, "locked/a/b.png", &err));
    assert_says(&err, "create", "/locked/a: cannot create: Permission denied; check its owner");
}

static void place_across_file_systems(void **state)
{
    struct dg_error err;
    struct stat here, there;
    char from[] = "/dev/shm/dg-test-file-XXXXXX";

    (void)state;
    if (stat("/dev/shm", &there) != 0 || stat(root, &here) != 0 || there.st_dev == here.st_dev)
        skip();
    int fd = mkstemp(from);
    if (fd < 0)
        skip();
    close(fd);
    bool ok = dg_file_place(from, root, "a.png", &err);
    unlink(from);
    assert_false(ok);
    assert_says(&err, "rename", "which is on another file system; keep temporary files on the");
}

static const struct {
    const char *relative;
    int64_t size_bytes; /* -1: nothing that may be looked at */
} sizes[] = {
    { "a/file", 5 },        { "empty", 0 },     { "a", -1 },    { "none", -1 }, { "none/file", -1 },
    { "dirlink/file", -1 }, { "filelink", -1 }, { "pipe", -1 }, { "../x", -1 }, { "", -1 },
    { "a/../empty", -1 },
};

static void sizes_beneath(void **state)
{
    (void)state;
    assert_true(dg_file_mkdirs(at("a"), NULL));
    put(at("a/file"), "12345");
    put(at("empty"), "");
    assert_int_equal(symlink("a", at("dirlink")), 0);
    assert_int_equal(symlink("a/file", at("filelink")), 0);
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    int folder = dg_file_folder(root);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        assert_int_equal(dg_file_size_beneath(root, sizes[i].relative), sizes[i].size_bytes);
        assert_int_equal(dg_file_size_in(folder, sizes[i].relative), sizes[i].size_bytes);
    }
    close(folder);
    assert_int_equal(dg_file_size_beneath(at("none"), "file"), -1);
    assert_false(is_folder(at("none")));
}

/* A folder that is open is looked at wherever it went. */
static void sizes_in_a_folder_that_moves(void **state)
{
    (void)state;
    assert_true(dg_file_mkdirs(at("a/b"), NULL));
    put(at("a/file"), "12345");
    put(at("a/b/file"), "123");
    int folder = dg_file_folder(at("a"));
    assert_int_equal(rename(at("a"), at("z")), 0);
    assert_int_equal(dg_file_size_in(folder, "file"), 5);
    assert_int_equal(dg_file_size_in(folder, "b/file"), 3);
    close(folder);
    assert_int_equal(dg_file_folder(at("a")), -1);
    assert_int_equal(dg_file_size_in(-1, "file"), -1);
    assert_int_equal(dg_file_size_in(-1, "b/file"), -1);
}

/* Neither success nor failure may leave a descriptor open. */
static void no_descriptor_is_left(void **state)
{
    size_t before = entries("/proc/self/fd");

    (void)state;
    put(at("from"), "x");
    assert_int_equal(symlink("..", at("link")), 0);
    for (int i = 0; i < 20; i++) {
        dg_file_place(at("from"), root, "link/x", NULL);
        dg_file_place(at("none"), root, "a/b/c", NULL);
        dg_file_place(at("from"), root, "a/b/c/d", NULL);
        dg_file_size_beneath(root, "a/b/c");
        dg_file_size_beneath(root, "link/b");
    }
    assert_int_equal(entries("/proc/self/fd"), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_by_their_text),
        TEST(names_have_a_length),
        TEST(place_makes_folders_and_replaces),
        TEST(place_refuses_bad_names),
        TEST(place_follows_no_link),
        TEST(place_replaces_a_link_at_the_end),
        TEST(place_below_a_linked_folder),
        TEST(place_names_what_is_in_the_way),
        TEST(place_where_nothing_may_be_made),
        TEST(place_across_file_systems),
        TEST(sizes_beneath),
        TEST(sizes_in_a_folder_that_moves),
        TEST(no_descriptor_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
