/* SPDX-License-Identifier: MIT
 *
 * The ledger's home in SQLite, for the files ledger*.c alone: its statements,
 * its transactions, and the notes that wait for one.
 */
#ifndef DG_CORE_LEDGER_HOME_H
#define DG_CORE_LEDGER_HOME_H

#include <sqlite3.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "core/ledger.h"

/* Every statement that is run more than once (ledger_sql.c). */
enum dg_sql {
    DG_SQL_BEGIN,
    DG_SQL_COMMIT,
    DG_SQL_ROLLBACK,
    DG_SQL_LOOK,
    DG_SQL_META_GET,
    DG_SQL_META_SET,
    DG_SQL_RUN_NEW,
    DG_SQL_RUN_OVER,
    DG_SQL_RUN_SETTINGS,
    DG_SQL_CLAIMABLE,
    DG_SQL_CLAIMABLE_NTH,
    DG_SQL_CLAIM,
    DG_SQL_FIND,
    DG_SQL_CELLS,
    DG_SQL_OUTPUTS,
    DG_SQL_ANSWER,
    DG_SQL_SPOOLED,
    DG_SQL_ROW_STATE,
    DG_SQL_ROW_SENDING,
    DG_SQL_ROW_ANSWERED,
    DG_SQL_ROW_ASIDE,
    DG_SQL_ROW_ASIDE_UNSENT,
    DG_SQL_ROW_BILLED,
    DG_SQL_ROW_UNSENT,
    DG_SQL_ATTEMPT_NEW,
    DG_SQL_ATTEMPT_OVER,
    DG_SQL_ATTEMPT_NONE,
    DG_SQL_ATTEMPT_LAST,
    DG_SQL_CHARGE,
    DG_SQL_ANSWER_NEW,
    DG_SQL_ANSWER_DROP,
    DG_SQL_OUTCOME,
    DG_SQL_OUTCOME_CLEAR,
    DG_SQL_OUTCOME_OUTPUTS,
    DG_SQL_EXTRA,
    DG_SQL_STEP,
    DG_SQL_STEP_KEEP,
    DG_SQL_STEPS_DROP,
    DG_SQL_STEPS_FILES,
    DG_SQL_RELEASE_ROWS,
    DG_SQL_RELEASE_ATTEMPTS,
    DG_SQL_COUNT_ROWS,
    DG_SQL_COUNT_ATTEMPTS,
    DG_SQL_IMPORT_LOOK,
    DG_SQL_IMPORT_COMPARE,
    DG_SQL_IMPORT_ROW,
    DG_SQL_IMPORT_ROWS,
    DG_SQL_IMPORT_CELLS,
    DG_SQL_IMPORT_CELLS_ALL,
    DG_SQL_IMPORT_STATE,
    DG_SQL_IMPORT_PLACE,
    DG_SQL_IMPORT_BEYOND,
    DG_SQL_COLUMNS,
    DG_SQL_COLUMNS_DROP,
    DG_SQL_COLUMN_NEW,
    DG_SQL_EXTRAS,
    DG_SQL_RESULTS,
    DG_SQL_LAST_RUN,
    DG_SQL_VERSION,
    DG_SQL_ATTEMPTS,
    DG_SQL_CODES,
    DG_SQL_COUNT
};

extern const char *const dg_sql_text[DG_SQL_COUNT];
extern const char dg_sql_schema[];
extern const char dg_sql_schema_steps[]; /* made where a file of this version lacks them */

enum { DG_SQL_TOGETHER = 8 }; /* rows of DG_SQL_IMPORT_ROWS and DG_SQL_IMPORT_CELLS_ALL */

/* An attempt's id: the run, the process in it, a counter.  The statements know it. */
enum { DG_LEDGER_OWNER_SHIFT = 32, DG_LEDGER_RUN_SHIFT = 42 };

enum { DG_LEDGER_VERSION = 1, DG_LEDGER_MARK = 0x64676c31 }; /* user_version, application_id */

