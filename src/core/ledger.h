/* SPDX-License-Identifier: MIT
 *
 * The ledger: what is known of every row and of every attempt, on disk, and the
 * queue that work is claimed from.  Its home is SQLite in the output folder; no
 * call needs to see the whole table, and claims carry an owner and a lease, so
 * that another home can stand behind the same calls.
 *
 * Changes are noted in memory and committed in groups, by the
 * caller's loop.  A connection never lives across a fork: open after it.
 *
 *     struct dg_ledger *l = dg_ledger_open(&options, &err);
 *     n = dg_ledger_claim(l, 16, now, rows, &err);
 *     id = dg_ledger_sending(l, &attempt);      an intention: committed before it is done
 *     if (dg_ledger_commit(l, &err)) ...send...
 *     dg_ledger_answered(l, &answer);           facts: kept until they are committed
 *     dg_ledger_ended(l, &end);
 *     dg_ledger_commit(l, &err);
 *     dg_ledger_close(l);
 *
 * Errors are of kind file: "full" (no space is left), "gone" (its file is not
 * there any more), "corrupt", "newer" (of a later version), "ledger" (others).
 */
#ifndef DG_CORE_LEDGER_H
#define DG_CORE_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/shared.h"

#define DG_LEDGER_NAME "ledger.sqlite3"

enum { DG_LEDGER_LEASE_MS = 3600 * 1000 }; /* a claim's; renewed by nobody yet: one machine */

/* Where a row is.  The numbers are those of the file; pending and kept are what
 * a claim finds. */
enum dg_row_state {
    DG_ROW_PENDING,  /* to be sent */
    DG_ROW_KEPT,     /* answered, the answer is spooled, nobody is at it */
    DG_ROW_RUNNING,  /* claimed: being prepared */
    DG_ROW_SENDING,  /* a request is on its way, or its answer */
    DG_ROW_ANSWERED, /* the whole answer is spooled; being processed, or that failed */
    DG_ROW_DONE,     /* its pictures are in place */
    DG_ROW_FAILED,   /* ended without pictures */
    DG_ROW_SKIPPED,  /* left out by a filter of the last run */
    DG_ROW_STATES
};

/* "pending", "answered" (kept too), "running", ... */
const char *dg_row_state_name(enum dg_row_state state);

/* What the processes of one run share; made before the first fork. */
struct dg_ledger_shared {
    struct dg_mutex writing;  /* held for each transaction that writes */
    _Atomic int64_t imported; /* rows below this position may be claimed */
    _Atomic int import_ended; /* 1: no more rows will come */
};

struct dg_ledger_shared *dg_ledger_share(void); /* NULL: no memory */
void dg_ledger_unshare(struct dg_ledger_shared *shared);

struct dg_ledger_options {
    const char *folder;              /* the output folder */
    struct dg_ledger_shared *shared; /* NULL: this process reads only */
    unsigned owner;                  /* of claims, 1 to 1000: one a process */
    bool durable;                    /* commits survive a power cut ... */
    bool lazy;         /* ... but these hold only what the input tells again: they are flushed with
                          the next durable commit of another process */
    bool kept_only;    /* claims find kept answers alone */
    const char *spool; /* folder of the spooled pictures, for: */
    uint64_t reserve_bytes; /* a file that is given up when the disk is full; 0: none */
    unsigned sharers;       /* processes that each hold such a reserve on this disk; 0 is 1 */
};

struct dg_ledger;

/* Writers make the file if it is missing; readers then fail with code "missing". */
struct dg_ledger *dg_ledger_open(const struct dg_ledger_options *options, struct dg_error *err);

/* Commits the facts that are noted, if it can. */
void dg_ledger_close(struct dg_ledger *l);

/* true once the disk was full: claim no more, what is noted still fits. */
bool dg_ledger_is_full(const struct dg_ledger *l);

/* ---- named texts: of the input, of the results ---- */

/* Copies into the buffer, false if there is none of that name. */
bool dg_ledger_get(struct dg_ledger *l, const char *name, struct dg_buffer *value);
bool dg_ledger_set(struct dg_ledger *l, const char *name, const char *value, size_t size_bytes,
                   struct dg_error *err);

/* Names of the input's columns in the order of their places, each with its NUL. */
bool dg_ledger_columns(struct dg_ledger *l, struct dg_buffer *names, struct dg_error *err);

