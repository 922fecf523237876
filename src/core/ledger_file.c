/* SPDX-License-Identifier: MIT
 *
 * The ledger's file: opening, judging and making it, and the reserve beside it
 * that is given up when the disk is full.  Leans on SQLite, base/file and base.
 */
#include "core/ledger_home.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/reserve.h"

enum { BUSY_MS = 10000, PATH_BYTES = 64 * 1024 };

/* ---- the reserve ---- */

/* At most a part of what is free, for all its holders together: a small disk is to be
 * used, not to be kept. */
static off_t fitting(int fd, uint64_t size_bytes, unsigned sharers)
{
    enum { PART = 4 };
    struct statvfs fs;
    if (fstatvfs(fd, &fs) != 0)
        return (off_t)size_bytes;
    uint64_t most = (uint64_t)fs.f_bavail * fs.f_frsize / PART / (sharers ? sharers : 1);
    return (off_t)(size_bytes < most ? size_bytes : most);
}

/* What is in flight when the disk fills up still has to be noted.  A file of that
 * size, as far as it fits; its path, NULL on an error. */
static char *take_room(const char *folder, const char *stem, uint64_t size_bytes, unsigned sharers,
                       struct dg_error *err)
{
    struct dg_buffer path;
    dg_buffer_init(&path, PATH_BYTES);
    int fd = dg_file_temp(folder, stem, &path, err);
    if (fd < 0) {
        dg_buffer_done(&path);
        return NULL;
    }
    off_t size = fitting(fd, size_bytes, sharers);
    int number = size > 0 ? posix_fallocate(fd, 0, size) : ENOSPC;
    close(fd);
    char *name = dg_buffer_take(&path);
    if (number == 0)
        return name;
    dg_file_failed(err, "write", name, number);
    unlink(name);
    dg_free(name);
    return NULL;
}

/* Pictures may take all of the process's reserve: the ledger keeps a part. */
static bool make_reserve(struct dg_ledger *l, const struct dg_ledger_options *o,
                         struct dg_error *err)
{
    enum { LAST_PART = 8 };
    uint64_t last_bytes = o->reserve_bytes / LAST_PART;
    l->last_reserve = take_room(o->spool, "last", last_bytes, o->sharers, err);
    char *name =
        l->last_reserve ? take_room(o->spool, "reserve", o->reserve_bytes, o->sharers, err) : NULL;
    if (name)
        dg_reserve_hold(name);
    dg_free(name);
    l->reserves = name != NULL;
    return l->reserves;
}

static bool drop_last(struct dg_ledger *l)
{
    bool had = l->last_reserve && unlink(l->last_reserve) == 0;
    dg_free(l->last_reserve);
    l->last_reserve = NULL;
    return had;
}

bool dg_home_make_room(struct dg_ledger *l, const struct dg_error *err)
{
    if (strcmp(err->code, "full") != 0)
        return false;
    l->full = true;
    return dg_reserve_give_up() || drop_last(l);
}

/* ---- opening ---- */

static bool pragma(struct dg_ledger *l, const char *text, struct dg_error *err)
{
    return sqlite3_exec(l->db, text, NULL, NULL, NULL) == SQLITE_OK || dg_home_failed(l, err);
}

static bool read_number(struct dg_ledger *l, const char *text, int64_t *number,
                        struct dg_error *err)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, text, -1, &s, NULL) != SQLITE_OK)
        return dg_home_failed(l, err);
    bool ok = sqlite3_step(s) == SQLITE_ROW || dg_home_failed(l, err);
    *number = ok ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return ok;
}

