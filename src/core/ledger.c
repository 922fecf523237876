/* SPDX-License-Identifier: MIT
 *
 * The ledger's file: opening and judging it, its transactions, its errors.
 * Leans on SQLite, base/shared and base.
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

enum { BUSY_MS = 10000, PATH_BYTES = 64 * 1024, RESERVE_BLOCK = 64 * 1024 };

/* The log, in pages of 4 KiB: the importer writes so many back while others go on
 * writing; cuts such a log short by letting them wait for a moment; and only if it
 * is gone for long, whoever commits does it, for all others to wait. */
enum { LOG_PAGES = 16384, LONG_LOG_PAGES = 49152, LONGEST_LOG_PAGES = 131072 };

/* ---- errors ---- */

/* SQLite does not note the system's error of a COMMIT; errno still has it then
 * (dg_home_step clears it before). */
static int system_error(const struct dg_ledger *l, int rc)
{
    int left = errno;
    int number = sqlite3_system_errno(l->db);
    bool io = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
    return !io ? 0 : left ? left : number;
}

static bool no_space(int rc, int number)
{
    return rc == SQLITE_FULL || number == ENOSPC || number == EDQUOT || number == EFBIG;
}

bool dg_home_failed(struct dg_ledger *l, struct dg_error *err)
{
    int rc = sqlite3_extended_errcode(l->db);
    int number = system_error(l, rc);
    if (no_space(rc, number))
        return dg_error_set(err, DG_KIND_FILE, "full",
                            "%s: no space left on the disk; make some and run the same command",
                            l->path);
    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
        return dg_error_set(err, DG_KIND_FILE, "corrupt",
                            "%s: the ledger is damaged (%s); put a copy of it in its place, or try "
                            "`sqlite3 %s .recover`; without it every row would be sent again",
                            l->path, sqlite3_errmsg(l->db), DG_LEDGER_NAME);
    return dg_error_set(err, DG_KIND_FILE, "ledger", "%s: %s%s%s", l->path, sqlite3_errmsg(l->db),
                        number ? ": " : "", number ? strerror(number) : "");
}

/* ---- statements ---- */

sqlite3_stmt *dg_home_statement(struct dg_ledger *l, enum dg_sql which, struct dg_error *err)
{
    sqlite3_stmt **s = &l->statements[which];
    if (*s) {
        sqlite3_reset(*s);
        sqlite3_clear_bindings(*s);
    } else if (sqlite3_prepare_v3(l->db, dg_sql_text[which], -1, SQLITE_PREPARE_PERSISTENT, s,
                                  NULL) != SQLITE_OK) {
        dg_home_failed(l, err);
    }
    return *s;
}

bool dg_home_step(struct dg_ledger *l, sqlite3_stmt *s, bool *row, struct dg_error *err)
{
    errno = 0;
    int rc = sqlite3_step(s);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return true;
    dg_home_failed(l, err);
    sqlite3_reset(s);
    return false;
}

bool dg_home_run(struct dg_ledger *l, sqlite3_stmt *s, struct dg_error *err)
{
    bool row;
    if (!dg_home_step(l, s, &row, err))
        return false;
    sqlite3_reset(s);
    return true;
}

char *dg_home_copy(sqlite3_stmt *s, int column, size_t *size_bytes)
{
    size_t size = (size_t)sqlite3_column_bytes(s, column);
    const void *bytes = sqlite3_column_blob(s, column);
    if (size_bytes)
        *size_bytes = size;
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return NULL;
    return dg_strndup(bytes ? bytes : "", size);
}

/* ---- transactions ---- */

/* SQLite goes on writing to a file that was removed, and nobody would see it. */
static bool still_there(struct dg_ledger *l, struct dg_error *err)
{
    struct stat st;
    if (stat(l->path, &st) == 0 && st.st_ino == l->inode && st.st_dev == l->device)
        return true;
    return dg_error_set(err, DG_KIND_FILE, "gone",
                        "%s: the ledger is not there any more; was the folder removed or moved "
                        "during the run?",
                        l->path);
}

