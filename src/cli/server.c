/* SPDX-License-Identifier: MIT
 *
 * The rehearsal server in the foreground, and forked beside a run.  Parent and
 * child share one socket pair: the child sends "+URL" or "-why not" and ends
 * when the parent's end closes, however the parent came to its end.
 */
#include "cli/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "rehearsal/rehearsal.h"

enum { OPENED = '+', REFUSED = '-', NEWS_BYTES = DG_BESIDE_URL_BYTES + 1 };

static struct dg_rehearsal *open_server(const struct dg_host_option *options, size_t count,
                                        struct dg_error *err)
{
    struct dg_rehearsal *server = dg_rehearsal_new();
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = dg_rehearsal_set(server, options[i].name, options[i].value, err);
    if (ok && dg_rehearsal_open(server, err))
        return server;
    dg_rehearsal_free(server);
    return NULL;
}

bool dg_serve(const struct dg_host_option *options, size_t count, struct dg_error *err)
{
    char line[DG_BESIDE_URL_BYTES + 16];
    struct dg_rehearsal *server = open_server(options, count, err);
    if (!server)
        return false;
    snprintf(line, sizeof(line), "listening on %s\n", dg_rehearsal_url(server));
    bool ok = dg_file_write(STDOUT_FILENO, line, strlen(line), err) ||
              dg_error_at(err, "standard output");
    ok = ok && dg_rehearsal_run(server, dg_stop_fd(), err);
    dg_rehearsal_free(server);
    return ok;
}

/* A signal for the whole group (Ctrl-C, timeout, a closed terminal) is for the
 * run, which finishes what it sent: the server must outlive that. */
static void stand_apart(pid_t parent)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0);
}

/* The child: never returns. */
static void serve_beside(int line, struct dg_host *h, const struct dg_host_option *options,
                         size_t count)
{
    struct dg_error err;
    char news[NEWS_BYTES];
    struct dg_rehearsal *server = open_server(options, count, &err);
    dg_host_free(h);
    snprintf(news, sizeof(news), "%c%s", server ? OPENED : REFUSED,
             server ? dg_rehearsal_url(server) : err.message);
    bool ok = dg_file_write(line, news, strlen(news) + 1, NULL) && server;
    if (ok && !dg_rehearsal_run(server, line, &err)) {
        dg_log(DG_LOG_ERROR, "the rehearsal server: %s", err.message);
        ok = false;
    }
    if (server)
        dg_rehearsal_free(server);
    _exit(ok ? 0 : 1);
}

/* Reads the child's word, up to its zero byte; false if it ends before. */
static bool hear(int line, char news[NEWS_BYTES])
{
    size_t held = 0;
    while (held < NEWS_BYTES) {
        ssize_t n = recv(line, news + held, NEWS_BYTES - held, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        held += (size_t)n;
        if (news[held - 1] == '\0')
            return true;
    }
    return false;
}

/* After the fork: the URL, or why there is none. */
static bool await(struct dg_beside *b, struct dg_error *err)
{
    char news[NEWS_BYTES];
    if (!hear(b->line, news))
        return dg_error_set(err, DG_KIND_NETWORK, "rehearsal",
                            "the rehearsal server ended before it listened");
    if (news[0] != OPENED)
        return dg_error_set(err, DG_KIND_CONFIG, "rehearsal", "the rehearsal server: %s", news + 1);
    memcpy(b->url, news + 1, sizeof(b->url));
    return true;
}

bool dg_beside_start(struct dg_beside *b, struct dg_host *h, const struct dg_host_option *options,
                     size_t count, struct dg_error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return dg_error_set(err, DG_KIND_NETWORK, "socketpair", "cannot make a socket: %s",
                            strerror(errno));
    pid_t parent = getpid();
    fflush(NULL);
    b->pid = fork();
    if (b->pid == 0) {
        close(ends[0]);
        stand_apart(parent);
        serve_beside(ends[1], h, options, count);
    }
    int number = errno;
    close(ends[1]);
    b->line = ends[0];
    if (b->pid < 0) {
        close(b->line);
        return dg_error_set(err, DG_KIND_NETWORK, "fork", "cannot start a process: %s",
                            strerror(number));
    }
    if (await(b, err))
        return true;
    dg_beside_stop(b);
    return false;
}

void dg_beside_stop(struct dg_beside *b)
{
    int status;
    close(b->line);
    while (waitpid(b->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return;
    }
    if (WIFSIGNALED(status))
        dg_log(DG_LOG_WARN, "the rehearsal server was ended by signal %d", WTERMSIG(status));
}
