/* SPDX-License-Identifier: MIT
 *
 * See limits_file.h.  The file is as long as it can ever be from the start, but a
 * hole: memory is reserved, by posix_fallocate and before anything there is
 * touched, for the slots that the runs asked for.  So a full tmpfs is an error
 * here, and never a SIGBUS later.
 *
 * Two locks: flock while it is made or grown; and for as long as a run has it
 * open a shared lock on its first byte, which tells others that they are not
 * alone.  Both go with their holders.
 */
#include "core/limits_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/shared.h"

/* VERSION is to change with whatever limiter_slots.h lays out. */
enum { VERSION = 1, HEAD_BYTES = 4096 };
enum { LOOKS = 100, LOOK_MS = 20 }; /* for another run's lock */

static const uint64_t MAGIC = UINT64_C(0x3173746d696c6764); /* "dglimts1" */

struct head {
    uint64_t magic;      /* written last: the rest is whole */
    uint32_t version;    /* of the layout */
    uint32_t lock_bytes; /* size of a lock: it is the C library's */
    uint64_t size_bytes; /* of the file */
    uint64_t processes;  /* where its process numbers are valid: a namespace's inode */
};

struct dg_limits_file {
    int fd;           /* keeps the locks */
    void *map;        /* all of the file */
    size_t map_bytes; /* its length */
};

static size_t bytes_for(unsigned slots)
{
    return HEAD_BYTES + dg_limiter_size(DG_LIMITER_METERS, slots);
}

static bool refuse(struct dg_error *err, const char *code, const char *path, const char *why)
{
    return dg_error_set(err, DG_KIND_FILE, code, "%s: %s", path, why);
}

static bool failed(struct dg_error *err, const char *code, const char *verb, const char *path)
{
    return dg_error_set(err, DG_KIND_FILE, code, "%s: cannot %s: %s", path, verb, strerror(errno));
}

/* What must hold of the folder, by its descriptor: nobody can swap it then. */
static bool check_folder(int fd, const char *path, struct dg_error *err)
{
    struct stat st;
    struct statfs fs;
    if (fstat(fd, &st) != 0 || fstatfs(fd, &fs) != 0)
        return failed(err, "limits_folder", "look at", path);
    if (st.st_uid != geteuid())
        return refuse(err, "limits_folder", path, "belongs to another user");
    if (st.st_mode & 077)
        return refuse(err, "limits_folder", path, "is open to others; give it mode 0700");
    if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
        return refuse(err, "limits_folder", path,
                      "is not in memory (tmpfs), and locks on a disk would outlive a reboot");
    return true;
}

/* The folder's descriptor, or -1. */
static int open_folder(const char *path, struct dg_error *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        failed(err, "limits_folder", "create", path);
        return -1;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        failed(err, "limits_folder", "open", path); /* a link, a file */
    if (fd < 0 || check_folder(fd, path, err))
        return fd;
    close(fd);
    return -1;
}

bool dg_limits_folder_make(const char *path, struct dg_error *err)
{
    int fd = open_folder(path, err);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool check_file(int fd, struct stat *st, const char *path, struct dg_error *err)
{
    if (fstat(fd, st) != 0)
        return failed(err, "limits_file", "look at", path);
    if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_nlink > 1 || (st->st_mode & 077))
        return refuse(err, "limits_file", path, "is not a private file of this user; remove it");
    return true;
}

/* Waits a while for another run that is making it. */
static bool lock(int fd, const char *path, struct dg_error *err)
{
    for (int looks = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; looks++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failed(err, "limits_file", "lock", path);
        if (looks == LOOKS)
            return refuse(err, "limits_busy", path, "is locked by another run");
        poll(NULL, 0, LOOK_MS);
    }
    return true;
}

/* Whether the name still leads to the open file: somebody may have removed it. */
static bool still_named(int folder, const char *name, const struct stat *mine)
{
    struct stat named;
    return fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_dev == mine->st_dev && named.st_ino == mine->st_ino;
}

/* The file, locked and ours; -1 otherwise. */
static int open_file(int folder, const char *name, const char *path, struct dg_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    struct stat st;
    int fd;
    while ((fd = openat(folder, name, flags, 0600)) >= 0) {
        if (!check_file(fd, &st, path, err) || !lock(fd, path, err)) {
            close(fd);
            return -1;
        }
        if (still_named(folder, name, &st))
            return fd;
        close(fd);
    }
    failed(err, "limits_file", "open", path);
    return -1;
}

/* Whether no other run has it open; from now on this one has, as long as any of
 * its processes keeps the descriptor.  Asked under flock. */
static bool join(int fd, bool *alone)
{
    struct flock byte = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    *alone = fcntl(fd, F_OFD_SETLK, &byte) == 0;
    byte.l_type = F_RDLCK;
    return fcntl(fd, F_OFD_SETLK, &byte) == 0;
}

static struct head head_here(void)
{
    struct stat st;
    return (struct head){ .magic = MAGIC,
                          .version = VERSION,
                          .lock_bytes = sizeof(struct dg_mutex),
                          .size_bytes = bytes_for(DG_LIMITS_SLOTS),
                          .processes = stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0 };
}

/* Reserves memory for so many slots; what is reserved already stays. */
static bool reserve(int fd, unsigned slots, const char *path, struct dg_error *err)
{
    int number;
    do
        number = posix_fallocate(fd, 0, (off_t)bytes_for(slots));
    while (number == EINTR);
    if (number == 0)
        return true;
    errno = number;
    return failed(err, "limits_full", "reserve memory", path);
}

