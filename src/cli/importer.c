/* SPDX-License-Identifier: MIT
 *
 * See importer.h.
 */
#include "cli/importer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"

enum { STOPS_AT_ONCE = 2 };

static void stand_apart(pid_t parent)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

bool dg_importer_start(struct dg_importer *im, struct dg_host *h, struct dg_error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return dg_error_set(err, DG_KIND_FILE, "socketpair", "cannot make a socket: %s",
                            strerror(errno));
    pid_t parent = getpid();
    fflush(NULL);
    im->pid = fork();
    if (im->pid == 0) {
        close(ends[0]);
        stand_apart(parent);
        _exit(dg_host_import(h, ends[1]));
    }
    int number = errno;
    close(ends[1]);
    im->line = ends[0];
    if (im->pid > 0)
        return true;
    close(im->line);
    return dg_error_set(err, DG_KIND_FILE, "fork", "cannot start a process: %s", strerror(number));
}

/* Whether it has given its end of the line back, as its end does; what it still
 * had to say is read and dropped. */
static bool has_hung_up(int line)
{
    char word;
    ssize_t n = recv(line, &word, sizeof word, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Waits for its end, which may take as long as what it is at; true: the run was
 * aborted first. */
static bool is_aborted(int line)
{
    struct pollfd fds[2] = { { .fd = line, .events = POLLIN },
                             { .fd = dg_stop_fd(), .events = POLLIN } };
    while (dg_stop_count() < STOPS_AT_ONCE) {
        int n = poll(fds, 2, -1);
        if (n > 0 && fds[0].revents && has_hung_up(line))
            return false;
        if (n > 0 && fds[1].revents)
            dg_stop_quiet();
    }
    return true;
}

void dg_importer_stop(struct dg_importer *im)
{
    int status = 0;
    shutdown(im->line, SHUT_WR);
    bool aborted = is_aborted(im->line);
    if (aborted)
        kill(im->pid, SIGKILL);
    close(im->line);
    while (waitpid(im->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return;
    }
    if (WIFSIGNALED(status) && !aborted)
        dg_log(DG_LOG_WARN, "the importer was ended by signal %d", WTERMSIG(status));
}
