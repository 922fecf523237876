/* SPDX-License-Identifier: MIT
 *
 * The one owner of the lua_State: libraries, native modules, the embedded Lua
 * of lua/diffgentor, tracebacks.  The command line above it sees no Lua.
 *
 *     struct dg_host *h = dg_host_new(&err);
 *     dg_host_plan(h, argc, argv, environ, &plan, &err);    what is asked for
 *     code = dg_host_prepare(h, NULL);                      what needs no other process
 *     if (code == DG_HOST_GO) code = dg_host_run(h, line);  send, beside an importer
 */
#ifndef DG_HOST_HOST_H
#define DG_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct dg_host_option {
    const char *name;  /* as dg_rehearsal_set takes it */
    const char *value; /* as the user wrote it */
};

/* What the command line asks for; texts live as long as the host. */
struct dg_plan {
    enum {
        DG_PLAN_EXIT,                     /* print and leave: help, version, a usage error */
        DG_PLAN_SERVE,                    /* be the rehearsal server, with `options` */
        DG_PLAN_RUN                       /* dg_host_prepare; first a server where `rehearsal` */
    } kind;                               /* what is to be done */
    int exit_code;                        /* of DG_PLAN_EXIT */
    const char *out;                      /* for standard output, or NULL */
    const char *err;                      /* for standard error, or NULL */
    bool rehearsal;                       /* DG_PLAN_RUN wants a server beside it */
    const struct dg_host_option *options; /* the server's */
    size_t option_count;                  /* of them */
};

struct dg_host;

struct dg_host *dg_host_new(struct dg_error *err);
void dg_host_free(struct dg_host *h);

/* Asks lua/diffgentor/cli.lua.  false: a fault of the program itself, already
 * shown with its traceback; `err` holds its first line. */
bool dg_host_plan(struct dg_host *h, int argc, char **argv, char **environment,
                  struct dg_plan *plan, struct dg_error *err);

enum { DG_HOST_GO = -1 };

/* Begins the plan; `rehearsal_base` is the server's base URL or NULL.  Returns
 * the exit code where that was all, or DG_HOST_GO: an importer is to be forked,
 * dg_host_import called in it, and dg_host_run here.  For all three: an unforeseen
 * Lua error is printed with its traceback, code 2 if nothing can have been sent,
 * else 3. */
int dg_host_prepare(struct dg_host *h, const char *rehearsal_base);

/* Is the importer until the other end of `line` closes.  Returns an exit code. */
int dg_host_import(struct dg_host *h, int line);

/* ---- with worker processes ---- */

/* What was done of what Lua wanted. */
struct dg_event {
    enum { DG_EVENT_NONE, DG_EVENT_STARTED, DG_EVENT_REAPED } kind; /* NONE: the beginning */
    int worker;                                                     /* which, from 1 */
    int line;      /* STARTED: socket to it, Lua closes it never; -1: it could not be */
    int signal;    /* REAPED: that ended it, 0: none */
    int exit_code; /* REAPED: else this */
};

/* What Lua wants next. */
struct dg_action {
    enum { DG_ACTION_START, DG_ACTION_REAP, DG_ACTION_KILL, DG_ACTION_END } kind;
    int worker; /* but for END: which; REAP has closed its end of the line, or is gone */
    int code;   /* END: the exit code of the run */
};

/* Whether the rows are sent by processes: then dg_host_watch, else dg_host_run. */
bool dg_host_has_workers(struct dg_host *h);

/* Watches the run until something is to be done; `line` is to the importer. */
void dg_host_watch(struct dg_host *h, int line, const struct dg_event *event,
                   struct dg_action *action);

/* Is that worker, forked for it, until its work is over.  Returns an exit code. */
int dg_host_work(struct dg_host *h, int worker, int line);

/* Sends the rows; returns the exit code.  `line` stays the caller's. */
int dg_host_run(struct dg_host *h, int line);

/* Runs a Lua file as `lua` would, `argv` being what stands behind its name, with
 * all modules there.  Returns the whole number that the file returns, else 0, or
 * 1 after an error, which is shown (tests). */
int dg_host_file(struct dg_host *h, const char *path, int argc, char **argv);

#endif