/* Maps the file, which is as long as it says. */
static bool map(struct dg_limits_file *f, const char *path, struct dg_error *err)
{
    f->map_bytes = bytes_for(DG_LIMITS_SLOTS);
    f->map = mmap(NULL, f->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
    if (f->map != MAP_FAILED)
        return true;
    f->map = NULL;
    return failed(err, "limits_full", "map", path);
}

/* An empty file becomes a window.  One whose maker died half-way is made again. */
static bool make(struct dg_limits_file *f, unsigned slots, const char *path, struct dg_error *err)
{
    struct head head = head_here();
    if (ftruncate(f->fd, 0) != 0 || ftruncate(f->fd, (off_t)head.size_bytes) != 0)
        return failed(err, "limits_full", "make", path);
    if (!reserve(f->fd, slots, path, err)) {
        (void)!ftruncate(f->fd, 0); /* empty again, for the next run */
        return false;
    }
    if (!map(f, path, err))
        return false;
    dg_limiter_init(dg_limits_file_limiter(f), DG_LIMITER_METERS, slots);
    if (pwrite(f->fd, &head, sizeof head, 0) == (ssize_t)sizeof head)
        return true;
    return failed(err, "limits_full", "write", path);
}

static bool check_head(const struct head *head, const char *path, struct dg_error *err)
{
    struct head here = head_here();
    if (head->magic != here.magic)
        return refuse(err, "limits_file", path, "is not a window of limits; remove it");
    if (head->version != here.version || head->lock_bytes != here.lock_bytes ||
        head->size_bytes != here.size_bytes)
        return refuse(err, "limits_version", path,
                      "is of another version of diffgentor; remove it when no run uses it");
    if (head->processes != here.processes)
        return refuse(err, "limits_file", path,
                      "is of another container, whose processes cannot be seen from here");
    return true;
}

/* Room for `slots` more than those that others may need: alone, more than those
 * that count yet. */
static bool grow(struct dg_limits_file *f, unsigned slots, bool alone, const char *path,
                 struct dg_error *err)
{
    struct dg_limiter *l = dg_limits_file_limiter(f);
    unsigned had = dg_limiter_slots(l);
    unsigned others = alone ? dg_limiter_tidy(l, dg_clock_now()) : had;
    unsigned most = DG_LIMITS_SLOTS;
    unsigned wanted = slots < most - others ? others + slots : most;
    if (wanted <= had)
        return true;
    if (!reserve(f->fd, wanted, path, err))
        return false;
    dg_limiter_grow(l, wanted);
    return true;
}

/* Makes the window or joins it, under flock. */
static bool set_up(struct dg_limits_file *f, unsigned slots, const char *path, struct dg_error *err)
{
    struct head head = { 0 };
    struct stat st;
    bool alone;
    if (!join(f->fd, &alone) || fstat(f->fd, &st) != 0)
        return failed(err, "limits_file", "lock", path);
    ssize_t n = pread(f->fd, &head, sizeof head, 0); /* a hole is read, not touched */
    if (n < 0)
        return failed(err, "limits_file", "read", path);
    bool unmade =
        st.st_size == 0 || ((size_t)st.st_size == bytes_for(DG_LIMITS_SLOTS) && head.magic == 0);
    if (unmade && alone)
        return make(f, slots, path, err);
    if (!check_head(&head, path, err))
        return false;
    if ((uint64_t)st.st_size != head.size_bytes)
        return refuse(err, "limits_file", path, "was cut short; remove it when no run uses it");
    return map(f, path, err) && grow(f, slots, alone, path, err);
}

/* As set_up, and the lock is given back. */
static struct dg_limits_file *open_in(int folder, const char *name, const char *path,
                                      unsigned slots, struct dg_error *err)
{
    struct dg_limits_file *f = dg_zalloc(sizeof *f);
    f->fd = open_file(folder, name, path, err);
    bool ok = f->fd >= 0 && set_up(f, slots, path, err);
    if (ok) {
        flock(f->fd, LOCK_UN);
        return f;
    }
    dg_limits_file_close(f);
    return NULL;
}

struct dg_limits_file *dg_limits_file_open(const char *folder, const char *name, unsigned slots,
                                           struct dg_error *err)
{
    struct dg_buffer path;
    if (*name == '\0' || name[strspn(name, "0123456789abcdef")] != '\0') {
        refuse(err, "limits_file", name, "is not the name of a window");
        return NULL;
    }
    int fd = open_folder(folder, err);
    if (fd < 0)
        return NULL;
    dg_buffer_init(&path, SIZE_MAX);
    dg_buffer_printf(&path, "%s/%s", folder, name);
    struct dg_limits_file *f = open_in(fd, name, path.data, slots, err);
    dg_buffer_done(&path);
    close(fd);
    return f;
}

struct dg_limiter *dg_limits_file_limiter(struct dg_limits_file *f)
{
    return (struct dg_limiter *)((char *)f->map + HEAD_BYTES);
}

void dg_limits_file_close(struct dg_limits_file *f)
{
    if (!f)
        return;
    if (f->map)
        munmap(f->map, f->map_bytes);
    if (f->fd >= 0)
        close(f->fd);
    dg_free(f);
}