static bool run_plain(struct dg_ledger *l, enum dg_sql which, struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, which, err);
    return s && dg_home_run(l, s, err);
}

bool dg_home_look(struct dg_ledger *l, struct dg_error *err)
{
    return run_plain(l, DG_SQL_LOOK, err);
}

void dg_home_look_over(struct dg_ledger *l)
{
    run_plain(l, DG_SQL_ROLLBACK, NULL);
}

bool dg_home_begin(struct dg_ledger *l, struct dg_error *err)
{
    if (!l->shared)
        return dg_error_set(err, DG_KIND_FILE, "ledger", "%s: opened for reading only", l->path);
    if (!still_there(l, err))
        return false;
    dg_mutex_lock(&l->shared->writing);
    if (run_plain(l, DG_SQL_BEGIN, err))
        return true;
    dg_mutex_unlock(&l->shared->writing);
    return false;
}

bool dg_home_end(struct dg_ledger *l, bool ok, struct dg_error *err)
{
    ok = ok && run_plain(l, DG_SQL_COMMIT, err);
    if (!ok && !sqlite3_get_autocommit(l->db))
        run_plain(l, DG_SQL_ROLLBACK, NULL);
    dg_mutex_unlock(&l->shared->writing);
    return ok;
}

/* true if there was one. */
static bool drop_reserve(char **reserve)
{
    bool had = *reserve && unlink(*reserve) == 0;
    dg_free(*reserve);
    *reserve = NULL;
    return had;
}

bool dg_home_make_room(struct dg_ledger *l, const struct dg_error *err)
{
    if (strcmp(err->code, "full") != 0)
        return false;
    l->full = true;
    return drop_reserve(&l->reserve) || drop_reserve(&l->last_reserve);
}

/* At most a part of what is free: a small disk is to be used, not to be kept. */
static off_t fitting(int fd, uint64_t size_bytes)
{
    enum { PART = 4 };
    struct statvfs fs;
    if (fstatvfs(fd, &fs) != 0)
        return (off_t)size_bytes;
    uint64_t most = (uint64_t)fs.f_bavail * fs.f_frsize / PART;
    return (off_t)(size_bytes < most ? size_bytes : most);
}

/* What is in flight when the disk fills up still has to be noted. */
static bool make_reserve(char **reserve, const char *folder, const char *stem, uint64_t size_bytes,
                         struct dg_error *err)
{
    struct dg_buffer path;
    dg_buffer_init(&path, PATH_BYTES);
    int fd = dg_file_temp(folder, stem, &path, err);
    if (fd >= 0) {
        off_t size = fitting(fd, size_bytes);
        int number = size > 0 ? posix_fallocate(fd, 0, size) : ENOSPC;
        close(fd);
        *reserve = dg_strdup(path.data);
        if (number != 0) {
            dg_file_failed(err, "write", path.data, number);
            drop_reserve(reserve);
        }
    }
    dg_buffer_done(&path);
    return *reserve != NULL;
}

/* The first is for pictures in flight and their answers, and the pictures may be
 * quicker: what the answers need then is in the last. */
static bool make_reserves(struct dg_ledger *l, const char *folder, uint64_t size_bytes,
                          struct dg_error *err)
{
    enum { LAST_PART = 8 };
    return size_bytes == 0 ||
           (make_reserve(&l->last_reserve, folder, "last", size_bytes / LAST_PART, err) &&
            make_reserve(&l->reserve, folder, "reserve", size_bytes, err));
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
    return dg_home_end(l, ok, err);
}