/* ---- runs ---- */

/* Notes a run's beginning; `settings` is any text.  Returns its number, 0 on an
 * error.  Later attempts are numbered as of this run. */
int64_t dg_ledger_run(struct dg_ledger *l, const char *settings, dg_msec wall,
                      struct dg_error *err);
/* The number of the latest run, 0: there was none. */
int64_t dg_ledger_last_run(struct dg_ledger *l);
/* For processes that did not note it themselves; attempts are numbered behind those that
 * the owner's number has already. */
void dg_ledger_join(struct dg_ledger *l, int64_t run);
bool dg_ledger_run_over(struct dg_ledger *l, int64_t run, int code, dg_msec wall,
                        struct dg_error *err);
/* The settings of the last run before `run` (0: of the last one) that attempted something. */
bool dg_ledger_settings(struct dg_ledger *l, int64_t run, struct dg_buffer *settings);

/* ---- claims ---- */

/* A row as it is claimed.  Texts belong to the caller: dg_ledger_row_done. */
struct dg_ledger_row {
    int64_t position;        /* from 0, in the order of the input */
    int64_t index;           /* of the column `index`, else the position ... */
    bool indexed;            /* ... false: that cell is no whole number */
    int64_t line;            /* of the input, from 1 */
    enum dg_row_state state; /* DG_ROW_RUNNING, or DG_ROW_ANSWERED for one that was kept */
    unsigned attempts;       /* so far */
    char *cells;             /* packed (cells.h): column, text */
    size_t cells_size;
    char *outputs; /* packed: size, name of each file that was made for it, or NULL */
    size_t outputs_size;
    /* the spooled answer of a kept row, else NULL: */
    char *stem;     /* how its files are to be named */
    char *text;     /* the JSON without pictures */
    char *pictures; /* packed: size, name in the spool, then 0, extension */
    size_t text_size, pictures_size;
    int64_t attempt;  /* that brought it */
    char *request_id; /* its, "" if none */
    char *endpoint;   /* its, "" if none */
    char *model;      /* its, "" if none */
    int status;       /* its */
    dg_msec latency_ms;
};

/* Whether `count` rows and more are free, kept answers with them; false where those
 * alone are claimed. */
bool dg_ledger_plenty(struct dg_ledger *l, size_t count);

/* Up to `max` rows in the order of the input; *count may be 0: none is free now.
 * Also commits the facts that are noted; intentions wait for dg_ledger_commit. */
bool dg_ledger_claim(struct dg_ledger *l, size_t max, dg_msec wall, struct dg_ledger_row *rows,
                     size_t *count, struct dg_error *err);
void dg_ledger_row_done(struct dg_ledger_row *row);

/* One row as it stands, claimed or not; false: there is none (or an error). */
bool dg_ledger_find(struct dg_ledger *l, int64_t position, struct dg_ledger_row *row);

/* Names of the files that kept answers still need, each with its NUL. */
bool dg_ledger_spooled(struct dg_ledger *l, struct dg_buffer *names, struct dg_error *err);

/* ---- attempts: noted, committed with the next group ---- */

struct dg_attempt {
    int64_t position;     /* the row */
    const char *model;    /* asked for; NULL: none */
    const char *endpoint; /* label, never a key */
    int endpoint_index;   /* from 0 */
    int key;              /* position of the key, from 0; -1: none */
    dg_msec queued_ms;    /* waited for a place and between attempts */
    dg_msec wall;         /* when it starts */
    bool aside;           /* the row stays as it is, and the answer will not be the row's */
};

/* The intention to send; returns the attempt's id.  If the commit fails it is
 * forgotten, and nothing must be sent. */
int64_t dg_ledger_sending(struct dg_ledger *l, const struct dg_attempt *a);

/* It was none: nobody was reached.  Its row is running again, or as it was (`aside`). */
void dg_ledger_withdraw(struct dg_ledger *l, int64_t attempt, int64_t position, bool aside);

struct dg_attempt_over {
    int64_t attempt;        /* as of dg_ledger_sending */
    int64_t position;       /* its row */
    int status;             /* HTTP, 0: none */
    const char *verdict;    /* "ok", "retry", ... */
    const char *error_code; /* "" if ok */
    const char *request_id; /* "" if none */
    dg_msec sent_ms;        /* from its start until the upload was complete, -1: was not */
    dg_msec first_byte_ms;  /* ... the answer's first byte, -1: none */
    dg_msec done_ms;        /* ... its end */
    uint64_t bytes_up;      /* of the body */
    uint64_t bytes_down;    /* of the answer's body */
    bool possibly_billed;   /* after its upload no answer came, or none that could be kept */
    dg_msec wall;           /* when it ended */
};

