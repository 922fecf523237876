/* SPDX-License-Identifier: MIT
 *
 * Whole reads and writes, folders, temporary files.  Leans on buffer, error,
 * random, text and POSIX.
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/reserve.h"
#include "base/stop.h"
#include "base/text.h"

enum { CHUNK_BYTES = 32 * 1024, STEM_BYTES = 200, TEMP_TRIES = 16 };

/* What the reader can do about an errno, as the end of a sentence. */
static const char *advice(int number)
{
    switch (number) {
    case ENOSPC:
        return "; free some space there";
    case EDQUOT:
        return "; free some of your quota there";
    case EACCES:
    case EPERM:
        return "; check its owner and permissions";
    case EROFS:
        return "; choose another place";
    case EMFILE:
        return "; raise the limit on open files (ulimit -n)";
    case ENAMETOOLONG:
        return "; choose a shorter name";
    case EXDEV:
        return "; both must be on the same file system";
    default:
        return "";
    }
}

bool dg_file_failed(struct dg_error *err, const char *verb, const char *path, int number)
{
    return dg_error_set(err, DG_KIND_FILE, verb, "%s: cannot %s: %s%s", path, verb,
                        strerror(number), advice(number));
}

/* Makes one folder; one that is there already is as good. */
static bool make_folder(const char *path, struct dg_error *err)
{
    struct stat st;

    if (mkdir(path, 0777) == 0)
        return true;
    int number = errno;
    if (stat(path, &st) != 0)
        return dg_file_failed(err, "create", path, number);
    if (!S_ISDIR(st.st_mode))
        return dg_error_set(err, DG_KIND_FILE, "not_a_folder",
                            "%s: is a file where a folder is needed; rename or remove it", path);
    return true;
}

bool dg_file_mkdirs(const char *path, struct dg_error *err)
{
    struct stat st;
    bool ok = true;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    char *copy = dg_strdup(path);
    for (char *p = copy; ok && *p; p++) {
        if (*p != '/' || p == copy)
            continue;
        *p = '\0';
        ok = make_folder(copy, err);
        *p = '/';
    }
    ok = ok && make_folder(copy, err);
    dg_free(copy);
    return ok;
}

/* After a failed write: true if trying again can help. */
static bool can_go_on(int fd)
{
    struct pollfd ready = { .fd = fd, .events = POLLOUT };
    int number = errno;

    if (number == EAGAIN) {
        poll(&ready, 1, -1);
        return true;
    }
    bool again = number == EINTR || (dg_reserve_helps(number) && dg_reserve_give_up());
    errno = number;
    return again;
}

/* false: a request to stop came first. */
static bool await_input(int fd)
{
    struct pollfd ready[2] = { { .fd = fd, .events = POLLIN },
                               { .fd = dg_stop_fd(), .events = POLLIN } };
    while (dg_stop_count() == 0 && poll(ready, 2, -1) < 0 && errno == EINTR)
        continue;
    return dg_stop_count() == 0;
}

bool dg_file_drain(int from, int to, struct dg_error *err)
{
    char chunk[CHUNK_BYTES];
    for (;;) {
        if (!await_input(from))
            return dg_error_set(err, DG_KIND_STOPPED, "stopped", "stopped while reading the input");
        ssize_t n = read(from, chunk, sizeof chunk);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return dg_error_set(err, DG_KIND_FILE, "read", "cannot read: %s", strerror(errno));
        if (n > 0 && !dg_file_write(to, chunk, (size_t)n, err))
            return false;
    }
}

bool dg_file_write(int fd, const void *bytes, size_t size_bytes, struct dg_error *err)
{
    const char *p = bytes;

    while (size_bytes > 0) {
        ssize_t n = write(fd, p, size_bytes);
        if (n < 0 && !can_go_on(fd))
            return dg_error_set(err, DG_KIND_FILE, "write", "cannot write: %s%s", strerror(errno),
                                advice(errno));
        if (n > 0) {
            p += n;
            size_bytes -= (size_t)n;
        }
    }
    return true;
}

static bool read_all(int fd, const char *path, struct dg_buffer *into, struct dg_error *err)
{
    char chunk[CHUNK_BYTES];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return dg_file_failed(err, "read", path, errno);
        if (!dg_buffer_add(into, chunk, (size_t)n))
            return dg_error_set(err, DG_KIND_FILE, "too_large",
                                "%s: larger than the %zu bytes allowed here", path, into->limit);
    }
    return true;
}

bool dg_file_read(const char *path, struct dg_buffer *into, struct dg_error *err)
{
    size_t before = into->size;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return dg_file_failed(err, "open", path, errno);
    bool ok = read_all(fd, path, into, err);
    close(fd);
    if (!ok)
        dg_buffer_cut(into, before);
    return ok;
}

/* One try; -1 with errno set, EEXIST if another number may do. */
static int open_temp(const char *dir, const char *name, size_t length, struct dg_buffer *path)
{
    uint64_t number;

    dg_buffer_clear(path);
    if (!dg_random(&number, sizeof(number)))
        return -1;
    if (!dg_buffer_printf(path, "%s/%.*s.%012" PRIx64 ".part", dir, (int)length, name,
                          number & UINT64_C(0xFFFFFFFFFFFF))) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* After a failed try: another number may do, or the room of the reserve. */
static bool temp_again(void)
{
    int number = errno;
    bool again = number == EEXIST || (dg_reserve_helps(number) && dg_reserve_give_up());
    errno = number;
    return again;
}

int dg_file_temp(const char *dir, const char *stem, struct dg_buffer *path, struct dg_error *err)
{
    const char *slash = strrchr(stem, '/');
    const char *name = slash ? slash + 1 : stem;
    size_t length = strlen(name);
    int fd = -1;

    if (length > STEM_BYTES)
        length = dg_text_cut(name, STEM_BYTES);
    errno = EEXIST;
    for (int i = 0; i < TEMP_TRIES && fd < 0 && temp_again(); i++)
        fd = open_temp(dir, name, length, path);
    if (fd < 0)
        dg_file_failed(err, "create", path->size > 0 ? path->data : dir, errno);
    return fd;
}

bool dg_file_list(const char *dir, struct dg_buffer *names)
{
    bool ok = true;
    DIR *d = opendir(dir);
    if (!d)
        return false;
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        bool own = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        ok = own || dg_buffer_add(names, e->d_name, strlen(e->d_name) + 1);
    }
    closedir(d);
    return ok;
}