struct dg_ledger {
    sqlite3 *db;                            /* the connection */
    sqlite3_stmt *statements[DG_SQL_COUNT]; /* prepared when first needed */
    struct dg_ledger_shared *shared;        /* NULL: reads only */
    unsigned owner;                         /* of claims */
    bool kept_only;                         /* claims find kept answers alone */
    bool durable;                           /* what is written survives a power cut */
    bool lazy;                              /* but its commits need not be flushed */
    int64_t run;                            /* of attempts */
    uint64_t numbered;                      /* attempts this process has numbered */
    char *path;                             /* of the file */
    dev_t device;                           /* where it is ... */
    ino_t inode;                 /* ... and which it is: a path may lead elsewhere later */
    int log_pages;               /* in the log at this connection's last commit ... */
    int log_written_back;        /* ... and of them at its last dg_ledger_checkpoint */
    bool reserves;               /* the process's reserve is this one's ... */
    char *last_reserve;          /* ... and this file its own, or NULL */
    bool full;                   /* the disk was full once */
    struct dg_buffer facts;      /* notes that must get in */
    struct dg_buffer intentions; /* notes of what will be done if they get in */
    size_t facts_noted;          /* how many ... */
    size_t intentions_noted;     /* ... of each */
};

/* ---- statements ---- */

/* Reset and with nothing bound; NULL with `err` if SQLite does not take it. */
sqlite3_stmt *dg_home_statement(struct dg_ledger *l, enum dg_sql which, struct dg_error *err);

/* Runs a statement without rows whose values are bound, and resets it. */
bool dg_home_run(struct dg_ledger *l, sqlite3_stmt *s, struct dg_error *err);

/* Steps one that gives rows.  true: a row is there, or not: `*row`. */
bool dg_home_step(struct dg_ledger *l, sqlite3_stmt *s, bool *row, struct dg_error *err);

/* Fills `err` from the last result of the connection; false. */
bool dg_home_failed(struct dg_ledger *l, struct dg_error *err);

/* A text or blob column as a copy (dg_free), NULL if it is null. */
char *dg_home_copy(sqlite3_stmt *s, int column, size_t *size_bytes);

/* One snapshot for all that is read until it is over; no lock is taken.  false:
 * there is none, and nothing to be over. */
bool dg_home_look(struct dg_ledger *l, struct dg_error *err);
void dg_home_look_over(struct dg_ledger *l);

/* ---- transactions that write ---- */

/* Takes the shared lock; false (lock given back) on an error, "gone" among them. */
bool dg_home_begin(struct dg_ledger *l, struct dg_error *err);

/* Ends it: commits if `ok`, else rolls back; gives the lock back.  Returns
 * whether all is well. */
bool dg_home_end(struct dg_ledger *l, bool ok, struct dg_error *err);

/* From now on commits see to it that the log does not grow without end. */
void dg_home_watch_log(struct dg_ledger *l);

/* true if it is time for dg_ledger_checkpoint. */
bool dg_home_log_is_long(const struct dg_ledger *l);

/* true after an error "full": the reserve is given up, try again. */
bool dg_home_make_room(struct dg_ledger *l, const struct dg_error *err);

/* Commits the facts alone: what is intended must not become true on the way. */
bool dg_home_commit_facts(struct dg_ledger *l, struct dg_error *err);
void dg_home_facts_done(struct dg_ledger *l); /* they are committed */

/* ---- notes: a statement and its values, packed ---- */

void dg_note(struct dg_buffer *notes, enum dg_sql which);
void dg_note_null(struct dg_buffer *notes);
void dg_note_number(struct dg_buffer *notes, int64_t number);
void dg_note_text(struct dg_buffer *notes, const char *text); /* NULL: null */
void dg_note_string(struct dg_buffer *notes, const char *text, size_t size_bytes);
void dg_note_blob(struct dg_buffer *notes, const void *bytes, size_t size_bytes);

/* Runs all of them, in order. */
bool dg_notes_run(struct dg_ledger *l, const struct dg_buffer *notes, struct dg_error *err);

#endif
