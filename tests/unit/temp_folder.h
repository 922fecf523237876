/* SPDX-License-Identifier: MIT
 *
 * A folder of its own for each test, removed after it, and what is asked of the
 * files in it.  For cmocka programs; include after cmocka.h.
 *
 *     cmocka_unit_test_setup_teardown(test, make_root, remove_root)
 */
#ifndef DG_TESTS_TEMP_FOLDER_H
#define DG_TESTS_TEMP_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char root[256]; /* this test's folder */

/* root/NAME, in one of a few buffers used in turn. */
static inline const char *at(const char *name)
{
    static char paths[4][1024];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

static inline int make_root(void **state)
{
    const char *base = getenv("TMPDIR");

    (void)state;
    umask(022);
    snprintf(root, sizeof(root), "%s/dg-test-XXXXXX", base && base[0] ? base : "/tmp");
    return mkdtemp(root) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_true(dg_file_write(fd, text, strlen(text), NULL));
    close(fd);
}

static inline void assert_content(const char *path, const char *text)
{
    struct dg_buffer b;

    dg_buffer_init(&b, 1024 * 1024);
    assert_true(dg_file_read(path, &b, NULL));
    assert_string_equal(b.data, text);
    dg_buffer_done(&b);
}

static inline mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static inline bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static inline size_t entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static inline void assert_says(const struct dg_error *err, const char *code, const char *part)
{
    assert_int_equal(err->kind, DG_KIND_FILE);
    assert_string_equal(err->code, code);
    if (!strstr(err->message, part))
        fail_msg("\"%s\" does not say \"%s\"", err->message, part);
}

#endif
