/* SPDX-License-Identifier: MIT
 *
 * The ledger's statements, its transactions and errors, the commits of what is
 * noted, its log.  Leans on SQLite, base/shared and base.
 */
#include "core/ledger_home.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/reserve.h"

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

bool dg_ledger_is_full(const struct dg_ledger *l)
{
    return l->full || (l->reserves && dg_reserve_is_gone());
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

static int on_commit(void *self, sqlite3 *db, const char *name, int pages)
{
    struct dg_ledger *l = self;
    l->log_pages = pages;
    if (pages > LONGEST_LOG_PAGES)
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

void dg_home_watch_log(struct dg_ledger *l)
{
    sqlite3_wal_hook(l->db, on_commit, l);
}

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
    if (!l->shared || write_back(l, &pages) || pages < LONG_LOG_PAGES)
        return;
    dg_mutex_lock(&l->shared->writing); /* what was written meanwhile is little */
    write_back(l, &pages);
    dg_mutex_unlock(&l->shared->writing);
}