/* The file is ours, of this version, or empty (`*empty`). */
static bool judge(struct dg_ledger *l, bool *empty, struct dg_error *err)
{
    int64_t mark = 0, version = 0, tables = 0;
    if (!read_number(l, "PRAGMA application_id", &mark, err) ||
        !read_number(l, "PRAGMA user_version", &version, err) ||
        !read_number(l, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    *empty = tables == 0 && mark == 0;
    if (*empty || (mark == DG_LEDGER_MARK && version == DG_LEDGER_VERSION))
        return true;
    if (mark != DG_LEDGER_MARK)
        return dg_error_set(err, DG_KIND_FILE, "corrupt",
                            "%s: is no ledger of this program; move it away, or name another "
                            "output folder",
                            l->path);
    return dg_error_set(err, DG_KIND_FILE, "newer",
                        "%s: the ledger is of version %" PRId64
                        ", this program knows version %d; use the program that wrote it",
                        l->path, version, DG_LEDGER_VERSION);
}

/* All of it as of one moment: another process may be making it. */
static bool judge_at_once(struct dg_ledger *l, bool *empty, struct dg_error *err)
{
    if (!dg_home_look(l, err))
        return false;
    bool ok = judge(l, empty, err);
    dg_home_look_over(l);
    return ok;
}

static bool create(struct dg_ledger *l, struct dg_error *err)
{
    char marks[128];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             DG_LEDGER_MARK, DG_LEDGER_VERSION);
    if (!dg_home_begin(l, err))
        return false;
    bool empty, ok = judge(l, &empty, err); /* another process may have been faster */
    if (ok && empty)
        ok = pragma(l, dg_sql_schema, err) && pragma(l, marks, err);
    ok = ok && pragma(l, dg_sql_schema_steps, err);
    return dg_home_end(l, ok, err);
}

/* Files of this version were once made without the steps. */
static bool complete(struct dg_ledger *l, struct dg_error *err)
{
    int64_t found = 0;
    const char *look = "SELECT count(*) FROM sqlite_schema WHERE name = 'steps'";
    return read_number(l, look, &found, err) && (found > 0 || create(l, err));
}

static bool set_up(struct dg_ledger *l, struct dg_error *err)
{
    bool empty;
    sqlite3_busy_timeout(l->db, BUSY_MS); /* for strangers; our own take the shared lock */
    if (!judge_at_once(l, &empty, err))
        return false;
    if (!l->shared && empty)
        return dg_error_set(err, DG_KIND_FILE, "missing", "%s: is empty", l->path);
    if (!l->shared)
        return pragma(l, "PRAGMA query_only = 1", err);
    dg_mutex_lock(&l->shared->writing);
    bool flushed = l->durable && !l->lazy;
    bool ok = pragma(l, "PRAGMA journal_mode = WAL", err) &&
              pragma(l, flushed ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
    dg_mutex_unlock(&l->shared->writing);
    dg_home_watch_log(l);
    return ok && complete(l, err);
}

/* Prompts and answers are nobody else's business; SQLite gives its other files
 * the mode of this one.  A file that is there is not opened: closing it would
 * take the locks from every connection this process has to it. */
static bool make_private(const char *path, struct dg_error *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno != EEXIST)
        return dg_file_failed(err, "open", path, errno);
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        return dg_error_set(err, DG_KIND_FILE, "symlink",
                            "%s: is a symbolic link; put the ledger itself there, or name the "
                            "folder where it is",
                            path);
    return access(path, R_OK | W_OK) == 0 || dg_file_failed(err, "open", path, errno);
}

/* SQLite reads beside a log of changes, which it makes if there is none.  In a
 * folder that can only be read it must be told that nobody changes anything. */
static bool is_frozen(const struct dg_ledger *l, const char *folder)
{
    struct dg_buffer log;
    dg_buffer_init(&log, PATH_BYTES);
    dg_buffer_printf(&log, "%s-wal", l->path);
    bool frozen = !l->shared && access(folder, W_OK) != 0 && access(log.data, F_OK) != 0;
    dg_buffer_done(&log);
    return frozen;
}

static int open_frozen(struct dg_ledger *l)
{
    struct dg_buffer uri;
    dg_buffer_init(&uri, 3 * PATH_BYTES);
    dg_buffer_text(&uri, "file:");
    for (const char *c = l->path; *c; c++)
        dg_buffer_printf(&uri, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned char)*c);
    dg_buffer_text(&uri, "?immutable=1");
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(uri.data, &l->db, flags, NULL);
    dg_buffer_done(&uri);
    return rc;
}

static bool connect(struct dg_ledger *l, const char *folder, struct dg_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    struct stat st;
    if (l->shared && !make_private(l->path, err))
        return false;
    if (stat(l->path, &st) != 0 && errno != ENOENT && errno != ENOTDIR)
        return dg_error_set(err, DG_KIND_FILE, "ledger", "%s: %s", l->path, strerror(errno));
    if (stat(l->path, &st) != 0)
        return dg_error_set(err, DG_KIND_FILE, "missing",
                            "%s: there is no ledger here; name the output folder of a run",
                            l->path);
    l->device = st.st_dev;
    l->inode = st.st_ino;
    int rc = is_frozen(l, folder) ? open_frozen(l) : sqlite3_open_v2(l->path, &l->db, flags, NULL);
    return rc == SQLITE_OK || dg_home_failed(l, err);
}

struct dg_ledger *dg_ledger_open(const struct dg_ledger_options *options, struct dg_error *err)
{
    struct dg_ledger *l = dg_zalloc(sizeof *l);
    struct dg_buffer path;
    dg_buffer_init(&path, PATH_BYTES);
    dg_buffer_printf(&path, "%s/%s", options->folder, DG_LEDGER_NAME);
    l->path = dg_buffer_take(&path);
    l->shared = options->shared;
    l->owner = options->owner;
    l->kept_only = options->kept_only;
    l->durable = options->durable;
    l->lazy = options->lazy;
    dg_buffer_init(&l->facts, SIZE_MAX / 2);
    dg_buffer_init(&l->intentions, SIZE_MAX / 2);
    if (connect(l, options->folder, err) && set_up(l, err) &&
        (options->reserve_bytes == 0 || make_reserve(l, options, err)))
        return l;
    dg_ledger_close(l);
    return NULL;
}

void dg_ledger_close(struct dg_ledger *l)
{
    if (!l)
        return;
    dg_home_commit_facts(l, NULL);
    for (size_t k = 0; k < DG_SQL_COUNT; k++)
        sqlite3_finalize(l->statements[k]);
    sqlite3_close(l->db);
    if (l->reserves)
        dg_reserve_drop();
    drop_last(l);
    dg_buffer_done(&l->facts);
    dg_buffer_done(&l->intentions);
    dg_free(l->path);
    dg_free(l);
}