void dg_ledger_attempt_over(struct dg_ledger *l, const struct dg_attempt_over *a);

/* The answer of an attempt, whole and spooled: the row is DG_ROW_ANSWERED. */
struct dg_answer {
    int64_t position;
    int64_t attempt;
    const char *stem;
    const char *text; /* JSON without pictures */
    size_t text_size;
    const char *pictures; /* packed: size, name in the spool, then 0, extension */
    size_t pictures_size;
};

void dg_ledger_answered(struct dg_ledger *l, const struct dg_answer *a);

/* What an attempt cost. */
struct dg_charge {
    int64_t attempt;
    const char *model;                                 /* as the server names it, else as asked */
    int64_t input_tokens, output_tokens, total_tokens; /* -1: not told */
    int64_t cost_nano;                                 /* billionths of a dollar, -1: unknown */
};

void dg_ledger_charge(struct dg_ledger *l, const struct dg_charge *c);

/* The end of a row's work: done, failed, skipped, pending again, or answered (the
 * answer is kept: processing it failed, or, without attempt and error, was not begun). */
struct dg_row_end {
    int64_t position;
    enum dg_row_state state;
    int64_t attempt;        /* the last one, 0: none was made in this run */
    const char *error_kind; /* "" where all is well */
    const char *error_code;
    const char *error;
    const char *outputs; /* packed: size, name; NULL: as they were */
    size_t outputs_size;
    const char *extra; /* packed: 0, name, 0, text ... of columns set by hooks; NULL: none */
    size_t extra_size;
    dg_msec wall;
};

void dg_ledger_ended(struct dg_ledger *l, const struct dg_row_end *e);

/* ---- steps: what a script keeps of a row that has not ended ---- */

struct dg_step_kept {
    int64_t position;
    const char *name;  /* of the step, one of the row's */
    const char *value; /* any bytes */
    size_t value_size;
    const char *files; /* names in the spool that it needs, a line each; "": none */
};

/* Noted; it counts as long as the row's cells stay as they are and the row is not done. */
void dg_ledger_keep_step(struct dg_ledger *l, const struct dg_step_kept *s);

/* Copies what was committed of that name into the buffer; false: nothing. */
bool dg_ledger_step(struct dg_ledger *l, int64_t position, const char *name,
                    struct dg_buffer *value);

/* Noted: the row's steps are dropped; position -1: those of all rows. */
void dg_ledger_drop_steps(struct dg_ledger *l, int64_t position);

/* Commits all that is noted as one transaction.  false: intentions are
 * forgotten, facts wait for the next commit. */
bool dg_ledger_commit(struct dg_ledger *l, struct dg_error *err);

/* Changes noted and not committed. */
size_t dg_ledger_noted(const struct dg_ledger *l);

/* Rows of a dead owner (0: of everybody) go back to where a claim finds them;
 * what was sending counts as possibly billed: `*lost` attempts (may be NULL). */
bool dg_ledger_release(struct dg_ledger *l, unsigned owner, dg_msec wall, int64_t *lost,
                       struct dg_error *err);

/* Writes the log back into the file, as far as readers allow; for a writer. */
void dg_ledger_checkpoint(struct dg_ledger *l);

/* ---- sums ---- */

struct dg_ledger_counts {
    int64_t rows[DG_ROW_STATES]; /* by state, of the present input */
    int64_t possibly_billed;     /* attempts, over all runs */
    int64_t attempts;            /* over all runs */
    int64_t cost_nano;           /* spent as far as known */
    int64_t dearest_nano;        /* the dearest attempt, 0: none is priced */
    int64_t unpriced;            /* answered attempts whose cost is unknown */
    int64_t priced;              /* attempts whose cost is known */
    int64_t input_tokens, output_tokens, total_tokens;
};

bool dg_ledger_counts(struct dg_ledger *l, struct dg_ledger_counts *counts, struct dg_error *err);

/* Another number than before once others have committed anything; -1: it cannot be told. */
int64_t dg_ledger_version(struct dg_ledger *l);

#endif
