/* SPDX-License-Identifier: MIT
 *
 * See workers.h.
 */
#include "cli/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"

enum { WORKERS = DG_STOP_CHANNELS };

struct worker {
    pid_t pid; /* 0: there is none */
    int line;  /* this end of its socket */
};

static struct worker workers[WORKERS]; /* by number, from 1 */

/* What asks the run to stop is the first process's to hear; it tells the others.
 * They live no longer than that one. */
static void stand_apart(pid_t parent, unsigned number)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    dg_stop_use(number);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

/* Lines of others would keep their ends from being seen. */
static void close_others(void)
{
    for (int k = 0; k < WORKERS; k++)
        if (workers[k].pid > 0)
            close(workers[k].line);
}

static struct dg_event started(int number, int line)
{
    return (struct dg_event){ .kind = DG_EVENT_STARTED, .worker = number, .line = line };
}

static struct dg_event cannot_start(int number, const char *what)
{
    dg_log(DG_LOG_ERROR, "a worker process cannot be started: %s: %s", what, strerror(errno));
    return started(number, -1);
}

/* A signal to the whole group is counted once: none comes before the child is deaf. */
static pid_t fork_deaf(unsigned number)
{
    sigset_t all, before;
    pid_t parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        stand_apart(parent, number);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static struct dg_event start(struct dg_host *h, int number, int importer_line)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return cannot_start(number, "socketpair");
    fflush(NULL);
    pid_t pid = fork_deaf((unsigned)number);
    if (pid == 0) {
        close(ends[0]);
        close(importer_line);
        close_others();
        _exit(dg_host_work(h, number, ends[1]));
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return cannot_start(number, "fork");
    }
    workers[number] = (struct worker){ pid, ends[0] };
    return started(number, ends[0]);
}

static struct dg_event reap(int number)
{
    struct dg_event event = { .kind = DG_EVENT_REAPED, .worker = number };
    struct worker *w = &workers[number];
    int status = 0;
    close(w->line);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    w->pid = 0;
    if (WIFSIGNALED(status))
        event.signal = WTERMSIG(status);
    else
        event.exit_code = WEXITSTATUS(status);
    return event;
}

/* SIGKILL: it hangs where nothing else reaches it. */
static struct dg_event end_one(int number)
{
    if (workers[number].pid > 0)
        kill(workers[number].pid, SIGKILL);
    return reap(number);
}

/* Whatever became of the watch, none outlives it. */
static void end_all(void)
{
    for (int k = 0; k < WORKERS; k++) {
        if (workers[k].pid > 0)
            end_one(k);
    }
}

static struct dg_event follow(struct dg_host *h, const struct dg_action *action, int importer_line)
{
    if (action->kind == DG_ACTION_START)
        return start(h, action->worker, importer_line);
    return action->kind == DG_ACTION_KILL ? end_one(action->worker) : reap(action->worker);
}

int dg_workers_run(struct dg_host *h, int importer_line)
{
    struct dg_event event = { .kind = DG_EVENT_NONE };
    struct dg_action action;
    for (;;) {
        dg_host_watch(h, importer_line, &event, &action);
        bool known = action.worker > 0 && action.worker < WORKERS;
        if (action.kind == DG_ACTION_END || !known)
            break;
        event = follow(h, &action, importer_line);
    }
    end_all();
    return action.code;
}
