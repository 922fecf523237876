/* SPDX-License-Identifier: MIT
 *
 * Paths that never leave a folder.  Each part is opened from the one before it
 * and no symbolic link is followed, so that nobody can lead the walk astray,
 * not even by changing the tree meanwhile.  Leans on error and POSIX.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WALK_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Why a part of a relative path cannot be used, or NULL if it can. */
static const char *part_fault(const char *part, size_t length)
{
    if (length == 0)
        return "has an empty part";
    if (strncmp(part, "..", length) == 0 && length <= 2)
        return "has a part \".\" or \"..\"";
    if (length > NAME_MAX)
        return "has a part longer than 255 bytes";
    for (size_t i = 0; i < length; i++) {
        if (part[i] == '\\')
            return "has a backslash";
        if ((unsigned char)part[i] < 0x20 || part[i] == 0x7F)
            return "has a control character";
    }
    return NULL;
}

bool dg_file_relative_ok(const char *relative, struct dg_error *err)
{
    const char *fault = NULL;
    const char *part = relative;

    if (relative[0] == '\0')
        fault = "is empty";
    else if (relative[0] == '/')
        fault = "is absolute";
    while (!fault) {
        size_t length = strcspn(part, "/");
        fault = part_fault(part, length);
        if (part[length] == '\0')
            break;
        part += length + 1;
    }
    if (!fault)
        return true;
    return dg_error_set(err, DG_KIND_FILE, "bad_name",
                        "the name \"%.300s\" %s; use a relative name inside the output folder",
                        relative, fault);
}

/* Says why the folder `relative`, up to `length`, could not be entered. */
static bool enter_failed(int parent, const char *part, const char *dir, const char *relative,
                         size_t length, struct dg_error *err)
{
    int number = errno;
    struct stat st;
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%.*s", dir, (int)length, relative);
    if (fstatat(parent, part, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return dg_file_failed(err, number == ENOENT ? "open" : "create", path, number);
    if (S_ISDIR(st.st_mode))
        return dg_file_failed(err, "open", path, number);
    return dg_error_set(err, DG_KIND_FILE, S_ISLNK(st.st_mode) ? "symlink" : "not_a_folder",
                        "%s: is a %s where a folder is needed; rename or remove it", path,
                        S_ISLNK(st.st_mode) ? "symbolic link" : "file");
}

/* Opens the folder `part` beneath `parent`, made first if it is missing. */
static int enter(int parent, const char *part, bool make)
{
    int fd = openat(parent, part, WALK_FLAGS);

    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (mkdirat(parent, part, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, part, WALK_FLAGS);
}

/* The folder that holds the last part of `relative`, from `fd` on, which is given
 * back on the way; -1: one of them could not be entered.  `relative` has passed
 * dg_file_relative_ok; *last then points at its last part. */
static int walk_on(int fd, const char *dir, const char *relative, bool make, const char **last,
                   struct dg_error *err)
{
    const char *slash;
    char part[NAME_MAX + 1];

    *last = relative;
    while (fd >= 0 && (slash = strchr(*last, '/')) != NULL) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - *last), *last);
        int next = enter(fd, part, make);
        if (next < 0)
            enter_failed(fd, part, dir, relative, (size_t)(slash - relative), err);
        close(fd);
        fd = next;
        *last = slash + 1;
    }
    return fd;
}

/* As walk_on, from the folder `dir` itself. */
static int walk(const char *dir, const char *relative, bool make, const char **last,
                struct dg_error *err)
{
    int fd = dg_file_folder(dir);

    if (fd < 0)
        dg_file_failed(err, "open", dir, errno);
    return walk_on(fd, dir, relative, make, last, err);
}

/* The mode that open() gives a new file; umask can only be read by setting it. */
static mode_t new_file_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static bool place_failed(const char *from, const char *dir, const char *relative, int number,
                         struct dg_error *err)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", dir, relative);
    if (number == EXDEV)
        return dg_error_set(err, DG_KIND_FILE, "rename",
                            "%s: cannot be renamed to %s, which is on another file system; "
                            "keep temporary files on the same one",
                            from, path);
    if (number == EISDIR)
        return dg_error_set(err, DG_KIND_FILE, "rename",
                            "%s: is a folder where a file is to go; rename or remove it", path);
    return dg_file_failed(err, "write", path, number);
}

/* `dir`/`name` into `path`; false: there are folders to walk, or it is too long. */
static bool is_plain(const char *dir, const char *name, char path[PATH_MAX])
{
    return !strchr(name, '/') && snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

bool dg_file_place(const char *from, const char *dir, const char *relative, struct dg_error *err)
{
    const char *last;
    char path[PATH_MAX];

    if (!dg_file_relative_ok(relative, err))
        return false;
    if (chmod(from, new_file_mode()) != 0)
        return dg_file_failed(err, "rename", from, errno);
    if (is_plain(dir, relative, path) && rename(from, path) == 0)
        return true; /* else the walk says why not */
    int fd = walk(dir, relative, true, &last, err);
    if (fd < 0)
        return false;
    bool ok =
        renameat(AT_FDCWD, from, fd, last) == 0 || place_failed(from, dir, relative, errno, err);
    close(fd);
    return ok;
}

int dg_file_folder(const char *dir)
{
    return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The size of the regular file `name` in the folder, or -1. */
static int64_t size_of(int folder, const char *name)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        return st.st_size;
    return -1;
}

int64_t dg_file_size_in(int folder, const char *relative)
{
    const char *last;

    if (!dg_file_relative_ok(relative, NULL))
        return -1;
    if (!strchr(relative, '/'))
        return size_of(folder, relative);
    int fd = walk_on(fcntl(folder, F_DUPFD_CLOEXEC, 0), "", relative, false, &last, NULL);
    int64_t size = fd < 0 ? -1 : size_of(fd, last);
    if (fd >= 0)
        close(fd);
    return size;
}

int64_t dg_file_size_beneath(const char *dir, const char *relative)
{
    char path[PATH_MAX];

    if (dg_file_relative_ok(relative, NULL) && is_plain(dir, relative, path))
        return size_of(AT_FDCWD, path);
    int folder = dg_file_folder(dir);
    int64_t size = dg_file_size_in(folder, relative);

    if (folder >= 0)
        close(folder);
    return size;
}
