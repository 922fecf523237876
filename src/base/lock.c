/* SPDX-License-Identifier: MIT
 *
 * See lock.h.  The holder may remove the file before it gives the lock up.
 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { HOLDER_BYTES = 32 };
enum { LOOKS = 100, LOOK_MS = 20 }; /* for a dead holder's lock */

/* "process 123", or "another process" where the file does not tell. */
static void read_holder(int fd, char holder[HOLDER_BYTES])
{
    ssize_t n = pread(fd, holder, HOLDER_BYTES - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    if (*holder == '\0')
        snprintf(holder, HOLDER_BYTES, "another process");
}

static bool write_holder(int fd, struct dg_error *err)
{
    char holder[HOLDER_BYTES];
    int n = snprintf(holder, sizeof holder, "process %ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0)
        return dg_error_set(err, DG_KIND_FILE, "write", "cannot write: %s", strerror(errno));
    return dg_file_write(fd, holder, (size_t)n, err);
}

/* Whether `path` still names the open file: a holder may have removed it at its
 * end, between our opening and locking. */
static bool still_named(int fd, const char *path)
{
    struct stat mine, named;
    return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_dev == named.st_dev &&
           mine.st_ino == named.st_ino;
}

/* Also true of one that lives where its number is not known here, as in another
 * container. */
static bool holder_is_dead(int fd)
{
    static const char word[] = "process ";
    char holder[HOLDER_BYTES];
    int64_t pid;
    read_holder(fd, holder);
    return strncmp(holder, word, sizeof word - 1) == 0 &&
           dg_text_int(holder + sizeof word - 1, 1, INT32_MAX, &pid) && kill((pid_t)pid, 0) != 0 &&
           errno == ESRCH;
}

/* A process that was killed may have left one behind that dies with it and holds
 * the lock for another moment: that is waited for, a while.  false: errno tells. */
static bool lock(int fd)
{
    for (int looks = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; looks++) {
        if (errno != EWOULDBLOCK)
            return false;
        if (looks == LOOKS || !holder_is_dead(fd)) {
            errno = EWOULDBLOCK;
            return false;
        }
        poll(NULL, 0, LOOK_MS);
    }
    return true;
}

/* The file locked, or -1. */
static int lock_file(const char *path, struct dg_error *err)
{
    char holder[HOLDER_BYTES];
    int fd;
    while ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) >= 0) {
        if (!lock(fd))
            break;
        if (still_named(fd, path))
            return fd;
        close(fd);
    }
    if (fd < 0 || errno != EWOULDBLOCK) {
        dg_file_failed(err, fd < 0 ? "open" : "lock", path, errno);
    } else {
        read_holder(fd, holder);
        dg_error_set(err, DG_KIND_CONFIG, "locked", "%s: held by %s; one run at a time", path,
                     holder);
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

int dg_lock_take(const char *path, struct dg_error *err)
{
    int fd = lock_file(path, err);
    if (fd < 0 || write_holder(fd, err))
        return fd;
    dg_error_at(err, "%s", path);
    close(fd);
    return -1;
}

bool dg_lock_held(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return held;
}
