/* SPDX-License-Identifier: MIT
 *
 * A folder of its own for a test's files, gone afterwards.
 */
#ifndef DG_TESTS_SCRATCH_H
#define DG_TESTS_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
    char dir[200];  /* the folder */
    char path[300]; /* the file last written or named */
};

static inline void scratch_make(struct scratch *s)
{
    const char *base = getenv("TMPDIR");
    snprintf(s->dir, sizeof s->dir, "%s/dg-unit.XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(s->dir));
}

static inline const char *scratch_path(struct scratch *s, const char *name)
{
    snprintf(s->path, sizeof s->path, "%s/%s", s->dir, name);
    return s->path;
}

static inline const char *scratch_write(struct scratch *s, const char *name, const void *bytes,
                                        size_t n)
{
    int fd = open(scratch_path(s, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    return s->path;
}

/* How many files the folder holds; removes them if asked. */
static inline int scratch_files(struct scratch *s, int remove_them)
{
    int count = 0;
    DIR *d = opendir(s->dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        count++;
        if (remove_them)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
    return count;
}

static inline void scratch_remove(struct scratch *s)
{
    scratch_files(s, 1);
    assert_int_equal(rmdir(s->dir), 0);
}

#endif
