/* SPDX-License-Identifier: MIT
 *
 * The command: sees to descriptors, limits and signals, asks the host for a
 * plan, does it, and alone decides how the process ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/stop.h"
#include "cli/importer.h"
#include "cli/server.h"
#include "cli/workers.h"
#include "host/host.h"

enum { CODE_DONE = 0, CODE_REFUSED = 2, STOPS_HANDLED = 2 };

static const int STOP_SIGNALS[] = { SIGINT, SIGTERM, SIGHUP };
enum { STOP_SIGNAL_COUNT = sizeof(STOP_SIGNALS) / sizeof(STOP_SIGNALS[0]) };

/* A closed standard descriptor would become that of a socket or a picture: its
 * place is held by one that fails when it is used. */
static void hold_descriptors(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/* Thousands of sockets need thousands of descriptors. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* The first asks to drain, the second to abort, the third ends the process. */
static void on_signal(int number)
{
    dg_stop_request(number);
    if (dg_stop_count() < STOPS_HANDLED)
        return;
    for (int i = 0; i < STOP_SIGNAL_COUNT; i++)
        signal(STOP_SIGNALS[i], SIG_DFL);
}

static void set_handlers(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < STOP_SIGNAL_COUNT; i++)
        sigaddset(&action.sa_mask, STOP_SIGNALS[i]);
    for (int i = 0; i < STOP_SIGNAL_COUNT; i++) {
        sigaction(STOP_SIGNALS[i], NULL, &before);
        bool nohup = STOP_SIGNALS[i] == SIGHUP && before.sa_handler == SIG_IGN;
        if (!nohup)
            sigaction(STOP_SIGNALS[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is that file's error */
}

static int refuse(const struct dg_error *err)
{
    dg_log(DG_LOG_ERROR, "%s", err->message);
    return CODE_REFUSED;
}

static int print(const struct dg_plan *plan)
{
    struct dg_error err;
    if (plan->err)
        dg_file_write(STDERR_FILENO, plan->err, strlen(plan->err), NULL);
    if (!plan->out || dg_file_write(STDOUT_FILENO, plan->out, strlen(plan->out), &err))
        return plan->exit_code;
    dg_error_at(&err, "standard output");
    return refuse(&err);
}

/* The importer is forked when all that can be refused was refused, and before
 * anything is opened that a fork would copy badly. */
static int run_rows(struct dg_host *h, const char *url)
{
    struct dg_importer importer;
    struct dg_error err;
    int code = dg_host_prepare(h, url);
    if (code != DG_HOST_GO)
        return code;
    if (!dg_importer_start(&importer, h, &err))
        return refuse(&err);
    code =
        dg_host_has_workers(h) ? dg_workers_run(h, importer.line) : dg_host_run(h, importer.line);
    dg_importer_stop(&importer);
    return code;
}

static int run(struct dg_host *h, const struct dg_plan *plan)
{
    struct dg_beside server;
    struct dg_error err;
    if (!plan->rehearsal)
        return run_rows(h, NULL);
    if (!dg_beside_start(&server, h, plan->options, plan->option_count, &err))
        return refuse(&err);
    int code = run_rows(h, server.url);
    dg_beside_stop(&server);
    return code;
}

static int follow(struct dg_host *h, const struct dg_plan *plan)
{
    struct dg_error err;
    switch (plan->kind) {
    case DG_PLAN_EXIT:
        return print(plan);
    case DG_PLAN_SERVE:
        return dg_serve(plan->options, plan->option_count, &err) ? CODE_DONE : refuse(&err);
    case DG_PLAN_RUN:
        return run(h, plan);
    }
    return CODE_REFUSED;
}

/* What scripts printed may still be on its way. */
static int close_output(int code)
{
    struct dg_error err;
    bool lost = ferror(stdout) != 0;
    if (fclose(stdout) == 0 && !lost)
        return code;
    dg_error_set(&err, DG_KIND_FILE, "write", "standard output: cannot write: %s", strerror(errno));
    int refused = refuse(&err);
    return code == CODE_DONE ? refused : code;
}

int main(int argc, char **argv)
{
    struct dg_error err;
    struct dg_plan plan;
    dg_memory_keep();
    hold_descriptors();
    raise_descriptor_limit();
    if (!dg_stop_init(&err))
        return refuse(&err);
    set_handlers();
    struct dg_host *h = dg_host_new(&err);
    if (!h)
        return refuse(&err);
    bool planned = dg_host_plan(h, argc, argv, environ, &plan, &err);
    int code = planned ? follow(h, &plan) : CODE_REFUSED;
    dg_host_free(h);
    dg_secret_clear();
    return close_output(code);
}
