/* SPDX-License-Identifier: MIT
 *
 * What people see of a ledger: the table of results, and figures about the
 * attempts.  Both read a snapshot, also while a run is going on.
 *
 *     dg_ledger_results(l, DG_RESULTS_CSV, fd, "out/results.csv", &err);
 *     dg_ledger_view(l, dg_clock_wall(), 60000, &view, &err);
 */
#ifndef DG_CORE_LEDGER_VIEW_H
#define DG_CORE_LEDGER_VIEW_H

#include "core/ledger.h"

enum dg_results_format { DG_RESULTS_CSV, DG_RESULTS_JSONL };

/* Writes all rows of the present input (positions below the named text `total`,
 * all where there is none), in its order, to `fd`; `path` is for messages.
 *
 * The columns: those of the input (table `columns`, by place), byte for byte;
 * then ours: output_image (the files of a done row, joined by "|"), status (the
 * state's name; running and sending are "pending"), error_code, error, attempts,
 * possibly_billed, latency_ms, request_id, model, input_tokens, output_tokens,
 * total_tokens, cost_usd; then those set by hooks (table `extras`, by place).
 * One of ours or a hook's whose name is taken gets "dg_" put before it, as often
 * as needed.  Texts from a server (error_code, error, request_id, model) and of
 * hooks are made visible (dg_text_visible), and in CSV one that a spreadsheet
 * would run as a formula (it begins with = + - @ TAB CR, and is no plain number)
 * gets "'" put before it.
 *
 * JSON Lines: one object a row, keys in the same order; the input's cells are
 * strings, ours are numbers where they are numbers, null where there is nothing;
 * a key of the input or of hooks whose column the row has not is left out.
 *
 * Of a durable ledger it is on disk when this returns.  Memory: about 256 KiB, and
 * the largest row.  A million rows take 2 to 4 s. */
bool dg_ledger_results(struct dg_ledger *l, enum dg_results_format format, int fd, const char *path,
                       struct dg_error *err);

enum { DG_ERRORS_TOLD = 16 };

struct dg_endpoint_view {
    char *label;           /* "" where none was told */
    int64_t attempts;      /* begun */
    int64_t ok;            /* answered well */
    int64_t failed;        /* ended otherwise */
    int64_t open;          /* not ended */
    dg_msec p50, p90, p99; /* of done_ms over those answered well, +-0.5 %; -1: none */
};

struct dg_code_view {
    char *endpoint; /* its label */
    char *code;     /* error.code, or "http_STATUS", "unknown", or "lost" */
    int64_t count;
};

struct dg_ledger_view {
    struct dg_endpoint_view *endpoints; /* by label */
    size_t endpoint_count;
    struct dg_code_view *codes; /* the most frequent first */
    size_t code_count;
    int64_t ended_lately; /* attempts answered well in the span before `wall` */
    int64_t ended_in_run; /* attempts of the last run that were answered well */
    dg_msec last_ended;   /* of all attempts, 0: none */
    int64_t run;          /* the last run, 0: none */
    dg_msec run_started;  /* wall clock */
    dg_msec run_ended;    /* 0: not yet, or it was killed */
    int run_code;         /* its exit code, -1: not ended */
};

/* `span`: what "lately" means, before `wall`.  Memory does not grow with the
 * attempts; a million of them take about a second. */
bool dg_ledger_view(struct dg_ledger *l, dg_msec wall, dg_msec span, struct dg_ledger_view *view,
                    struct dg_error *err);
void dg_ledger_view_done(struct dg_ledger_view *view);

#endif