static int on_commit(void *self, sqlite3 *db, const char *name, int pages)
{
    struct dg_ledger *l = self;
    l->log_pages = pages;
    if (pages > LONGEST_LOG_PAGES)
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
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
    bool ok =
        pragma(l, "PRAGMA journal_mode = WAL", err) &&
        pragma(l, l->durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
    dg_mutex_unlock(&l->shared->writing);
    sqlite3_wal_hook(l->db, on_commit, l);
    return ok && (!empty || create(l, err));
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
    if (stat(l->path, &st) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return dg_error_set(err, DG_KIND_FILE, "ledger", "%s: %s", l->path, strerror(errno));
        return dg_error_set(err, DG_KIND_FILE, "missing",
                            "%s: there is no ledger here; name the output folder of a run",
                            l->path);
    }
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
    dg_buffer_init(&l->facts, SIZE_MAX / 2);
    dg_buffer_init(&l->intentions, SIZE_MAX / 2);
    if (connect(l, options->folder, err) && set_up(l, err) &&
        make_reserves(l, options->spool, options->reserve_bytes, err))
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
    drop_reserve(&l->reserve);
    drop_reserve(&l->last_reserve);
    dg_buffer_done(&l->facts);
    dg_buffer_done(&l->intentions);
    dg_free(l->path);
    dg_free(l);
}

bool dg_ledger_is_full(const struct dg_ledger *l)
{
    return l->full;
}

/* ---- what the processes share ---- */

struct dg_ledger_shared *dg_ledger_share(void)
{
    struct dg_ledger_shared *shared = dg_shared_new(sizeof *shared);
    if (shared)
        dg_mutex_init(&shared->writing);
    return shared;
}

void dg_ledger_unshare(struct dg_ledger_shared *shared)
{
    dg_shared_free(shared, sizeof *shared);
}

/* ---- committing what is noted ---- */

static bool try_commit(struct dg_ledger *l, bool intentions, struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return false;
    bool ok =
        dg_notes_run(l, &l->facts, err) && (!intentions || dg_notes_run(l, &l->intentions, err));
    return dg_home_end(l, ok, err);
}

static bool commit(struct dg_ledger *l, bool intentions, struct dg_error *err)
{
    struct dg_error fault;
    bool ok = try_commit(l, intentions, &fault);
    while (!ok && dg_home_make_room(l, &fault))
        ok = try_commit(l, intentions, &fault);
    if (ok)
        dg_home_facts_done(l);
    else if (err)
        *err = fault;
    return ok;
}

bool dg_home_commit_facts(struct dg_ledger *l, struct dg_error *err)
{
    return l->facts_noted == 0 || commit(l, false, err);
}

bool dg_ledger_commit(struct dg_ledger *l, struct dg_error *err)
{
    bool ok = dg_ledger_noted(l) == 0 || commit(l, true, err);
    dg_buffer_clear(&l->intentions);
    l->intentions_noted = 0;
    return ok;
}

void dg_home_facts_done(struct dg_ledger *l)
{
    dg_buffer_clear(&l->facts);
    l->facts_noted = 0;
}

size_t dg_ledger_noted(const struct dg_ledger *l)
{
    return l->facts_noted + l->intentions_noted;
}

/* ---- the log ---- */

bool dg_home_log_is_long(const struct dg_ledger *l)
{
    bool cut = l->log_pages < l->log_written_back; /* and begun anew */
    return l->log_pages - (cut ? 0 : l->log_written_back) > LOG_PAGES;
}

/* true if all of the log was written back: the next commit begins it anew. */
static bool write_back(struct dg_ledger *l, int *pages)
{
    *pages = 0;
    sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_PASSIVE, pages, &l->log_written_back);
    return l->log_written_back >= *pages;
}

void dg_ledger_checkpoint(struct dg_ledger *l)
{
    int pages;
    if (write_back(l, &pages) || pages < LONG_LOG_PAGES)
        return;
    dg_mutex_lock(&l->shared->writing); /* what was written meanwhile is little */
    write_back(l, &pages);
    dg_mutex_unlock(&l->shared->writing);
}
